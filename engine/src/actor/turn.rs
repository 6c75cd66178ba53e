//! A turn: one activation of an actor on a worker.
//!
//! The cursor ([`Drain`]) and the context live outside the frame that runs handlers, so that a panic loses nothing. A
//! handler only notes what it wants (stop, mute); the turn acts on it when the handler has returned:
//!
//! 1. a fault: settle, ask `failed`, go on or end;
//! 2. stop: close the own word, go on until drained, or end;
//! 3. mute: settle, then publish the actor on the target's waiters list. From there on it is no longer ours;
//! 4. the budget is used up: settle, to the end of the line.
//!
//! An envelope in place is freed only after the exchange that unlinks it.

use super::behavior::{Actor, Context, Directive, Fault, Stop};
use super::ending::{self, Death, FreeAfter};
use super::ext::Ext;
use super::parcel::{Packing, Record, Take};
use super::{ask, outside, resume, seat, stock};
use crate::cell::arena::{self, Lookup};
use crate::cell::header::{CellPtr, Header, Table};
use crate::mailbox::credit::{self, Mute, NOBODY};
use crate::mailbox::drain::{Drain, Ended, Next};
use crate::mailbox::envelope::{EXPIRY, Envelope};
use crate::mailbox::queue::{Close, Waiters};
use crate::panics::{caught, contained, discard as discard_payload};
use crate::scheduler::worker::Worker;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// What ended the stretch of handlers.
enum Halt {
    /// The actor is idle, or somebody else's.
    Gone,
    /// It has more to do, and others wait.
    Yield,
    /// A handler wants something.
    Attend,
    /// A handler failed.
    Failed(Fault),
    /// The actor stopped itself, and the mailbox has ended with nothing left in it.
    Ended,
    /// Nothing can come any more.
    Drained,
    /// A signal says stop now.
    Signal,
}

/// Runs one turn; the `turn` of a kind's table.
///
/// # Safety
/// `worker` is the worker of this thread, and `cell` has a tenant of type `A` that the caller owns.
pub(super) unsafe fn turn<A: Actor>(worker: NonNull<()>, cell: CellPtr) {
    let worker: NonNull<Worker> = worker.cast();
    // SAFETY: by the caller's promise; cells are never unmapped.
    let header: &'static Header = unsafe { &*cell.as_ptr() };
    header.credit.resumed();
    // SAFETY: the owner may look at the kind.
    let limits = unsafe { &header.kind().limits };
    let mut cx: Context<'_, A> = Context {
        worker,
        cell,
        limits,
        mute_on: NOBODY,
        excess: 0,
        stop: Stop::No,
        handled: 0,
        lifetime: PhantomData,
    };
    let mut drain = Drain::new();
    let mut left = limits.batch;
    loop {
        let run = caught(|| {
            // SAFETY: the caller's promise, handed on.
            unsafe { stretch::<A>(&mut cx, header, &mut drain, &mut left) }
        });
        let halt = run.unwrap_or_else(|payload| Halt::Failed(Fault::from_panic(payload)));
        let go_on = match halt {
            Halt::Gone => false,
            // SAFETY: in every other case the turn still owns the actor.
            halt => unsafe { attend::<A>(&mut cx, header, &mut drain, halt) },
        };
        if !go_on {
            return;
        }
    }
}

