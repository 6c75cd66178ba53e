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
use super::credit::NOBODY;
use super::drain::{Drain, Ended, Next};
use super::queue::{Close, Mailbox, Signalled, Waiters};
use super::tenant::{Death, Halt, Heeded, NextSorted, Onward, Place, Stop, Tenant, Verdict, Wish};
use crate::sync::{Mutant, mutant};

/// Of so many messages one is followed by a look at how many the turn has sent. A power of two: the end of the turn is found by the same
/// test.
const LOOK: u32 = 4;

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
            if left.is_multiple_of(LOOK) {
                if tenant.has_sent_much() {
                    *left = 0;
                }
                // Where messages are sorted some may have to be dropped first.
                if *left == 0 && !tenant.is_sorted() {
                    return Halt::Yield;
                }
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
    // After a fault it is first seen what becomes of the message.
    if !matches!(halt, Halt::Failed(_)) {
        settle(tenant);
    }
    let at_end = match halt {
        Halt::Gone | Halt::Ended => return Onward::Left,
        Halt::Yield => return Onward::Reschedule,
        Halt::Attend => false,
        Halt::Drained => true,
        Halt::Signal => return obey(tenant, mailbox, control, drain, left),
        Halt::Failed(fault) => match tenant.failed(fault) {
            Verdict::GoOn => false,
            Verdict::Hold => return hold(tenant, mailbox, control, drain, left),
            Verdict::End => return Onward::End(Death::Failed),
        },
    };
    follow(tenant, mailbox, at_end, left)
}

/// Credit has gone back: does what was to wait for that.
#[inline(always)]
fn settle(tenant: &mut impl Tenant) {
    if tenant.wish().settles() {
        tenant.wish().has_settled();
        tenant.settled();
    }
}

/// Does what the handlers wanted.
#[inline(always)]
fn follow(tenant: &mut impl Tenant, mailbox: &Mailbox, at_end: bool, left: u32) -> Onward {
    // Also what a hook has wished for since.
    settle(tenant);
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

/// The actor failed, and its guard shall decide. What its last handlers wanted is void but for a stop, which holds for whatever
/// becomes of it.
#[cold]
fn hold<E>(
    tenant: &mut impl Tenant,
    mailbox: &Mailbox,
    control: &Control<E>,
    drain: &mut Drain,
    left: u32,
) -> Onward {
    let _: Stop = give_up(tenant, mailbox);
    control.hold();
    obey(tenant, mailbox, control, drain, left)
}

/// What is wanted is void but for a stop, which is the answer: the actor is suspended or held.
fn give_up(tenant: &mut impl Tenant, mailbox: &Mailbox) -> Stop {
    settle(tenant);
    let stop = std::mem::replace(tenant.wish(), Wish::NOTHING).stop();
    if stop != Stop::No {
        let _: Close = mailbox.close(false);
    }
    stop
}

/// The last hook of an actor that is closed and drained has run, and holds the actor: it ends later, or at once if it is told to.
///
/// # Safety
/// As for [`attend`].
#[cold]
pub(crate) unsafe fn stay<E>(
    tenant: &mut impl Tenant,
    mailbox: &Mailbox,
    control: &Control<E>,
    drain: &mut Drain,
    left: u32,
) -> Onward {
    obey(tenant, mailbox, control, drain, left)
}

/// Acts on a signal, or on a hold. The turn has settled.
fn obey<E>(
    tenant: &mut impl Tenant,
    mailbox: &Mailbox,
    control: &Control<E>,
    drain: &mut Drain,
    left: u32,
) -> Onward {
    loop {
        let orders = control.orders(mailbox);
        if let Orders::End { killed } = orders {
            // Whatever the last hook sends enters as from any stopping actor: it is never muted.
            let _: Close = mailbox.close(false);
            return Onward::End(if killed { Death::Killed } else { Death::Stopped });
        }
        let stands = orders == Orders::Stand;
        if !stands && tenant.lets_pass() {
            // Who rouses an actor again and again keeps it from no message for good.
            let _: Signalled = mailbox.signal();
            drain.overlook_signal();
        } else {
            match tenant.heed() {
                Heeded::Nothing => {}
                // What they have changed is seen by another look at the orders.
                Heeded::Done { more: false } => continue,
                Heeded::Done { more: true } => {
                    // The rest in a turn of its own; but what these wanted is known to this one alone.
                    let _: Signalled = mailbox.signal();
                    if stands {
                        match give_up(tenant, mailbox) {
                            Stop::Now => return Onward::End(Death::Stopped),
                            Stop::No | Stop::Drained => return Onward::Reschedule,
                        }
                    }
                    return match follow(tenant, mailbox, false, left) {
                        Onward::GoOn => Onward::Reschedule,
                        onward => onward,
                    };
                }
                Heeded::Failed(fault) => match tenant.failed(fault) {
                    Verdict::GoOn => continue,
                    Verdict::Hold => {
                        let _: Stop = give_up(tenant, mailbox);
                        control.hold();
                        continue;
                    }
                    Verdict::End => return Onward::End(Death::Failed),
                },
            }
        }
        if !stands {
            if control.is_away(Away::Suspended) {
                take_up(tenant, control, Away::Suspended);
            }
            tenant.admit();
            // An errand may have run a hook, which wanted something.
            return if tenant.wish().is_something() {
                follow(tenant, mailbox, false, left)
            } else {
                Onward::GoOn
            };
        }
        if !control.is_away(Away::Suspended) {
            leave_off(tenant, control, Away::Suspended);
        }
        if give_up(tenant, mailbox) == Stop::Now {
            return Onward::End(Death::Stopped);
        }
        if control.park(mailbox, || tenant.has_errands()) == Parked::Yes {
            return Onward::Suspended;
        }
    }
}
