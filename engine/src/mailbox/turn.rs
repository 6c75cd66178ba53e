//! The protocol of a turn: what is handled next, when credit goes back, and what follows from what a handler wanted.
//!
//! A turn owns its actor. It alternates between a [`stretch`] of handlers and [`attend`], which acts on what ended the
//! stretch and tells the upper floor what is left to do. A handler only notes its [`Wish`]; nothing is done about it
//! before it has returned:
//!
//! 1. a fault: settle, ask the tenant, go on or end;
//! 2. stop: close the own word, go on until drained, or end;
//! 3. mute: settle, then the upper floor publishes the actor on the target's waiters list;
//! 4. the budget is used up: settle, to the end of the line;
//! 5. something is due once credit is back (a flow grants again): settle, do it, go on.
//!
//! The cursor lives outside the frame that runs handlers, so that a panic loses nothing. An envelope in place is freed
//! only after the exchange that unlinks it. The models of this floor run this very code, with a tenant of their own.

use super::control::{Away, Control, Orders, Parked};
use super::credit::{CellNumber, NOBODY};
use super::drain::{Drain, Ended, Next};
use super::envelope::Envelope;
use super::queue::{Close, Mailbox, Waiters};
use crate::sync::{Mutant, mutant};
use std::ptr::NonNull;

/// Whether a handler wants its actor to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub(crate) enum Stop {
    No = 0,
    /// Once drained.
    Drained,
    Now,
}

/// Beside a stop: something is to be done once credit has gone back.
const SETTLED: u32 = 4;

/// What handlers want of their turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Wish {
    /// The actor on which this one shall be muted.
    pub(crate) mute_on: CellNumber,
    /// A [`Stop`], and [`SETTLED`].
    others: u32,
    /// By how much that one is over its capacity.
    excess: u32,
}

impl Wish {
    pub(crate) const NOTHING: Wish = Wish { mute_on: NOBODY, others: 0, excess: 0 };

    /// The actor is to stop: once drained, unless it is to stop at once.
    pub(crate) fn stop_once(&mut self, stop: Stop) {
        self.others = self.others & SETTLED | self.stop().max(stop) as u32;
    }

    /// Whether the actor is to stop.
    #[inline(always)]
    pub(crate) fn stop(self) -> Stop {
        match self.others & !SETTLED {
            0 => Stop::No,
            1 => Stop::Drained,
            _ => Stop::Now,
        }
    }

    /// [`Tenant::settled`] is to be called once credit has gone back.
    pub(crate) fn settle(&mut self) {
        self.others |= SETTLED;
    }

    /// A send has left `target` this much over its capacity: of several, the fullest is the one to be muted on.
    pub(crate) fn exceed(&mut self, target: CellNumber, excess: u32) {
        if excess > self.excess {
            self.mute_on = target;
            self.excess = excess;
        }
    }

    /// The same for one whom the wish names already; says whether it does.
    #[inline(always)]
    pub(crate) fn exceeds_more(&mut self, target: CellNumber, excess: u32) -> bool {
        let named = self.mute_on == target;
        if named {
            self.excess = self.excess.max(excess);
        }
        named
    }

    /// Whether it is to be called then.
    #[inline(always)]
    fn settles(self) -> bool {
        self.others & SETTLED != 0
    }

    #[inline(always)]
    pub(super) fn is_something(self) -> bool {
        // One load and one test, as both are zero for nothing and lie side by side.
        u64::from(self.mute_on) | u64::from(self.others) << 32 != 0
    }
}

/// Why an actor ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// It stopped itself, and the mailbox has ended already, with nothing in it.
    Empty,
    Stopped,
    Failed,
    /// At once, and without its last hook.
    Killed,
}

/// Where the envelope of a message is while it is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the mailbox's word.
    Linked,
    /// With its owner.
    Taken,
}

/// What ended a stretch of handlers.
#[derive(Debug)]
#[must_use]
pub(crate) enum Halt<F> {
    /// The actor is idle, or somebody else's.
    Gone,
    /// It has more to do, and others wait.
    Yield,
    /// A handler wants something.
    Attend,
    /// A handler failed.
    Failed(F),
    /// The actor stopped itself, and the mailbox has ended with nothing left in it.
    Ended,
    /// Nothing can come any more.
    Drained,
    /// A signal: something outranks what is queued.
    Signal,
}

/// What an actor whose messages are sorted does next.
#[derive(Debug)]
#[must_use]
pub(crate) enum NextSorted<F> {
    /// It handles this one. Counted already.
    Message { envelope: NonNull<Envelope>, tagged: bool },
    /// Its stretch ends.
    Halt(Halt<F>),
}

/// What is left for the upper floor to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Onward {
    /// The next stretch.
    GoOn,
    /// Nothing: the actor is idle, or somebody else's.
    Left,
    /// Nothing: the actor is suspended, and belongs to whoever resumes it.
    Suspended,
    /// Put the actor at the end of the line.
    Reschedule,
    /// Mute the actor on this one: settled, and nothing of it is in a local variable.
    Mute(CellNumber),
    /// End the actor. Unless it is `Empty`, its mailbox has still to be ended.
    End(Death),
}

