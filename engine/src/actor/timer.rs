//! Timers: a message to oneself later, once or again and again.
//!
//! A timer owns its message until it is due. A mailbox at its hard limit does not lose it, nor a tick of `every`: it
//! stays due and is tried again with the next tick of the wheel. `every` has one tick in the mailbox at most; those
//! missed meanwhile are counted.
//!
//! Which state armed a timer is known as long as it is in the wheel. In the mailbox its message lies as any other, without a place
//! for that; so where a state can be replaced, that is, where the actor has a guard, the message goes as a record, as a tick
//! does, and the turn that comes upon it looks at the number of its state. Not where messages are sorted: a record has no lane
//! and is in no batch, and a message that has fired is mail there.

use super::behavior::{Actor, Context};
use super::ext::{Epoch, Ext};
use super::kin::Kin;
use super::parcel::{Record, Take};
use super::pending;
use super::post::{self, Bound, Out, Raw};
use super::pressing;
use super::tagged::{self, Given};
use crate::error::SendError;
use crate::mailbox::pressure::Step;
use crate::scheduler::shared::{Fire, Fired};
use crate::scheduler::stats::Cancelled;
use crate::scheduler::worker::Worker;
use crate::sync::{Arc, AtomicU32, Mutant, Ordering, mutant};
use crate::time::{Nanos, TICK, nanos};
use std::ptr::NonNull;
use std::time::Duration;

const ARMED: u32 = 0;
pub(super) const FIRED: u32 = 1;
const CANCELLED: u32 = 2;
/// By so much a planted fault has a timer go wrong.
const MS: Nanos = 1_000_000;

/// A timer that can be cancelled, from any thread. Dropping it leaves the timer armed.
#[derive(Debug, Clone)]
pub struct Timer {
    state: Arc<State>,
}

/// What a timer and its handle share.
#[derive(Debug)]
pub(super) struct State {
    phase: AtomicU32,
    /// Which state of its cell has armed it, if it fires once. Here, as there is room beside the phase: a timer is the smaller for it.
    epoch: u16,
    /// Where cancelling counts, for a timer that quiescence waits for.
    cancelled: Option<Cancelled>,
}

impl State {
    pub(super) fn armed(epoch: u16, cancelled: Option<Cancelled>) -> Arc<Self> {
        Arc::new(Self { phase: AtomicU32::new(ARMED), epoch, cancelled })
    }

    /// Ends the wait for `phase`; says whether it was still on.
    pub(super) fn leave_for(&self, phase: u32) -> bool {
        // Relaxed: the exchange decides by itself, and carries no data.
        self.phase.compare_exchange(ARMED, phase, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.phase.load(Ordering::Relaxed) == CANCELLED
    }
}

impl Timer {
    pub(super) fn of(state: Arc<State>) -> Self {
        Self { state }
    }

    /// One for [`Context::every_by`]. Nobody need arm it: quiescence does not wait for it.
    pub(crate) fn periodic() -> Self {
        Self { state: State::armed(Epoch::ANY, None) }
    }

    /// Cancels. True means that the message will not be delivered (again, for a periodic one); false that it has been,
    /// is in the mailbox already, or was cancelled before.
    pub fn cancel(&self) -> bool {
        let cancelled = self.state.leave_for(CANCELLED);
        // What is left of it in a wheel holds nobody up.
        if let (true, Some(counter)) = (cancelled, &self.state.cancelled) {
            counter.add_shared(1);
        }
        cancelled
    }
}

impl<A: Actor> Context<'_, A> {
    /// Which state of its cell this is.
    pub(super) fn epoch(&self) -> u16 {
        // SAFETY: the turn owns the actor.
        Ext::epoch_of(unsafe { self.cell.as_ref() })
    }

    /// Sends `message` to this actor after `delay`: never early, and about a millisecond late on an idle system.
    /// An armed timer holds up [`System::quiesce`](crate::System::quiesce) until it has fired or is cancelled. At the
    /// mailbox's hard limit it stays due and is tried again.
    ///
    /// Where a supervisor restarts this actor in place, what this state has armed is void, also if it is in the mailbox by then: it is
    /// dropped and counted as `dead.restarted`. Of an actor with lanes or batches, or whose full mailbox drops the oldest,
    /// what is in the mailbox is mail like what others sent. Costs a supervised actor an allocation more.
    pub fn after(&mut self, delay: Duration, message: impl Into<A::Msg>) -> Timer {
        // User code, and so before anything is counted.
        let message = message.into();
        let (to, epoch) = (self.raw(), self.epoch());
        let is_numbered = self.kin().is_some_and(Kin::is_guarded) && !self.limits().sorted;
        let worker = self.worker();
        let state = State::armed(epoch, Some(Arc::clone(&worker.shared.stats.cancelled[worker.index])));
        let due = planted(worker.shared.clock.now().saturating_add(nanos(delay)));
        worker.counters().timers_armed.add(1);
        let once = Once { to, state: Arc::clone(&state), message: Some(message) };
        worker.arm(due, if is_numbered { Box::new(Numbered(once)) } else { Box::new(once) });
        Timer { state }
    }

