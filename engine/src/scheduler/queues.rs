//! The engine's worker as a [`Peer`]: its deque, the injector, its clock and its sleep.

use super::current::with_deque;
use super::idle::Idle;
use super::lease::Lease;
use super::peer::Peer;
use super::run_queue::{RunQueue, Task};
use super::shared::Timer;
use super::worker::Worker;
use crate::cell::header::CellPtr;
use crate::sync::{AtomicU64, Ordering};
use crate::time::Nanos;
use crossbeam_deque::Steal;
use std::sync::PoisonError;
use std::time::Duration;

impl Peer for Worker {
    type Timer = Timer;

    fn index(&self) -> usize {
        self.index
    }

    fn workers(&self) -> usize {
        self.shared.desks.len()
    }

    #[inline(always)]
    fn idle(&self) -> &Idle {
        &self.shared.idle
    }

    fn is_ending(&self) -> bool {
        self.shared.is_ending()
    }

    fn queue(&self, worker: usize) -> &Lease<RunQueue<Timer>> {
        &self.shared.desks[worker].queue
    }

    #[inline(always)]
    fn own(&self) -> &Lease<RunQueue<Timer>> {
        &self.desk().queue
    }

    fn activity(&self, worker: usize) -> &AtomicU64 {
        &self.shared.desks[worker].activity
    }

    fn turns_since(&mut self, worker: usize) -> u64 {
        let sum = self.shared.stats.workers[worker].turns.get();
        sum - std::mem::replace(&mut self.others[worker], sum)
    }

    fn is_time_to_look(&mut self, now: Nanos, after: Nanos) -> bool {
        let due = now.saturating_sub(self.watched_at) >= after;
        if due {
            self.watched_at = now;
        }
        due
    }

    fn anything_common(&self) -> bool {
        !self.shared.injector.is_empty() || self.shared.desks.iter().any(|desk| !desk.stealer.is_empty())
    }

    fn inject(&self, cell: CellPtr) {
        self.shared.inject(cell);
    }

    fn steal_injected(&mut self) -> Steal<Task> {
        let stolen = with_deque(|| self.shared.injector.steal_batch_and_pop(&self.deque));
        self.exported |= stolen.is_success();
        stolen
    }

    fn steal_from(&mut self, victim: usize) -> Steal<Task> {
        let stolen = with_deque(|| self.shared.desks[victim].stealer.steal_batch_and_pop(&self.deque));
        if stolen.is_success() {
            self.counters().steals.add(1 + self.deque.len() as u64);
            self.exported = true;
        }
        stolen
    }

    fn push_deque(&self, task: Task) {
        with_deque(|| self.deque.push(task));
    }

    #[inline(never)]
    fn pop_deque(&mut self) -> Option<Task> {
        let task = with_deque(|| self.deque.pop());
        self.exported = task.is_some();
        task
    }

    fn has_timers(&self) -> bool {
        self.timers
    }

    fn timers_arrive(&self) -> bool {
        self.shared.arriving_count.load(Ordering::Acquire) > 0
    }

    fn fire_own(&mut self) {
        self.fire_timers(self.shared.clock.now());
    }

    fn fire_seized(&mut self, due: Vec<Timer>, now: Nanos) {
        self.fire(due, now);
    }

    fn has_spent(&self) -> bool {
        !self.spent.is_empty()
    }

    fn now(&self) -> Nanos {
        self.shared.clock.now()
    }

    fn give_way(&self) {
        std::thread::yield_now();
    }

    fn crowded_until(&mut self) -> &mut Nanos {
        &mut self.crowded_until
    }

    fn doze(&mut self, at_most: Option<Duration>) {
        match at_most {
            Some(time) => std::thread::park_timeout(time),
            None => std::thread::park(),
        }
    }

    fn unpark(&self, worker: usize) {
        self.counters().wakes.add(1);
        self.shared.unpark(worker);
    }

    fn at_rest(&mut self) {
        self.cells.flush();
        self.desk().limbo_bytes.store(self.cells.limbo_bytes(), Ordering::Relaxed);
        let shared = &self.shared;
        if shared.quiet_wanted.load(Ordering::SeqCst) > 0 {
            let _held = shared.quiet_waiters.lock().unwrap_or_else(PoisonError::into_inner);
            shared.quiet.notify_all();
        }
    }

    fn online(&self) {
        self.cells.online();
    }

    fn offline(&self) {
        self.cells.offline();
    }

    fn count_park(&self) {
        self.counters().parks.add(1);
    }

    fn count_seized(&self, tasks: usize) {
        self.counters().seized.add(tasks as u64);
    }
}
