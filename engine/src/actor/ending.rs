//! How an actor ends: told to stop, failed, or swept away with its system.

use super::address::Address;
use super::ask;
use super::ext::Ext;
use super::farewell::{Farewell, Way};
use super::link::Link;
use super::order::order;
use super::outside;
use super::parcel::{Barrier, Packing, Record, Take};
use super::post::{Raw, at_tenant};
use super::{pressing, resume};
use crate::cell::arena::{self, CellPool};
use crate::cell::header::{CellPtr, Header, Kind};
use crate::mailbox::control::Ordered;
use crate::mailbox::credit::CellNumber;
use crate::mailbox::envelope::{
    BARRIER, EXPIRY, Envelope, FINISH, FLUSH, ITEM, NOTICE, OBITUARY, OPEN, REPLY, TRACKED,
};
use crate::mailbox::latest::Latest;
use crate::mailbox::overflow::Overflow;
use crate::mailbox::pressure::Step;
use crate::mailbox::tenant::Death;
use crate::panics::contained;
use crate::scheduler::drops::{DeadCause, Letter};
use crate::scheduler::shared::Shared;
use crate::scheduler::stats::Counters;
use crate::scheduler::worker::Worker;
use crate::sync::{Arc, Mutant, mutant};
use std::ptr::NonNull;

/// What became of a wish to stop an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Stopping {
    /// It has been told.
    Told,
    /// It had been told before, or has ended.
    Already,
}

impl<M: Send + 'static> Address<M> {
    /// Tells the actor to stop once it has handled what is in its mailbox. Nothing more is accepted from here on. Lifts a
    /// suspension.
    ///
    /// Does not wait for its end: [`StopAll`](crate::StopAll) does, of one as of many, and in a handler
    /// [`Context::watch`](crate::Context::watch) tells of it.
    pub fn stop(self) -> Stopping {
        stop(self.raw)
    }

    /// Tells the actor to stop after the message it is in, leaving the rest as dead letters.
    pub fn stop_now(self) -> Stopping {
        order(self.raw, |control, mailbox| control.end_now(mailbox, false)).into()
    }

    /// As [`Address::stop_now`], and its [`stopped`](crate::Actor::stopped) does not run.
    pub fn kill(self) -> Stopping {
        order(self.raw, |control, mailbox| match () {
            // Who is held would not end by it.
            () if mutant(Mutant::KillDrains) && !control.is_held() => control.stop(mailbox),
            () => control.end_now(mailbox, true),
        })
        .into()
    }

    /// Suspends the actor after the message it is in: it handles nothing more until it is [resumed](Address::resume), stopped
    /// or killed. What is sent to it waits in its mailbox, in order, up to the capacity; beyond that a send is refused as
    /// full, and nobody is suspended on it. No full mailbox holds the order up, and it takes no place in one.
    ///
    /// False if it is suspended already, is stopping, or has ended.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Context, Fault, System};
    ///
    /// struct Counter(u64);
    ///
    /// impl Actor for Counter {
    ///     type Msg = u64;
    ///     fn handle(&mut self, n: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         self.0 += n;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut inline = System::builder().inline();
    /// let counter = inline.spawn(Counter(0));
    /// assert!(counter.suspend());
    /// counter.try_send(1_u64)?;
    /// inline.run_until_idle();
    /// assert_eq!(inline.system().ledger().queued, 1);
    /// assert!(counter.resume());
    /// inline.run_until_idle();
    /// assert_eq!(inline.system().ledger().handled, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn suspend(self) -> bool {
        if mutant(Mutant::SuspendIgnored) {
            return true;
        }
        order(self.raw, |control, mailbox| control.suspend(mailbox)) != Ordered::Already
    }

    /// Lifts a suspension, however often it was ordered. False if there is none.
    pub fn resume(self) -> bool {
        order(self.raw, |control, mailbox| control.resume(mailbox)) != Ordered::Already
    }
}

impl From<Ordered> for Stopping {
    fn from(ordered: Ordered) -> Self {
        if ordered == Ordered::Already { Stopping::Already } else { Stopping::Told }
    }
}

/// Stops the actor with this number and generation after draining.
pub(crate) fn stop_raw(number: CellNumber, generation: u32) {
    let _: Stopping = stop(Raw::new(number, generation));
}

/// The same for several.
pub(crate) fn stop_each(all: Vec<(CellNumber, u32)>) {
    all.into_iter().for_each(|(number, generation)| stop_raw(number, generation));
}

