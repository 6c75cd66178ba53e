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

/// Called with the receiver's address, as a number, its type, and the cause; says whether it is to be told again. Runs user
/// code.
pub(crate) type Watcher = Arc<dyn Fn(u64, &'static str, DropCause) -> Watch + Send + Sync>;

/// Whether a watcher still is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watch {
    On,
    /// It has ended, and need not be told again.
    Over,
}

/// Those to be told of one drop: outside any lock and borrow of a worker.
pub(crate) struct Watchers {
    all: Vec<Watcher>,
    /// Whose list they are on; none where nobody watches.
    list: Option<Arc<List>>,
}

impl std::fmt::Debug for Watchers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} watchers", self.all.len())
    }
}

impl Watchers {
    /// Tells them, and forgets those that have ended. Runs user code.
    pub(crate) fn tell(&self, receiver: u64, actor: &'static str, cause: DropCause) {
        for watcher in &self.all {
            let mut watch = Watch::On;
            contained(|| watch = watcher(receiver, actor, cause));
            if let (Watch::Over, Some(list)) = (watch, &self.list) {
                list.change(|all| all.retain(|other| !Arc::ptr_eq(other, watcher)));
            }
        }
    }
}

/// Those who watch one system.
#[derive(Default)]
struct List {
    /// Whether there is anybody. Written under the lock.
    watched: AtomicBool,
    watchers: Mutex<Vec<Watcher>>,
}

impl List {
    fn change(&self, change: impl FnOnce(&mut Vec<Watcher>)) {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut watchers);
        // Relaxed: a drop before the watcher is seen is one from before it watched.
        self.watched.store(!watchers.is_empty(), Ordering::Relaxed);
    }
}

/// Whom a system tells of drops.
#[derive(Default)]
pub(crate) struct Drops(Arc<List>);

impl std::fmt::Debug for Drops {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drops").field("watched", &self.0.watched).finish_non_exhaustive()
    }
}

impl Drops {
    pub(crate) fn watch(&self, watcher: Watcher) {
        self.0.change(|all| all.push(watcher));
    }

    /// Those to be told. An empty list where nobody watches costs one load.
    pub(crate) fn watchers(&self) -> Watchers {
        if !self.0.watched.load(Ordering::Relaxed) {
            return Watchers { all: Vec::new(), list: None };
        }
        let all = self.0.watchers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Watchers { all, list: Some(Arc::clone(&self.0)) }
    }

    /// How many watch.
    pub(crate) fn watching(&self) -> usize {
        self.0.watchers.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
