//! Models of the thread pool: no job is left in the queue with no thread to take it, and none is had twice.

use crate::model::{demand_found, demand_found_further, explore, explore_further, note};
use crate::scheduler::thread_pool::{Put, ThreadPool};
use crate::sync::{Mutant, thread};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A pool of numbers, and who had which. The list orders nothing, as its lock is not loom's.
struct Model {
    pool: ThreadPool<u32>,
    had: Mutex<Vec<u32>>,
    /// How long a thread stays idle; the clock stands still, so none at all or for ever.
    keep: Option<Duration>,
}

impl Model {
    fn new(limit: usize, keep: Option<Duration>) -> Arc<Self> {
        Arc::new(Self { pool: ThreadPool::new(limit), had: Mutex::new(Vec::new()), keep })
    }

    /// Puts a job; gives the thread that was started for it.
    fn put(self: &Arc<Self>, job: u32) -> Option<thread::JoinHandle<()>> {
        match self.pool.put(job) {
            Put::Queued => {
                note("queued");
                None
            }
            Put::Start => {
                note("started");
                let this = Arc::clone(self);
                Some(thread::spawn(move || this.work()))
            }
            Put::Ended(_) => {
                note("ended");
                None
            }
        }
    }

    fn work(&self) {
        while let Some(job) = self.pool.take(self.keep) {
            self.had.lock().expect("no panic").push(job);
            self.pool.done();
        }
        note("left");
    }

    fn had(&self) -> Vec<u32> {
        let mut had = self.had.lock().expect("no panic").clone();
        had.sort_unstable();
        had
    }
}

/// A thread's time is up as soon as it is idle, while jobs are put from two sides.
fn put_against_idle_exit(limit: usize) {
    let model = Model::new(limit, Some(Duration::ZERO));
    let mut threads: Vec<_> = model.put(1).into_iter().collect();
    threads.extend(model.put(2));
    threads.extend(model.put(3));
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    assert_eq!(model.had(), [1, 2, 3], "each job is had once");
    assert_eq!(model.pool.usage(), Default::default(), "nobody is left, and nothing");
}

#[test]
fn no_job_is_left_without_a_thread() {
    for limit in [1, 2] {
        let seen = explore_further(move || put_against_idle_exit(limit));
        for event in ["queued", "started", "left"] {
            assert!(seen.contains(event), "never {event}");
        }
    }
}

#[test]
fn finds_leave_over_call() {
    demand_found_further(Mutant::LeaveOverCall, || put_against_idle_exit(1));
}

/// Threads that are idle for ever, and the end: what was put is had, or given back.
fn put_against_end() {
    let model = Model::new(1, None);
    let mut threads: Vec<_> = model.put(1).into_iter().collect();
    let other = Arc::clone(&model);
    let putter = thread::spawn(move || other.put(2));
    let rest = model.pool.end();
    threads.extend(putter.join().expect("no panic"));
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    let mut all = model.had();
    all.extend(rest);
    all.sort_unstable();
    // The second may have come too late, and then its putter has it.
    assert!(all == [1, 2] || all == [1], "{all:?}");
    assert_eq!(model.pool.usage(), Default::default(), "nobody is left, and nothing");
}

#[test]
fn a_pool_that_ends_lets_go_of_everybody() {
    let seen = explore(put_against_end);
    assert!(seen.contains("ended") && seen.contains("left"));
}

#[test]
fn finds_end_without_call() {
    demand_found(Mutant::EndWithoutCall, put_against_end);
}