/// Handles messages until something has to be decided.
///
/// # Safety
/// As for [`turn`].
#[inline(always)]
unsafe fn stretch<A: Actor>(
    cx: &mut Context<'_, A>,
    header: &'static Header,
    drain: &mut Drain,
    left: &mut u32,
) -> Halt {
    let low = cx.limits.low;
    let step = cx.limits.step;
    // SAFETY: the turn owns the cell, its private queue, and every envelope that the cursor gives.
    unsafe {
        if header.mailbox.take_fresh() {
            let state = seat::state::<A>(cx.cell).as_mut();
            if let Err(fault) = state.started(cx) {
                return Halt::Failed(fault);
            }
            if cx.wants_attention() {
                return Halt::Attend;
            }
        }
        loop {
            if *left == 0 {
                return Halt::Yield;
            }
            match drain.next(&header.mailbox) {
                Next::InPlace(envelope) => {
                    *left -= 1;
                    if Envelope::tag(envelope) == 0 {
                        let message = Packing::<A::Msg>::open(envelope);
                        cx.handled += 1;
                        if let Err(fault) = seat::state::<A>(cx.cell).as_mut().handle(message, cx) {
                            return Halt::Failed(fault);
                        }
                    } else if let Err(fault) = tagged::<A>(cx, header, envelope) {
                        return Halt::Failed(fault);
                    }
                    if cx.wants_attention() {
                        if cx.stop != Stop::No && drain.end_in_place(&header.mailbox) {
                            cx.free(envelope);
                            return Halt::Ended;
                        }
                        return Halt::Attend;
                    }
                    cx.count_handled();
                    let ended = drain.finish(&header.mailbox, low, |envelope| cx.free(envelope));
                    match ended {
                        Ended::Idle => return Halt::Gone,
                        Ended::Owned(waiters) => cx.wake(header, waiters),
                    }
                }
                Next::Message(envelope) => {
                    *left -= 1;
                    let tag = Envelope::tag(envelope);
                    drain.handled();
                    if tag == 0 {
                        let message = Packing::<A::Msg>::open(envelope);
                        Packing::<A::Msg>::free(&mut cx.worker().pool, envelope);
                        cx.handled += 1;
                        if let Err(fault) = seat::state::<A>(cx.cell).as_mut().handle(message, cx) {
                            return Halt::Failed(fault);
                        }
                    } else {
                        let _freed = FreeAfter(envelope);
                        if let Err(fault) = tagged::<A>(cx, header, envelope) {
                            return Halt::Failed(fault);
                        }
                    }
                    if cx.wants_attention() {
                        return Halt::Attend;
                    }
                    if drain.unreturned() >= step {
                        let waiters = drain.settle(&header.mailbox, low);
                        cx.wake(header, waiters);
                    }
                }
                Next::Empty => {
                    cx.count_handled();
                    match drain.idle(&header.mailbox, low) {
                        Ended::Idle => return Halt::Gone,
                        Ended::Owned(waiters) => cx.wake(header, waiters),
                    }
                }
                Next::Drained => return Halt::Drained,
                Next::Signal => return Halt::Signal,
            }
        }
    }
}

/// Handles an envelope that is more than a message. The block stays, its contents are gone.
///
/// # Safety
/// The envelope came out of the mailbox of the turn's actor.
#[cold]
#[inline(never)]
unsafe fn tagged<A: Actor>(
    cx: &mut Context<'_, A>,
    header: &'static Header,
    envelope: NonNull<Envelope>,
) -> Result<(), Fault> {
    // SAFETY: the envelope is ours, and is what its tag says.
    unsafe {
        if Envelope::tag(envelope) == EXPIRY {
            cx.expire_asks();
            return Ok(());
        }
        let record = Record::of(envelope);
        ask::unlist(Ext::of(header), record);
        let take = (*record.as_ptr()).take;
        cx.handled += 1;
        let mut message = MaybeUninit::<A::Msg>::uninit();
        take(record, Take::Into(NonNull::from(&mut message).cast()));
        seat::state::<A>(cx.cell).as_mut().handle(message.assume_init(), cx)
    }
}

/// Acts on what ended a stretch. True if the turn goes on.
///
/// # Safety
/// As for [`turn`].
#[inline(never)]
unsafe fn attend<A: Actor>(
    cx: &mut Context<'_, A>,
    header: &'static Header,
    drain: &mut Drain,
    halt: Halt,
) -> bool {
    cx.count_handled();
    if matches!(halt, Halt::Ended) {
        // SAFETY: the mailbox has ended, and the turn does not use the actor again.
        unsafe { stopped::<A>(cx, Death::Empty) };
        return false;
    }
    // Whatever was handled is consumed, also by a panic.
    let in_place = drain.in_place();
    // SAFETY: the turn owns the mailbox; after `settle` the envelope in place is unlinked, and was moved out.
    unsafe {
        let waiters = drain.settle(&header.mailbox, cx.limits.low);
        if let Some(envelope) = in_place {
            cx.free(envelope);
        }
        cx.wake(header, waiters);
    }
    let death = match halt {
        Halt::Gone | Halt::Ended => return false,
        Halt::Yield => {
            cx.worker().reschedule(cx.cell);
            return false;
        }
        Halt::Attend => None,
        Halt::Drained | Halt::Signal => Some(Death::Stopped),
        Halt::Failed(fault) => {
            cx.worker().counters().faults.add(1);
            // SAFETY: the state is the turn's.
            let asked = caught(|| unsafe { seat::state::<A>(cx.cell).as_mut().failed(&fault, cx) });
            // An error or a payload is user data, and so is its Drop.
            contained(|| drop(fault));
            match asked {
                Ok(Directive::Resume) => None,
                Ok(Directive::Stop) => Some(Death::Failed),
                Err(payload) => {
                    discard_payload(payload);
                    cx.worker().counters().faults.add(1);
                    Some(Death::Failed)
                }
            }
        }
    };
    if death == Some(Death::Failed) {
        // SAFETY: the turn owns the actor and does not use it again.
        unsafe { ending::end(cx.worker, cx.cell, Death::Failed) };
        return false;
    }
    if cx.stop != Stop::No {
        let _: Close = header.mailbox.close(cx.stop == Stop::Now);
    }
    if cx.stop != Stop::No {
        cx.stop = Stop::No;
        cx.mute_on = NOBODY;
    }
    if let Some(death) = death {
        // Whatever the hook sends enters as from any stopping actor: it is never muted.
        let _: Close = header.mailbox.close(false);
        // SAFETY: the turn owns the actor and does not use it again.
        unsafe { stopped::<A>(cx, death) };
        return false;
    }
    let target = std::mem::replace(&mut cx.mute_on, NOBODY);
    cx.excess = 0;
    if target == NOBODY {
        return true;
    }
    let worker = cx.worker();
    worker.counters().muted.add(1);
    // SAFETY: waiters and targets are cells; this worker has been online since the send.
    let low = unsafe { arena::cell(target).as_ref().kind() }.limits.low;
    match credit::mute(&Lookup, arena::number(cx.cell), target, low) {
        Mute::Held => {}
        Mute::Withdrawn(list) => resume::on_worker(worker, list),
    }
    false
}

