//! Suspending against everything that may happen meanwhile: a message, a resume, a stop, and somebody who is to be muted.

use super::driver::{Deed, beside};
use super::stage::{Stage, Wish, counter, part};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::{COUNT_MAX, Word};
use crate::model::{demand_found, demand_found_further, explore};
use crate::sync::{Mutant, thread};
use std::sync::Arc;

/// Actor 1 has a message to handle, which this thread does; the others each do something to it. At the end it is resumed,
/// so that whatever it was given has been handled, in order, once.
fn against(deeds: &[Deed]) -> Arc<Stage> {
    let stage = Stage::new(vec![counter(16)]);
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, 1, COUNT_MAX);
    beside(&stage, &mut worker, deeds);
    stage
}

fn finish(stage: &Stage) {
    let mut worker = stage.worker();
    worker.resume_suspended(1);
    worker.run();
    stage.settled();
}

const SUSPEND: Deed = |worker| worker.suspend(1);
const RESUME: Deed = |worker| worker.resume_suspended(1);
const STOP: Deed = |worker| worker.stop(1, false);
const STOP_NOW: Deed = |worker| worker.stop(1, true);
const SEND: Deed = |worker| {
    let _: Pushed = worker.send(1, 2, COUNT_MAX);
};

fn suspend_against_message() {
    let stage = against(&[SUSPEND, SEND]);
    finish(&stage);
    assert_eq!(stage.accounted(1), [1, 2]);
}

#[test]
fn suspend_against_a_message() {
    assert!(explore(suspend_against_message).contains("parked"));
}

fn suspend_against_resume() {
    let stage = against(&[SUSPEND, RESUME]);
    finish(&stage);
    assert_eq!(stage.handled(1), [1]);
}

#[test]
fn suspend_against_a_resume() {
    let seen = explore(suspend_against_resume);
    assert!(seen.contains("parked") && seen.contains("drains again"));
}

/// Resumed and suspended again while its owner looks at the first order: the second stands.
fn suspended_again() {
    let stage = Stage::new(vec![counter(16)]);
    let mut worker = stage.worker();
    worker.suspend(1);
    let other = thread::spawn({
        let stage = Arc::clone(&stage);
        move || {
            let mut worker = stage.worker();
            worker.resume_suspended(1);
            worker.suspend(1);
            worker.run();
        }
    });
    worker.run();
    other.join().expect("no panic");
    assert!(stage.part(1).control.is_suspended(), "suspended, and goes on");
    finish(&stage);
}

#[test]
fn suspend_resume_suspend() {
    assert!(explore(suspended_again).contains("parked"));
}

#[test]
fn finds_obey_before_unsignal() {
    demand_found_further(Mutant::ObeyBeforeUnsignal, suspended_again);
}

/// Nobody resumes it afterwards: a stop lifts the suspension.
fn suspend_against_stop() {
    let stage = against(&[SUSPEND, STOP]);
    stage.settled();
    assert!(stage.seat(1, |seat| seat.ended), "stopped, and still suspended");
    assert_eq!(stage.handled(1), [1]);
}

#[test]
fn suspend_against_a_stop() {
    explore(suspend_against_stop);
}

#[test]
fn finds_stop_without_lift() {
    demand_found(Mutant::StopWithoutLift, suspend_against_stop);
}

#[test]
fn finds_park_without_look() {
    demand_found(Mutant::ParkWithoutLook, suspend_against_stop);
}

#[test]
fn suspend_against_stop_now() {
    explore(|| {
        let stage = against(&[SUSPEND, STOP_NOW]);
        stage.settled();
        assert!(stage.seat(1, |seat| seat.ended));
        assert_eq!(stage.accounted(1), [1]);
    });
}

/// Suspended, resumed and stopped by three at once.
#[test]
fn suspend_resume_stop() {
    explore(|| {
        let stage = against(&[SUSPEND, RESUME, STOP]);
        stage.settled();
        assert!(stage.seat(1, |seat| seat.ended));
    });
}

/// Actor 2 is about to be muted on actor 1, which is suspended just then: it goes on.
fn mute_against_suspend() {
    let sender = part(1, 128, |cx, _| {
        cx.send(1, 12);
        Wish::Go
    });
    let stage = Stage::new(vec![counter(1), sender]);
    let mut target = stage.worker();
    // Its owner is busy with another: it does not drain before it is suspended.
    let _: Pushed = target.send(1, 11, COUNT_MAX);
    let busy = target.hand_over();
    let mut muting = stage.worker();
    let _: Pushed = muting.send(2, 20, COUNT_MAX);
    let cell = muting.hand_over();
    target.suspend(busy);
    target.schedule(busy);
    let other = thread::spawn({
        let stage = Arc::clone(&stage);
        move || {
            let mut worker = stage.worker();
            worker.schedule(cell);
            worker.run();
        }
    });
    target.run();
    other.join().expect("no panic");
    assert_eq!(stage.handled(2), [20]);
    assert_eq!(stage.part(2).mailbox.peek(), Word::IDLE, "muted on one that is suspended");
    finish(&stage);
    assert_eq!(stage.handled(1), [11, 12]);
}

#[test]
fn nobody_is_muted_on_a_suspended_actor() {
    let seen = explore(mute_against_suspend);
    assert!(seen.contains("held") && seen.contains("withdrawn"));
}

#[test]
fn finds_mute_on_one_away() {
    demand_found(Mutant::MuteOnOneAway, mute_against_suspend);
}

#[test]
fn finds_late_leave() {
    demand_found(Mutant::LateLeave, mute_against_suspend);
}

/// Actor 1 waits for an answer, with room for one message; it is suspended and resumed meanwhile, and actor 2 sends it more than it
/// has room for. Nobody is muted on it before the answer has come.
fn waits_for_an_answer() {
    const QUESTION: u32 = 11;
    const ANSWER: u32 = 19;
    let waiting = part(1, 128, |_, message| match message {
        QUESTION => Wish::LeaveOff,
        ANSWER => Wish::TakeUp,
        _ => Wish::Go,
    });
    let sender = part(1, 128, |cx, message| {
        cx.send(1, message);
        Wish::Go
    });
    let stage = Stage::new(vec![waiting, sender]);
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, QUESTION, COUNT_MAX);
    worker.run();
    let other = thread::spawn({
        let stage = Arc::clone(&stage);
        move || {
            let mut worker = stage.worker();
            worker.suspend(1);
            worker.run();
            worker.resume_suspended(1);
            // Busy elsewhere before it sees that, or not.
            worker.run();
        }
    });
    for message in 12..=13 {
        let _: Pushed = worker.send(2, message, COUNT_MAX);
    }
    worker.run();
    other.join().expect("no panic");
    assert_eq!(stage.handled(2), [12, 13]);
    assert_eq!(stage.part(2).mailbox.peek(), Word::IDLE, "muted on one that waits for an answer");
    assert!(!stage.part(1).control.drains(), "it waits no longer for its answer");
    let _: Pushed = worker.reply(1, ANSWER, 0);
    worker.run();
    assert!(stage.part(1).control.drains());
    stage.settled();
    assert_eq!(stage.handled(1), [QUESTION, 12, 13, ANSWER]);
}

#[test]
fn nobody_is_muted_on_one_that_waits_for_an_answer() {
    let seen = explore(waits_for_an_answer);
    assert!(seen.contains("parked") && seen.contains("drains again"));
}

#[test]
fn finds_one_reason() {
    demand_found(Mutant::OneReason, waits_for_an_answer);
}
