//! Sending through a narrower address.

use super::parcel::Packing;
use super::post::{self, Bound, Raw};
use crate::error::{Reason, SendError};
use crate::mailbox::queue::Pushed;
use crate::scheduler::shared::Shared;

/// Reserves a place, converts, and pushes into the place.
pub(super) fn convert_and_send<M: From<N>, N>(to: Raw, message: N, bound: Bound) -> Result<(), SendError<N>> {
    let reserved = post::as_stranger(|_| {
        // SAFETY: cells are never unmapped; we are online.
        let header = unsafe { to.cell().as_ref() };
        if header.generation() != to.generation() {
            return Err(Reason::Stale);
        }
        // SAFETY: the generation was checked and we are online.
        let kind = unsafe { header.kind() };
        let refused = match header.mailbox.reserve(bound.limit(kind)) {
            Pushed::First { .. } | Pushed::Queued { .. } => return Ok(()),
            Pushed::Full => Reason::Full,
            Pushed::Closed => Reason::Closed,
        };
        // SAFETY: online since the kind was found.
        let counters = unsafe { Shared::of(kind) }.outside();
        counters.attempts.add_shared(1);
        post::count_refusal(counters, refused, true);
        Err(refused)
    });
    if let Err(reason) = reserved {
        return Err(SendError::new(reason, message));
    }
    // User code, so outside the online section. Should it panic, the place goes back.
    let place = Place(to);
    let converted = M::from(message);
    std::mem::forget(place);
    let left = post::as_stranger(|stranger| {
        let cell = to.cell();
        // SAFETY: cells are never unmapped; we are online.
        let header = unsafe { cell.as_ref() };
        if header.generation() != to.generation() {
            return Some(converted);
        }
        // SAFETY: the generation was checked and we are online.
        let shared = unsafe { Shared::of(header.kind()) };
        let counters = shared.outside();
        counters.attempts.add_shared(1);
        counters.accepted.add_shared(1);
        let envelope = Packing::seal(&mut stranger.pool, converted);
        // SAFETY: just made; the place is ours; online since the check.
        match unsafe { header.mailbox.push_reserved(envelope) } {
            Pushed::First { .. } => {
                // SAFETY: the push made us the owner; we are online.
                unsafe { post::schedule_from_anywhere(shared, cell) };
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
    Ok(())
}

/// A reserved place, given back when dropped.
struct Place(Raw);

impl Drop for Place {
    fn drop(&mut self) {
        super::outside::give_back(self.0);
    }
}
