//! How a simulation ends: in good order, in steps of its own, or at once. What it has kept stays to be read.

use super::runnable::Runnable;
use super::simulation::Simulation;
use crate::actor::ending;
use crate::actor::post::Raw;
use crate::error::Busy;
use crate::ledger::Ledger;
use crate::quiesce::{self, Settled};
use crate::sync::Arc;
use crate::time::nanos;
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
        let (mut told, mut rested) = (None, false);
        let down = loop {
            self.run_until_idle();
            let settled = quiesce::settle(&shared, Duration::ZERO, rested);
            rested |= matches!(settled, Ok(Settled::Rest(_)));
            match settled {
                Ok(Settled::Pauses) => shared.close_paused(),
                Ok(Settled::Suspended(all)) => {
                    self.stop_each(|actor| all.contains(&(actor.number(), actor.generation())));
                }
                Ok(Settled::Rest(_)) if shared.stats.living() == 0 => break Ok(()),
                Ok(Settled::Rest(_)) if shared.close() => {}
                Ok(Settled::Rest(ledger)) => {
                    let living = shared.stats.living();
                    if told.replace(living) == Some(living) && !self.go_to_next(until) {
                        // They have been told, and lie still.
                        break Err(quiesce::not_down(&shared, &ledger, deadline));
                    }
                    self.stop_each(|_| true);
                }
                Err(busy) if !self.go_to_next(until) => break Err(Busy { waited: deadline, ..busy }),
                Err(_) => {}
            }
        };
        let ledger = self.abort();
        match down {
            Ok(()) => Ok(ledger),
            Err(busy) => Err(Busy { ledger: Box::new(ledger), ..busy }),
        }
    }

    /// Stops those of the living who are meant, in the order in which they were first seen.
    fn stop_each(&self, whom: impl Fn(Raw) -> bool) {
        for actor in self.executor().living().into_iter().filter(|actor| whom(actor.0)) {
            ending::stop_raw(actor.0.number(), actor.0.generation());
        }
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
