//! A turn: one activation of an actor on a worker. What happens when is the mailbox floor's ([`protocol`]); here are the
//! actor's functions that it calls, and what a worker does with its answer.

use super::behavior::{Actor, Context, Directive};
use super::ending;
use super::exit::{Failure, Report};
use super::ext::Ext;
use super::fault::Fault;
use super::kin::{ERRANDS, Kin};
use super::opening::{free_tagged, open_tagged};
use super::parcel::Packing;
use super::{outside, pressing, resume, retire, seat, sorted};
use crate::cell::arena::{self, Lookup};
use crate::cell::header::{CellPtr, Header, Limits};
use crate::mailbox::credit::{self, CellNumber, Mute};
use crate::mailbox::drain::Drain;
use crate::mailbox::envelope::Envelope;
use crate::mailbox::overflow::Overflow;
use crate::mailbox::pressure::Step;
use crate::mailbox::queue::Mailbox;
use crate::mailbox::tenant::{Death, Halt, Heeded, NextSorted, Onward, Place, Tenant, Verdict, Wish};
use crate::mailbox::turn as protocol;
use crate::panics::{caught, contained};
use crate::scheduler::upsets::Aftermath;
use crate::scheduler::worker::Worker;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// A turn that has sent so many messages is over, where it looks: those to whom it has sent come next, while what they are sent is still
/// in the cache.
const SENDS: u64 = 256;

/// Runs one turn; the `turn` of a kind's table.
///
/// # Safety
/// `worker` is the worker of this thread, and `cell` has a tenant of type `A` that the caller owns.
pub(super) unsafe fn turn<A: Actor>(worker: NonNull<()>, cell: CellPtr) {
    // SAFETY: the caller's promise, handed on.
    unsafe { run::<A>(worker, cell, Plainly) };
}

/// How a turn goes about its messages. A trait and no closures, as these would not become part of the turn.
pub(super) trait Manner<A: Actor> {
    /// How many messages it handles, of a batch of so many.
    fn budget(&self, batch: u32) -> u32;

    /// [`protocol::stretch`], for this context.
    ///
    /// # Safety
    /// As there.
    unsafe fn stretch(
        &self,
        cx: &mut Context<'_, A>,
        mailbox: &Mailbox,
        drain: &mut Drain,
        left: &mut u32,
    ) -> Halt<Fault>;
}

/// As the engine does.
struct Plainly;

impl<A: Actor> Manner<A> for Plainly {
    #[inline(always)]
    fn budget(&self, batch: u32) -> u32 {
        batch
    }

    #[inline(always)]
    unsafe fn stretch(
        &self,
        cx: &mut Context<'_, A>,
        mailbox: &Mailbox,
        drain: &mut Drain,
        left: &mut u32,
    ) -> Halt<Fault> {
        // SAFETY: the caller's promise, handed on.
        unsafe { protocol::stretch(cx, mailbox, drain, left) }
    }
}

/// A turn in this manner.
///
/// # Safety
/// As for [`turn`].
#[inline(always)]
pub(super) unsafe fn run<A: Actor>(worker: NonNull<()>, cell: CellPtr, manner: impl Manner<A>) {
    let worker: NonNull<Worker> = worker.cast();
    // SAFETY: by the caller's promise; cells are never unmapped.
    let header: &'static Header = unsafe { &*cell.as_ptr() };
    header.credit.resumed();
    let mut cx: Context<'_, A> =
        Context { worker, cell, wish: Wish::NOTHING, sorted: false, sent: 0, lifetime: PhantomData };
    cx.sent = cx.sent();
    cx.sorted = cx.limits().sorted;
    let mut drain = Drain::new();
    let mut left = manner.budget(cx.limits().batch);
    loop {
        // SAFETY: the caller's promise, handed on.
        let run = caught(|| unsafe { manner.stretch(&mut cx, &header.mailbox, &mut drain, &mut left) });
        let go_on = match run.unwrap_or_else(|payload| Halt::Failed(Fault::from_panic(payload))) {
            Halt::Gone => false,
            // SAFETY: in every other case the turn still owns the actor.
            halt => unsafe { attend(&mut cx, header, &mut drain, halt, left) },
        };
        if !go_on {
            return;
        }
    }
}

