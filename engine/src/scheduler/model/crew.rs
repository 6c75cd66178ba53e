//! The workers of a model. What they do is the shipped [`super::super::search`] and [`super::super::peer`]; written here
//! is what these ask of a worker: stand-ins for crossbeam's queues, for the clock, and for the kernel's sleep.

use crate::cell::header::CellPtr;
use crate::model::note;
use crate::scheduler::idle::{Idle, Sleep};
use crate::scheduler::lease::Lease;
use crate::scheduler::peer::Peer;
use crate::scheduler::run_queue::{RunQueue, Task};
use crate::scheduler::search::{Found, hand_over, rise, search, sleep_deeply, watch};
use crate::sync::{AtomicU64, AtomicUsize, Ordering, thread};
use crate::time::Nanos;
use crossbeam_deque::Steal;
use std::cell::Cell;
use std::collections::VecDeque;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// A queue that everybody can take from. It promises no more than a task that was put in before it is taken out, and that
/// who sees a task sees what came before it: its count is published by Release and read by Acquire, and the contents
/// order nothing, as that lock is not loom's.
#[derive(Debug)]
struct Common {
    count: AtomicUsize,
    tasks: Mutex<VecDeque<Task>>,
}

impl Common {
    fn new() -> Self {
        Self { count: AtomicUsize::new(0), tasks: Mutex::new(VecDeque::new()) }
    }

    fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    fn push(&self, task: Task) {
        self.tasks.lock().expect("no panic").push_back(task);
        self.count.fetch_add(1, Ordering::Release);
    }

    fn pop(&self) -> Option<Task> {
        let less = |count: usize| count.checked_sub(1);
        self.count.fetch_update(Ordering::AcqRel, Ordering::Relaxed, less).ok()?;
        Some(self.tasks.lock().expect("no panic").pop_front().expect("counted"))
    }

    /// Takes one, and one more into `deque`.
    fn steal(&self, deque: &Common) -> Steal<Task> {
        let Some(task) = self.pop() else { return Steal::Empty };
        if let Some(more) = self.pop() {
            deque.push(more);
        }
        Steal::Success(task)
    }
}

/// What a worker shows to the others.
#[derive(Debug)]
struct Desk {
    queue: Lease<RunQueue<()>>,
    deque: Common,
    activity: AtomicU64,
    /// Not loom's: written before anybody can be woken.
    thread: OnceLock<thread::Thread>,
    /// Others keep its processor. Not loom's, as it orders nothing.
    aside: AtomicBool,
}

/// The workers of a model and what they share.
#[derive(Debug)]
pub(super) struct Crew {
    pub(super) idle: Idle,
    desks: Vec<Desk>,
    injector: Common,
    /// Timers made outside, each of which makes this task runnable.
    arriving: AtomicUsize,
    /// Each task is there once: who has it says so here. Not loom's, as it orders nothing.
    had: Mutex<Vec<usize>>,
}

// SAFETY: tasks are numbers here, and what lies under a lease is reached under it.
unsafe impl Send for Crew {}
// SAFETY: as above.
unsafe impl Sync for Crew {}

/// A task that is a number and is never looked into.
fn cell(number: usize) -> CellPtr {
    NonNull::without_provenance(std::num::NonZero::new(64 * number).expect("tasks count from 1"))
}

impl Crew {
    pub(super) fn new(workers: usize) -> Arc<Self> {
        let desk = || Desk {
            queue: Lease::new(RunQueue::new()),
            deque: Common::new(),
            activity: AtomicU64::new(1),
            thread: OnceLock::new(),
            aside: AtomicBool::new(false),
        };
        Arc::new(Self {
            idle: Idle::new(workers),
            desks: (0..workers).map(|_| desk()).collect(),
            injector: Common::new(),
            arriving: AtomicUsize::new(0),
            had: Mutex::new(Vec::new()),
        })
    }

    /// A worker on the calling thread.
    pub(super) fn hand(self: &Arc<Self>, me: usize) -> Hand {
        Hand {
            crew: Arc::clone(self),
            me,
            timers: false,
            naps: usize::MAX,
            napped: false,
            looks: Cell::new(0),
            brief: Cell::new(0),
            online: Cell::new(true),
            now: Cell::new(0),
            crowded_until: 0,
        }
    }

    /// Starts the thread of a worker.
    pub(super) fn spawn(
        self: &Arc<Self>,
        me: usize,
        life: impl FnOnce(&mut Hand) + 'static,
    ) -> thread::JoinHandle<()> {
        let crew = Arc::clone(self);
        let handle = thread::spawn(move || {
            // By whoever of the two is first.
            let _ = crew.desks[me].thread.set(thread::current());
            life(&mut crew.hand(me));
        });
        let _ = self.desks[me].thread.set(handle.thread().clone());
        handle
    }

