//! Actors on lists, and what those are told who cannot be on one.

use super::listing::Ends;
use super::members::NotJoined;
use crate::actor::farewell::unwatch;
use crate::actor::post::ActorId;
use crate::actor::watch::enlist;
use std::fmt;

impl Ends for ActorId {
    fn look_on(&self, onlooker: Box<dyn FnOnce() + Send>) -> Option<u64> {
        enlist(self.0, Box::new(move |_| onlooker())).ok()
    }

    fn take_back(&self, number: u64) {
        unwatch(self.0, number);
    }
}

/// Why an actor did not join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// It is a member already.
    Already(ActorId),
    /// It has ended.
    Ended(ActorId),
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Already(actor) => {
                write!(
                    f,
                    "actor {actor} is a member already, and gets each message once: it need not join again"
                )
            }
            JoinError::Ended(actor) => write!(f, "actor {actor} has ended: only one that lives can join"),
        }
    }
}

impl std::error::Error for JoinError {}

impl JoinError {
    pub(crate) fn of(why: NotJoined, actor: ActorId) -> Self {
        match why {
            NotJoined::Already => JoinError::Already(actor),
            NotJoined::Ended => JoinError::Ended(actor),
        }
    }
}
