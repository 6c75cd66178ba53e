//! Bringing actors to life.

use super::address::Address;
use super::behavior::{Actor, Context};
use super::ext::{Ext, Pressing};
use super::kin::Onlooker;
use super::link::Item;
use super::options::Options;
use super::post::{self, ActorId, Raw};
use super::seat;
#[cfg(feature = "sim")]
use super::simulated;
use super::tracked::Tracked;
use super::upstream::Upstream;
use super::{own_thread, stock, turn};
use crate::cell::arena::{self, CellPool};
use crate::cell::header::{CellPtr, Kind, Table};
use crate::error::{NoSeat, SpawnError};
use crate::mailbox::overflow::Overflow;
use crate::mailbox::pressure::Pressure;
use crate::mailbox::queue::Pushed;
use crate::scheduler::apart::Turn;
use crate::scheduler::own_thread::OwnThread;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker::{self, Worker};
use crate::sync::Arc;
use std::marker::PhantomData;
use std::ptr::NonNull;

impl<A: Actor> Context<'_, A> {
    /// Spawns an actor with its type's [options](Actor::options). Its address can be used at once; its first turn runs
    /// `started` before any message. About 20 ns and, for up to 16 bytes of state, 64 bytes.
    ///
    /// # Panics
    /// When no memory or address range is left; [`Context::try_spawn`] gives the actor back instead.
    #[inline]
    pub fn spawn<B: Actor>(&mut self, actor: B) -> Address<B::Msg> {
        self.try_spawn(actor, &B::options()).unwrap_or_else(|refused| panic!("{refused}"))
    }

    /// Spawns an actor with these options.
    ///
    /// # Errors
    /// [`SpawnError`] with the actor when no memory or address range is left.
    #[inline]
    pub fn try_spawn<B: Actor>(
        &mut self,
        actor: B,
        options: &Options,
    ) -> Result<Address<B::Msg>, SpawnError<B>> {
        let (cell, raw) = seated(self.worker(), actor, options)?;
        self.worker().reschedule(cell);
        Ok(Address::new(raw))
    }

    /// As [`Context::try_spawn`]; `onlooker` hears of its end with the reason, however soon that comes.
    pub(crate) fn try_spawn_seen<B: Actor>(
        &mut self,
        actor: B,
        options: &Options,
        onlooker: Onlooker,
    ) -> Result<Address<B::Msg>, SpawnError<B>> {
        let (cell, raw) = seated(self.worker(), actor, options)?;
        look_on_fresh(cell, onlooker);
        self.worker().reschedule(cell);
        Ok(Address::new(raw))
    }
}

/// Spawns on the worker whose thread this is, if it is one of the system of the actor `by`, which has not ended.
///
/// No other place is sound: from outside, only who holds the `System` keeps it from coming down and being swept meanwhile, and an
/// actor that is seated after the sweep would point to what is gone. A worker is waited for before the sweep. That its system is the
/// one of `by`, and no later one at the same place, is known because `by` lives.
///
/// # Errors
/// With the actor, also if this is not such a worker.
pub(crate) fn beside<M, B: Actor>(
    by: Address<M>,
    actor: B,
    options: &Options,
) -> Result<Address<B::Msg>, SpawnError<B>> {
    let Some(mut worker) = worker::current() else { return Err(SpawnError::elsewhere(actor)) };
    // SAFETY: the current worker of this thread; `home` is never written after it was made.
    let here = unsafe { worker.as_ref() }.home;
    if post::at_tenant(by.raw, |_, kind| kind.home == here) != Some(true) {
        return Err(SpawnError::elsewhere(actor));
    }
    // SAFETY: the current worker of this thread, which nobody borrows while user code runs; the borrow ends with this call, which
    // runs none.
    let worker = unsafe { worker.as_mut() };
    let (cell, raw) = seated(worker, actor, options)?;
    worker.reschedule(cell);
    Ok(Address::new(raw))
}

/// Puts an onlooker on the list of an actor that the caller owns, and has not scheduled yet: it cannot have ended.
fn look_on_fresh(cell: CellPtr, onlooker: Onlooker) {
    // SAFETY: the caller owns the actor, which nobody else knows yet.
    let kin = Ext::of_or_new(unsafe { cell.as_ref() }).kin_or_new();
    let listed = kin.watch(onlooker);
    debug_assert!(listed.is_ok(), "a fresh actor has not ended");
}

/// Spawns an actor that the caller owns, and must schedule.
#[inline(always)]
pub(super) fn seated<B: Actor>(
    worker: &mut Worker,
    actor: B,
    options: &Options,
) -> Result<(CellPtr, Raw), SpawnError<B>> {
    if options.own_thread {
        return seated_apart(worker, actor, options);
    }
    let kind = worker.kind(Tables::<B>::TABLE, &options.limits);
    let (cell, raw) = settle(&mut worker.cells, kind, actor)?;
    worker.counters().spawned.add(1);
    equip(cell, raw, options);
    Ok((cell, raw))
}