    /// Starts the thread of a worker that sleeps, and is on the list already.
    pub(super) fn spawn_asleep(
        self: &Arc<Self>,
        me: usize,
        life: impl FnOnce(&mut Hand) + 'static,
    ) -> thread::JoinHandle<()> {
        self.desks[me].activity.store(2, Ordering::Relaxed);
        self.spawn(me, life)
    }

    /// As `Shared::inject`.
    pub(super) fn inject(&self, task: usize) {
        if let Some(worker) = self.idle.publish(|| self.injector.push(Task(cell(task)))) {
            self.unpark(worker);
        }
    }

    /// As `Shared::arm`, of a timer that is due at once and makes a task runnable.
    pub(super) fn arm(&self, task: usize) {
        // Release pairs with the Acquire in `timers_arrive`.
        if let Some(worker) = self.idle.summon(|| self.arriving.store(task, Ordering::Release)) {
            self.unpark(worker);
        }
    }

    pub(super) fn unpark(&self, worker: usize) {
        self.desks[worker].thread.get().expect("a sleeper has a thread").unpark();
    }

    /// Gives a worker that is aside its processor back. Others are left alone: loom takes an unpark for the end of a wait for a lock
    /// too.
    pub(super) fn give_back(&self, worker: usize) {
        if self.desks[worker].aside.load(Ordering::SeqCst) {
            self.unpark(worker);
        }
    }

    pub(super) fn has_common(&self) -> bool {
        !self.injector.is_empty() || self.desks.iter().any(|desk| !desk.deque.is_empty())
    }

    /// Which tasks were had, in order of their numbers.
    pub(super) fn had(&self) -> Vec<usize> {
        let mut had = self.had.lock().expect("no panic").clone();
        had.sort_unstable();
        had
    }
}

/// A worker in a model.
#[derive(Debug)]
pub(super) struct Hand {
    crew: Arc<Crew>,
    me: usize,
    /// It has timers in its wheel, due at some other time.
    pub(super) timers: bool,
    /// After so many naps as sentinel the model ends for it.
    pub(super) naps: usize,
    napped: bool,
    /// How often it looks at the clock before its time for looking is over: twice for each time that it steps aside.
    pub(super) looks: Cell<usize>,
    /// How often it has its processor back at once, before others keep it.
    pub(super) brief: Cell<usize>,
    online: Cell<bool>,
    now: Cell<Nanos>,
    crowded_until: Nanos,
}

impl Deref for Hand {
    type Target = Crew;
    fn deref(&self) -> &Crew {
        &self.crew
    }
}

impl Hand {
    /// Searches until it has a task, and tells which; None if the model ends for it before.
    pub(super) fn work(&mut self) -> Option<usize> {
        let found = search(self);
        self.take_up(found)
    }

    fn take_up(&mut self, found: Found) -> Option<usize> {
        assert!(self.online.get(), "who works is online");
        match found {
            Found::Task(task) => Some(self.run(&task)),
            Found::Ending => None,
            Found::Spent => panic!("no timer was made"),
        }
    }

    /// Goes on as a search does after its sleep.
    pub(super) fn rise(&mut self, rescued: bool) -> Option<usize> {
        match rise(self, rescued) {
            Some(found) => self.take_up(found),
            None => self.work(),
        }
    }

    fn run(&self, task: &Task) -> usize {
        let number = task.0.addr().get() / 64;
        self.crew.had.lock().expect("no panic").push(number);
        number
    }

    /// Runs the next in its own queue, if there is one.
    pub(super) fn run_own(&self) -> Option<usize> {
        self.pop().map(|(task, _)| self.run(&task))
    }

    /// Sleeps, as one that was told [`Sleep::Deep`] when the model begins.
    pub(super) fn sleep(&mut self) {
        self.online.set(false);
        sleep_deeply(self);
    }

    /// The same, and works then.
    pub(super) fn sleep_then_work(&mut self) -> Option<usize> {
        self.sleep();
        self.rise(false)
    }

    /// A worker that finds something after it had nothing.
    pub(super) fn come_to_work(&self) {
        self.idle.at_work();
        hand_over(self);
    }

    /// Watches, as one that was told [`Sleep::Sentinel`] when the model begins, for `naps` naps at most; says whether it
    /// took work from behind a handler.
    pub(super) fn watch(&mut self, naps: usize) -> bool {
        self.naps = naps;
        self.online.set(false);
        let rescued = watch(self);
        assert!(rescued <= self.online.get(), "who holds a task is online");
        rescued
    }

