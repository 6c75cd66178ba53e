//! Back-pressure: rings and floods that would hang on themselves, many that fill one, and a stop of who is muted.

use crate::mailbox::credit::CellNumber;
use crate::mailbox::model::driver::play;
use crate::mailbox::model::stage::{Part, Stage, Wish, counter, part};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::model::{demand_found, explore, note};
use crate::sync::Mutant;
use std::sync::Arc;

fn give(stage: &Stage, cell: CellNumber, messages: impl IntoIterator<Item = u32>) {
    let mut worker = stage.worker();
    for message in messages {
        let _: Pushed = worker.send(cell, message, COUNT_MAX);
    }
}

/// Tokens go round, each so far; every actor begins with two, which is more than there is room for in its mailbox.
const HOPS: u32 = 5;

fn ring<const N: u32>(workers: usize) {
    let passing = |me: u32| {
        part(1, 128, move |cx, token| {
            if token % 10 > 0 {
                cx.send(me % N + 1, token - 1);
            }
            Wish::Go
        })
    };
    let stage = Stage::shared((1..=N).map(passing).collect());
    for me in 1..=N {
        give(&stage, me, [100 * me + HOPS, 100 * me + 10 + HOPS]);
    }
    play(&stage, workers, &[]);
    stage.settled();
    for me in 1..=N {
        let mut expected: Vec<u32> = (1..=N)
            .flat_map(|from| (0..2).map(move |nth| 100 * from + 10 * nth))
            .flat_map(|token| (0..=HOPS).map(move |hops| token + HOPS - hops))
            .filter(|token| (token / 100 + HOPS + N - token % 10 - me) % N == 0)
            .collect();
        expected.sort_unstable();
        assert_eq!(stage.accounted(me), expected, "each token comes by as often as it shall");
        // First its own two; the others come from the one before it, in the order in which that one sent them.
        let before = if me == 1 { N } else { me - 1 };
        let sent = stage.handled(before).into_iter().filter(|token| token % 10 > 0).map(|token| token - 1);
        let own = [100 * me + HOPS, 100 * me + 10 + HOPS];
        let came: Vec<u32> = stage.handled(me).into_iter().filter(|token| !own.contains(token)).collect();
        assert_eq!(came, sent.collect::<Vec<_>>(), "in order");
    }
}

#[test]
fn ring_of_three() {
    let seen = explore(|| ring::<3>(2));
    assert!(seen.contains("held") && seen.contains("withdrawn"));
}

#[test]
fn ring_of_four_on_three_workers() {
    let seen = explore(|| ring::<4>(3));
    assert!(seen.contains("held") && seen.contains("withdrawn"));
}

#[test]
fn ring_of_six() {
    let seen = explore(|| ring::<6>(2));
    assert!(seen.contains("held") && seen.contains("withdrawn"));
}

#[test]
fn finds_no_cycle_check() {
    demand_found(Mutant::NoCycleCheck, || ring::<3>(2));
}

/// Four actors send each message they get to two others, three times over.
fn flood() {
    const N: u32 = 4;
    let flooding = |me: u32| {
        part(1, 128, move |cx, path| {
            if path < 1_000 {
                cx.send(me % N + 1, path * 10 + 1);
                cx.send((me + 1) % N + 1, path * 10 + 2);
            }
            Wish::Go
        })
    };
    let stage = Stage::shared((1..=N).map(flooding).collect());
    for me in 1..=N {
        give(&stage, me, [me + 2]);
    }
    play(&stage, 3, &[]);
    stage.settled();
    let handled: usize = (1..=N).map(|me| stage.handled(me).len()).sum();
    assert_eq!(handled, N as usize * 15);
}

#[test]
fn four_flood_each_other() {
    let seen = explore(flood);
    assert!(seen.contains("held") && seen.contains("withdrawn"));
}

/// Five fill one, which is over its capacity by no more than each of them sends in a handler: also if whoever has seen the
/// count low takes the list of those who wait only after the mailbox is full again.
fn all_to_one(workers: usize) {
    const SENDERS: u32 = 5;
    const EACH: u32 = 6;
    const CAPACITY: u32 = 2;
    let most = CAPACITY + SENDERS;
    let mut parts: Vec<Part> = Vec::new();
    parts.push(part(CAPACITY, 128, move |cx, _| {
        let count = cx.worker.stage.part(cx.me).mailbox.peek().count();
        assert!(count <= most, "{count} in a mailbox for {CAPACITY}");
        Wish::Go
    }));
    parts.extend((0..SENDERS).map(|_| {
        part(16, 128, |cx, message| {
            cx.send(1, message);
            Wish::Go
        })
    }));
    let stage = Stage::shared(parts);
    for sender in 2..2 + SENDERS {
        give(&stage, sender, (0..EACH).map(|nth| 100 * sender + nth));
    }
    play(&stage, workers, &[]);
    stage.settled();
    let handled = stage.handled(1);
    for sender in 2..2 + SENDERS {
        let of_one: Vec<u32> = handled.iter().copied().filter(|message| message / 100 == sender).collect();
        assert_eq!(of_one, (0..EACH).map(|nth| 100 * sender + nth).collect::<Vec<_>>());
    }
    assert_eq!(handled.len() as u32, SENDERS * EACH);
}

#[test]
fn five_fill_one() {
    assert!(explore(|| all_to_one(2)).contains("held"));
}

#[test]
fn five_fill_one_on_three_workers() {
    assert!(explore(|| all_to_one(3)).contains("held"));
}

#[test]
fn finds_no_flag_recheck() {
    demand_found(Mutant::NoFlagRecheck, || all_to_one(2));
}

#[test]
fn finds_resume_without_look() {
    demand_found(Mutant::ResumeWithoutLook, || all_to_one(2));
}

/// Two are muted, or about to be, on one whose owner is in an endless handler; one of them is stopped.
fn stopped_while_muted() {
    let sender = || {
        part(16, 128, |cx, message| {
            cx.send(1, 10 * message);
            Wish::Go
        })
    };
    let stage: Arc<Stage> = Stage::shared(vec![counter(1), sender(), sender()]);
    give(&stage, 1, [1, 2]);
    let endless = stage.worker().hand_over();
    give(&stage, 2, [20]);
    give(&stage, 3, [30]);
    play(&stage, 2, &[|worker| worker.stop(2, true)]);
    assert!(stage.seat(2, |seat| seat.ended), "muted, and deaf to its stop");
    assert_eq!(stage.accounted(2), [20]);
    stage.worker().schedule(endless);
    play(&stage, 2, &[]);
    stage.settled();
    assert_eq!(stage.handled(3), [30]);
}

#[test]
fn a_stop_of_one_that_is_muted() {
    let seen = explore(stopped_while_muted);
    assert!(seen.contains("taken off by a signal") && seen.contains("withdrawn"));
}

#[test]
fn finds_no_signal_check() {
    demand_found(Mutant::NoSignalCheck, stopped_while_muted);
}
