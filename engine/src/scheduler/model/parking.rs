//! Models of searching, announcing and parking: no task is slept over, none is had twice.

use super::crew::Crew;
use crate::model::{demand_found, explore, explore_further, note};
use crate::scheduler::idle::Sleep;
use crate::scheduler::peer::share;
use crate::sync::Mutant;

/// One worker takes what is injected, and sleeps when there is nothing.
fn park_against_inject() {
    let crew = Crew::new(1);
    let worker = crew.spawn(0, |hand| {
        hand.work();
        hand.work();
    });
    crew.inject(1);
    crew.inject(2);
    worker.join().expect("no panic");
    assert_eq!(crew.had(), [1, 2]);
}

#[test]
fn no_wake_up_is_lost() {
    assert!(explore(park_against_inject).contains("slept"));
}

#[test]
fn finds_no_rescan() {
    demand_found(Mutant::NoRescan, park_against_inject);
}

#[test]
fn finds_park_without_fence() {
    demand_found(Mutant::ParkWithoutFence, park_against_inject);
}

#[test]
fn finds_publish_without_fence() {
    demand_found(Mutant::PublishWithoutFence, park_against_inject);
}

/// A thread outside arms a timer.
fn park_against_arm() {
    let crew = Crew::new(1);
    let worker = crew.spawn(0, |hand| {
        hand.work();
    });
    crew.arm(1);
    worker.join().expect("no panic");
    assert_eq!(crew.had(), [1]);
}

#[test]
fn no_timer_is_slept_over() {
    assert!(explore_further(park_against_arm).contains("slept"));
}

#[test]
fn finds_summon_without_fence() {
    demand_found(Mutant::SummonWithoutFence, park_against_arm);
}

/// A worker with two tasks gives one away, and never ends the other; the second worker goes to sleep meanwhile. The
/// sentinel's duty is with a third, who does nothing of the kind.
fn park_against_share() {
    let crew = Crew::new(3);
    assert_eq!(crew.hand(2).park_at_once(), Sleep::Sentinel);
    assert!(crew.idle.awake(2));
    let mut busy = crew.hand(0);
    busy.schedule(1);
    busy.schedule(2);
    let other = crew.spawn(1, |hand| {
        hand.work();
    });
    share(&busy);
    other.join().expect("no panic");
    assert_eq!(crew.had(), [1]);
}

#[test]
fn surplus_is_not_slept_over() {
    let seen = explore(park_against_share);
    for event in ["slept", "stolen", "woken"] {
        assert!(seen.contains(event), "never {event}");
    }
}

#[test]
fn finds_no_rescan_of_deques() {
    demand_found(Mutant::NoRescan, park_against_share);
}

#[test]
fn finds_park_without_fence_against_surplus() {
    demand_found(Mutant::ParkWithoutFence, park_against_share);
}

#[test]
fn finds_share_without_fence() {
    demand_found(Mutant::PublishWithoutFence, park_against_share);
}

/// Two workers and two tasks whose handlers never end: each worker gets one. The sentinel's duty is with a third.
fn two_search() {
    let crew = Crew::new(3);
    assert_eq!(crew.hand(2).park_at_once(), Sleep::Sentinel);
    assert!(crew.idle.awake(2));
    let others = [0, 1].map(|me| {
        crew.spawn(me, |hand| {
            hand.work();
        })
    });
    crew.inject(1);
    crew.inject(2);
    others.into_iter().for_each(|other| other.join().expect("no panic"));
    assert_eq!(crew.had(), [1, 2]);
}

#[test]
fn a_search_leaves_nothing_behind() {
    let seen = explore(two_search);
    assert!(seen.contains("slept") && seen.contains("woken"));
}

#[test]
fn finds_no_pass_on() {
    demand_found(Mutant::NoPassOn, two_search);
}

