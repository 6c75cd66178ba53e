//! What a test says to a simulation that changes nothing in the run: which failures are as they should be, and notes.

use super::simulation::Simulation;
use crate::actor::fault::Fault;
use crate::time::nanos;
use std::rc::Rc;

impl Simulation {
    /// Failures of actors of which `which` is true are as they should be: they do not fail the run in [`run_one`](crate::sim::run_one) and
    /// [`explore`](crate::sim::explore). For tests of what supervisors, links and [`Actor::failed`](crate::Actor::failed) do about
    /// failures. Holds from here on, until it is said anew; a panic of `which` is a false.
    ///
    /// Those that [`Faults`](crate::sim::Faults) and [`fail_at`](Simulation::fail_at) make are never asked about. What comes of them is: a
    /// handler that hands on with `?` that another one has ended, or has not answered, has failed by itself.
    ///
    /// # Examples
    /// ```
    /// use throng::sim;
    /// use throng::{Actor, Context, Fault, System};
    ///
    /// struct Picky;
    ///
    /// impl Actor for Picky {
    ///     type Msg = u32;
    ///     fn handle(&mut self, n: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         if n > 1 { Err(Fault::msg("too much")) } else { Ok(()) }
    ///     }
    /// }
    ///
    /// let send_two = |sim: &mut sim::Simulation| {
    ///     sim.spawn(Picky).try_send(2_u32).unwrap();
    ///     sim.run_until_idle();
    /// };
    /// let failed = sim::run_one(System::simulated(1), send_two).expect("it is not said that it may fail");
    /// assert!(failed.words.contains("too much"));
    /// sim::explore(0..10, |sim| {
    ///     // Whatever they return; a panic still fails the run.
    ///     sim.tolerate(|fault| !fault.is_panic());
    ///     send_two(sim);
    /// });
    /// ```
    pub fn tolerate(&mut self, which: impl Fn(&Fault) -> bool + 'static) {
        self.state(|state| state.failures.tolerance = Some(Rc::new(which)));
    }

    /// Puts words of the test's own into its [trace](Simulation::trace), a line for each of theirs. They are no part of the
    /// [hash](Simulation::trace_hash), and the last 4,096 of them are kept. A handler says more of its message by
    /// [`sim::note`](crate::sim::note).
    pub fn note(&mut self, words: impl Into<String>) {
        let (at, words) = (nanos(self.now()), words.into());
        self.state(|state| state.trace.remark(at, state.steps, format!("note: {words}")));
    }
}
