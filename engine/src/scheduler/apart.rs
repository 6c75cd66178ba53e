//! A worker apart: on a thread that runs one actor, beside the others.
//!
//! It is none of the peers. Nobody could take what lay in its queue while its actor blocks, so it has none: its lease is
//! *withheld*, seized for good, and so everything that a handler makes runnable goes through the injector, by the way that
//! a worker takes whose queue is seized just now; and its timers go where those from outside do. That costs the others
//! nothing, no test and no queue to look into.
//!
//! Its thread is online, as every worker in a turn: while the actor blocks in a handler, no slot of an ended actor
//! in the process serves again.

use super::lease::Lease;
use super::own_thread::OwnThread;
use super::run_queue::RunQueue;
use super::shared::{Desk, Shared, Timer};
use super::worker::{Seat, Worker};
use crate::cell::header::{CellPtr, Table};
use crate::sync::Arc;
use crate::time::Nanos;
use crossbeam_deque::Worker as Deque;
use std::ptr::NonNull;

/// One turn of an actor, as in a kind's [`Table`].
pub(crate) type Turn = unsafe fn(NonNull<()>, CellPtr);

const _: fn(&Table) -> Turn = |table| table.turn;

/// The life of an actor's own thread: runs what it is handed until the actor or the system ends.
///
/// # Safety
/// `turn` is that of the actors which are handed to `own`, and their cells are of this system.
pub(crate) unsafe fn live(shared: Arc<Shared>, own: Arc<OwnThread>, turn: Turn) {
    /// Its last word, also when the engine itself has panicked. Declared first: dropped after the worker.
    struct Leaving<'l>(&'l Shared, &'l Arc<OwnThread>);
    impl Drop for Leaving<'_> {
        fn drop(&mut self) {
            self.0.own.leave(self.1, &self.0.stats);
        }
    }
    if let Some(mask) = shared.mask {
        mask.wear();
    }
    let _leaving = Leaving(&shared, &own);
    shared.own.sit_down(&own);
    let deque = Deque::new_fifo();
    let desk = Box::new(Desk::new(Lease::withheld(RunQueue::new()), deque.stealer()));
    let counters = NonNull::from(&**own.counters);
    // SAFETY: desk and counters were there before the worker, and are dropped after it.
    let mut worker = unsafe {
        Worker::at(NonNull::from(&*desk), counters, Arc::clone(&shared), shared.desks.len(), deque)
    };
    let this = NonNull::from(&mut worker);
    loop {
        let Some(task) = own.take() else {
            if shared.is_ending() || own.is_dismissed() {
                return;
            }
            std::thread::park();
            continue;
        };
        if shared.is_ending() {
            // Whoever sweeps the system finds the actor.
            return;
        }
        let cell = task.0;
        // SAFETY: cells are never unmapped.
        let header = unsafe { cell.as_ref() };
        let generation = header.generation();
        shared.own.begin(&own, cell);
        let seat = Seat::take(this);
        // SAFETY: the worker of this thread; each borrow ends with its statement. The task is ownership of the actor, whose turn
        // this is by the caller's promise, and the seat has the thread online.
        unsafe {
            this.as_ref().counters().turns.add(1);
            turn(this.cast(), cell);
            (*this.as_ptr()).cells.flush();
        }
        drop(seat);
        shared.own.over(&own);
        // Nobody else ends it while the system runs.
        if header.generation() != generation {
            return;
        }
    }
}

impl Worker {
    /// Whether it is none of the peers.
    pub(super) fn is_apart(&self) -> bool {
        self.index == self.shared.desks.len()
    }

    /// Leaves timers to the peers.
    #[cold]
    pub(super) fn arm_apart(&mut self, timers: impl Iterator<Item = (Nanos, Timer)>) {
        for (due, timer) in timers {
            if let Err(refused) = self.shared.arm(due, timer) {
                // The system has been swept. Dropped with the worker, as nobody may borrow it then.
                self.spent.push(refused);
            }
        }
    }
}