/// Of two workers one sleeps, and one looks and gives its processor away, until a task was had by somebody: a task that is
/// injected must not wait for it. The handler makes another runnable for the one that is left. The sentinel's duty is with a
/// third.
fn step_aside_against_inject() {
    let crew = Crew::new(3);
    assert_eq!(crew.hand(2).park_at_once(), Sleep::Sentinel);
    assert_eq!(crew.hand(1).park_at_once(), Sleep::Deep);
    assert!(crew.idle.awake(2));
    let looking = crew.spawn(0, |hand| {
        hand.looks.set(2);
        if hand.work() == Some(1) {
            hand.inject(2);
        }
    });
    let sleeper = crew.spawn_asleep(1, |hand| {
        if hand.sleep_then_work() == Some(1) {
            note("had meanwhile");
            hand.inject(2);
            hand.give_back(0);
        }
    });
    crew.inject(1);
    looking.join().expect("no panic");
    sleeper.join().expect("no panic");
    assert_eq!(crew.had(), [1, 2]);
}

#[test]
fn who_steps_aside_is_not_counted_on() {
    let seen = explore(step_aside_against_inject);
    for event in ["gave way", "had meanwhile"] {
        assert!(seen.contains(event), "never {event}");
    }
}

#[test]
fn finds_aside_and_counted() {
    demand_found(Mutant::AsideAndCounted, step_aside_against_inject);
}

#[test]
fn finds_aside_unseen() {
    demand_found(Mutant::AsideUnseen, step_aside_against_inject);
}

#[test]
fn finds_aside_without_fence() {
    demand_found(Mutant::AsideWithoutFence, step_aside_against_inject);
}

#[test]
fn finds_aside_for_good() {
    demand_found(Mutant::AsideForGood, step_aside_against_inject);
}

#[test]
fn finds_aside_twice() {
    demand_found(Mutant::AsideTwice, step_aside_against_inject);
}

#[test]
fn finds_aside_back_early() {
    demand_found(Mutant::AsideBackEarly, step_aside_against_inject);
}

/// The same, where it has its processor back at once the first time, and steps aside again: who publishes in between counts
/// on it.
fn step_aside_twice_against_inject() {
    let crew = Crew::new(3);
    assert_eq!(crew.hand(2).park_at_once(), Sleep::Sentinel);
    assert_eq!(crew.hand(1).park_at_once(), Sleep::Deep);
    assert!(crew.idle.awake(2));
    let looking = crew.spawn(0, |hand| {
        hand.looks.set(4);
        hand.brief.set(1);
        if hand.work() == Some(1) {
            hand.inject(2);
        }
    });
    let sleeper = crew.spawn_asleep(1, |hand| {
        if hand.sleep_then_work() == Some(1) {
            note("had meanwhile");
            hand.inject(2);
            hand.give_back(0);
        }
    });
    crew.inject(1);
    looking.join().expect("no panic");
    sleeper.join().expect("no panic");
    assert_eq!(crew.had(), [1, 2]);
}

#[test]
fn aside_again_who_was_counted_again() {
    let seen = explore(step_aside_twice_against_inject);
    for event in ["was back at once", "gave way", "had meanwhile"] {
        assert!(seen.contains(event), "never {event}");
    }
}

#[test]
fn finds_aside_again_unseen() {
    demand_found(Mutant::AsideUnseen, step_aside_twice_against_inject);
}

#[test]
fn finds_aside_again_without_fence() {
    demand_found(Mutant::AsideWithoutFence, step_aside_twice_against_inject);
}

#[test]
fn finds_aside_again_for_good() {
    demand_found(Mutant::AsideForGood, step_aside_twice_against_inject);
}

#[test]
fn finds_aside_again_twice() {
    demand_found(Mutant::AsideTwice, step_aside_twice_against_inject);
}

/// Who steps aside has its processor back at once each time.
fn brief_aside_against_inject() {
    let crew = Crew::new(3);
    assert_eq!(crew.hand(2).park_at_once(), Sleep::Sentinel);
    assert_eq!(crew.hand(1).park_at_once(), Sleep::Deep);
    assert!(crew.idle.awake(2));
    let looking = crew.spawn(0, |hand| {
        hand.looks.set(2);
        hand.brief.set(1);
        if hand.work() == Some(1) {
            hand.inject(2);
        }
    });
    let sleeper = crew.spawn_asleep(1, |hand| {
        if hand.sleep_then_work() == Some(1) {
            hand.inject(2);
        }
    });
    crew.inject(1);
    looking.join().expect("no panic");
    sleeper.join().expect("no panic");
    assert_eq!(crew.had(), [1, 2]);
}

