//! The news of dead letters. It travels under a tag of its own, so that news which becomes a dead letter itself is known, and
//! nobody is told of that.

use super::parcel::tag_of;
use super::post::ActorId;
use crate::mailbox::envelope::OBITUARY;
use crate::scheduler::drops::DeadCause;
use std::any::TypeId;

/// The news that an accepted message has no receiver; see
/// [`System::watch_dead_letters`](crate::System::watch_dead_letters).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// For whom it was.
    pub actor: ActorId,
    /// That one's type.
    pub of: &'static str,
    /// The type of the message: of all that the actor takes. An outcome or a notice is of that too, which would have been made
    /// of it.
    pub message: &'static str,
    /// Why.
    pub cause: DeadCause,
    /// Dead letters before this one, and after the last that was told of, for which the watcher's mailbox had no place.
    pub missed: u64,
}

/// The tag of a message of type `M` that was made of an `N`.
pub(super) fn tag_of_made<M: 'static, N: 'static>() -> usize {
    if TypeId::of::<N>() == TypeId::of::<DeadLetter>() { OBITUARY } else { tag_of::<M>() }
}
