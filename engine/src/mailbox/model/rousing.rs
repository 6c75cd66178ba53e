//! Errands against everything that may happen meanwhile: a hold, a suspension, a resume, a stop, the actor's end.

use super::driver::{BEGIN, Deed, RELEASE, RELEASE_AGAIN, beside};
use super::stage::{Stage, Wish, part};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::model::{demand_found, demand_found_further, explore, note};
use crate::sync::Mutant;
use std::sync::Arc;

/// The message that makes actor 1 hold itself.
const FAILS: u32 = 11;
const NEXT: u32 = 12;
/// An errand that leaves a hold alone.
const ERRAND: u32 = 91;

fn stage() -> Arc<Stage> {
    Stage::new(vec![part(16, 128, |_, message| if message == FAILS { Wish::Hold } else { Wish::Go })])
}

/// Actor 1 has a message that makes it hold itself, and one more behind it. These are done to it meanwhile.
fn holds_against(deeds: &[Deed]) -> Arc<Stage> {
    let stage = stage();
    let mut worker = stage.worker();
    for message in [FAILS, NEXT] {
        let _: Pushed = worker.send(1, message, COUNT_MAX);
    }
    beside(&stage, &mut worker, deeds);
    stage
}

const ROUSE: Deed = |worker| {
    if !worker.rouse(1, ERRAND) {
        note("too late");
    }
};
const LET_GO: Deed = |worker| assert!(worker.rouse(1, RELEASE), "it has ended");
const STOP: Deed = |worker| worker.stop(1, false);
const STOP_NOW: Deed = |worker| worker.stop(1, true);
const SUSPEND_RESUME: Deed = |worker| {
    worker.suspend(1);
    worker.resume_suspended(1);
};
const SUSPEND: Deed = |worker| worker.suspend(1);

/// The errand that ends the hold may come before the hold, and is done then: another ends it.
fn let_go_at_last(stage: &Stage) {
    if stage.part(1).control.is_held() {
        let mut worker = stage.worker();
        assert!(worker.rouse(1, RELEASE_AGAIN));
        worker.run();
        note("held over an errand");
    }
}

/// Held, it has handled nothing more; let go, it does.
fn goes_on_once_let_go(stage: &Stage) {
    assert_eq!(stage.handled(1), [FAILS], "what is held handles nothing");
    let mut worker = stage.worker();
    LET_GO(&mut worker);
    worker.run();
    stage.settled();
    assert_eq!(stage.handled(1), [FAILS, NEXT]);
}

fn hold_against_errand() {
    let stage = holds_against(&[ROUSE]);
    assert_eq!(stage.seat(1, |seat| seat.heeded.clone()), [ERRAND]);
    goes_on_once_let_go(&stage);
}

#[test]
fn an_errand_is_done_and_a_hold_stands() {
    assert!(explore(hold_against_errand).contains("parked"));
}

#[test]
fn finds_park_over_errand() {
    demand_found(Mutant::ParkOverErrand, hold_against_errand);
}

#[test]
fn finds_signal_before_errand() {
    demand_found_further(Mutant::SignalBeforeErrand, hold_against_errand);
}

/// Two errands at once, one of which ends the hold.
#[test]
fn errands_from_two() {
    explore(|| {
        let stage = stage();
        let mut worker = stage.worker();
        for message in [FAILS, NEXT] {
            let _: Pushed = worker.send(1, message, COUNT_MAX);
        }
        worker.run();
        beside(&stage, &mut worker, &[ROUSE, LET_GO]);
        stage.settled();
        let mut heeded = stage.seat(1, |seat| seat.heeded.clone());
        heeded.sort_unstable();
        assert_eq!(heeded, [RELEASE, ERRAND]);
        assert_eq!(stage.handled(1), [FAILS, NEXT]);
    });
}

/// Whoever is suspended does its errands, and stays suspended.
fn suspend_against_errand() {
    let stage = stage();
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, NEXT, COUNT_MAX);
    worker.suspend(1);
    beside(&stage, &mut worker, &[ROUSE]);
    assert_eq!(stage.handled(1), [], "suspended, and goes on");
    assert_eq!(stage.seat(1, |seat| seat.heeded.clone()), [ERRAND]);
    worker.resume_suspended(1);
    worker.run();
    stage.settled();
    assert_eq!(stage.handled(1), [NEXT]);
}

#[test]
fn a_suspension_outlasts_an_errand() {
    assert!(explore(suspend_against_errand).contains("parked"));
}

#[test]
fn finds_rouse_unsignalled() {
    demand_found_further(Mutant::RouseUnsignalled, suspend_against_errand);
}

