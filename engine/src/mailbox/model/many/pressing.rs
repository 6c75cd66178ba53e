//! News of pressure: three actors send to one that refuses when it is full, whose upstream is told.

use crate::mailbox::credit::CellNumber;
use crate::mailbox::model::driver::play;
use crate::mailbox::model::stage::{Stage, Wish, Worker, counter, part};
use crate::mailbox::pressure::{Level, Pressure, Step, turn_over};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::model::{demand_found, explore, note};
use crate::sync::Mutant;
use std::sync::{Arc, Mutex};

const SENDERS: std::ops::RangeInclusive<u32> = 2..=4;
const UPSTREAM: CellNumber = 5;
const EACH: u32 = 3;
const CAPACITY: u32 = 2;
const HIGH: u32 = CAPACITY;

/// The pressure of actor 1, and what was told of it. The lists are not the checker's.
struct Pressing {
    pressure: Pressure,
    told: Mutex<Vec<Level>>,
    refused: Mutex<Vec<u32>>,
}

impl Pressing {
    fn turn(&self, worker: &mut Worker<'_>, first: Step) {
        let receiver = worker.stage.part(1);
        turn_over(
            first,
            |step| self.pressure.step(step, &receiver.mailbox, || receiver.low(), HIGH),
            |level| {
                let nth = {
                    let mut told = self.told.lock().expect("no panic");
                    told.push(level);
                    told.len() as u32
                };
                let _: Pushed = worker.reply(UPSTREAM, nth, 0);
            },
        );
    }
}

fn three_fill_one(workers: usize) {
    let pressure = Pressure::new();
    let pressing = Arc::new(Pressing { pressure, told: Mutex::default(), refused: Mutex::default() });
    let of_low = Arc::clone(&pressing);
    let mut parts = vec![counter(CAPACITY).at_low(move |worker| of_low.turn(worker, Step::Fall))];
    parts.extend(SENDERS.map(|_| {
        let pressing = Arc::clone(&pressing);
        part(16, 128, move |cx, message| {
            match cx.worker.send(1, message, CAPACITY) {
                Pushed::First { count } | Pushed::Queued { count } if count >= HIGH => {
                    pressing.turn(cx.worker, Step::Rise);
                }
                Pushed::First { .. } | Pushed::Queued { .. } => {}
                Pushed::Full => {
                    note("refused");
                    pressing.refused.lock().expect("no panic").push(message);
                }
                Pushed::Closed => unreachable!("nobody closes it"),
            }
            Wish::Go
        })
    }));
    parts.push(counter(1));
    let stage = Stage::shared(parts);
    for sender in SENDERS {
        for nth in 0..EACH {
            let _: Pushed = stage.worker().send(sender, 10 * sender + nth, COUNT_MAX);
        }
    }
    play(&stage, workers, &[]);
    stage.settled();
    let told = pressing.told.lock().expect("no panic").clone();
    assert!(
        told.chunks(2).all(|pair| *pair == [Level::High, Level::Low]),
        "in turns, and low at last: {told:?}"
    );
    if !told.is_empty() {
        note("told");
    }
    assert_eq!(stage.handled(UPSTREAM), (1..=told.len() as u32).collect::<Vec<_>>(), "in order");
    let mut all = [stage.handled(1), pressing.refused.lock().expect("no panic").clone()].concat();
    all.sort_unstable();
    let sent = SENDERS.flat_map(|sender| (0..EACH).map(move |nth| 10 * sender + nth));
    assert_eq!(all, sent.collect::<Vec<_>>(), "each is handled once or refused once");
    for sender in SENDERS {
        let of_one = stage.handled(1).into_iter().filter(|message| message / 10 == sender);
        assert!(of_one.is_sorted(), "in order");
    }
}

#[test]
fn high_and_low_in_turns() {
    let seen = explore(|| three_fill_one(2));
    assert!(seen.contains("told") && seen.contains("refused"));
}

#[test]
fn high_and_low_in_turns_on_three_workers() {
    let seen = explore(|| three_fill_one(3));
    assert!(seen.contains("told") && seen.contains("refused"));
}

#[test]
fn finds_risen_without_look() {
    demand_found(Mutant::RisenWithoutLook, || three_fill_one(2));
}
