//! A worker that is stepped by a simulation: what is runnable is taken out of its hands, and it is handed one turn at a time.
//!
//! Who may touch what: all workers of a simulation belong to the thread that steps it. One of them may be in a turn, and another be
//! stepped from inside that turn, between two handlers, where nobody borrows the first; so each function here takes the
//! worker as a pointer, and borrows no other. A worker is stepped by one at a time.

use super::current::borrowing;
use super::run_queue::{RunQueue, Task};
use super::shared::Shared;
use super::worker::{Seat, Worker, run_task};
use crate::sync::Ordering;
use crate::time::Nanos;
use crossbeam_deque::Steal;
use std::ptr::NonNull;

/// Gives away what is runnable at this worker, in the order in which it would run it.
///
/// # Safety
/// `this` is a worker of the calling thread, and nobody borrows it.
pub(crate) unsafe fn give_runnable(this: NonNull<Worker>, mut give: impl FnMut(Task)) {
    // SAFETY: by the caller's promise; nothing is run in here.
    let worker = unsafe { this.as_ref() };
    loop {
        // SAFETY: this is the owner's thread, and nothing inside `enter` calls back.
        match unsafe { worker.desk().queue.enter(RunQueue::pop) } {
            Some(Some((task, _))) => give(task),
            Some(None) => return,
            // Somebody describes the system just now.
            None => std::hint::spin_loop(),
        }
    }
}

/// The same of what came from outside.
pub(crate) fn give_injected(shared: &Shared, mut give: impl FnMut(Task)) {
    loop {
        match shared.injector.steal() {
            Steal::Success(task) => give(task),
            Steal::Retry => {}
            Steal::Empty => return,
        }
    }
}

/// Runs one turn.
///
/// # Safety
/// `this` is a worker of the calling thread that is in no turn, and nobody borrows it.
pub(crate) unsafe fn run(this: NonNull<Worker>, task: Task) {
    // SAFETY: the caller's promise, handed on; a task is ownership of the actor.
    unsafe { seated(this, || run_task(this, task)) };
}

/// Fires what is due at this worker, and drops what is over.
///
/// # Safety
/// As for [`run`].
pub(crate) unsafe fn fire(this: NonNull<Worker>, now: Nanos) {
    // SAFETY: the caller's promise, handed on.
    unsafe { seated(this, || _ = borrowing(|| (*this.as_ptr()).fire_timers(now))) };
}

/// When the worker's first timer is due, cancelled ones included.
///
/// # Safety
/// As for [`give_runnable`].
pub(crate) unsafe fn first_due(this: NonNull<Worker>) -> Option<Nanos> {
    // SAFETY: by the caller's promise.
    let worker = unsafe { this.as_ref() };
    if worker.timers { worker.first_due() } else { None }
}

/// Has the worker at work for the length of a piece, and its spent timers disposed of.
///
/// # Safety
/// As for [`run`].
unsafe fn seated(this: NonNull<Worker>, piece: impl FnOnce()) {
    // SAFETY: by the caller's promise; each borrow ends before user code runs.
    unsafe {
        this.as_ref().desk().activity.fetch_add(1, Ordering::SeqCst);
        let seat = Seat::take(this);
        piece();
        Worker::dispose(this);
        (*this.as_ptr()).cells.quiescent();
        // After each step: a slot serves again as soon as nobody can reach its last tenant, which others wait with.
        (*this.as_ptr()).cells.flush();
        drop(seat);
        this.as_ref().desk().activity.fetch_add(1, Ordering::SeqCst);
    }
}

/// Hands on what waits for its grace period, so that it can be collected. The worker is in no turn.
///
/// # Safety
/// As for [`run`].
pub(crate) unsafe fn flush(this: NonNull<Worker>) {
    // SAFETY: by the caller's promise.
    unsafe { (*this.as_ptr()).cells.flush() };
}
