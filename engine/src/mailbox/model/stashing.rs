//! Messages that an actor keeps for later, and gets back, while others send, wait and stop it.

use super::driver::{Deed, beside};
use super::stage::{Part, Stage, Wish, part};
use crate::mailbox::lobby::{Listed, Waiter};
use crate::mailbox::queue::Pushed;
use crate::mailbox::tenant::Stop;
use crate::mailbox::word::{COUNT_MAX, Word};
use crate::model::{demand_found, demand_found_further, explore, explore_further};
use crate::sync::{Mutant, thread};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Waker;

/// Says that what is kept can be handled from here on.
const OPEN: u32 = 9;
/// As [`OPEN`], and the actor stops.
const CLOSE: u32 = 10;

/// Keeps whatever comes before it is opened.
fn shop(capacity: u32) -> Part {
    // No part of the protocol.
    let is_open = AtomicBool::new(false);
    part(capacity, 128, move |cx, message| {
        if message == OPEN || message == CLOSE {
            is_open.store(true, Ordering::Relaxed);
            if message == CLOSE {
                cx.wish.stop_once(Stop::Drained);
            }
            return Wish::Unstash;
        }
        if is_open.load(Ordering::Relaxed) { Wish::Go } else { Wish::Stash }
    })
}

/// Where a message was handled.
fn at(handled: &[u32], message: u32) -> usize {
    handled.iter().position(|other| *other == message).expect("it was handled")
}

/// Message 1 is kept; another thread sends message 2, and then that it is open.
fn given_back() {
    let stage = Stage::new(vec![shop(8)]);
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, 1, COUNT_MAX);
    worker.run();
    assert_eq!(stage.part(1).mailbox.peek().count(), 1, "what is kept is counted");
    let open: Deed = |worker| {
        let _: Pushed = worker.send(1, 2, COUNT_MAX);
        let _: Pushed = worker.send(1, OPEN, COUNT_MAX);
    };
    let _: Pushed = worker.send(1, 3, COUNT_MAX);
    beside(&stage, &mut worker, &[open]);
    stage.settled();
    let handled = stage.handled(1);
    assert_eq!(handled.len(), 4);
    assert_eq!(handled[0], OPEN);
    assert!(at(&handled, 1) < at(&handled, 2) && at(&handled, 1) < at(&handled, 3), "{handled:?}");
}

#[test]
fn what_is_given_back_comes_first() {
    let seen = explore(given_back);
    assert!(seen.contains("stashed") && seen.contains("given back"));
}

#[test]
fn finds_unstash_unheard() {
    demand_found(Mutant::UnstashUnheard, given_back);
}

/// It is opened and stops in one handler, while another thread sends: what was kept is handled all the same.
fn stops_behind_its_stash() {
    let stage = Stage::new(vec![shop(8)]);
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, 1, COUNT_MAX);
    worker.run();
    let _: Pushed = worker.send(1, CLOSE, COUNT_MAX);
    let send: Deed = |worker| {
        let _: Pushed = worker.send(1, 2, COUNT_MAX);
    };
    beside(&stage, &mut worker, &[send]);
    stage.settled();
    assert!(stage.handled(1).contains(&1), "given back, and not handled: {:?}", stage.handled(1));
    assert!(stage.seat(1, |seat| seat.ended && seat.dead.is_empty()));
}

#[test]
fn a_stop_comes_after_what_is_given_back() {
    explore(stops_behind_its_stash);
}

#[test]
fn finds_stop_before_stash() {
    demand_found(Mutant::StopBeforeStash, stops_behind_its_stash);
}

/// Stopped while it keeps message 1, and message 2 comes.
fn ends_over_its_stash(stop: Deed) {
    let stage = Stage::new(vec![shop(8)]);
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, 1, COUNT_MAX);
    let pushed = beside(&stage, &mut worker, &[|worker| worker.send(1, 2, COUNT_MAX), |_| Pushed::Full]);
    stop(&mut worker);
    worker.run();
    assert!(pushed.iter().all(|pushed| *pushed != Pushed::Closed));
    stage.settled();
    assert!(stage.seat(1, |seat| seat.ended));
    assert_eq!(stage.accounted(1), [1, 2]);
}

#[test]
fn what_is_kept_at_the_end_is_left() {
    explore(|| ends_over_its_stash(|worker| worker.stop(1, false)));
    explore(|| ends_over_its_stash(|worker| worker.stop(1, true)));
}

#[test]
fn finds_forgotten_stash() {
    demand_found(Mutant::ForgottenStash, || ends_over_its_stash(|worker| worker.stop(1, true)));
}

/// Actor 1 has room for two, and keeps the first; actor 2 sends it three and is muted. When what is not kept has been handled,
/// it goes on, also if it was muted on a mark that was out of date.
fn muted_on_one_that_keeps() {
    let keeper = part(2, 128, |_, message| if message == 11 { Wish::Stash } else { Wish::Go });
    let sender = part(4, 128, |cx, message| {
        if message == 1 {
            for message in 11..=13 {
                cx.send(1, message);
            }
        }
        Wish::Go
    });
    let stage = Stage::new(vec![keeper, sender]);
    let mut sending = stage.worker();
    let _: Pushed = sending.send(2, 1, COUNT_MAX);
    let cell = sending.hand_over();
    // The first is in its mailbox already.
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, 10, COUNT_MAX);
    let keeping = worker.hand_over();
    let other = thread::spawn({
        let stage = Arc::clone(&stage);
        move || {
            let mut worker = stage.worker();
            worker.schedule(cell);
            worker.run();
        }
    });
    worker.schedule(keeping);
    worker.run();
    other.join().expect("no panic");
    assert_eq!(stage.part(2).mailbox.peek(), Word::IDLE, "muted for ever");
    assert_eq!(stage.handled(1), [10, 12, 13]);
    assert_eq!(stage.part(1).mailbox.peek().count(), 1);
}

#[test]
fn nobody_waits_for_what_is_kept() {
    let seen = explore(muted_on_one_that_keeps);
    assert!(seen.contains("held") && seen.contains("withdrawn"));
}

#[test]
fn finds_stale_low() {
    demand_found(Mutant::StaleLow, muted_on_one_that_keeps);
}

/// Actor 1 has room for two: a message, which it keeps, and a place that somebody has reserved. Another waits, and gets the place
/// that is left when the reserved one comes back unused.
fn given_back_beside_what_is_kept() {
    let keeper = part(2, 128, |_, _| Wish::Stash).with_lobby();
    let stage = Stage::new(vec![keeper]);
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, 1, COUNT_MAX);
    let place = stage.part(1).mailbox.reserve(2);
    assert!(matches!(place, Pushed::Queued { .. }));
    let waiter = Waiter::new(Waker::noop());
    let lobby = stage.part(1).lobby.as_ref().expect("a lobby");
    assert_eq!(lobby.enlist(&stage.part(1).mailbox, || stage.part(1).low(), &waiter), Listed::Yes);
    let give_back: Deed = |worker| {
        let part = worker.stage.part(1);
        let waiters = part.mailbox.unreserve(|| part.low());
        worker.wake(1, waiters);
    };
    beside(&stage, &mut worker, &[give_back]);
    assert!(waiter.has_place(), "one place is left, and nobody has it");
    assert_eq!(stage.part(1).mailbox.peek().count(), 2);
}

#[test]
fn a_place_that_comes_back_is_seen() {
    explore_further(given_back_beside_what_is_kept);
}

#[test]
fn finds_stale_low_of_who_gives_back() {
    demand_found_further(Mutant::StaleLow, given_back_beside_what_is_kept);
}
