//! Trying many seeds.

use super::again::variable;
use super::failed::Failed;
use super::judging;
use super::list::{self, number};
use super::quiet::{self, quietly};
use super::report::{tail, told};
use super::simulation::Simulation;
use crate::builder::Builder;
use crate::system::System;
use std::io::Write;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

/// A try that is to be smaller may take so many times the steps and choices of the run that has failed, and so many more. More, and it
/// is taken to go on for ever.
const TIMES: usize = 8;
const MORE: usize = 1_000;

/// Runs a test in a simulation of three workers for each of these seeds. The test fails that panics, and so does one in which an actor
/// fails by itself: panics, or returns a fault, that neither [`Faults`](super::Faults) nor [`Simulation::fail_at`] has made; unless
/// [`Simulation::tolerate`] says that this is as it should be.
///
/// [`Builder::explore`] does it with other workers.
///
/// # One run alone
/// With `SEED` in the environment, it runs for that seed *alone*, and none of these seeds is tried; with `CHOICES`, for these choices
/// (numbers with commas or white space between them, or `@` and the path of a file of such, of at most 64 MiB). It says so in a line on
/// standard error, with the place of the call, also where the test passes (of tests in documentation rustdoc keeps it to itself). So
/// neither belongs into the environment of a whole run of tests.
///
/// # Panics
/// At the first seed with which the test fails: with the seed, the commit, the place and the words, the command that runs it again, and a
/// run as small as two thousand tries, or a minute, could make it that fails [alike](Failed::is_like), with the last of its trace. What
/// the test prints while it is made small is printed too, but for messages of panics. A try is given up that takes more than eight times
/// the steps and draws of the run that has failed; one that goes on for ever without either goes on for ever.
///
/// A test fails so too that goes on for ever: at the [limit](Simulation::limit) of its steps, 20,000 unless it says otherwise. As each try
/// takes as many, five seconds are spent then on making it small.
///
/// The command names the target that Cargo built, and the test. What it cannot know it asks for: the `--features` of the run, if the package
/// has any, and the test's name, if this is called on another thread than the test's own.
///
/// If there are no seeds, or if no simulation has taken any step, so that nothing was tested; and if `SEED` is set and is no number, or
/// `CHOICES` and is no list of such, one that lacks a number between two commas included.
#[track_caller]
pub fn explore(seeds: impl IntoIterator<Item = u64>, test: impl Fn(&mut Simulation)) {
    System::builder().explore(seeds, test);
}

impl Builder {
    /// As [`sim::explore`](crate::sim::explore), in simulations that this makes.
    ///
    /// # Panics
    /// As [`sim::explore`](crate::sim::explore).
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Context, Fault, System};
    ///
    /// struct Sink;
    ///
    /// impl Actor for Sink {
    ///     type Msg = ();
    ///     fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// System::builder().workers(1).explore(0..20, |sim| {
    ///     sim.spawn(Sink).try_send(()).unwrap();
    ///     assert_eq!(sim.run_until_idle(), 1);
    /// });
    /// ```
    #[track_caller]
    pub fn explore(self, seeds: impl IntoIterator<Item = u64>, test: impl Fn(&mut Simulation)) {
        let seeds = seeds.into_iter();
        if let Some(given) = variable("CHOICES") {
            let choices = match list::read(&given) {
                Ok(choices) => choices,
                Err(why) => panic!("{why}"),
            };
            say_alone(&format!("CHOICES is set: the run of its {} numbers", choices.len()), &seeds);
            if let Some(failed) = run(self.replayed(choices), &test).failed {
                panic!("{failed}\n{}", tail(&failed.trace));
            }
            return;
        }
        let one = match variable("SEED").map(|seed| number(&seed, "SEED")).transpose() {
            Ok(one) => one,
            Err(why) => panic!("{why}"),
        };
        let (mut tried, mut acted) = (0_u64, false);
        let mut try_out = |seed| {
            let ran = run(self.clone().simulated(seed), &test);
            (tried, acted) = (tried + 1, acted | ran.acted);
            ran.failed.map(|failed| told(&failed, |choices| self.smaller(&failed, choices, &test)))
        };
        if let Some(seed) = one {
            say_alone(&format!("SEED={seed} is set: that seed"), &seeds);
            if let Some(told) = try_out(seed) {
                panic!("{told}");
            }
            return;
        }
        for seed in seeds {
            if let Some(told) = try_out(seed) {
                panic!("{told}");
            }
        }
        assert!(tried > 0, "`explore` was given no seeds, so that nothing is tested: give at least one");
        assert!(
            acted,
            "no simulation of {tried} seeds has taken a step, so that nothing is tested: spawn in the one that the test is given, and \
             let it run"
        );
    }

    /// How the test fails with these choices instead of those of a run that has failed.
    fn smaller(&self, than: &Failed, choices: &[u64], test: impl Fn(&mut Simulation)) -> Option<Failed> {
        let simulation = self.clone().replayed(choices.to_vec());
        simulation.state(|state| {
            state.steps_cap = TIMES as u64 * than.steps + MORE as u64;
            state.choices_most = TIMES * than.choices.len() + MORE;
            state.steps_most = state.steps_most.min(state.steps_cap);
        });
        run(simulation, test).failed
    }
}

