//! What senders and controllers may do to a mailbox: push, reserve, close, ask to be told.
//!
//! One compare-and-swap links the envelope, counts it against the bound and tells whether the receiver must be
//! scheduled. The list is a Treiber stack (R. K. Treiber, IBM RJ 5118, 1986) whose consumer only ever takes all of it,
//! so it has no ABA problem on the taking side; the one exception, handling in place, is in [`super::drain`].
//!
//! Who may touch what: anyone may change `word` by compare-and-swap within the transitions below. `fifo` belongs to the
//! *owner*: whoever found SCHEDULED clear and set it, or was handed the actor by such a one.

use super::envelope::{Chain, Envelope};
use super::word::{CLOSED, COUNT_MAX, ENDED, SCHEDULED, SIGNAL, WAITERS, Word};
use crate::sync::{AtomicPtr, Mutant, Ordering, UnsafeCell, mutant};
use std::ptr::NonNull;

/// In place of the private queue: the tenant has not had its first turn.
const FRESH: usize = 1;

/// Release publishes the envelope to the owner's Acquire in `drain`. Acquire pairs with the Release by which the last owner
/// went idle: a pusher that finds the actor idle may run it.
#[inline(always)]
fn push_order() -> Ordering {
    if mutant(Mutant::RelaxedPush) { Ordering::Relaxed } else { Ordering::AcqRel }
}

/// One actor's mailbox.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Mailbox {
    pub(super) word: AtomicPtr<Envelope>,
    pub(super) fifo: UnsafeCell<*mut Envelope>,
}

// SAFETY: `word` is atomic; `fifo` is touched by the owner alone, and ownership is handed over by Release/Acquire pairs
// on `word` or on a run queue.
unsafe impl Sync for Mailbox {}
// SAFETY: as above; envelopes hold only `Send` messages.
unsafe impl Send for Mailbox {}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Pushed {
    /// It is in, and the receiver was idle: the caller owns it now and must schedule it.
    First {
        /// Messages counted, this one included.
        count: u32,
    },
    /// It is in; somebody else owns the receiver.
    Queued {
        /// Messages counted, this one included.
        count: u32,
    },
    /// Refused: the limit is reached.
    Full,
    /// Refused: closed for good.
    Closed,
}

/// What became of a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Close {
    /// The receiver was idle: the caller owns it now and must schedule it, so that it can end.
    First,
    /// Its owner will see it.
    Seen,
    /// It was closed (and signalled, if that was asked for) already.
    Already,
}

/// What became of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Signalled {
    /// The receiver was idle: the caller owns it now and must schedule it, so that it sees the signal.
    First,
    /// Its owner will see it.
    Seen,
    /// There is no tenant.
    Ended,
}

/// What became of a wish to be told about credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Flagged {
    /// The owner will look at the waiters when the count has sunk to the low mark.
    Yes,
    /// There is nothing to wait for: the count is at the low mark or below, or the mailbox is closed.
    No,
}

/// What giving back a reserved place asks of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Waiters {
    /// Nobody waits, or not yet.
    None,
    /// The count is at the low mark and the flag was cleared: look at the waiters.
    Wake,
}

impl Mailbox {
    /// An idle, empty mailbox.
    #[cfg(all(test, any(throng_loom, throng_shuttle)))]
    pub(crate) fn new() -> Self {
        Self::with_word(Word::IDLE)
    }

    /// A mailbox without a tenant: as one that has ended.
    pub(crate) fn vacant() -> Self {
        Self::with_word(Word::ended())
    }

    fn with_word(word: Word) -> Self {
        Self { word: AtomicPtr::new(word.0), fifo: UnsafeCell::new(std::ptr::null_mut()) }
    }

    /// A glance at the word; nothing follows from it.
    pub(crate) fn peek(&self) -> Word {
        Word(self.word.load(Ordering::Relaxed))
    }

    /// Whether somebody owns the actor. If nobody does, what its last owner did before it went idle is seen.
    pub(crate) fn is_scheduled(&self) -> bool {
        // Acquire pairs with the Release by which the owner goes idle.
        Word(self.word.load(Ordering::Acquire)).has(SCHEDULED)
    }

    /// Whether there is no tenant: ended, or never begun. If there is, what was written before it was settled is seen.
    pub(crate) fn has_ended(&self) -> bool {
        // Acquire pairs with the Release in `renew`.
        Word(self.word.load(Ordering::Acquire)).has(ENDED)
    }

