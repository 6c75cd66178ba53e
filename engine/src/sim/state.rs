//! What a simulation keeps: its choices, who is runnable, who is in a turn, and what a test waits for.

use super::cast::Cast;
use super::choices::Choices;
use super::faults::Faults;
use super::runnable::Runnable;
use super::trace::Trace;
use crate::actor::post::{ActorId, Raw};
use std::any::Any;

/// Looks at a message that is about to be handled.
pub(super) type Look = Box<dyn FnOnce(&dyn Any) -> bool>;

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
    /// There was one more to take.
    pub(super) over: bool,
    /// The turn under way is one that a test has asked for: nothing is drawn in it.
    pub(super) scripted: bool,
    /// Looks at the next message of this actor, and what it found, or panicked with.
    pub(super) expecting: Option<(Raw, Look)>,
    pub(super) found: Option<std::thread::Result<bool>>,
    /// Whom faults have stopped, and whether they have killed it.
    pub(super) struck: Vec<(ActorId, bool)>,
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
            steps_most: u64::MAX,
            over: false,
            scripted: false,
            expecting: None,
            found: None,
            struck: Vec::new(),
            broken: None,
        }
    }
}

/// Whether a fault of this rate strikes here. The simplest choice is that it does not.
pub(super) fn strikes(choices: &mut Choices, one_in: u32) -> bool {
    one_in > 0 && choices.below(u64::from(one_in)) + 1 == u64::from(one_in)
}
