//! A worker: the loop that runs turns, and what a turn may ask of its worker.
//!
//! Who may touch what: a `Worker` belongs to its thread. The loop and the turns share it through a raw pointer, each
//! borrowing it for the length of one call, never across user code.

use super::run_queue::Task;
use super::shared::{Desk, Shared, Timer};
use super::stats::Counters;
use crate::cell::arena::CellPool;
use crate::cell::header::{CellPtr, Kind, Limits, Table};
use crate::cell::pool::Pool;
use crate::panics::contained;
use crate::sync::{Arc, Ordering};
use crate::time::{Nanos, tick_after, tick_of};
use crossbeam_deque::Worker as Deque;
use std::cell::Cell;
use std::ptr::NonNull;

/// Turns between two looks at everything that is not the own queue.
const TURNS: u32 = 64;
/// Tasks taken in at such a look, from the own deque and from the injector each.
const SHARE: usize = 16;
/// The longest that such a stretch shall last: with slow handlers the worker looks more often.
const STRETCH: Nanos = 500_000;
/// A busy worker looks after the others this often.
const WATCH: Nanos = 1_000_000;
/// Consecutive turns with somebody waiting, after which surplus goes to a worker that is looking for work ...
const SURPLUS_SHARE: u32 = 1_024;
/// ... and after which a sleeping one is woken for it: about the price of waking.
const SURPLUS_WAKE: u32 = 4_096;
/// Timers below which nobody looks for cancelled ones.
const SWEEP: usize = 1_024;
/// Kinds a worker remembers.
const KINDS: usize = 8;

thread_local! {
    static CURRENT: Cell<Option<NonNull<Worker>>> = const { Cell::new(None) };
}

/// The worker whose thread this is.
#[inline(always)]
pub(crate) fn current() -> Option<NonNull<Worker>> {
    CURRENT.with(Cell::get)
}

