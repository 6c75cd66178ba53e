//! The urgent lane against the normal one: nobody starves.

use super::order::{Order, by_parity, wait_no_longer};
use super::stage::{Stage, Wish, part};
use crate::mailbox::lanes::STREAK;
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::model::{demand_found, explore};
use crate::sync::{Mutant, thread};
use std::sync::Arc;

/// Two wait in the normal lane, while the actor sends itself urgent ones and somebody else sends it one more.
fn streak() {
    const FIRST: u32 = 11;
    const LAST: u32 = FIRST + 2 * (STREAK + 1);
    const OTHER: u32 = 101;
    let receiver = part(64, 128, |cx, message| {
        if (FIRST..LAST).contains(&message) {
            let me = cx.me;
            let _: Pushed = cx.worker.send(me, message + 2, COUNT_MAX);
        }
        Wish::Go
    });
    let stage = Stage::new(vec![receiver.ordered(Order::lanes(by_parity))]);
    let mut worker = stage.worker();
    for message in [2, 4, FIRST] {
        let _: Pushed = worker.send(1, message, COUNT_MAX);
    }
    let other = thread::spawn({
        let stage = Arc::clone(&stage);
        move || {
            let mut worker = stage.worker();
            let _: Pushed = worker.send(1, OTHER, COUNT_MAX);
            worker.run();
        }
    });
    worker.run();
    other.join().expect("no panic");
    stage.settled();
    assert_eq!(stage.handled(1).len() as u32, STREAK + 2 + 3);
    wait_no_longer(&stage.handled(1), &[2, 4]);
}

#[test]
fn a_streak_ends() {
    explore(streak);
}

#[test]
fn finds_endless_streak() {
    demand_found(Mutant::EndlessStreak, streak);
}
