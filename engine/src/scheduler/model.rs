//! Models of the scheduler floor: seizing work against return, sleeping against publishing, and the sentinel's duty.

use super::idle::{Idle, Sleep};
use super::lease::Lease;
use crate::model::{demand_found, explore, explore_further, note};
use crate::sync::{AtomicUsize, Mutant, Ordering, thread, with_asymmetric_fences};
use std::sync::{Arc, OnceLock};

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
    let seen = explore_further(|| seize_against_return(1));
    assert!(seen.contains("seized") && seen.contains("injected"));
}

#[test]
fn two_seize() {
    assert!(explore(|| seize_against_return(2)).contains("seized"));
}

/// The same on a kernel that does the owner's half of the pair.
fn under_asymmetric_fences(model: impl FnOnce()) {
    with_asymmetric_fences(true);
    model();
    with_asymmetric_fences(false);
}

#[test]
fn one_seizes_under_asymmetric_fences() {
    under_asymmetric_fences(|| {
        let seen = explore_further(|| seize_against_return(1));
        assert!(seen.contains("seized") && seen.contains("injected"));
    });
}

#[test]
fn two_seize_under_asymmetric_fences() {
    under_asymmetric_fences(|| assert!(explore(|| seize_against_return(2)).contains("seized")));
}

#[test]
fn finds_no_barrier_from_afar() {
    under_asymmetric_fences(|| demand_found(Mutant::NoBarrierFromAfar, || seize_against_return(1)));
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
    /// As in a worker's desk. Not loom's: written before anybody can be woken.
    threads: Vec<OnceLock<thread::Thread>>,
}

impl Crew {
    fn new(workers: usize) -> Arc<Self> {
        let threads = (0..workers).map(|_| OnceLock::new()).collect();
        Arc::new(Self { idle: Idle::new(workers), tasks: AtomicUsize::new(0), threads })
    }

    /// Starts the thread of a worker.
    fn spawn(self: &Arc<Self>, me: usize, life: impl FnOnce(&Self) + 'static) -> thread::JoinHandle<()> {
        let crew = Arc::clone(self);
        thread::spawn(move || {
            // Set already where the model begins with the worker asleep.
            let _ = crew.threads[me].set(thread::current());
            life(&crew);
        })
    }

    /// Starts the thread of a worker that sleeps, and is on the list already.
    fn spawn_asleep(
        self: &Arc<Self>,
        me: usize,
        life: impl FnOnce(&Self) + 'static,
    ) -> thread::JoinHandle<()> {
        let handle = self.spawn(me, life);
        let _ = self.threads[me].set(handle.thread().clone());
        handle
    }

    fn something_there(&self) -> bool {
        self.tasks.load(Ordering::Acquire) > 0
    }

    fn take(&self) -> bool {
        self.tasks.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |tasks| tasks.checked_sub(1)).is_ok()
    }

    /// As `Shared::inject`.
    fn publish(&self) {
        self.tasks.fetch_add(1, Ordering::Release);
        self.unpark(self.idle.published());
    }

    fn unpark(&self, worker: Option<usize>) {
        if let Some(worker) = worker {
            self.threads[worker].get().expect("a sleeper has a thread").unpark();
        }
    }

    /// As `Worker::sleep_deeply`.
    fn sleep_deeply(&self, me: usize) {
        while self.idle.is_parked(me) {
            thread::park();
        }
    }

    /// As `Worker::search`, until a task is taken, by workers that always sleep deeply.
    fn search(&self, me: usize) {
        loop {
            self.idle.start_spinning();
            let found = self.something_there();
            self.idle.stop_spinning();
            if !found {
                match self.idle.park(me, || self.something_there()) {
                    Sleep::No => note("found in the last look"),
                    Sleep::Deep => {
                        note("slept");
                        self.sleep_deeply(me);
                    }
                    Sleep::Sentinel => panic!("somebody has the duty"),
                }
            }
            self.come_to_work();
            if self.take() {
                self.pass_on();
                return;
            }
        }
    }

    fn come_to_work(&self) {
        self.come_to_work_with(false);
    }

    fn come_to_work_with(&self, timers: bool) {
        self.idle.at_work();
        self.unpark(self.idle.hand_over(timers));
    }

    /// As `Worker::pass_on`.
    fn pass_on(&self) {
        if self.something_there() {
            note("passed on");
            self.unpark(self.idle.published());
        }
    }

    /// As `Worker::schedule`, from the handler that the worker is in.
    fn schedule_behind(&self) {
        if self.idle.is_unguarded() {
            note("called");
            self.unpark(self.idle.call_sentinel());
        }
    }

    /// As `Worker::watch`, with naps that end at once, until there is something to do; or as long as somebody is at work,
    /// which is where the model ends. Says whether it watches on.
    fn watch(&self, me: usize) -> bool {
        while self.idle.is_parked(me) && !self.something_there() {
            if !self.idle.all_parked() {
                note("watches on");
                return true;
            }
            if self.idle.retire_sentinel() {
                note("retired");
                self.sleep_deeply(me);
                return false;
            }
        }
        self.idle.leave_sentinel();
        let _ = self.idle.awake(me);
        false
    }
}

