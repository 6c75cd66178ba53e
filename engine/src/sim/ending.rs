//! How a simulation ends: in good order, in steps of its own, or at once. What it has kept stays to be read.

use super::runnable::Runnable;
use super::simulation::Simulation;
use crate::actor::post::Raw;
use crate::error::Busy;
use crate::ledger::Ledger;
use crate::mailbox::credit::CellNumber;
use crate::quiesce::{self, Settled};
use crate::shutdown::{self, Pace};
use crate::sync::Arc;
use crate::time::{Nanos, nanos};
use std::time::Duration;

impl Simulation {
    /// Comes down in good order, as [`System::shutdown`](crate::System::shutdown) does, within this much virtual time: each turn of it is a step,
    /// drawn as any. The simulation is over then; see [`Simulation`] for what is left of it.
    ///
    /// # Errors
    /// [`Busy`] if it takes longer; what is left is aborted then.
    ///
    /// # Panics
    /// As [`Simulation::step`].
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use throng::sim;
    /// use throng::{Actor, Context, Fault};
    ///
    /// struct Log(Vec<u32>);
    ///
    /// impl Actor for Log {
    ///     type Msg = u32;
    ///     fn handle(&mut self, n: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         self.0.push(n);
    ///         Ok(())
    ///     }
    ///     fn stopped(&mut self, _: &mut Context<'_, Self>) {
    ///         // All that was written is there by now.
    ///         assert_eq!(self.0, [1, 2]);
    ///     }
    /// }
    ///
    /// sim::explore(0..100, |sim| {
    ///     let log = sim.spawn(Log(Vec::new()));
    ///     [1_u32, 2].into_iter().try_for_each(|n| log.try_send(n)).expect("there is room");
    ///     let ledger = sim.shutdown(Duration::from_secs(1)).expect("it comes down");
    ///     assert_eq!((ledger.handled, ledger.stopped, ledger.faults), (2, 1, 0));
    /// });
    /// ```
    #[track_caller]
    pub fn shutdown(&mut self, deadline: Duration) -> Result<Ledger, Busy> {
        let until = self.clock().saturating_add(nanos(deadline));
        let shared = Arc::clone(self.system.shared());
        shutdown::shut_down(&shared, deadline, &mut InSteps { sim: self, until })
    }

    /// Ends at once, as [`System::abort`](crate::System::abort) does: between two steps. The simulation is over then; see [`Simulation`] for what
    /// is left of it. If it is over already, this gives its ledger.
    pub fn abort(&mut self) -> Ledger {
        // The workers first: the sweep demands that none is left. Nobody owns what was runnable any more.
        self.executor = None;
        self.state(|state| state.runnable = Runnable::default());
        self.system.end()
    }
}

/// Comes down in steps, by virtual time.
struct InSteps<'s> {
    sim: &'s mut Simulation,
    until: Nanos,
}

impl Pace for InSteps<'_> {
    #[track_caller]
    fn settle(&mut self, rested: bool) -> Result<Settled, Busy> {
        self.sim.go_on_until(self.until, |shared| quiesce::settle(shared, Duration::ZERO, rested))
    }

    /// What is due at the very end is in time.
    fn is_over(&self) -> bool {
        self.sim.clock() > self.until
    }

    #[track_caller]
    fn wait(&mut self) -> bool {
        self.sim.go_to_next(self.until)
    }

    /// As they were first seen, which is the same each time.
    fn sort(&self, actors: &mut [(CellNumber, u32)]) {
        self.sim.state(|state| {
            actors.sort_by_key(|(number, generation)| {
                state.cast.find(Raw::new(*number, *generation)).unwrap_or(u32::MAX)
            });
        });
    }

    fn end(&mut self) -> Ledger {
        self.sim.abort()
    }
}
