//! What is left for an actor's end in an extension that its owner may not have known of: found once, by one or the other.

use super::letters::Letters;
use crate::mailbox::control::Control;
use crate::mailbox::notices::{Notices, Told};
use crate::mailbox::queue::Mailbox;
use crate::model::{demand_found, explore, note};
use crate::sync::{Arc, AtomicU32, Mutant, Ordering, thread};
use std::ptr::NonNull;

#[repr(align(128))]
struct Leaf {
    notices: Notices,
    /// One who watches is on the list.
    watching: AtomicU32,
}

struct Cell {
    mailbox: Mailbox,
    control: Control<Leaf>,
    leaf: Leaf,
    letters: Letters,
    found: AtomicU32,
}

const LISTED: u32 = 1;
const ENDED: u32 = 2;

impl Cell {
    /// An actor that is running, and has no extension that anybody knows of.
    fn new() -> Arc<Self> {
        let cell = Self {
            mailbox: Mailbox::vacant(),
            control: Control::new(),
            leaf: Leaf { notices: Notices::new(), watching: AtomicU32::new(0) },
            letters: Letters::default(),
            found: AtomicU32::new(0),
        };
        // SAFETY: nobody else has it.
        unsafe { cell.mailbox.renew(true) };
        Arc::new(cell)
    }

    fn find(&self) {
        self.found.fetch_add(1, Ordering::Relaxed);
    }

    /// Its owner ends it, as `end` of `actor/ending.rs` does.
    fn end(&self) {
        // SAFETY: this thread is the owner.
        assert!(unsafe { self.mailbox.end() }.pop().is_none());
        let Some(leaf) = self.control.pointer() else { return };
        // SAFETY: a part of the cell, which outlives the model's threads.
        let leaf = unsafe { leaf.as_ref() };
        // SAFETY: this thread is the owner.
        let mut told = unsafe { leaf.notices.end() };
        while told.pop().is_some() {
            note("found by the owner");
            self.find();
        }
        if leaf.watching.swap(ENDED, Ordering::AcqRel) == LISTED {
            note("watched to the end");
            self.find();
        }
    }
}

fn beside_the_end(deed: fn(&Cell)) {
    let cell = Cell::new();
    let other = thread::spawn({
        let cell = Arc::clone(&cell);
        move || {
            let _: Result<(), NonNull<Leaf>> = cell.control.point(NonNull::from(&cell.leaf));
            deed(&cell);
        }
    });
    cell.end();
    other.join().expect("no panic");
    assert_eq!(cell.found.load(Ordering::Relaxed), 1, "found so often");
}

fn told() {
    beside_the_end(|cell| {
        let leaf = &cell.leaf;
        // SAFETY: the letter is fresh, and the actor is not replaced.
        match unsafe { leaf.notices.tell(&cell.mailbox, cell.letters.seal(1)) } {
            Told::First => panic!("it was running"),
            Told::Noted => {}
            Told::Ended => cell.find(),
            Told::Left => {
                let mut left = leaf.notices.left();
                while left.pop().is_some() {
                    note("found by the teller");
                    cell.find();
                }
            }
        }
    });
}

#[test]
fn a_notice_beside_the_end_is_found_once() {
    let seen = explore(told);
    assert!(seen.contains("found by the owner") && seen.contains("found by the teller"));
}

#[test]
fn finds_left_untold() {
    demand_found(Mutant::LeftUntold, told);
}

/// As `watch` of `actor/kin.rs`.
fn watched() {
    beside_the_end(|cell| {
        let leaf = &cell.leaf;
        let listed = leaf.watching.compare_exchange(0, LISTED, Ordering::AcqRel, Ordering::Acquire);
        let late =
            listed.is_err() || !cell.mailbox.lives() && leaf.watching.swap(ENDED, Ordering::AcqRel) == LISTED;
        if late {
            note("too late");
            cell.find();
        }
    });
}

#[test]
fn a_watch_beside_the_end_is_found_once() {
    let seen = explore(watched);
    assert!(seen.contains("watched to the end") && seen.contains("too late"));
}

#[test]
fn finds_lives_by_glance() {
    demand_found(Mutant::LivesByGlance, watched);
}
