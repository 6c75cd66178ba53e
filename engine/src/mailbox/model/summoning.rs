//! Two that call for one owner: it sees what both have written, by one errand or by two.

use crate::mailbox::errands::Errands;
use crate::mailbox::summons::{Called, Summons};
use crate::model::{demand_found_further, explore_further, note};
use crate::sync::{Arc, AtomicU32, Mutant, Ordering, thread};

struct Line {
    summons: Summons,
    errands: Errands<()>,
    said: [AtomicU32; 2],
    seen: [AtomicU32; 2],
}

impl Line {
    /// Who has something to say.
    fn say(&self, who: usize) {
        self.said[who].store(1, Ordering::Relaxed);
        match self.summons.call() {
            Called::First => self.errands.put(()).expect("it has not ended"),
            Called::Already => note("one errand for two"),
        }
    }

    /// The owner's look, which the signal promises after each errand that was put; see `rousing`.
    fn turn(&self) {
        for () in self.errands.take() {
            self.summons.hear(|| {
                for (said, seen) in self.said.iter().zip(&self.seen) {
                    seen.store(said.load(Ordering::Relaxed), Ordering::Relaxed);
                }
            });
        }
    }
}

fn two_call() {
    let rope = Arc::new(Line {
        summons: Summons::new(),
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
    // The owner's next turn, beside whoever still calls.
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
fn whoever_calls_is_heard() {
    assert!(explore_further(two_call).contains("one errand for two"));
}

#[test]
fn finds_summons_by_glance() {
    demand_found_further(Mutant::SummonsByGlance, two_call);
}

#[test]
fn finds_summons_lifted_late() {
    demand_found_further(Mutant::SummonsLiftedLate, two_call);
}