/// Says what alone is tried, and where: also of a test that passes, of which the harness shows nothing that it prints. It would pass for
/// one of all its seeds.
#[track_caller]
fn say_alone(what: &str, seeds: &impl Iterator<Item = u64>) {
    let place = Location::caller();
    let own = match seeds.size_hint() {
        (few, Some(most)) if few == most => format!("{few}"),
        _ => "own".to_owned(),
    };
    // Past the harness, which catches what is printed. Who cannot be written to is nobody's business here.
    let _lost =
        writeln!(std::io::stderr(), "{place}: {what} alone is tried, in place of the test's {own} seeds");
}

/// Runs a test in one simulation, and catches its panic, of which nothing is printed; an actor that fails by itself fails it too, as in
/// [`explore`]. None if all was well.
///
/// # Examples
/// ```
/// use throng::{System, sim};
/// let failed = sim::run_one(System::simulated(7), |sim| assert!(sim.below(2) > 1, "it never is")).expect("it fails");
/// assert_eq!((failed.seed, failed.words.as_str(), failed.choices.len()), (Some(7), "it never is", 1));
/// ```
pub fn run_one(simulation: Simulation, test: impl Fn(&mut Simulation)) -> Option<Failed> {
    run(simulation, test).failed
}

/// What became of a run.
struct Ran {
    failed: Option<Failed>,
    /// It has taken a step.
    acted: bool,
}

fn run(mut simulation: Simulation, test: impl Fn(&mut Simulation)) -> Ran {
    let faults = simulation.system().ledger().faults;
    simulation.state(|state| (state.failures.watched, state.failures.known) = (true, faults));
    quietly(|| {
        let _from_before = quiet::last();
        let ended = catch_unwind(AssertUnwindSafe(|| test(&mut simulation)));
        if ended.is_ok() {
            // Of what the test itself has dropped since the last step.
            judging::look(&simulation.state, simulation.system.shared());
        }
        let (acted, first) = simulation.state(|state| (state.acted, state.failures.first.take()));
        let of_actor = first.is_some();
        // An actor's failure is what the test panicked over, or it came before that.
        let (words, place) = match (first, ended) {
            (Some(first), _) => (first.words, first.place),
            (None, Ok(())) => return Ran { failed: None, acted },
            (None, Err(payload)) => {
                let words = quiet::words(&*payload);
                let panic = quiet::last().filter(|panic| panic.words == words);
                (words, panic.and_then(|panic| panic.place))
            }
        };
        let failed = Failed {
            seed: simulation.seed(),
            words,
            place,
            choices: simulation.choices(),
            trace_hash: simulation.trace_hash(),
            trace: simulation.trace(),
            given: simulation.state(|state| state.choices.length_given()),
            steps: simulation.state(|state| state.steps.max(state.rounds)),
            of_actor,
            at_limit: !of_actor && simulation.state(|state| state.over || state.restless),
        };
        // While it is quiet: it may have much to drop.
        drop(simulation);
        Ran { failed: Some(failed), acted }
    })
}
