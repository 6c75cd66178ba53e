//! Notices against everything that may happen meanwhile: messages, another notice, a turn that is in place, suspending, a stop.

use super::driver::beside;
use super::stage::{Stage, Wish, Worker, counter, part};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::model::{demand_found, explore};
use crate::sync::{Mutant, thread};
use std::sync::Arc;

/// The capacity of the actor, which has all its places taken before anything is told.
const FULL: u32 = 2;
/// From here on up the numbers are notices.
const NOTICE: u32 = 100;

type Deed = fn(&mut Worker<'_>) -> u32;

/// A last result, and the news that it was the last. Gives the number of notices that will come.
const RESULT_AND_END: Deed = |worker| {
    let _: Pushed = worker.send(1, 3, COUNT_MAX);
    u32::from(worker.tell(1, NOTICE + 3))
};
const END: Deed = |worker| u32::from(worker.tell(1, NOTICE));
const TWO_ENDS: Deed = |worker| u32::from(worker.tell(1, NOTICE)) + u32::from(worker.tell(1, NOTICE + 1));
const SUSPEND_AND_RESUME: Deed = |worker| {
    worker.suspend(1);
    worker.run();
    worker.resume_suspended(1);
    0
};
const STOP: Deed = |worker| {
    worker.stop(1, false);
    0
};
const STOP_NOW: Deed = |worker| {
    worker.stop(1, true);
    0
};

/// Actor 1 has so many messages to handle, which this thread does; the others each do something to it. Gives the number of
/// notices that were taken.
fn against(messages: u32, deeds: &[Deed]) -> (Arc<Stage>, u32) {
    let stage = Stage::new(vec![part(FULL, 128, |_, _| Wish::Go)]);
    let mut worker = stage.worker();
    for message in 1..=messages {
        let _: Pushed = worker.send(1, message, FULL);
    }
    let told = beside(&stage, &mut worker, deeds).into_iter().sum();
    stage.settled();
    (stage, told)
}

/// Every notice that was taken is accounted for, and none comes before the results of who tells.
fn all_came(stage: &Stage, told: u32) {
    let accounted = stage.accounted(1);
    assert_eq!(
        accounted.iter().filter(|message| **message >= NOTICE).count(),
        told as usize,
        "{accounted:?}"
    );
    let at = |message| stage.handled(1).iter().position(|handled| *handled == message);
    if let (Some(result), Some(end)) = (at(3), at(NOTICE + 3)) {
        assert!(result < end, "the end before the last result: {:?}", stage.handled(1));
    }
}

fn result_and_end() {
    let (stage, told) = against(FULL, &[RESULT_AND_END]);
    assert_eq!(told, 1);
    all_came(&stage, told);
    assert_eq!(stage.handled(1).len(), 4);
}

#[test]
fn an_end_comes_after_the_last_result() {
    assert!(explore(result_and_end).contains("a notice comes in"));
}

#[test]
fn finds_signal_before_notice() {
    demand_found(Mutant::SignalBeforeNotice, result_and_end);
}

fn three_ends() {
    let (stage, told) = against(0, &[TWO_ENDS, RESULT_AND_END]);
    assert_eq!(told, 3);
    all_came(&stage, told);
    let notices: Vec<_> = stage.handled(1).into_iter().filter(|n| *n == NOTICE || *n == NOTICE + 1).collect();
    assert_eq!(notices, [NOTICE, NOTICE + 1], "in the order in which one told them");
}

#[test]
fn notices_come_one_after_the_other() {
    let seen = explore(three_ends);
    assert!(seen.contains("a notice comes in") && seen.contains("the next notice"));
}

#[test]
fn finds_forgotten_line() {
    demand_found(Mutant::ForgottenLine, three_ends);
}

#[test]
fn a_suspended_actor_is_told_when_it_goes_on() {
    let seen = explore(|| {
        let (stage, told) = against(1, &[SUSPEND_AND_RESUME, END]);
        assert_eq!(told, 1);
        assert_eq!(stage.handled(1), [1, NOTICE]);
    });
    assert!(seen.contains("parked"));
}

fn against_a_stop() {
    let (stage, told) = against(FULL, &[STOP, RESULT_AND_END]);
    all_came(&stage, told);
}

#[test]
fn a_stop_loses_no_notice() {
    explore(against_a_stop);
}

#[test]
fn a_stop_at_once_loses_no_notice() {
    explore(|| {
        let (stage, told) = against(FULL, &[STOP_NOW, RESULT_AND_END]);
        all_came(&stage, told);
    });
}

/// A message that is handled in place stops its actor, while a notice comes.
#[test]
fn a_stop_in_place_loses_no_notice() {
    let seen = explore(|| {
        let stage = Stage::new(vec![part(16, 128, |_, _| Wish::Stop)]);
        let mut worker = stage.worker();
        let _: Pushed = worker.send(1, 1, COUNT_MAX);
        let other = thread::spawn({
            let stage = Arc::clone(&stage);
            move || {
                let mut worker = stage.worker();
                let told = u32::from(worker.tell(1, NOTICE));
                worker.run();
                told
            }
        });
        worker.run();
        all_came(&stage, other.join().expect("no panic"));
        stage.settled();
    });
    assert!(seen.contains("ended in place"));
}

/// Nothing but a notice: the one who tells runs the idle actor.
#[test]
fn an_idle_actor_is_told() {
    explore(|| {
        let stage = Stage::new(vec![counter(1)]);
        let others = [NOTICE, NOTICE + 1].map(|message| {
            let stage = Arc::clone(&stage);
            thread::spawn(move || {
                let mut worker = stage.worker();
                assert!(worker.tell(1, message));
                worker.run();
            })
        });
        others.into_iter().for_each(|other| other.join().expect("no panic"));
        stage.settled();
        assert_eq!(stage.accounted(1), [NOTICE, NOTICE + 1]);
    });
}
