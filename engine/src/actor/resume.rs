//! Making actors runnable that waited for credit.

use super::ext::Ext;
use super::post;
use crate::cell::arena::{self, Lookup};
use crate::cell::header::CellPtr;
use crate::mailbox::credit::Resumed;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker::Worker;
use crate::stall::Stalls;
use crate::time::Nanos;

/// Schedules everybody on the list, on this worker.
#[inline(always)]
pub(super) fn on_worker(worker: &mut Worker, list: Resumed) {
    if !list.is_nobody() {
        schedule_all(worker, list);
    }
}

#[inline(never)]
fn schedule_all(worker: &mut Worker, mut list: Resumed) {
    let mut now = None;
    while let Some(number) = list.next(&Lookup) {
        worker.counters().resumed.add(1);
        // SAFETY: numbers on a waiters list are those of cells.
        let cell = unsafe { arena::cell(number) };
        // SAFETY: taken off the list, the actor is ours.
        unsafe { note_stall(cell, *now.get_or_insert_with(|| worker.shared.clock.now())) };
        worker.schedule(cell);
    }
}

/// Counts how long the actor was muted.
///
/// # Safety
/// The caller owns the actor.
unsafe fn note_stall(cell: CellPtr, now: Nanos) {
    // SAFETY: by the caller's promise.
    let (header, kind) = unsafe { (cell.as_ref(), cell.as_ref().kind()) };
    let Some(ext) = Ext::of(header) else { return };
    let since = ext.muted_since.get();
    if since != 0 {
        ext.muted_since.set(0);
        let took = now.saturating_sub(since);
        kind.stalls.get_or_init(Stalls::new).add(took);
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
            note_stall(cell, shared.clock.now());
            post::schedule_from_anywhere(shared, cell);
        }
    }
}
