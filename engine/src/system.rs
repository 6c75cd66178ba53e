//! The roof: building a system, spawning from outside, waiting for rest, and coming down in order.

use crate::actor::address::Address;
use crate::actor::behavior::Actor;
use crate::actor::options::Options;
use crate::actor::{ending, spawn};
use crate::blocking;
use crate::cell::arena;
use crate::error::{BuildError, Busy, SpawnError};
use crate::ledger::Ledger;
use crate::quiesce;
use crate::scheduler::pin::{self, Pin};
use crate::scheduler::run_queue::Task;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker::{self, Worker};
use crate::sync::{Arc, Ordering};
use crate::teardown::{join, join_own, sweep};
use crossbeam_deque::Worker as Deque;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError, Weak, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The most workers of one system.
const WORKERS_MAX: usize = 1_024;
/// How long an abort waits for workers that are inside handlers.
const ABORT: Duration = Duration::from_secs(1);

/// Collects what a [`System`] is started with.
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    workers: Option<usize>,
    pin: Pin,
    blocking_threads: usize,
}

impl Builder {
    /// Worker threads; by default one for each processor that the process may use.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Where the workers run; by default [`Pin::Compact`].
    pub fn pin(mut self, pin: Pin) -> Self {
        self.pin = pin;
        self
    }

    /// The most threads for [blocking work](crate::Context::blocking), from 1 to 65,536; by default 512. None is started before there
    /// is such work; what finds none free waits.
    pub fn blocking_threads(mut self, threads: usize) -> Self {
        self.blocking_threads = threads;
        self
    }

    /// Starts the workers.
    ///
    /// A worker that cannot be pinned runs unpinned: a line on stderr says so, and [`System::pinned`] is false.
    ///
    /// # Errors
    /// [`BuildError`] when the number of workers or of blocking threads is out of range, or the system gives no thread.
    pub fn build(self) -> Result<System, BuildError> {
        let workers =
            self.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        if self.blocking_threads == 0 || self.blocking_threads > blocking::THREADS_MAX {
            let (given, most) = (self.blocking_threads, blocking::THREADS_MAX);
            return Err(BuildError::BlockingThreads { given, most });
        }
        let (shared, deques) = share(workers, self.blocking_threads)?;
        let mut plan = self.pin.plan(workers);
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        if workers > processors && !plan.is_empty() {
            eprintln!("throng: {workers} workers on {processors} processors are not pinned");
            plan.clear();
        }
        let mut system = System { shared, threads: Vec::with_capacity(workers), pinned: true };
        let (ready, started) = mpsc::channel();
        for (index, deque) in deques.into_iter().enumerate() {
            let shared = Arc::clone(&system.shared);
            let ready = ready.clone();
            let core = plan.get(index).copied();
            let thread = std::thread::Builder::new().name(format!("throng-{index}")).spawn(move || {
                let pinned = core.is_some_and(pin::pin);
                if let (false, Some(core)) = (pinned, core) {
                    eprintln!("throng: worker {index} could not be pinned to processor {}", core.id);
                }
                let worker = Worker::new(shared, index, deque);
                worker.sit_down();
                let _ = ready.send(pinned);
                drop(ready);
                worker.run();
            });
            match thread {
                Ok(thread) => system.threads.push(thread),
                // Dropping the system sends home those that were started.
                Err(error) => return Err(BuildError::Thread(error)),
            }
        }
        drop(ready);
        system.pinned = started.iter().fold(!plan.is_empty(), |all, pinned| all && pinned);
        Ok(system)
    }

    /// Makes a system without threads, whose actors run on the calling thread when told to. Options of threads do not
    /// apply.
    pub fn inline(self) -> Inline {
        let Ok((shared, mut deques)) = share(1, 0) else { unreachable!("one worker is in range") };
        let worker = deques.pop().map(|deque| Box::new(Worker::new(Arc::clone(&shared), 0, deque)));
        if let Some(worker) = &worker {
            worker.sit_down();
        }
        // Nothing runs between two calls.
        shared.desks[0].activity.fetch_add(1, Ordering::SeqCst);
        Inline { worker, system: System { shared, threads: Vec::new(), pinned: false } }
    }
}

fn share(workers: usize, blocking_threads: usize) -> Result<(Arc<Shared>, Vec<Deque<Task>>), BuildError> {
    if workers == 0 || workers > WORKERS_MAX {
        return Err(BuildError::Workers { given: workers, most: WORKERS_MAX });
    }
    let deques: Vec<_> = (0..workers).map(|_| Deque::new_fifo()).collect();
    let stealers = deques.iter().map(Deque::stealer).collect();
    let shared = Shared::new(stealers, blocking_threads);
    let mut living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
    living.retain(|system| system.strong_count() > 0);
    living.push(Arc::downgrade(&shared));
    drop(living);
    Ok((shared, deques))
}

/// Every system of the process.
static LIVING: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

