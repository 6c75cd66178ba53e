//! The owner's side of a mailbox: taking messages, giving credit back, going idle.
//!
//! A [`Drain`] is the cursor of one turn. It lives outside the frame that runs the handler, so a panic loses nothing:
//! what was popped is gone, what was not is still in the mailbox, and a message handled in place is remembered.
//!
//! *In place.* A single message is handled while it still is the head of the word, and one compare-and-swap from what
//! was seen to idle ends the turn. Its envelope may be reused only after that exchange: were it freed before, a sender
//! could push the same address again and the exchange would succeed on a message nobody has handled (ABA).
//!
//! Before the cursor is dropped, one of `finish`, `settle` or `Mailbox::end` must have been called; after `Idle` the
//! cell belongs to somebody else.

use super::envelope::{Chain, Envelope};
use super::queue::{Mailbox, Waiters};
use super::word::{CLOSED, SCHEDULED, SIGNAL, WAITERS, Word};
use crate::sync::{Mutant, Ordering, mutant};
use std::ptr::NonNull;

/// The cursor of a turn.
#[derive(Debug)]
pub(crate) struct Drain {
    /// Messages handled whose credit has not been given back.
    unreturned: u32,
    /// How many may be; zero before anybody has asked.
    step: u32,
    /// The envelope that is being handled in place, still linked; null if none.
    in_place: *mut Envelope,
    /// The word as it was when `in_place` was found.
    seen: Word,
    /// The next look goes past a signal.
    overlooks: bool,
}

/// What the owner shall do next.
#[derive(Debug)]
#[must_use]
pub(crate) enum Next {
    /// Handle this one; its envelope is the owner's.
    Message {
        envelope: NonNull<Envelope>,
        /// Its link carries a tag.
        tagged: bool,
    },
    /// Handle this one; its envelope stays linked until the cursor gives it free.
    InPlace {
        envelope: NonNull<Envelope>,
        /// Its link carries a tag.
        tagged: bool,
    },
    /// Nothing is there.
    Empty,
    /// Nothing is there, and nothing can come: it was closed.
    Drained,
    /// A signal outranks whatever is there.
    Signal,
}

/// How a turn (or a part of it) ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Ended {
    /// The actor is idle: the caller is no longer the owner and must not touch the cell again.
    Idle,
    /// The caller is still the owner.
    Owned(Waiters),
}

