//! What the workers of one system share.

use super::drops::{Letter, Loss};
use super::idle::Idle;
use super::lease::Lease;
use super::own_thread::OwnThreads;
use super::pin::Mask;
use super::run_queue::{RunQueue, Task};
use super::stats::{Counters, Stats};
use super::thread_pool::ThreadPool;
use super::upsets::Upset;
use super::watchers::Watched;
use super::wheel::Wheel;
use crate::cell::header::{CellPtr, Header, Kind, Limits, Table};
use crate::stall::StallTimes;
use crate::sync::{Arc, AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use crate::time::{Clock, Nanos};
use crossbeam_deque::{Injector, Stealer};
use crossbeam_utils::CachePadded;
use std::any::Any;
use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::Thread;
#[cfg(feature = "sim")]
use std::thread::ThreadId;
use std::time::{Duration, Instant};

/// What a timer does when it is due. Runs on whichever worker advances the wheel.
///
/// Only dropping a timer may run user code: a message that is refused stays in it until then.
pub(crate) trait Fire: Send {
    /// Fires. Runs no user code, but that it may drop errands of an actor that has ended, contained.
    ///
    /// # Safety
    /// `worker` points to the worker of the calling thread, is what `worker::current` gives until the call ends, and is borrowed by
    /// nobody else. It may be used as a `&mut`, by one of the two ways at a time: what was got by the pointer is over before anything is
    /// called that may ask for the current worker. Only the floors above know its type.
    unsafe fn fire(&mut self, worker: NonNull<()>, now: Nanos) -> Fired;

    /// Whether the timer has been cancelled and may be thrown away unfired.
    fn is_cancelled(&self) -> bool {
        false
    }

    /// The address whose mailbox it enters up to the hard limit, as a number; zero if there is none. Where one timer
    /// found that mailbox full, the others need not try.
    fn receiver(&self) -> u64 {
        0
    }

    /// How many are armed for an actor's own message, among those to this receiver.
    fn armed(&self) -> u64 {
        u64::from(!self.is_cancelled())
    }

    /// The timers that wait in this one for a place with their receiver, in order, if it is such a one.
    fn take_held(&mut self) -> Option<VecDeque<Timer>> {
        None
    }
}

/// What became of a timer that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Fired {
    /// It is over.
    Done,
    /// It is due again at this time of the system's clock.
    Again(Nanos),
    /// Its receiver's mailbox is full: it stays due, and is tried again with the next tick.
    Full,
}

/// Who is to come down in an order of its own before all actors are stopped.
pub(crate) trait Close: Send + Sync {
    fn close(&self);

    /// One-shot timers of its that are armed, and for which its end need not wait.
    fn pauses(&self) -> u64;
}

/// A timer in the wheel.
pub(crate) type Timer = Box<dyn Fire>;

/// What a thread of the pool runs. All of it may be user code.
pub(crate) trait Errand: Send {
    /// Runs it and tells of it.
    fn run(self: Box<Self>);

    /// Tells that no thread can be had.
    fn no_thread(self: Box<Self>, error: &std::io::Error);
}

impl std::fmt::Debug for dyn Errand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Errand")
    }
}

/// The threads that may block.
pub(crate) type Errands = ThreadPool<Box<dyn Errand>>;

/// What a worker shows to the others.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) queue: Lease<RunQueue<Timer>>,
    pub(crate) stealer: Stealer<Task>,
    pub(crate) thread: OnceLock<Thread>,
    /// Raised whenever the worker goes from looking to working; even while idle, odd while it may hold work.
    pub(crate) activity: AtomicU64,
    /// Bytes of ended actors that wait for a grace period, as of the worker's last look.
    pub(crate) limbo_bytes: AtomicU64,
    /// The actor whose turn it is or was last.
    pub(crate) running: AtomicPtr<Header>,
    /// The worker has left its loop.
    pub(crate) gone: AtomicBool,
}

impl Desk {
    pub(super) fn new(queue: Lease<RunQueue<Timer>>, stealer: Stealer<Task>) -> Self {
        Self {
            queue,
            stealer,
            thread: OnceLock::new(),
            activity: AtomicU64::new(1),
            limbo_bytes: AtomicU64::new(0),
            running: AtomicPtr::new(std::ptr::null_mut()),
            gone: AtomicBool::new(false),
        }
    }
}

impl std::fmt::Debug for dyn Fire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Timer")
    }
}

/// How far along a system is.
pub(crate) const RUNNING: usize = 0;
/// The workers leave as soon as their turn ends.
pub(crate) const ENDING: usize = 1;