/// The upper floor's side of a turn: one actor, and the worker that runs it.
pub(crate) trait Tenant {
    /// Why a handler failed.
    type Fault;

    /// Whether messages are sorted when they are taken. The same for a whole turn.
    fn is_sorted(&self) -> bool;

    /// The next message of an actor whose messages are sorted; see [`super::lanes`]. `left` may be zero.
    ///
    /// # Safety
    /// The caller owns the actor of this mailbox and its cursor, and nothing is in place.
    unsafe fn next_sorted(
        &mut self,
        mailbox: &Mailbox,
        drain: &mut Drain,
        left: &mut u32,
    ) -> NextSorted<Self::Fault>;

    /// Runs before the first message.
    ///
    /// # Errors
    /// The hook's fault.
    fn begin(&mut self) -> Result<(), Self::Fault>;

    /// Handles the message of an envelope: it is moved out. One that stays linked is left alone; the block of one that was
    /// taken off is freed, also when the handler panics. `tagged` says that its link carries a tag.
    ///
    /// # Safety
    /// The envelope is this tenant's, alone if it was taken off, and holds what its tag says.
    ///
    /// # Errors
    /// The handler's fault.
    unsafe fn handle(
        &mut self,
        envelope: NonNull<Envelope>,
        place: Place,
        tagged: bool,
    ) -> Result<(), Self::Fault>;

    /// Frees the block of an envelope that was handled in place.
    ///
    /// # Safety
    /// It is unlinked, and its message was moved out.
    unsafe fn free(&mut self, envelope: NonNull<Envelope>);

    /// What the handlers want so far.
    fn wish(&mut self) -> &mut Wish;

    /// Waiters are told when the count has sunk to this.
    fn low(&self) -> u32;

    /// Handled messages after which their credit goes back.
    fn step(&self) -> u32;

    /// The count has sunk to the low mark: resumes whoever waits for that.
    fn wake(&mut self);

    /// The actor does not drain for a while: who is muted on it goes on.
    fn away(&mut self);

    /// It drains again.
    fn back(&mut self);

    /// Credit has gone back, after a handler whose wish was to hear of that.
    fn settled(&mut self);

    /// What was told through the system lane comes into the mailbox.
    fn admit(&mut self);

    /// A handler failed: true if the actor goes on.
    fn failed(&mut self, fault: Self::Fault) -> bool;
}

/// Handles messages until something has to be decided.
///
/// # Safety
/// The caller owns the actor of this mailbox and its cursor; nothing is in place, and `left` is not zero.
#[inline(always)]
pub(crate) unsafe fn stretch<T: Tenant>(
    tenant: &mut T,
    mailbox: &Mailbox,
    drain: &mut Drain,
    left: &mut u32,
) -> Halt<T::Fault> {
    debug_assert!(*left > 0 || tenant.is_sorted(), "the turn is over");
    // SAFETY: the turn owns the mailbox, its private queue, and every envelope that the cursor gives.
    unsafe {
        if mailbox.take_fresh() {
            if let Err(fault) = tenant.begin() {
                return Halt::Failed(fault);
            }
            if tenant.wish().is_something() {
                return Halt::Attend;
            }
        }
        loop {
            let (envelope, place, tagged) = if tenant.is_sorted() {
                match tenant.next_sorted(mailbox, drain, left) {
                    NextSorted::Message { envelope, tagged } => (envelope, Place::Taken, tagged),
                    NextSorted::Halt(halt) => return halt,
                }
            } else {
                match drain.next(mailbox) {
                    Next::InPlace { envelope, tagged } => (envelope, Place::Linked, tagged),
                    Next::Message { envelope, tagged } => {
                        drain.handled();
                        (envelope, Place::Taken, tagged)
                    }
                    Next::Empty => match drain.idle(mailbox, || tenant.low()) {
                        Ended::Idle => return Halt::Gone,
                        Ended::Owned(waiters) => {
                            wake(tenant, waiters);
                            continue;
                        }
                    },
                    Next::Drained => return Halt::Drained,
                    Next::Signal => return Halt::Signal,
                }
            };
            *left -= 1;
            // One call for all, so that the handler becomes part of the turn.
            if let Err(fault) = tenant.handle(envelope, place, tagged) {
                return Halt::Failed(fault);
            }
            if tenant.wish().is_something() {
                let wish = *tenant.wish();
                // What is given back from the stash is handled first.
                let ends = wish.stop() != Stop::No && (!wish.settles() || mutant(Mutant::StopBeforeStash));
                if place == Place::Linked && ends && drain.end_in_place(mailbox) {
                    tenant.free(envelope);
                    return Halt::Ended;
                }
                return Halt::Attend;
            }
            if place == Place::Linked {
                if mutant(Mutant::EarlyFree) {
                    tenant.free(envelope);
                }
                if drain.finish(mailbox) {
                    if !mutant(Mutant::EarlyFree) {
                        tenant.free(envelope);
                    }
                    return Halt::Gone;
                }
                let waiters = drain.settle(mailbox, || tenant.low());
                if !mutant(Mutant::EarlyFree) {
                    tenant.free(envelope);
                }
                wake(tenant, waiters);
            } else if drain.is_credit_due(|| tenant.step()) {
                let waiters = drain.settle(mailbox, || tenant.low());
                wake(tenant, waiters);
            }
            // Where messages are sorted some may have to be dropped first.
            if *left == 0 && !tenant.is_sorted() {
                return Halt::Yield;
            }
        }
    }
}

