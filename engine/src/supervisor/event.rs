//! What a supervisor tells of its children to who wants to know.

use crate::actor::exit::{Exit, Failure};
use crate::scheduler::shared::Shared;
use crate::scheduler::watchers::Watched;
use std::sync::Arc;
use std::time::Duration;

/// News of a tree; see [`Supervisor::events_to`](crate::Supervisor::events_to) and [`System::watch_trees`](crate::System::watch_trees).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TreeEvent {
    /// Of whom: the names from the root's child down, with slashes between them. The root itself has none: "".
    pub path: Arc<str>,
    /// What.
    pub what: Happened,
    /// Events before this one, and after the last that was told of, for which the mailbox of who
    /// [watches all trees](crate::System::watch_trees) had no place. None are missed by who is named in
    /// [`Supervisor::events_to`](crate::Supervisor::events_to).
    pub missed: u64,
}

/// Who watches all trees of a system.
pub(crate) fn watched(shared: &Shared) -> &Watched<TreeEvent> {
    let watched = shared.trees.get_or_init(|| Box::new(Watched::<TreeEvent>::default()));
    match watched.downcast_ref() {
        Some(watched) => watched,
        None => unreachable!("it is supervision's"),
    }
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