impl Drain {
    /// A cursor for the turn that begins.
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self { unreturned: 0, step: 0, in_place: std::ptr::null_mut(), seen: Word::IDLE, overlooks: false }
    }

    /// Whether so many messages were handled that their credit goes back; `step`, which is asked once, says how many.
    #[inline(always)]
    pub(crate) fn is_credit_due(&mut self, step: impl FnOnce() -> u32) -> bool {
        if self.unreturned < self.step {
            return false;
        }
        if self.step == 0 {
            self.step = step();
        }
        self.unreturned >= self.step
    }

    /// Counts the message that `Next::Message` gave as handled.
    #[inline(always)]
    pub(crate) fn handled(&mut self) {
        self.unreturned += 1;
    }

    /// Messages handled since credit was last given back.
    pub(crate) fn unreturned(&self) -> u32 {
        self.unreturned
    }

    /// Counts so many messages as handled.
    pub(crate) fn handled_more(&mut self, n: u32) {
        self.unreturned += n;
    }

    /// A signal is set, and one message shall be handled before it is looked at.
    pub(crate) fn overlook_signal(&mut self) {
        self.overlooks = true;
    }

    /// Whether a signal that is set is to be gone past: once.
    pub(crate) fn overlooks_signal(&mut self) -> bool {
        std::mem::take(&mut self.overlooks)
    }

    /// Takes the whole stack; the private queue stays out of it.
    ///
    /// # Safety
    /// The caller is the owner.
    pub(crate) unsafe fn take_stack(&mut self, mailbox: &Mailbox) -> *mut Envelope {
        let mut word = mailbox.peek();
        // Acquire pairs with the pushes.
        while let Err(seen) =
            mailbox.word.compare_exchange_weak(word.0, word.emptied().0, Ordering::Acquire, Ordering::Relaxed)
        {
            word = Word(seen);
        }
        word.head()
    }

    /// The envelope in place, if the last message was handled so.
    #[inline(always)]
    pub(crate) fn in_place(&self) -> Option<NonNull<Envelope>> {
        NonNull::new(self.in_place)
    }

    /// Looks for the next message.
    ///
    /// # Safety
    /// The caller is the owner of `mailbox`, and nothing is in place.
    #[inline(always)]
    pub(crate) unsafe fn next(&mut self, mailbox: &Mailbox) -> Next {
        debug_assert!(self.in_place.is_null());
        // Acquire pairs with the Release of every push whose envelope we may find.
        let word = Word(mailbox.word.load(Ordering::Acquire));
        if word.has(SIGNAL) && !self.overlooks_signal() {
            return Next::Signal;
        }
        // SAFETY: the owner alone touches the private queue; the envelopes in it are its own.
        unsafe {
            if let Some(first) = NonNull::new(mailbox.fifo.with(|fifo| *fifo)) {
                let next = Envelope::next(first);
                mailbox.fifo.with_mut(|fifo| *fifo = next);
                return Next::Message { envelope: first, tagged: Envelope::tag(first) != 0 };
            }
        }
        if word.has(CLOSED | WAITERS | SIGNAL) {
            // There is more to do at the end than the one exchange.
            // SAFETY: the caller is the owner.
            return unsafe { self.take(mailbox, word) };
        }
        let Some(head) = NonNull::new(word.head()) else { return Next::Empty };
        // SAFETY: the head was published to our Acquire, and only the owner unlinks.
        let (next, tag) = unsafe { (Envelope::next(head), Envelope::tag(head)) };
        if !next.is_null() {
            // SAFETY: the caller is the owner.
            return unsafe { self.take(mailbox, word) };
        }
        self.in_place = head.as_ptr();
        self.seen = word;
        Next::InPlace { envelope: head, tagged: tag != 0 }
    }

    /// Takes the whole stack, if there is one, into the private queue and gives its first message.
    #[inline(never)]
    unsafe fn take(&mut self, mailbox: &Mailbox, mut word: Word) -> Next {
        if word.head().is_null() {
            return if word.has(CLOSED) { Next::Drained } else { Next::Empty };
        }
        // Acquire pairs with the pushes that came since `word` was read.
        while let Err(seen) =
            mailbox.word.compare_exchange_weak(word.0, word.emptied().0, Ordering::Acquire, Ordering::Relaxed)
        {
            word = Word(seen);
        }
        let mut chain = Chain::EMPTY;
        // SAFETY: the exchange gave us the whole stack.
        unsafe { chain.append_reversed(word.head(), std::ptr::null_mut()) };
        if mutant(Mutant::OrderSwapped) {
            // SAFETY: the chain is ours.
            unsafe { chain.misplace() };
        }
        let first = chain.pop();
        // SAFETY: the owner alone touches the private queue.
        unsafe { mailbox.fifo.with_mut(|fifo| *fifo = chain.first) };
        first.map_or(Next::Empty, |envelope| {
            // SAFETY: popped off our own chain.
            Next::Message { envelope, tagged: unsafe { Envelope::tag(envelope) } != 0 }
        })
    }

    /// Ends the turn on the message in place: one exchange from what was seen to idle. True is the end of the cursor,
    /// false changes nothing: settle then. Either way the envelope may be reused only afterwards.
    ///
    /// # Safety
    /// The caller is the owner and a message is in place.
    #[inline(always)]
    pub(crate) unsafe fn finish(&mut self, mailbox: &Mailbox) -> bool {
        debug_assert!(!self.in_place.is_null());
        // No flag but SCHEDULED was seen, or the message would not be in place: what is left is the count.
        let idle = self.seen.only_count().credited(self.unreturned + 1);
        // Release hands the actor's state to the next owner's Acquire in `push` or `close`.
        mailbox.word.compare_exchange(self.seen.0, idle.0, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Ends the mailbox if nothing but the message in place is there: one exchange for closing and ending. True is the
    /// end of the cursor, false changes nothing.
    ///
    /// # Safety
    /// The caller is the owner and a message is in place.
    #[inline(always)]
    pub(crate) unsafe fn end_in_place(&mut self, mailbox: &Mailbox) -> bool {
        let ended = Word::ended();
        // Orders as in `Mailbox::end`.
        mailbox.word.compare_exchange(self.seen.0, ended.0, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Gives all credit back and, if a message is in place, consumes it and takes what came since. The caller stays the
    /// owner. Whatever is handled counts as consumed, also by a panic: it is never run again.
    ///
    /// # Safety
    /// The caller is the owner.
    #[inline(never)]
    pub(crate) unsafe fn settle(&mut self, mailbox: &Mailbox, low: impl Fn() -> u32) -> Waiters {
        let in_place = self.in_place;
        let credit = self.unreturned + u32::from(!in_place.is_null());
        let mut word = mailbox.peek();
        if credit == 0 && !(word.has(WAITERS) && word.count() <= low()) {
            return Waiters::None;
        }
        loop {
            let mut next = if in_place.is_null() { word } else { word.emptied() }.credited(credit);
            let wake = word.has(WAITERS) && next.count() <= low();
            if wake {
                next = next.without(WAITERS);
            }
            // Acquire pairs with the pushes above the envelope in place, and with the Release in `flag_waiters`.
            match mailbox.word.compare_exchange_weak(word.0, next.0, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => {
                    if !in_place.is_null() {
                        let mut chain = Chain::EMPTY;
                        let skip = if mutant(Mutant::KeptCursor) { std::ptr::null_mut() } else { in_place };
                        // SAFETY: the exchange gave us the stack; its bottom is the envelope in place. The private
                        // queue is empty whenever a message is in place.
                        unsafe {
                            chain.append_reversed(word.head(), skip);
                            mailbox.fifo.with_mut(|fifo| *fifo = chain.first);
                        }
                    }
                    self.in_place = std::ptr::null_mut();
                    self.unreturned = 0;
                    return if wake && !mutant(Mutant::DrainUnheard) { Waiters::Wake } else { Waiters::None };
                }
                Err(seen) => word = Word(seen),
            }
        }
    }

    /// Goes idle if nothing came: after `Next::Empty`.
    ///
    /// # Safety
    /// The caller is the owner and nothing is in place.
    #[inline(always)]
    pub(crate) unsafe fn idle(&mut self, mailbox: &Mailbox, low: impl Fn() -> u32) -> Ended {
        let mut word = mailbox.peek();
        loop {
            let busy = !word.head().is_null() && !mutant(Mutant::IdleWithoutRecheck);
            let idle = word.emptied().credited(self.unreturned).without(SCHEDULED);
            // Who waits above the low mark waits for reserved places: their holders push or give back, and wake then.
            let wake = word.has(WAITERS) && idle.count() <= low();
            if busy || wake || word.has(CLOSED | SIGNAL) {
                // SAFETY: the same promise.
                return Ended::Owned(unsafe { self.settle(mailbox, low) });
            }
            // Release hands the actor's state to the next owner's Acquire in `push` or `close`.
            match mailbox.word.compare_exchange_weak(word.0, idle.0, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => {
                    self.unreturned = 0;
                    return Ended::Idle;
                }
                Err(seen) => word = Word(seen),
            }
        }
    }

    /// The next envelope by a look, in the order in which they were sent, and its tag.
    ///
    /// # Safety
    /// The caller is the owner, between two turns, and looks at the envelope no longer than it is that.
    #[cfg(feature = "sim")]
    pub(crate) unsafe fn front(mailbox: &Mailbox) -> Option<(NonNull<Envelope>, usize)> {
        // Acquire pairs with the pushes.
        let word = Word(mailbox.word.load(Ordering::Acquire));
        // SAFETY: the owner alone touches the private queue and unlinks what is on the stack.
        unsafe {
            let first = match NonNull::new(mailbox.fifo.with(|fifo| *fifo)) {
                Some(first) if !mailbox.is_fresh() => first,
                _ => {
                    let mut oldest = NonNull::new(word.head())?;
                    while let Some(older) = NonNull::new(Envelope::next(oldest)) {
                        oldest = older;
                    }
                    oldest
                }
            };
            Some((first, Envelope::tag(first)))
        }
    }

    /// Whether anything is left for the owner to do, besides going idle.
    ///
    /// # Safety
    /// The caller is the owner.
    #[cfg(all(test, throng_loom))]
    pub(crate) unsafe fn is_empty(mailbox: &Mailbox) -> bool {
        // SAFETY: the owner may look at its private queue.
        unsafe { mailbox.fifo.with(|fifo| (*fifo).is_null()) && mailbox.peek().head().is_null() }
    }
}
