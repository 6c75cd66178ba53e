//! Bringing actors to life.

use super::address::Address;
use super::behavior::{Actor, Context};
use super::ext::{Ext, Pressing};
use super::link::Item;
use super::options::Options;
use super::post::{self, ActorId, Raw};
use super::seat;
use super::upstream::Upstream;
use super::{stock, turn};
use crate::cell::arena::{self, CellPool};
use crate::cell::header::{CellPtr, Kind, Table};
use crate::error::SpawnError;
use crate::mailbox::overflow::Overflow;
use crate::mailbox::pressure::Pressure;
use crate::mailbox::queue::Pushed;
use crate::scheduler::shared::Shared;
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
        let worker = self.worker();
        let kind = worker.kind(Tables::<B>::TABLE, &options.limits);
        let (cell, raw) = settle(&mut worker.cells, kind, actor)?;
        worker.counters().spawned.add(1);
        equip(cell, raw, options);
        worker.reschedule(cell);
        Ok(Address::new(raw))
    }
}

/// Spawns from a thread outside.
pub(crate) fn from_outside<B: Actor>(
    shared: &Shared,
    actor: B,
    options: &Options,
) -> Result<Address<B::Msg>, SpawnError<B>> {
    let kind = shared.kind(Tables::<B>::TABLE, options.limits);
    post::as_stranger(|stranger| {
        let (cell, raw) = settle(&mut stranger.cells, kind, actor)?;
        shared.outside().spawned.add_shared(1);
        equip(cell, raw, options);
        stranger.cells.quiescent();
        shared.inject(cell);
        Ok(Address::new(raw))
    })
}

/// Spawns an actor without a state, on the worker of this turn. The caller owns it, and must schedule it.
pub(super) fn vacant<A: Actor, B: Actor>(
    cx: &mut Context<'_, A>,
    options: &Options,
) -> Option<(CellPtr, Raw)> {
    let worker = cx.worker();
    let kind = worker.kind(Tables::<B>::TABLE, &options.limits);
    let cell = worker.cells.take(seat::class::<B>())?;
    // SAFETY: the slot is ours until the caller schedules it; the kind lives as long as its system.
    let raw = unsafe { Raw::new(arena::number(cell), cell.as_ref().settle(kind)) };
    worker.counters().spawned.add(1);
    equip(cell, raw, options);
    Some((cell, raw))
}

/// Spawns an actor without a state, from anywhere. The caller owns it, and must schedule it.
pub(super) fn vacant_from_outside<B: Actor>(shared: &Shared, options: &Options) -> Option<(CellPtr, Raw)> {
    let kind = shared.kind(Tables::<B>::TABLE, options.limits);
    post::as_stranger(|stranger| {
        let cell = stranger.cells.take(seat::class::<B>())?;
        // SAFETY: the slot is ours until the caller schedules it; the kind lives as long as its system.
        let raw = unsafe { Raw::new(arena::number(cell), cell.as_ref().settle(kind)) };
        shared.outside().spawned.add_shared(1);
        equip(cell, raw, options);
        stranger.cells.quiescent();
        Some((cell, raw))
    })
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
    let Some(cell) = cells.take(seat::class::<B>()) else { return Err(SpawnError(actor)) };
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
    const TABLE: &'static Table = &Table {
        type_name: std::any::type_name::<A>,
        class: seat::class::<A>(),
        turn: turn::turn::<A>,
        discard: stock::discard::<A::Msg>,
        discard_item: stock::discard::<Item<A::Msg>>,
        drop_state: seat::drop_of::<A>(),
    };
}
