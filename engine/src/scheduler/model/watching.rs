//! Models of the sentinel's duty: while somebody works and somebody sleeps, somebody watches.

use super::crew::{Crew, Hand};
use crate::model::{demand_found, explore, explore_further, note};
use crate::scheduler::idle::Sleep;
use crate::scheduler::peer::Peer;
use crate::sync::Mutant;
use std::sync::Arc;

/// The handler of the first task makes the second runnable behind itself, and never ends.
fn handle(hand: &mut Hand, task: Option<usize>) {
    if task == Some(1) {
        hand.schedule(2);
    }
}

/// Two workers: the first is sentinel, the second sleeps deeply.
fn two_asleep() -> Arc<Crew> {
    let crew = Crew::new(2);
    assert_eq!(crew.hand(0).park_at_once(), Sleep::Sentinel);
    assert_eq!(crew.hand(1).park_at_once(), Sleep::Deep);
    crew
}

/// Both sleep and the sentinel is about to retire, when the first task is injected: the second must be had too.
fn retire_against_work() {
    let crew = two_asleep();
    let sentinel = crew.spawn_asleep(0, |hand| {
        let task = hand.watch_then_work(usize::MAX);
        handle(hand, task);
    });
    let sleeper = crew.spawn_asleep(1, |hand| {
        let task = hand.sleep_then_work();
        handle(hand, task);
    });
    crew.inject(1);
    sleeper.join().expect("no panic");
    sentinel.join().expect("no panic");
    assert_eq!(crew.had(), [1, 2]);
}

#[test]
fn a_sentinel_does_not_retire_from_work() {
    let seen = explore(retire_against_work);
    for event in ["slept", "woken", "rescued"] {
        assert!(seen.contains(event), "never {event}");
    }
}

/// The same, where the other worker gets up by itself, for a timer.
fn retire_against_timer() {
    let crew = two_asleep();
    let sentinel = crew.spawn_asleep(0, |hand| {
        assert_eq!(hand.watch_then_work(usize::MAX), Some(2));
    });
    // As at the end of `sleep_deeply`.
    assert!(crew.idle.awake(1));
    let mut working = crew.hand(1);
    working.come_to_work();
    working.schedule(2);
    sentinel.join().expect("no panic");
}

#[test]
fn a_sentinel_does_not_retire_from_a_timer() {
    let seen = explore_further(retire_against_timer);
    for event in ["slept", "woken", "rescued"] {
        assert!(seen.contains(event), "never {event}");
    }
}

#[test]
fn finds_retire_without_fence() {
    demand_found(Mutant::RetireWithoutFence, retire_against_timer);
}

/// The same, without the lease: where the kernel does its fences from afar, it orders nothing here.
fn retire_against_a_call() {
    let crew = two_asleep();
    let sentinel = crew.spawn_asleep(0, |hand| {
        hand.watch(2);
        if hand.naps > 0 {
            note("called");
        }
    });
    assert!(crew.idle.awake(1));
    let mut working = crew.hand(1);
    working.come_to_work();
    working.watch_over();
    sentinel.join().expect("no panic");
}

#[test]
fn a_retired_sentinel_is_called() {
    let seen = explore_further(retire_against_a_call);
    assert!(seen.contains("watches on") && seen.contains("called"));
}

#[test]
fn finds_work_without_fence() {
    demand_found(Mutant::WorkWithoutFence, retire_against_a_call);
}

/// The same, where the other worker schedules nothing behind its handler and has a timer in its wheel: somebody must watch
/// from the beginning.
fn retire_against_a_waiting_timer() {
    let crew = two_asleep();
    let sentinel = crew.spawn_asleep(0, |hand| {
        hand.watch(2);
        if hand.naps > 0 {
            note("called for the timer");
        }
    });
    assert!(crew.idle.awake(1));
    let mut working = crew.hand(1);
    working.timers = true;
    working.come_to_work();
    sentinel.join().expect("no panic");
}

#[test]
fn a_waiting_timer_is_watched() {
    let seen = explore_further(retire_against_a_waiting_timer);
    assert!(seen.contains("watches on") && seen.contains("called for the timer"));
}

#[test]
fn finds_no_hand_over_of_a_timer() {
    demand_found(Mutant::NoHandOver, retire_against_a_waiting_timer);
}

/// Of three workers one is in a handler that makes something runnable and never ends, one is the sentinel and goes to work
/// for good, and one sleeps deeply: it must take the duty over.
fn hand_over() {
    let crew = Crew::new(3);
    assert_eq!(crew.hand(0).park_at_once(), Sleep::Sentinel);
    assert_eq!(crew.hand(2).park_at_once(), Sleep::Deep);
    let working = crew.spawn(1, |hand| hand.schedule(2));
    let sleeper = crew.spawn_asleep(2, |hand| {
        assert_eq!(hand.sleep_then_work(), Some(2));
    });
    // As at the end of `watch`.
    crew.idle.leave_sentinel();
    let _ = crew.idle.awake(0);
    crew.hand(0).come_to_work();
    working.join().expect("no panic");
    sleeper.join().expect("no panic");
}

