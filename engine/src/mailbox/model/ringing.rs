//! Two that ring for one owner: it sees what both have written, by one errand or by two.

use crate::mailbox::bell::{Bell, Rung};
use crate::mailbox::errands::Errands;
use crate::model::{demand_found_further, explore_further, note};
use crate::sync::{Arc, AtomicU32, Mutant, Ordering, thread};

struct Rope {
    bell: Bell,
    errands: Errands<()>,
    said: [AtomicU32; 2],
    seen: [AtomicU32; 2],
}

impl Rope {
    /// Who has something to say.
    fn say(&self, who: usize) {
        self.said[who].store(1, Ordering::Relaxed);
        match self.bell.ring() {
            Rung::First => self.errands.put(()).expect("it has not ended"),
            Rung::Already => note("one errand for two"),
        }
    }

    /// The owner's look, which the signal promises after each errand that was put; see `rousing`.
    fn turn(&self) {
        for () in self.errands.take() {
            self.bell.hear(|| {
                for (said, seen) in self.said.iter().zip(&self.seen) {
                    seen.store(said.load(Ordering::Relaxed), Ordering::Relaxed);
                }
            });
        }
    }
}

fn two_ring() {
    let rope = Arc::new(Rope {
        bell: Bell::new(),
        errands: Errands::new(),
        said: [AtomicU32::new(0), AtomicU32::new(0)],
        seen: [AtomicU32::new(0), AtomicU32::new(0)],
    });
    let other = {
        let rope = Arc::clone(&rope);
        thread::spawn(move || rope.say(1))
    };
    let owner = {
        let rope = Arc::clone(&rope);
        thread::spawn(move || rope.turn())
    };
    rope.say(0);
    owner.join().expect("the owner's turn");
    // The owner's next turn, beside whoever still rings.
    let owner = {
        let rope = Arc::clone(&rope);
        thread::spawn(move || rope.turn())
    };
    owner.join().expect("the owner's turn");
    other.join().expect("the other");
    rope.turn();
    let seen = rope.seen.each_ref().map(|seen| seen.load(Ordering::Relaxed));
    assert_eq!(seen, [1, 1], "something was said, and the owner sleeps over it");
}

#[test]
fn whoever_rings_is_heard() {
    assert!(explore_further(two_ring).contains("one errand for two"));
}

#[test]
fn finds_bell_by_glance() {
    demand_found_further(Mutant::BellByGlance, two_ring);
}

#[test]
fn finds_bell_quieted_late() {
    demand_found_further(Mutant::BellQuietedLate, two_ring);
}
