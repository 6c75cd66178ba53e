//! Sending through a narrower address.

use super::dead_letter::tag_of_made;
use super::deliver;
use super::ext::Ext;
use super::parcel::Packing;
use super::post::{self, Bound, Entered, Lost, Raw, Way};
use super::{pressing, telling};
use crate::error::{Reason, SendError};
use crate::mailbox::envelope::OBITUARY;
use crate::mailbox::overflow::Overflow;
use crate::mailbox::pressure::Step;
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::CLOSED;
use crate::scheduler::drops::{DeadCause, DropCause, Letter, Loss};
use crate::scheduler::shared::Shared;
use crate::scheduler::watchers::Watchers;
use crate::scheduler::worker;
use crate::sync::Arc;

/// Why no place was reserved.
enum Unreserved {
    Refused(Reason),
    /// Refused as full by one who is to be told of pressure.
    Pressed,
    /// Accepted and dropped; of an actor of this type, and these are told.
    Dropped(&'static str, Watchers<Loss>),
    /// The receiver's messages lie in a line of its own; and its system, which is held, and its type.
    Line(Arc<Shared>, &'static str),
}

/// Reserves a place, converts, and pushes into the place; or has the message converted in its turn.
pub(super) fn convert_and_send<M: From<N> + 'static, N: Send + 'static>(
    to: Raw,
    message: N,
    way: Way,
) -> Result<Entered, SendError<N>> {
    match way {
        Way::Within(bound) => into_place::<M, N>(to, message, bound),
        Way::Notice(heard) => as_notice::<M, N>(to, message, heard),
    }
}

fn as_notice<M: From<N>, N: Send + 'static>(
    to: Raw,
    message: N,
    heard: Box<dyn FnOnce() + Send>,
) -> Result<Entered, SendError<N>> {
    let then = move |message: Box<N>| {
        heard();
        M::from(*message)
    };
    match telling::tell_value::<M, Box<N>, _>(to, Box::new(message), then) {
        Ok(()) => Ok(Entered::WITHIN),
        Err((reason, message)) => Err(SendError::new(reason, *message)),
    }
}

fn into_place<M: From<N> + 'static, N: 'static>(
    to: Raw,
    message: N,
    bound: Bound,
) -> Result<Entered, SendError<N>> {
    let reserved = post::as_stranger(|_| {
        // SAFETY: cells are never unmapped; we are online.
        let header = unsafe { to.cell().as_ref() };
        if header.generation() != to.generation() {
            return Err(Unreserved::Refused(Reason::Stale));
        }
        // SAFETY: the generation was checked and we are online.
        let kind = unsafe { header.kind() };
        // SAFETY: online since the kind was found.
        let shared = unsafe { Shared::of(kind) };
        // The message is counted in the end wherever it goes, also when the actor and its system are gone by then.
        let Some(held) = shared.hold() else { return Err(Unreserved::Refused(Reason::Stale)) };
        let home = worker::current()
            // SAFETY: the current worker of this thread.
            .is_some_and(|worker| std::ptr::eq(&*unsafe { worker.as_ref() }.shared, shared));
        // A worker cannot be muted on another system's actor.
        let bound = if home || bound != Bound::Policy { bound } else { Bound::Outside };
        let limits = &kind.limits;
        let actor = (kind.table.type_name)();
        let in_line = limits.overflow == Overflow::DropOldestExact;
        let refused = if in_line {
            let full = || Ext::of_or_new(header).latest(limits).len() >= limits.capacity;
            match header.mailbox.peek() {
                word if word.has(CLOSED) => Reason::Closed,
                _ if bound == Bound::Capacity && full() => Reason::Full,
                _ => return Err(Unreserved::Line(held, actor)),
            }
        } else {
            match header.mailbox.reserve(bound.limit(kind)) {
                Pushed::First { count } | Pushed::Queued { count } => {
                    shared.outside().fullest.raise_shared(u64::from(count));
                    return Ok((held, home, actor, Entered { count, mark: limits.mark }));
                }
                Pushed::Full => Reason::Full,
                Pushed::Closed => Reason::Closed,
            }
        };
        let counters = shared.outside();
        counters.attempts.add_shared(1);
        let drops = limits.overflow.drops() && matches!(bound, Bound::Policy | Bound::Outside);
        if refused == Reason::Full && drops {
            counters.accepted.add_shared(1);
            counters.dropped_newest.add_shared(1);
            return Err(Unreserved::Dropped(actor, shared.drops.watchers()));
        }
        post::count_refusal(counters, refused, true);
        let press = refused == Reason::Full && limits.overflow == Overflow::Signal;
        Err(if press { Unreserved::Pressed } else { Unreserved::Refused(refused) })
    });
    // News of dead letters that is one itself is not told of.
    let tag = tag_of_made::<M, N>();
    let bury = |message: M, shared: &Shared, actor| {
        drop(message);
        if tag != OBITUARY {
            let message = std::any::type_name::<M>();
            let letter = Letter { receiver: to.0.get(), actor, message, cause: DeadCause::Closed };
            shared.dead.watchers().tell(letter);
        }
    };
    let (shared, home, actor, entered) = match reserved {
        Ok(reserved) => reserved,
        Err(Unreserved::Refused(reason)) => return Err(SendError::new(reason, message)),
        Err(Unreserved::Pressed) => {
            pressing::turn(to, Step::Rise);
            return Err(SendError::Full(message));
        }
        Err(Unreserved::Dropped(actor, watchers)) => {
            deliver::lose(to, Lost { message, cause: DropCause::Newest, actor, watchers });
            return Ok(Entered::WITHIN);
        }
        Err(Unreserved::Line(shared, actor)) => {
            // A line has no places to reserve: converted, the message pushes out the oldest if need be.
            match post::into_line(to, M::from(message), &shared) {
                Ok(None) => {}
                Ok(Some(oldest)) => deliver::lose(to, oldest),
                Err(left) => bury(left, &shared, actor),
            }
            return Ok(Entered::WITHIN);
        }
    };
    // User code, so outside the online section. Should it panic, the place goes back.
    let place = Place(to);
    let converted = M::from(message);
    std::mem::forget(place);
    let left = post::as_stranger(|stranger| {
        let cell = to.cell();
        // SAFETY: cells are never unmapped; we are online.
        let header = unsafe { cell.as_ref() };
        let counters = shared.outside();
        counters.attempts.add_shared(1);
        counters.accepted.add_shared(1);
        if header.generation() != to.generation() {
            counters.dead_closed.add_shared(1);
            return Some(converted);
        }
        let envelope = Packing::seal(&mut stranger.pool, converted);
        // SAFETY: just made; the place is ours; online since the check.
        match unsafe { header.mailbox.push_reserved(envelope, tag) } {
            Pushed::First { .. } => {
                // SAFETY: the push made us the owner; we are online.
                unsafe { post::schedule_from_anywhere(&shared, cell) };
                None
            }
            Pushed::Queued { .. } => None,
            Pushed::Full | Pushed::Closed => {
                counters.dead_closed.add_shared(1);
                // SAFETY: refused, so the envelope is still ours, with the message in it.
                unsafe {
                    let message = Packing::open(envelope);
                    Packing::<M>::free(&mut stranger.pool, envelope);
                    Some(message)
                }
            }
        }
    });
    if let Some(left) = left {
        bury(left, &shared, actor);
    }
    if entered.count <= entered.mark {
        return Ok(Entered::WITHIN);
    }
    // Nobody is suspended outside: there it is pressure that is to be told of.
    pressing::turn(to, Step::Rise);
    Ok(if home { entered } else { Entered::WITHIN })
}

/// A reserved place, given back when dropped.
struct Place(Raw);

impl Drop for Place {
    fn drop(&mut self) {
        super::outside::give_back(self.0);
    }
}
