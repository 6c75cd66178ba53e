//! A worker: the loop that runs turns, and what a turn may ask of its worker.
//!
//! Who may touch what: a `Worker` belongs to its thread. The loop and the turns share it through a raw pointer, each
//! borrowing it for the length of one call, never across user code: handlers run in turns, and the Drop of what a timer
//! held runs in [`Worker::dispose`]. Both are called with the pointer.
//!
//! Whoever is not handed the worker finds it as [`current`]: in a turn, while timers are disposed of, and in a timer that fires; see
//! [`super::current`].

use super::current::{self, borrowing};
use super::peer::{Peer, share};
use super::run_queue::Task;
use super::search::{Found, rescue, search};
use super::shared::{Desk, Shared, Timer};
use super::stats::Counters;
use crate::cell::arena::CellPool;
use crate::cell::header::{CellPtr, Kind, Limits, Table};
use crate::cell::pool::Pool;
use crate::sync::{Arc, Ordering};
use crate::time::Nanos;
use crossbeam_deque::Worker as Deque;
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
/// Kinds a worker remembers.
const KINDS: usize = 8;

/// The worker whose thread this is. Debug builds panic if it is borrowed by the loop.
#[inline(always)]
pub(crate) fn current() -> Option<NonNull<Worker>> {
    current::get().map(NonNull::cast)
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
    /// What the kinds of this system have for `home`.
    pub(crate) home: NonNull<()>,
    kinds: [Option<NonNull<Kind>>; KINDS],
    /// Turns until the next look around, and how many there are between looks now.
    countdown: u32,
    stretch: u32,
    looked_at: Nanos,
    /// The others' turns at the last look at them, and when that was.
    pub(super) others: Vec<u64>,
    pub(super) watched_at: Nanos,
    pub(super) crowded_until: Nanos,
    surplus: u32,
    /// Something of ours may still lie in the deque.
    pub(super) exported: bool,
    pub(super) timers: bool,
    /// Timers in the wheel at which cancelled ones are looked for.
    pub(super) sweep_at: usize,
    /// Timers that are over. Dropping them runs user code, so that waits until nobody borrows the worker.
    pub(super) spent: Vec<Timer>,
    // Last: desk and counters above lie in it.
    pub(crate) shared: Arc<Shared>,
}

/// While it lives, its worker is the thread's current one, and online. It is left also when the engine itself panics.
pub(super) struct Seat {
    worker: NonNull<Worker>,
    outer: Option<NonNull<()>>,
}

