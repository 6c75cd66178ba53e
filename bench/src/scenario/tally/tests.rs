use super::*;
use crate::scenario::plan::{Alarms, Talk};
use std::sync::Barrier;

fn system() -> System {
    System::builder().workers(1).build().expect("a worker")
}

fn plan() -> Plan {
    Plan {
        workload: crate::options::Workload::Counting,
        mode: crate::options::Mode::Saturate,
        rate: None,
        arrival: crate::arrival::Arrival::Constant,
        warmup: None,
        hops: None,
        freeze: None,
        probe: false,
        generator_on: None,
        messages: None,
        duration: None,
        actors: None,
        tokens: None,
        order: crate::options::Order::default(),
        payload: 8,
        options: throng::Options::default(),
        builder: throng::Options::builder(),
        overflow: throng::Overflow::Mute,
        producers: 1,
        window: 1,
        service: Duration::ZERO,
        talk: Talk { users: 1, rooms: 1, turns: 1, mix: crate::options::Mix::default() },
        upkeep: crate::options::Upkeep::default(),
        troupe: crate::options::Troupe::default(),
        audience: crate::options::Audience::default(),
        alarms: Alarms { period: Duration::from_millis(1), cancel: 0, repeat: 0 },
        seed: 1,
        sample_every: Some(1),
        clock: Clock::calibrated(),
        interrupted: Arc::default(),
        fault: None,
    }
}

/// What a run says in which `happens` happened, with two reporters.
fn outcome(happens: impl FnOnce(&Tally)) -> Outcome {
    let (system, plan) = (system(), plan());
    let tally = Tally::new(&system, &plan, 2);
    let start = Start::now();
    happens(tally);
    tally.wait(&system, &plan, start)
}

#[test]
fn a_run_ends_when_all_have_reported_and_counts_what_they_did() {
    let outcome = outcome(|tally| {
        tally.report(3);
        tally.add_beside(5);
        assert!(!tally.is_over());
        tally.record(0, tally.clock.ticks());
        tally.report(4);
    });
    assert_eq!((outcome.messages, outcome.handled), (7, 12));
    assert_eq!(outcome.wrong, [""; 0]);
    assert_eq!(outcome.response.map(|samples| samples.count()), Some(1));
    assert!(outcome.elapsed_ns.is_some());
}

#[test]
fn whatever_is_wrong_ends_the_run_at_once_and_is_told() {
    type Happens = fn(&Tally);
    let all: [(Happens, &str); 4] = [
        (|tally| tally.out_of_order(7, 3, 5), "out of order: sender 7, message 3 expected, 5 came"),
        (|tally| tally.overlap(), "an actor ran twice at once"),
        (|tally| tally.refused(throng::Reason::Stale), "a send was refused: "),
        (|tally| tally.wrong(|| "something else".into()), "something else"),
    ];
    for (happens, said) in all {
        // Nobody reports: without its end the run would wait.
        let outcome = outcome(|tally| {
            happens(tally);
            assert!(tally.is_over(), "{said}");
        });
        assert_eq!(outcome.wrong.len(), 1, "{said}");
        assert!(outcome.wrong[0].starts_with(said), "{:?}", outcome.wrong);
    }
}

#[test]
fn of_many_things_that_are_wrong_some_are_told_and_all_counted() {
    let outcome = outcome(|tally| (0..20).for_each(|n| tally.out_of_order(0, n, n + 1)));
    assert_eq!(outcome.wrong.len(), TOLD + 1);
    assert_eq!(outcome.wrong[TOLD], "and 12 more");
}

#[test]
fn one_after_the_other_is_no_overlap() {
    let alone = Alone::default();
    for _ in 0..1_000 {
        assert!(!alone.enter());
        assert!(!alone.leave());
    }
}

#[test]
fn who_comes_while_another_is_inside_is_found() {
    let alone = Alone::default();
    let (inside, seen) = (Barrier::new(2), Barrier::new(2));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            assert!(!alone.enter());
            inside.wait();
            seen.wait();
            let _ = alone.leave();
        });
        inside.wait();
        let found = alone.enter();
        let _ = alone.leave();
        // Let go first: a test that fails must not hang.
        seen.wait();
        assert!(found, "the other is inside");
    });
}

#[test]
fn of_two_that_entered_unseen_the_second_to_leave_is_found() {
    // Both loaded 0 and both stored 1, which is what one store makes of the word.
    let alone = Alone::default();
    assert!(!alone.enter());
    assert!(!alone.leave(), "the first to leave cannot know");
    assert!(alone.leave(), "the second finds that it was not inside");
}

#[test]
fn memory_that_ends_is_told_once_and_nothing_is_wrong() {
    let outcome = outcome(|tally| {
        tally.exhausted(|| "no memory for actor 3".into());
        tally.exhausted(|| "no memory for actor 4".into());
        assert!(tally.is_over());
    });
    assert_eq!(outcome.exhausted.as_deref(), Some("no memory for actor 3"));
    assert_eq!(outcome.wrong, [""; 0]);
}