/// What the workers of one system share.
#[derive(Debug)]
pub(crate) struct Shared {
    me: Weak<Shared>,
    pub(crate) desks: Box<[CachePadded<Desk>]>,
    pub(crate) injector: Injector<Task>,
    pub(crate) idle: CachePadded<Idle>,
    pub(crate) stats: Stats,
    pub(crate) clock: Clock,
    pub(crate) drops: Watched<Loss>,
    pub(crate) dead: Watched<Letter>,
    pub(crate) faults: Watched<Upset>,
    /// Who watches all trees; made when there is one, of a type that supervision knows.
    pub(crate) trees: OnceLock<Box<dyn Any + Send + Sync>>,
    /// By itself, as its threads may outlive the system.
    pub(crate) errands: Arc<Errands>,
    /// Threads that run one actor each.
    pub(crate) own: OwnThreads,
    /// Whether there are any threads: not in an inline system.
    pub(crate) threaded: bool,
    /// What the thread that built the system might use: for threads that shall not be pinned.
    pub(crate) mask: Option<Mask>,
    /// Whether every worker is pinned to a processor. Relaxed: written before anybody has the system.
    pub(crate) pinned: AtomicBool,
    pub(crate) phase: AtomicUsize,
    /// Timers made outside the engine, on their way into a wheel; None when the system has been swept.
    arriving: Mutex<Option<Vec<(Nanos, Timer)>>>,
    pub(crate) arriving_count: AtomicUsize,
    /// Boxed, as cells hold their addresses.
    #[expect(clippy::vec_box)]
    kinds: Mutex<Vec<Box<Kind>>>,
    /// Notified when a worker goes idle while somebody waits for quiescence.
    pub(crate) quiet: Condvar,
    pub(crate) quiet_waiters: Mutex<()>,
    pub(crate) quiet_wanted: AtomicUsize,
    closing: Mutex<Vec<Weak<dyn Close>>>,
    /// Its turns are simulated, and this thread alone takes the steps. Set before it has a kind.
    #[cfg(feature = "sim")]
    pub(crate) stepper: OnceLock<ThreadId>,
    /// What the services keep for the whole system, made when one is first asked for. Only they know its type.
    pub(crate) annex: OnceLock<Box<dyn Any + Send + Sync>>,
}

