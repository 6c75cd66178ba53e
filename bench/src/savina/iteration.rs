//! One iteration, verified.

use super::waiting::answer;
use super::workload::Workload;
use crate::alone::spoiled::{Spoiled, same, verified};
use std::time::{Duration, Instant};
use throng::{Ledger, System};

/// What takes longer does not end.
pub(super) const LONGEST: Duration = Duration::from_secs(600);

/// An iteration whose work was done as it was to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Iteration {
    /// From the first actor's spawn until its answer.
    pub took: Duration,
    /// Messages that were handled, those that end the actors among them.
    pub messages: u64,
}

/// Runs one in a system at rest, in which nobody lives, and leaves it so.
pub(super) fn run<W: Workload>(
    workload: &W,
    expected: &W::Expected,
    system: &System,
) -> Result<Iteration, Spoiled> {
    let before = system.ledger();
    let began = Instant::now();
    let main = system.spawn(workload.main());
    let given = answer(system, main.ask(|reply| workload.begin(reply)).deadline(LONGEST))?;
    let took = began.elapsed();
    let _ = main.stop();
    let after = system.quiesce(LONGEST)?;
    let given = given.map_err(|error| Spoiled::Wrong(format!("no answer: {error}")))?;
    workload.check(expected, given).map_err(Spoiled::Wrong)?;
    let messages = after.handled - before.handled;
    ended(&after)?;
    verified(&after, before.handled + workload.messages_least())?;
    Ok(Iteration { took, messages })
}

/// Refuses a ledger by which somebody still lives, or messages had no receiver.
pub(super) fn ended(ledger: &Ledger) -> Result<(), Spoiled> {
    same("actors that ended", ledger.spawned, ledger.stopped)?;
    same("dead letters", 0, ledger.dead.total())
}