/// The same for an actor whose turns are noted; the `noted_turn` of a kind's table.
///
/// # Safety
/// As for [`turn`].
pub(super) unsafe fn noted_turn<A: Actor>(worker: NonNull<()>, cell: CellPtr) {
    // SAFETY: the caller's promise, handed on.
    unsafe { retire::note_turn(worker, cell, turn::<A>) };
}

/// Takes the message out of its envelope, counts it as handled, and gives it to `to`; nothing where there is none for a handler.
///
/// # Safety
/// As for [`Tenant::handle`].
#[inline(always)]
pub(super) unsafe fn deliver<A: Actor>(
    cx: &mut Context<'_, A>,
    envelope: NonNull<Envelope>,
    place: Place,
    tagged: bool,
    to: impl FnOnce(A::Msg, &mut Context<'_, A>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    // SAFETY: the caller's promise.
    let message = unsafe {
        // One way into user code, so that the handler can become part of the turn.
        if tagged {
            let Some(message) = open_tagged(cx, envelope, place) else { return Ok(()) };
            message
        } else {
            let message = Packing::<A::Msg>::open(envelope);
            if place == Place::Taken {
                Packing::<A::Msg>::free(&mut cx.worker().pool, envelope);
            }
            cx.worker().counters().handled.add(1);
            message
        }
    };
    to(message, cx)
}

/// Does what the end of a stretch asks for. True if the turn goes on.
///
/// # Safety
/// As for [`turn`].
#[inline(never)]
pub(super) unsafe fn attend<A: Actor>(
    cx: &mut Context<'_, A>,
    header: &'static Header,
    drain: &mut Drain,
    halt: Halt<Fault>,
    left: u32,
) -> bool {
    if matches!(halt, Halt::Ended) {
        // It has stopped itself and nothing waits, and its messages are not sorted: the short way.
        if !cx.is_vacant() {
            cx.last_hook(Aftermath::Ends);
        }
        // SAFETY: the turn owns the actor and does not use it again.
        unsafe { ending::end(cx.worker, cx.cell, Death::Empty) };
        return false;
    }
    if cx.sorted {
        // SAFETY: the turn owns the actor.
        unsafe { sorted::interrupted(cx.cell, drain) };
    }
    // SAFETY: the turn owns the actor and its cursor.
    let mut onward = unsafe { protocol::attend(cx, &header.mailbox, &header.control, drain, halt, left) };
    if onward == Onward::End(Death::Stopped) && last_hook(cx, header) == Last::Stays {
        // SAFETY: as above; the mailbox is closed, and has not ended.
        onward = unsafe { protocol::stay(cx, &header.mailbox, &header.control, drain, left) };
    }
    match onward {
        Onward::GoOn if retire::ends_unnoted(cx) => cx.worker().reschedule(cx.cell),
        Onward::GoOn => return true,
        Onward::Left | Onward::Suspended => {}
        Onward::Reschedule => cx.worker().reschedule(cx.cell),
        // SAFETY: settled; the context is not used for the actor again.
        Onward::Mute(target) => unsafe { mute(cx.worker(), cx.cell, target) },
        // SAFETY: the turn owns the actor and does not use it again.
        Onward::End(death) => unsafe { ending::end(cx.worker, cx.cell, death) },
    }
    false
}

/// Suspends the actor until `target` has drained.
///
/// # Safety
/// The caller owns the actor, has settled its cursor, and does not use it again.
unsafe fn mute(worker: &mut Worker, cell: CellPtr, target: CellNumber) {
    worker.counters().muted.add(1);
    // Before it is published; the owner's, as the rest.
    // SAFETY: by the caller's promise.
    Ext::of_or_new(unsafe { cell.as_ref() }).muted_since.set(worker.shared.clock.now().max(1));
    // SAFETY: waiters and targets are cells; this worker has been online since the send.
    let low = unsafe { arena::cell(target).as_ref().kind() }.limits.low_mark();
    match credit::mute(&Lookup, arena::number(cell), target, low) {
        Mute::Held => {}
        Mute::Withdrawn(list) => resume::on_worker(worker, list),
    }
}

/// What becomes of an actor whose last hook has run.
#[derive(PartialEq, Eq)]
enum Last {
    Ends,
    /// The hook holds it.
    Stays,
}

/// Runs the hook of an actor that ends in good order. Its cursor is settled, and its mailbox closed.
#[inline(never)]
fn last_hook<A: Actor>(cx: &mut Context<'_, A>, header: &Header) -> Last {
    if cx.is_vacant() {
        return Last::Ends;
    }
    cx.last_hook(Aftermath::Ends);
    if header.control.stays() { Last::Stays } else { Last::Ends }
}

impl<A: Actor> Context<'_, A> {
    /// What this thread's handlers have sent so far.
    #[inline(always)]
    fn sent(&self) -> u64 {
        // SAFETY: the worker of this thread.
        unsafe { self.worker.as_ref() }.counters().accepted.get()
    }

    /// While an actor does not drain, its mailbox is as one that fails: nobody shall be suspended on it.
    fn change_limits(&mut self, away: bool) {
        // SAFETY: the turn owns the actor.
        let header = unsafe { self.cell.as_ref() };
        // SAFETY: as above.
        let kind = unsafe { header.kind() };
        if kind.limits.overflow == Overflow::Mute && kind.limits.away != away {
            let limits = Limits { away, ..kind.limits }.settled();
            header.change_kind(self.worker().shared.kind(kind.table, limits));
        }
    }
}

