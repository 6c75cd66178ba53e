//! Who goes on for ever is told of at the first seed, by those who had the last turns, and within a time that a test may take.

use crate::own_seeds::plays_its_own;
use crate::panicking::panics;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use throng::sim;
use throng::{Actor, Address, Context, Fault, System};

/// Gives back what it gets, for ever.
struct Echo;

struct Ball(Address<Ball>);

impl Actor for Echo {
    type Msg = Ball;
    fn handle(&mut self, Ball(from): Ball, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.send(from, Ball(cx.me()))?;
        Ok(())
    }
}

/// Arms a timer at each, for ever.
struct Clock;

impl Actor for Clock {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let _never_cancelled = cx.after(Duration::from_millis(1), ());
        Ok(())
    }
}

/// Far more than it takes.
const SOON: Duration = Duration::from_secs(60);

#[test]
fn the_first_seed_that_never_ends_is_told_of_with_who_had_the_last_turns() {
    if !plays_its_own("endless::the_first_seed_that_never_ends_is_told_of_with_who_had_the_last_turns") {
        return;
    }
    let (started, seeds) = (Instant::now(), RefCell::new(BTreeSet::new()));
    let told = panics(|| {
        sim::explore(3..1_000, |sim| {
            seeds.borrow_mut().extend(sim.seed());
            // What had its turn long ago is not told of.
            drop(sim.spawn_fn(async |_: throng::Inbox<u32>| ()));
            sim.run_until_idle();
            let (one, other) = (sim.spawn(Echo), sim.spawn(Echo));
            one.try_send(Ball(other)).expect("there is room");
            sim.run_until_idle();
        });
    });
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    assert_eq!(seeds.into_inner(), BTreeSet::from([3]), "others are not tried");
    let lines: Vec<_> = told.lines().collect();
    let place = format!(": {}:", file!());
    assert!(lines[0].starts_with("seed 3 fails at ") && lines[0].contains(&place), "{told}");
    assert!(lines[0].contains("still at it after 20000 steps, the limit of this simulation: "), "{told}");
    assert!(lines[1].starts_with("the last ") && lines[1].ends_with(" turns:"), "{told}");
    let turns: u64 = lines[1].split(' ').nth(2).and_then(|n| n.parse().ok()).expect("a number");
    let mut had = 0;
    for line in &lines[2..4] {
        let words: Vec<_> = line.split_whitespace().collect();
        had += words[0].parse::<u64>().expect("a number");
        assert!(line.contains(" of simulation::endless::Echo #"), "{told}");
        assert!(words[words.len() - 2].parse::<u64>().expect("a number") > 100, "{told}");
    }
    assert!(had == turns && turns > 1_000, "{told}");
    assert_eq!(lines[4], "if the test needs so many, it raises the limit before: `Simulation::limit`");
    assert!(told.contains("again: CHOICES=0 "), "whatever is chosen: {told}");
    assert!(told.lines().any(|line| line.starts_with("worker 0 at simulation::endless::Echo #")), "{told}");
}

/// Each try of something smaller takes as many steps: they are not made for a minute.
#[test]
fn little_time_is_spent_on_making_one_small() {
    if !plays_its_own("endless::little_time_is_spent_on_making_one_small") {
        return;
    }
    let started = Instant::now();
    let told = panics(|| {
        sim::explore([1], |sim| {
            // Each is made smaller by halves, with all of a run each time.
            let drawn: Vec<_> = (0..200).map(|_| sim.below(1_000_000)).collect();
            let clock = sim.spawn(Clock);
            if !drawn.contains(&0) {
                clock.try_send(()).expect("there is room");
            }
            sim.advance(Duration::from_secs(1_000_000));
        });
    });
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert!(told.contains("of simulation::endless::Clock #0, in which it handled "), "{told}");
    assert!(told.contains("made small, from "), "{told}");
    // As small as the time allows, so that each time it may be another, in another file.
    if let Some(file) = told.split_once("CHOICES=@").and_then(|(_, rest)| rest.split(' ').next()) {
        std::fs::remove_file(file).expect("it is there");
    }
}

#[test]
fn a_test_that_needs_more_says_so() {
    let chase = |limit: Option<u64>| {
        sim::run_one(System::simulated(2), |sim| {
            limit.into_iter().for_each(|limit| sim.limit(limit));
            let clock = sim.spawn(Clock);
            clock.try_send(()).expect("there is room");
            // A turn and the timers each time.
            sim.advance(Duration::from_millis(12_000));
        })
    };
    let failed = chase(None).expect("it needs more");
    assert!(failed.words.contains("the limit of this simulation"), "{failed}");
    assert!(chase(Some(30_000)).is_none());
    assert!(chase(Some(u64::MAX)).is_none());
}

#[test]
fn a_limit_of_no_steps_is_refused() {
    let words = panics(|| System::simulated(1).limit(0));
    assert!(words.starts_with("a limit of 0 steps lets nothing happen: give at least 1;"), "{words}");
}

/// Those with the most turns are named, and the others counted.
#[test]
fn of_many_the_busiest_are_named() {
    let mut sim = System::simulated(4);
    let first = sim.spawn(Echo);
    for _ in 0..12 {
        let other = sim.spawn(Echo);
        other.try_send(Ball(first)).expect("there is room");
    }
    let words = panics(|| _ = sim.run_until_idle());
    let named = words.lines().filter(|line| line.contains(" of simulation::endless::Echo #"));
    let turns: Vec<u64> = named
        .map(|line| line.split_whitespace().next().and_then(|n| n.parse().ok()).expect("a number"))
        .collect();
    assert!(turns.len() == 8 && turns.is_sorted_by(|one, next| one >= next), "{words}");
    assert!(words.lines().any(|line| line.ends_with(" of 5 others")), "{words}");
}
