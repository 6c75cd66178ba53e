//! Two answers, a deadline, and the asker who opens or gives up, by the shipped [`Tally`]: told once, or never.

use crate::mailbox::tally::{Tally, Told};
use crate::model::{demand_found, explore, note};
use crate::sync::{Mutant, thread};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const LATE: u32 = 99;

/// What became of it. Not loom's: it only counts.
#[derive(Default)]
struct Counts {
    told: AtomicU32,
    late: AtomicU32,
}

impl Counts {
    fn told(&self, told: Option<Told<u32, ()>>) {
        let Some(Told { outcomes, decided, .. }) = told else { return };
        assert_eq!(self.told.fetch_add(1, Ordering::Relaxed), 0, "told twice");
        for (place, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Some(LATE) => note("out of time"),
                Some(answer) => assert_eq!(answer as usize, place),
                None => assert!(decided.is_some(), "one is missing"),
            }
        }
    }
}

fn model(opens: bool, decides: bool) {
    let (tally, counts) = (Arc::new(Tally::new(2, ())), Arc::new(Counts::default()));
    let answers = {
        let (tally, counts) = (Arc::clone(&tally), Arc::clone(&counts));
        thread::spawn(move || {
            for place in 0..2 {
                match tally.put(place, place as u32, decides && place == 0) {
                    Ok(told) => counts.told(told),
                    Err(answer) => {
                        assert_eq!(answer as usize, place);
                        counts.late.fetch_add(1, Ordering::Relaxed);
                        note("late");
                    }
                }
            }
        })
    };
    let deadline = {
        let (tally, counts) = (Arc::clone(&tally), Arc::clone(&counts));
        thread::spawn(move || counts.told(tally.fill(|| LATE)))
    };
    if opens {
        counts.told(tally.open());
    } else {
        drop(tally.give_up());
    }
    for thread in [answers, deadline] {
        thread.join().expect("no panic");
    }
    assert_eq!(
        counts.told.load(Ordering::Relaxed),
        u32::from(opens),
        "told of what was asked, and of nothing else"
    );
}

#[test]
fn what_is_asked_is_told_once() {
    for decides in [false, true] {
        let seen = explore(move || model(true, decides));
        assert!(seen.contains("late") && seen.contains("out of time"));
        explore(move || model(false, decides));
    }
}

#[test]
fn who_tells_before_all_are_asked_is_found() {
    demand_found(Mutant::TellWhileOpening, || model(false, false));
}

#[test]
fn who_opens_without_a_look_is_found() {
    demand_found(Mutant::OpenWithoutLook, || model(true, false));
}
