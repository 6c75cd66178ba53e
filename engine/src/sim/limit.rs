//! The limit of steps: how many a run may take before it is taken to go on for ever, and what is told then.

use super::simulation::Simulation;
use std::fmt::Write;
use std::panic::Location;
use std::rc::Weak;

/// What is told behind either.
const WAY_OUT: &str = "\nif the test needs so many, it raises the limit before: `Simulation::limit`";

/// So many actors, or futures, are told of.
const TOLD: usize = 8;

impl Simulation {
    /// Changes how many steps this simulation may take in all. If there are more to take it seems to go on for ever, and the verb that
    /// takes them panics, with who had the last turns. By default 20,000: an actor that sends itself messages without end has taken them
    /// within seconds. A test of so many actors, or rounds, that it needs more says so before them; `u64::MAX` is no limit.
    ///
    /// It counts [steps](Simulation::step), and no messages: a turn is one, however many messages it handles. As many rounds may be made, in
    /// a row and without a step between, in which futures from outside are polled since they were woken: those that were
    /// [begun](Simulation::begin), and the one of [`Simulation::block_on`]. One that wakes itself without end fails the test so, with the
    /// line that it was begun in. Where [`explore`](crate::sim::explore) tries a smaller run of a test that has failed, the limit may be
    /// lower.
    ///
    /// # Panics
    /// If `steps` is zero.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Context, Fault, System};
    ///
    /// struct Once;
    ///
    /// impl Actor for Once {
    ///     type Msg = ();
    ///     fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut sim = System::simulated(1);
    /// // One each, to start.
    /// sim.limit(30_000);
    /// (0..25_000).for_each(|_| _ = sim.spawn(Once));
    /// assert_eq!(sim.run_until_idle(), 25_000);
    /// ```
    #[track_caller]
    pub fn limit(&mut self, steps: u64) {
        assert!(
            steps > 0,
            "a limit of 0 steps lets nothing happen: give at least 1; `u64::MAX` is no limit, and no more than a test needs finds what \
             goes on for ever"
        );
        self.state(|state| {
            state.steps_most = steps.min(state.steps_cap);
            state.over &= state.steps >= state.steps_most;
        });
    }

    /// What there is to tell when the limit is reached.
    pub(super) fn goes_on(&self) -> String {
        self.state(|state| {
            let all = state.trace.turns();
            let turns: u64 = all.iter().map(|had| had.turns).sum();
            let mut text = format!(
                "still at it after {} steps, the limit of this simulation: it seems to go on for ever\n\
                 the last {turns} turns:",
                state.steps
            );
            for had in all.iter().take(TOLD) {
                let name = state.cast.name(had.actor);
                let _infallible = write!(
                    text,
                    "\n  {} of {name}, in which it handled {} messages",
                    had.turns, had.messages
                );
            }
            if turns == 0 {
                text += " none; timers, or blocking work";
            }
            if all.len() > TOLD {
                let left: u64 = all[TOLD..].iter().map(|had| had.turns).sum();
                let _infallible = write!(text, "\n  {left} of {} others", all.len() - TOLD);
            }
            text + WAY_OUT
        })
    }

    /// One more round that polls what was woken, where there was no step to take: what is begun, and, if it is woken, what `block_on`
    /// waits for there. `rounds` are those in a row.
    ///
    /// # Panics
    /// If there are more than the limit.
    #[track_caller]
    pub(super) fn count_round(&self, rounds: &mut u64, waited_for: Option<&'static Location<'static>>) {
        *rounds += 1;
        let most = self.state(|state| {
            state.rounds = state.rounds.max(*rounds);
            state.restless |= *rounds > state.steps_most;
            state.steps_most
        });
        if *rounds <= most {
            return;
        }
        let begun = self.begun.iter().filter_map(Weak::upgrade).filter(|task| task.was_polled_in(self.round));
        let begun = begun.map(|task| format!("the future begun at {}", task.place));
        let waited_for = waited_for.map(|place| format!("the future that `block_on` was given at {place}"));
        let all: Vec<_> = waited_for.into_iter().chain(begun).collect();
        let mut text = format!(
            "still at it after {most} rounds without a step, the limit of this simulation: these are woken again and again, and nothing \
             else is left to do at this time"
        );
        all.iter().take(TOLD).for_each(|one| text += &format!("\n  {one}"));
        if all.len() > TOLD {
            text += &format!("\n  {} others", all.len() - TOLD);
        }
        panic!("{text}{WAY_OUT}\n{}", self.describe());
    }
}
