//! A worker's timers: arming, firing, and throwing out those that were cancelled.
//!
//! Firing runs no user code but the drop of errands that nobody will do any more, each contained; dropping a timer does. So a timer fires inside the loop's borrow of the worker, which is [lent](Worker::lend)
//! to it; and timers that are over are put aside, and [disposed
//! of](Worker::dispose) by the loop, which borrows the worker no more at that point.

use super::peer::Peer;
use super::shared::{Fire, Fired, Timer};
use super::worker::Worker;
use crate::panics::contained;
use crate::sync::{Arc, Ordering};
use crate::time::{Nanos, TICK};
use std::collections::{HashMap, VecDeque};
use std::ptr::NonNull;

/// Timers below which nobody looks for cancelled ones.
const SWEEP: usize = 1_024;

impl Worker {
    /// Arms a timer on this worker's wheel.
    pub(crate) fn arm(&mut self, due: Nanos, timer: Timer) {
        self.arm_all(std::iter::once((due, timer)));
    }

    fn arm_all(&mut self, timers: impl Iterator<Item = (Nanos, Timer)>) {
        self.timers = true;
        let now = self.shared.clock.tick_of(self.shared.clock.now());
        let mut timers = Some(timers);
        // A seizer is inside for the length of a few pushes; the timers must go into a wheel.
        while timers.is_some() {
            let clock = &self.shared.clock;
            // SAFETY: this is the owner's thread, and nothing inside `enter` calls back.
            let entered = unsafe {
                self.desk().queue.enter(|queue| {
                    if queue.wheel.len() == 0 {
                        queue.wheel.advance(now, drop);
                    }
                    for (due, timer) in timers.take().into_iter().flatten() {
                        queue.wheel.insert(clock.tick_after(due), timer);
                    }
                })
            };
            if entered.is_none() {
                if self.is_apart() {
                    self.arm_apart(timers.take().into_iter().flatten());
                }
                std::hint::spin_loop();
            }
        }
        // It may come due behind the handler that runs here.
        self.watch_over();
    }

    /// Fires what is due on the own wheel. Gives the time of the next look, if anything is left in it.
    pub(super) fn fire_timers(&mut self, now: Nanos) -> Option<Nanos> {
        let arriving = self.shared.arriving_count.load(Ordering::Acquire) > 0;
        if !self.timers && !arriving {
            return None;
        }
        let mut due = Vec::new();
        let shared = Arc::clone(&self.shared);
        // SAFETY: as in `schedule`; nothing fires inside.
        let next = unsafe {
            self.desk().queue.enter(|queue| {
                shared.take_arriving(&mut queue.wheel);
                queue.wheel.advance(shared.clock.tick_of(now), |timer| due.push(timer));
                queue.wheel.next_due()
            })
        };
        self.timers = !matches!(next, Some(None)) || !due.is_empty();
        self.fire(due, now);
        self.sweep();
        // A timer that fires again may be due before what was left.
        // SAFETY: as in `schedule`.
        let next = unsafe { self.desk().queue.enter(|queue| queue.wheel.next_due()) };
        self.timers = !matches!(next, Some(None));
        next.flatten().map(|tick| self.shared.clock.time_of(tick))
    }

    /// When the first timer on the own wheel is due, cancelled ones included. Looks through a slot of the wheel: for virtual
    /// time. By the worker's thread, outside its loop.
    pub(crate) fn first_due(&self) -> Option<Nanos> {
        loop {
            // SAFETY: as in `schedule`.
            let looked = unsafe { self.desk().queue.enter(|queue| queue.wheel.first_due()) };
            match looked {
                Some(tick) => return tick.map(|tick| self.shared.clock.time_of(tick)),
                // Somebody describes the system just now.
                None => std::hint::spin_loop(),
            }
        }
    }