// SAFETY: `Kind` holds a pointer to this very value, and is never changed; all else is synchronised by its own means.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    pub(crate) fn new(stealers: Vec<Stealer<Task>>, clock: Clock, blocking_threads: usize) -> Arc<Self> {
        let workers = stealers.len();
        let desk = |stealer| CachePadded::new(Desk::new(Lease::new(RunQueue::new()), stealer));
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            desks: stealers.into_iter().map(desk).collect(),
            injector: Injector::new(),
            idle: CachePadded::new(Idle::new(workers)),
            stats: Stats::new(workers),
            clock,
            drops: Watched::default(),
            dead: Watched::default(),
            faults: Watched::default(),
            trees: OnceLock::new(),
            errands: Arc::new(Errands::new(blocking_threads)),
            own: OwnThreads::new(),
            threaded: blocking_threads > 0,
            mask: Mask::here(),
            pinned: AtomicBool::new(false),
            phase: AtomicUsize::new(RUNNING),
            arriving: Mutex::new(Some(Vec::new())),
            arriving_count: AtomicUsize::new(0),
            kinds: Mutex::new(Vec::new()),
            quiet: Condvar::new(),
            quiet_waiters: Mutex::new(()),
            quiet_wanted: AtomicUsize::new(0),
            closing: Mutex::new(Vec::new()),
            #[cfg(feature = "sim")]
            stepper: OnceLock::new(),
            annex: OnceLock::new(),
        })
    }

    /// Has this come down before all actors are stopped, if it is still there by then.
    pub(crate) fn close_first(&self, who: &Arc<dyn Close>) {
        let mut closing = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        if closing.len() == closing.capacity() {
            // Only where it would grow: those that are gone make room first.
            closing.retain(|one| one.strong_count() > 0);
        }
        closing.push(Arc::downgrade(who));
    }

    /// Tells those that are to come down first, the youngest before the others, each once; false if there is none.
    pub(crate) fn close(&self) -> bool {
        let closing = std::mem::take(&mut *self.closing.lock().unwrap_or_else(PoisonError::into_inner));
        let there: Vec<_> = closing.iter().rev().filter_map(Weak::upgrade).collect();
        there.iter().for_each(|one| one.close());
        !there.is_empty()
    }

    /// One-shot timers for which the end of those that are to come down first need not wait.
    pub(crate) fn pauses(&self) -> u64 {
        let closing = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        closing.iter().filter_map(Weak::upgrade).map(|one| one.pauses()).sum()
    }

    /// As [`Shared::close`], but only those that have such timers.
    pub(crate) fn close_paused(&self) {
        let mut closing = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        let is_paused = |one: &mut Weak<dyn Close>| one.upgrade().is_some_and(|one| one.pauses() > 0);
        let paused: Vec<_> = closing.extract_if(.., is_paused).filter_map(|one| one.upgrade()).collect();
        drop(closing);
        paused.iter().rev().for_each(|one| one.close());
    }

    /// Whether whoever waits here for what its actors do waits for himself: they run in the steps of a simulation, which this thread
    /// takes.
    pub(crate) fn is_stepped_here(&self) -> bool {
        #[cfg(feature = "sim")]
        let here = self.stepper.get() == Some(&std::thread::current().id());
        #[cfg(not(feature = "sim"))]
        let here = false;
        here
    }

    /// Before anything is spawned from outside. Who holds a system keeps it from coming down, but for a simulation, which can be looked
    /// at when it is over: an actor that is seated after the sweep would point to what is gone.
    ///
    /// # Panics
    /// If this is such a simulation.
    pub(crate) fn assert_not_over(&self) {
        #[cfg(feature = "sim")]
        assert!(
            self.stepper.get().is_none() || !self.is_ending(),
            "this simulation is over: it was shut down or aborted; spawn before that, or in another"
        );
    }

    /// Keeps the counters alive beyond an online section. None if the system is gone.
    pub(crate) fn hold(&self) -> Option<Arc<Shared>> {
        self.me.upgrade()
    }

    /// The kind of these actors: found, or made. A lock and a walk; workers remember the last ones they used.
    pub(crate) fn kind(&self, table: &'static Table, limits: Limits) -> NonNull<Kind> {
        let mut kinds = self.lock_kinds();
        if let Some(kind) = kinds.iter().find(|k| std::ptr::eq(k.table, table) && k.limits == limits) {
            return NonNull::from(&**kind);
        }
        let home = NonNull::from(self).cast();
        let turn = if limits.noted { table.noted_turn } else { table.turn };
        #[cfg(feature = "sim")]
        let turn = if self.stepper.get().is_some() { table.simulated_turn } else { turn };
        kinds.push(Box::new(Kind { turn, table, limits, home, stalls: OnceLock::new() }));
        NonNull::from(&*kinds[kinds.len() - 1])
    }

    /// The type of actors of this kind, if it is one of this system.
    pub(crate) fn type_of(&self, kind: *const Kind) -> Option<&'static str> {
        let kinds = self.lock_kinds();
        kinds.iter().find(|own| std::ptr::eq(&***own, kind)).map(|own| (own.table.type_name)())
    }

    /// How long actors were muted, by type.
    pub(crate) fn stall_times(&self) -> Vec<StallTimes> {
        let mut all: Vec<StallTimes> = Vec::new();
        for kind in self.lock_kinds().iter() {
            let Some(stalls) = kind.stalls.get() else { continue };
            let times = stalls.read((kind.table.type_name)());
            match all.iter_mut().find(|known| known.actor() == times.actor()) {
                Some(known) => known.merge(&times),
                None => all.push(times),
            }
        }
        all
    }

    /// Whether there is a kind with such limits.
    pub(crate) fn has_kind(&self, such: impl Fn(&Limits) -> bool) -> bool {
        self.lock_kinds().iter().any(|kind| such(&kind.limits))
    }

    /// The addresses of all kinds.
    pub(crate) fn kind_addresses(&self) -> Vec<*const Kind> {
        self.lock_kinds().iter().map(|k| std::ptr::from_ref(&**k)).collect()
    }

    #[expect(clippy::vec_box)]
    fn lock_kinds(&self) -> MutexGuard<'_, Vec<Box<Kind>>> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The system an actor of this kind belongs to.
    ///
    /// # Safety
    /// The kind's system lives, or the caller is online since it found the kind in a cell.
    #[inline(always)]
    pub(crate) unsafe fn of(kind: &Kind) -> &Shared {
        // SAFETY: `home` was made from the `Shared` that owns the kind.
        unsafe { kind.home.cast::<Shared>().as_ref() }
    }

    /// Makes an actor runnable from a thread that is not one of the workers.
    pub(crate) fn inject(&self, cell: CellPtr) {
        if let Some(worker) = self.idle.publish(|| self.injector.push(Task(cell))) {
            self.outside().wakes.add_shared(1);
            self.unpark(worker);
        }
    }

    /// Wakes a worker that was taken off the sleepers' list.
    pub(crate) fn unpark(&self, worker: usize) {
        if let Some(thread) = self.desks[worker].thread.get() {
            thread.unpark();
        }
    }

    /// Arms a timer from outside the engine.
    ///
    /// # Errors
    /// The timer, when the system has been swept: nobody would fire or drop it any more.
    pub(crate) fn arm(&self, due: Nanos, timer: Timer) -> Result<(), Timer> {
        let mut refused = None;
        let asleep =
            self.idle.summon(|| match &mut *self.arriving.lock().unwrap_or_else(PoisonError::into_inner) {
                Some(arriving) => {
                    arriving.push((due, timer));
                    self.arriving_count.fetch_add(1, Ordering::SeqCst);
                }
                None => refused = Some(timer),
            });
        if let Some(worker) = asleep {
            self.unpark(worker);
        }
        refused.map_or(Ok(()), Err)
    }

    /// Takes in timers that were armed outside.
    pub(crate) fn take_arriving(&self, wheel: &mut Wheel<Timer>) {
        if self.arriving_count.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut arriving = self.arriving.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(arriving) = &mut *arriving else { return };
        self.arriving_count.fetch_sub(arriving.len(), Ordering::AcqRel);
        for (due, timer) in arriving.drain(..) {
            wheel.insert(self.clock.tick_after(due), timer);
        }
    }

    /// Timers that will send to this address. Waits for each worker that is at its own queue, which is as long as a few moves take.
    pub(crate) fn timers_of(&self, receiver: u64) -> u64 {
        loop {
            // Held throughout: none comes into a wheel meanwhile, and is counted twice. A worker that is taking them in waits for
            // this lock inside its queue, and so everything is let go of where one cannot be had.
            let arriving = self.arriving.lock().unwrap_or_else(PoisonError::into_inner);
            let armed = |timer: &Timer| if timer.receiver() == receiver { timer.armed() } else { 0 };
            let outside = arriving.iter().flatten().map(|(_, timer)| armed(timer)).sum::<u64>();
            let inside = |desk: &CachePadded<Desk>| {
                desk.queue.seize(|queue| queue.wheel.iter().map(armed).sum::<u64>())
            };
            if let Some(sum) = self.desks.iter().try_fold(outside, |sum: u64, desk| Some(sum + inside(desk)?))
            {
                return sum;
            }
            drop(arriving);
            std::thread::yield_now();
        }
    }

    /// Takes every timer out, and refuses those to come. The workers are gone.
    pub(crate) fn take_timers(&self) -> Vec<Timer> {
        let arriving = self.arriving.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.arriving_count.store(0, Ordering::SeqCst);
        let mut all: Vec<_> = arriving.into_iter().flatten().map(|(_, timer)| timer).collect();
        for desk in &self.desks {
            // Somebody who describes the system may be looking.
            while desk.queue.seize(|queue| queue.wheel.retain(|_| false, &mut all)).is_none() {
                std::thread::yield_now();
            }
        }
        all
    }

    /// The counters of the calling thread, which is not a worker.
    pub(crate) fn outside(&self) -> &Counters {
        self.stats.outside()
    }

    /// A worker's last word.
    pub(crate) fn gone(&self, worker: usize) {
        let _held = self.quiet_waiters.lock().unwrap_or_else(PoisonError::into_inner);
        self.desks[worker].gone.store(true, Ordering::Release);
        self.quiet.notify_all();
    }

    /// Waits for a worker's last word, for as long as it takes or until a time; false if it did not come by then.
    pub(crate) fn wait_gone(&self, worker: usize, until: Option<Instant>) -> bool {
        let mut held = self.quiet_waiters.lock().unwrap_or_else(PoisonError::into_inner);
        // Acquire pairs with the Release in `gone`.
        while !self.desks[worker].gone.load(Ordering::Acquire) {
            let left =
                until.map_or(Duration::from_secs(3_600), |at| at.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return false;
            }
            held = self.quiet.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.phase.load(Ordering::Relaxed) != RUNNING
    }

    /// Sends all workers home.
    pub(crate) fn end(&self) {
        self.phase.store(ENDING, Ordering::SeqCst);
        for worker in self.idle.wake_all() {
            self.unpark(worker);
        }
        // A worker between its last look and its sleep holds an unpark token.
        for worker in 0..self.desks.len() {
            self.unpark(worker);
        }
        self.own.unpark_all();
    }
}
