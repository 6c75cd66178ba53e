//! A pool of threads for jobs that may block: started on demand, up to a limit; each leaves when it has been idle for a while.
//!
//! Protocol. Everything lies under one lock, so nothing here is ordered by anything else; what is to be shown is that no job
//! lies in the queue with no thread to take it. A thread is *counted* in `threads` from before it is started until it leaves.
//! An idle one is in `idle` while nobody counts on it, or in `called` when somebody does: `idle + called` wait.
//!
//! - Who puts a job calls an idle thread (`idle` to `called`, and a notification); where none is idle it has one started; at the
//!   limit it leaves the job to those that are there, each of which looks at the queue before it becomes idle.
//! - A thread whose wait is over, for whatever reason, first answers a call, if one is open, and then looks at the queue. It
//!   leaves only with no call open. So there are never more calls than threads that wait, and whoever is called is answered by
//!   one of them, also if the notification went to one whose time was up.
//! - Where a thread cannot be started, its count goes back; if it was the last, what is in the queue goes to whoever failed to
//!   start it, as nobody else will take it.
//!
//! Jobs are run outside the lock. They are the floors' above; the models put numbers.

use crate::sync::{Condvar, Mutant, Mutex, MutexGuard, mutant};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The threads of one system that may block, and what waits for them.
#[derive(Debug)]
pub(crate) struct ThreadPool<J> {
    /// The most threads. None at all: jobs are taken by whoever runs the system.
    limit: usize,
    state: Mutex<State<J>>,
    /// There is a job, or the end.
    work: Condvar,
    /// A thread left after the end.
    left: Condvar,
}

#[derive(Debug)]
struct State<J> {
    queue: VecDeque<J>,
    /// Threads, idle ones and those to be started included.
    threads: usize,
    idle: usize,
    called: usize,
    running: usize,
    ended: bool,
}

/// What is to be done for a job that was put.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Put<J> {
    /// Nothing: a thread will take it.
    Queued,
    /// A thread must be started, or [`ThreadPool::not_started`] be called.
    Start,
    /// The pool has ended.
    Ended(J),
}

/// What a pool is doing, at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PoolUse {
    pub(crate) threads: usize,
    pub(crate) queued: usize,
    pub(crate) running: usize,
}

impl PoolUse {
    /// Jobs that are not over.
    pub(crate) fn pending(self) -> usize {
        self.queued + self.running
    }
}

impl<J> ThreadPool<J> {
    pub(crate) fn new(limit: usize) -> Self {
        let state =
            State { queue: VecDeque::new(), threads: 0, idle: 0, called: 0, running: 0, ended: false };
        Self { limit, state: Mutex::new(state), work: Condvar::new(), left: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(|e| panic!("nothing panics under the pool's lock: {e}"))
    }

    /// Puts a job where a thread will take it.
    pub(crate) fn put(&self, job: J) -> Put<J> {
        let mut state = self.lock();
        if state.ended {
            return Put::Ended(job);
        }
        state.queue.push_back(job);
        if state.idle > 0 {
            state.idle -= 1;
            state.called += 1;
            drop(state);
            self.work.notify_one();
            return Put::Queued;
        }
        if state.threads >= self.limit {
            return Put::Queued;
        }
        state.threads += 1;
        Put::Start
    }

    /// A thread that was to be started cannot be had: the jobs that nobody else will take. They count as running: each is
    /// [`ThreadPool::done`] with.
    #[must_use]
    pub(crate) fn not_started(&self) -> VecDeque<J> {
        let mut state = self.lock();
        state.threads -= 1;
        self.left.notify_all();
        if state.threads > 0 {
            return VecDeque::new();
        }
        let rest = std::mem::take(&mut state.queue);
        state.running += rest.len();
        rest
    }

    /// The next job for a thread that was started; waits for one, for `keep` at most (for ever if that is none). None means
    /// that the thread is no longer counted and must leave.
    pub(crate) fn take(&self, keep: Option<Duration>) -> Option<J> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.queue.pop_front() {
                state.running += 1;
                return Some(job);
            }
            if state.ended {
                break;
            }
            state.idle += 1;
            let since = keep.map(|_| Instant::now());
            loop {
                let mut over = false;
                state = match (keep, since) {
                    (Some(keep), Some(since)) => {
                        let rest = keep.saturating_sub(since.elapsed());
                        over = rest.is_zero();
                        if over {
                            // Nothing to wait for; but whoever puts a job may come between.
                            drop(state);
                            self.lock()
                        } else {
                            self.wait(&self.work, state, rest)
                        }
                    }
                    _ => self.work.wait(state).unwrap_or_else(|e| panic!("{e}")),
                };
                if state.called > 0 && !(over && mutant(Mutant::LeaveOverCall)) {
                    state.called -= 1;
                    break;
                }
                if over || state.ended {
                    // Saturating for the mutant's sake, which leaves over a call that took it off.
                    state.idle = state.idle.saturating_sub(1);
                    return self.leave(state);
                }
            }
        }
        self.leave(state)
    }

    fn leave(&self, mut state: MutexGuard<'_, State<J>>) -> Option<J> {
        state.threads -= 1;
        if state.ended {
            self.left.notify_all();
        }
        None
    }

    fn wait<'g>(
        &self,
        on: &Condvar,
        state: MutexGuard<'g, State<J>>,
        at_most: Duration,
    ) -> MutexGuard<'g, State<J>> {
        on.wait_timeout(state, at_most).unwrap_or_else(|e| panic!("{e}")).0
    }

    /// A job, for whoever runs a system without threads.
    pub(crate) fn take_here(&self) -> Option<J> {
        let mut state = self.lock();
        let job = state.queue.pop_front()?;
        state.running += 1;
        Some(job)
    }

    /// A job that was taken is over: all that follows from it has been done.
    pub(crate) fn done(&self) {
        self.lock().running -= 1;
    }

    pub(crate) fn usage(&self) -> PoolUse {
        let state = self.lock();
        PoolUse { threads: state.threads, queued: state.queue.len(), running: state.running }
    }

    /// No job is taken from here on, and idle threads leave. Gives the jobs that were not begun.
    #[must_use]
    pub(crate) fn end(&self) -> VecDeque<J> {
        let mut state = self.lock();
        state.ended = true;
        let rest = std::mem::take(&mut state.queue);
        drop(state);
        if !mutant(Mutant::EndWithoutCall) {
            self.work.notify_all();
        }
        rest
    }

    /// After [`ThreadPool::end`]: waits until every thread has left, until a time at most. Gives the number of those that have not.
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    pub(crate) fn wait_left(&self, until: Instant) -> usize {
        let mut state = self.lock();
        while state.threads > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.wait(&self.left, state, left);
        }
        state.threads
    }
}

/// What one thread does with it; what several do beside each other is for the models.
#[cfg(all(test, not(any(throng_loom, throng_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_be_started_takes_the_jobs_that_nobody_else_will() {
        let pool = ThreadPool::new(2);
        assert_eq!(pool.put(1), Put::Start);
        assert_eq!(pool.put(2), Put::Start);
        assert_eq!(pool.put(3), Put::Queued, "two are all there may be");
        assert_eq!(pool.not_started(), [], "the other thread will take them");
        assert_eq!(pool.usage(), PoolUse { threads: 1, queued: 3, running: 0 });
        assert_eq!(pool.not_started(), [1, 2, 3]);
        assert_eq!(pool.usage(), PoolUse { threads: 0, queued: 0, running: 3 });
        assert_eq!(pool.put(4), Put::Start, "the next one tries again");
    }
}
