//! Private modules for the benchmarks of this workspace: batches to time, and to count the instructions of. Not part of
//! the API, and never to be.

use crate::cell::header::CellPtr;
use crate::cell::pool::{EnvelopeClass, Pool};
use crate::inline::Inline;
use crate::mailbox::drain::{Drain, Ended, Next};
use crate::mailbox::envelope::Envelope;
use crate::mailbox::queue::{Mailbox, Pushed};
use crate::mailbox::word::{COUNT_MAX, SCHEDULED, Word};
use crate::scheduler::peer::Peer;
use crate::scheduler::run_queue::{RunQueue, Task};
use crate::scheduler::search::{Found, rescue, search};
use crate::scheduler::shared::{ENDING, RUNNING, Shared};
use crate::scheduler::worker::{self, Worker};
use crate::sync::{Arc, Ordering, asymmetric_fences};
use crate::time::{Clock, nanos};
use crossbeam_deque::Worker as Deque;
use std::hint::black_box;
use std::ptr::NonNull;
use std::time::Duration;

/// The class that small messages use.
const SMALL: EnvelopeClass = match EnvelopeClass::fitting(64) {
    Some(class) => class,
    None => panic!("64 bytes have a class"),
};

/// The arithmetic of one push and its credit on a mailbox's word, `n` times.
pub fn word(n: usize) {
    let mut block = Envelope::new(0);
    // The word keeps six low bits of an address to itself, so only the shape of this one matters: it is not followed.
    let address = (&raw mut block).map_addr(|a| a & !63);
    let mut word = Word::IDLE;
    for _ in 0..n {
        let pushed = black_box(word).pushed(address, 1);
        assert!(pushed.count() == 1 && pushed.has(SCHEDULED));
        word = pushed.emptied().credited(1).without(SCHEDULED);
    }
    black_box(word);
}

/// A mailbox with envelopes to push.
#[derive(Debug)]
pub struct Queue {
    mailbox: Mailbox,
    pool: Pool,
}

impl Queue {
    /// Idle and empty.
    #[expect(clippy::new_without_default, reason = "for benchmarks alone")]
    pub fn new() -> Self {
        let mailbox = Mailbox::vacant();
        // SAFETY: nobody else knows this mailbox; with it idle, only this thread is ever its owner.
        unsafe {
            mailbox.renew(false);
            mailbox.take_fresh();
        }
        Self { mailbox, pool: Pool::new() }
    }

    /// Pushes `n` envelopes, takes all of them, goes idle. A single one is taken in place.
    ///
    /// # Panics
    /// If one is lost, or if `n` is more than a mailbox counts.
    pub fn round(&mut self, n: u32) {
        for number in 0..n {
            let envelope = self.pool.take(SMALL);
            // SAFETY: the block is ours; the push gives it away.
            let pushed = unsafe {
                envelope.write(Envelope::new(0));
                self.mailbox.push(envelope, 0, COUNT_MAX)
            };
            let first = matches!(pushed, Pushed::First { .. });
            assert!(first == (number == 0) && !matches!(pushed, Pushed::Full | Pushed::Closed));
        }
        let mut drain = Drain::new();
        let mut taken = 0;
        loop {
            // SAFETY: the first push made this thread the owner; each envelope is given back once, unlinked.
            let ended = unsafe {
                match drain.next(&self.mailbox) {
                    Next::Message { envelope, .. } => {
                        drain.handled();
                        taken += 1;
                        self.pool.give(SMALL, envelope);
                        continue;
                    }
                    Next::InPlace { envelope, .. } => {
                        taken += 1;
                        assert!(drain.finish(&self.mailbox), "nobody else pushes");
                        self.pool.give(SMALL, envelope);
                        Ended::Idle
                    }
                    Next::Empty => drain.idle(&self.mailbox, || 0),
                    Next::Drained | Next::Signal => unreachable!("nobody closes this mailbox"),
                }
            };
            if ended == Ended::Idle {
                assert_eq!(taken, n, "an envelope was lost");
                return;
            }
        }
    }
}

/// One thread's stock of envelopes.
#[derive(Debug)]
pub struct Stock {
    pool: Pool,
    taken: Vec<NonNull<Envelope>>,
}

impl Stock {
    /// An empty one.
    #[expect(clippy::new_without_default, reason = "for benchmarks alone")]
    pub fn new() -> Self {
        Self { pool: Pool::new(), taken: Vec::new() }
    }

    /// Takes `n` blocks, then gives them all back.
    pub fn round(&mut self, n: usize) {
        self.taken.reserve(n);
        for _ in 0..n {
            self.taken.push(self.pool.take(SMALL));
        }
        for block in self.taken.drain(..) {
            // SAFETY: taken above, with this class, and given once.
            unsafe { self.pool.give(SMALL, block) };
        }
    }
}

