//! A model of looking who lives, while others begin and end: no end stands in for one that lives.

use crate::model::{demand_found, explore_further, note};
use crate::scheduler::counter::{Counter, living};
use crate::sync::{Mutant, thread};
use std::sync::Arc;

#[derive(Default)]
struct Lives {
    begun: Counter,
    ended: Counter,
}

/// One lives, and another begins and ends beside it: counted by one thread, in the counters of two, of which those that have the
/// beginning are read first.
fn look_beside_an_end() {
    let all = Arc::new(<[Lives; 2]>::default());
    all[0].begun.add(1);
    let here = Arc::clone(&all);
    let other = thread::spawn(move || {
        // As threads outside count: where a thread loads what it stores next, loom forgets who had loaded it before.
        here[0].begun.add_shared(1);
        here[1].ended.publish_shared(1);
    });
    let sum = |of: fn(&Lives) -> &Counter| all.iter().map(|lives| of(lives).get()).sum::<u64>();
    match living(|| sum(|lives| &lives.begun), || sum(|lives| &lives.ended)) {
        1 => note("one"),
        2 => note("two"),
        lives => panic!("{lives} live"),
    }
    other.join().expect("no panic");
}

#[test]
fn no_end_stands_in_for_who_lives() {
    let seen = explore_further(look_beside_an_end);
    assert!(seen.contains("one") && seen.contains("two"), "{seen:?}");
}

#[test]
fn finds_beginnings_first() {
    demand_found(Mutant::BeginningsFirst, look_beside_an_end);
}

#[test]
fn finds_end_unpublished() {
    demand_found(Mutant::EndUnpublished, look_beside_an_end);
}
