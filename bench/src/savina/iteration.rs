//! One iteration, verified.

use super::stage::{Stage, WATCHERS};
use super::workload::Workload;
use crate::alone::spoiled::{Spoiled, same, verified};
use std::time::{Duration, Instant};
use throng::Ledger;

/// What takes longer does not end.
pub(super) const LONGEST: Duration = Duration::from_secs(600);

/// An iteration whose work was done as it was to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Iteration {
    /// From the first actor's spawn until its answer.
    pub took: Duration,
    /// Messages that were handled, those that end the actors among them; once each, however often they were put aside.
    pub messages: u64,
    /// Suspensions on a full mailbox.
    pub mutes: u64,
}

/// Runs one in a system at rest, in which nobody lives but who watches, and leaves it so.
pub(super) fn run<W: Workload>(
    workload: &W,
    expected: &W::Expected,
    stage: &Stage,
) -> Result<Iteration, Spoiled> {
    let system = &stage.system;
    let before = system.ledger();
    let first = workload.main();
    let began = Instant::now();
    let main = system.spawn(first);
    let given = stage.answer(main.ask(|reply| workload.begin(reply)).deadline(LONGEST))?;
    let took = began.elapsed();
    let given = given.map_err(|error| Spoiled::Wrong(format!("no answer: {error}")))?;
    let put_aside = workload.put_aside(&given);
    workload.check(expected, given).map_err(Spoiled::Wrong)?;
    let _ = main.stop();
    let after = system.quiesce(LONGEST)?;
    let (handled, mutes) = (after.handled - before.handled, after.mutes - before.mutes);
    // More than were handled nobody can have put aside.
    let messages = handled.saturating_sub(put_aside);
    workload.messages().check(messages).map_err(Spoiled::Wrong)?;
    ended(&after, WATCHERS)?;
    verified(&after, 0)?;
    Ok(Iteration { took, messages, mutes })
}

/// Refuses a ledger by which more than so many still live, or messages had no receiver.
pub(super) fn ended(ledger: &Ledger, living: u64) -> Result<(), Spoiled> {
    same("actors that ended", ledger.spawned - living, ledger.stopped)?;
    same("dead letters", 0, ledger.dead.total())
}
