//! The line that drops its oldest exactly: three actors send into it, and somebody may stop its owner.

use crate::mailbox::model::driver::{Deed, play};
use crate::mailbox::model::order::Order;
use crate::mailbox::model::stage::{Stage, Wish, part};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::model::{demand_found, explore, note};
use crate::sync::Mutant;
use std::sync::{Arc, Mutex};

const SENDERS: std::ops::RangeInclusive<u32> = 2..=4;
const EACH: u32 = 3;
const CAPACITY: u32 = 2;

fn three_send(workers: usize, deeds: &[Deed]) {
    let dropped = Arc::<Mutex<Vec<u32>>>::default();
    let mut parts = vec![
        part(CAPACITY, 128, |cx, _| {
            let order = cx.worker.stage.part(cx.me).order.as_ref().expect("a line");
            let count = order.line.as_ref().expect("a line").len();
            assert!(count <= CAPACITY, "{count} in a line for {CAPACITY}");
            Wish::Go
        })
        .ordered(Order::latest(CAPACITY)),
    ];
    parts.extend(SENDERS.map(|_| {
        let dropped = Arc::clone(&dropped);
        part(16, 128, move |cx, message| {
            if let Some(oldest) = cx.worker.send_latest(1, message) {
                note("dropped");
                dropped.lock().expect("no panic").push(oldest);
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
    stage.settled();
    let mut all = [stage.accounted(1), dropped.lock().expect("no panic").clone()].concat();
    all.sort_unstable();
    let sent = SENDERS.flat_map(|sender| (0..EACH).map(move |nth| 10 * sender + nth));
    assert_eq!(all, sent.collect::<Vec<_>>(), "each is handled once, or dropped or handed back once");
    for sender in SENDERS {
        let of_one = stage.handled(1).into_iter().filter(|message| message / 10 == sender);
        assert!(of_one.is_sorted(), "in order");
    }
    assert_eq!(stage.seat(1, |seat| seat.ended), !deeds.is_empty());
}

#[test]
fn three_into_a_line() {
    assert!(explore(|| three_send(2, &[])).contains("dropped"));
}

#[test]
fn three_into_a_line_on_three_workers() {
    assert!(explore(|| three_send(3, &[])).contains("dropped"));
}

#[test]
fn a_line_whose_owner_is_stopped() {
    explore(|| three_send(2, &[|worker| worker.stop(1, false)]));
}

#[test]
fn a_line_whose_owner_is_killed() {
    explore(|| three_send(2, &[|worker| worker.kill(1)]));
}

#[test]
fn finds_idle_outside_the_lock() {
    demand_found(Mutant::IdleOutsideTheLock, || three_send(2, &[]));
}