    /// Fires timers that were taken out of a wheel, this worker's or another's.
    pub(super) fn fire(&mut self, due: Vec<Timer>, now: Nanos) {
        if due.is_empty() {
            return;
        }
        // What is due at a mailbox that was found full waits together and in order, those first who have waited: a place
        // goes to the oldest. Mailboxes in the order in which they were found so, as a run is to be the same each time.
        let mut held: Vec<(u64, VecDeque<Timer>)> = Vec::new();
        let mut places: HashMap<u64, usize> = HashMap::new();
        let mut newly = Vec::with_capacity(due.len());
        for mut timer in due {
            match timer.take_held() {
                Some(timers) => hold(&mut held, &mut places, timer.receiver()).extend(timers),
                None => newly.push(timer),
            }
        }
        for (_, timers) in &mut held {
            while let Some(timer) = timers.pop_front() {
                if let Some(timer) = self.fire_one(timer, now) {
                    timers.push_front(timer);
                    break;
                }
            }
        }
        let next = (now / TICK + 1).saturating_mul(TICK);
        for timer in newly {
            let receiver = timer.receiver();
            if let Some(at) = places.get(&receiver).filter(|at| !held[**at].1.is_empty()) {
                held[*at].1.push_back(timer);
            } else if let Some(timer) = self.fire_one(timer, now) {
                if receiver == 0 {
                    self.arm(next, timer);
                } else {
                    hold(&mut held, &mut places, receiver).push_back(timer);
                }
            }
        }
        for (receiver, timers) in held {
            if !timers.is_empty() {
                self.arm(next, Box::new(Held { receiver, timers }));
            }
        }
    }

    /// Fires one timer; gives it back if its receiver is full.
    fn fire_one(&mut self, mut timer: Timer, now: Nanos) -> Option<Timer> {
        // SAFETY: this is the worker of this thread, and is lent: its borrow is not used before the call has returned, and
        // whatever the timer does reaches it by the pointer that it is given or by `current`, which are the same.
        match self.lend(|this| unsafe { timer.fire(this.cast(), now) }) {
            Fired::Done => self.spent.push(timer),
            Fired::Again(at) => self.arm(at, timer),
            Fired::Full => {
                self.counters().timers_late.add(1);
                return Some(timer);
            }
        }
        None
    }

    /// Takes cancelled timers out when they may be half of what the wheel holds.
    fn sweep(&mut self) {
        let at = self.sweep_at;
        let desk = self.desk();
        let spent = &mut self.spent;
        // SAFETY: as in `schedule`; what is taken out is dropped later, outside.
        let left = unsafe {
            desk.queue.enter(|queue| {
                if queue.wheel.len() > at.max(SWEEP) {
                    queue.wheel.retain(|timer| !timer.is_cancelled(), spent);
                }
                queue.wheel.len()
            })
        };
        let Some(left) = left else { return };
        self.sweep_at = self.sweep_at.max(left * 2).min((left * 2).max(SWEEP));
    }

    /// Drops timers that are over.
    ///
    /// # Safety
    /// `this` is the worker of the calling thread, and no borrow of the worker is held.
    pub(super) unsafe fn dispose(this: NonNull<Worker>) {
        // SAFETY: the borrow ends before user code runs.
        let spent = std::mem::take(unsafe { &mut (*this.as_ptr()).spent });
        for timer in spent {
            // A message that was refused or cancelled is dropped here, and its Drop is user code.
            if !contained(|| drop(timer)) {
                // SAFETY: the borrow ends with the statement.
                unsafe { this.as_ref() }.counters().faults.add(1);
            }
        }
    }
}

/// The timers that are held for a receiver.
fn hold<'h>(
    held: &'h mut Vec<(u64, VecDeque<Timer>)>,
    places: &mut HashMap<u64, usize>,
    receiver: u64,
) -> &'h mut VecDeque<Timer> {
    let at = *places.entry(receiver).or_insert(held.len());
    if at == held.len() {
        held.push((receiver, VecDeque::new()));
    }
    &mut held[at].1
}

/// Timers that are due at one full mailbox, in their order.
struct Held {
    receiver: u64,
    timers: VecDeque<Timer>,
}

impl Fire for Held {
    unsafe fn fire(&mut self, _: NonNull<()>, _: Nanos) -> Fired {
        // Taken apart before it is fired; see `take_held`.
        Fired::Done
    }

    fn receiver(&self) -> u64 {
        self.receiver
    }

    fn armed(&self) -> u64 {
        self.timers.iter().map(|timer| timer.armed()).sum()
    }

    fn take_held(&mut self) -> Option<VecDeque<Timer>> {
        Some(std::mem::take(&mut self.timers))
    }
}

impl Drop for Held {
    /// With its system. Each message's Drop is user code, and one that panics must not take the others along.
    fn drop(&mut self) {
        for timer in self.timers.drain(..) {
            contained(|| drop(timer));
        }
    }
}