/// The same, with a thread of its own.
#[cold]
fn seated_apart<B: Actor>(
    worker: &mut Worker,
    actor: B,
    options: &Options,
) -> Result<(CellPtr, Raw), SpawnError<B>> {
    let own = match thread_for::<B>(&worker.shared, options) {
        Ok(own) => own,
        Err(why) => return Err(SpawnError::new(actor, why)),
    };
    let kind = worker.kind(table_of::<B>(own.as_ref()), &options.limits);
    let settled = settle(&mut worker.cells, kind, actor);
    match settled {
        Ok((cell, raw)) => {
            worker.counters().spawned.add(1);
            equip(cell, raw, options);
            if let Some(own) = own {
                give_thread(cell, own);
            }
            Ok((cell, raw))
        }
        Err(refused) => {
            if let Some(own) = own {
                own.dismiss();
            }
            Err(refused)
        }
    }
}

/// Starts a thread for an actor that shall have one, unless its system has none.
fn thread_for<B: Actor>(shared: &Shared, options: &Options) -> Result<Option<Arc<OwnThread>>, NoSeat> {
    if !options.own_thread || !shared.threaded {
        return Ok(None);
    }
    // Its turns are noted, as it does not see when its actor begins to want that.
    let started = own_thread::start(shared, std::any::type_name::<B>(), turn::noted_turn::<B>);
    started.map(Some).map_err(|error| NoSeat::Thread(error.kind()))
}

fn table_of<B: Actor>(own: Option<&Arc<OwnThread>>) -> &'static Table {
    if own.is_some() { Tables::<B>::APART } else { Tables::<B>::TABLE }
}

/// Writes down on which thread a fresh actor runs.
fn give_thread(cell: CellPtr, own: Arc<OwnThread>) {
    // SAFETY: the caller owns the actor, which nobody else knows yet.
    let unset = Ext::of_or_new(unsafe { cell.as_ref() }).own_thread.set(own);
    debug_assert!(unset.is_ok(), "a fresh actor has no thread");
}

/// Spawns from a thread outside.
pub(crate) fn from_outside<B: Actor>(
    shared: &Shared,
    actor: B,
    options: &Options,
) -> Result<Address<B::Msg>, SpawnError<B>> {
    prepared_from_outside(shared, actor, options, |_| ())
}

/// As [`from_outside`]; `onlooker` hears of its end with the reason, however soon that comes.
pub(crate) fn seen_from_outside<B: Actor>(
    shared: &Shared,
    actor: B,
    options: &Options,
    onlooker: Onlooker,
) -> Result<Address<B::Msg>, SpawnError<B>> {
    prepared_from_outside(shared, actor, options, |cell| look_on_fresh(cell, onlooker))
}

/// What is to be done before it can run is done to its cell by `prepare`.
fn prepared_from_outside<B: Actor>(
    shared: &Shared,
    actor: B,
    options: &Options,
    prepare: impl FnOnce(CellPtr),
) -> Result<Address<B::Msg>, SpawnError<B>> {
    shared.assert_not_over();
    // First, as what fails after it is easily undone.
    let own = match thread_for::<B>(shared, options) {
        Ok(own) => own,
        Err(why) => return Err(SpawnError::new(actor, why)),
    };
    let spawned = seat_outside(shared, actor, options, own.as_ref(), prepare);
    if let (Err(_), Some(own)) = (&spawned, own) {
        own.dismiss();
    }
    spawned
}

/// Seats an actor as a thread outside, and makes it runnable.
fn seat_outside<B: Actor>(
    shared: &Shared,
    actor: B,
    options: &Options,
    own: Option<&Arc<OwnThread>>,
    prepare: impl FnOnce(CellPtr),
) -> Result<Address<B::Msg>, SpawnError<B>> {
    let kind = shared.kind(table_of::<B>(own), options.limits);
    post::as_stranger(|stranger| {
        let (cell, raw) = settle(&mut stranger.cells, kind, actor)?;
        shared.outside().spawned.add_shared(1);
        equip(cell, raw, options);
        if let Some(own) = own {
            give_thread(cell, Arc::clone(own));
        }
        prepare(cell);
        stranger.cells.quiescent();
        shared.inject(cell);
        Ok(Address::new(raw))
    })
}

/// As [`seated`], without a state.
///
/// # Errors
/// What was missing.
pub(super) fn vacant<B: Actor>(worker: &mut Worker, options: &Options) -> Result<(CellPtr, Raw), NoSeat> {
    let own = thread_for::<B>(&worker.shared, options)?;
    let kind = worker.kind(table_of::<B>(own.as_ref()), &options.limits);
    let settled = settle_vacant::<B>(&mut worker.cells, kind, options, own);
    if settled.is_ok() {
        worker.counters().spawned.add(1);
    }
    settled
}

