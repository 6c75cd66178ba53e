//! Who is told of messages that overflow policies drop.

use crate::panics::contained;
use crate::sync::{Arc, AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Why a message was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DropCause {
    /// The mailbox was full, and this one came.
    Newest,
    /// It was the oldest, and there was no place for newer ones.
    Oldest,
}

/// Called with the receiver's address, as a number, its type, and the cause. Runs user code.
pub(crate) type Watcher = Arc<dyn Fn(u64, &'static str, DropCause) + Send + Sync>;

/// Those to be told of one drop: outside any lock and borrow of a worker.
pub(crate) struct Watchers(Vec<Watcher>);

impl std::fmt::Debug for Watchers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} watchers", self.0.len())
    }
}

impl Watchers {
    /// Tells them. Runs user code.
    pub(crate) fn tell(&self, receiver: u64, actor: &'static str, cause: DropCause) {
        for watcher in &self.0 {
            contained(|| watcher(receiver, actor, cause));
        }
    }
}

/// Those who watch one system.
#[derive(Default)]
pub(crate) struct Drops {
    watched: AtomicBool,
    watchers: Mutex<Vec<Watcher>>,
}

impl std::fmt::Debug for Drops {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drops").field("watched", &self.watched).finish_non_exhaustive()
    }
}

impl Drops {
    pub(crate) fn watch(&self, watcher: Watcher) {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner).push(watcher);
        // Relaxed: a drop before the watcher is seen is one from before it watched.
        self.watched.store(true, Ordering::Relaxed);
    }

    /// Those to be told. An empty list where nobody watches costs one load.
    pub(crate) fn watchers(&self) -> Watchers {
        if !self.watched.load(Ordering::Relaxed) {
            return Watchers(Vec::new());
        }
        Watchers(self.watchers.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
