//! What can be seen of an actor from outside: glances, of which none need agree with the next.

use super::address::Recipient;
use super::dead_letter::DeadLetter;
use super::ext::Ext;
use super::post::{ActorId, Raw, as_stranger, at_tenant};
use crate::cell::arena;
use crate::cell::header::{CellPtr, Header, Kind};
use crate::error::SendError;
use crate::mailbox::credit::NOBODY;
use crate::mailbox::latest::Latest;
use crate::mailbox::overflow::Overflow;
use crate::scheduler::drops::{DropCause, Letter, Loss};
use crate::scheduler::shared::Shared;
use crate::scheduler::watchers::{Watch, Watcher};
use crate::sync::{Arc, AtomicU64, Ordering};
use std::num::NonZeroU64;
use std::time::Duration;

/// An actor that is suspended on another's full mailbox; see [`System::stalls`](crate::System::stalls).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stall {
    /// Who waits.
    pub who: ActorId,
    /// Its type.
    pub actor: &'static str,
    /// Whom it waits for.
    pub on: ActorId,
    /// That one's type.
    pub on_actor: &'static str,
    /// For how long.
    pub waited: Duration,
}

/// The news that an overflow policy has dropped a message; see [`System::watch_drops`](crate::System::watch_drops).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageDropped {
    /// For whom it was.
    pub actor: ActorId,
    /// That one's type.
    pub of: &'static str,
    /// Why.
    pub cause: DropCause,
    /// Drops before this one, and after the last that was told of, for which the watcher's mailbox had no place.
    pub missed: u64,
}

/// A watcher that sends the news of drops to this actor.
pub(crate) fn watcher(to: Recipient<MessageDropped>) -> Watcher<Loss> {
    teller(to, |Loss { receiver, actor, cause }, missed| {
        Some(MessageDropped { actor: id(receiver)?, of: actor, cause, missed })
    })
}

/// A watcher that sends the news of dead letters to this actor.
pub(crate) fn dead_watcher(to: Recipient<DeadLetter>) -> Watcher<Letter> {
    teller(to, |Letter { receiver, actor, message, cause }, missed| {
        Some(DeadLetter { actor: id(receiver)?, of: actor, message, cause, missed })
    })
}

pub(super) fn id(number: u64) -> Option<ActorId> {
    NonZeroU64::new(number).map(|number| ActorId(Raw(number)))
}

/// A watcher that sends `words` made of the news, and of the number of those that it could not tell of.
pub(crate) fn teller<L: 'static, N: Send + 'static>(
    to: Recipient<N>,
    words: impl Fn(L, u64) -> Option<N> + Send + Sync + 'static,
) -> Watcher<L> {
    let unsaid = AtomicU64::new(0);
    Arc::new(move |lost| {
        // Relaxed: each is counted once, by whoever takes the number away.
        let missed = unsaid.swap(0, Ordering::Relaxed);
        let untold = Untold(&unsaid, missed + 1);
        let Some(news) = words(lost, missed) else { return Watch::On };
        // Strictly: the news of a drop must not be dropped, and nobody waits for it. Converting it may panic.
        let told = to.try_send(news);
        if told.is_ok() {
            std::mem::forget(untold);
        }
        match told {
            Err(SendError::Closed(_) | SendError::Stale(_)) => Watch::Over,
            _ => Watch::On,
        }
    })
}

/// What is counted again when it is dropped: it could not be told of.
struct Untold<'u>(&'u AtomicU64, u64);

impl Drop for Untold<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(self.1, Ordering::Relaxed);
    }
}

/// Messages that the actor's mailbox holds: in the word and, if it keeps the newest, in the line.
pub(crate) fn queued(cell: CellPtr, generation: u32) -> u64 {
    at_tenant(Raw::new(arena::number(cell), generation), waiting).unwrap_or(0)
}