/// What every system of the process is doing, in words for a person, as [`System::describe`] tells of one: for a watchdog
/// that has none of them at hand.
pub fn describe_all() -> String {
    let living = LIVING.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let words = living.iter().filter_map(Weak::upgrade).map(|shared| quiesce::describe(&shared));
    words.collect::<Vec<_>>().join("\n\n")
}

/// A running system of actors. Dropping it aborts: no hook runs, and what is in mailboxes becomes dead letters.
#[derive(Debug)]
pub struct System {
    pub(crate) shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    pinned: bool,
}

impl System {
    /// Starts collecting options.
    pub fn builder() -> Builder {
        Builder { workers: None, pin: Pin::default(), blocking_threads: blocking::THREADS }
    }

    /// Starts one pinned worker for each processor.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn start() -> Result<System, BuildError> {
        Self::builder().build()
    }

    /// Spawns an actor with its type's [options](Actor::options). Its address can be used at once.
    ///
    /// # Panics
    /// When no memory or address range is left; [`System::try_spawn`] gives the actor back instead.
    pub fn spawn<A: Actor>(&self, actor: A) -> Address<A::Msg> {
        self.try_spawn(actor, &A::options()).unwrap_or_else(|refused| panic!("{refused}"))
    }

    /// Spawns an actor with these options.
    ///
    /// # Errors
    /// [`SpawnError`] with the actor when no memory or address range is left.
    pub fn try_spawn<A: Actor>(&self, actor: A, options: &Options) -> Result<Address<A::Msg>, SpawnError<A>> {
        spawn::from_outside(&self.shared, actor, options)
    }

    /// Spawns an actor that runs on a [thread of its own](crate::OptionsBuilder::own_thread), where it may block, with its type's
    /// options otherwise.
    ///
    /// # Errors
    /// [`SpawnError`] with the actor when no memory, address range or thread is left.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Context, Fault, Reply, System};
    ///
    /// /// Waits for whoever has the other end.
    /// struct Reader(std::sync::mpsc::Receiver<u64>);
    ///
    /// impl Actor for Reader {
    ///     type Msg = Reply<u64>;
    ///     fn handle(&mut self, reply: Reply<u64>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         reply.send(self.0.recv()?);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// let system = System::builder().workers(1).build()?;
    /// let reader = system.spawn_on_own_thread(Reader(receiver))?;
    /// let answer = reader.ask(|reply| reply);
    /// sender.send(7)?;
    /// assert_eq!(answer.wait()?, 7);
    /// # Ok(())
    /// # }
    /// ```
    pub fn spawn_on_own_thread<A: Actor>(&self, actor: A) -> Result<Address<A::Msg>, SpawnError<A>> {
        self.try_spawn(actor, &A::options().on_own_thread())
    }

    /// Waits until nothing is left to do: every message handled, no one-shot timer armed, nobody muted. Periodic timers
    /// do not count; [blocking work](crate::Context::blocking) does.
    ///
    /// # Errors
    /// [`Busy`] says what was left when the deadline passed.
    ///
    /// # Panics
    /// On a worker or another thread of this system's own, which would wait for itself.
    pub fn quiesce(&self, deadline: Duration) -> Result<Ledger, Busy> {
        assert!(!self.is_mine(), "`quiesce` on a thread of the system's own would wait for itself");
        quiesce::quiesce(&self.shared, deadline)
    }

    /// Comes down in good order: waits for rest (a suspended actor with messages is not at rest: resume it first), stops every actor (their `stopped` hooks run), waits for that, also for
    /// those that hooks spawn, and joins the workers. The deadline holds for all of it.
    ///
    /// # Errors
    /// [`Busy`] when the deadline passed; what was left is aborted then, as [`System::abort`] does.
    pub fn shutdown(mut self, deadline: Duration) -> Result<Ledger, Busy> {
        // A time too far to be reckoned with is no limit.
        let until = Instant::now().checked_add(deadline);
        let left = || until.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()));
        let down = loop {
            match self.quiesce(left()) {
                Ok(_) if self.shared.stats.living() == 0 => break Ok(()),
                Ok(ledger) if left().is_zero() => {
                    break Err(quiesce::not_down(&ledger, deadline));
                }
                // Also those that were spawned by the last words of others.
                Ok(_) => self.stop_all(),
                Err(busy) => break Err(Busy { waited: deadline, ..busy }),
            }
        };
        self.come_down();
        let ledger = quiesce::ledger(&self.shared);
        match down {
            Ok(()) => Ok(ledger),
            Err(busy) => Err(Busy { ledger: Box::new(ledger), ..busy }),
        }
    }

    /// Ends at once, as dropping does: no hook runs, and what is in mailboxes becomes dead letters, which the ledger
    /// counts. Called on one of its own workers it leaves the rest to a thread. A worker inside a handler is waited for, for
    /// a second; after that a thread does the rest when the handler returns, and the ledger need not add up. So is blocking work that runs, which
    /// is left to itself after that; what has not begun is dropped. Then every actor
    /// is visited and dropped, which takes what its own `Drop` does.
    pub fn abort(mut self) -> Ledger {
        self.come_down();
        quiesce::ledger(&self.shared)
    }

    /// [`System::shutdown`] as a future, for callers that must not block. A thread of its own does the waiting.
    ///
    /// # Errors
    /// As [`System::shutdown`].
    ///
    /// # Panics
    /// If the system gives no thread.
    pub async fn shutdown_async(self, deadline: Duration) -> Result<Ledger, Busy> {
        let (done, mut outcome) = crate::oneshot::channel();
        let thread = std::thread::Builder::new().name("throng-shutdown".into());
        let spawned = thread.spawn(move || done.send(self.shutdown(deadline)));
        assert!(spawned.is_ok(), "no thread to shut down on");
        std::future::poll_fn(move |cx| outcome.poll(cx)).await
    }

    /// The number of workers.
    pub fn workers(&self) -> usize {
        self.shared.desks.len()
    }

    /// Whether every worker is pinned to a processor.
    pub fn pinned(&self) -> bool {
        self.pinned
    }

    fn is_mine(&self) -> bool {
        // Also where the worker is hidden from user code; see `worker::with_deque`.
        let here = std::thread::current().id();
        let own = self.threads.iter().any(|thread| thread.thread().id() == here);
        // SAFETY: the current worker of this thread.
        let seated = worker::current()
            .is_some_and(|worker| Arc::ptr_eq(&unsafe { worker.as_ref() }.shared, &self.shared));
        own || seated || blocking::is_here(&self.shared)
    }

    fn stop_all(&self) {
        let mut all = Vec::new();
        quiesce::for_each_actor(&self.shared, |cell, generation| all.push((arena::number(cell), generation)));
        for (number, generation) in all {
            ending::stop_raw(number, generation);
        }
    }

    /// Sends the workers home and ends every actor that is left.
    fn come_down(&mut self) {
        self.shared.end();
        if self.is_mine() {
            // A worker cannot wait for itself: a thread of its own does the rest.
            let mut rest = System {
                shared: Arc::clone(&self.shared),
                threads: std::mem::take(&mut self.threads),
                pinned: false,
            };
            let kept = Arc::clone(&self.shared);
            let thread = std::thread::Builder::new().name("throng-abort".into());
            if thread.spawn(move || rest.come_down()).is_err() {
                // Its actors live on unswept, and point to what the system holds: that must stay.
                eprintln!("throng: no thread to end a system on; it is left behind");
                std::mem::forget(kept);
            }
            return;
        }
        blocking::drop_all(&self.shared);
        let until = Instant::now() + ABORT;
        let mut threads: VecDeque<_> = std::mem::take(&mut self.threads).into_iter().enumerate().collect();
        let joined = join(&self.shared, &mut threads, Some(until));
        // What is still running reaches nobody: it holds up no sweep.
        let _: bool = blocking::end(&self.shared, until);
        if joined && join_own(&self.shared, Some(until)) {
            sweep(&self.shared);
            return;
        }
        // A thread of its own waits for the handler, and does the rest when it returns.
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name("throng-abort".into()).spawn(move || {
            join(&shared, &mut threads, None);
            join_own(&shared, None);
            sweep(&shared);
        });
        if thread.is_err() {
            eprintln!("throng: no thread to end a system on; it is left behind for good");
            std::mem::forget(Arc::clone(&self.shared));
        }
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if !self.shared.is_ending() {
            self.come_down();
        }
    }
}

/// A system without threads: its actors run on the thread that calls [`Inline::run_until_idle`], the same code in the
/// same order each time. Made by [`Builder::inline`].
#[derive(Debug)]
pub struct Inline {
    worker: Option<Box<Worker>>,
    system: System,
}

impl Inline {
    /// Spawns an actor.
    ///
    /// # Panics
    /// As [`System::spawn`].
    pub fn spawn<A: Actor>(&self, actor: A) -> Address<A::Msg> {
        self.system.spawn(actor)
    }

    /// Runs turns until nothing is runnable, no timer is due and no [blocking work](crate::Context::blocking) is left, which it
    /// runs too; gives the number of turns.
    pub fn run_until_idle(&mut self) -> u64 {
        let Some(worker) = &mut self.worker else { return 0 };
        let mut turns = worker.run_until_idle();
        // One piece at a time, as each makes actors runnable.
        while blocking::run_here(&self.system.shared) {
            turns += worker.run_until_idle();
        }
        turns
    }

    /// The system: for its ledger and options.
    pub fn system(&self) -> &System {
        &self.system
    }
}

impl Drop for Inline {
    fn drop(&mut self) {
        // The worker first: the sweep demands that none is left.
        self.worker = None;
    }
}
