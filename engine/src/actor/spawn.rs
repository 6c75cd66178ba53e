//! Bringing actors to life.

use super::address::Address;
use super::behavior::{Actor, Context};
use super::ext::{Ext, Pressing};
use super::link::Item;
use super::options::Options;
use super::post::{self, ActorId, Raw};
use super::seat;
use super::upstream::Upstream;
use super::{own_thread, stock, turn};
use crate::cell::arena::{self, CellPool};
use crate::cell::header::{CellPtr, Kind, Table};
use crate::error::SpawnError;
use crate::mailbox::overflow::Overflow;
use crate::mailbox::pressure::Pressure;
use crate::mailbox::queue::Pushed;
use crate::scheduler::apart::Turn;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker::Worker;
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
        if options.own_thread {
            return apart(&self.worker().shared, actor, options);
        }
        let (cell, raw) = seated(self.worker(), actor, options)?;
        self.worker().reschedule(cell);
        Ok(Address::new(raw))
    }
}

/// Spawns an actor that the caller owns, and must schedule.
#[inline(always)]
pub(super) fn seated<B: Actor>(
    worker: &mut Worker,
    actor: B,
    options: &Options,
) -> Result<(CellPtr, Raw), SpawnError<B>> {
    let kind = worker.kind(Tables::<B>::TABLE, &options.limits);
    let (cell, raw) = settle(&mut worker.cells, kind, actor)?;
    worker.counters().spawned.add(1);
    equip(cell, raw, options);
    Ok((cell, raw))
}

/// Spawns from a thread outside.
pub(crate) fn from_outside<B: Actor>(
    shared: &Shared,
    actor: B,
    options: &Options,
) -> Result<Address<B::Msg>, SpawnError<B>> {
    if options.own_thread {
        return apart(shared, actor, options);
    }
    seat_outside(shared, Tables::<B>::TABLE, actor, options, |_| {})
}

/// Spawns an actor with a thread of its own, from anywhere.
#[cold]
fn apart<B: Actor>(shared: &Shared, actor: B, options: &Options) -> Result<Address<B::Msg>, SpawnError<B>> {
    if !shared.threaded {
        return seat_outside(shared, Tables::<B>::TABLE, actor, options, |_| {});
    }
    // First, as what fails after it is easily undone.
    let own = match own_thread::start(shared, std::any::type_name::<B>(), turn::turn::<B>) {
        Ok(own) => own,
        Err(error) => return Err(SpawnError::no_thread(actor, &error)),
    };
    let spawned = seat_outside(shared, Tables::<B>::APART, actor, options, |cell| {
        // SAFETY: the caller owns the actor, which nobody else knows yet.
        let unset = Ext::of_or_new(unsafe { cell.as_ref() }).own_thread.set(Arc::clone(&own));
        debug_assert!(unset.is_ok(), "a fresh actor has no thread");
    });
    if spawned.is_err() {
        own.dismiss();
    }
    spawned
}

/// Seats an actor as a thread outside, and makes it runnable; `ready` does what else it needs.
fn seat_outside<B: Actor>(
    shared: &Shared,
    table: &'static Table,
    actor: B,
    options: &Options,
    ready: impl FnOnce(CellPtr),
) -> Result<Address<B::Msg>, SpawnError<B>> {
    let kind = shared.kind(table, options.limits);
    post::as_stranger(|stranger| {
        let (cell, raw) = settle(&mut stranger.cells, kind, actor)?;
        shared.outside().spawned.add_shared(1);
        equip(cell, raw, options);
        ready(cell);
        stranger.cells.quiescent();
        shared.inject(cell);
        Ok(Address::new(raw))
    })
}

/// As [`seated`], without a state.
pub(super) fn vacant<B: Actor>(worker: &mut Worker, options: &Options) -> Option<(CellPtr, Raw)> {
    let kind = worker.kind(Tables::<B>::TABLE, &options.limits);
    let cell = worker.cells.take(seat::class::<B>())?;
    // SAFETY: the slot is ours until the caller schedules it; the kind lives as long as its system.
    let raw = unsafe { Raw::new(arena::number(cell), cell.as_ref().settle(kind)) };
    worker.counters().spawned.add(1);
    equip(cell, raw, options);
    Some((cell, raw))
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
    let Some(cell) = cells.take(seat::class::<B>()) else { return Err(SpawnError::no_memory(actor)) };
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
    const TABLE: &'static Table = &Self::with(turn::turn::<A>);
    /// Of those with a thread of their own: a turn is to be handed to it.
    const APART: &'static Table = &Self::with(own_thread::hand_over);

    const fn with(turn: Turn) -> Table {
        Table {
            type_name: std::any::type_name::<A>,
            message_name: std::any::type_name::<A::Msg>,
            class: seat::class::<A>(),
            turn,
            discard: stock::discard::<A::Msg>,
            discard_item: stock::discard::<Item<A::Msg>>,
            drop_state: seat::drop_of::<A>(),
        }
    }
}
