//! Suspend, resume, stop and kill from several threads, while three actors send and are muted.

use crate::mailbox::model::driver::{Deed, play};
use crate::mailbox::model::stage::{Stage, Wish, counter, part};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::{COUNT_MAX, Word};
use crate::model::{demand_found, explore};
use crate::sync::Mutant;
use std::sync::{Arc, Mutex};

const SENDERS: std::ops::RangeInclusive<u32> = 2..=4;
const EACH: u32 = 2;

/// What was sent to actor 1 and is in, in the order of each sender. Not the checker's: it only counts.
type Accepted = Arc<Mutex<Vec<u32>>>;

/// Actor 1 has room for one message; three others send it two each, and these deeds are done to it.
fn against(workers: usize, deeds: &[Deed]) -> (Arc<Stage>, Accepted) {
    let accepted = Accepted::default();
    let mut parts = vec![counter(1)];
    parts.extend(SENDERS.map(|_| {
        let accepted = Arc::clone(&accepted);
        part(16, 128, move |cx, message| {
            if cx.send(1, message) {
                accepted.lock().expect("no panic").push(message);
            }
            Wish::Go
        })
    }));
    let stage = Stage::shared(parts);
    for sender in SENDERS {
        for nth in 0..EACH {
            let _: Pushed = stage.worker().send(sender, 10 * sender + nth, COUNT_MAX);
        }
    }
    play(&stage, workers, deeds);
    (stage, accepted)
}

/// Everybody is done; what was accepted was handled, in order, or left behind.
fn accounted((stage, accepted): (Arc<Stage>, Accepted)) {
    stage.settled();
    let mut accepted = accepted.lock().expect("no panic").clone();
    accepted.sort_unstable();
    assert_eq!(stage.accounted(1), accepted);
    for sender in SENDERS {
        let of_one = stage.handled(1).into_iter().filter(|message| message / 10 == sender);
        assert!(of_one.is_sorted(), "in order");
        assert_eq!(stage.handled(sender).len() as u32, EACH, "a sender was not held for good");
    }
}

const SUSPEND: Deed = |worker| worker.suspend(1);
const RESUME: Deed = |worker| worker.resume_suspended(1);
const STOP: Deed = |worker| worker.stop(1, false);
const STOP_NOW: Deed = |worker| worker.stop(1, true);
const KILL: Deed = |worker| worker.kill(1);

/// The last order stands: it is suspended, and nobody is muted on it. Resumed, it handles all.
fn the_last_order(workers: usize) {
    let (stage, accepted) = against(
        workers,
        &[|worker| {
            worker.suspend(1);
            worker.resume_suspended(1);
            worker.suspend(1);
        }],
    );
    assert!(stage.part(1).control.is_suspended(), "suspended, and goes on");
    for sender in SENDERS {
        assert_eq!(stage.part(sender).mailbox.peek(), Word::IDLE, "muted on one that is suspended");
    }
    play(&stage, workers, &[RESUME]);
    assert_eq!(stage.handled(1).len() as u32, EACH * SENDERS.count() as u32);
    accounted((stage, accepted));
}

#[test]
fn suspend_resume_suspend() {
    let seen = explore(|| the_last_order(2));
    assert!(seen.contains("parked") && seen.contains("held") && seen.contains("withdrawn"));
}

#[test]
fn suspend_resume_suspend_on_three_workers() {
    explore(|| the_last_order(3));
}

#[test]
fn finds_obey_before_unsignal() {
    demand_found(Mutant::ObeyBeforeUnsignal, || the_last_order(2));
}

#[test]
fn finds_late_leave() {
    demand_found(Mutant::LateLeave, || the_last_order(2));
}

#[test]
fn finds_mute_on_one_away() {
    demand_found(Mutant::MuteOnOneAway, || the_last_order(2));
}

/// Two suspend it, two resume it, all at once.
fn tug_of_war() {
    let (stage, accepted) = against(2, &[SUSPEND, RESUME, SUSPEND, RESUME]);
    play(&stage, 2, &[RESUME]);
    assert_eq!(stage.handled(1).len() as u32, EACH * SENDERS.count() as u32);
    accounted((stage, accepted));
}

#[test]
fn two_suspend_and_two_resume() {
    let seen = explore(tug_of_war);
    assert!(seen.contains("parked") && seen.contains("drains again"));
}

/// It is suspended by two and ended by one: nobody resumes it, and it ends all the same.
fn ended(how: Deed) {
    let (stage, accepted) = against(2, &[SUSPEND, how, SUSPEND]);
    assert!(stage.seat(1, |seat| seat.ended), "ended, and still suspended");
    accounted((stage, accepted));
}

#[test]
fn a_stop_lifts_a_suspension() {
    assert!(explore(|| ended(STOP)).contains("parked"));
}

#[test]
fn stop_now_ends_a_suspension() {
    assert!(explore(|| ended(STOP_NOW)).contains("parked"));
}

#[test]
fn kill_ends_a_suspension() {
    assert!(explore(|| ended(KILL)).contains("parked"));
}

#[test]
fn finds_stop_without_lift() {
    demand_found(Mutant::StopWithoutLift, || ended(STOP));
}

#[test]
fn finds_park_without_look() {
    demand_found(Mutant::ParkWithoutLook, || ended(STOP));
}

/// Every order at once.
#[test]
fn suspend_resume_stop_and_kill() {
    explore(|| {
        let (stage, accepted) = against(3, &[SUSPEND, RESUME, STOP, KILL]);
        assert!(stage.seat(1, |seat| seat.ended));
        accounted((stage, accepted));
    });
}
