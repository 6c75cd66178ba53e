//! Sending through a narrower address.

use super::parcel::{Packing, tag_of};
use super::post::{self, Bound, Entered, Raw};
use crate::error::{Reason, SendError};
use crate::mailbox::queue::Pushed;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker;

/// Reserves a place, converts, and pushes into the place.
pub(super) fn convert_and_send<M: From<N> + 'static, N>(
    to: Raw,
    message: N,
    bound: Bound,
) -> Result<Entered, SendError<N>> {
    let reserved = post::as_stranger(|_| {
        // SAFETY: cells are never unmapped; we are online.
        let header = unsafe { to.cell().as_ref() };
        if header.generation() != to.generation() {
            return Err(Reason::Stale);
        }
        // SAFETY: the generation was checked and we are online.
        let kind = unsafe { header.kind() };
        // SAFETY: online since the kind was found.
        let shared = unsafe { Shared::of(kind) };
        // The message is counted in the end wherever it goes, also when the actor and its system are gone by then.
        let Some(held) = shared.hold() else { return Err(Reason::Stale) };
        let home = worker::current()
            // SAFETY: the current worker of this thread.
            .is_some_and(|worker| std::ptr::eq(&*unsafe { worker.as_ref() }.shared, shared));
        // A worker cannot be muted on another system's actor: capacity is the bound there.
        let bound = if home { bound } else { Bound::Capacity };
        let refused = match header.mailbox.reserve(bound.limit(kind)) {
            Pushed::First { count } | Pushed::Queued { count } => {
                shared.outside().fullest.raise_shared(u64::from(count));
                let entered =
                    if home { Entered { count, mark: kind.limits.mark } } else { Entered::WITHIN };
                return Ok((held, entered));
            }
            Pushed::Full => Reason::Full,
            Pushed::Closed => Reason::Closed,
        };
        let counters = shared.outside();
        counters.attempts.add_shared(1);
        post::count_refusal(counters, refused, true);
        Err(refused)
    });
    let (shared, entered) = match reserved {
        Ok(reserved) => reserved,
        Err(reason) => return Err(SendError::new(reason, message)),
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
        match unsafe { header.mailbox.push_reserved(envelope, tag_of::<M>()) } {
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
    drop(left);
    Ok(entered)
}

/// A reserved place, given back when dropped.
struct Place(Raw);

impl Drop for Place {
    fn drop(&mut self) {
        super::outside::give_back(self.0);
    }
}
