//! What became of one message that was sent to many.

use crate::actor::post::ActorId;
use crate::error::SendError;
use std::fmt;

/// What became of a message that was sent to each of several actors: how many took it, and who did not, why, with its copy.
///
/// A message that the receiver's policy [drops](crate::Overflow) counts as taken here, as for any send; the
/// [`Ledger`](crate::Ledger) counts the drop.
#[must_use = "who refused the message did not get it"]
pub struct Delivery<M> {
    /// How many took it.
    pub taken: usize,
    /// Who did not, in the order of the list.
    pub refused: Vec<(ActorId, SendError<M>)>,
}

impl<M> Delivery<M> {
    /// Whether nobody refused it.
    pub fn is_whole(&self) -> bool {
        self.refused.is_empty()
    }
}

impl<M> fmt::Debug for Delivery<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("taken", &self.taken).field("refused", &self.refused).finish()
    }
}

impl<M> fmt::Display for Delivery<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} took the message, {} refused it", self.taken, self.refused.len())?;
        self.refused.iter().try_for_each(|(actor, error)| write!(f, " [{actor}: {}]", error.reason()))
    }
}

/// Sends a copy to each; the last gets the message itself. What `clone` panics with goes to the caller; those before have theirs.
pub(crate) fn to_each<T, M>(
    all: &[T],
    message: M,
    clone: impl Fn(&M) -> M,
    mut send: impl FnMut(&T, M) -> Result<(), (ActorId, SendError<M>)>,
) -> Delivery<M> {
    let mut delivery = Delivery { taken: 0, refused: Vec::new() };
    let mut note = |sent| match sent {
        Ok(()) => delivery.taken += 1,
        Err(refused) => delivery.refused.push(refused),
    };
    if let Some((last, others)) = all.split_last() {
        for one in others {
            note(send(one, clone(&message)));
        }
        note(send(last, message));
    }
    delivery
}
