//! Models of the scheduler floor: seizing work against return, sleeping against publishing, and the sentinel's duty.

use super::idle::{Idle, Sleep};
use super::lease::Lease;
use crate::model::{demand_found, explore, note};
use crate::sync::{AtomicUsize, Mutant, Ordering, thread};
use std::sync::Arc;

/// The owner puts two tasks into its queue, works on one, and looks again; `seizers` take what they find meanwhile.
fn seize_against_return(seizers: usize) {
    let queue = Arc::new(Lease::new(Vec::new()));
    let others: Vec<_> = (0..seizers)
        .map(|_| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.seize(std::mem::take).unwrap_or_default())
        })
        .collect();
    let mut done = Vec::new();
    for task in [1, 2] {
        // SAFETY: this is the owner's thread.
        if unsafe { queue.enter(|queue: &mut Vec<u32>| queue.push(task)) }.is_none() {
            note("injected");
            done.push(task);
        }
    }
    // SAFETY: as above.
    done.extend(unsafe { queue.enter(Vec::pop) }.flatten());
    for other in others {
        let seized = other.join().expect("no panic");
        if !seized.is_empty() {
            note("seized");
        }
        done.extend(seized);
    }
    // SAFETY: as above.
    done.extend(unsafe { queue.enter(std::mem::take) }.expect("nobody seizes it now"));
    done.sort_unstable();
    assert_eq!(done, [1, 2], "each task is had once");
}

#[test]
fn one_seizes() {
    let seen = explore(|| seize_against_return(1));
    assert!(seen.contains("seized") && seen.contains("injected"));
}

#[test]
fn two_seize() {
    assert!(explore(|| seize_against_return(2)).contains("seized"));
}

#[test]
fn finds_seize_without_fence() {
    demand_found(Mutant::SeizeWithoutFence, || seize_against_return(1));
}

#[test]
fn finds_enter_without_fence() {
    demand_found(Mutant::EnterWithoutFence, || seize_against_return(1));
}

/// The workers of a model and what stands for the injector.
struct Crew {
    idle: Idle,
    tasks: AtomicUsize,
}

type Threads = [thread::Thread];

impl Crew {
    fn new(workers: usize) -> Arc<Self> {
        Arc::new(Self { idle: Idle::new(workers), tasks: AtomicUsize::new(0) })
    }

    fn something_there(&self) -> bool {
        self.tasks.load(Ordering::Acquire) > 0
    }

    fn take(&self) -> bool {
        self.tasks.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |tasks| tasks.checked_sub(1)).is_ok()
    }

    /// As `Shared::inject`.
    fn publish(&self, threads: &Threads) {
        self.tasks.fetch_add(1, Ordering::Release);
        self.unpark(self.idle.published(), threads);
    }

    fn unpark(&self, worker: Option<usize>, threads: &Threads) {
        if let Some(worker) = worker {
            threads[worker].unpark();
        }
    }

    /// As `Worker::sleep_deeply`.
    fn sleep_deeply(&self, me: usize) {
        while self.idle.is_parked(me) {
            thread::park();
        }
    }

    /// As `Worker::search`, until a task is taken. Naps of a sentinel end at once.
    fn search(&self, me: usize, threads: &Threads) {
        loop {
            self.idle.start_spinning();
            let found = self.something_there();
            self.idle.stop_spinning();
            if !found {
                match self.idle.park(me, || self.something_there()) {
                    Sleep::No => {}
                    Sleep::Deep => {
                        note("slept");
                        self.sleep_deeply(me);
                    }
                    Sleep::Sentinel => {
                        // Watches until it retires, which needs everybody asleep, or is called.
                        while self.idle.is_parked(me) && !self.something_there() {
                            if self.idle.all_parked() && self.idle.retire_sentinel() {
                                note("retired");
                                self.sleep_deeply(me);
                                break;
                            }
                            thread::park();
                        }
                        self.idle.leave_sentinel();
                        let _ = self.idle.awake(me);
                    }
                }
            }
            self.at_work(threads);
            if self.take() {
                // As `Worker::pass_on`.
                if self.something_there() {
                    note("passed on");
                    self.unpark(self.idle.published(), threads);
                }
                return;
            }
        }
    }

    fn at_work(&self, threads: &Threads) {
        self.idle.at_work();
        self.unpark(self.idle.hand_over(), threads);
    }
}