/// A worker's own queue.
#[derive(Debug)]
pub struct Line(RunQueue<()>);

impl Line {
    /// An empty one.
    #[expect(clippy::new_without_default, reason = "for benchmarks alone")]
    pub fn new() -> Self {
        Self(RunQueue::new())
    }

    /// Puts `n` tasks to the end of the line, and takes them all.
    ///
    /// # Panics
    /// If one is lost.
    pub fn fifo(&mut self, n: usize) {
        for _ in 0..n {
            self.0.push_back(Task(CellPtr::dangling()));
        }
        for _ in 0..n {
            assert!(black_box(self.0.pop()).is_some(), "a task was lost");
        }
    }

    /// Puts a task into the slot and takes it, `n` times.
    ///
    /// # Panics
    /// If one is lost.
    pub fn slot(&mut self, n: usize) {
        for _ in 0..n {
            self.0.push_slot(Task(CellPtr::dangling()));
            assert!(black_box(self.0.pop()).is_some(), "a task was lost");
        }
    }
}

/// Whether a worker passes no fence at its own queue, as the kernel has `membarrier`. Where it has not, each look there
/// takes more instructions.
pub fn light_fences() -> bool {
    asymmetric_fences()
}

/// Runs turns as a worker's thread does, which looks around every 64 turns and not after each, until a handler calls
/// [`go_home`].
///
/// # Panics
/// If the system has come down.
pub fn work(inline: &mut Inline) {
    let worker = inline.worker.as_mut().expect("there until it is dropped");
    let activity = &worker.desk().activity;
    // As in `Worker::run_until_idle`: even while nothing runs.
    activity.fetch_add(1, Ordering::SeqCst);
    worker.run_until_ending();
    activity.fetch_add(1, Ordering::SeqCst);
    worker.shared.phase.store(RUNNING, Ordering::SeqCst);
}

/// Ends [`work`] after this turn. By a handler of the last actor that is runnable: a worker that goes home takes nothing up.
///
/// # Panics
/// Outside a handler.
pub fn go_home() {
    let worker = worker::current().expect("in a handler");
    // SAFETY: in a turn nobody borrows the worker; the borrow ends with the statement.
    unsafe { worker.as_ref() }.shared.phase.store(ENDING, Ordering::SeqCst);
}

/// Sets a virtual clock on, and fires nothing.
pub fn let_pass(inline: &Inline, by: Duration) {
    let clock = &inline.system().shared().clock;
    clock.go_to(clock.now().saturating_add(nanos(by)));
}

/// Two workers on one thread: one has tasks, the other has none.
#[derive(Debug)]
pub struct Theft {
    rich: Worker,
    poor: Worker,
}

impl Theft {
    /// Nobody has anything.
    #[expect(clippy::new_without_default, reason = "for benchmarks alone")]
    pub fn new() -> Self {
        let deques = [Deque::new_fifo(), Deque::new_fifo()];
        let shared = Shared::new(deques.iter().map(Deque::stealer).collect(), Clock::stopped(), 0);
        let [rich, poor] = deques;
        let [rich, poor] =
            [(0, rich), (1, poor)].map(|(index, deque)| Worker::new(Arc::clone(&shared), index, deque));
        // A search begins with an online section, and ends in one.
        poor.cells.online();
        Self { rich, poor }
    }

    /// Puts `n` tasks where anybody may take them.
    pub fn export(&self, n: usize) {
        for _ in 0..n {
            self.rich.push_deque(Task(CellPtr::dangling()));
        }
    }

    /// The one who has none searches, and takes of what was exported. Where nothing was, it sleeps for ever.
    ///
    /// # Panics
    /// If it finds anything but a task.
    #[inline(never)]
    pub fn steal(&mut self) {
        let found = search(&mut self.poor);
        assert!(matches!(found, Found::Task(_)), "there is something to steal");
        let _ = black_box(found);
    }

    /// Puts `n` tasks behind a handler that does not come to its end.
    pub fn line_up(&mut self, n: usize) {
        for _ in 0..n {
            self.rich.schedule_last(CellPtr::dangling());
        }
    }

    /// The one who has none seizes half of what waits there.
    ///
    /// # Panics
    /// If it gets nothing.
    #[inline(never)]
    pub fn seize(&mut self) {
        assert!(rescue(&mut self.poor, 0, 0), "there is something to seize");
    }

    /// Takes everything from everybody; gives how many tasks the poor one had got.
    pub fn clear(&mut self) -> usize {
        while self.rich.pop().is_some() || self.rich.pop_deque().is_some() {}
        std::iter::from_fn(|| self.poor.pop().map(|(task, _)| task).or_else(|| self.poor.pop_deque())).count()
    }
}

impl Drop for Theft {
    fn drop(&mut self) {
        self.poor.cells.offline();
    }
}
