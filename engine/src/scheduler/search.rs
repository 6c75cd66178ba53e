//! A worker without work: where it looks, how long it spins, when it sleeps, and the sentinel that looks after the
//! others while it sleeps with one eye open.

use super::idle::Sleep;
use super::run_queue::Task;
use super::worker::{Found, Worker};
use crate::sync::{Arc, Ordering};
use crate::time::{Nanos, tick_of};
use crossbeam_deque::Steal;
use std::time::Duration;

/// How long a worker looks before it sleeps: what waking it would cost.
const SPIN: Nanos = 30_000;
/// The sentinel's nap.
const NAP: Duration = Duration::from_millis(1);
/// Naps with everybody asleep after which the sentinel sleeps too.
const QUIET_NAPS: u32 = 20;
/// A worker that did more turns than this during a nap needs no help: it shares by itself.
const BRISK_TURNS: u64 = 1_000;

impl Worker {
    /// Looks for work elsewhere; sleeps when there is none.
    pub(super) fn search(&mut self) -> Found {
        let shared = Arc::clone(&self.shared);
        let activity = &self.desk().activity;
        loop {
            // Even: this worker holds nothing. SeqCst: quiescence reads activity, queues and counters in this order.
            activity.fetch_add(1, Ordering::SeqCst);
            self.cells.flush();
            self.desk().limbo_bytes.store(self.cells.limbo_bytes(), Ordering::Relaxed);
            self.notify_quiet();
            shared.idle.start_spinning();
            self.cells.offline();
            let found = self.spin();
            shared.idle.stop_spinning();
            let rescued = !found && !shared.is_ending() && self.sleep();
            if !rescued {
                activity.fetch_add(1, Ordering::SeqCst);
            }
            self.cells.online();
            if shared.is_ending() {
                return Found::Ending;
            }
            shared.idle.at_work();
            if let Some(worker) = shared.idle.hand_over(self.timers) {
                shared.unpark(worker);
            }
            self.fire_timers(shared.clock.now());
            if !self.spent.is_empty() {
                self.pass_on();
                return Found::Spent;
            }
            if let Some(task) = self.take_anything() {
                self.pass_on();
                return Found::Task(task);
            }
        }
    }

    fn notify_quiet(&self) {
        if self.shared.quiet_wanted.load(Ordering::SeqCst) > 0 {
            let _held = self.shared.quiet_waiters.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            self.shared.quiet.notify_all();
        }
    }

    /// Waits actively for something to appear.
    fn spin(&mut self) -> bool {
        let clock = self.shared.clock;
        let until = clock.now() + SPIN;
        loop {
            for _ in 0..16 {
                if self.something_there() || self.shared.is_ending() {
                    return true;
                }
                std::hint::spin_loop();
            }
            let now = clock.now();
            if now >= until {
                return false;
            }
            if self.timer_due(now) {
                return true;
            }
        }
    }

    /// Whether a look would find anything.
    fn something_there(&self) -> bool {
        let shared = &self.shared;
        !shared.injector.is_empty()
            || shared.desks.iter().any(|desk| !desk.stealer.is_empty())
            || shared.arriving_count.load(Ordering::Acquire) > 0
            // SAFETY: the owner's thread.
            || unsafe { self.desk().queue.enter(|queue| queue.len() > 0) }.unwrap_or(true)
    }

    fn timer_due(&self, now: Nanos) -> bool {
        self.timers && self.next_timer().is_some_and(|due| due <= tick_of(now))
    }

    fn next_timer(&self) -> Option<u64> {
        self.look_at_timers().flatten()
    }

    /// The next due timer of the own wheel, if there is one; None if the queue is seized.
    fn look_at_timers(&self) -> Option<Option<u64>> {
        // SAFETY: the owner's thread.
        unsafe { self.desk().queue.enter(|queue| queue.wheel.next_due()) }
    }

    /// Takes a task from the own queue, the injector or another's deque.
    fn take_anything(&mut self) -> Option<Task> {
        if let Some((task, _)) = self.pop() {
            return Some(task);
        }
        if let Some(task) = self.deque.pop() {
            self.exported = true;
            return Some(task);
        }
        loop {
            let mut retry = false;
            match self.shared.injector.steal_batch_and_pop(&self.deque) {
                Steal::Success(task) => {
                    self.exported = true;
                    return Some(task);
                }
                Steal::Retry => retry = true,
                Steal::Empty => {}
            }
            for n in 1..self.shared.desks.len() {
                let victim = (self.index + n) % self.shared.desks.len();
                match self.shared.desks[victim].stealer.steal_batch_and_pop(&self.deque) {
                    Steal::Success(task) => {
                        self.counters().steals.add(1 + self.deque.len() as u64);
                        self.exported = true;
                        return Some(task);
                    }
                    Steal::Retry => retry = true,
                    Steal::Empty => {}
                }
            }
            if !retry {
                return None;
            }
        }
    }

