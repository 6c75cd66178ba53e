//! What a simulation keeps: its choices, who is runnable, who is in a turn, and what a test waits for.

use super::cast::Cast;
use super::choices::Choices;
use super::failures::Failures;
use super::faults::Faults;
use super::runnable::Runnable;
use super::trace::{Event, Trace, What};
use crate::actor::post::{ActorId, Raw};
use crate::time::Nanos;
use std::any::Any;

/// Looks at a message that is about to be handled.
pub(super) type Look = Box<dyn FnOnce(&dyn Any) -> bool>;

/// Steps after which a simulation that names no number is taken to go on for ever. Some twenty times what the longest of 3,000 scenarios
/// of the swarm takes; an actor that sends itself messages, which fill its turns, takes 2.3 s for so many where nothing is optimised (4.5
/// s with whole turns), and two that send to each other a sixth of a second.
pub(super) const STEPS: u64 = 20_000;

/// What a simulation keeps. Borrowed for one decision at a time.
pub(super) struct State {
    pub(super) choices: Choices,
    pub(super) faults: Faults,
    pub(super) trace: Trace,
    pub(super) cast: Cast,
    pub(super) runnable: Runnable,
    /// The workers that are in turns, each inside the one before.
    pub(super) turns: Vec<usize>,
    pub(super) steps: u64,
    pub(super) steps_most: u64,
    /// No limit that the test asks for is above this.
    pub(super) steps_cap: u64,
    /// So many choices, and the test may draw no more.
    pub(super) choices_most: usize,
    /// Something has been done.
    pub(super) acted: bool,
    /// There was one more to take.
    pub(super) over: bool,
    /// The most rounds of polls in a row without a step, and whether they were more than that many.
    pub(super) rounds: u64,
    pub(super) restless: bool,
    /// The turn under way is one that a test has asked for: nothing is drawn in it.
    pub(super) scripted: bool,
    /// Looks at the next message of this actor, and what it found, or panicked with.
    pub(super) expecting: Option<(Raw, Look)>,
    pub(super) found: Option<std::thread::Result<bool>>,
    /// Whom faults have stopped, and whether they have killed it.
    pub(super) struck: Vec<(ActorId, bool)>,
    pub(super) failures: Failures,
    /// An actor has had two owners. Nothing is done any more.
    pub(super) broken: Option<String>,
}

impl State {
    pub(super) fn new(choices: Choices) -> Self {
        Self {
            choices,
            faults: Faults::none(),
            trace: Trace::new(),
            cast: Cast::default(),
            runnable: Runnable::default(),
            turns: Vec::new(),
            steps: 0,
            steps_most: STEPS,
            steps_cap: u64::MAX,
            choices_most: usize::MAX,
            acted: false,
            over: false,
            rounds: 0,
            restless: false,
            scripted: false,
            expecting: None,
            found: None,
            struck: Vec::new(),
            failures: Failures::default(),
            broken: None,
        }
    }

    /// Writes down what happens.
    pub(super) fn note(&mut self, at: Nanos, worker: usize, actor: u32, what: What) {
        let turns = self.turns.len() as u16;
        // The turn that it is of is not one that it is in the middle of.
        let inside = if what.begins() { turns } else { turns.saturating_sub(1) };
        self.acted |= what.begins();
        self.trace.add(Event { at, step: self.steps, inside, worker: worker as u16, actor, what });
    }
}

/// Whether a fault of this rate strikes here. The simplest choice is that it does not.
pub(super) fn strikes(choices: &mut Choices, one_in: u32) -> bool {
    one_in > 0 && choices.below(u64::from(one_in)) + 1 == u64::from(one_in)
}
