//! Push, take, idle; handling in place; closing against pushing.

use super::stage::{Stage, Wish, counter, part};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::model::{demand_found, explore, note};
use crate::sync::{Mutant, thread};
use std::sync::Arc;

/// Two threads send `each` messages to one actor, and whoever finds it idle runs it.
fn two_senders(each: u32, batch: u32) {
    let stage = Stage::new(vec![part(16, batch, |_, _| Wish::Go)]);
    let send = move |stage: &Stage, from: u32| {
        let mut worker = stage.worker();
        for n in 0..each {
            assert!(matches!(
                worker.send(1, from + n, COUNT_MAX),
                Pushed::First { .. } | Pushed::Queued { .. }
            ));
        }
        worker.run();
    };
    let other = thread::spawn({
        let stage = Arc::clone(&stage);
        move || send(&stage, 20)
    });
    send(&stage, 10);
    other.join().expect("no panic");
    stage.settled();
    let handled = stage.handled(1);
    assert_eq!(handled.len() as u32, 2 * each, "messages were lost: {handled:?}");
    for from in [10, 20] {
        let of: Vec<_> = handled.iter().filter(|m| **m / 10 == from / 10).collect();
        assert!(of.is_sorted(), "out of order: {handled:?}");
    }
}

fn one_message_each() {
    two_senders(1, 128);
}

fn two_messages_each() {
    two_senders(2, 128);
}

#[test]
fn push_take_idle() {
    let seen = explore(two_messages_each);
    assert!(seen.contains("idle") && seen.contains("idle from in place"));
}

#[test]
fn push_take_yield() {
    explore(|| two_senders(2, 1));
}

#[test]
fn three_senders() {
    explore(|| {
        let stage = Stage::new(vec![counter(16)]);
        let others: Vec<_> = (1..3)
            .map(|n| {
                let stage = Arc::clone(&stage);
                thread::spawn(move || {
                    let mut worker = stage.worker();
                    let _: Pushed = worker.send(1, n, COUNT_MAX);
                    worker.run();
                })
            })
            .collect();
        let mut worker = stage.worker();
        let _: Pushed = worker.send(1, 3, COUNT_MAX);
        worker.run();
        others.into_iter().for_each(|other| other.join().expect("no panic"));
        stage.settled();
        assert_eq!(stage.accounted(1), [1, 2, 3]);
    });
}

#[test]
fn finds_relaxed_push() {
    demand_found(Mutant::RelaxedPush, one_message_each);
}

#[test]
fn finds_idle_without_recheck() {
    demand_found(Mutant::IdleWithoutRecheck, two_messages_each);
}

/// A strict bound is never exceeded, and what is refused was full at that moment.
#[test]
fn push_against_a_strict_bound() {
    explore(|| {
        let stage = Stage::new(vec![counter(1)]);
        let send = |stage: &Stage, message| {
            let mut worker = stage.worker();
            let pushed = worker.send(1, message, 1);
            worker.run();
            match pushed {
                Pushed::First { count } | Pushed::Queued { count } => {
                    assert_eq!(count, 1);
                    vec![message]
                }
                Pushed::Full => vec![],
                Pushed::Closed => panic!("nobody closed it"),
            }
        };
        let other = thread::spawn({
            let stage = Arc::clone(&stage);
            move || send(&stage, 2)
        });
        let mut accepted = send(&stage, 1);
        accepted.extend(other.join().expect("no panic"));
        stage.settled();
        assert!(!accepted.is_empty());
        assert_eq!(stage.accounted(1), accepted);
    });
}

/// The envelope of a message handled in place is sent again, by another thread, as soon as it is given free.
fn reuse_in_place() {
    let stage = Stage::reusing(vec![counter(16)]);
    let other = thread::spawn({
        let stage = Arc::clone(&stage);
        move || {
            let mut worker = stage.worker();
            let again = worker.send_in_spare(1, 2);
            worker.run();
            again
        }
    });
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, 1, COUNT_MAX);
    worker.run();
    let again = other.join().expect("no panic");
    if again {
        note("reused");
    }
    stage.settled();
    assert_eq!(stage.handled(1), if again { vec![1, 2] } else { vec![1] });
}

#[test]
fn an_envelope_in_place_is_reused() {
    assert!(explore(reuse_in_place).contains("reused"));
}

#[test]
fn finds_early_free() {
    demand_found(Mutant::EarlyFree, reuse_in_place);
}

/// An actor with one message, handled on this thread, is sent another and closed meanwhile.
fn close_against_push(now: bool) {
    let stage = Stage::new(vec![counter(16)]);
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, 1, COUNT_MAX);
    let closer = thread::spawn({
        let stage = Arc::clone(&stage);
        move || {
            let mut worker = stage.worker();
            worker.stop(1, now);
            worker.run();
            assert_eq!(worker.send(1, 3, COUNT_MAX), Pushed::Closed);
        }
    });
    let pusher = thread::spawn({
        let stage = Arc::clone(&stage);
        move || {
            let mut worker = stage.worker();
            let pushed = worker.send(1, 2, COUNT_MAX);
            worker.run();
            pushed
        }
    });
    worker.run();
    closer.join().expect("no panic");
    let pushed = pusher.join().expect("no panic");
    stage.settled();
    stage.seat(1, |seat| {
        assert!(seat.ended);
        assert!(now || seat.dead.is_empty(), "drained, but left {:?}", seat.dead);
    });
    let accepted = if pushed == Pushed::Closed { vec![1] } else { vec![1, 2] };
    assert_eq!(stage.accounted(1), accepted);
}

#[test]
fn close_after_draining_against_push() {
    explore(|| close_against_push(false));
}

#[test]
fn close_now_against_push() {
    explore(|| close_against_push(true));
}

/// Closed twice at once: it ends once.
#[test]
fn close_against_close() {
    explore(|| {
        let stage = Stage::new(vec![counter(16)]);
        let mut worker = stage.worker();
        let _: Pushed = worker.send(1, 1, COUNT_MAX);
        let other = thread::spawn({
            let stage = Arc::clone(&stage);
            move || {
                let mut worker = stage.worker();
                worker.stop(1, true);
                worker.run();
            }
        });
        worker.run();
        worker.stop(1, false);
        worker.run();
        other.join().expect("no panic");
        stage.settled();
        assert!(stage.seat(1, |seat| seat.ended));
        assert_eq!(stage.accounted(1), [1]);
    });
}
