//! Threads outside that wait for places, against the owner that drains, ends, or has actors muted on it too.

use super::stage::{Part, Stage, Wish, counter, part};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::model::{demand_found, explore};
use crate::sync::{Mutant, thread};
use std::sync::Arc;

/// Actor 1 has room for one message and holds one, which this thread drains; another waits to send a second.
fn one_waits_on(target: Part) -> (Arc<Stage>, bool) {
    let stage = Stage::new(vec![target.with_lobby()]);
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, 1, 1);
    let other = thread::spawn({
        let stage = Arc::clone(&stage);
        move || {
            let mut worker = stage.worker();
            let pushed = worker.send_waiting(1, 2);
            worker.run();
            pushed
        }
    });
    worker.run();
    let pushed = other.join().expect("no panic");
    stage.settled();
    (stage, pushed != Pushed::Closed)
}

fn one_waits() {
    let (stage, sent) = one_waits_on(counter(1));
    assert!(sent);
    assert_eq!(stage.handled(1), [1, 2]);
}

#[test]
fn wait_for_a_place() {
    assert!(explore(one_waits).contains("granted"));
}

#[test]
fn finds_no_flag_recheck() {
    demand_found(Mutant::NoFlagRecheck, one_waits);
}

#[test]
fn wait_for_one_that_ends() {
    for wish in [Wish::Stop, Wish::StopNow, Wish::FailForGood] {
        explore(move || {
            let (stage, sent) = one_waits_on(part(1, 128, move |_, _| wish));
            assert_eq!(stage.accounted(1), if sent { vec![1, 2] } else { vec![1] });
        });
    }
}

/// Two wait for one place; both get it in the end. `patient`: else the second gives up at once, also with a place.
fn two_wait(patient: bool) {
    let stage = Stage::new(vec![counter(1).with_lobby()]);
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, 1, 1);
    let waits = |message, patient| {
        let stage = Arc::clone(&stage);
        thread::spawn(move || {
            let mut worker = stage.worker();
            let sent = if patient {
                worker.send_waiting(1, message) != Pushed::Closed
            } else {
                worker.send_impatiently(1, message)
            };
            worker.run();
            sent
        })
    };
    let (first, second) = (waits(2, true), waits(3, patient));
    worker.run();
    assert!(first.join().expect("no panic"));
    let sent = second.join().expect("no panic");
    assert!(sent || !patient);
    stage.settled();
    assert_eq!(stage.accounted(1), if sent { vec![1, 2, 3] } else { vec![1, 2] });
}

#[test]
fn two_wait_for_a_place() {
    assert!(explore(|| two_wait(true)).contains("granted"));
}

#[test]
fn a_place_that_is_given_back_goes_to_the_next() {
    let seen = explore(|| two_wait(false));
    assert!(seen.contains("granted") && seen.contains("gave a place back"));
}

/// An actor is muted on the one that a thread outside waits for.
#[test]
fn actor_and_thread_wait() {
    explore(|| {
        let sender = part(1, 128, |cx, _| {
            cx.send(1, 12);
            Wish::Go
        });
        let stage = Stage::new(vec![counter(1).with_lobby(), sender]);
        let mut draining = stage.worker();
        let _: Pushed = draining.send(1, 10, COUNT_MAX);
        let mut muting = stage.worker();
        let _: Pushed = muting.send(2, 20, COUNT_MAX);
        let cell = muting.hand_over();
        let actor = thread::spawn({
            let stage = Arc::clone(&stage);
            move || {
                let mut worker = stage.worker();
                worker.schedule(cell);
                worker.run();
            }
        });
        let outside = thread::spawn({
            let stage = Arc::clone(&stage);
            move || {
                let mut worker = stage.worker();
                let _: Pushed = worker.send_waiting(1, 11);
                worker.run();
            }
        });
        draining.run();
        actor.join().expect("no panic");
        outside.join().expect("no panic");
        stage.settled();
        assert_eq!(stage.accounted(1), [10, 11, 12]);
    });
}
