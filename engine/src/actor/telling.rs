//! Telling through the system lane, from wherever the caller is; see [`crate::mailbox::notices`].

use super::ext::{Epoch, Ext};
use super::parcel::{Record, Take};
use super::pending;
use super::post::{Raw, Stranger, as_stranger, count_refusal, schedule_from_anywhere};
use super::stock;
use crate::error::Reason;
use crate::mailbox::envelope::{Chain, Envelope};
use crate::mailbox::notices::Told;
use crate::panics::contained;
use crate::scheduler::shared::Shared;
use crate::scheduler::stats::Counters;
use std::ptr::NonNull;

/// Tells an actor a value, of which `then` makes its message, in its turn.
///
/// # Errors
/// The actor has ended; with the value.
pub(crate) fn tell_value<M, V, F: FnOnce(V) -> M>(to: Raw, value: V, then: F) -> Result<(), (Reason, V)> {
    tell_seat::<M, V, F>(to, Epoch::ANY, value, then)
}

/// As [`tell_value`], but only this state of the actor: for a later one it is void.
///
/// # Errors
/// As for [`tell_value`].
pub(super) fn tell_seat<M, V, F>(to: Raw, epoch: u16, value: V, then: F) -> Result<(), (Reason, V)>
where
    F: FnOnce(V) -> M,
{
    let sealed =
        |stranger: &mut Stranger| pending::completed::<M, V, F>(&mut stranger.pool, epoch, value, then);
    let record = as_stranger(sealed);
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
    let mut left = Chain::EMPTY;
    let told = as_stranger(|_| {
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
            Told::Left => {
                left = notices.left();
                let mut dead = 0;
                let mut at = NonNull::new(left.first);
                while let Some(envelope) = at {
                    dead += 1;
                    // SAFETY: the chain is ours.
                    at = NonNull::new(unsafe { Envelope::next(envelope) });
                }
                counters.admitted.add_shared(dead);
                counters.dead_closed.add_shared(dead);
            }
        }
        counters.noticed.add_shared(1);
        counters.accepted.add_shared(1);
        Ok(())
    });
    while let Some(envelope) = left.pop() {
        // SAFETY: off our own chain, which holds notices; nobody lists them.
        unsafe {
            let record = Record::of(envelope);
            let take = (*record.as_ptr()).take;
            // User code, which must not take the teller down.
            contained(|| take(record, Take::Drop));
            stock::free_recorded(record);
        }
    }
    told
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
