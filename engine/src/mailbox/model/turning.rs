//! One message handled in place, and what its handler may wish, while others send, reserve and close.

use super::driver::BEGIN;
use super::stage::{Stage, Wish, counter, part};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::model::{demand_found, explore};
use crate::sync::{Mutant, thread};
use std::sync::Arc;

/// Message 1 is handled in place and wishes something; message 2 comes in meanwhile, from another thread.
fn interrupted(wish: Wish) {
    let stage = Stage::new(vec![part(16, 128, move |_, message| if message == 1 { wish } else { Wish::Go })]);
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, 1, COUNT_MAX);
    let other = thread::spawn({
        let stage = Arc::clone(&stage);
        move || {
            let mut worker = stage.worker();
            let pushed = worker.send(1, 2, COUNT_MAX);
            worker.run();
            pushed
        }
    });
    worker.run();
    let pushed = other.join().expect("no panic");
    stage.settled();
    let accepted = if pushed == Pushed::Closed { vec![1] } else { vec![1, 2] };
    assert_eq!(stage.accounted(1), accepted);
    stage.seat(1, |seat| {
        assert_eq!(seat.handled[0], 1);
        assert_eq!(seat.ended, matches!(wish, Wish::Stop | Wish::StopNow | Wish::FailForGood));
        assert!(matches!(wish, Wish::StopNow | Wish::FailForGood) || seat.dead.is_empty());
    });
}

#[test]
fn stop_in_place() {
    assert!(explore(|| interrupted(Wish::Stop)).contains("ended in place"));
}

#[test]
fn stop_now_in_place() {
    assert!(explore(|| interrupted(Wish::StopNow)).contains("ended in place"));
}

#[test]
fn panic_in_place_and_go_on() {
    explore(|| interrupted(Wish::Fail));
}

#[test]
fn panic_in_place_and_end() {
    explore(|| interrupted(Wish::FailForGood));
}

#[test]
fn finds_kept_cursor() {
    demand_found(Mutant::KeptCursor, || interrupted(Wish::Fail));
}

/// Message 1 is handled in place and mutes its actor on actor 2, which another thread drains; message 2 comes meanwhile.
fn muted_in_place() {
    let stage = Stage::new(vec![
        part(16, 128, |cx, message| {
            cx.send(2, 20 + message);
            Wish::Go
        }),
        counter(1),
    ]);
    let mut full = stage.worker();
    let _: Pushed = full.send(2, 10, COUNT_MAX);
    let _: Pushed = full.send(2, 11, COUNT_MAX);
    let cell = full.hand_over();
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, 1, COUNT_MAX);
    let other = thread::spawn({
        let stage = Arc::clone(&stage);
        move || {
            let mut worker = stage.worker();
            let _: Pushed = worker.send(1, 2, COUNT_MAX);
            worker.schedule(cell);
            worker.run();
        }
    });
    worker.run();
    other.join().expect("no panic");
    stage.settled();
    assert_eq!(stage.handled(1), [1, 2]);
    assert_eq!(stage.handled(2), [10, 11, 21, 22]);
}

#[test]
fn mute_in_place() {
    let seen = explore(muted_in_place);
    assert!(seen.contains("held") && seen.contains("withdrawn"));
}

#[test]
fn finds_kept_cursor_of_a_muted_actor() {
    demand_found(Mutant::KeptCursor, muted_in_place);
}

/// An actor is born and its first hook wishes something, while another thread sends it message 1.
fn born(wish: Wish) {
    let stage =
        Stage::new(vec![part(16, 128, move |_, message| if message == BEGIN { wish } else { Wish::Go })]);
    let mut worker = stage.worker();
    worker.spawn(1);
    let other = thread::spawn({
        let stage = Arc::clone(&stage);
        move || {
            let mut worker = stage.worker();
            let pushed = worker.send(1, 1, COUNT_MAX);
            worker.run();
            pushed
        }
    });
    worker.run();
    let pushed = other.join().expect("no panic");
    stage.settled();
    let sent = if pushed == Pushed::Closed { vec![] } else { vec![1] };
    assert_eq!(stage.accounted(1), [vec![BEGIN], sent].concat());
    stage.seat(1, |seat| assert_eq!(seat.handled[0], BEGIN, "a message before the first hook"));
}

#[test]
fn the_first_hook_comes_first() {
    for wish in [Wish::Go, Wish::Stop, Wish::StopNow, Wish::Fail, Wish::FailForGood] {
        assert!(explore(move || born(wish)).contains("begun"));
    }
}