    /// The same, and works then.
    pub(super) fn watch_then_work(&mut self, naps: usize) -> Option<usize> {
        let rescued = self.watch(naps);
        self.rise(rescued)
    }

    /// As a handler does that makes an actor runnable.
    pub(super) fn schedule(&mut self, task: usize) {
        self.schedule_next(cell(task));
    }

    /// Registers as parked; nothing is there.
    pub(super) fn park_at_once(&self) -> Sleep {
        self.idle.park(self.me, || false)
    }
}

impl Peer for Hand {
    type Timer = ();

    fn index(&self) -> usize {
        self.me
    }

    fn workers(&self) -> usize {
        self.crew.desks.len()
    }

    fn idle(&self) -> &Idle {
        &self.crew.idle
    }

    fn is_ending(&self) -> bool {
        self.naps == 0
    }

    fn queue(&self, worker: usize) -> &Lease<RunQueue<()>> {
        &self.crew.desks[worker].queue
    }

    fn own(&self) -> &Lease<RunQueue<()>> {
        self.queue(self.me)
    }

    fn activity(&self, worker: usize) -> &AtomicU64 {
        &self.crew.desks[worker].activity
    }

    fn turns_since(&mut self, _: usize) -> u64 {
        // Handlers never end here.
        0
    }

    fn is_time_to_look(&mut self, _: Nanos, _: Nanos) -> bool {
        // Time passes as the model pleases.
        true
    }

    fn anything_common(&self) -> bool {
        self.has_common()
    }

    fn inject(&self, cell: CellPtr) {
        note("injected");
        self.crew.inject(cell.addr().get() / 64);
    }

    fn steal_injected(&mut self) -> Steal<Task> {
        self.crew.injector.steal(&self.crew.desks[self.me].deque)
    }

    fn steal_from(&mut self, victim: usize) -> Steal<Task> {
        let stolen = self.crew.desks[victim].deque.steal(&self.crew.desks[self.me].deque);
        if stolen.is_success() {
            note("stolen");
        }
        stolen
    }

    fn push_deque(&self, task: Task) {
        self.crew.desks[self.me].deque.push(task);
    }

    fn pop_deque(&mut self) -> Option<Task> {
        self.crew.desks[self.me].deque.pop()
    }

    fn has_timers(&self) -> bool {
        self.timers
    }

    fn timers_arrive(&self) -> bool {
        self.crew.arriving.load(Ordering::Acquire) > 0
    }

    fn fire_own(&mut self) {
        if self.timers_arrive() {
            let task = self.crew.arriving.swap(0, Ordering::AcqRel);
            if task > 0 {
                self.schedule(task);
            }
        }
    }

    fn fire_seized(&mut self, due: Vec<()>, _: Nanos) {
        assert!(due.is_empty(), "no timer was made");
    }

    fn has_spent(&self) -> bool {
        false
    }

    fn now(&self) -> Nanos {
        if let Some(left) = self.looks.get().checked_sub(1) {
            self.looks.set(left);
            return self.now.get();
        }
        // The next look finds that the time for looking is over.
        self.now.set(self.now.get() + 1_000_000);
        self.now.get()
    }

    fn give_way(&self) {
        if let Some(left) = self.brief.get().checked_sub(1) {
            self.brief.set(left);
            note("was back at once");
            return;
        }
        // Others keep the processor until a task was had.
        while self.had().is_empty() {
            note("gave way");
            self.crew.desks[self.me].aside.store(true, Ordering::SeqCst);
            thread::park();
        }
        self.crew.desks[self.me].aside.store(false, Ordering::SeqCst);
    }

    fn crowded_until(&mut self) -> &mut Nanos {
        &mut self.crowded_until
    }

    fn doze(&mut self, at_most: Option<Duration>) {
        if at_most.is_some() {
            self.naps -= 1;
            if self.naps == 0 {
                note("watches on");
            }
            // The first nap may end at once; the others are for the rest of the crew to go on.
            if std::mem::replace(&mut self.napped, true) {
                thread::yield_now();
            }
        } else {
            note("slept");
            thread::park();
        }
    }

    fn unpark(&self, worker: usize) {
        note("woken");
        self.crew.unpark(worker);
    }

    fn at_rest(&mut self) {}

    fn online(&self) {
        self.online.set(true);
    }

    fn offline(&self) {
        assert!(self.online.replace(false), "it is offline already");
    }

    fn count_park(&self) {}

    fn count_seized(&self, tasks: usize) {
        if tasks > 0 {
            note("rescued");
        }
    }
}
