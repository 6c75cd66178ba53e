//! Threads that run one actor each: who they are, and who waits for them. How an actor comes to its thread is
//! [`super::handover`].
//!
//! Who may touch what: the list is under its lock. A thread is on it from before it is started until its last word, after which
//! it touches nothing of the system. Its counters are its own to write; when it leaves they serve the next one, so that sums
//! stay whole and there are as many as there were threads at once.
//!
//! *Ending.* The system's phase is set before [`OwnThreads::unpark_all`] takes the lock. A thread that is on the list by then is
//! unparked if it has sat down, under the same lock; one that sits down later sees the phase when it first looks.

use super::handover::Handover;
use super::run_queue::Task;
use super::stats::{OwnCounters, Stats};
use crate::cell::header::{CellPtr, Header};
use crate::sync::{Arc, AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// A thread that runs one actor.
#[derive(Debug)]
pub(crate) struct OwnThread {
    handover: Handover,
    thread: OnceLock<Thread>,
    pub(crate) counters: OwnCounters,
    /// Its actor's cell, once it had a turn.
    running: AtomicPtr<Header>,
    inside: AtomicBool,
    dismissed: AtomicBool,
}

impl OwnThread {
    /// The thread is started. To be called by its starter before the actor is made runnable.
    pub(crate) fn started(&self, thread: &Thread) {
        // Its starter and itself say the same.
        let _ = self.thread.set(thread.clone());
    }

    /// There will be no actor.
    pub(crate) fn dismiss(&self) {
        // Release pairs with the Acquire in `is_dismissed`.
        self.dismissed.store(true, Ordering::Release);
        self.unpark();
    }

    pub(crate) fn is_dismissed(&self) -> bool {
        self.dismissed.load(Ordering::Acquire)
    }

    fn unpark(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    /// The actor, if it has been handed over.
    pub(crate) fn take(&self) -> Option<Task> {
        self.handover.take()
    }

    /// Its cell, while it is in a turn, by a glance.
    pub(crate) fn inside(&self) -> Option<CellPtr> {
        self.inside.load(Ordering::Relaxed).then(|| self.cell()).flatten()
    }

    /// Its cell, if it had a turn, by a glance.
    pub(crate) fn cell(&self) -> Option<CellPtr> {
        CellPtr::new(self.running.load(Ordering::Relaxed))
    }
}

/// Those of one system.
#[derive(Debug)]
pub(crate) struct OwnThreads {
    /// None when the system has come down.
    list: Mutex<Option<Vec<Arc<OwnThread>>>>,
    left: Condvar,
    /// Actors that were handed over and whose turn is not over. Quiescence looks here.
    busy: AtomicUsize,
}

impl OwnThreads {
    pub(crate) fn new() -> Self {
        Self { list: Mutex::new(Some(Vec::new())), left: Condvar::new(), busy: AtomicUsize::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Arc<OwnThread>>>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more, to be started. None when the system has come down.
    pub(crate) fn enlist(&self, stats: &Stats) -> Option<Arc<OwnThread>> {
        let mut list = self.lock();
        let list = list.as_mut()?;
        let own = Arc::new(OwnThread {
            handover: Handover::new(),
            thread: OnceLock::new(),
            counters: stats.own_counters(),
            running: AtomicPtr::new(std::ptr::null_mut()),
            inside: AtomicBool::new(false),
            dismissed: AtomicBool::new(false),
        });
        list.push(Arc::clone(&own));
        Some(own)
    }

    /// A thread's first word: from here on it can be woken for the end. Under the lock, for the protocol above.
    pub(crate) fn sit_down(&self, own: &OwnThread) {
        let _list = self.lock();
        own.started(&std::thread::current());
    }

    /// A thread's last word, or one that could not be started.
    pub(crate) fn leave(&self, own: &Arc<OwnThread>, stats: &Stats) {
        let mut list = self.lock();
        if let Some(list) = &mut *list {
            list.retain(|other| !Arc::ptr_eq(other, own));
        }
        stats.spare(&own.counters);
        drop(list);
        self.left.notify_all();
    }

    /// Hands an actor to its thread: by a worker, in what would have been the actor's turn.
    pub(crate) fn hand_over(&self, own: &OwnThread, task: Task) {
        // Before it is away from the worker, whose activity is odd: quiescence finds it here or there. SeqCst, as there.
        self.busy.fetch_add(1, Ordering::SeqCst);
        own.handover.put(task, || own.unpark());
    }

    /// A turn on the own thread begins.
    pub(crate) fn begin(&self, own: &OwnThread, cell: CellPtr) {
        own.running.store(cell.as_ptr(), Ordering::Relaxed);
        own.inside.store(true, Ordering::Relaxed);
    }

    /// It is over: all that it made runnable is where workers find it.
    pub(crate) fn over(&self, own: &OwnThread) {
        own.inside.store(false, Ordering::Relaxed);
        // SeqCst, as for a worker's activity.
        self.busy.fetch_sub(1, Ordering::SeqCst);
    }

    /// Actors on their way to their threads, or in a turn there.
    pub(crate) fn busy(&self) -> usize {
        self.busy.load(Ordering::SeqCst)
    }

    /// All of them, by a glance.
    pub(crate) fn all(&self) -> Vec<Arc<OwnThread>> {
        self.lock().clone().unwrap_or_default()
    }

    /// Wakes all of them, to see that the system ends.
    pub(crate) fn unpark_all(&self) {
        self.lock().iter().flatten().for_each(|own| own.unpark());
    }

    /// Waits until all have left, also those that the others begin meanwhile, for as long as it takes or until a time; none can
    /// be begun after that.
    ///
    /// # Errors
    /// Those that have not left.
    pub(crate) fn wait_left(&self, until: Option<Instant>) -> Result<(), Vec<Arc<OwnThread>>> {
        let mut list = self.lock();
        while let Some(left) = list.as_ref().filter(|list| !list.is_empty()) {
            let rest =
                until.map_or(Duration::from_secs(3_600), |at| at.saturating_duration_since(Instant::now()));
            if rest.is_zero() {
                return Err(left.clone());
            }
            list = self.left.wait_timeout(list, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
        *list = None;
        Ok(())
    }
}