    /// Whether there is a tenant that has not ended, for who has left something for its end: an owner that ends it later
    /// finds that.
    pub(crate) fn lives(&self) -> bool {
        let mut word = self.peek();
        loop {
            if word.has(ENDED) {
                return false;
            }
            if mutant(Mutant::LivesByGlance) {
                return true;
            }
            // An RMW that changes nothing, so that the owner's in `end` comes after it: Release pairs with the Acquire there.
            match self.word.compare_exchange_weak(word.0, word.0, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(seen) => word = Word(seen),
            }
        }
    }

    /// Links `envelope` under this tag (zero for a plain message) if fewer than `limit`, which is not zero, are counted.
    ///
    /// # Safety
    /// The caller owns the envelope and its contents; on `First` and `Queued` it gives them away.
    #[inline(always)]
    pub(crate) unsafe fn push(&self, envelope: NonNull<Envelope>, tag: usize, limit: u32) -> Pushed {
        // SAFETY: the same promise.
        unsafe { self.push_counted(envelope, tag, limit, 1) }
    }

    /// Links `envelope` into a place that [`Mailbox::reserve`] has counted already. Never `Full`.
    ///
    /// # Safety
    /// As [`Mailbox::push`], and one reserved place is used up, also on `Closed`.
    pub(crate) unsafe fn push_reserved(&self, envelope: NonNull<Envelope>, tag: usize) -> Pushed {
        // SAFETY: the same promise.
        unsafe { self.push_counted(envelope, tag, u32::MAX, 0) }
    }

    #[inline(always)]
    unsafe fn push_counted(
        &self,
        envelope: NonNull<Envelope>,
        tag: usize,
        limit: u32,
        counted: usize,
    ) -> Pushed {
        debug_assert!(limit > 0, "nothing can enter");
        let order = push_order();
        let mut word = self.peek();
        while word.0.addr() & (SCHEDULED | CLOSED) == SCHEDULED {
            if word.count() >= limit {
                return Pushed::Full;
            }
            // SAFETY: the envelope is the caller's until the exchange succeeds.
            unsafe { Envelope::link(envelope, word.head(), tag) };
            let next = word.pushed(envelope.as_ptr(), counted);
            match self.word.compare_exchange_weak(word.0, next.0, order, Ordering::Relaxed) {
                Ok(_) => return Pushed::Queued { count: next.count() },
                Err(seen) => word = Word(seen),
            }
        }
        // Nobody is there: no flags, nothing to link, and below every limit.
        if word == Word::IDLE && counted == 1 {
            // SAFETY: as above.
            unsafe { Envelope::link(envelope, std::ptr::null_mut(), tag) };
            let next = Word::IDLE.pushed(envelope.as_ptr(), 1);
            if self.word.compare_exchange(word.0, next.0, order, Ordering::Relaxed).is_ok() {
                return Pushed::First { count: 1 };
            }
        }
        // SAFETY: the same promise.
        unsafe { self.push_slowly(envelope, tag, limit, counted) }
    }

    /// In every state: also into an idle mailbox with flags or reserved places, and into a closed one.
    #[cold]
    #[inline(never)]
    unsafe fn push_slowly(
        &self,
        envelope: NonNull<Envelope>,
        tag: usize,
        limit: u32,
        counted: usize,
    ) -> Pushed {
        let order = push_order();
        let mut word = self.peek();
        loop {
            if word.has(CLOSED) {
                return Pushed::Closed;
            }
            if word.count() >= limit {
                return Pushed::Full;
            }
            // SAFETY: the envelope is the caller's until the exchange succeeds.
            unsafe { Envelope::link(envelope, word.head(), tag) };
            let next = word.pushed(envelope.as_ptr(), counted);
            match self.word.compare_exchange_weak(word.0, next.0, order, Ordering::Relaxed) {
                Ok(_) if word.has(SCHEDULED) => return Pushed::Queued { count: next.count() },
                Ok(_) => return Pushed::First { count: next.count() },
                Err(seen) => word = Word(seen),
            }
        }
    }

    /// Counts one place for a message to come, if fewer than `limit` are counted: `Queued`, `Full` or `Closed`.
    pub(crate) fn reserve(&self, limit: u32) -> Pushed {
        let mut word = self.peek();
        loop {
            if word.has(CLOSED) {
                return Pushed::Closed;
            }
            if word.count() >= limit {
                return Pushed::Full;
            }
            let next = word.reserved();
            // Relaxed: a place carries no data; the push into it publishes.
            match self.word.compare_exchange_weak(word.0, next.0, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Pushed::Queued { count: next.count() },
                Err(seen) => word = Word(seen),
            }
        }
    }

