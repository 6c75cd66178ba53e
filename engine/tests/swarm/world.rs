//! Where a scenario is played: a system whose time and turns somebody else decides.

use crate::book::Book;
use crate::draw::{Draw, SplitMix};
use crate::outside::{Outsider, resume_all};
use std::time::Duration;
use throng::{Inline, Ledger, System};

/// A system on one thread and on virtual time, and the chance that decides what it does next.
pub(crate) trait World: Draw {
    fn system(&self) -> &System;

    /// Lets a little happen, or nothing.
    fn stir(&mut self);

    /// Lets everything happen that can, with no time passing.
    fn run(&mut self);

    /// Lets time pass, and everything happen that follows from that.
    fn pass(&mut self, by: Duration);
}

/// Steps of virtual time after which everybody must have come to rest.
const PATIENCE: u32 = 500;
/// Such a step; and longer than any deadline, alarm or pause of a plan.
const STEP: Duration = Duration::from_millis(2);
const LONG: Duration = Duration::from_millis(100);

/// Runs to rest: whoever is suspended is resumed, deadlines pass, pauses end.
///
/// # Errors
/// What was left to do when there was no patience left.
pub(crate) fn rest(world: &mut impl World, book: &Book, outsiders: &mut [Outsider]) -> Result<Ledger, String> {
    for late in [false, true] {
        let mut left = PATIENCE;
        loop {
            world.run();
            outsiders.iter_mut().for_each(Outsider::look);
            let open: usize = outsiders.iter().map(Outsider::open).sum();
            match world.system().quiesce(Duration::ZERO) {
                Ok(ledger) if open == 0 && late => return Ok(ledger),
                Ok(_) if open == 0 => break,
                Ok(_) if left == 0 => return Err(format!("liveness: {open} questions from outside have no outcome")),
                Err(busy) if left == 0 => return Err(format!("liveness: {busy}")),
                _ => {}
            }
            left -= 1;
            resume_all(book);
            world.run();
            world.pass(STEP);
        }
        world.pass(LONG);
    }
    unreachable!("the second time it is returned or refused")
}

/// The inline executor: each turn whole, in the one order that it has. The plan and what is done from outside are drawn.
pub(crate) struct InlineWorld {
    inline: Inline,
    chance: SplitMix,
}

impl InlineWorld {
    pub(crate) fn new(seed: u64) -> Self {
        Self { inline: System::builder().inline_virtual(), chance: SplitMix::new(seed) }
    }
}

impl Draw for InlineWorld {
    fn below(&mut self, bound: u64) -> u64 {
        self.chance.below(bound)
    }
}

impl World for InlineWorld {
    fn system(&self) -> &System {
        self.inline.system()
    }

    fn stir(&mut self) {
        if !self.one_in(2) {
            self.inline.run_until_idle();
        }
    }

    fn run(&mut self) {
        self.inline.run_until_idle();
    }

    fn pass(&mut self, by: Duration) {
        self.inline.advance(by);
    }
}