impl Seat {
    pub(super) fn take(worker: NonNull<Worker>) -> Self {
        // SAFETY: the worker of the calling thread, borrowed for the call.
        unsafe { worker.as_ref() }.cells.online();
        Self { worker, outer: current::replace(Some(worker.cast())) }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        current::replace(self.outer);
        // SAFETY: the seat is dropped before its worker, which nobody borrows any more.
        unsafe { self.worker.as_ref() }.cells.offline();
    }
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>, index: usize, deque: Deque<Task>) -> Self {
        let desk = NonNull::from(&*shared.desks[index]);
        let counters = NonNull::from(&*shared.stats.workers[index]);
        // SAFETY: both lie in `shared`.
        unsafe { Self::at(desk, counters, shared, index, deque) }
    }

    /// A worker at this desk.
    ///
    /// # Safety
    /// Desk and counters outlive it.
    pub(super) unsafe fn at(
        desk: NonNull<Desk>,
        counters: NonNull<Counters>,
        shared: Arc<Shared>,
        index: usize,
        deque: Deque<Task>,
    ) -> Self {
        let home = NonNull::from(&*shared).cast();
        Self {
            index,
            pool: Pool::new(),
            cells: CellPool::new(),
            deque,
            desk,
            counters,
            home,
            kinds: [None; KINDS],
            countdown: TURNS,
            stretch: TURNS,
            looked_at: 0,
            others: vec![0; shared.desks.len()],
            watched_at: 0,
            crowded_until: 0,
            surplus: 0,
            exported: false,
            timers: false,
            sweep_at: 0,
            spent: Vec::new(),
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
                if std::thread::panicking() {
                    let worker = self.1;
                    eprintln!(
                        "throng: worker {worker} has died of a panic of the engine itself; what it was at is lost"
                    );
                }
                self.0.gone(self.1);
            }
        }
        let _leaving = Leaving(Arc::clone(&self.shared), self.index);
        self.run_until_ending();
    }

    /// Runs turns on the calling thread until the system ends.
    pub(crate) fn run_until_ending(&mut self) {
        let this = NonNull::from(self);
        let _seat = Seat::take(this);
        // SAFETY: `this` points to a value that outlives the loop, and no borrow of it is held across a turn; `self` is not
        // used again.
        unsafe { work(this) };
    }

    /// Runs turns on the calling thread until nothing is runnable; gives their number.
    pub(crate) fn run_until_idle(&mut self) -> u64 {
        let turns = self.counters().turns.get();
        let this = NonNull::from(self);
        // SAFETY: as in `run`; each borrow of `this` is short, and `self` is not used again.
        unsafe {
            this.as_ref().desk().activity.fetch_add(1, Ordering::SeqCst);
            let seat = Seat::take(this);
            (*this.as_ptr()).timers = true;
            work_until_idle(this);
            (*this.as_ptr()).cells.flush();
            drop(seat);
            this.as_ref().desk().activity.fetch_add(1, Ordering::SeqCst);
            this.as_ref().counters().turns.get() - turns
        }
    }

    #[inline(always)]
    pub(crate) fn desk(&self) -> &'static Desk {
        // SAFETY: the desk lies in `shared`, which the worker keeps alive, or outlives it as `at` demands; callers do not
        // outlive the worker.
        unsafe { &*self.desk.as_ptr() }
    }

    /// Lends the worker to `to`, and to whatever in it asks for the thread's [`current`] one: both have the same pointer, which is of
    /// this borrow, and is not used after it. Two stores each way.
    pub(super) fn lend<R>(&mut self, to: impl FnOnce(NonNull<Worker>) -> R) -> R {
        let this = NonNull::from(self);
        current::lending(this.cast(), || to(this))
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
        self.schedule_next(cell);
    }

    /// Puts an actor at the end of the line: its turn is over and it has more to do, or it was just born.
    #[inline(always)]
    pub(crate) fn reschedule(&mut self, cell: CellPtr) {
        self.schedule_last(cell);
    }

    /// The next to run from what is this worker's own. None also when there are spent timers to dispose of.
    #[inline(always)]
    fn next(&mut self) -> Option<Task> {
        self.countdown -= 1;
        if self.countdown == 0 {
            self.look_around();
            if !self.spent.is_empty() {
                return None;
            }
        }
        match self.pop() {
            Some((task, 0)) => {
                self.surplus = 0;
                Some(task)
            }
            Some((task, _)) => {
                // An endless line wraps it.
                self.surplus = self.surplus.wrapping_add(1);
                if self.surplus.is_multiple_of(SURPLUS_SHARE) {
                    self.share_surplus();
                }
                Some(task)
            }
            None if self.exported => self.pop_deque(),
            None => None,
        }
    }

    /// Gives of what waits to whoever looks for work, or wakes somebody for it if it has waited for long.
    #[cold]
    #[inline(never)]
    fn share_surplus(&mut self) {
        let idle = &self.shared.idle;
        let spinning = idle.anyone_spinning();
        let wake = !spinning && self.surplus >= SURPLUS_WAKE && idle.anyone_parked();
        if !spinning && !wake {
            return;
        }
        self.surplus = 0;
        self.exported = true;
        share(self);
    }

    /// Every so many turns: grace, timers, the injector.
    #[cold]
    #[inline(never)]
    fn look_around(&mut self) {
        self.cells.quiescent();
        self.desk().limbo_bytes.store(self.cells.limbo_bytes(), Ordering::Relaxed);
        let now = self.shared.clock.now();
        let took = now.saturating_sub(self.looked_at).max(1);
        let fitting = u64::from(self.stretch) * STRETCH / took;
        self.stretch = fitting.clamp(1, u64::from(TURNS)) as u32;
        self.countdown = self.stretch;
        self.fire_timers(now);
        if now.saturating_sub(self.watched_at) > WATCH {
            self.watched_at = now;
            // Whoever has not ended a turn since the last look sits in a long handler, and nobody may be idle.
            rescue(self, now, 0);
        }
        self.take_in();
        // What the look itself took is no part of the stretch.
        self.looked_at = self.shared.clock.now();
    }

    /// Takes a share of what waits elsewhere into the own queue, which may never run empty: from the own deque what
    /// nobody stole, and from the injector.
    fn take_in(&mut self) {
        for _ in 0..SHARE {
            if !self.exported {
                break;
            }
            if let Some(task) = self.pop_deque() {
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
}

/// The next to run when nothing of the worker's own is; sleeps when there is nothing at all. None when the system ends.
///
/// # Safety
/// As for [`work`], and no borrow of the worker is held.
#[cold]
#[inline(never)]
unsafe fn seek(this: NonNull<Worker>) -> Option<Task> {
    loop {
        // SAFETY: each borrow ends before user code runs.
        unsafe {
            if (*this.as_ptr()).spent.is_empty() {
                match borrowing(|| search(&mut *this.as_ptr())) {
                    Found::Task(task) => return Some(task),
                    Found::Spent => {}
                    Found::Ending => {
                        Worker::dispose(this);
                        return None;
                    }
                }
            }
            Worker::dispose(this);
            // Before the search: that gives out that the worker holds nothing.
            if let Some(task) = borrowing(|| (*this.as_ptr()).next()) {
                return Some(task);
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
        let Some(task) = borrowing(|| worker.next()) else {
            if !worker.spent.is_empty() {
                // SAFETY: the borrow above is over.
                unsafe { Worker::dispose(this) };
            } else if worker.shared.injector.is_empty() {
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
/// As for [`work`], no borrow of the worker is held, and it is the thread's current one, online.
#[inline(always)]
pub(super) unsafe fn run_task(this: NonNull<Worker>, task: Task) {
    // SAFETY: a task is ownership; its cell has a tenant, and this thread is online.
    let kind = unsafe { task.0.as_ref().kind() };
    // SAFETY: the borrow ends with the block.
    unsafe {
        let worker = this.as_ref();
        worker.counters().turns.add(1);
        worker.desk().running.store(task.0.as_ptr(), Ordering::Relaxed);
    }
    // SAFETY: the turn is called on the owner's thread with its worker, and owns the cell.
    unsafe { (kind.turn)(this.cast(), task.0) };
}

/// Runs turns until the system ends.
///
/// # Safety
/// `this` is the worker of the calling thread, and outlives the call.
unsafe fn work(this: NonNull<Worker>) {
    loop {
        // SAFETY: each borrow ends with its statement, before the turn begins.
        unsafe {
            let Some(task) = borrowing(|| (*this.as_ptr()).next()).or_else(|| seek(this)) else { return };
            if this.as_ref().shared.is_ending() {
                return;
            }
            run_task(this, task);
        }
    }
}
