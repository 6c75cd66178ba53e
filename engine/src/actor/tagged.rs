//! Pushing envelopes that are more than a message: outcomes of asks, ticks, items of a flow, and news.

use super::parcel::Packing;
use super::post::{Bound, Raw, as_stranger, count_refusal, schedule_from_anywhere};
use crate::cell::header::Sent;
use crate::cell::pool::Pool;
use crate::error::Reason;
use crate::mailbox::envelope::{Envelope, ITEM, REPLY, TRACKED};
use crate::mailbox::overflow::Overflow;
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker::Worker;
use std::ptr::NonNull;

/// What became of an envelope that is more than a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Given {
    /// It is in the mailbox.
    In,
    /// There is no place until something is handled; the envelope is still the caller's.
    Full,
    /// The actor accepts nothing any more; the envelope is still the caller's.
    Ended,
}

impl Given {
    fn of(pushed: Pushed) -> Self {
        match pushed {
            Pushed::First { .. } | Pushed::Queued { .. } => Given::In,
            Pushed::Full => Given::Full,
            Pushed::Closed => Given::Ended,
        }
    }
}

/// Pushes an item of a flow, which goes in above any bound but that of the word. Counted as a send. Says also whether that has
/// taken an actor to its high mark which has an upstream to be told.
pub(super) fn push_item(worker: &mut Worker, to: Raw, envelope: NonNull<Envelope>) -> (Given, bool) {
    push_and_look(worker, to, envelope, ITEM, Bound::Owed)
}

/// Pushes the message of a timer that bears the number of a state, up to the hard limit. Counted as a send; says what
/// [`push_item`] does.
pub(super) fn push_numbered(worker: &mut Worker, to: Raw, envelope: NonNull<Envelope>) -> (Given, bool) {
    push_and_look(worker, to, envelope, REPLY, Bound::Hard)
}

fn push_and_look(
    worker: &mut Worker,
    to: Raw,
    envelope: NonNull<Envelope>,
    tag: usize,
    bound: Bound,
) -> (Given, bool) {
    let given = push_tagged(worker, to, envelope, tag, bound);
    // SAFETY: cells are never unmapped; the worker is online, and so has been since the push that found the tenant.
    let is_high = given == Given::In
        && unsafe {
            let header = to.cell().as_ref();
            let limits = &header.kind().limits;
            limits.overflow == Overflow::Signal && header.mailbox.peek().count() > limits.mark
        };
    (given, is_high)
}

/// Pushes a tracked message. Counted as a send.
pub(super) fn push_tracked(worker: &mut Worker, to: Raw, envelope: NonNull<Envelope>) -> Given {
    push_tagged(worker, to, envelope, TRACKED, Bound::Tracked)
}

/// Pushes an envelope without a message, which no ledger counts, from wherever the caller is; `seal` makes it.
pub(super) fn push_news_from_anywhere(
    to: Raw,
    tag: usize,
    seal: impl FnOnce(&mut Pool) -> NonNull<Envelope>,
) {
    as_stranger(|stranger| {
        // SAFETY: cells are never unmapped.
        let header = unsafe { to.cell().as_ref() };
        let envelope = seal(&mut stranger.pool);
        // SAFETY: just made; online since the check.
        match unsafe { header.send_tagged(to.generation(), envelope, tag, COUNT_MAX) } {
            Sent::Pushed(pushed @ (Pushed::First { .. } | Pushed::Queued { .. })) => {
                // SAFETY: online since the check.
                let shared = unsafe { Shared::of(header.kind()) };
                shared.outside().news.add_shared(1);
                if matches!(pushed, Pushed::First { .. }) {
                    // SAFETY: the push made us the owner; online.
                    unsafe { schedule_from_anywhere(shared, to.cell()) };
                }
            }
            // SAFETY: refused, so it is ours; what is sealed here fits one line and needs no drop.
            Sent::Pushed(Pushed::Full | Pushed::Closed) | Sent::Stale => unsafe {
                Packing::<()>::free(&mut stranger.pool, envelope);
            },
        }
    });
}

