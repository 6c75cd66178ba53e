//! Notices: what is told through the system lane, and handled in its turn.
//!
//! Whoever tells puts an envelope, which was made when the notice was asked for, on a list, and then sets the SIGNAL flag. So
//! nothing is allocated, no full mailbox refuses, and the lane is as long as what was made for it. The owner that finds the
//! flag clears it, takes the list, and puts the first notice *behind everything that is in the mailbox by then*: the news of
//! an end does not overtake the last results. The next one follows when that one is handled; so notices take one place of a
//! mailbox at most, and a flood of them and a flood of messages take turns.
//!
//! Who may touch what: `told` is for everybody, by compare-and-swap; `line` and `inside` are the owner's. A teller puts on the list,
//! then sets the flag, each by RMW; the owner clears the flag, then takes the list, each by RMW: either it finds the notice, or
//! the flag again. When the actor ends, its owner closes the list; what comes later goes back to who tells. A list that was made
//! beside an ending actor, whose owner did not know of it, is closed by who told through it: whoever takes a notice off has it
//! alone.

use super::envelope::{Chain, Envelope, Line, NOTICE};
use super::queue::{Mailbox, Signalled};
use crate::sync::{AtomicPtr, Mutant, Ordering, UnsafeCell, mutant};
use std::ptr::NonNull;

/// In place of the list: the actor has ended.
const ENDED: usize = 1;

/// The notices for one actor.
#[derive(Debug)]
pub(crate) struct Notices {
    /// Newest first.
    told: AtomicPtr<Envelope>,
    /// Taken, oldest first, and not in the mailbox yet.
    line: UnsafeCell<Line>,
    /// One is in the mailbox.
    inside: UnsafeCell<bool>,
}

// SAFETY: `line` and `inside` are touched by the actor's owner alone; ownership is handed over by Release/Acquire.
unsafe impl Sync for Notices {}
// SAFETY: as above; envelopes hold only `Send` messages.
unsafe impl Send for Notices {}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Told {
    /// It will come. The receiver was idle: the caller owns it now and must schedule it.
    First,
    /// It will come.
    Noted,
    /// The actor has ended: the envelope is still the caller's.
    Ended,
    /// It has ended meanwhile, and its owner may not have known of this list: the caller takes what is [left](Notices::left).
    Left,
}

impl Notices {
    pub(crate) fn new() -> Self {
        Self {
            told: AtomicPtr::new(std::ptr::null_mut()),
            line: UnsafeCell::new(Line::EMPTY),
            inside: UnsafeCell::new(false),
        }
    }

    /// Tells: from any thread.
    ///
    /// # Safety
    /// The caller owns the envelope and its contents; unless the actor has ended it gives them away. These are the notices of
    /// the tenant of `mailbox`, which is not replaced meanwhile.
    pub(crate) unsafe fn tell(&self, mailbox: &Mailbox, envelope: NonNull<Envelope>) -> Told {
        let early = mutant(Mutant::SignalBeforeNotice).then(|| mailbox.signal());
        let mut seen = self.told.load(Ordering::Relaxed);
        loop {
            if seen.addr() == ENDED {
                return Told::Ended;
            }
            // SAFETY: the envelope is the caller's until the exchange succeeds.
            unsafe { Envelope::link(envelope, seen, NOTICE) };
            // Release publishes the envelope to the owner's Acquire in `take` and `end`.
            let next = envelope.as_ptr();
            match self.told.compare_exchange_weak(seen, next, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => break,
                Err(other) => seen = other,
            }
        }
        match early.unwrap_or_else(|| mailbox.signal()) {
            Signalled::First => Told::First,
            Signalled::Seen => Told::Noted,
            Signalled::Ended if mutant(Mutant::LeftUntold) => Told::Noted,
            Signalled::Ended => Told::Left,
        }
    }

    /// The owner has found a signal: what was told comes into the mailbox. Gives the number that did.
    ///
    /// # Safety
    /// The caller owns the actor, has cleared the signal, and the mailbox has not ended.
    pub(crate) unsafe fn admit(&self, mailbox: &Mailbox) -> u32 {
        // SAFETY: the caller is the owner, whose the line is.
        unsafe {
            self.take(std::ptr::null_mut());
            if self.inside.with(|inside| *inside) {
                return 0;
            }
            let Some(envelope) = self.line.with_mut(|line| (*line).pop()) else { return 0 };
            if !mailbox.append(envelope, NOTICE) {
                // Again once the credit of what was handled has come back: a signal ends the stretch.
                self.line.with_mut(|line| (*line).push_front(envelope));
                let _: Signalled = mailbox.signal();
                return 0;
            }
            self.inside.with_mut(|inside| *inside = true);
        }
        1
    }

