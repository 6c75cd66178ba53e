//! News of pressure: high and low in turns, and the last one is true.

use super::letters::Letters;
use crate::mailbox::drain::{Drain, Ended, Next};
use crate::mailbox::pressure::{Level, News, Pressure, Step, turn_over};
use crate::mailbox::queue::{Mailbox, Pushed, Waiters};
use crate::model::{demand_found, demand_found_further, explore, explore_further, note};
use crate::sync::{Mutant, thread};
use std::sync::{Arc, Mutex};

const HIGH: u32 = 1;
const LOW: u32 = 0;

/// A mailbox, and what was told of it. The list is not loom's: it is no part of the protocol.
struct Told {
    mailbox: Mailbox,
    pressure: Pressure,
    letters: Letters,
    told: Mutex<Vec<Level>>,
}

impl Told {
    fn tell(&self, first: Step) {
        turn_over(
            first,
            |step| self.pressure.step(step, &self.mailbox, || LOW, HIGH),
            |level| self.told.lock().expect("no panic").push(level),
        );
    }

    /// Sends, runs the actor if it was idle, and only then looks at the mark: as a sender that is slow.
    fn send(&self, message: u32) {
        // SAFETY: the letter is ours.
        let pushed = unsafe { self.mailbox.push(self.letters.seal(message), 0, u32::MAX) };
        if matches!(pushed, Pushed::First { .. }) {
            self.run();
        }
        let (Pushed::First { count } | Pushed::Queued { count }) = pushed else { panic!("nobody closes it") };
        if count >= HIGH {
            self.tell(Step::Rise);
        }
    }

    fn run(&self) {
        let mut drain = Drain::new();
        let wake = |waiters| {
            if waiters == Waiters::Wake {
                self.tell(Step::Fall);
            }
        };
        loop {
            // SAFETY: the owner.
            let ended = unsafe {
                match drain.next(&self.mailbox) {
                    Next::InPlace { .. } if drain.finish(&self.mailbox) => return,
                    Next::InPlace { .. } => Ended::Owned(drain.settle(&self.mailbox, || LOW)),
                    Next::Message { .. } => {
                        drain.handled();
                        continue;
                    }
                    Next::Empty => drain.idle(&self.mailbox, || LOW),
                    Next::Drained | Next::Signal => panic!("nobody closes it"),
                }
            };
            match ended {
                Ended::Idle => return,
                Ended::Owned(waiters) => wake(waiters),
            }
        }
    }
}

fn two_send() {
    let told = Arc::new(Told {
        mailbox: Mailbox::new(),
        pressure: Pressure::new(),
        letters: Letters::default(),
        told: Mutex::default(),
    });
    let other = thread::spawn({
        let told = Arc::clone(&told);
        move || told.send(1)
    });
    told.send(2);
    other.join().expect("no panic");
    let news = told.told.lock().expect("no panic");
    assert!(
        news.chunks(2).all(|pair| *pair == [Level::High, Level::Low]),
        "in turns, and low at last: {news:?}"
    );
    assert!(!news.is_empty(), "nobody told");
}

#[test]
fn high_and_low_in_turns() {
    explore(two_send);
}

#[test]
fn finds_risen_without_look() {
    demand_found(Mutant::RisenWithoutLook, two_send);
}

/// The count is high again while "low" is told, and stays: that is told too.
fn high_again() {
    let told = Arc::new(Told {
        mailbox: Mailbox::new(),
        pressure: Pressure::new(),
        letters: Letters::default(),
        told: Mutex::default(),
    });
    // It was high, and has sunk: this thread is about to tell of it.
    assert!(told.pressure.step(Step::Rise, &told.mailbox, || LOW, HIGH));
    assert!(told.pressure.step(Step::Risen, &told.mailbox, || LOW, HIGH));
    let other = thread::spawn({
        let told = Arc::clone(&told);
        move || {
            // SAFETY: the letter is ours. The owner is busy elsewhere.
            let pushed = unsafe { told.mailbox.push(told.letters.seal(1), 0, u32::MAX) };
            assert!(matches!(pushed, Pushed::First { .. }));
            told.tell(Step::Rise);
        }
    });
    told.tell(Step::Fall);
    other.join().expect("no panic");
    assert_eq!(*told.told.lock().expect("no panic"), [Level::Low, Level::High]);
}

#[test]
fn high_while_low_is_told() {
    explore(high_again);
}

#[test]
fn finds_rise_without_fence() {
    demand_found(Mutant::RiseWithoutFence, high_again);
}

#[test]
fn finds_fallen_without_fence() {
    demand_found(Mutant::FallenWithoutFence, high_again);
}

/// One who turns over and over, and one who hears: what was told is in turns, one at a time, and the last of it is true.
fn heard_late() {
    /// News under way, and what was heard. Not loom's.
    #[derive(Default)]
    struct Wire(Mutex<(Vec<Level>, Vec<Level>)>);
    impl Wire {
        fn post(&self, level: Option<Level>) {
            let mut wire = self.0.lock().expect("no panic");
            wire.0.extend(level);
            assert!(wire.0.len() <= 1, "two under way");
        }
        fn hear(&self, news: &News) {
            let said = self.0.lock().expect("no panic").0.pop();
            if let Some(level) = said {
                self.0.lock().expect("no panic").1.push(level);
                self.post(news.heard());
            }
        }
    }
    let (news, wire) = (Arc::new(News::new()), Arc::new(Wire::default()));
    let turner = thread::spawn({
        let (news, wire) = (Arc::clone(&news), Arc::clone(&wire));
        move || [Level::High, Level::Low, Level::High].map(|level| wire.post(news.turned(level)))
    });
    for _ in 0..2 {
        wire.hear(&news);
        thread::yield_now();
    }
    turner.join().expect("no panic");
    for _ in 0..3 {
        wire.hear(&news);
    }
    let wire = wire.0.lock().expect("no panic");
    assert!(wire.0.is_empty());
    let turns: Vec<_> = [Level::High, Level::Low].into_iter().cycle().take(wire.1.len()).collect();
    assert_eq!(wire.1, turns);
    assert_eq!(wire.1.last(), Some(&Level::High), "and the last is true");
    if wire.1.len() == 1 {
        note("noted only");
    }
}

#[test]
fn news_is_heard_in_turns_and_the_last_is_true() {
    assert!(explore_further(heard_late).contains("noted only"));
}

#[test]
fn finds_heard_without_look() {
    demand_found_further(Mutant::HeardWithoutLook, heard_late);
}
