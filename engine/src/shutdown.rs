//! Coming down in good order: one procedure, for systems with threads and for simulations. Whoever comes down says how it passes time,
//! and in which order actors are told.

use crate::actor::{ending, outlook};
use crate::cell::arena;
use crate::error::Busy;
use crate::ledger::Ledger;
use crate::mailbox::credit::CellNumber;
use crate::quiesce::{self, Settled};
use crate::scheduler::shared::Shared;
use std::time::Duration;

/// How a system that comes down passes its time.
pub(crate) trait Pace {
    /// Has it go on until it has settled, for as long as there is time; see [`quiesce::settle`].
    ///
    /// # Errors
    /// What was left when time was over.
    #[track_caller]
    fn settle(&mut self, rested: bool) -> Result<Settled, Busy>;

    /// No time is left.
    fn is_over(&self) -> bool;

    /// All have been told, and lie still: lets something else come first. False if nothing will in time.
    #[track_caller]
    fn wait(&mut self) -> bool;

    /// Puts actors into the order in which they are told; they come as they lie in memory.
    fn sort(&self, _actors: &mut [(CellNumber, u32)]) {}

    /// Ends at once whatever is left.
    fn end(&mut self) -> Ledger;
}

/// Brings a system down, within the `deadline` that its pace keeps, and ends what is left then.
///
/// # Errors
/// [`Busy`] if time was over first.
#[track_caller]
pub(crate) fn shut_down(shared: &Shared, deadline: Duration, pace: &mut impl Pace) -> Result<Ledger, Busy> {
    let down = stop_in_order(shared, deadline, pace);
    let ledger = pace.end();
    down.map(|()| ledger).map_err(|busy| Busy { waited: deadline, ledger: Box::new(ledger), ..busy })
}

#[track_caller]
fn stop_in_order(shared: &Shared, deadline: Duration, pace: &mut impl Pace) -> Result<(), Busy> {
    let (mut told, mut urged, mut rested) = (None, None, false);
    loop {
        let settled = pace.settle(rested)?;
        let totals = shared.stats.totals();
        if !matches!(settled, Settled::Rest(_)) {
            let changed = urged.replace(totals) != Some(totals);
            // What was told them has changed nothing: something else has to come first.
            if !changed && (pace.is_over() || !pace.wait()) {
                return Err(quiesce::held_up(shared));
            }
        }
        let ledger = match settled {
            Settled::Rest(ledger) => ledger,
            // A back-off is not waited for: such a tree comes down now.
            Settled::Pauses { rest } => {
                rested |= rest;
                shared.close_paused();
                continue;
            }
            // Nor is whoever is to resume these.
            Settled::Suspended(all) => {
                stop_each(all, pace);
                continue;
            }
        };
        rested = true;
        // Not by the totals: a timer that is not waited for may have had somebody come and go while they were read.
        if shared.stats.living() == 0 {
            return Ok(());
        }
        if pace.is_over() {
            return Err(quiesce::not_down(shared, &ledger, deadline));
        }
        // Trees come down in their own order, and are waited for.
        if shared.close() {
            continue;
        }
        // They have been told, and lie still: something outside has to come first. Not by how many there are: the last words of one
        // may spawn another.
        let ends = (totals.spawned, totals.stopped);
        if told.replace(ends) == Some(ends) && !pace.wait() {
            return Err(quiesce::not_down(shared, &ledger, deadline));
        }
        // Also those that were spawned by the last words of others.
        let mut all = Vec::new();
        outlook::for_each_actor(shared, |cell, generation| all.push((arena::number(cell), generation)));
        stop_each(all, pace);
    }
}

fn stop_each(mut all: Vec<(CellNumber, u32)>, pace: &impl Pace) {
    pace.sort(&mut all);
    ending::stop_each(all);
}
