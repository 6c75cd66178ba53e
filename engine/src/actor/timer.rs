//! Timers: a message to oneself later, once or again and again.
//!
//! A timer owns its message until it is due. A mailbox at its hard limit does not lose it: it stays due and is tried
//! again with the next tick. `every` has one tick in the mailbox at most; those missed meanwhile are counted.

use super::behavior::{Actor, Context};
use super::parcel::{Record, Take};
use super::post::{self, Bound, Raw};
use crate::error::SendError;
use crate::mailbox::pledge::Pledge;
use crate::scheduler::shared::Fire;
use crate::scheduler::worker::Worker;
use crate::sync::{Arc, AtomicU32, Ordering};
use crate::time::{Nanos, TICK, nanos};
use std::ptr::NonNull;
use std::time::Duration;

const ARMED: u32 = 0;
const FIRED: u32 = 1;
const CANCELLED: u32 = 2;

/// A timer that can be cancelled, from any thread. Dropping it leaves the timer armed.
#[derive(Debug, Clone)]
pub struct Timer {
    state: Arc<AtomicU32>,
}

impl Timer {
    /// Cancels. True means that the message will not be delivered (again, for a periodic one); false that it has been,
    /// is in the mailbox already, or was cancelled before.
    pub fn cancel(&self) -> bool {
        // Relaxed: the exchange decides by itself, and carries no data.
        self.state.compare_exchange(ARMED, CANCELLED, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl<A: Actor> Context<'_, A> {
    /// Sends `message` to this actor after `delay`: never early, and about a millisecond late on an idle system.
    /// An armed timer holds up [`System::quiesce`](crate::System::quiesce).
    pub fn after(&mut self, delay: Duration, message: impl Into<A::Msg>) -> Timer {
        // User code, and so before anything is counted.
        let message = message.into();
        let state = Arc::new(AtomicU32::new(ARMED));
        let to = self.raw();
        let worker = self.worker();
        let due = worker.shared.clock.now().saturating_add(nanos(delay));
        worker.counters().timers_armed.add(1);
        worker.arm(
            due,
            Box::new(Once { to, state: Arc::clone(&state), message: Some(message), settled: false }),
        );
        Timer { state }
    }

    /// Sends `message()` to this actor every `period`, first after one period, until cancelled or the actor ends.
    /// A period below a millisecond becomes a millisecond. Does not hold up quiescence.
    pub fn every(&mut self, period: Duration, message: impl Fn() -> A::Msg + Send + Sync + 'static) -> Timer {
        let state = Arc::new(AtomicU32::new(ARMED));
        let period = nanos(period).max(TICK);
        let to = self.raw();
        let worker = self.worker();
        let first = worker.shared.clock.now().saturating_add(period);
        let tick = Arc::new(Tick { outstanding: AtomicU32::new(0), message });
        worker.arm(first, Box::new(Periodic { to, state: Arc::clone(&state), period, due: first, tick }));
        Timer { state }
    }
}

struct Once<M> {
    to: Raw,
    state: Arc<AtomicU32>,
    message: Option<M>,
    /// Counted as done.
    settled: bool,
}

impl<M: Send + 'static> Fire for Once<M> {
    unsafe fn fire(&mut self, worker: NonNull<()>, now: Nanos) -> Option<Nanos> {
        // SAFETY: by the caller's promise.
        let worker = unsafe { worker.cast::<Worker>().as_mut() };
        let first = self.state.compare_exchange(ARMED, FIRED, Ordering::Relaxed, Ordering::Relaxed);
        if first == Err(CANCELLED) {
            self.settle(worker);
            return None;
        }
        let message = self.message.take()?;
        match post::from_worker(worker, self.to, message, Bound::Hard) {
            Err(SendError::Full(message)) => {
                worker.counters().timers_late.add(1);
                self.message = Some(message);
                Some(now + TICK)
            }
            Ok(_) | Err(_) => {
                self.settle(worker);
                None
            }
        }
    }

    fn is_cancelled(&self) -> bool {
        self.state.load(Ordering::Relaxed) == CANCELLED
    }

    unsafe fn discard(&mut self, worker: NonNull<()>) {
        // SAFETY: by the caller's promise.
        self.settle(unsafe { worker.cast::<Worker>().as_ref() });
    }
}

impl<M> Once<M> {
    fn settle(&mut self, worker: &Worker) {
        if !std::mem::replace(&mut self.settled, true) {
            worker.counters().timers_done.add(1);
        }
    }
}

/// What a periodic timer and its tick in the mailbox share.
struct Tick<F> {
    outstanding: AtomicU32,
    message: F,
}

struct Periodic<F> {
    to: Raw,
    state: Arc<AtomicU32>,
    period: Nanos,
    due: Nanos,
    tick: Arc<Tick<F>>,
}

impl<M: Send + 'static, F: Fn() -> M + Send + Sync + 'static> Fire for Periodic<F> {
    unsafe fn fire(&mut self, worker: NonNull<()>, now: Nanos) -> Option<Nanos> {
        // SAFETY: by the caller's promise.
        let worker = unsafe { worker.cast::<Worker>().as_mut() };
        if self.is_cancelled() {
            return None;
        }
        // Times between two ticks that nobody saw are missed, not made up for.
        let missed = now.saturating_sub(self.due) / self.period;
        self.due += (missed + 1) * self.period;
        worker.counters().ticks_missed.add(missed);
        // Acquire pairs with the Release in `take_tick`.
        if self.tick.outstanding.swap(1, Ordering::Acquire) == 1 {
            worker.counters().ticks_missed.add(1);
            return Some(self.due);
        }
        let class = const {
            match Record::class_for::<Arc<Tick<F>>>() {
                Some(class) => class,
                None => panic!("one pointer fits"),
            }
        };
        let head = Record {
            pledge: Pledge::open(),
            class,
            listed: false,
            prev: std::ptr::null_mut(),
            next: std::ptr::null_mut(),
            deadline: 0,
            asker: 0,
            take: take_tick::<M, F>,
            expire: never,
        };
        let record = Record::take_block(&mut worker.pool, class, head);
        // SAFETY: a fresh block with room for one pointer.
        unsafe { Record::contents::<Arc<Tick<F>>>(record).write(Arc::clone(&self.tick)) };
        if post::push_owed(self.to, Record::envelope(record)) {
            return Some(self.due);
        }
        // The actor ended: so does the timer.
        // SAFETY: refused, so the block is ours.
        unsafe {
            drop(Record::contents::<Arc<Tick<F>>>(record).read());
            Record::free(&mut worker.pool, record);
        }
        None
    }

    fn is_cancelled(&self) -> bool {
        self.state.load(Ordering::Relaxed) == CANCELLED
    }
}

/// # Safety
/// The record holds a pointer to a tick of these types, gone afterwards.
unsafe fn take_tick<M, F: Fn() -> M>(record: NonNull<Record>, what: Take) {
    // SAFETY: by the caller's promise.
    let tick = unsafe { Record::contents::<Arc<Tick<F>>>(record).read() };
    // Release pairs with the Acquire in `fire`.
    tick.outstanding.store(0, Ordering::Release);
    if let Take::Into(place) = what {
        let message = (tick.message)();
        // SAFETY: the caller gave a place for the actor's message type, which is M.
        unsafe { place.cast::<M>().write(message) };
    }
}

/// Ticks are on no list, so nobody lets them expire.
unsafe fn never(_: NonNull<Record>) {
    unreachable!("only asks expire");
}
