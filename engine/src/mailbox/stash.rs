//! The stash: messages that the owner has taken, cannot handle yet, and gets back before all that comes later.
//!
//! Who may touch what: a [`Stash`] belongs to the owner, as the private queue does; it lies beside the cell, so that a panic
//! loses nothing. [`Kept`], how many it keeps, is written by the owner and read by anyone.
//!
//! *Counted.* What is kept takes a place in the mailbox: the owner counts it in when it goes into the stash, and the message
//! that it was gives its own place back as any that is handled. So the bound holds for both together, and the count is at most
//! too high by what the turn has not given back yet.
//!
//! *The low mark is raised by what is kept.* Who waits for the count to sink to the low mark waits for the messages before
//! it, not for those that are kept, perhaps for ever. The owner, at each look, adds what it keeps. Who sets the flag that asks
//! to be told reads `Kept` before and *after* it: the owner raises `Kept`, and goes idle or gives credit back by RMW of the word after
//! that; so does who sets the flag, and then reads. The later of the two sees what the earlier did: the owner the flag, or the
//! flagger that less is to be waited for. The same holds for who gives a reserved place back. A mark that was read too high
//! lets somebody go on early, which is harmless: he looks again. The raised mark stays below the capacity ([`super::credit::LowMark`]): whoever
//! waits for a place would otherwise be told of one that is not there.
//!
//! *Given back.* What is given back is due first; but a message may be in place, and then the private queue is not there to
//! be put to. So it is only marked, with the wish to be called once credit has gone back ([`Wish::settle`]), and put in front
//! of the private queue in [`super::tenant::Tenant::settled`]. An actor whose messages are sorted takes it from here instead, before it looks
//! elsewhere. A
//! stop in the same handler stops after it: with that wish an actor does not end in place.
//!
//! *Kept apart.* An actor that keeps messages in memory of its own (a function that waits for one of them only) has them
//! counted here in the same way, and gives their credit back itself.
//!
//! *The end.* What is kept, or due, when the actor ends is left unhandled as what lies in the mailbox.

use super::envelope::{Envelope, Line};
use super::queue::Mailbox;
use super::tenant::Wish;
use crate::sync::{AtomicU32, Mutant, Ordering, mutant};
use std::ptr::NonNull;

/// How many messages an actor keeps in its stash. Written by its owner, read by anyone.
#[derive(Debug)]
pub(crate) struct Kept(AtomicU32);

impl Kept {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// By a glance; see above for who must read it when.
    pub(crate) fn get(&self) -> u32 {
        // Relaxed: who must see it has acquired the mailbox's word.
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, n: u32) {
        // Relaxed: the owner's next RMW of the word publishes it.
        self.0.store(n, Ordering::Relaxed);
    }
}

/// What an actor keeps for later. The owner's.
#[derive(Debug)]
pub(crate) struct Stash {
    kept: Line,
    /// Given back, and not in the queue yet.
    due: Line,
    /// The next ones of an actor whose messages are sorted.
    ready: Line,
    /// Messages that the actor keeps in memory of its own: only their number is here.
    apart: u32,
}

impl Stash {
    pub(crate) const EMPTY: Stash =
        Stash { kept: Line::EMPTY, due: Line::EMPTY, ready: Line::EMPTY, apart: 0 };

    /// Messages that are kept.
    pub(crate) fn len(&self) -> u32 {
        self.kept.len + self.apart
    }

    /// Keeps this one behind the others. False if the word can count no more, or the mailbox has ended: nothing is done then.
    ///
    /// # Safety
    /// The caller owns the actor of this mailbox; on true it gives the envelope, which carries no tag, away.
    #[must_use]
    pub(crate) unsafe fn keep(
        &mut self,
        mailbox: &Mailbox,
        kept: &Kept,
        envelope: NonNull<Envelope>,
    ) -> bool {
        // First: that the count is higher shall make nobody wait.
        kept.set(self.len() + 1);
        if !mailbox.try_count_in() {
            kept.set(self.len());
            return false;
        }
        // SAFETY: by the caller's promise.
        unsafe { self.kept.push(envelope) };
        true
    }

    /// Puts this one before all that is due: it is handled next. False if the word can count no more, or the mailbox has ended.
    ///
    /// # Safety
    /// As for [`Stash::keep`], but that the envelope may carry a tag.
    #[must_use]
    pub(crate) unsafe fn put_first(&mut self, mailbox: &Mailbox, envelope: NonNull<Envelope>) -> bool {
        let counted = mailbox.try_count_in();
        if counted {
            // SAFETY: by the caller's promise.
            unsafe { self.due.push_front(envelope) };
        }
        counted
    }

    /// Counts one more message that the actor keeps in memory of its own. False as for [`Stash::keep`].
    #[must_use]
    pub(crate) fn keep_apart(&mut self, mailbox: &Mailbox, kept: &Kept) -> bool {
        // As in `keep`.
        kept.set(self.len() + 1);
        let counted = mailbox.try_count_in();
        self.apart += u32::from(counted);
        kept.set(self.len());
        counted
    }

    /// So many of these are kept no longer: their credit is to go back after this.
    pub(crate) fn let_go_apart(&mut self, kept: &Kept, n: u32) {
        debug_assert!(n <= self.apart, "not so many are kept apart");
        self.apart -= n;
        kept.set(self.len());
    }

    /// How many are kept in memory of the actor's own.
    pub(crate) fn apart(&self) -> u32 {
        self.apart
    }

    /// Gives back the oldest `most` of what is kept, as far as there are so many: their number. They are due once credit has
    /// gone back, which the wish sees to.
    pub(crate) fn give_back(&mut self, kept: &Kept, most: u32, wish: &mut Wish) -> u32 {
        let mut given = 0;
        while given < most
            && let Some(envelope) = self.kept.pop()
        {
            // SAFETY: off our own line.
            unsafe { self.due.push(envelope) };
            given += 1;
        }
        kept.set(self.len());
        if given > 0 && !mutant(Mutant::UnstashUnheard) {
            wish.settle();
        }
        given
    }

    /// Puts what is due in front of the private queue.
    ///
    /// # Safety
    /// The caller owns the actor of this mailbox, and nothing is in place.
    pub(crate) unsafe fn return_to(&mut self, mailbox: &Mailbox) {
        let due = std::mem::replace(&mut self.due, Line::EMPTY);
        // SAFETY: by the caller's promise; the envelopes are the owner's.
        unsafe { mailbox.fifo.with_mut(|fifo| *fifo = due.before(*fifo)) };
    }

    /// The same where messages are sorted: there is no private queue to put it to, and it is ready from here on.
    pub(crate) fn make_ready(&mut self) {
        let mut before = std::mem::replace(&mut self.due, Line::EMPTY);
        while let Some(envelope) = self.ready.pop() {
            // SAFETY: off our own line.
            unsafe { before.push(envelope) };
        }
        self.ready = before;
    }

    /// Whether anything is ready.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready.len > 0
    }

    /// Takes the first that is ready.
    pub(crate) fn next_ready(&mut self) -> Option<NonNull<Envelope>> {
        self.ready.pop()
    }

    /// Everything, what is due first: the actor ends.
    pub(crate) fn drain(&mut self, kept: &Kept) -> impl Iterator<Item = NonNull<Envelope>> {
        kept.set(0);
        std::iter::from_fn(|| {
            if mutant(Mutant::ForgottenStash) {
                return None;
            }
            self.due.pop().or_else(|| self.ready.pop()).or_else(|| self.kept.pop())
        })
    }
}
