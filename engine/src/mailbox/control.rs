//! The system lane: what outranks a mailbox and no full one can hold up. Suspend, resume, stop now, kill, errands; and whether
//! the actor drains at all.
//!
//! (What is *told* through this lane is in [`super::notices`], what is to be *done* in [`super::errands`].)
//!
//! The orders lie in the low bits of the pointer to the actor's extension, so that they cost no memory and cannot fail.
//! They are told by the SIGNAL flag of the mailbox's word: whoever gives an order changes the bits first, then sets the
//! flag by RMW; the owner clears the flag by RMW, then reads the bits. So either it sees them, or the flag again.
//!
//! *Suspended.* The owner that finds SUSPENDED settles, and sets PARKED by compare-and-swap: from then on the actor is on no
//! queue, stays SCHEDULED, and belongs to whoever clears PARKED, which everybody does by RMW: resume, stop, stop now, kill.
//! A stop lifts a suspension, so that nothing that is closed stays parked: it closes the word, then clears the bits; the
//! owner sets PARKED, then looks at the word, and takes itself back if it is closed. Both go through an RMW of the bits, and
//! the later of the two sees what the earlier did before it.
//!
//! *Held.* An actor holds itself: it has failed and waits for its guard's word, or its state is gone. HELD is set and cleared
//! by the owner alone, and parks as SUSPENDED does, but that a stop does not lift it: what is closed stays held until whoever
//! holds it says so, by an errand, or until it is told to end at once. One that holds itself in its last hook, closed and drained,
//! has something to wait for before it ends: it is parked in the same way, and its last hook runs again once it is let go.
//!
//! *Roused.* Who has an errand for the owner puts it on the list, then clears PARKED by RMW, then sets the flag by RMW. The owner
//! clears the flag, then takes the list; and it sets PARKED, then looks at the list. So an errand is found by the owner that
//! parks, or by the one that whoever puts it becomes by clearing PARKED; that one is told by the flag to look at the orders
//! before anything else, as the suspension stands.
//!
//! *Not draining.* An actor that waits for anything but its next message sets AWAY, of which there is a bit for each reason
//! ([`Away`]), so that one does not end the other; then it takes its waiters by RMW; a muter
//! puts itself on that list by RMW, then withdraws if it sees AWAY ([`super::credit::mute`]). The later of the two sees what
//! the earlier did before it, so nobody is muted on an actor that will not drain.

use super::queue::{Close, Mailbox, Signalled};
use super::word::CLOSED;
use crate::sync::{AtomicPtr, Mutant, Ordering, mutant};
use std::ptr::NonNull;

/// It shall be suspended.
const SUSPENDED: usize = 1;
/// It is: nobody's until somebody clears this.
const PARKED: usize = 2;
/// It shall end at once.
const NOW: usize = 4;
/// ... and its last hook shall not run.
const KILLED: usize = 8;
/// It does not drain, for these reasons.
const AWAY_SUSPENDED: usize = 16;
const AWAY_WAITING: usize = 32;
const AWAY: usize = AWAY_SUSPENDED | AWAY_WAITING;
/// It holds itself.
const HELD: usize = 64;

/// What `T` must be aligned to, at least.
pub(crate) const ALIGN: usize = 128;
const BITS: usize = ALIGN - 1;

/// Why an actor does not drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Away {
    /// It is suspended.
    Suspended = AWAY_SUSPENDED,
    /// It waits for something else than its next message.
    Waiting = AWAY_WAITING,
}

/// A pointer to a `T`, or none, and the orders for an actor.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Control<T>(pub(super) AtomicPtr<T>);

/// What is left to do for who gave an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Ordered {
    /// Nothing: it stands already, or the actor is beyond it.
    Already,
    /// The owner will see it; if the actor is muted, take it off that list.
    Told,
    /// The actor was idle or parked, and is the caller's now: schedule it.
    Ours,
}

/// What is left to do for who has put an errand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Roused {
    /// The owner will find it; if the actor is muted, take it off that list.
    Told,
    /// The actor was idle or parked, and is the caller's now: schedule it.
    Ours,
    /// The actor has ended meanwhile. Its owner may not have known of the list: take what is left there.
    Ended,
}

/// What the owner finds ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Orders {
    None,
    /// To handle nothing: suspended, or held.
    Stand,
    /// To end at once, with or without the last hook.
    End {
        killed: bool,
    },
}

/// How an actor is to end at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Stopped,
    Killed,
}

/// What became of an owner's attempt to leave a suspended actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Parked {
    /// The actor is no longer the caller's, and must not be touched again.
    Yes,
    /// The orders have changed: look at them again.
    No,
}

