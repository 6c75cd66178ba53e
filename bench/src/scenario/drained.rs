//! Loads that end when all that was sent has been handled, or has gone wherever it goes: of some messages nobody could tell
//! that they were the last, as they may be refused, dropped or handed back.

use super::plan::{Outcome, Plan};
use super::tally::{Start, Tally};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;
use throng::System;

/// How often it is looked whether the run was given up.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How the senders of a run tell that they have sent all, and how many that were.
#[derive(Debug)]
pub struct Senders {
    told: Sender<u64>,
    heard: Receiver<u64>,
    count: usize,
}

impl Senders {
    /// So many.
    pub fn new(count: u64) -> Self {
        let (told, heard) = channel();
        Self { told, heard, count: count as usize }
    }

    /// For one of them.
    pub fn teller(&self) -> Sender<u64> {
        self.told.clone()
    }

    /// Waits until all have sent what they had to send and the system has come to rest, or something is wrong; `tally` is for
    /// one reporter. The time ends at rest, which is seen within a millisecond.
    pub fn wait(self, system: &System, plan: &Plan, tally: &'static Tally, start: Start) -> Outcome {
        let given_up = AtomicBool::new(false);
        thread::scope(|scope| {
            // By itself: the one that waits looks at the load meanwhile.
            scope.spawn(|| self.follow(system, tally, &given_up));
            let outcome = tally.wait(system, plan, start);
            given_up.store(true, Ordering::Relaxed);
            outcome
        })
    }

    fn follow(self, system: &System, tally: &Tally, given_up: &AtomicBool) {
        let Self { told, heard, count } = self;
        drop(told);
        let over = || given_up.load(Ordering::Relaxed);
        let (mut left, mut sent) = (count, 0);
        while left > 0 {
            match heard.recv_timeout(LOOK_EVERY) {
                Ok(more) => (left, sent) = (left - 1, sent + more),
                Err(RecvTimeoutError::Timeout) if !over() => {}
                // Given up, or one ended without a word: what is wrong is told elsewhere, or shows in what is left.
                Err(_) => break,
            }
        }
        while !over() {
            if system.quiesce(LOOK_EVERY).is_ok() {
                return tally.report(sent);
            }
        }
    }
}