#[test]
fn brief_aside_is_no_loss() {
    let seen = explore(brief_aside_against_inject);
    assert!(seen.contains("was back at once"));
}

/// A timer is armed from outside while who looks is aside.
fn step_aside_against_arm() {
    let crew = Crew::new(3);
    assert_eq!(crew.hand(2).park_at_once(), Sleep::Sentinel);
    assert_eq!(crew.hand(1).park_at_once(), Sleep::Deep);
    assert!(crew.idle.awake(2));
    let looking = crew.spawn(0, |hand| {
        hand.looks.set(2);
        if hand.work() == Some(1) {
            hand.inject(2);
        }
    });
    let sleeper = crew.spawn_asleep(1, |hand| {
        if hand.sleep_then_work() == Some(1) {
            note("had meanwhile");
            hand.inject(2);
            hand.give_back(0);
        }
    });
    crew.arm(1);
    looking.join().expect("no panic");
    sleeper.join().expect("no panic");
    assert_eq!(crew.had(), [1, 2]);
}

#[test]
fn aside_no_timer_is_slept_over() {
    let seen = explore(step_aside_against_arm);
    for event in ["gave way", "had meanwhile"] {
        assert!(seen.contains(event), "never {event}");
    }
}

/// A busy worker gives one of its two tasks away and never ends the other, while who looks is aside and another sleeps.
fn step_aside_against_share() {
    let crew = Crew::new(4);
    assert_eq!(crew.hand(3).park_at_once(), Sleep::Sentinel);
    assert_eq!(crew.hand(2).park_at_once(), Sleep::Deep);
    assert!(crew.idle.awake(3));
    let mut busy = crew.hand(0);
    busy.schedule(1);
    busy.schedule(2);
    let looking = crew.spawn(1, |hand| {
        hand.looks.set(2);
        if hand.work() == Some(1) {
            hand.inject(3);
        }
    });
    let sleeper = crew.spawn_asleep(2, |hand| {
        if hand.sleep_then_work() == Some(1) {
            note("had meanwhile");
            hand.inject(3);
            hand.give_back(1);
        }
    });
    share(&busy);
    looking.join().expect("no panic");
    sleeper.join().expect("no panic");
    assert_eq!(crew.had(), [1, 3]);
}

#[test]
fn aside_surplus_is_had() {
    let seen = explore(step_aside_against_share);
    for event in ["gave way", "had meanwhile", "stolen"] {
        assert!(seen.contains(event), "never {event}");
    }
}

#[test]
fn finds_share_aside_without_fence() {
    demand_found(Mutant::AsideWithoutFence, step_aside_against_share);
}

/// A handler makes something runnable in its worker's slot while the other worker searches, becomes sentinel and looks
/// behind it; then the handler ends.
fn slot_against_rescue() {
    let crew = Crew::new(2);
    let other = crew.spawn(1, |hand| {
        hand.naps = 2;
        if hand.work().is_some() {
            note("the other had it");
        }
    });
    let mut busy = crew.hand(0);
    busy.schedule(1);
    busy.run_own();
    other.join().expect("no panic");
    if crew.has_common() {
        // The other's part in the model was over before.
        note("left in the injector");
        assert_eq!(crew.hand(1).work(), Some(1));
    }
    assert_eq!(crew.had(), [1]);
}

#[test]
fn what_is_in_the_slot_is_had_once() {
    let seen = explore_further(slot_against_rescue);
    for event in ["rescued", "injected", "the other had it"] {
        assert!(seen.contains(event), "never {event}");
    }
}

#[test]
fn finds_rescue_without_fence() {
    demand_found(Mutant::SeizeWithoutFence, slot_against_rescue);
}

#[test]
fn finds_schedule_without_fence() {
    demand_found(Mutant::EnterWithoutFence, slot_against_rescue);
}