fn waiting(header: &Header, kind: &'static Kind) -> u64 {
    let counted = header.mailbox.peek().count();
    if kind.limits.overflow != Overflow::DropOldestExact {
        return u64::from(counted);
    }
    let line = Ext::of(header).and_then(Ext::line).map_or(0, Latest::len);
    // One place of the word is taken for good.
    u64::from(counted.saturating_sub(1)) + u64::from(line)
}

/// Which of these actors, by its place among them, is the first in whose mailbox the fewest messages wait, the one that is being handled
/// among them, and how many; none if all have ended. A glance at each, in one online section.
pub(crate) fn least_loaded(of: impl Iterator<Item = ActorId>) -> Option<(usize, u64)> {
    as_stranger(|_| {
        let look = |(at, id): (usize, ActorId)| {
            // SAFETY: cells are never unmapped; we are online.
            let header = unsafe { id.0.cell().as_ref() };
            if header.generation() != id.0.generation() {
                return None;
            }
            // SAFETY: the generation was checked and we are online.
            Some((at, waiting(header, unsafe { header.kind() })))
        };
        of.enumerate().filter_map(look).min_by_key(|(_, waiting)| *waiting)
    })
}

/// Whether the actor is suspended, and would handle something if it were not. One that is held too waits for that first: for its guard's
/// word, or for the pause before its next state.
pub(crate) fn is_held_back(cell: CellPtr, generation: u32) -> bool {
    let told = at_tenant(Raw::new(arena::number(cell), generation), |header, _| {
        let told = || Ext::of(header).is_some_and(|ext| ext.notices.is_told());
        (header.control.is_suspended() && !header.control.is_held()).then(told)
    });
    told.flatten().is_some_and(|told| told || queued(cell, generation) > 0)
}

/// Whom the actor is suspended on, if it is.
pub(crate) fn stall(shared: &Shared, cell: CellPtr, generation: u32) -> Option<Stall> {
    let who = Raw::new(arena::number(cell), generation);
    let seen = at_tenant(who, |header, kind| {
        let since = Ext::of(header)?.muted_since.get();
        let on = header.credit.muted_on();
        (since != 0 && on != NOBODY).then_some((since, on, (kind.table.type_name)()))
    });
    let (since, on, actor) = seen.flatten()?;
    // SAFETY: whom somebody is muted on is a cell.
    let target = unsafe { arena::cell(on) };
    // SAFETY: cells are never unmapped.
    let (generation, kind) = unsafe { target.as_ref() }.tenant()?;
    Some(Stall {
        who: ActorId(who),
        actor,
        on: ActorId(Raw::new(on, generation)),
        on_actor: shared.type_of(kind)?,
        waited: Duration::from_nanos(shared.clock.now().saturating_sub(since)),
    })
}

/// What an actor is, by a glance: its address, its type, and whose child it is under which name.
pub(crate) type Relation = (ActorId, &'static str, Option<(ActorId, String)>);

/// Whose child the actor is.
pub(crate) fn relation(cell: CellPtr, generation: u32) -> Option<Relation> {
    let who = Raw::new(arena::number(cell), generation);
    at_tenant(who, |header, kind| {
        let parent = Ext::of(header).and_then(|ext| ext.kin()?.parent.get());
        let parent = parent.map(|parent| (ActorId(Raw(parent.raw)), String::from(&*parent.name)));
        (ActorId(who), (kind.table.type_name)(), parent)
    })
}

/// Calls `visit` with every cell that has a tenant of this system, and with a generation that is the tenant's own or, if
/// the slot changes hands just now, is stale: never that of another system's tenant.
pub(crate) fn for_each_actor(shared: &Shared, mut visit: impl FnMut(CellPtr, u32)) {
    let kinds = shared.kind_addresses();
    arena::for_each_slot(|cell| {
        // SAFETY: cells are never unmapped.
        let header = unsafe { cell.as_ref() };
        if let Some((generation, kind)) = header.tenant()
            && kinds.contains(&kind)
        {
            visit(cell, generation);
        }
    });
}
