//! A system: spawning from outside, waiting for rest, and coming down in order.

use crate::actor::address::{Address, Recipient};
use crate::actor::behavior::Actor;
use crate::actor::options::Options;
use crate::actor::outlook::{self, MessageDropped, Stall};
use crate::actor::{ending, spawn};
use crate::cell::arena::{self, CellPool};
use crate::error::{Busy, SpawnError};
use crate::function::inbox::Inbox;
use crate::function::join::Join;
use crate::function::spawning;
use crate::ledger::Ledger;
use crate::panics::contained;
use crate::quiesce;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker;
use crate::stall::StallTimes;
use crate::sync::{Arc, Ordering};
use std::collections::VecDeque;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long an abort waits for workers that are inside handlers.
const ABORT: Duration = Duration::from_secs(1);

/// A running system of actors. Dropping it aborts: no hook runs, and what is in mailboxes becomes dead letters.
#[derive(Debug)]
pub struct System {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    pinned: bool,
}

impl System {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, threads: Vec::new(), pinned: false }
    }

    /// Takes the threads of its workers, and whether each is pinned.
    pub(crate) fn seat(&mut self, threads: Vec<JoinHandle<()>>, pinned: bool) {
        (self.threads, self.pinned) = (threads, pinned);
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
    /// do not count.
    ///
    /// # Errors
    /// [`Busy`] says what was left when the deadline passed.
    ///
    /// # Panics
    /// On a worker thread of this system, which would wait for itself.
    pub fn quiesce(&self, deadline: Duration) -> Result<Ledger, Busy> {
        assert!(!self.is_mine(), "`quiesce` on a worker would wait for itself");
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
    /// a second; after that a thread does the rest when the handler returns, and the ledger need not add up. Then every actor
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

    /// The ledger as it stands. It need not add up while messages are on their way; after [`System::quiesce`] it does.
    /// Looks into every mailbox.
    pub fn ledger(&self) -> Ledger {
        quiesce::ledger(&self.shared)
    }

    /// What the workers did so far.
    pub fn activity(&self) -> Activity {
        let totals = self.shared.stats.totals();
        let limbo = self.shared.desks.iter().map(|d| d.limbo_bytes.load(Ordering::Relaxed)).sum();
        Activity {
            turns: totals.turns,
            handled: totals.handled,
            refused: totals.full,
            steals: totals.steals + totals.seized,
            rescued: totals.seized,
            parks: totals.parks,
            wakes: totals.wakes,
            muted: totals.muted,
            retired_bytes: limbo,
            spent_bytes: arena::spent_bytes(),
            ticks_missed: totals.ticks_missed,
            timers_late: totals.timers_late,
            news: totals.news,
            fullest: totals.fullest,
        }
    }

    /// Who is suspended on whose full mailbox now, and for how long: the wait-for view. Looks into every cell; each line is a
    /// glance, and they need not agree.
    pub fn stalls(&self) -> Vec<Stall> {
        quiesce::stalls(&self.shared)
    }

    /// From here on tells this actor of every message that an overflow policy drops, until it ends. News for which its mailbox
    /// has no place are counted in the next that has (so of the last drops it may hear nothing; [`Ledger::dropped`](crate::Ledger) is
    /// complete), and as sends that were refused. It takes any [recipient](crate::Address::recipient) whose messages can be made
    /// [`From`] a [`MessageDropped`]. Costs each drop a message, but for those after its end, of which the
    /// first finds that it has ended.
    pub fn watch_drops(&self, watcher: Recipient<MessageDropped>) {
        self.shared.drops.watch(outlook::watcher(watcher));
    }

    /// How long actors have been suspended on full mailboxes, for each type of which one was.
    pub fn stall_times(&self) -> Vec<StallTimes> {
        self.shared.stall_times()
    }

    /// What everybody is doing, in words for a person: whom the workers run, what waits where, who sleeps. Each figure is
    /// a glance; they need not agree.
    pub fn describe(&self) -> String {
        quiesce::describe(&self.shared)
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
        own || seated
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
        let mut threads: VecDeque<_> = std::mem::take(&mut self.threads).into_iter().enumerate().collect();
        if join(&self.shared, &mut threads, Some(Instant::now() + ABORT)) {
            sweep(&self.shared);
            return;
        }
        // A thread of its own waits for the handler, and does the rest when it returns.
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name("throng-abort".into()).spawn(move || {
            join(&shared, &mut threads, None);
            sweep(&shared);
        });
        if thread.is_err() {
            eprintln!("throng: no thread to end a system on; it is left behind for good");
            std::mem::forget(Arc::clone(&self.shared));
        }
    }
}

/// Joins workers, until a time. False if one has not left by then; it and those after it stay in the list.
fn join(shared: &Shared, threads: &mut VecDeque<(usize, JoinHandle<()>)>, until: Option<Instant>) -> bool {
    while let Some((index, _)) = threads.front() {
        if !shared.wait_gone(*index, until) {
            let running = quiesce::running(shared, *index);
            eprintln!(
                "throng: worker {running} is still inside its handler; its system is left until that ends"
            );
            return false;
        }
        if let Some((index, thread)) = threads.pop_front()
            && thread.join().is_err()
        {
            eprintln!("throng: worker {index} died of a panic");
        }
    }
    true
}

/// Ends whatever is left when no worker runs any more.
fn sweep(shared: &Arc<Shared>) {
    let totals = shared.stats.totals();
    if totals.spawned != totals.stopped {
        let mut pool = CellPool::new();
        let mut left = Vec::new();
        quiesce::for_each_actor(shared, |cell, _| left.push(cell));
        for cell in left {
            // SAFETY: the workers are gone, this sweep alone ends actors, and the cell has a tenant.
            unsafe { ending::abort(cell, shared, &mut pool) };
        }
    }
    for timer in shared.take_timers() {
        // What it was to deliver is user data, and so is its Drop.
        if !contained(|| drop(timer)) {
            shared.outside().faults.add_shared(1);
        }
    }
    // Somebody may have found a kind of ours just now, in another system's turn or outside: all stays until nobody can be
    // looking at one.
    arena::outlive_readers(Arc::clone(shared));
}

impl Drop for System {
    fn drop(&mut self) {
        if !self.shared.is_ending() {
            self.come_down();
        }
    }
}

/// What the workers of a system did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Activity {
    /// Turns run.
    pub turns: u64,
    /// Messages given to a handler. [`System::ledger`] tells so too, and looks into every mailbox for it.
    pub handled: u64,
    /// Sends that a full mailbox refused.
    pub refused: u64,
    /// Actors taken from another worker: from its deque, or from behind a long handler.
    pub steals: u64,
    /// Of those, the ones taken from behind a long handler.
    pub rescued: u64,
    /// Times a worker slept.
    pub parks: u64,
    /// Times a worker woke another.
    pub wakes: u64,
    /// Times an actor was suspended on a full mailbox.
    pub muted: u64,
    /// Bytes of ended actors that wait until nobody can reach them; it grows while a worker is inside one long turn.
    pub retired_bytes: u64,
    /// Bytes of slots, in the whole process, that are out of generations and not used again.
    pub spent_bytes: u64,
    /// Ticks of periodic timers left out because the one before was not handled in time.
    pub ticks_missed: u64,
    /// Timer messages that found a mailbox at its hard limit and were tried again.
    pub timers_late: u64,
    /// Envelopes without a message that entered a mailbox: the engine's own news of expired asks and of batches, and the beginnings
    /// and ends of flows. No ledger counts them.
    pub news: u64,
    /// The most messages that any mailbox has held at once, those being handled included, as each send found it (of a flow too):
    /// timers, outcomes of asks and news of pressure, which enter above any bound, raise it only by the next send.
    pub fullest: u64,
}
