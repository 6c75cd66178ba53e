//! Who is told of what happens in a system: lists of watchers, for one kind of news each.

use crate::panics::contained;
use crate::sync::{Arc, AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Called with the news; says whether it is to be told again. Runs user code.
pub(crate) type Watcher<N> = Arc<dyn Fn(N) -> Watch + Send + Sync>;

/// Whether a watcher still is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watch {
    On,
    /// It has ended, and need not be told again.
    Over,
}

/// Those to be told of one piece of news: outside any lock and borrow of a worker.
pub(crate) struct Watchers<N> {
    all: Vec<Watcher<N>>,
    /// Whose list they are on; none where nobody watches.
    list: Option<Arc<List<N>>>,
}

impl<N> std::fmt::Debug for Watchers<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} watchers", self.all.len())
    }
}

impl<N: Clone> Watchers<N> {
    /// Tells them, and forgets those that have ended. Runs user code.
    pub(crate) fn tell(&self, news: N) {
        for watcher in &self.all {
            let mut watch = Watch::On;
            contained(|| watch = watcher(news.clone()));
            if let (Watch::Over, Some(list)) = (watch, &self.list) {
                list.change(|all| all.retain(|other| !Arc::ptr_eq(other, watcher)));
            }
        }
    }
}

/// Those who watch one system.
struct List<N> {
    /// Whether there is anybody. Written under the lock.
    watched: AtomicBool,
    watchers: Mutex<Vec<Watcher<N>>>,
}

impl<N> List<N> {
    fn change(&self, change: impl FnOnce(&mut Vec<Watcher<N>>)) {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut watchers);
        // Relaxed: what happens before the watcher is seen is from before it watched.
        self.watched.store(!watchers.is_empty(), Ordering::Relaxed);
    }
}

/// Whom a system tells.
pub(crate) struct Watched<N>(Arc<List<N>>);

/// The same list.
impl<N> Clone for Watched<N> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<N> Default for Watched<N> {
    fn default() -> Self {
        Self(Arc::new(List { watched: AtomicBool::new(false), watchers: Mutex::new(Vec::new()) }))
    }
}

impl<N> std::fmt::Debug for Watched<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched").field("watched", &self.0.watched).finish_non_exhaustive()
    }
}

impl<N> Watched<N> {
    pub(crate) fn watch(&self, watcher: Watcher<N>) {
        self.0.change(|all| all.push(watcher));
    }

    /// Whether there is anybody to be told, by a glance.
    pub(crate) fn is_watched(&self) -> bool {
        self.0.watched.load(Ordering::Relaxed)
    }

    /// Those to be told. An empty list where nobody watches costs one load.
    pub(crate) fn watchers(&self) -> Watchers<N> {
        if !self.is_watched() {
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
