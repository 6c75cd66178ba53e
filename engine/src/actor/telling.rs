//! Telling through the system lane, from wherever the caller is; see [`crate::mailbox::notices`].

use super::ext::Ext;
use super::parcel::Record;
use super::pending;
use super::post::{Raw, as_stranger, count_refusal, schedule_from_anywhere};
use super::stock;
use crate::error::Reason;
use crate::mailbox::notices::Told;
use crate::scheduler::shared::Shared;
use crate::scheduler::stats::Counters;
use std::ptr::NonNull;

/// Tells an actor a value, of which `then` makes its message, in its turn.
///
/// # Errors
/// The actor has ended; with the value.
pub(super) fn tell_value<M, V, F: FnOnce(V) -> M>(to: Raw, value: V, then: F) -> Result<(), (Reason, V)> {
    let record = as_stranger(|stranger| pending::completed::<M, V, F>(&mut stranger.pool, value, then));
    // SAFETY: just made; refused, it is still ours.
    unsafe { tell(to, record).map_err(|reason| (reason, give_back::<M, V, F>(record))) }
}

/// Gives a notice to its actor.
///
/// # Safety
/// The record is complete, and the caller's; it is given away unless refused.
pub(super) unsafe fn tell(to: Raw, record: NonNull<Record>) -> Result<(), Reason> {
    // SAFETY: by the caller's promise.
    unsafe { give(to, record, None) }
}

/// As [`tell`], what the actor is owed by its system, `home`: if it has ended that is a dead letter, as one that was sent into a
/// reserved place, and no refusal.
///
/// # Safety
/// As for [`tell`].
pub(super) unsafe fn pay(to: Raw, record: NonNull<Record>, home: &Shared) -> Result<(), Reason> {
    // SAFETY: by the caller's promise.
    unsafe { give(to, record, Some(home)) }
}

/// # Safety
/// As for [`tell`].
unsafe fn give(to: Raw, record: NonNull<Record>, owing: Option<&Shared>) -> Result<(), Reason> {
    as_stranger(|_| {
        let cell = to.cell();
        // SAFETY: cells are never unmapped; we are online.
        let header = unsafe { cell.as_ref() };
        if header.generation() != to.generation() {
            if let Some(home) = owing {
                home.outside().attempts.add_shared(1);
                count_dead(home.outside());
            }
            return Err(Reason::Stale);
        }
        // SAFETY: the generation was checked and we are online.
        let shared = unsafe { Shared::of(header.kind()) };
        let counters = shared.outside();
        counters.attempts.add_shared(1);
        let notices = &Ext::of_or_new(header).notices;
        // SAFETY: by the caller's promise; while we are online the slot gets no new tenant.
        match unsafe { notices.tell(&header.mailbox, Record::envelope(record)) } {
            Told::Ended => {
                match owing {
                    Some(_) => count_dead(counters),
                    None => count_refusal(counters, Reason::Closed, true),
                }
                return Err(Reason::Closed);
            }
            // SAFETY: telling made us the owner; online.
            Told::First => unsafe { schedule_from_anywhere(shared, cell) },
            Told::Noted => {}
        }
        counters.noticed.add_shared(1);
        counters.accepted.add_shared(1);
        Ok(())
    })
}

fn count_dead(counters: &Counters) {
    counters.accepted.add_shared(1);
    counters.dead_closed.add_shared(1);
}

/// Takes the value back: it was refused.
///
/// # Safety
/// The record is the caller's, of these types and complete, gone afterwards.
pub(super) unsafe fn give_back<M, T, F>(record: NonNull<Record>) -> T {
    // SAFETY: by the caller's promise. The block is freed before the closure is dropped, as that may panic.
    unsafe {
        let (then, value) = pending::part::<M, T, F>(record);
        stock::free_recorded(record);
        drop(then);
        value
    }
}

/// Nothing will be told.
///
/// # Safety
/// The record is the caller's, of these types and not complete, gone afterwards.
pub(super) unsafe fn give_up<M, T, F>(record: NonNull<Record>) {
    // SAFETY: as in `give_back`.
    unsafe {
        let then = pending::give_up::<M, T, F>(record);
        stock::free_recorded(record);
        drop(then);
    }
}
