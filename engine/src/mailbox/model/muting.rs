//! Muting: cycles, signals, resuming and muting again on another worker, chains, and an ask across a muted answerer.

use super::stage::{Part, Stage, Wish, counter, part};
use crate::mailbox::credit::CellNumber;
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::model::{demand_found, explore};
use crate::sync::{Mutant, thread};
use std::sync::Arc;

/// Fills `cell` with these messages, to be run by whom the answer is given.
fn filled(stage: &Stage, cell: CellNumber, messages: [u32; 2]) -> CellNumber {
    let mut worker = stage.worker();
    for message in messages {
        let _: Pushed = worker.send(cell, message, COUNT_MAX);
    }
    worker.hand_over()
}

/// Runs each of `cells` on a thread of its own, the first on this one.
fn run_each(stage: &Arc<Stage>, cells: &[CellNumber]) {
    let others: Vec<_> = cells[1..]
        .iter()
        .map(|cell| {
            let (stage, cell) = (Arc::clone(stage), *cell);
            thread::spawn(move || {
                let mut worker = stage.worker();
                worker.schedule(cell);
                worker.run();
            })
        })
        .collect();
    let mut worker = stage.worker();
    worker.schedule(cells[0]);
    worker.run();
    others.into_iter().for_each(|other| other.join().expect("no panic"));
}

/// Actors with room for one message and two in their mailbox, each on a worker of its own; each sends one on to the next
/// in the circle at its first message, so that all are muted in a circle.
fn cycle<const N: u32>() {
    let passing = |me: u32| {
        part(1, 128, move |cx, message| {
            if message == 10 * me {
                cx.send(me % N + 1, 10 * me + 5);
            }
            Wish::Go
        })
    };
    let stage = Stage::new((1..=N).map(passing).collect());
    let cells: Vec<_> = (1..=N).map(|me| filled(&stage, me, [10 * me, 10 * me + 1])).collect();
    run_each(&stage, &cells);
    stage.settled();
    for me in 1..=N {
        let from = if me == 1 { N } else { me - 1 };
        let mut expected = vec![10 * me, 10 * me + 1, 10 * from + 5];
        expected.sort_unstable();
        assert_eq!(stage.accounted(me), expected);
    }
}

#[test]
fn cycle_of_two() {
    let seen = explore(cycle::<2>);
    assert!(seen.contains("held") && seen.contains("withdrawn"));
}

#[test]
fn cycle_of_three() {
    let seen = explore(cycle::<3>);
    assert!(seen.contains("held") && seen.contains("withdrawn"));
}

#[test]
fn finds_mute_without_fence_in_a_cycle() {
    demand_found(Mutant::MuteWithoutFence, cycle::<2>);
}

#[test]
fn finds_no_cycle_check() {
    demand_found(Mutant::NoCycleCheck, cycle::<2>);
}

#[test]
fn finds_no_cycle_check_of_three() {
    demand_found(Mutant::NoCycleCheck, cycle::<3>);
}

/// Actors 1 and 2 are muted on each other, so that one of them is let go and is due to run; actor 3, which nobody waits for,
/// has sent to 1 meanwhile. It is held until 1 has drained: were it let go as well, nothing would bound what it sends.
fn beside_a_cycle() {
    let drained = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (tells, looks) = (Arc::clone(&drained), drained);
    let relaxed = std::sync::atomic::Ordering::Relaxed;
    let stage = Stage::new(vec![
        part(1, 128, move |cx, message| {
            match message {
                10 => drop(cx.send(2, 25)),
                _ => tells.store(true, relaxed),
            }
            Wish::Go
        }),
        part(1, 128, |cx, message| {
            if message == 20 {
                cx.send(1, 15);
            }
            Wish::Go
        }),
        part(1, 128, move |cx, message| {
            match message {
                30 => drop(cx.send(1, 16)),
                _ => assert!(looks.load(relaxed), "let go by a cycle that it is no part of"),
            }
            Wish::Go
        }),
    ]);
    let cells: Vec<_> = (1..=3).map(|me| filled(&stage, me, [10 * me, 10 * me + 1])).collect();
    let mut worker = stage.worker();
    cells.into_iter().for_each(|cell| worker.schedule(cell));
    worker.run();
    stage.settled();
    assert_eq!(stage.accounted(1), [10, 11, 15, 16]);
    assert_eq!(stage.accounted(3), [30, 31]);
}

#[test]
fn who_is_in_no_cycle_is_held_by_one() {
    let seen = explore(beside_a_cycle);
    assert!(seen.contains("held") && seen.contains("withdrawn"));
}

#[test]
fn finds_any_cycle() {
    demand_found(Mutant::AnyCycle, beside_a_cycle);
}