    /// While this worker was looking, publishers counted on it: for what it leaves where others can take it, somebody
    /// else must be told.
    fn pass_on(&self) {
        let shared = &self.shared;
        let left = !shared.injector.is_empty() || shared.desks.iter().any(|desk| !desk.stealer.is_empty());
        if left && let Some(worker) = shared.idle.published() {
            shared.unpark(worker);
        }
    }

    /// Sleeps until woken, until a timer is due, or as sentinel until there is something to do. True if it took work
    /// from behind another worker's handler; its activity is odd already then.
    fn sleep(&mut self) -> bool {
        let shared = Arc::clone(&self.shared);
        let here = &*self;
        let sleep = shared.idle.park(self.index, || here.something_there() || shared.is_ending());
        if sleep == Sleep::No {
            return false;
        }
        self.counters().parks.add(1);
        if sleep == Sleep::Sentinel {
            return self.watch();
        }
        self.sleep_deeply();
        false
    }

    fn sleep_deeply(&mut self) {
        loop {
            let now = self.shared.clock.now();
            if self.timer_due(now) || self.shared.is_ending() {
                break;
            }
            match self.look_at_timers() {
                Some(Some(due)) => {
                    let wait = due.saturating_mul(crate::time::TICK).saturating_sub(now);
                    std::thread::park_timeout(Duration::from_nanos(wait));
                }
                Some(None) => std::thread::park(),
                // Seized just now: the timers must not be slept over.
                None => std::thread::park_timeout(NAP),
            }
            if !self.is_listed() {
                return;
            }
        }
        let _ = self.shared.idle.awake(self.index);
    }

    fn is_listed(&self) -> bool {
        self.shared.idle.is_parked(self.index)
    }

    /// The sentinel's watch.
    fn watch(&mut self) -> bool {
        let shared = Arc::clone(&self.shared);
        let workers = shared.desks.len();
        self.others = (0..workers).map(|w| shared.stats.workers[w].turns.get()).collect();
        let mut quiet = 0;
        let mut rescued = false;
        loop {
            let now = shared.clock.now();
            let nap = match self.next_timer() {
                Some(due) => NAP.min(Duration::from_nanos(
                    due.saturating_mul(crate::time::TICK).saturating_sub(now).max(1_000),
                )),
                None => NAP,
            };
            std::thread::park_timeout(nap);
            let now = shared.clock.now();
            let called = !self.is_listed();
            if called || self.something_there() || self.timer_due(now) || shared.is_ending() {
                break;
            }
            if shared.idle.all_parked() {
                quiet += 1;
                if quiet >= QUIET_NAPS && shared.idle.retire_sentinel() {
                    self.sleep_deeply();
                    return false;
                }
                continue;
            }
            quiet = 0;
            // Odd before anything is taken: quiescence must not find both queues empty.
            self.desk().activity.fetch_add(1, Ordering::SeqCst);
            self.cells.online();
            rescued = self.rescue(now, BRISK_TURNS);
            if rescued {
                break;
            }
            self.cells.offline();
            self.desk().activity.fetch_add(1, Ordering::SeqCst);
        }
        shared.idle.leave_sentinel();
        let _ = shared.idle.awake(self.index);
        rescued
    }

    /// Takes what is runnable, and what timers are due, from behind workers that ended `brisk` turns or fewer since
    /// the last look. The caller is online, and its activity is odd.
    pub(super) fn rescue(&mut self, now: Nanos, brisk: u64) -> bool {
        let shared = Arc::clone(&self.shared);
        let mut rescued = false;
        for victim in 0..shared.desks.len() {
            let sum = shared.stats.workers[victim].turns.get();
            let since = sum - std::mem::replace(&mut self.others[victim], sum);
            let working = shared.desks[victim].activity.load(Ordering::Relaxed) % 2 == 1;
            if victim == self.index || since > brisk || !working {
                continue;
            }
            let mut tasks = Vec::new();
            let mut due = Vec::new();
            shared.desks[victim].queue.seize(|queue| {
                queue.take_half(|task| tasks.push(task));
                queue.wheel.advance(tick_of(now), |timer| due.push(timer));
            });
            self.counters().seized.add(tasks.len() as u64);
            rescued |= !tasks.is_empty() || !due.is_empty();
            for task in tasks {
                self.reschedule(task.0);
            }
            self.fire(due, now);
        }
        rescued
    }
}
