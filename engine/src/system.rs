//! A system: spawning from outside, waiting for rest, and coming down in order.

use crate::actor::address::Address;
use crate::actor::behavior::Actor;
use crate::actor::options::Options;
use crate::actor::spawn;
use crate::blocking;
use crate::error::{Busy, SpawnError};
use crate::function::inbox::Inbox;
use crate::function::join::Join;
use crate::function::spawning;
use crate::ledger::Ledger;
use crate::quiesce::{self, Settled};
use crate::registry::directory::Registry;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker;
use crate::shutdown::{self, Pace};
use crate::supervisor::child::Supervisor;
use crate::supervisor::error::TreeError;
use crate::supervisor::tree::{self, Tree};
use crate::sync::{Arc, Ordering};
use crate::teardown::{close_all, join, join_own, sweep};
use std::collections::VecDeque;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long an abort waits for workers that are inside handlers.
const ABORT: Duration = Duration::from_secs(1);

/// A running system of actors. Dropping it aborts: no hook runs, and what is in mailboxes becomes dead letters.
#[derive(Debug)]
pub struct System {
    pub(crate) shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl System {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, threads: Vec::new() }
    }

    /// Takes the threads of its workers, and whether each is pinned.
    pub(crate) fn seat(&mut self, threads: Vec<JoinHandle<()>>, pinned: bool) {
        self.threads = threads;
        self.shared.pinned.store(pinned, Ordering::Relaxed);
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
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

    /// Starts a supervisor, and with it a tree; its children are started one after the other, by and by.
    ///
    /// # Errors
    /// [`TreeError`], if the names of the root's children cannot be told apart, its intensity is no limit, its directory is taken, or
    /// there is no room; names and intensities of supervisors below are looked at when these are made.
    pub fn supervise(&self, root: Supervisor) -> Result<Tree, TreeError> {
        tree::from_outside(&self.shared, root)
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

    /// What this system keeps under names and types: actors, groups, topics.
    pub fn registry(&self) -> Registry<'_> {
        Registry::new(&self.shared)
    }

    /// Spawns an actor from a function: a closure that is given an [`Inbox`] and makes a future, which is polled on the
    /// workers, in the actor's turns, until it gives a result; then the actor ends, and what is in its mailbox becomes dead letters.
    /// There is no other runtime; a future that needs one (tokio's timers, say) must be run there.
    ///
    /// While the future waits for anything but a message, the actor takes none out of its mailbox: that fills up to the
    /// capacity, sends beyond it are refused as full, and nobody is suspended on it. [`Address::stop`] lets the future take what is
    /// there, then [`Inbox::recv`] says [`RecvError::Stopped`](crate::RecvError::Stopped), and the future may finish in its own time.
    /// [`Address::stop_now`] and [`Address::kill`] drop it where it is. A suspended actor takes no messages, but what else the
    /// future waits for goes on. A panic of the future is the actor's failure.
    ///
    /// Costs three allocations; a message costs a poll.
    ///
    /// # Examples
    /// ```
    /// use throng::System;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let system = System::builder().workers(1).build()?;
    /// let (adder, sum) = system.spawn_fn(async |mut inbox| {
    ///     let mut sum = 0;
    ///     while let Ok(n) = inbox.recv().await {
    ///         let n: u64 = n;
    ///         sum += n;
    ///     }
    ///     sum
    /// });
    /// adder.try_send(3_u64)?;
    /// adder.try_send(4_u64)?;
    /// let _ = adder.stop();
    /// assert_eq!(sum.wait()?, 7);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// As [`System::spawn`].
    pub fn spawn_fn<M, F, Fut, T>(&self, f: F) -> (Address<M>, Join<T>)
    where
        M: Send + 'static,
        F: FnOnce(Inbox<M>) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.spawn_fn_with(f, &Options::default())
    }

    /// As [`System::spawn_fn`], with these options.
    ///
    /// # Panics
    /// As [`System::spawn`].
    pub fn spawn_fn_with<M, F, Fut, T>(&self, f: F, options: &Options) -> (Address<M>, Join<T>)
    where
        M: Send + 'static,
        F: FnOnce(Inbox<M>) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        spawning::from_outside(&self.shared, f, options)
    }

    /// Waits until nothing is left to do: every message handled, no one-shot timer armed, nobody muted. Periodic timers
    /// do not count; [blocking work](crate::Context::blocking) does.
    ///
    /// # Errors
    /// [`Busy`] says what was left when the deadline passed.
    ///
    /// # Panics
    /// On a worker or another thread of this system's own, which would wait for itself; and, unless it finds rest or has no time to wait,
    /// on the thread that steps it as a simulation.
    #[track_caller]
    pub fn quiesce(&self, deadline: Duration) -> Result<Ledger, Busy> {
        assert!(!self.is_mine(), "`quiesce` on a thread of the system's own would wait for itself");
        quiesce::quiesce(&self.shared, deadline)
    }

    /// Comes down in good order: waits for rest (a suspended actor with messages is not at rest: resume it first), stops every actor
    /// (their `stopped` hooks run), waits for that, also for those that hooks spawn, and joins the workers. The deadline holds for
    /// all of it. One that is suspended and without messages then is stopped like the others, which lets it handle what comes of
    /// that: news of ends that it watches, for instance.
    ///
    /// Trees come down first, each in its own order. A supervisor's [back-off](crate::Supervisor::backoff) is not waited for: once
    /// nothing else is under way, the trees that are in one come down, and what waits for a child in a pause becomes dead letters.
    ///
    /// # Errors
    /// [`Busy`] when the deadline passed; what was left is aborted then, as [`System::abort`] does.
    pub fn shutdown(mut self, deadline: Duration) -> Result<Ledger, Busy> {
        let shared = Arc::clone(&self.shared);
        // A time too far to be reckoned with is no limit.
        let until = Instant::now().checked_add(deadline);
        shutdown::shut_down(&shared, deadline, &mut InTime { system: &mut self, until })
    }

    /// Ends at once, as dropping does: no hook runs, and what is in mailboxes becomes dead letters, which the ledger
    /// counts. Called on one of its own workers it leaves the rest to a thread. A worker inside a handler is waited for, for
    /// a second; its actor handles nothing after that message. If it takes longer, every actor refuses what is sent to it from
    /// then on, a thread does the rest when the handler returns, and the ledger need not add up. So is blocking work that runs,
    /// which is left to itself after that; what has not begun is dropped. Then every actor
    /// is visited and dropped, which takes what its own `Drop` does.
    pub fn abort(mut self) -> Ledger {
        self.end()
    }

    /// As [`System::abort`], once; a simulation is looked at when it is over. Spawns nothing any more.
    pub(crate) fn end(&mut self) -> Ledger {
        if !self.shared.is_ending() {
            self.come_down();
        }
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
        self.shared.pinned.load(Ordering::Relaxed)
    }

    fn is_mine(&self) -> bool {
        // Also where the worker is hidden from user code; see `scheduler::current`.
        let here = std::thread::current().id();
        let own = self.threads.iter().any(|thread| thread.thread().id() == here);
        // SAFETY: the current worker of this thread.
        let seated = worker::current()
            .is_some_and(|worker| Arc::ptr_eq(&unsafe { worker.as_ref() }.shared, &self.shared));
        own || seated || blocking::is_here(&self.shared)
    }

    /// Sends the workers home and ends every actor that is left.
    fn come_down(&mut self) {
        self.shared.end();
        if self.is_mine() {
            // A worker cannot wait for itself: a thread of its own does the rest.
            let mut rest =
                System { shared: Arc::clone(&self.shared), threads: std::mem::take(&mut self.threads) };
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
        close_all(&self.shared);
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

/// Comes down while its workers run, by the machine's time.
struct InTime<'s> {
    system: &'s mut System,
    until: Option<Instant>,
}

impl InTime<'_> {
    fn left(&self) -> Duration {
        self.until.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()))
    }
}

impl Pace for InTime<'_> {
    fn settle(&mut self, rested: bool) -> Result<Settled, Busy> {
        assert!(!self.system.is_mine(), "`shutdown` on a thread of the system's own would wait for itself");
        quiesce::settle(&self.system.shared, self.left(), rested)
    }

    fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    fn wait(&mut self) -> bool {
        quiesce::nap(&self.system.shared, self.left());
        true
    }

    fn end(&mut self) -> Ledger {
        self.system.end()
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if !self.shared.is_ending() {
            self.come_down();
        }
    }
}
