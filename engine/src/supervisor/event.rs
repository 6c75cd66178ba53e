//! What a supervisor tells of its children to who wants to know.

use crate::actor::exit::{Exit, Failure};
use std::sync::Arc;
use std::time::Duration;

/// News of a tree; see [`Supervisor::events_to`](crate::Supervisor::events_to).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TreeEvent {
    /// Of whom: the names from the root's child down, with slashes between them. The root itself has none: "".
    pub path: Arc<str>,
    /// What.
    pub what: Happened,
}

/// What happened to a child, or to a supervisor.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Happened {
    /// It has started; of a supervisor, its children too.
    Started,
    /// It has failed: told once for each fault, whatever follows from it. Of a supervisor, that it has given up.
    Failed(Failure),
    /// It is down, and is to be made anew after this pause.
    Restarting {
        /// The pause.
        after: Duration,
    },
    /// It is there again.
    Restarted,
    /// It has ended; if it comes back, then under a new address.
    Ended(Exit),
    /// The root has given up; nobody is left to decide on it.
    Escalated,
}