#[test]
fn the_duty_is_handed_over() {
    assert!(explore(hand_over).contains("rescued"));
}

#[test]
fn finds_no_hand_over() {
    demand_found(Mutant::NoHandOver, hand_over);
}

/// Two of four workers are at work, and the second of the others is woken for something that is gone: it lets the last one sleep, and
/// watches itself.
#[test]
fn who_finds_nothing_wakes_nobody() {
    let seen = explore(|| {
        let crew = Crew::new(4);
        for (me, sleep) in [(1, Sleep::Sentinel), (2, Sleep::Deep), (3, Sleep::Deep)] {
            assert_eq!(crew.hand(me).park_at_once(), sleep);
        }
        crew.idle.leave_sentinel();
        assert!(crew.idle.awake(1) && crew.idle.awake(3));
        let mut woken = crew.hand(3);
        woken.naps = 1;
        assert_eq!(woken.rise(false), None);
        assert!(crew.idle.is_parked(2));
    });
    assert!(seen.contains("watches on"));
}

/// Two of three workers come to work at once, and each may count on the other, which still spins: the third must be woken
/// all the same.
#[test]
fn two_come_to_work() {
    explore(|| {
        let crew = Crew::new(3);
        for (me, sleep) in [Sleep::Sentinel, Sleep::Deep, Sleep::Deep].into_iter().enumerate() {
            assert_eq!(crew.hand(me).park_at_once(), sleep);
        }
        assert!(crew.idle.retire_sentinel());
        for me in 0..2 {
            assert!(crew.idle.awake(me));
            crew.idle.start_spinning();
        }
        let sleeper = crew.spawn_asleep(2, |hand| {
            hand.sleep();
            assert_eq!(hand.park_at_once(), Sleep::Sentinel);
        });
        let other = crew.spawn(1, |hand| {
            hand.idle.stop_spinning();
            hand.come_to_work();
        });
        crew.idle.stop_spinning();
        crew.hand(0).come_to_work();
        other.join().expect("no panic");
        sleeper.join().expect("no panic");
    });
}

/// One watches and may retire, and one looks and steps aside, until a task was had: whoever has the first makes the second
/// runnable behind itself and never ends, and the other must have that.
fn aside_against_a_watch() {
    let crew = Crew::new(2);
    assert_eq!(crew.hand(0).park_at_once(), Sleep::Sentinel);
    let sentinel = crew.spawn_asleep(0, |hand| {
        let task = hand.watch_then_work(usize::MAX);
        handle(hand, task);
        if task == Some(1) {
            note("the sentinel had it");
            hand.give_back(1);
        }
    });
    let looking = crew.spawn(1, |hand| {
        hand.looks.set(2);
        let task = hand.work();
        handle(hand, task);
    });
    crew.inject(1);
    looking.join().expect("no panic");
    sentinel.join().expect("no panic");
    assert_eq!(crew.had(), [1, 2]);
}

#[test]
fn aside_somebody_watches() {
    let seen = explore(aside_against_a_watch);
    for event in ["gave way", "rescued", "the sentinel had it"] {
        assert!(seen.contains(event), "never {event}");
    }
}

/// Of four workers one is in a handler with something behind it, one steps aside and is kept from its processor until that was had,
/// one goes to work that watched, and one sleeps deeply: it must take the duty over.
fn hand_over_beside_one_aside() {
    let crew = Crew::new(4);
    assert_eq!(crew.hand(0).park_at_once(), Sleep::Sentinel);
    assert_eq!(crew.hand(2).park_at_once(), Sleep::Deep);
    crew.hand(1).schedule(2);
    let looking = crew.spawn(3, |hand| {
        hand.naps = 2;
        hand.looks.set(2);
        hand.work();
    });
    let sleeper = crew.spawn_asleep(2, |hand| {
        hand.naps = 3;
        hand.sleep_then_work();
        hand.give_back(3);
    });
    // As at the end of `watch`.
    crew.idle.leave_sentinel();
    let _ = crew.idle.awake(0);
    crew.hand(0).come_to_work();
    looking.join().expect("no panic");
    sleeper.join().expect("no panic");
    assert_eq!(crew.had(), [2]);
}

#[test]
fn the_duty_is_handed_over_beside_one_aside() {
    let seen = explore(hand_over_beside_one_aside);
    for event in ["gave way", "rescued"] {
        assert!(seen.contains(event), "never {event}");
    }
}

#[test]
fn finds_no_hand_over_beside_one_aside() {
    demand_found(Mutant::NoHandOver, hand_over_beside_one_aside);
}