/// One worker takes what is published, and sleeps when there is nothing.
fn park_against_publish() {
    let crew = Crew::new(1);
    let worker = crew.spawn(0, |crew| {
        crew.search(0);
        crew.search(0);
    });
    crew.publish();
    crew.publish();
    worker.join().expect("no panic");
    assert!(!crew.something_there());
}

#[test]
fn no_wake_up_is_lost() {
    let seen = explore_further(park_against_publish);
    assert!(seen.contains("slept") && seen.contains("found in the last look"));
}

#[test]
fn finds_no_rescan() {
    demand_found(Mutant::NoRescan, park_against_publish);
}

#[test]
fn finds_park_without_fence() {
    demand_found(Mutant::ParkWithoutFence, park_against_publish);
}

#[test]
fn finds_publish_without_fence() {
    demand_found(Mutant::PublishWithoutFence, park_against_publish);
}

/// Two workers and two tasks whose handlers never end: each worker gets one. The sentinel's duty is with a third, who does
/// nothing of the kind.
#[test]
fn a_search_leaves_nothing_behind() {
    let seen = explore(|| {
        let crew = Crew::new(3);
        assert_eq!(crew.idle.park(2, || false), Sleep::Sentinel);
        assert!(crew.idle.awake(2));
        let others = [crew.spawn(0, |crew| crew.search(0)), crew.spawn(1, |crew| crew.search(1))];
        crew.publish();
        crew.publish();
        others.into_iter().for_each(|other| other.join().expect("no panic"));
        assert!(!crew.something_there());
    });
    assert!(seen.contains("slept") && seen.contains("passed on"));
}

/// Both workers sleep and the sentinel is about to retire, when a task is published. Its handler makes something runnable
/// behind itself and never ends: somebody must look after that.
fn retire_against_work() {
    let crew = Crew::new(2);
    assert_eq!(crew.idle.park(0, || false), Sleep::Sentinel);
    assert_eq!(crew.idle.park(1, || false), Sleep::Deep);
    let sentinel = crew.spawn_asleep(0, |crew| {
        if !crew.watch(0) {
            crew.come_to_work();
            // Takes the task, or finds it taken and goes on looking after the other.
            if crew.take() {
                note("the sentinel took it");
                crew.schedule_behind();
            }
        }
    });
    let sleeper = crew.spawn_asleep(1, |crew| {
        crew.sleep_deeply(1);
        crew.come_to_work();
        if crew.take() {
            crew.schedule_behind();
        }
    });
    crew.publish();
    sleeper.join().expect("no panic");
    sentinel.join().expect("no panic");
    assert!(!crew.something_there());
}

#[test]
fn a_sentinel_does_not_retire_from_work() {
    let seen = explore(retire_against_work);
    for event in ["retired", "watches on", "called", "the sentinel took it"] {
        assert!(seen.contains(event), "never {event}");
    }
}

