//! Private modules for the benchmarks of this workspace: batches to time. Not part of the API, and never to be.

use crate::cell::header::CellPtr;
use crate::cell::pool::{EnvelopeClass, Pool};
use crate::mailbox::drain::{Drain, Ended, Next};
use crate::mailbox::envelope::Envelope;
use crate::mailbox::queue::{Mailbox, Pushed};
use crate::mailbox::word::{COUNT_MAX, SCHEDULED, Word};
use crate::scheduler::run_queue::{RunQueue, Task};
use std::hint::black_box;
use std::ptr::NonNull;

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
