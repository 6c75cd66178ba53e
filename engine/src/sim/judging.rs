//! Looks for failures of actors that the simulation has not made, where somebody wants to know of them.

use super::failures::{Failure, tolerates};
use super::quiet;
use super::state::State;
use crate::actor::fault::Fault;
use crate::actor::scene::is_made;
use crate::scheduler::shared::Shared;
use crate::time::Nanos;
use std::cell::RefCell;

/// An actor has failed in its turn.
pub(super) fn failed(state: &RefCell<State>, now: Nanos, number: u32, fault: &Fault) {
    let place = if fault.is_panic() { quiet::last().and_then(|panic| panic.place) } else { None };
    let (name, is_engine) = {
        let mut state = state.borrow_mut();
        state.failures.known += 1;
        (state.cast.name(number), state.cast.is_engine(number))
    };
    // A supervisor that gives up does so by a fault: over its children's, which are looked at.
    if is_made(fault) || (is_engine && !fault.is_panic()) {
        return;
    }
    let what = if fault.is_panic() { fault.to_string() } else { format!("returned the fault \"{fault}\"") };
    judge(state, now, fault, Failure { words: format!("{name} {what}"), place });
}

/// Whether a fault was counted since the last look of which no turn has told.
pub(super) fn look(state: &RefCell<State>, shared: &Shared) {
    if !state.borrow().failures.watched {
        return;
    }
    let counted = shared.stats.totals().faults;
    let known = std::mem::replace(&mut state.borrow_mut().failures.known, counted);
    if counted > known {
        let panic = quiet::last();
        let (said, place) = panic.map_or((String::new(), None), |panic| (panic.words, panic.place));
        let words = format!("a closure or a `Drop` of the program panicked: {said}");
        judge(state, shared.clock.now(), &Fault::from_panic(Box::new(said)), Failure { words, place });
    }
}

/// Runs user code.
fn judge(state: &RefCell<State>, now: Nanos, fault: &Fault, failure: Failure) {
    let place = failure.place.as_ref().map_or_else(String::new, |place| format!(", at {place}"));
    let tolerance = {
        let state = &mut *state.borrow_mut();
        state.trace.remark(now, state.steps, format!("{}{place}", failure.words));
        state.failures.tolerance.clone()
    };
    if !tolerates(tolerance.as_ref(), fault) {
        state.borrow_mut().failures.first.get_or_insert(failure);
    }
}
