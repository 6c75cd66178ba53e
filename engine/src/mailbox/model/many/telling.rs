//! Three children send their last results to an heir with room for one, are muted, end, and tell of it: through every order that
//! somebody may give the heir meanwhile.

use crate::mailbox::model::driver::{Deed, play};
use crate::mailbox::model::order::Order;
use crate::mailbox::model::stage::{Part, Stage, Wish, counter, part};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::model::{demand_found, explore};
use crate::sync::Mutant;
use std::sync::{Arc, Mutex};

const CHILDREN: std::ops::RangeInclusive<u32> = 2..=4;
const RESULTS: u32 = 2;
/// The notice of a child is its number above this.
const END: u32 = 100;

fn family(heir: Part, workers: usize, deeds: &[Deed]) -> Arc<Stage> {
    let taken = Arc::<Mutex<Vec<u32>>>::default();
    let mut parts = vec![heir];
    parts.extend(CHILDREN.map(|_| {
        let taken = Arc::clone(&taken);
        part(16, 1, move |cx, message| {
            // Locked only when nobody else can run meanwhile.
            let (is_in, wish) = if message < END {
                (cx.send(1, message), Wish::Go)
            } else {
                (cx.worker.tell(1, message), Wish::Stop)
            };
            if is_in {
                taken.lock().expect("no panic").push(message);
            }
            wish
        })
    }));
    let stage = Stage::shared(parts);
    for child in CHILDREN {
        for result in (0..RESULTS).map(|nth| 10 * child + nth).chain([END + child]) {
            let _: Pushed = stage.worker().send(child, result, COUNT_MAX);
        }
    }
    play(&stage, workers, deeds);
    play(&stage, workers, &[RESUME]);
    stage.settled();
    let mut taken = taken.lock().expect("no panic").clone();
    taken.sort_unstable();
    assert_eq!(stage.accounted(1), taken);
    let handled = stage.handled(1);
    for child in CHILDREN {
        let results = handled.iter().filter(|message| **message / 10 == child);
        assert!(results.is_sorted(), "in order");
        if let Some(end) = handled.iter().position(|message| *message == END + child) {
            let rest = &handled[end..];
            assert!(rest.iter().all(|message| message / 10 != child), "a result after the end: {handled:?}");
        }
        assert!(stage.seat(child, |seat| seat.ended), "a child was held for good");
    }
    stage
}

const RESUME: Deed = |worker| worker.resume_suspended(1);
const SUSPEND_AND_RESUME: Deed = |worker| {
    worker.suspend(1);
    worker.resume_suspended(1);
};
const STOP: Deed = |worker| worker.stop(1, false);
const KILL: Deed = |worker| worker.kill(1);

fn all_are_heard(workers: usize, deeds: &[Deed]) {
    let stage = family(counter(1), workers, deeds);
    assert_eq!(stage.handled(1).len() as u32, (RESULTS + 1) * CHILDREN.count() as u32);
}

#[test]
fn three_ends() {
    let seen = explore(|| all_are_heard(2, &[]));
    assert!(seen.contains("a notice comes in") && seen.contains("the next notice") && seen.contains("held"));
}

#[test]
fn three_ends_of_a_suspended_heir_on_three_workers() {
    let seen = explore(|| all_are_heard(3, &[SUSPEND_AND_RESUME, SUSPEND_AND_RESUME]));
    assert!(seen.contains("parked"));
}

#[test]
fn three_ends_and_two_lanes() {
    explore(|| {
        family(
            counter(1).ordered(Order::lanes(|_| crate::mailbox::lanes::Lane::Normal)),
            2,
            &[SUSPEND_AND_RESUME],
        );
    });
}

#[test]
fn three_ends_and_the_heirs_own() {
    explore(|| {
        family(counter(1), 2, &[STOP]);
    });
    explore(|| {
        family(counter(1), 2, &[SUSPEND_AND_RESUME, KILL]);
    });
}

#[test]
fn finds_signal_before_notice() {
    demand_found(Mutant::SignalBeforeNotice, || all_are_heard(2, &[]));
}

#[test]
fn finds_forgotten_line() {
    demand_found(Mutant::ForgottenLine, || all_are_heard(2, &[]));
}