    /// Sends `message()` to this actor every `period`, first after one period, until cancelled or the actor ends.
    /// A period below a tick of the timers' wheel (1,048,576 ns) becomes one. Does not hold up quiescence. A tick that is due while the one
    /// before has not been handled is left out; one that finds the mailbox at its hard limit is tried again.
    pub fn every(&mut self, period: Duration, message: impl Fn() -> A::Msg + Send + Sync + 'static) -> Timer {
        let timer = Timer::periodic();
        self.every_by(&timer, period, message);
        timer
    }

    /// As [`Context::every`], by a timer that was made before.
    pub(crate) fn every_by(
        &mut self,
        timer: &Timer,
        period: Duration,
        message: impl Fn() -> A::Msg + Send + Sync + 'static,
    ) {
        let period = nanos(period).max(TICK);
        let (to, epoch) = (self.raw(), self.epoch());
        let worker = self.worker();
        let late = if mutant(Mutant::TickLate) { MS } else { 0 };
        let first = worker.shared.clock.now().saturating_add(period).saturating_add(late);
        let tick = Arc::new(Tick { outstanding: AtomicU32::new(0), message });
        worker.arm(
            first,
            Box::new(Periodic { to, epoch, state: Arc::clone(&timer.state), period, due: first, tick }),
        );
    }
}

/// When a timer is due, unless a fault is planted.
#[inline(always)]
fn planted(due: Nanos) -> Nanos {
    if mutant(Mutant::TimerEarly) {
        return due.saturating_sub(MS);
    }
    if mutant(Mutant::TimerLate) { due.saturating_add(MS) } else { due }
}

/// Whether the state that armed a timer is gone from its cell.
pub(super) fn is_past(to: Raw, epoch: u16) -> bool {
    // SAFETY: cells are never unmapped; the worker that fires is online.
    let header = unsafe { to.cell().as_ref() };
    header.generation() == to.generation() && Ext::epoch_of(header) != epoch
}

struct Once<M> {
    to: Raw,
    state: Arc<State>,
    message: Option<M>,
}

impl<M: Send + 'static> Once<M> {
    /// The message, if it is to go in now. It stays here to be dropped with the timer, as its Drop is user code, where it is not.
    fn due(&mut self, worker: &mut Worker) -> Option<M> {
        if !self.state.leave_for(FIRED) && self.state.is_cancelled() {
            return None;
        }
        if self.message.is_some() && is_past(self.to, self.state.epoch) {
            worker.counters().timers_done.add(1);
            return None;
        }
        self.message.take()
    }

    /// It went in, or never will, and was counted. Nobody borrows the worker any more: what is told finds it as the current one.
    fn done(&self, is_high: bool) -> Fired {
        if is_high {
            pressing::turn(self.to, Step::Rise);
        }
        Fired::Done
    }
}

impl<M: Send + 'static> Fire for Once<M> {
    unsafe fn fire(&mut self, worker: NonNull<()>, _: Nanos) -> Fired {
        // SAFETY: by the caller's promise.
        let worker = unsafe { worker.cast::<Worker>().as_mut() };
        let Some(message) = self.due(worker) else { return Fired::Done };
        let mut is_high = false;
        match post::from_worker(worker, self.to, message, Bound::Hard) {
            Ok(entered) | Err(Out::In(entered)) => is_high = entered.count > entered.mark,
            Err(Out::Refused(SendError::Full(message)) | Out::Pressed(message)) => {
                self.message = Some(message);
                return Fired::Full;
            }
            // Dropped with the timer: its Drop is user code.
            Err(Out::Refused(refused)) => self.message = Some(refused.into_inner()),
            Err(Out::Dropped(lost)) => self.message = Some(lost.message),
        }
        worker.counters().timers_done.add(1);
        self.done(is_high)
    }

    fn is_cancelled(&self) -> bool {
        self.state.is_cancelled()
    }

    fn receiver(&self) -> u64 {
        self.to.0.get()
    }
}

/// One whose message bears the number of the state that armed it, in the mailbox too.
struct Numbered<M>(Once<M>);

/// What makes a message of a boxed one: no message is too large for a record then.
type Unbox<M> = fn(Box<M>) -> M;

