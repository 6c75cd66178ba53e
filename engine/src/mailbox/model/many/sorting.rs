//! Two lanes: two actors send through both, while the receiver keeps its urgent lane filled.

use crate::mailbox::lanes::STREAK;
use crate::mailbox::model::driver::{Deed, play};
use crate::mailbox::model::order::{Order, by_parity, wait_no_longer};
use crate::mailbox::model::stage::{Stage, Wish, part};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::model::{demand_found, explore};
use crate::sync::Mutant;

const SENDERS: std::ops::RangeInclusive<u32> = 2..=3;
const EACH: u32 = 4;
/// Urgent messages that the receiver sends itself, one at a time, from this one on.
const OWN: u32 = 1_001;
const OWN_LAST: u32 = OWN + 2 * (2 * STREAK);
/// What waits in its normal lane from the beginning.
const WAITING: [u32; 2] = [2, 4];

fn two_lanes(workers: usize, deeds: &[Deed]) {
    let receiver = part(64, 8, |cx, message| {
        if (OWN..OWN_LAST).contains(&message) {
            let me = cx.me;
            let _: Pushed = cx.worker.send(me, message + 2, COUNT_MAX);
        }
        Wish::Go
    });
    let mut parts = vec![receiver.ordered(Order::lanes(by_parity))];
    parts.extend(SENDERS.map(|_| {
        part(16, 128, |cx, message| {
            cx.send(1, message);
            Wish::Go
        })
    }));
    let stage = Stage::shared(parts);
    let give = |cell, message| {
        let _: Pushed = stage.worker().send(cell, message, COUNT_MAX);
    };
    WAITING.into_iter().chain([OWN]).for_each(|message| give(1, message));
    let sent = |sender| (0..EACH).map(move |nth| 100 * sender + nth);
    SENDERS.for_each(|sender| sent(sender).for_each(|message| give(sender, message)));
    play(&stage, workers, deeds);
    stage.settled();
    let handled = stage.handled(1);
    let mut expected: Vec<u32> = SENDERS.flat_map(sent).chain(WAITING).collect();
    expected.extend((OWN..=OWN_LAST).step_by(2));
    expected.sort_unstable();
    assert_eq!(stage.accounted(1), expected, "each is handled once");
    for sender in SENDERS {
        for parity in 0..2 {
            let lane = handled.iter().filter(|m| *m / 100 == sender && *m % 2 == parity);
            assert!(lane.is_sorted(), "in order, in each lane");
        }
    }
    wait_no_longer(&handled, &WAITING);
}

#[test]
fn urgent_first_and_nobody_starves() {
    explore(|| two_lanes(2, &[]));
}

#[test]
fn lanes_over_a_suspension() {
    let seen = explore(|| {
        two_lanes(
            3,
            &[|worker| {
                worker.suspend(1);
                worker.resume_suspended(1);
            }],
        );
    });
    assert!(seen.contains("parked"));
}

#[test]
fn finds_endless_streak() {
    demand_found(Mutant::EndlessStreak, || two_lanes(2, &[]));
}