fn stop(to: Raw) -> Stopping {
    if mutant(Mutant::StopHasty) {
        return order(to, |control, mailbox| control.end_now(mailbox, false)).into();
    }
    order(to, |control, mailbox| control.stop(mailbox)).into()
}

/// Ends a tenancy: dead letters, asks, state, waiters, slot.
///
/// # Safety
/// The caller is the turn that owns `cell`, on the thread of `worker`; its cursor is settled and its context is not
/// used again.
pub(super) unsafe fn end(worker: NonNull<Worker>, cell: CellPtr, death: Death) {
    // SAFETY: the worker of this thread; each borrow ends before user code runs.
    let counters = unsafe { worker.as_ref() }.counters();
    // SAFETY: the owner may look at its cell.
    let header = unsafe { cell.as_ref() };
    // SAFETY: the caller is the owner.
    let way = unsafe { Way::of(death, header.kind()) };
    if death != Death::Empty {
        // SAFETY: as above.
        let dead = unsafe { bury(cell, counters, way.cause()) };
        way.dead(counters).add(dead);
    }
    // One look is enough, now that the mailbox has ended: who makes an extension later finds that it has.
    match Ext::of(header) {
        // SAFETY: the mailbox has ended, no turn runs any more, and what the rest asks for is the caller's promise.
        None => unsafe {
            drop_state(cell, counters);
            vacate(worker, cell);
        },
        // SAFETY: as above.
        Some(ext) => unsafe { end_with(worker, cell, way, ext) },
    }
}

/// The same for an actor with an extension; its mailbox has ended.
///
/// # Safety
/// As for [`end`].
#[inline(never)]
unsafe fn end_with(worker: NonNull<Worker>, cell: CellPtr, way: Way, ext: &Ext) {
    // SAFETY: the worker of this thread; each borrow ends before user code runs.
    let counters = unsafe { worker.as_ref() }.counters();
    // SAFETY: the owner may look at its cell.
    let header = unsafe { cell.as_ref() };
    // SAFETY: the caller is the owner.
    let dead = unsafe { bury_beside(header, ext, counters, way.cause()) };
    way.dead(counters).add(dead);
    // SAFETY: the mailbox has ended, and no turn runs any more.
    let farewell = unsafe { clear(cell, ext, way, counters) };
    outside::dismiss(ext);
    if ext.pressing.get().is_some() {
        // Whoever holds back for it need not any more.
        pressing::turn(Raw::new(arena::number(cell), header.generation()), Step::Fall);
    }
    // SAFETY: by the caller's promise; nothing of the tenant is left.
    unsafe { vacate(worker, cell) };
    if let Some(farewell) = farewell {
        farewell.tell();
    }
}

/// Gives up the slot of an actor of which nothing is left; who is muted on it goes on.
///
/// # Safety
/// As for [`end`]; the tenant has ended as [`CellPool::retire`] demands.
#[inline(always)]
unsafe fn vacate(worker: NonNull<Worker>, cell: CellPtr) {
    // SAFETY: the owner may look at its cell, which has a tenant until `retire`.
    let (header, kind) = unsafe { (cell.as_ref(), cell.as_ref().kind()) };
    // SAFETY: the worker of this thread; no user code runs in this borrow.
    let worker = unsafe { &mut *worker.as_ptr() };
    if !mutant(Mutant::EndOverWaiters) {
        resume::on_worker(worker, header.credit.take_last_waiters());
    }
    worker.counters().stopped.publish(1);
    // SAFETY: by the caller's promise.
    unsafe { worker.cells.retire(cell, kind.table.class) };
}

/// Drops the state of an actor. Runs user code.
///
/// # Safety
/// The caller owns the actor, in whose cell there is a state that nothing uses again.
#[inline(always)]
unsafe fn drop_state(cell: CellPtr, counters: &Counters) {
    if mutant(Mutant::StateKept) {
        return;
    }
    // SAFETY: the owner may look at its cell.
    if let Some(drop_state) = unsafe { cell.as_ref().kind() }.table.drop_state
        // SAFETY: by the caller's promise.
        && !contained(|| unsafe { drop_state(cell) })
    {
        counters.faults.add_shared(1);
    }
}