impl<M: Send + 'static> Fire for Numbered<M> {
    unsafe fn fire(&mut self, worker: NonNull<()>, _: Nanos) -> Fired {
        // SAFETY: by the caller's promise.
        let worker = unsafe { worker.cast::<Worker>().as_mut() };
        let Numbered(once) = self;
        let Some(message) = once.due(worker) else { return Fired::Done };
        let unbox: Unbox<M> = |message| *message;
        let record = pending::completed::<M, Box<M>, Unbox<M>>(
            &mut worker.pool,
            once.state.epoch,
            Box::new(message),
            unbox,
        );
        let (given, is_high) = tagged::push_numbered(worker, once.to, Record::envelope(record));
        if given != Given::In {
            // SAFETY: refused, so the record is ours, with the message in it.
            let message = unsafe {
                let (_, message) = pending::part::<M, Box<M>, Unbox<M>>(record);
                Record::free(&mut worker.pool, record);
                message
            };
            once.message = Some(*message);
            if given == Given::Full {
                return Fired::Full;
            }
        }
        worker.counters().timers_done.add(1);
        once.done(is_high)
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    fn receiver(&self) -> u64 {
        self.0.receiver()
    }
}

/// What a periodic timer and its tick in the mailbox share.
struct Tick<F> {
    outstanding: AtomicU32,
    message: F,
}

struct Periodic<F> {
    to: Raw,
    epoch: u16,
    state: Arc<State>,
    period: Nanos,
    due: Nanos,
    tick: Arc<Tick<F>>,
}

impl<M: Send + 'static, F: Fn() -> M + Send + Sync + 'static> Fire for Periodic<F> {
    unsafe fn fire(&mut self, worker: NonNull<()>, now: Nanos) -> Fired {
        // SAFETY: by the caller's promise.
        let worker = unsafe { worker.cast::<Worker>().as_mut() };
        if self.state.is_cancelled() || is_past(self.to, self.epoch) {
            return Fired::Done;
        }
        // Acquire pairs with the Release in `take_tick`.
        let handled = self.tick.outstanding.load(Ordering::Acquire) == 0;
        if handled {
            match self.push_tick(worker) {
                Given::In => {}
                Given::Full => return Fired::Full,
                // The actor ended: so does the timer.
                Given::Ended => return Fired::Done,
            }
        }
        if mutant(Mutant::TickLost) {
            return Fired::Done;
        }
        // Times between two ticks that nobody saw are missed, not made up for.
        let missed = now.saturating_sub(self.due) / self.period;
        worker.counters().ticks_missed.add(missed + u64::from(!handled));
        // None is left before the end of time.
        let Some(next) = (missed + 1).checked_mul(self.period).and_then(|more| self.due.checked_add(more))
        else {
            return Fired::Done;
        };
        self.due = next;
        Fired::Again(self.due)
    }

    fn is_cancelled(&self) -> bool {
        self.state.is_cancelled()
    }

    fn receiver(&self) -> u64 {
        self.to.0.get()
    }
}

impl<M: Send + 'static, F: Fn() -> M + Send + Sync + 'static> Periodic<F> {
    fn push_tick(&self, worker: &mut Worker) -> Given {
        let class = const {
            match Record::class_for::<Arc<Tick<F>>>() {
                Some(class) => class,
                None => panic!("one pointer fits"),
            }
        };
        let head = Record::of_its_own(class, self.epoch, take_tick::<M, F>);
        let record = Record::take_block(&mut worker.pool, class, head);
        // SAFETY: a fresh block with room for one pointer.
        unsafe { Record::contents::<Arc<Tick<F>>>(record).write(Arc::clone(&self.tick)) };
        // Before the push: from then on it may be handled. Relaxed, as the push publishes it.
        self.tick.outstanding.store(1, Ordering::Relaxed);
        let given = tagged::push_recorded(Some(&mut *worker), self.to, Record::envelope(record), Bound::Hard);
        if given != Given::In {
            self.tick.outstanding.store(0, Ordering::Relaxed);
            // SAFETY: refused, so the block is ours. The pointer is not the last to the tick, so no user code runs.
            unsafe {
                drop(Record::contents::<Arc<Tick<F>>>(record).read());
                Record::free(&mut worker.pool, record);
            }
        }
        given
    }
}

/// # Safety
/// The record holds a pointer to a tick of these types, gone afterwards.
unsafe fn take_tick<M, F: Fn() -> M>(record: NonNull<Record>, what: Take) {
    // SAFETY: by the caller's promise.
    let tick = unsafe { Record::contents::<Arc<Tick<F>>>(record).read() };
    // Release pairs with the Acquire in `Periodic::fire`.
    tick.outstanding.store(0, Ordering::Release);
    if let Take::Into(place) = what {
        let message = (tick.message)();
        // SAFETY: the caller gave a place for the actor's message type, which is M.
        unsafe { place.cast::<M>().write(message) };
    }
}
