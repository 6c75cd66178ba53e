//! Making actors runnable that waited for credit.

use super::post;
use crate::cell::arena::{self, Lookup};
use crate::mailbox::credit::Resumed;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker::Worker;

/// Schedules everybody on the list, on this worker.
pub(super) fn on_worker(worker: &mut Worker, mut list: Resumed) {
    while let Some(number) = list.next(&Lookup) {
        worker.counters().resumed.add(1);
        // SAFETY: numbers on a waiters list are those of cells.
        worker.schedule(unsafe { arena::cell(number) });
    }
}

/// Schedules everybody on the list, from wherever the caller is.
pub(super) fn from_anywhere(shared: &Shared, mut list: Resumed) {
    while let Some(number) = list.next(&Lookup) {
        shared.outside().resumed.add_shared(1);
        // SAFETY: taken off the list, it is ours; the caller is online.
        unsafe { post::schedule_from_anywhere(shared, arena::cell(number)) };
    }
}