    /// Counts a message that lay elsewhere. By the owner; the bounds leave room for it.
    pub(crate) fn count_in(&self) {
        let mut word = self.peek();
        debug_assert!(word.count() < COUNT_MAX, "no room is left to count");
        // Relaxed: the message is the owner's already.
        while let Err(seen) =
            self.word.compare_exchange_weak(word.0, word.reserved().0, Ordering::Relaxed, Ordering::Relaxed)
        {
            word = Word(seen);
        }
    }

    /// Counts one more, by the owner, unless the word can count no more or there is no tenant any more.
    #[must_use]
    pub(crate) fn try_count_in(&self) -> bool {
        let mut word = self.peek();
        while word.count() < COUNT_MAX && !word.has(ENDED) {
            // Relaxed: as in `count_in`.
            match self.word.compare_exchange_weak(
                word.0,
                word.reserved().0,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(seen) => word = Word(seen),
            }
        }
        false
    }

    /// Links `envelope` behind all that is there, also if the mailbox is closed, and counts it. By the owner, which will find
    /// it. False if the word can count no more: the bounds leave room for it beside all whose credit has come back.
    ///
    /// # Safety
    /// The caller is the owner, has not ended the mailbox, and gives the envelope away on true.
    #[must_use]
    pub(crate) unsafe fn append(&self, envelope: NonNull<Envelope>, tag: usize) -> bool {
        let mut word = self.peek();
        debug_assert!(word.has(SCHEDULED) && !word.has(ENDED), "not the owner's");
        loop {
            if word.count() == COUNT_MAX {
                return false;
            }
            // SAFETY: the envelope is the caller's until the exchange succeeds.
            unsafe { Envelope::link(envelope, word.head(), tag) };
            let next = word.pushed(envelope.as_ptr(), 1);
            // Release: whoever owns the actor when it is taken may be another, and acquires the word.
            match self.word.compare_exchange_weak(word.0, next.0, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(seen) => word = Word(seen),
            }
        }
    }

    /// Gives a reserved place back unused. `low`, the low mark, may be raised meanwhile; see [`super::stash`].
    pub(crate) fn unreserve(&self, low: impl Fn() -> u32) -> Waiters {
        let mut word = self.peek();
        let mut credit = 1;
        loop {
            if word.has(CLOSED) {
                // The owner empties the count of a closed mailbox itself.
                return Waiters::None;
            }
            let mut next = word.credited(credit);
            let mark = low();
            let wake = word.has(WAITERS) && next.count() <= mark;
            if wake {
                next = next.without(WAITERS);
            } else if credit == 0 {
                return Waiters::None;
            }
            // Acquire pairs with the Release in `flag_waiters`: who was flagged is in the list we are about to read.
            match self.word.compare_exchange_weak(word.0, next.0, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if wake => return Waiters::Wake,
                // Its owner looked before the place came back, with a mark that we did not see.
                Ok(_) if word.has(WAITERS) && low() > mark && !mutant(Mutant::StaleLow) => {
                    (word, credit) = (next, 0);
                }
                Ok(_) => return Waiters::None,
                Err(seen) => word = Word(seen),
            }
        }
    }

    /// Closes for pushes. With `now` the owner is also told to leave what is queued unhandled.
    pub(crate) fn close(&self, now: bool) -> Close {
        let flags = if now { CLOSED | SIGNAL } else { CLOSED };
        let mut word = self.peek();
        loop {
            if word.0.addr() & flags == flags {
                return Close::Already;
            }
            let next = word.with(flags | SCHEDULED);
            // Acquire for the caller that becomes the owner (pairs with the last owner's Release); Release so that the
            // owner that sees the flag sees what the closer did before.
            match self.word.compare_exchange_weak(word.0, next.0, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if word.has(SCHEDULED) => return Close::Seen,
                Ok(_) => return Close::First,
                Err(seen) => word = Word(seen),
            }
        }
    }

    /// Tells the owner that something outranks what is queued.
    pub(crate) fn signal(&self) -> Signalled {
        self.raise(SIGNAL | SCHEDULED)
    }

    fn raise(&self, flags: usize) -> Signalled {
        let mut word = self.peek();
        loop {
            if word.has(ENDED) {
                return Signalled::Ended;
            }
            let next = word.with(flags);
            // An RMW even where they are set: it must come after what it tells of in the word's own order. Release pairs
            // with the owner's Acquire in `unsignal`; Acquire for the caller that becomes the owner.
            match self.word.compare_exchange_weak(word.0, next.0, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if word.has(SCHEDULED) && !(next.has(SIGNAL) && mutant(Mutant::SignalOwned)) => {
                    return Signalled::Seen;
                }
                Ok(_) => return Signalled::First,
                Err(seen) => word = Word(seen),
            }
        }
    }