    /// The owner handles the notice that is in the mailbox; the next one comes in. Gives the number that did.
    ///
    /// # Safety
    /// As for [`Notices::admit`], but for the signal.
    pub(crate) unsafe fn handled(&self, mailbox: &Mailbox) -> u32 {
        // SAFETY: the caller is the owner.
        unsafe {
            self.inside.with_mut(|inside| *inside = false);
            if mutant(Mutant::ForgottenLine) { 0 } else { self.admit(mailbox) }
        }
    }

    /// The actor ends: nothing is told any more, and what was comes back, oldest first. One may be in the mailbox besides.
    ///
    /// # Safety
    /// The caller owns the actor and has ended its mailbox.
    pub(crate) unsafe fn end(&self) -> Line {
        let ended = if mutant(Mutant::OpenNotices) { 0 } else { ENDED };
        // SAFETY: the caller is the owner.
        unsafe {
            self.take(std::ptr::without_provenance_mut(ended));
            self.line.with_mut(|line| std::mem::replace(&mut *line, Line::EMPTY))
        }
    }

    /// What was told to an actor that has ended, and neither its owner nor another teller has taken: closes the list.
    pub(crate) fn left(&self) -> Chain {
        let mut chain = Chain::EMPTY;
        // Acquire pairs with the Release in `tell`.
        let told = self.told.swap(std::ptr::without_provenance_mut(ENDED), Ordering::Acquire);
        if told.addr() != ENDED {
            // SAFETY: the exchange made the list ours.
            unsafe { chain.append_reversed(told, std::ptr::null_mut()) };
        }
        chain
    }

    /// Whether any is waiting outside the mailbox and the owner's line, by a glance.
    pub(crate) fn is_told(&self) -> bool {
        self.told.load(Ordering::Relaxed).addr() > ENDED
    }

    /// Moves the list to the line, and leaves this.
    ///
    /// # Safety
    /// The caller is the owner.
    unsafe fn take(&self, instead: *mut Envelope) {
        // An RMW also where nothing is seen, as the flag was cleared just before. Acquire pairs with the Release in `tell`.
        let told = self.told.swap(instead, Ordering::Acquire);
        if told.addr() == ENDED {
            // A teller who came too late has closed it, and taken what was there.
            return;
        }
        let mut chain = Chain::EMPTY;
        // SAFETY: the line is the owner's, and so is the list now.
        unsafe {
            chain.append_reversed(told, std::ptr::null_mut());
            while let Some(envelope) = chain.pop() {
                self.line.with_mut(|line| (*line).push(envelope));
            }
        }
    }
}

#[cfg(all(test, not(any(throng_loom, throng_shuttle))))]
mod tests {
    use super::*;
    use crate::mailbox::queue::{Pushed, Waiters};
    use crate::mailbox::word::{COUNT_MAX, SIGNAL};

    #[repr(align(64))]
    struct Block(Envelope);

    #[test]
    fn where_the_word_can_count_no_more_it_waits_for_a_place() {
        let (mailbox, notices) = (Mailbox::vacant(), Notices::new());
        let block = NonNull::from(&mut Box::leak(Box::new(Block(Envelope::new(0)))).0);
        // SAFETY: nobody else has the mailbox or the envelope; the test is the owner.
        unsafe {
            mailbox.renew(true);
            assert!(mailbox.take_fresh());
            while mailbox.reserve(COUNT_MAX) != Pushed::Full {}
            assert_eq!(notices.tell(&mailbox, block), Told::Noted);
            mailbox.unsignal();
            assert_eq!(notices.admit(&mailbox), 0);
            assert!(mailbox.peek().has(SIGNAL) && mailbox.peek().head().is_null());
            mailbox.unsignal();
            assert_eq!(mailbox.unreserve(|| 0), Waiters::None);
            assert_eq!(notices.admit(&mailbox), 1);
            assert_eq!(mailbox.peek().head(), block.as_ptr());
            assert!(!mailbox.peek().has(SIGNAL));
            assert_eq!(mailbox.end().pop(), Some(block));
            assert_eq!(notices.end().len, 0);
            drop(Box::from_raw(block.as_ptr().cast::<Block>()));
        }
    }
}