/// Spawns an actor without a state, from anywhere. The caller owns it, and must schedule it.
///
/// # Errors
/// What was missing.
pub(super) fn vacant_from_outside<B: Actor>(
    shared: &Shared,
    options: &Options,
) -> Result<(CellPtr, Raw), NoSeat> {
    shared.assert_not_over();
    let own = thread_for::<B>(shared, options)?;
    let kind = shared.kind(table_of::<B>(own.as_ref()), options.limits);
    post::as_stranger(|stranger| {
        let settled = settle_vacant::<B>(&mut stranger.cells, kind, options, own)?;
        shared.outside().spawned.add_shared(1);
        stranger.cells.quiescent();
        Ok(settled)
    })
}

/// As [`settle`], with nobody in the seat.
fn settle_vacant<B: Actor>(
    cells: &mut CellPool,
    kind: NonNull<Kind>,
    options: &Options,
    own: Option<Arc<OwnThread>>,
) -> Result<(CellPtr, Raw), NoSeat> {
    let Some(cell) = cells.take(seat::class::<B>()) else {
        if let Some(own) = own {
            own.dismiss();
        }
        return Err(NoSeat::Memory);
    };
    // SAFETY: the slot is ours until the caller schedules it; the kind lives as long as its system.
    let raw = unsafe { Raw::new(arena::number(cell), cell.as_ref().settle(kind)) };
    equip(cell, raw, options);
    if let Some(own) = own {
        give_thread(cell, own);
    }
    Ok((cell, raw))
}

/// What a fresh actor needs beyond its cell, which is nothing for most.
#[inline(always)]
fn equip(cell: CellPtr, raw: Raw, options: &Options) {
    if options.limits.overflow == Overflow::DropOldestExact || options.upstream.is_some() {
        equip_further(cell, raw, options);
    }
}

/// Writes down whom the actor's pressure is told to, and takes the one place of a mailbox whose messages lie elsewhere.
#[cold]
#[inline(never)]
fn equip_further(cell: CellPtr, raw: Raw, options: &Options) {
    if options.limits.overflow == Overflow::DropOldestExact {
        // SAFETY: the caller owns the actor, which nobody else knows yet.
        let reserved = unsafe { cell.as_ref() }.mailbox.reserve(1);
        debug_assert!(matches!(reserved, Pushed::Queued { count: 1 }));
    }
    if let Some(to) = options.upstream {
        // SAFETY: the caller owns the actor, which nobody else knows yet.
        let ext = Ext::of_or_new(unsafe { cell.as_ref() });
        let upstream = Upstream::new(ActorId(raw), to);
        let tell = Arc::new(move |level| upstream.tell(level));
        let unset = ext.pressing.set(Box::new(Pressing { pressure: Pressure::new(), tell }));
        debug_assert!(unset.is_ok(), "a fresh actor has no upstream");
    }
}

/// Seats `actor` in a free slot; the caller owns it then, and must schedule it.
#[inline(always)]
fn settle<B: Actor>(
    cells: &mut CellPool,
    kind: NonNull<Kind>,
    actor: B,
) -> Result<(CellPtr, Raw), SpawnError<B>> {
    let Some(cell) = cells.take(seat::class::<B>()) else {
        return Err(SpawnError::new(actor, NoSeat::Memory));
    };
    // SAFETY: the slot is ours until the caller schedules it; the kind lives as long as its system.
    unsafe {
        let generation = cell.as_ref().settle(kind);
        seat::write(cell, actor);
        Ok((cell, Raw::new(arena::number(cell), generation)))
    }
}

/// The functions of actors of type `A`.
struct Tables<A>(PhantomData<A>);

impl<A: Actor> Tables<A> {
    const TABLE: &'static Table = &Self::with(turn::turn::<A>, turn::noted_turn::<A>);
    /// Of those with a thread of their own: a turn is to be handed to it.
    const APART: &'static Table = &Self::with(own_thread::hand_over, own_thread::hand_over);

    const fn with(turn: Turn, noted: Turn) -> Table {
        Table {
            type_name: std::any::type_name::<A>,
            message_name: std::any::type_name::<A::Msg>,
            class: seat::class::<A>(),
            turn,
            noted_turn: noted,
            // Actors with threads of their own are none of a simulated system.
            #[cfg(feature = "sim")]
            simulated_turn: simulated::turn::<A>,
            discard: stock::discard::<A::Msg>,
            discard_item: stock::discard::<Item<A::Msg>>,
            discard_tracked: stock::discard::<Tracked<A::Msg>>,
            drop_state: seat::drop_of::<A>(),
        }
    }
}