    /// Tells the owner that something came which does not lie in the stack: as [`Mailbox::signal`], without the signal.
    pub(crate) fn rouse(&self) -> Signalled {
        self.raise(SCHEDULED)
    }

    /// The owner of an actor whose messages do not lie in the stack goes idle.
    ///
    /// # Safety
    /// The caller is the owner, has settled, and nothing is in the stack but what comes now.
    #[cfg(all(test, throng_loom))]
    pub(crate) unsafe fn leave(&self) {
        let mut word = self.peek();
        // Release hands the actor's state to the next owner's Acquire in `rouse`.
        while let Err(seen) = self.word.compare_exchange_weak(
            word.0,
            word.without(SCHEDULED).0,
            Ordering::AcqRel,
            Ordering::Relaxed,
        ) {
            word = Word(seen);
        }
    }

    /// The owner clears the signal, before it looks what it was about.
    pub(crate) fn unsignal(&self) {
        let mut word = self.peek();
        // Acquire pairs with the Release in `signal` and `close`.
        while let Err(seen) = self.word.compare_exchange_weak(
            word.0,
            word.without(SIGNAL).0,
            Ordering::AcqRel,
            Ordering::Relaxed,
        ) {
            word = Word(seen);
        }
    }

    /// Asks the owner to look at the waiters once the count is at `low`, the low mark, which may be raised meanwhile; see
    /// [`super::stash`].
    pub(crate) fn flag_waiters(&self, low: impl Fn() -> u32) -> Flagged {
        let mut word = self.peek();
        loop {
            let mark = low();
            if word.has(CLOSED) || (word.count() <= mark && !mutant(Mutant::NoFlagRecheck)) {
                return Flagged::No;
            }
            let next = word.with(WAITERS);
            // An RMW even where the flag is set already: it must come after the list's publication in the word's own
            // order. Release pairs with the owner's Acquire when it clears the flag; Acquire with the Release by which it went
            // idle, for the look at the mark.
            match self.word.compare_exchange_weak(word.0, next.0, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if low() > mark && !mutant(Mutant::StaleLow) => word = next,
                Ok(_) => return Flagged::Yes,
                Err(seen) => word = Word(seen),
            }
        }
    }

    /// Ends the mailbox: closed for good, and everything accepted comes back in order.
    ///
    /// # Safety
    /// The caller is the owner and stays it: nobody schedules a mailbox that ended.
    pub(crate) unsafe fn end(&self) -> Chain {
        // Acquire: the chain's messages. Release: pushers that see CLOSED need nothing, flaggers that see it neither,
        // but a later tenant's first pusher must not see this tenant's state; that is the grace period's business.
        let last = Word(self.word.swap(Word::ended().0, Ordering::AcqRel));
        // SAFETY: the caller owns the private queue, and after the swap the stack.
        unsafe {
            let mut rest = Chain { first: self.fifo.with(|fifo| (*fifo).map_addr(|a| a & !FRESH)) };
            self.fifo.with_mut(|fifo| *fifo = std::ptr::null_mut());
            rest.append_reversed(last.head(), std::ptr::null_mut());
            rest
        }
    }

    /// Whether this is the first turn since `renew`; says so once.
    ///
    /// # Safety
    /// The caller is the owner.
    #[inline(always)]
    pub(crate) unsafe fn take_fresh(&self) -> bool {
        // SAFETY: the owner alone touches the private queue.
        unsafe {
            if !self.is_fresh() {
                return false;
            }
            self.fifo.with_mut(|fifo| *fifo = std::ptr::null_mut());
        }
        true
    }

    /// Whether the tenant has had no turn yet.
    ///
    /// # Safety
    /// The caller is the owner.
    #[inline(always)]
    pub(super) unsafe fn is_fresh(&self) -> bool {
        // SAFETY: the owner alone touches the private queue.
        self.fifo.with(|fifo| unsafe { *fifo }.addr()) == FRESH
    }

    /// Makes a fresh mailbox of one that ended; `scheduled` says that the caller owns it.
    ///
    /// # Safety
    /// No thread can still reach the old tenant: its grace period has passed.
    pub(crate) unsafe fn renew(&self, scheduled: bool) {
        // SAFETY: the same promise.
        unsafe { self.fifo.with_mut(|fifo| *fifo = std::ptr::without_provenance_mut(FRESH)) };
        let word = Word::of_flags(if scheduled { SCHEDULED } else { 0 });
        // Whoever has the address got it by something that publishes this too. Release is for those who walk over all
        // slots, and pairs with the Acquire in `has_ended`: who sees the tenant sees its kind.
        self.word.store(word.0, Ordering::Release);
    }
}