/// Pushes a recorded envelope, an outcome or a tick, from the thread of `worker` if it is one. Counted as a send, like
/// any other.
#[inline(always)]
pub(super) fn push_recorded(
    worker: Option<&mut Worker>,
    to: Raw,
    envelope: NonNull<Envelope>,
    bound: Bound,
) -> Given {
    match worker {
        Some(worker) => push_tagged(worker, to, envelope, REPLY, bound),
        None => push_tagged_outside(to, envelope, REPLY, bound),
    }
}

/// Pushes an envelope that is more than a message. Counted as a send.
#[inline(always)]
fn push_tagged(worker: &mut Worker, to: Raw, envelope: NonNull<Envelope>, tag: usize, bound: Bound) -> Given {
    let counters = worker.counters();
    // SAFETY: cells are never unmapped; workers are online in turns and when they fire timers.
    let header = unsafe { to.cell().as_ref() };
    if header.generation() != to.generation() {
        counters.attempts.add(1);
        count_refusal(counters, Reason::Stale, false);
        return Given::Ended;
    }
    // SAFETY: the generation was checked and the worker is online.
    let kind = unsafe { header.kind() };
    if kind.home != worker.home {
        return push_tagged_outside(to, envelope, tag, bound);
    }
    counters.attempts.add(1);
    // SAFETY: the envelope is the caller's; online since the check.
    let pushed = unsafe { header.mailbox.push(envelope, tag, bound.limit(kind)) };
    if let (ITEM | TRACKED, Pushed::First { count } | Pushed::Queued { count }) = (tag, pushed) {
        counters.fullest.raise(u64::from(count));
    }
    match pushed {
        Pushed::First { .. } => {
            worker.schedule(to.cell());
            counters.accepted.add(1);
        }
        Pushed::Queued { .. } => counters.accepted.add(1),
        Pushed::Full => count_refusal(counters, Reason::Full, false),
        Pushed::Closed => count_refusal(counters, Reason::Closed, false),
    }
    Given::of(pushed)
}

/// As a thread that is not a worker of the receiver's system.
#[cold]
#[inline(never)]
fn push_tagged_outside(to: Raw, envelope: NonNull<Envelope>, tag: usize, bound: Bound) -> Given {
    as_stranger(|_| {
        // SAFETY: cells are never unmapped.
        let header = unsafe { to.cell().as_ref() };
        if header.generation() != to.generation() {
            return Given::Ended;
        }
        // SAFETY: the generation was checked and we are online, so kind and system are there; the envelope is the
        // caller's.
        let (shared, pushed) = unsafe {
            let kind = header.kind();
            (Shared::of(kind), header.mailbox.push(envelope, tag, bound.limit(kind)))
        };
        let counters = shared.outside();
        counters.attempts.add_shared(1);
        match pushed {
            Pushed::First { .. } => {
                shared.inject(to.cell());
                counters.accepted.add_shared(1);
            }
            Pushed::Queued { .. } => counters.accepted.add_shared(1),
            Pushed::Full => count_refusal(counters, Reason::Full, true),
            Pushed::Closed => count_refusal(counters, Reason::Closed, true),
        }
        Given::of(pushed)
    })
}

/// Pushes news that its tag says all of.
pub(super) fn push_word(worker: &mut Worker, to: Raw, tag: usize) -> Given {
    let envelope = Packing::<()>::seal(&mut worker.pool, ());
    let given = push_news(worker, to, envelope, tag);
    if given != Given::In {
        // SAFETY: refused, so it is ours.
        unsafe { Packing::<()>::free(&mut worker.pool, envelope) };
    }
    given
}

/// Pushes an envelope without a message, which no ledger counts. To an actor of the worker's own system.
pub(super) fn push_news(worker: &mut Worker, to: Raw, envelope: NonNull<Envelope>, tag: usize) -> Given {
    // SAFETY: cells are never unmapped; the worker is online.
    let header = unsafe { to.cell().as_ref() };
    // SAFETY: the envelope is the caller's; online since the check.
    match unsafe { header.send_tagged(to.generation(), envelope, tag, COUNT_MAX) } {
        Sent::Pushed(pushed) => {
            if matches!(pushed, Pushed::First { .. }) {
                worker.schedule(to.cell());
            }
            let given = Given::of(pushed);
            worker.counters().news.add(u64::from(given == Given::In));
            given
        }
        Sent::Stale => Given::Ended,
    }
}