impl<T> Control<T> {
    pub(crate) fn new() -> Self {
        const { assert!(std::mem::align_of::<T>() == 1 || std::mem::align_of::<T>() >= ALIGN) };
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    /// The pointer, if it is set.
    #[inline(always)]
    pub(crate) fn pointer(&self) -> Option<NonNull<T>> {
        // Acquire pairs with the Release in `point`.
        NonNull::new(plain(self.0.load(Ordering::Acquire)))
    }

    /// Sets the pointer if there is none.
    ///
    /// # Errors
    /// The one that stands.
    pub(crate) fn point(&self, to: NonNull<T>) -> Result<(), NonNull<T>> {
        let mut seen = self.0.load(Ordering::Acquire);
        loop {
            if let Some(stands) = NonNull::new(plain(seen)) {
                return Err(stands);
            }
            let next = to.as_ptr().map_addr(|address| address | seen.addr());
            // Release publishes what is pointed to; Acquire for the one that stands.
            match self.0.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(()),
                Err(other) => seen = other,
            }
        }
    }

    /// For a slot that nobody else can reach: no pointer and no orders. Gives the pointer that was there.
    pub(crate) fn clear(&self) -> Option<NonNull<T>> {
        let before = self.0.load(Ordering::Relaxed);
        if !before.is_null() {
            self.0.store(std::ptr::null_mut(), Ordering::Relaxed);
        }
        NonNull::new(plain(before))
    }