/// The same, where the other worker gets up by itself, for a timer.
fn retire_against_timer() {
    let crew = Crew::new(2);
    assert_eq!(crew.idle.park(0, || false), Sleep::Sentinel);
    assert_eq!(crew.idle.park(1, || false), Sleep::Deep);
    let sentinel = crew.spawn_asleep(0, |crew| {
        crew.watch(0);
    });
    assert!(crew.idle.awake(1));
    crew.come_to_work();
    crew.schedule_behind();
    sentinel.join().expect("no panic");
}

#[test]
fn a_sentinel_does_not_retire_from_a_timer() {
    let seen = explore_further(retire_against_timer);
    assert!(seen.contains("retired") && seen.contains("watches on") && seen.contains("called"));
}

/// The same, where the other worker schedules nothing behind its handler and has a timer in its wheel: somebody must watch
/// from the beginning.
fn retire_against_a_waiting_timer() {
    let crew = Crew::new(2);
    assert_eq!(crew.idle.park(0, || false), Sleep::Sentinel);
    assert_eq!(crew.idle.park(1, || false), Sleep::Deep);
    let sentinel = crew.spawn_asleep(0, |crew| {
        if !crew.watch(0) {
            note("called for the timer");
        }
    });
    assert!(crew.idle.awake(1));
    crew.come_to_work_with(true);
    sentinel.join().expect("no panic");
}

#[test]
fn a_waiting_timer_is_watched() {
    let seen = explore_further(retire_against_a_waiting_timer);
    assert!(seen.contains("watches on") && seen.contains("called for the timer"));
}

#[test]
fn finds_no_hand_over_of_a_timer() {
    demand_found(Mutant::NoHandOver, retire_against_a_waiting_timer);
}

#[test]
fn finds_retire_without_fence() {
    demand_found(Mutant::RetireWithoutFence, retire_against_timer);
}

#[test]
fn finds_work_without_fence() {
    demand_found(Mutant::WorkWithoutFence, retire_against_timer);
}

/// Of three workers one is in a handler that makes something runnable and never ends, one is the sentinel and goes to work
/// for good, and one sleeps deeply: it must take the duty over.
fn hand_over() {
    let crew = Crew::new(3);
    assert_eq!(crew.idle.park(0, || false), Sleep::Sentinel);
    assert_eq!(crew.idle.park(2, || false), Sleep::Deep);
    let working = crew.spawn(1, |crew| crew.schedule_behind());
    let sleeper = crew.spawn_asleep(2, |crew| {
        crew.sleep_deeply(2);
        crew.come_to_work();
        assert_eq!(crew.idle.park(2, || false), Sleep::Sentinel);
    });
    crew.idle.leave_sentinel();
    let _ = crew.idle.awake(0);
    crew.come_to_work();
    working.join().expect("no panic");
    sleeper.join().expect("no panic");
}

#[test]
fn the_duty_is_handed_over() {
    assert!(explore(hand_over).contains("called"));
}

#[test]
fn finds_no_hand_over() {
    demand_found(Mutant::NoHandOver, hand_over);
}

/// Two of three workers come to work at once, and each may count on the other, which still spins: the third must be woken
/// all the same.
#[test]
fn two_come_to_work() {
    explore(|| {
        let crew = Crew::new(3);
        for (me, sleep) in [Sleep::Sentinel, Sleep::Deep, Sleep::Deep].into_iter().enumerate() {
            assert_eq!(crew.idle.park(me, || false), sleep);
        }
        assert!(crew.idle.retire_sentinel());
        for me in 0..2 {
            assert!(crew.idle.awake(me));
            crew.idle.start_spinning();
        }
        let sleeper = crew.spawn_asleep(2, |crew| {
            crew.sleep_deeply(2);
            assert_eq!(crew.idle.park(2, || false), Sleep::Sentinel);
        });
        let other = crew.spawn(1, |crew| {
            crew.idle.stop_spinning();
            crew.come_to_work();
        });
        crew.idle.stop_spinning();
        crew.come_to_work();
        other.join().expect("no panic");
        sleeper.join().expect("no panic");
    });
}