/// One worker.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) index: usize,
    pub(crate) pool: Pool,
    pub(crate) cells: CellPool,
    pub(super) deque: Deque<Task>,
    desk: NonNull<Desk>,
    counters: NonNull<Counters>,
    kinds: [Option<NonNull<Kind>>; KINDS],
    /// Turns until the next look around, and how many there are between looks now.
    countdown: u32,
    stretch: u32,
    looked_at: Nanos,
    /// The others' turns at the last look at them, and when that was.
    pub(super) others: Vec<u64>,
    watched_at: Nanos,
    surplus: u32,
    /// Something of ours may still lie in the deque.
    pub(super) exported: bool,
    pub(super) timers: bool,
    /// Timers in the wheel at which cancelled ones are looked for.
    sweep_at: usize,
    // Last: the pool of cells above looks at kinds when it is dropped.
    pub(crate) shared: Arc<Shared>,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>, index: usize, deque: Deque<Task>) -> Self {
        let desk = NonNull::from(&*shared.desks[index]);
        let counters = NonNull::from(&*shared.stats.workers[index]);
        Self {
            index,
            pool: Pool::new(),
            cells: CellPool::new(),
            deque,
            desk,
            counters,
            kinds: [None; KINDS],
            countdown: TURNS,
            stretch: TURNS,
            looked_at: 0,
            others: vec![0; shared.desks.len()],
            watched_at: 0,
            surplus: 0,
            exported: false,
            timers: false,
            sweep_at: SWEEP,
            shared,
        }
    }

    /// Takes the desk for the calling thread: from here on the worker can be woken.
    pub(crate) fn sit_down(&self) {
        // A fresh desk has no thread yet.
        let _ = self.desk().thread.set(std::thread::current());
    }

    /// The thread's life.
    pub(crate) fn run(mut self) {
        /// Its last word, also when the engine itself has panicked.
        struct Leaving(Arc<Shared>, usize);
        impl Drop for Leaving {
            fn drop(&mut self) {
                self.0.gone(self.1);
            }
        }
        let _leaving = Leaving(Arc::clone(&self.shared), self.index);
        let this = NonNull::from(&mut self);
        CURRENT.with(|current| current.set(Some(this)));
        self.cells.online();
        // SAFETY: `this` points to a value that outlives the loop, and no borrow of it is held across a turn.
        unsafe { work(this) };
        CURRENT.with(|current| current.set(None));
        self.cells.offline();
    }

    /// Runs turns on the calling thread until nothing is runnable; gives their number.
    pub(crate) fn run_until_idle(&mut self) -> u64 {
        let turns = self.counters().turns.get();
        let this = NonNull::from(&mut *self);
        let outer = CURRENT.with(|current| current.replace(Some(this)));
        self.desk().activity.fetch_add(1, Ordering::SeqCst);
        self.cells.online();
        self.timers = true;
        // SAFETY: as in `run`.
        unsafe { work_until_idle(this) };
        self.cells.flush();
        self.cells.offline();
        self.desk().activity.fetch_add(1, Ordering::SeqCst);
        CURRENT.with(|current| current.set(outer));
        self.counters().turns.get() - turns
    }

    #[inline(always)]
    pub(crate) fn desk(&self) -> &'static Desk {
        // SAFETY: the desk lies in `shared`, which the worker keeps alive; callers do not outlive the worker.
        unsafe { &*self.desk.as_ptr() }
    }

    /// This worker's counters.
    #[inline(always)]
    pub(crate) fn counters(&self) -> &'static Counters {
        // SAFETY: as for the desk.
        unsafe { &*self.counters.as_ptr() }
    }

    /// The kind of these actors, from memory if it was used lately.
    #[inline(always)]
    pub(crate) fn kind(&mut self, table: &'static Table, limits: &Limits) -> NonNull<Kind> {
        for kind in self.kinds.iter().flatten() {
            // SAFETY: kinds live as long as `shared`.
            let known = unsafe { kind.as_ref() };
            if std::ptr::eq(known.table, table) && known.limits == *limits {
                return *kind;
            }
        }
        self.recall_kind(table, limits)
    }

    #[cold]
    fn recall_kind(&mut self, table: &'static Table, limits: &Limits) -> NonNull<Kind> {
        let kind = self.shared.kind(table, *limits);
        self.kinds.rotate_right(1);
        self.kinds[0] = Some(kind);
        kind
    }

    /// Makes an actor run next: it was sent a message, or has credit again.
    #[inline(always)]
    pub(crate) fn schedule(&mut self, cell: CellPtr) {
        // SAFETY: this is the owner's thread, and nothing inside `enter` calls back.
        let entered = unsafe { self.desk().queue.enter(|queue| queue.push_slot(Task(cell))) };
        if entered.is_none() {
            self.shared.inject(cell);
        }
        if self.shared.idle.is_unguarded() {
            self.call_sentinel();
        }
    }

    /// Puts an actor at the end of the line: its turn is over and it has more to do, or it was just born.
    #[inline(always)]
    pub(crate) fn reschedule(&mut self, cell: CellPtr) {
        // SAFETY: as in `schedule`.
        let entered = unsafe { self.desk().queue.enter(|queue| queue.push_back(Task(cell))) };
        if entered.is_none() {
            self.shared.inject(cell);
        }
        if self.shared.idle.is_unguarded() {
            self.call_sentinel();
        }
    }

    #[cold]
    #[inline(never)]
    fn call_sentinel(&mut self) {
        if let Some(worker) = self.shared.idle.call_sentinel() {
            self.counters().wakes.add(1);
            self.shared.unpark(worker);
        }
    }

    /// Arms a timer on this worker's wheel.
    pub(crate) fn arm(&mut self, due: Nanos, timer: Timer) {
        self.timers = true;
        let now = tick_of(self.shared.clock.now());
        let mut timer = Some(timer);
        // A seizer is inside for the length of a few pushes; the timer must go into a wheel.
        while timer.is_some() {
            // SAFETY: this is the owner's thread, and nothing inside `enter` calls back.
            let entered = unsafe {
                self.desk().queue.enter(|queue| {
                    if queue.wheel.len() == 0 {
                        queue.wheel.advance(now, drop);
                    }
                    if let Some(timer) = timer.take() {
                        queue.wheel.insert(tick_after(due), timer);
                    }
                })
            };
            if entered.is_none() {
                std::hint::spin_loop();
            }
        }
    }

    /// The next to run from what is this worker's own.
    #[inline(always)]
    fn next(&mut self) -> Option<Task> {
        self.countdown -= 1;
        if self.countdown == 0 {
            self.look_around();
        }
        // SAFETY: as in `schedule`.
        let popped = unsafe { self.desk().queue.enter(super::run_queue::RunQueue::pop) };
        match popped.flatten() {
            Some((task, 0)) => {
                self.surplus = 0;
                Some(task)
            }
            Some((task, _)) => {
                self.surplus += 1;
                if self.surplus.is_multiple_of(SURPLUS_SHARE) {
                    self.share();
                }
                Some(task)
            }
            None if self.exported => self.pop_exported(),
            None => None,
        }
    }

    #[inline(never)]
    fn pop_exported(&mut self) -> Option<Task> {
        let task = self.deque.pop();
        self.exported = task.is_some();
        task
    }

    /// Gives the older half of what waits to whoever looks for work, or wakes somebody for it.
    #[cold]
    #[inline(never)]
    fn share(&mut self) {
        let idle = &self.shared.idle;
        let spinning = idle.anyone_spinning();
        let wake = !spinning && self.surplus >= SURPLUS_WAKE && idle.anyone_parked();
        if !spinning && !wake {
            return;
        }
        self.surplus = 0;
        let deque = &self.deque;
        // SAFETY: as in `schedule`; pushing to the deque does not call back.
        let given = unsafe { self.desk().queue.enter(|queue| queue.take_half(|task| deque.push(task))) };
        self.exported = true;
        if given.is_some_and(|n| n > 0)
            && let Some(worker) = self.shared.idle.published()
        {
            self.counters().wakes.add(1);
            self.shared.unpark(worker);
        }
    }

    /// Every so many turns: grace, timers, the injector.
    #[cold]
    #[inline(never)]
    fn look_around(&mut self) {
        self.cells.quiescent();
        self.desk().limbo_bytes.store(self.cells.limbo_bytes(), Ordering::Relaxed);
        let now = self.shared.clock.now();
        let took = now.saturating_sub(self.looked_at).max(1);
        self.looked_at = now;
        let fitting = u64::from(self.stretch) * STRETCH / took;
        self.stretch = fitting.clamp(1, u64::from(TURNS)) as u32;
        self.countdown = self.stretch;
        self.fire_timers(now);
        if now.saturating_sub(self.watched_at) > WATCH {
            self.watched_at = now;
            // Whoever has not ended a turn since the last look sits in a long handler, and nobody may be idle.
            self.rescue(now, 0);
        }
        self.take_in();
    }

    /// Takes a share of what waits elsewhere into the own queue, which may never run empty: from the own deque what
    /// nobody stole, and from the injector.
    fn take_in(&mut self) {
        for _ in 0..SHARE {
            if !self.exported {
                break;
            }
            if let Some(task) = self.pop_exported() {
                self.reschedule(task.0);
            }
        }
        for _ in 0..SHARE {
            if self.shared.injector.is_empty() {
                break;
            }
            if let crossbeam_deque::Steal::Success(task) = self.shared.injector.steal() {
                self.reschedule(task.0);
            }
        }
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
                queue.wheel.advance(tick_of(now), |timer| due.push(timer));
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
        next.flatten().map(|tick| tick.saturating_mul(crate::time::TICK))
    }

    /// Fires timers that were taken out of a wheel, this worker's or another's.
    pub(super) fn fire(&mut self, due: Vec<Timer>, now: Nanos) {
        for mut timer in due {
            // A message that is refused is dropped here, and its Drop is user code.
            let fired = contained(|| {
                // SAFETY: this is the worker of this thread, and the borrow ends with the call.
                if let Some(again) = unsafe { timer.fire(NonNull::from(&mut *self).cast(), now) } {
                    self.arm(again, timer);
                }
            });
            if !fired {
                self.counters().faults.add(1);
            }
        }
    }

    /// Throws cancelled timers out when they may be half of what the wheel holds.
    fn sweep(&mut self) {
        let mut cancelled = Vec::new();
        let at = self.sweep_at;
        // SAFETY: as in `schedule`; what is taken out is dropped outside.
        let left = unsafe {
            self.desk().queue.enter(|queue| {
                if queue.wheel.len() > at {
                    queue.wheel.retain(|timer| !timer.is_cancelled(), &mut cancelled);
                }
                queue.wheel.len()
            })
        };
        let Some(left) = left else { return };
        self.sweep_at = self.sweep_at.max(left * 2).min((left * 2).max(SWEEP));
        for mut timer in cancelled {
            // SAFETY: as in `fire`.
            unsafe { timer.discard(NonNull::from(&mut *self).cast()) };
            if !contained(|| drop(timer)) {
                self.counters().faults.add(1);
            }
        }
    }
}