    /// Sets and clears bits by RMW; gives those before.
    fn change(&self, set: usize, clear: usize) -> usize {
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            let next = seen.map_addr(|address| (address | set) & !clear);
            // An RMW even where it changes nothing: the later of two sees what the earlier did before (Release and Acquire).
            match self.0.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return seen.addr() & BITS,
                Err(other) => seen = other,
            }
        }
    }

    /// Orders the actor to handle nothing until it is resumed.
    pub(crate) fn suspend(&self, mailbox: &Mailbox) -> Ordered {
        if mailbox.peek().has(CLOSED) || self.change(SUSPENDED, 0) & SUSPENDED != 0 {
            return Ordered::Already;
        }
        match mailbox.signal() {
            Signalled::First => Ordered::Ours,
            Signalled::Seen => Ordered::Told,
            Signalled::Ended => Ordered::Already,
        }
    }

    /// Lifts a suspension.
    pub(crate) fn resume(&self, mailbox: &Mailbox) -> Ordered {
        let mut seen = self.0.load(Ordering::Relaxed);
        let before = loop {
            // Who holds itself without being suspended stays where it is.
            let lifted = match seen.addr() & SUSPENDED {
                0 => 0,
                _ if mutant(Mutant::ResumeLiftsHold) => SUSPENDED | PARKED | HELD,
                _ => SUSPENDED | PARKED,
            };
            let next = seen.map_addr(|address| address & !lifted);
            // An RMW also where nothing is lifted, as in `change`: a stop relies on it.
            match self.0.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => break seen.addr(),
                Err(other) => seen = other,
            }
        };
        match before & (SUSPENDED | PARKED) {
            bits if bits == SUSPENDED | PARKED => {
                // The next turn begins with a look at the orders: so it drains again.
                let _: Signalled = mailbox.signal();
                Ordered::Ours
            }
            SUSPENDED => Ordered::Told,
            _ => Ordered::Already,
        }
    }

    /// Closes the mailbox: the actor ends once it has drained, also if it was suspended.
    pub(crate) fn stop(&self, mailbox: &Mailbox) -> Ordered {
        let closed = mailbox.close(false);
        if closed == Close::First {
            return Ordered::Ours;
        }
        let lifted = if mutant(Mutant::StopWithoutLift) { Ordered::Already } else { self.resume(mailbox) };
        match lifted {
            Ordered::Already if closed == Close::Already => Ordered::Already,
            Ordered::Already => Ordered::Told,
            lifted => lifted,
        }
    }

    /// Orders the actor to end at once, with its last hook or without, and closes the mailbox.
    pub(crate) fn end_now(&self, mailbox: &Mailbox, killed: bool) -> Ordered {
        // Before the signal that tells of it.
        let before = self.change(if killed { NOW | KILLED } else { NOW }, SUSPENDED | PARKED);
        let closed = mailbox.close(true);
        match before {
            _ if before & PARKED != 0 || closed == Close::First => Ordered::Ours,
            _ if before & NOW != 0 && closed == Close::Already => Ordered::Already,
            _ => Ordered::Told,
        }
    }

    /// The owner has found a signal: what it is about.
    pub(crate) fn orders(&self, mailbox: &Mailbox) -> Orders {
        if !mutant(Mutant::ObeyBeforeUnsignal) {
            mailbox.unsignal();
        }
        // Acquire pairs with the RMW of whoever gave the order.
        let bits = self.0.load(Ordering::Acquire).addr() & BITS;
        if mutant(Mutant::ObeyBeforeUnsignal) {
            mailbox.unsignal();
        }
        match bits {
            _ if bits & NOW != 0 => Orders::End { killed: bits & KILLED != 0 },
            _ if bits & (SUSPENDED | HELD) != 0 => Orders::Stand,
            _ => Orders::None,
        }
    }

    /// The owner holds its actor: from its next look at the orders on it handles nothing.
    pub(crate) fn hold(&self) {
        self.change(HELD, 0);
    }

    /// The owner holds it no longer.
    pub(crate) fn release(&self) {
        self.change(0, HELD);
    }

    /// Whether the actor is held, by a glance.
    pub(crate) fn is_held(&self) -> bool {
        self.0.load(Ordering::Relaxed).addr() & HELD != 0
    }

    /// Whether the actor is to end at once, by a glance; and whether without its last hook.
    pub(crate) fn is_to_end(&self) -> Option<Ending> {
        let bits = self.0.load(Ordering::Relaxed).addr();
        (bits & NOW != 0).then_some(if bits & KILLED != 0 { Ending::Killed } else { Ending::Stopped })
    }

    /// Whether the owner, whose last hook has run, stays all the same: the hook holds the actor, and nobody has told it to end
    /// at once.
    pub(crate) fn stays(&self) -> bool {
        self.is_held() && self.is_to_end().is_none() && !mutant(Mutant::EndOverHold)
    }

    /// Tells the owner that there is an errand, wherever the actor is. `put` puts it where the owner looks.
    pub(crate) fn rouse(&self, mailbox: &Mailbox, put: impl FnOnce()) -> Roused {
        let early = mutant(Mutant::SignalBeforeErrand).then(|| mailbox.signal());
        put();
        let parked = self.change(0, PARKED) & PARKED != 0;
        if parked && mutant(Mutant::RouseUnsignalled) {
            return Roused::Ours;
        }
        // After the other: an owner that was parked must look at the orders first, as it may be suspended still.
        match early.unwrap_or_else(|| mailbox.signal()) {
            Signalled::Ended => Roused::Ended,
            Signalled::First => Roused::Ours,
            Signalled::Seen if parked => Roused::Ours,
            Signalled::Seen => Roused::Told,
        }
    }

    /// The owner leaves an actor that is suspended or held. It has settled, and keeps nothing in local variables.
    /// `has_errands` is asked once the actor is parked.
    pub(crate) fn park(&self, mailbox: &Mailbox, has_errands: impl FnOnce() -> bool) -> Parked {
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            if seen.addr() & NOW != 0 || seen.addr() & (SUSPENDED | HELD) == 0 {
                return Parked::No;
            }
            let next = seen.map_addr(|address| address | PARKED);
            // Release publishes the actor to whoever clears the bit.
            match self.0.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => break,
                Err(other) => seen = other,
            }
        }
        // From here on the actor may be running elsewhere. A stop that did not see PARKED closed the mailbox before its RMW
        // of the bits, which came before ours; and so was an errand put whose RMW came before ours.
        let held = seen.addr() & HELD != 0;
        let lifted = match () {
            () if has_errands() && !mutant(Mutant::ParkOverErrand) => PARKED,
            () if !held && mailbox.peek().has(CLOSED) && !mutant(Mutant::ParkWithoutLook) => {
                SUSPENDED | PARKED
            }
            () => return Parked::Yes,
        };
        if self.change(0, lifted) & PARKED != 0 { Parked::No } else { Parked::Yes }
    }

    /// The owner will not drain: once it has taken its waiters after this, nobody is muted on the actor. Says whether it did.
    pub(super) fn leave(&self, why: Away) -> bool {
        self.change(why as usize, 0) & AWAY == 0
    }

    /// The owner drains again, as far as this goes. Says whether nothing else is in its way.
    pub(super) fn come_back(&self, why: Away) -> bool {
        let gone = if mutant(Mutant::OneReason) { AWAY } else { why as usize };
        let before = self.change(0, gone);
        before & gone != 0 && before & AWAY & !gone == 0
    }

    /// Whether the actor does not drain for this reason, by a glance.
    pub(super) fn is_away(&self, why: Away) -> bool {
        self.0.load(Ordering::Relaxed).addr() & why as usize != 0
    }

    /// Whether the actor drains, by a glance.
    pub(crate) fn drains(&self) -> bool {
        self.0.load(Ordering::Relaxed).addr() & AWAY == 0
    }

    /// Whether it is suspended, by a glance. Parked alone it may be held.
    pub(crate) fn is_suspended(&self) -> bool {
        const BOTH: usize = SUSPENDED | PARKED;
        self.0.load(Ordering::Relaxed).addr() & BOTH == BOTH
    }
}

fn plain<T>(pointer: *mut T) -> *mut T {
    pointer.map_addr(|address| address & !BITS)
}
