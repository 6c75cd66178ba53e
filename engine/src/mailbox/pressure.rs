//! The news that a mailbox is under pressure: "high" when its count has reached the high mark, "low" when it has sunk to the
//! low mark again, in turns, never twice the same, and never the wrong one last.
//!
//! ```text
//! calm --rise--> rising --(tell "high")--> high --fall--> falling --(tell "low")--> calm
//! ```
//! Whoever wins such a step tells, and only then goes on to the next state: so the two never overtake each other. A
//! sender whose push has reached the high mark tries to rise; when it has told, it flags the mailbox, and the owner that
//! finds the count at the low mark tries to fall. Two edges can be missed while somebody is telling:
//! - the count sinks while "high" is told: the flag is refused then, and the riser falls itself;
//! - the count rises while "low" is told: a sender pushes, passes a SeqCst fence, and finds the state not calm; the faller
//!   writes calm, passes a fence, and looks at the count. One of the two sees the other.

//!
//! *What is told.* One piece of news is under way at a time ([`News`]): while it is, the edges that follow it are only noted, and when
//! it is heard, what is true by then is told if it is not what was said. So however slow the one who hears, what waits for him is
//! one piece of news, high and low come in turns, and the last is true.

use super::queue::{Flagged, Mailbox};
use super::word::CLOSED;
use crate::sync::{AtomicU32, Mutant, Ordering, fence, mutant};

const CALM: u32 = 0;
const RISING: u32 = 1;
const HIGH: u32 = 2;
const FALLING: u32 = 3;

/// The state of one mailbox's pressure.
#[derive(Debug)]
pub(crate) struct Pressure(AtomicU32);

/// Which way the pressure has turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// The mailbox holds as many messages as its high mark says, or more.
    High,
    /// It has sunk to its low mark since.
    Low,
}

/// What a teller does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A push has reached the high mark.
    Rise,
    /// "High" has been told.
    Risen,
    /// The count has sunk to the low mark.
    Fall,
    /// "Low" has been told.
    Fallen,
}

/// Tells what is to be told, beginning with this edge. `take` takes a step and says whether the next one follows.
pub(crate) fn turn_over(mut step: Step, mut take: impl FnMut(Step) -> bool, mut tell: impl FnMut(Level)) {
    while take(step) {
        step = match step {
            Step::Rise => {
                tell(Level::High);
                Step::Risen
            }
            Step::Risen => Step::Fall,
            Step::Fall => {
                tell(Level::Low);
                Step::Fallen
            }
            Step::Fallen => Step::Rise,
        }
    }
}

/// A piece of news is on its way.
const UNDERWAY: u32 = 1;
/// The last that was told is "high".
const SAID_HIGH: u32 = 2;
/// It is high.
const IS_HIGH: u32 = 4;

/// What the one who is told has heard, and what is true.
#[derive(Debug)]
pub(crate) struct News(AtomicU32);

impl News {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// The pressure has turned: what is to be told, if nothing is under way. One turn after the other.
    #[must_use]
    pub(crate) fn turned(&self, level: Level) -> Option<Level> {
        let is_high = if level == Level::High { IS_HIGH } else { 0 };
        self.change(|seen| seen & !IS_HIGH | is_high)
    }

    /// What was under way has been heard: what is to be told next.
    #[must_use]
    pub(crate) fn heard(&self) -> Option<Level> {
        if mutant(Mutant::HeardWithoutLook) {
            self.0.fetch_and(!UNDERWAY, Ordering::AcqRel);
            return None;
        }
        self.change(|seen| seen & !UNDERWAY)
    }

    /// In one exchange also: begins to tell what is true, if nothing is under way and it is not what was said.
    fn change(&self, to: impl Fn(u32) -> u32) -> Option<Level> {
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            let next = to(seen);
            let is_due = next & UNDERWAY == 0 && (next & IS_HIGH != 0) != (next & SAID_HIGH != 0);
            let next = if is_due { (next ^ SAID_HIGH) | UNDERWAY } else { next };
            // Who hears comes after who told, and who tells next after who heard: each Release pairs with the other's Acquire.
            match self.0.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if !is_due => return None,
                Ok(_) => return Some(if next & SAID_HIGH != 0 { Level::High } else { Level::Low }),
                Err(other) => seen = other,
            }
        }
    }
}

impl Pressure {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(CALM))
    }

    /// Takes a step; says whether the next one is the caller's to take.
    #[must_use]
    pub(crate) fn step(&self, step: Step, mailbox: &Mailbox, low: impl Fn() -> u32, high: u32) -> bool {
        match step {
            Step::Rise => {
                if !mutant(Mutant::RiseWithoutFence) {
                    // Pairs with the fence below.
                    fence(Ordering::SeqCst);
                }
                self.turn(CALM, RISING)
            }
            Step::Risen => {
                // Release: the next teller comes after this one. Pairs with the Acquire in `turn`.
                self.0.store(HIGH, Ordering::Release);
                mailbox.flag_waiters(low) == Flagged::No && !mutant(Mutant::RisenWithoutLook)
            }
            Step::Fall => self.turn(HIGH, FALLING),
            Step::Fallen => {
                // Release as above.
                self.0.store(CALM, Ordering::Release);
                if !mutant(Mutant::FallenWithoutFence) {
                    // Pairs with the fence above.
                    fence(Ordering::SeqCst);
                }
                let word = mailbox.peek();
                word.count() >= high && !word.has(CLOSED)
            }
        }
    }

    fn turn(&self, from: u32, to: u32) -> bool {
        self.0.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}
