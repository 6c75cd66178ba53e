//! The same iteration in a simulation: one thread, virtual time, an order of turns from a seed.

use super::iteration::{LONGEST, ended};
use super::size::Size;
use super::workload::Workload;
use crate::alone::spoiled::verified;
use throng::System;

/// No small iteration takes so many steps: more go on for ever.
const STEPS_MOST: u64 = 1_000_000;

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Simulated {
    /// The same for the same seed.
    pub(super) hash: u64,
    /// Messages that were handled, once each.
    pub(super) messages: u64,
    /// Suspensions on a full mailbox.
    pub(super) mutes: u64,
}

/// Runs an iteration by this seed, and verifies it as on threads.
pub(super) fn run<W: Workload>(size: Size, seed: u64) -> Simulated {
    let workload = W::of(size);
    let expected = workload.expected();
    let mut sim = System::simulated(seed);
    sim.limit(STEPS_MOST);
    let main = sim.spawn(workload.main());
    let ask = main.ask(|reply| workload.begin(reply)).deadline(LONGEST);
    let name = W::NAME;
    let given = sim.block_on(ask).unwrap_or_else(|| panic!("{name}, seed {seed}: nobody answers"));
    let given = given.unwrap_or_else(|error| panic!("{name}, seed {seed}: {error}"));
    let put_aside = workload.put_aside(&given);
    if let Err(why) = workload.check(&expected, given) {
        panic!("{name}, seed {seed}: {why}");
    }
    let _ = main.stop();
    let ledger = sim.quiesce(LONGEST).unwrap_or_else(|busy| panic!("{name}, seed {seed}: {busy}"));
    let messages = ledger.handled.saturating_sub(put_aside);
    if let Err(why) = workload.messages().check(messages) {
        panic!("{name}, seed {seed}: {why}");
    }
    let fine = verified(&ledger, 0).and_then(|()| ended(&ledger, 0));
    fine.unwrap_or_else(|why| panic!("{name}, seed {seed}: {why:?}"));
    Simulated { hash: sim.trace_hash(), messages, mutes: ledger.mutes }
}