/// Ends the mailbox; gives the number of messages that nobody handled. Who watches dead letters is told of each, unless there is no
/// cause, as everybody ends.
///
/// # Safety
/// The caller owns the actor.
unsafe fn bury(cell: CellPtr, counters: &Counters, cause: Option<DeadCause>) -> u64 {
    // SAFETY: the owner may look at its cell.
    let (header, kind) = unsafe { (cell.as_ref(), cell.as_ref().kind()) };
    // SAFETY: the caller is the owner.
    let mut rest = unsafe { header.mailbox.end() };
    let mut dead = 0;
    if kind.limits.sorted {
        let ext = Ext::of_or_new(header);
        if kind.limits.overflow == Overflow::DropOldestExact {
            // Also if it never had a turn: who found the word open must find the line, and find it closed.
            let _: &Latest = ext.latest(&kind.limits);
        }
        // SAFETY: as above.
        let lanes = unsafe { ext.take_lanes() };
        let line = ext.line().map(Latest::end).unwrap_or_default();
        for envelope in lanes.into_iter().flat_map(|mut lanes| lanes.drain().collect::<Vec<_>>()).chain(line)
        {
            // SAFETY: taken out, so they are ours.
            dead += unsafe { discard(header, kind, envelope, counters, cause) };
        }
    }
    while let Some(envelope) = rest.pop() {
        // SAFETY: the chain is ours.
        dead += unsafe { discard(header, kind, envelope, counters, cause) };
    }
    dead
}

/// Ends what lies beside the mailbox, the stash and the list of notices; gives the number of messages in them.
///
/// # Safety
/// The caller owns the actor, whose extension this is, and has ended its mailbox.
unsafe fn bury_beside(header: &Header, ext: &Ext, counters: &Counters, cause: Option<DeadCause>) -> u64 {
    let mut dead = 0;
    // SAFETY: by the caller's promise.
    if let Some(mut stash) = unsafe { ext.take_stash() } {
        counters.unstashed.add_shared(u64::from(stash.len()));
        dead += u64::from(stash.apart());
        for envelope in stash.drain(ext.kept()) {
            // SAFETY: taken out, so it is ours; the tenant has a kind until it is retired.
            dead += unsafe { discard(header, header.kind(), envelope, counters, cause) };
        }
    }
    // SAFETY: by the caller's promise.
    let mut told = unsafe { ext.notices.end() };
    while let Some(envelope) = told.pop() {
        counters.admitted.add_shared(1);
        // SAFETY: off our own line; the tenant has a kind until it is retired.
        dead += unsafe { discard(header, header.kind(), envelope, counters, cause) };
    }
    dead
}

/// Drops everything an actor with an extension has; gives those who are to hear of its end, if there are any.
///
/// # Safety
/// The caller owns the actor, whose extension this is, has ended its mailbox and unlisted what was in it, and no turn of it runs
/// any more.
unsafe fn clear(cell: CellPtr, ext: &Ext, way: Way, counters: &Counters) -> Option<Farewell> {
    let mut farewell = None;
    let mut seated = true;
    // SAFETY: by the caller's promise.
    counters.faults.add_shared(unsafe { ask::abandon_all(ext) });
    // SAFETY: as above.
    let links = ext.links.with_mut(|links| unsafe { std::mem::take(&mut *links) });
    links.iter().for_each(Link::abandon);
    // SAFETY: as above. Now, and not with the extension: a link holds its producer's user code.
    drop(ext.due.with_mut(|due| unsafe { std::mem::take(&mut *due) }));
    let kin = ext.kin();
    if let Some(kin) = kin {
        // SAFETY: as above; the borrow ends before user code runs.
        let own = unsafe { kin.own() };
        seated = !own.vacant;
        let exit = way.exit(own.failure.take());
        let (wards, watching) = (std::mem::take(&mut own.wards), own.watching.take());
        // Its guard hears of the end as an onlooker.
        let guard = own.guard.take();
        contained(|| drop(guard));
        // SAFETY: as above.
        let errands = unsafe { kin.end_errands() };
        farewell = Some(Farewell { exit, onlookers: Vec::new(), wards, watching, errands });
    }
    if seated {
        // SAFETY: the state is the owner's, and nothing uses it again.
        unsafe { drop_state(cell, counters) };
    }
    if let (Some(farewell), Some(kin)) = (&mut farewell, kin) {
        // Not before: whoever finds the list closed is told at once.
        farewell.onlookers = kin.end().collect();
    }
    farewell
}