/// Runs the hook of an actor that ends in good order, and ends it.
///
/// # Safety
/// The turn owns the actor, its cursor is settled, its mailbox is closed, and it is not used again.
#[inline(never)]
unsafe fn stopped<A: Actor>(cx: &mut Context<'_, A>, death: Death) {
    // SAFETY: the state is the turn's until `end`.
    if !contained(|| unsafe { seat::state::<A>(cx.cell).as_mut().stopped(cx) }) {
        cx.worker().counters().faults.add(1);
    }
    // SAFETY: by the caller's promise.
    unsafe { ending::end(cx.worker, cx.cell, death) };
}

impl<A: Actor> Context<'_, A> {
    #[inline(always)]
    fn wants_attention(&self) -> bool {
        self.mute_on != NOBODY || self.stop != Stop::No
    }

    /// Frees the block of a handled envelope, whatever kind it is.
    ///
    /// # Safety
    /// The envelope is unlinked, and its message was moved out.
    #[inline(always)]
    unsafe fn free(&mut self, envelope: NonNull<Envelope>) {
        // SAFETY: by the caller's promise; the tag was not changed since it was sent.
        unsafe {
            if Envelope::tag(envelope) == 0 {
                Packing::<A::Msg>::free(&mut self.worker().pool, envelope);
            } else {
                stock::free_tagged(envelope);
            }
        }
    }

    /// Adds what was handled to the worker's counters: before the actor may become somebody else's.
    #[inline(always)]
    fn count_handled(&mut self) {
        self.worker().counters().handled.add(u64::from(std::mem::take(&mut self.handled)));
    }

    #[inline(always)]
    fn wake(&mut self, header: &'static Header, waiters: Waiters) {
        if waiters == Waiters::Wake {
            self.wake_waiters(header);
        }
    }

    #[cold]
    fn wake_waiters(&mut self, header: &'static Header) {
        resume::on_worker(self.worker(), header.credit.take_waiters());
        // SAFETY: the turn owns the actor.
        let wakers = outside::grant(header, unsafe { header.kind() });
        for waker in wakers {
            // A foreign executor's code: it must not take the worker down.
            contained(|| waker.wake());
        }
    }
}

/// The functions of actors of type `A`.
pub(super) struct Tables<A>(PhantomData<A>);

impl<A: Actor> Tables<A> {
    pub(super) const TABLE: &'static Table = &Table {
        type_name: std::any::type_name::<A>,
        class: seat::class::<A>(),
        turn: turn::<A>,
        discard: discard::<A::Msg>,
        drop_state: seat::drop_of::<A>(),
    };
}

/// # Safety
/// The envelope is the caller's and holds an `M`.
unsafe fn discard<M>(envelope: NonNull<Envelope>) {
    // SAFETY: by the caller's promise. The block is freed before the message is dropped, as that may panic.
    unsafe {
        let message = Packing::<M>::open(envelope);
        stock::free_plain::<M>(envelope);
        drop(message);
    }
}