/// Runs turns until nothing of this worker's is runnable.
///
/// # Safety
/// As for [`work`].
unsafe fn work_until_idle(this: NonNull<Worker>) {
    loop {
        // SAFETY: the borrow ends before the turn begins.
        let worker = unsafe { &mut *this.as_ptr() };
        worker.countdown = worker.countdown.min(1);
        let Some(task) = worker.next() else {
            if worker.shared.injector.is_empty() {
                return;
            }
            continue;
        };
        // SAFETY: as in `work`.
        unsafe { run_task(this, task) };
    }
}

/// Runs one turn.
///
/// # Safety
/// As for [`work`], and no borrow of the worker is held.
#[inline(always)]
unsafe fn run_task(this: NonNull<Worker>, task: Task) {
    // SAFETY: a task is ownership; its cell has a tenant, and this thread is online.
    let kind = unsafe { task.0.as_ref().kind() };
    // SAFETY: the borrow ends with the block.
    unsafe {
        let worker = this.as_ref();
        worker.counters().turns.add(1);
        worker.desk().running.store(task.0.as_ptr(), Ordering::Relaxed);
    }
    let turn = kind.table.turn;
    // SAFETY: the turn is called on the owner's thread with its worker, and owns the cell.
    unsafe { turn(this.cast(), task.0) };
}

/// Runs turns until the system ends.
///
/// # Safety
/// `this` is the worker of the calling thread, and outlives the call.
unsafe fn work(this: NonNull<Worker>) {
    loop {
        // SAFETY: the borrow ends before the turn begins.
        let worker = unsafe { &mut *this.as_ptr() };
        let Some(task) = worker.next().or_else(|| worker.search()) else { return };
        if worker.shared.is_ending() {
            return;
        }
        // SAFETY: the borrow above is over.
        unsafe { run_task(this, task) };
    }
}
