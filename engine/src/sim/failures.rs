//! Failures of actors that the simulation has not made: a test that does not expect them has failed.
//!
//! Each fault that the engine counts is either told by the turn that it ended, or found by a look at the count after the step: those
//! of hooks, closures and `Drop`s that decide on nothing.

use crate::actor::fault::Fault;
use crate::panics::{caught, discard};
use std::rc::Rc;

/// Which failures are as they should be. Runs user code.
pub(super) type Tolerance = Rc<dyn Fn(&Fault) -> bool>;

/// One that is not.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) words: String,
    /// Where it panicked; none, if it returned a fault.
    pub(super) place: Option<String>,
}

/// What is known of them.
#[derive(Default)]
pub(super) struct Failures {
    /// Somebody wants to know of them.
    pub(super) watched: bool,
    pub(super) tolerance: Option<Tolerance>,
    /// Of the faults that the engine has counted, those that are known already.
    pub(super) known: u64,
    pub(super) first: Option<Failure>,
}

/// Whether this one is as it should be.
pub(super) fn tolerates(tolerance: Option<&Tolerance>, fault: &Fault) -> bool {
    let Some(tolerance) = tolerance else { return false };
    caught(|| tolerance(fault)).map_err(discard).unwrap_or(false)
}