/// Actor 1 is muted on actor 2, which never drains as its owner is in an endless handler, and is stopped meanwhile.
fn signal_against_mute(now: bool) {
    let stage = Stage::new(vec![
        part(1, 128, |cx, _| {
            cx.send(2, 22);
            Wish::Go
        }),
        counter(1),
    ]);
    let endless = filled(&stage, 2, [20, 21]);
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, 10, COUNT_MAX);
    let other = thread::spawn({
        let stage = Arc::clone(&stage);
        move || {
            let mut worker = stage.worker();
            worker.stop(1, now);
            worker.run();
        }
    });
    worker.run();
    other.join().expect("no panic");
    assert!(stage.seat(1, |seat| seat.ended), "muted, and deaf to its stop");
    assert_eq!(stage.accounted(1), [10]);
    worker.schedule(endless);
    worker.run();
    stage.settled();
}

#[test]
fn stop_now_against_mute() {
    let seen = explore(|| signal_against_mute(true));
    assert!(seen.contains("taken off by a signal") && seen.contains("withdrawn"));
}

#[test]
fn stop_against_mute() {
    let seen = explore(|| signal_against_mute(false));
    assert!(seen.contains("taken off by a signal") && seen.contains("withdrawn"));
}

#[test]
fn finds_mute_without_fence() {
    demand_found(Mutant::MuteWithoutFence, || signal_against_mute(true));
}

#[test]
fn finds_signal_without_fence() {
    demand_found(Mutant::SignalWithoutFence, || signal_against_mute(true));
}

#[test]
fn finds_no_signal_check() {
    demand_found(Mutant::NoSignalCheck, || signal_against_mute(true));
}

/// Three at once: actor 1 is muted on 2, which drains on another worker, while a third thread stops actor 1.
#[test]
fn stop_against_mute_against_resume() {
    explore(|| {
        let stage = Stage::new(vec![
            part(1, 128, |cx, message| {
                cx.send(2, 12 + message);
                Wish::Go
            }),
            counter(1),
        ]);
        let draining = filled(&stage, 2, [20, 21]);
        let muting = filled(&stage, 1, [10, 11]);
        let other = thread::spawn({
            let stage = Arc::clone(&stage);
            move || {
                let mut worker = stage.worker();
                worker.stop(1, true);
                worker.run();
            }
        });
        run_each(&stage, &[muting, draining]);
        other.join().expect("no panic");
        stage.settled();
        assert!(stage.seat(1, |seat| seat.ended));
        assert_eq!(stage.accounted(1), [10, 11]);
    });
}

/// Actor 1 sends one message for each of its two to actor 2, which drains on another worker: it is muted, resumed there,
/// and muted again there, while its first worker is still on its way out of the first mute.
fn mute_resume_mute() {
    let stage = Stage::new(vec![
        part(1, 128, |cx, message| {
            cx.send(2, 12 + message);
            Wish::Go
        }),
        counter(1),
    ]);
    let draining = filled(&stage, 2, [20, 21]);
    let muting = filled(&stage, 1, [10, 11]);
    run_each(&stage, &[muting, draining]);
    stage.settled();
    assert_eq!(stage.handled(1), [10, 11]);
    assert_eq!(stage.handled(2), [20, 21, 22, 23]);
}

#[test]
fn mute_resume_mute_on_another_worker() {
    assert!(explore(mute_resume_mute).contains("held"));
}

/// The flag that asks to be told is refused once there is nothing to wait for.
#[test]
fn finds_no_flag_recheck() {
    demand_found(Mutant::NoFlagRecheck, mute_resume_mute);
}

/// Two actors are muted on the same one, whose owner tells both.
#[test]
fn two_muted_on_one() {
    explore(|| {
        let sender = || {
            part(1, 128, |cx, message| {
                cx.send(3, 100 + message);
                Wish::Go
            })
        };
        let stage = Stage::new(vec![sender(), sender(), counter(1)]);
        let draining = filled(&stage, 3, [30, 31]);
        let mut others = stage.worker();
        let _: Pushed = others.send(1, 1, COUNT_MAX);
        let _: Pushed = others.send(2, 2, COUNT_MAX);
        let cells = [others.hand_over(), others.hand_over(), draining];
        run_each(&stage, &cells);
        stage.settled();
        assert_eq!(stage.accounted(3), [30, 31, 101, 102]);
    });
}

