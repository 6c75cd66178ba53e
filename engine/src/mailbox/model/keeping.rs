//! The line that drops its oldest exactly, against an owner that goes idle or closes it.

use super::letters::{Letters, open};
use crate::mailbox::latest::{Latest, Offered};
use crate::mailbox::queue::{Mailbox, Signalled};
use crate::model::{demand_found, explore, note};
use crate::sync::{Mutant, UnsafeCell, thread};
use std::sync::Arc;

/// An actor whose messages lie in a line for one.
struct Keeper {
    mailbox: Mailbox,
    line: Latest,
    letters: Letters,
    /// What it handled. The owner's.
    handled: UnsafeCell<Vec<u32>>,
}

// SAFETY: loom checks that `handled` has one owner at a time.
unsafe impl Sync for Keeper {}
// SAFETY: as above.
unsafe impl Send for Keeper {}

impl Keeper {
    fn new(capacity: u32) -> Arc<Self> {
        Arc::new(Self {
            mailbox: Mailbox::new(),
            line: Latest::new(capacity),
            letters: Letters::default(),
            handled: UnsafeCell::new(Vec::new()),
        })
    }

    /// Sends; runs the actor if it was idle. Gives the message that was dropped for it.
    fn send(&self, message: u32) -> Option<u32> {
        let dropped = match self.line.offer(self.letters.seal(message), true) {
            Offered::In { .. } => None,
            Offered::Instead(oldest) => {
                note("dropped the oldest");
                // SAFETY: it is ours now.
                Some(unsafe { open(oldest) })
            }
            Offered::Full | Offered::Closed => unreachable!("nobody closes it, and the oldest goes"),
        };
        if self.mailbox.rouse() == Signalled::First {
            self.run();
        }
        dropped
    }

    /// As the owner: handles until the line is empty.
    fn run(&self) {
        loop {
            while let Some(envelope) = self.line.take() {
                // SAFETY: loom checks that both are ours.
                self.handled.with_mut(|handled| unsafe { (*handled).push(open(envelope)) });
            }
            // SAFETY: the owner.
            if self.line.if_empty(|| unsafe { self.mailbox.leave() }).is_some() {
                return;
            }
            note("came while it went idle");
        }
    }
}

fn two_send() {
    let keeper = Keeper::new(1);
    let other = thread::spawn({
        let keeper = Arc::clone(&keeper);
        move || [keeper.send(1), keeper.send(2)]
    });
    let dropped = keeper.send(10);
    let [first, second] = other.join().expect("no panic");
    // SAFETY: everybody else is done.
    let handled = keeper.handled.with(|handled| unsafe { (*handled).clone() });
    let mut all: Vec<u32> = handled.iter().copied().chain(dropped).chain(first).chain(second).collect();
    all.sort_unstable();
    assert_eq!(all, [1, 2, 10], "each is handled once or dropped once");
    let of_one: Vec<u32> = handled.into_iter().filter(|message| *message < 10).collect();
    assert!(of_one.is_sorted(), "in order");
}

#[test]
fn two_senders_and_an_owner_that_goes_idle() {
    let seen = explore(two_send);
    assert!(seen.contains("dropped the oldest") && seen.contains("came while it went idle"));
}

#[test]
fn finds_idle_outside_the_lock() {
    demand_found(Mutant::IdleOutsideTheLock, two_send);
}
