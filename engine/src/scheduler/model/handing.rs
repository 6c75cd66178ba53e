//! Models of handing an actor to its own thread: it is not slept over, is had once, and brings what its owner did.

use crate::cell::header::CellPtr;
use crate::model::{demand_found, demand_found_further, explore_further, note};
use crate::scheduler::handover::Handover;
use crate::scheduler::run_queue::Task;
use crate::sync::{AtomicUsize, Mutant, Ordering, UnsafeCell, thread};
use std::ptr::NonNull;
use std::sync::Arc;

/// A cell that is a number and is never looked into, and the state of its actor.
struct Model {
    handover: Handover,
    state: UnsafeCell<u32>,
    between: AtomicUsize,
}

// SAFETY: loom finds out if the state is reached by two at once.
unsafe impl Send for Model {}
// SAFETY: as above.
unsafe impl Sync for Model {}

fn cell() -> CellPtr {
    NonNull::without_provenance(std::num::NonZero::new(64).expect("not zero"))
}

/// A worker that owns the actor hands it over; its thread runs a turn, and parks when it finds nothing.
fn hand_over_against_parking() {
    let model = Arc::new(Model {
        handover: Handover::new(),
        state: UnsafeCell::new(0),
        between: AtomicUsize::new(0),
    });
    let here = Arc::clone(&model);
    let own = thread::spawn(move || {
        loop {
            if here.handover.take().is_some() {
                here.between.store(1, Ordering::Relaxed);
                // SAFETY: a task is ownership.
                here.state.with_mut(|state| unsafe { *state += 1 });
                return;
            }
            note("parked");
            thread::park();
        }
    });
    // SAFETY: the worker owns the actor until it hands it over.
    model.state.with_mut(|state| unsafe { *state += 1 });
    let thread = own.thread().clone();
    model.handover.put(Task(cell()), || {
        // Unparking is no step of its own to loom, and tells the other thread all: it may have taken before.
        model.between.load(Ordering::Relaxed);
        thread.unpark();
    });
    own.join().expect("no panic");
    // SAFETY: nobody else is left.
    assert_eq!(model.state.with(|state| unsafe { *state }), 2);
    assert!(model.handover.take().is_none(), "it was had once");
}

#[test]
fn an_actor_is_not_slept_over() {
    assert!(explore_further(hand_over_against_parking).contains("parked"));
}

#[test]
fn finds_unpark_before_task() {
    demand_found_further(Mutant::UnparkBeforeTask, hand_over_against_parking);
}

#[test]
fn finds_relaxed_take() {
    demand_found(Mutant::RelaxedTake, hand_over_against_parking);
}