/// Back-pressure travels: actor 1 is muted on 2, which is muted on 3, which drains.
#[test]
fn chain_of_three() {
    explore(|| {
        let relay = |to: u32| {
            part(1, 128, move |cx, message| {
                cx.send(to, message + 1_000);
                Wish::Go
            })
        };
        let stage = Stage::new(vec![relay(2), relay(3), counter(1)]);
        let draining = filled(&stage, 3, [30, 31]);
        let between = filled(&stage, 2, [20, 21]);
        let mut first = stage.worker();
        let _: Pushed = first.send(1, 10, COUNT_MAX);
        run_each(&stage, &[first.hand_over(), between, draining]);
        stage.settled();
        assert_eq!(stage.handled(3)[..2], [30, 31]);
        assert_eq!(stage.accounted(3), [30, 31, 1_020, 1_021, 2_010]);
    });
}

/// Actor 1 asks actor 2 and is full; actor 2 sends it a message over its capacity, which mutes it, and the answer, which
/// goes in above the capacity. `more`: the asker goes over the answerer's capacity too, which closes a circle.
fn ask_across_a_muted_answerer(more: bool) {
    const QUESTION: u32 = 20;
    const ANSWER: u32 = 19;
    let asker = part(1, 128, move |cx, message| {
        if message == 10 {
            cx.send(2, QUESTION);
            if more {
                cx.send(2, QUESTION + 1);
            }
        }
        Wish::Go
    });
    let answerer = part(1, 128, |cx, message| {
        if message == QUESTION {
            cx.send(1, 12);
            cx.reply(1, ANSWER);
        }
        Wish::Go
    });
    let stage = Stage::new(vec![asker, answerer]);
    let asking = filled(&stage, 1, [10, 11]);
    let mut other = stage.worker();
    let _: Pushed = other.send(2, 22, COUNT_MAX);
    run_each(&stage, &[asking, other.hand_over()]);
    stage.settled();
    assert_eq!(stage.accounted(1), [10, 11, 12, ANSWER]);
    assert_eq!(stage.accounted(2), if more { vec![20, 21, 22] } else { vec![20, 22] });
}

#[test]
fn an_answer_reaches_a_full_asker() {
    assert!(explore(|| ask_across_a_muted_answerer(false)).contains("held"));
}

#[test]
fn an_answer_reaches_a_muted_asker() {
    let seen = explore(|| ask_across_a_muted_answerer(true));
    assert!(seen.contains("held") && seen.contains("withdrawn"));
}

/// An actor that ends tells those who wait for it. It ends at its message `last`; 22 is the muted actor's own.
fn muted_on_one_that_ends(last: u32, wish: Wish) {
    let ending: Part = part(1, 128, move |_, message| if message == last { wish } else { Wish::Go });
    let stage = Stage::new(vec![
        part(1, 128, |cx, _| {
            cx.send(2, 22);
            Wish::Go
        }),
        ending,
    ]);
    let target = filled(&stage, 2, [20, 21]);
    let mut muting = stage.worker();
    let _: Pushed = muting.send(1, 10, COUNT_MAX);
    run_each(&stage, &[muting.hand_over(), target]);
    stage.settled();
    assert_eq!(stage.handled(1), [10]);
    assert!(stage.seat(2, |seat| seat.ended));
}

#[test]
fn mute_against_a_target_that_ends() {
    for wish in [Wish::StopNow, Wish::FailForGood] {
        assert!(explore(move || muted_on_one_that_ends(20, wish)).contains("told of the end"));
    }
}

#[test]
fn mute_against_a_target_that_drains_and_ends() {
    assert!(explore(|| muted_on_one_that_ends(20, Wish::Stop)).contains("told of the end"));
}

#[test]
fn mute_against_a_target_that_ends_in_place() {
    let seen = explore(|| muted_on_one_that_ends(22, Wish::Stop));
    assert!(seen.contains("told of the end") && seen.contains("ended in place"));
}

/// One handler leaves two actors over their capacity: its own waits for the one that is fuller.
#[test]
fn muted_on_the_fullest() {
    explore(|| {
        let stage = Stage::new(vec![
            part(16, 128, |cx, _| {
                for (to, message) in [(2, 20), (2, 21), (3, 30), (3, 31), (3, 32), (2, 22)] {
                    cx.send(to, message);
                }
                Wish::Go
            }),
            counter(1),
            counter(1),
        ]);
        let mut worker = stage.worker();
        let _: Pushed = worker.send(1, 1, COUNT_MAX);
        let _: Pushed = worker.send(3, 29, COUNT_MAX);
        let first = worker.hand_over();
        let _ = worker.hand_over();
        worker.schedule(first);
        worker.run_one();
        assert_eq!(stage.part(1).credit.muted_on(), 3, "2 holds three, 3 holds four");
        worker.schedule(3);
        worker.run();
        stage.settled();
        assert_eq!(stage.handled(2), [20, 21, 22]);
        assert_eq!(stage.handled(3), [29, 30, 31, 32]);
    });
}