/// A context is made by [`turn`], which owns the actor: that is what makes the state in the cell this tenant's.
impl<A: Actor> Tenant for Context<'_, A> {
    type Fault = Fault;

    #[inline(always)]
    fn is_sorted(&self) -> bool {
        self.sorted
    }

    unsafe fn next_sorted(
        &mut self,
        mailbox: &Mailbox,
        drain: &mut Drain,
        left: &mut u32,
    ) -> NextSorted<Fault> {
        // SAFETY: the caller's promise, handed on.
        unsafe { sorted::next(self, self.cell, mailbox, drain, left) }
    }

    fn begin(&mut self) -> Result<(), Fault> {
        // SAFETY: the turn owns the actor.
        unsafe { seat::state::<A>(self.cell).as_mut().started(self) }
    }

    #[inline(always)]
    unsafe fn handle(
        &mut self,
        envelope: NonNull<Envelope>,
        place: Place,
        tagged: bool,
    ) -> Result<(), Fault> {
        let cell = self.cell;
        // SAFETY: by the caller's promise; the turn owns the actor.
        unsafe {
            deliver(self, envelope, place, tagged, |message, cx| {
                seat::state::<A>(cell).as_mut().handle(message, cx)
            })
        }
    }

    #[inline(always)]
    unsafe fn free(&mut self, envelope: NonNull<Envelope>) {
        // SAFETY: by the caller's promise; the tag was not changed since it was sent.
        unsafe {
            if Envelope::tag(envelope) == 0 {
                Packing::<A::Msg>::free(&mut self.worker().pool, envelope);
            } else {
                free_tagged::<A>(self.worker(), envelope);
            }
        }
    }

    #[inline(always)]
    fn wish(&mut self) -> &mut Wish {
        &mut self.wish
    }

    #[inline(always)]
    fn low(&self) -> u32 {
        // SAFETY: the turn owns the actor.
        self.limits().low_mark().with(unsafe { self.cell.as_ref() }.kept())
    }

    #[inline(always)]
    fn step(&self) -> u32 {
        self.limits().step
    }

    #[inline(always)]
    fn has_sent_much(&self) -> bool {
        self.sent() - self.sent >= SENDS
    }

    #[cold]
    fn wake(&mut self) {
        // SAFETY: the turn owns the actor.
        let header = unsafe { self.cell.as_ref() };
        let waiters = credit::wake(&Lookup, arena::number(self.cell), self.limits().low_mark());
        resume::on_worker(self.worker(), waiters);
        // SAFETY: as above.
        let wakers = outside::grant(header, unsafe { header.kind() });
        for waker in wakers {
            // A foreign executor's code: it must not take the worker down.
            contained(|| waker.wake());
        }
        if Ext::of(header).is_some_and(|ext| ext.pressing.get().is_some()) {
            pressing::turn(self.raw(), Step::Fall);
        }
    }

    #[cold]
    fn away(&mut self) {
        self.change_limits(true);
        // SAFETY: the turn owns the actor.
        let waiters = unsafe { self.cell.as_ref() }.credit.take_waiters();
        resume::on_worker(self.worker(), waiters);
    }

    #[cold]
    fn back(&mut self) {
        self.change_limits(false);
    }

    #[cold]
    fn settled(&mut self) {
        self.end_tracked();
        self.grant_due();
        self.return_unstashed();
    }

    #[cold]
    fn admit(&mut self) {
        self.admit_notices();
    }

    #[cold]
    fn failed(&mut self, fault: Fault) -> Verdict {
        self.worker().counters().faults.add(1);
        #[cfg(feature = "sim")]
        self.tell_director(&fault);
        if self.fail_tracked(&fault) {
            // Tried again, before anybody is asked.
            self.tell_of_fault(&fault, Aftermath::Retries);
            contained(|| drop(fault));
            return Verdict::GoOn;
        }
        let goes_on = !self.is_vacant() && self.ask_directive(&fault) == Directive::Resume;
        let verdict = match self.kin() {
            _ if goes_on => {
                self.report_start();
                Verdict::GoOn
            }
            None => Verdict::End,
            Some(kin) => {
                let failure = Failure::of(&fault, std::any::type_name::<A>());
                // SAFETY: the turn owns the actor; the borrow ends before user code runs.
                let own = unsafe { kin.own() };
                match own.guard.clone() {
                    Some(guard) => {
                        own.failed = true;
                        own.failure = Some(failure.clone());
                        guard(Report::Failed(failure));
                        Verdict::Hold
                    }
                    None => {
                        own.failure = Some(failure);
                        Verdict::End
                    }
                }
            }
        };
        self.tell_of_fault(
            &fault,
            match verdict {
                Verdict::GoOn => Aftermath::Resumes,
                Verdict::Hold => Aftermath::Supervised,
                Verdict::End => Aftermath::Ends,
            },
        );
        // An error or a payload is user data, and so is its Drop.
        contained(|| drop(fault));
        verdict
    }

    #[cold]
    fn heed(&mut self) -> Heeded<Fault> {
        let Some(kin) = self.kin() else { return Heeded::Nothing };
        for done in 0..ERRANDS {
            // SAFETY: the turn owns the actor.
            let Some(errand) = (unsafe { kin.next_errand() }) else {
                return if done == 0 { Heeded::Nothing } else { Heeded::Done { more: false } };
            };
            match caught(|| errand(NonNull::from(&mut *self).cast())) {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => return Heeded::Failed(fault),
                Err(payload) => return Heeded::Failed(Fault::from_panic(payload)),
            }
        }
        // SAFETY: the turn owns the actor.
        unsafe { kin.own() }.lets_pass = true;
        Heeded::Done { more: true }
    }

    #[cold]
    fn lets_pass(&mut self) -> bool {
        // SAFETY: the turn owns the actor.
        self.kin().is_some_and(|kin| std::mem::take(&mut unsafe { kin.own() }.lets_pass))
    }

    #[cold]
    fn has_errands(&self) -> bool {
        self.kin().is_some_and(|kin| kin.errands.is_put())
    }
}

impl<A: Actor> Context<'_, A> {
    /// What ties this actor to others, if anything does.
    pub(super) fn kin<'k>(&self) -> Option<&'k Kin> {
        // SAFETY: the turn owns the actor, or has just left it and is online: the cell and its extension are there.
        unsafe { Ext::of(&*self.cell.as_ptr()) }.and_then(Ext::kin)
    }

    /// Whether there is no state in the cell.
    pub(super) fn is_vacant(&self) -> bool {
        // SAFETY: the turn owns the actor.
        self.kin().is_some_and(|kin| unsafe { kin.own() }.vacant)
    }

    /// A hook has failed, and nobody is asked what follows.
    pub(crate) fn count_fault(&self) {
        self.worker().counters().faults.add(1);
    }

    /// Tells its guard, if it has one, that this state has started: once.
    pub(super) fn report_start(&self) {
        let Some(kin) = self.kin() else { return };
        // SAFETY: the turn owns the actor.
        let own = unsafe { kin.own() };
        if let (Some(guard), false) = (own.guard.clone(), std::mem::replace(&mut own.started, true)) {
            guard(Report::Started);
        }
    }
}
