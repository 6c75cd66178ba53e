//! Making actors runnable that waited for credit.

use super::post;
use crate::cell::arena::{self, Lookup};
use crate::mailbox::credit::Resumed;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker::Worker;

/// Schedules everybody on the list, on this worker.
#[inline]
pub(super) fn on_worker(worker: &mut Worker, mut list: Resumed) {
    while let Some(number) = list.next(&Lookup) {
        worker.counters().resumed.add(1);
        // SAFETY: numbers on a waiters list are those of cells.
        worker.schedule(unsafe { arena::cell(number) });
    }
}

/// Schedules everybody on the list, from wherever the caller is: each in its own system, as a list reached by a stale
/// mark may be another's.
pub(super) fn from_anywhere(mut list: Resumed) {
    while let Some(number) = list.next(&Lookup) {
        // SAFETY: taken off the list, the actor is ours, so its kind and its system are there; the caller is online.
        unsafe {
            let cell = arena::cell(number);
            let shared = Shared::of(cell.as_ref().kind());
            shared.outside().resumed.add_shared(1);
            post::schedule_from_anywhere(shared, cell);
        }
    }
}