/// Suspended while it does an errand, of which its owner heard before.
#[test]
fn suspend_beside_an_errand() {
    explore(|| {
        let stage = stage();
        let mut worker = stage.worker();
        let _: Pushed = worker.send(1, NEXT, COUNT_MAX);
        beside(&stage, &mut worker, &[ROUSE, SUSPEND]);
        assert_eq!(stage.seat(1, |seat| seat.heeded.clone()), [ERRAND]);
        assert!(stage.part(1).control.is_suspended(), "the suspension is lost");
        worker.resume_suspended(1);
        worker.run();
        stage.settled();
        assert_eq!(stage.handled(1), [NEXT]);
    });
}

/// A suspension that comes and goes leaves a hold alone.
fn hold_against_resume() {
    goes_on_once_let_go(&holds_against(&[SUSPEND_RESUME]));
}

#[test]
fn a_resume_leaves_a_hold_alone() {
    assert!(explore(hold_against_resume).contains("parked"));
}

#[test]
fn finds_resume_lifts_hold() {
    demand_found(Mutant::ResumeLiftsHold, hold_against_resume);
}

/// A stop closes what is held, and that is all: once it is let go it drains and ends.
#[test]
fn a_stop_waits_for_the_hold() {
    let seen = explore(|| {
        let stage = holds_against(&[STOP]);
        goes_on_once_let_go(&stage);
        assert!(stage.seat(1, |seat| seat.ended));
    });
    assert!(seen.contains("parked"));
}

/// One that is to end at once does, held or not; every errand is done, or left to who ends the actor, or handed back.
fn end_against_errand() {
    let stage = holds_against(&[STOP_NOW, ROUSE]);
    stage.settled();
    assert!(stage.seat(1, |seat| seat.ended));
    let accounted = stage.seat(1, |seat| seat.heeded.len() + seat.unheeded.len());
    assert!(accounted <= 1, "done, and left");
    assert!(!stage.part(1).errands.is_put(), "left where nobody looks");
}

#[test]
fn an_end_against_an_errand() {
    assert!(explore(end_against_errand).contains("too late"));
}

/// A fresh actor, and an errand beside its first hook.
#[test]
fn an_errand_beside_the_first_hook() {
    explore(|| {
        let stage = stage();
        let mut worker = stage.worker();
        worker.spawn(1);
        beside(&stage, &mut worker, &[ROUSE]);
        stage.settled();
        assert_eq!(stage.handled(1), [BEGIN]);
        assert_eq!(stage.seat(1, |seat| seat.heeded.clone()), [ERRAND]);
    });
}

/// Stopped, held, and let go by three at once.
#[test]
fn stop_and_let_go() {
    explore(|| {
        let stage = holds_against(&[STOP, LET_GO_IF_IT_LIVES]);
        let_go_at_last(&stage);
        stage.settled();
        assert!(stage.seat(1, |seat| seat.ended));
        assert_eq!(stage.accounted(1), [FAILS, NEXT]);
    });
}

/// One whose last hook waits for an errand is stopped: it handles what it has, stays, and ends once the errand is done.
fn a_last_hook_waits() {
    let stage = Stage::new(vec![part(16, 128, |_, _| Wish::Go).lingering()]);
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, NEXT, COUNT_MAX);
    beside(&stage, &mut worker, &[STOP, LET_GO]);
    stage.settled();
    assert!(stage.seat(1, |seat| seat.ended));
    assert_eq!(stage.seat(1, |seat| seat.heeded.clone()), [RELEASE]);
    assert_eq!(stage.handled(1), [NEXT]);
}

#[test]
fn an_end_waits_for_the_last_hook() {
    assert!(explore(a_last_hook_waits).contains("lingers"));
}

#[test]
fn finds_end_over_hold() {
    demand_found(Mutant::EndOverHold, a_last_hook_waits);
}

/// ... and at once if it is told to.
#[test]
fn a_last_hook_does_not_hold_up_a_stop_now() {
    let seen = explore(|| {
        let stage = Stage::new(vec![part(16, 128, |_, _| Wish::Go).lingering()]);
        let mut worker = stage.worker();
        let _: Pushed = worker.send(1, NEXT, COUNT_MAX);
        beside(&stage, &mut worker, &[STOP, STOP_NOW]);
        stage.settled();
        assert!(stage.seat(1, |seat| seat.ended));
        assert_eq!(stage.accounted(1), [NEXT]);
    });
    assert!(seen.contains("lingers"));
}

const LET_GO_IF_IT_LIVES: Deed = |worker| {
    worker.rouse(1, RELEASE);
};
