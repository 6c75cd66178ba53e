//! Who goes on for ever is told of at the first seed, by those who had the last turns, and within a time that a test may take.

use crate::own_seeds::plays_its_own;
use crate::panicking::panics;
use crate::yielding::yields;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::{Future, pending, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};
use throng::sim::{self, Simulation};
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

/// Wakes itself for ever.
fn restless() -> impl Future<Output = ()> {
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Where no step is left to be taken the rounds count, by whatever verb; it is named by where it was begun.
#[test]
fn a_future_that_wakes_itself_for_ever_is_told_of() {
    const HOUR: Duration = Duration::from_secs(3_600);
    type Verb = fn(&mut Simulation);
    let verbs: [(&str, Verb); 6] = [
        ("step", |sim| while sim.step() {}),
        ("run_until_idle", |sim| _ = sim.run_until_idle()),
        ("advance", |sim| _ = sim.advance(HOUR)),
        ("quiesce", |sim| _ = sim.quiesce(HOUR)),
        ("shutdown", |sim| _ = sim.shutdown(HOUR)),
        ("block_on", |sim| _ = sim.block_on(pending::<()>())),
    ];
    for (name, verb) in verbs {
        let mut sim = System::simulated(5);
        // It is left alone: no time passes.
        sim.spawn(Clock).try_send(()).expect("there is room");
        let (line, _begun) = (line!(), sim.begin(restless()));
        let _other = sim.begin(pending::<()>());
        let told = panics(|| verb(&mut sim));
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(
            lines[0],
            "still at it after 20000 rounds without a step, the limit of this simulation: these are woken again and again, and nothing \
             else is left to do at this time",
            "{name}"
        );
        assert!(
            lines[1].starts_with(&format!("  the future begun at {}:{line}:", file!())),
            "{name}: {told}"
        );
        assert_eq!(
            lines[2], "if the test needs so many, it raises the limit before: `Simulation::limit`",
            "{name}"
        );
        assert_eq!(sim.now(), Duration::ZERO, "{name}");
    }
}

/// Two that wake each other, and the one that is waited for.
#[test]
fn all_who_wake_each_other_are_told_of() {
    type Place = Rc<RefCell<Option<Waker>>>;
    let (one, other) = (Place::default(), Place::default());
    let player = |mine: &Place, its: &Place| {
        let (mine, its) = (Rc::clone(mine), Rc::clone(its));
        poll_fn(move |cx| {
            mine.replace(Some(cx.waker().clone()));
            its.take().into_iter().for_each(Waker::wake);
            Poll::<()>::Pending
        })
    };
    let mut sim = System::simulated(6);
    let _one = sim.begin(player(&one, &other));
    let begun = sim.begin(player(&other, &one));
    let told = panics(|| _ = sim.run_until_idle());
    assert_eq!(told.lines().filter(|line| line.starts_with("  the future begun at ")).count(), 2, "{told}");
    drop(begun);
    let place = line!() + 1;
    let told = panics(|| _ = sim.block_on(player(&other, &one)));
    assert!(
        told.contains(&format!("\n  the future that `block_on` was given at {}:{place}:", file!())),
        "{told}"
    );
    assert_eq!(told.lines().filter(|line| line.starts_with("  the future begun at ")).count(), 1, "{told}");
    let told = panics(|| _ = System::simulated(7).block_on(restless()));
    assert_eq!(
        told.lines().filter(|line| line.starts_with("  the future that `block_on` ")).count(),
        1,
        "{told}"
    );
    // The first of very many.
    let mut sim = System::simulated(8);
    let _many: Vec<_> = (0..20).map(|_| sim.begin(restless())).collect();
    let told = panics(|| _ = sim.step());
    assert_eq!(told.lines().filter(|line| line.starts_with("  the future begun at ")).count(), 8, "{told}");
    assert!(told.lines().any(|line| line == "  12 others"), "{told}");
}

/// Of all that is begun in between, and for a time that a test may take.
#[test]
fn a_test_with_more_rounds_says_so() {
    let looks = |times: u32, limit: Option<u64>| {
        let ran = sim::run_one(System::simulated(9), |sim| {
            limit.into_iter().for_each(|limit| sim.limit(limit));
            let mut begun = sim.begin(yields(times));
            sim.run_until_idle();
            assert!(begun.take().is_some(), "it is over");
        });
        ran.map(|failed| failed.words)
    };
    assert_eq!(looks(20_000, None), None);
    let told = looks(20_100, None).expect("it needs more");
    assert!(told.starts_with("still at it after 20000 rounds without a step"), "{told}");
    assert_eq!(looks(20_100, Some(30_000)), None);
    assert!(looks(200, Some(100)).is_some());
    // They are those in a row, however many there are in all.
    let verbs: [fn(&mut Simulation); 2] =
        [|sim| _ = sim.run_until_idle(), |sim| _ = sim.block_on(pending::<()>())];
    for verb in verbs {
        let mut sim = System::simulated(10);
        sim.limit(100);
        let clock = sim.spawn(Clock);
        let mut begun = sim.begin(async move {
            for _ in 0..10 {
                yields(60).await;
                clock.barrier().await.expect("it is there");
            }
        });
        verb(&mut sim);
        assert_eq!(begun.take(), Some(()), "600 in all");
    }
}

/// The first such seed is told of; what is made small is not run for long.
#[test]
fn the_first_seed_with_a_future_that_wakes_itself_is_made_small() {
    if !plays_its_own("endless::the_first_seed_with_a_future_that_wakes_itself_is_made_small") {
        return;
    }
    let started = Instant::now();
    let told = panics(|| {
        sim::explore([1], |sim| {
            // Making small may take 5 s, which with the usual limit is not enough where everything is slow.
            sim.limit(2_000);
            let drawn: Vec<_> = (0..20).map(|_| sim.below(1_000)).collect();
            let begun = (drawn[3] > 0).then(|| sim.begin(restless()));
            sim.run_until_idle();
            drop(begun);
        });
    });
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    assert!(told.contains("made small, from 20 choices to 4: "), "{told}");
    assert!(told.contains("again: CHOICES=0,0,0,1 "), "{told}");
}

/// A failure that is none of the limit's is made small too, although its rounds are more than its steps.
#[test]
fn one_that_fails_after_many_rounds_is_made_small() {
    if !plays_its_own("endless::one_that_fails_after_many_rounds_is_made_small") {
        return;
    }
    let told = panics(|| {
        sim::explore([1], |sim| {
            let drawn: Vec<_> = (0..20).map(|_| sim.below(1_000)).collect();
            let _begun = sim.begin(yields(5_000));
            sim.spawn(Clock);
            sim.run_until_idle();
            assert_eq!(drawn[3], 0, "it fails by this");
        });
    });
    assert!(told.contains("to 4: assertion `left == right` failed: it fails by this"), "{told}");
}
