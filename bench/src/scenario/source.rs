//! The load from within: an actor that sends as fast as back-pressure lets it, and tokens that are kept in flight.

use super::station::{Closed, DOORS, Plant};
use super::tally::{Alone, Tally};
use crate::seeded::Seeded;
use std::time::Duration;
use throng::{Actor, Context, Fault, Reason};

/// Sends in one handler of the source.
const CHUNK: u64 = 128;
/// How long a token waits for its place before it is asked whether the load is over; and how often.
const PLACED_WITHIN: Duration = Duration::from_millis(100);
const PLACED_TRIES: u32 = 600;

/// Tells the source to go on.
pub struct Step;

/// Sends arrivals without a pause; back-pressure alone holds it up.
pub struct Source {
    plant: &'static Plant,
    tally: &'static Tally,
    next: u64,
    end: u64,
    steps: u64,
    seeded: Seeded,
    alone: Alone,
}

impl Source {
    /// Of so many arrivals, or until the load is over.
    pub fn new(plant: &'static Plant, tally: &'static Tally, arrivals: u64, seed: u64) -> Self {
        let (seeded, alone) = (Seeded::stream(seed, DOORS), Alone::default());
        Self { plant, tally, next: 0, end: arrivals, steps: 0, seeded, alone }
    }
}

impl Actor for Source {
    type Msg = Step;

    fn handle(&mut self, _: Step, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.tally.overlap();
        }
        self.steps += 1;
        if self.tally.is_over() {
            self.end = self.next;
        }
        let stop = self.end.min(self.next + CHUNK);
        while self.next < stop {
            let (to, parcel) = self.plant.begin(self.next, self.next, &mut self.seeded);
            if let Err(refused) = cx.send(to, parcel) {
                match refused.reason() {
                    Reason::Full => self.plant.lost(cx.worker_index(), self.next),
                    other => self.tally.refused(other),
                }
            }
            self.next += 1;
        }
        if self.next == self.end {
            self.tally.add_beside(self.steps);
            self.plant.end(cx.worker_index());
            self.tally.report(self.next);
        } else {
            let me = cx.me();
            if let Err(refused) = cx.send(me, Step) {
                self.tally.refused(refused.reason());
            }
        }
        if self.alone.leave() {
            self.tally.overlap();
        }
        Ok(())
    }
}

/// Sets so many tokens going.
///
/// # Errors
/// In words, when one found no place.
pub fn kick_off(plant: &'static Plant, closed: Closed, seed: u64) -> Result<(), String> {
    let mut seeded = Seeded::stream(seed, DOORS);
    for number in 0..closed.tokens {
        let (to, mut parcel) = plant.begin(number, 0, &mut seeded);
        let mut tries = 0;
        while let Err(refused) = to.send_timeout(parcel, PLACED_WITHIN) {
            tries += 1;
            if refused.reason() != Reason::Timeout || tries == PLACED_TRIES {
                return Err(refused.to_string());
            }
            parcel = refused.into_inner();
        }
    }
    Ok(())
}