/// Acts on what ended a stretch.
///
/// # Safety
/// As for [`stretch`], of which `halt` is the answer, or a panic in it, and `left` what it left. After any answer but
/// `GoOn` the cursor is not used again.
#[inline(always)]
pub(crate) unsafe fn attend<T: Tenant, E>(
    tenant: &mut T,
    mailbox: &Mailbox,
    control: &Control<E>,
    drain: &mut Drain,
    halt: Halt<T::Fault>,
    left: u32,
) -> Onward {
    if matches!(halt, Halt::Gone) {
        return Onward::Left;
    }
    if matches!(halt, Halt::Ended) {
        return Onward::End(Death::Empty);
    }
    // Whatever was handled is consumed, also by a panic.
    let in_place = drain.in_place();
    // SAFETY: the turn owns the mailbox; after `settle` the envelope in place is unlinked, and was moved out.
    unsafe {
        let waiters = drain.settle(mailbox, || tenant.low());
        if let Some(envelope) = in_place {
            tenant.free(envelope);
        }
        wake(tenant, waiters);
    }
    if tenant.wish().settles() {
        tenant.settled();
    }
    let at_end = match halt {
        Halt::Gone | Halt::Ended => return Onward::Left,
        Halt::Yield => return Onward::Reschedule,
        Halt::Attend => false,
        Halt::Drained => true,
        Halt::Signal => return obey(tenant, mailbox, control),
        Halt::Failed(fault) => {
            if !tenant.failed(fault) {
                return Onward::End(Death::Failed);
            }
            // Also where that hook has wished for it.
            if tenant.wish().settles() {
                tenant.settled();
            }
            false
        }
    };
    let wish = std::mem::replace(tenant.wish(), Wish::NOTHING);
    if wish.stop() == Stop::Drained {
        let _: Close = mailbox.close(false);
    }
    if at_end || wish.stop() == Stop::Now {
        // Whatever the last hook sends enters as from any stopping actor: it is never muted.
        let _: Close = mailbox.close(false);
        return Onward::End(Death::Stopped);
    }
    if wish.mute_on != NOBODY && wish.stop() == Stop::No {
        return Onward::Mute(wish.mute_on);
    }
    if left == 0 && !tenant.is_sorted() { Onward::Reschedule } else { Onward::GoOn }
}

#[inline(always)]
fn wake(tenant: &mut impl Tenant, waiters: Waiters) {
    if waiters == Waiters::Wake {
        tenant.wake();
    }
}

/// The actor does not drain until it takes up for the same reason again: who is muted on it goes on, and nobody is any more. By the
/// owner: for whoever waits for anything but the next message.
pub(crate) fn leave_off<E>(tenant: &mut impl Tenant, control: &Control<E>, why: Away) {
    if mutant(Mutant::LateLeave) {
        tenant.away();
    }
    // First: a muter that comes later sees it.
    if control.leave(why) && !mutant(Mutant::LateLeave) {
        tenant.away();
    }
}

/// The actor drains again, unless it has another reason not to.
pub(crate) fn take_up<E>(tenant: &mut impl Tenant, control: &Control<E>, why: Away) {
    if control.come_back(why) {
        tenant.back();
    }
}

/// Acts on a signal. The turn has settled.
fn obey<E>(tenant: &mut impl Tenant, mailbox: &Mailbox, control: &Control<E>) -> Onward {
    loop {
        match control.orders(mailbox) {
            Orders::None => {
                if control.is_away(Away::Suspended) {
                    take_up(tenant, control, Away::Suspended);
                }
                tenant.admit();
                return Onward::GoOn;
            }
            Orders::End { killed } => {
                // Whatever the last hook sends enters as from any stopping actor: it is never muted.
                let _: Close = mailbox.close(false);
                return Onward::End(if killed { Death::Killed } else { Death::Stopped });
            }
            Orders::Suspend => {
                if !control.is_away(Away::Suspended) {
                    leave_off(tenant, control, Away::Suspended);
                }
                if control.park(mailbox) == Parked::Yes {
                    return Onward::Suspended;
                }
            }
        }
    }
}
