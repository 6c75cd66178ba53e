//! Where a scenario is played on one thread: a simulation, whose chance is the scenario's too.

use crate::book::{Book, Slot};
use crate::draw::Draw;
use crate::draw::SplitMix;
use crate::judge;
use crate::outside::{Outsider, resume_all};
use crate::times;
use std::sync::atomic::Ordering;
use std::time::Duration;
use throng::sim::{Faults, Simulation};
use throng::{Builder, Ledger, System};

/// More steps than a scenario of this size can have use for.
const STEPS: u64 = 100_000;
/// Steps of virtual time in which somebody must handle something, or everybody have come to rest. Each is longer than any deadline, alarm or pause of a plan, so
/// that one is mostly enough: to look whether it was costs more than to let time pass.
const PATIENCE: u32 = 20;
const STEP: Duration = Duration::from_millis(60);

/// How many workers there are is the seed's, as it must be known before the first choice.
fn workers(seed: u64) -> Builder {
    System::builder().workers(SplitMix::new(seed).within(1, 6) as usize)
}

/// A simulated system, and its chance.
pub(crate) struct World(Simulation);

impl World {
    pub(crate) fn of_seed(seed: u64) -> World {
        World::new(workers(seed).simulated(seed))
    }

    /// From choices that another has made, or from fewer or smaller ones.
    pub(crate) fn of_choices(seed: u64, choices: &[u64]) -> World {
        World::new(workers(seed).replayed(choices.to_vec()))
    }

    fn new(mut sim: Simulation) -> World {
        sim.limit(STEPS);
        World(sim)
    }

    pub(crate) fn system(&self) -> &System {
        self.0.system()
    }

    /// What the faults have ended so far is nobody else's doing.
    pub(crate) fn own_up(&self, book: &Book) {
        let seat = |ended| {
            let is_it = |slot: &&Slot| slot.address.get().is_some_and(|address| address.id() == ended);
            book.seats().iter().find(is_it)
        };
        let killed = self.0.killed();
        for slot in killed.iter().filter_map(|killed| seat(*killed)) {
            slot.cut.store(true, Ordering::Release);
            slot.doomed.store(true, Ordering::Release);
        }
        let ended = killed.into_iter().chain(self.0.stopped());
        let unseen = ended.filter(|ended| seat(*ended).is_none()).count();
        book.unseen.store(unseen, Ordering::Release);
    }

    /// Tells the book what time it is.
    fn tell_time(&self, book: &Book) {
        book.passed(self.0.now());
    }

    /// Prints each choice as it is drawn.
    pub(crate) fn copy_choices(&mut self) {
        self.0.copy_choices(std::io::stdout());
    }

    pub(crate) fn choices(&self) -> Vec<u64> {
        self.0.choices()
    }

    pub(crate) fn trace(&self) -> String {
        self.0.trace()
    }

    pub(crate) fn faults(&mut self, faults: Faults) {
        self.0.faults(faults);
    }

    /// Lets a little happen, or nothing.
    pub(crate) fn stir(&mut self, book: &Book) {
        for _ in 0..self.below(16) {
            if !self.0.step() {
                break;
            }
        }
        self.tell_time(book);
    }

    /// Lets time pass, and everything happen that follows from that.
    pub(crate) fn pass(&mut self, by: Duration, book: &Book) {
        self.0.advance(by);
        self.tell_time(book);
        times::overdue(book, self.0.system(), self.0.now());
    }

    /// Runs to rest: whoever is suspended is resumed, deadlines pass, pauses end.
    ///
    /// # Errors
    /// What was left to do when there was no patience left.
    pub(crate) fn rest(&mut self, book: &Book, outsiders: &mut [Outsider]) -> Result<Ledger, String> {
        let (mut left, mut handled) = (PATIENCE, 0);
        loop {
            self.0.run_until_idle();
            resume_all(book);
            self.pass(STEP, book);
            outsiders.iter_mut().for_each(Outsider::look);
            let open: usize = outsiders.iter().map(Outsider::open).sum();
            match self.system().quiesce(Duration::ZERO) {
                // An open question is no work, and ends with its deadline.
                // The engine's own news in the mailbox of one that is suspended is no work either.
                Ok(ledger) if open == 0 && (left == 0 || !(judge::is_asked(book) || resume_all(book))) => {
                    return Ok(ledger);
                }
                Ok(_) if left == 0 => {
                    return Err(format!("liveness: {open} questions from outside have no outcome"));
                }
                Err(busy) if left == 0 => return Err(format!("liveness: {busy}")),
                _ => {}
            }
            // Who suspends himself at each message takes as many steps.
            let now = self.system().activity().handled;
            left = if now == handled { left - 1 } else { PATIENCE };
            handled = now;
        }
    }

    /// Ends it as it is.
    pub(crate) fn abort(mut self) -> Ledger {
        self.0.abort()
    }

    pub(crate) fn shutdown(mut self, within: Duration) -> Result<Ledger, String> {
        self.0.shutdown(within).map_err(|busy| format!("the end: {busy}"))
    }
}

impl Draw for World {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }
}