/// Drops what an envelope holds, and tells of it if there is a cause; says whether it was a message.
///
/// # Safety
/// The envelope came out of `header`'s mailbox and is the caller's.
unsafe fn discard(
    header: &Header,
    kind: &Kind,
    envelope: NonNull<Envelope>,
    counters: &Counters,
    cause: Option<DeadCause>,
) -> u64 {
    // SAFETY: the envelope is the caller's.
    let tag = unsafe { Envelope::tag(envelope) };
    let dropped = contained(|| {
        // SAFETY: each kind of envelope is dropped as it was made.
        unsafe {
            match tag {
                REPLY | NOTICE => {
                    let record = Record::of(envelope);
                    ask::unlist(Ext::of(header), record);
                    let take = (*record.as_ptr()).take;
                    let _freed = FreeAfter(envelope);
                    take(record, Take::Drop);
                }
                ITEM => (kind.table.discard_item)(envelope),
                TRACKED => (kind.table.discard_tracked)(envelope),
                OPEN => {
                    // Never listed: its producer hears from nobody else that nothing will come.
                    let link = Packing::<Arc<Link>>::open(envelope);
                    let _freed = FreeAfter(envelope);
                    link.abandon();
                }
                EXPIRY | FLUSH | FINISH => super::stock::free_plain::<()>(envelope),
                BARRIER => super::stock::discard::<Barrier>(envelope),
                _ => (kind.table.discard)(envelope),
            }
        }
    });
    if !dropped {
        counters.faults.add_shared(1);
    }
    let news = matches!(tag, EXPIRY | FLUSH | OPEN | FINISH);
    counters.news_done.add_shared(u64::from(news));
    if let (Some(cause), false) = (cause, news) {
        // SAFETY: the caller is the owner of an actor of this kind.
        unsafe { tell_dead(header, kind, tag, cause) };
    }
    u64::from(!news)
}

/// Tells of a dead letter, if anybody watches them; not of news of one. Runs user code.
///
/// # Safety
/// The caller owns the actor, which is of this kind.
pub(super) unsafe fn tell_dead(header: &Header, kind: &Kind, tag: usize, cause: DeadCause) {
    // SAFETY: by the caller's promise.
    let shared = unsafe { Shared::of(kind) };
    if tag != OBITUARY && shared.dead.is_watched() {
        tell_of(header, kind, shared, tag, cause);
    }
}

#[cold]
fn tell_of(header: &Header, kind: &Kind, shared: &Shared, tag: usize, cause: DeadCause) {
    let message = if tag == BARRIER { std::any::type_name::<Barrier>() } else { (kind.table.message_name)() };
    let receiver = Raw::new(arena::number(NonNull::from(header)), header.generation()).0.get();
    shared.dead.watchers().tell(Letter { receiver, actor: (kind.table.type_name)(), message, cause });
}

/// Frees a block also when dropping its contents panics.
pub(super) struct FreeAfter(pub(super) NonNull<Envelope>);

impl Drop for FreeAfter {
    fn drop(&mut self) {
        // SAFETY: made where the block is ours and its contents are on their way out.
        unsafe { super::stock::free_tagged(self.0) };
    }
}

/// Has an actor of a system that comes down handle and accept nothing more. Who gets the actor by that leaves it to the sweep.
pub(crate) fn break_off(number: CellNumber, generation: u32) {
    at_tenant(Raw::new(number, generation), |header, _| {
        let _: Ordered = header.control.end_now(&header.mailbox, true);
    });
}

/// Ends a tenancy whose system is gone: no hook runs, nobody is scheduled.
///
/// # Safety
/// No worker of the system runs any more, the caller alone ends its actors, and `cell` has a tenant.
pub(crate) unsafe fn abort(cell: CellPtr, shared: &Shared, pool: &mut CellPool) {
    let counters = shared.outside();
    // SAFETY: with the workers gone the caller owns every actor.
    let header = unsafe { cell.as_ref() };
    // SAFETY: as above.
    let mut dead = unsafe { bury(cell, counters, None) };
    let farewell = match Ext::of(header) {
        // SAFETY: the mailbox has ended, and no turn runs any more.
        None => unsafe {
            drop_state(cell, counters);
            None
        },
        // SAFETY: as above.
        Some(ext) => unsafe {
            dead += bury_beside(header, ext, counters, None);
            let farewell = clear(cell, ext, Way::Aborted, counters);
            outside::dismiss(ext);
            farewell
        },
    };
    counters.dead_aborted.add_shared(dead);
    // Whoever waited for this actor is ended in the same sweep.
    drop(header.credit.take_waiters());
    counters.stopped.publish_shared(1);
    // SAFETY: the tenant has ended as `retire` demands; it has a kind until then.
    unsafe { pool.retire(cell, header.kind().table.class) };
    // Those it guarded are swept too; what is left of its watches goes with whom it watched.
    if let Some(farewell) = farewell {
        Farewell { wards: Vec::new(), ..farewell }.tell();
    }
}
