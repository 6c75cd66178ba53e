//! Actors that do nothing: what each of them costs in memory, all of them in time, and a busy pair beside them.

use super::nursery;
use super::plan::{Outcome, Plan, SETTLED_WITHIN};
use super::volley;
use crate::machine;
use serde_json::json;
use std::time::{Duration, Instant};
use throng::System;

/// How long the idle system is watched.
const WATCHED: Duration = Duration::from_secs(1);
/// Actors that come first, so that what every system needs once is there before memory is read.
const FIRST: u64 = 1_000;

/// The least growth that tells of actors: memory comes in pages of up to 2 MiB, and a few of them are no figure.
pub const RESOLVED_FROM: u64 = 8 << 20;

/// Spawns actors, has each handle one message, and watches them rest.
///
/// # Errors
/// In words, when they cannot be spawned or do not come to rest.
pub fn idle(system: &System, plan: &Plan) -> Result<Outcome, String> {
    let actors = plan.actors.unwrap_or(nursery::ACTORS);
    let first = nursery::settle(system, plan, FIRST)?;
    let (rss_before, pss_before) = (machine::rss_bytes(), machine::pss_bytes());
    let mut outcome = nursery::settle(system, plan, actors)?;
    let (rss_after, pss_after) = (machine::rss_bytes(), machine::pss_bytes());
    let grown = |before: Option<u64>, after: Option<u64>| {
        let (actors, grown) = (outcome.messages.max(1), after?.saturating_sub(before?));
        (grown >= RESOLVED_FROM).then(|| grown as f64 / actors as f64)
    };
    let (rss, pss) = (grown(rss_before, rss_after), grown(pss_before, pss_after));
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    // The workers' last spins are work's end, not rest.
    std::thread::sleep(WATCHED / 50);
    let (cpu, start) = (machine::cpu_ns(), Instant::now());
    std::thread::sleep(WATCHED);
    let (cpu, watched) = (machine::cpu_ns() - cpu, start.elapsed());
    outcome.wrong.extend(first.wrong);
    outcome.handled += first.handled;
    outcome.actors = first.messages + outcome.messages;
    // What spawning cost is the workload `create`.
    (outcome.elapsed_ns, outcome.cpu_ns) = (None, None);
    outcome.bytes_per_actor = pss.or(rss);
    outcome.counts = "actor";
    outcome.facts.push(("rss_bytes_per_actor", json!(rss)));
    outcome.facts.push(("pss_bytes_per_actor", json!(pss)));
    outcome.facts.push(("cpu_ms_per_idle_s", json!(cpu as f64 / 1e6 / watched.as_secs_f64())));
    Ok(outcome)
}

/// A volley beside idle actors.
///
/// # Errors
/// As [`idle`].
pub fn crowd(system: &System, plan: &Plan) -> Result<Outcome, String> {
    let crowd = nursery::settle(system, plan, plan.actors.unwrap_or(nursery::ACTORS))?;
    let mut outcome = volley::run(system, plan, 1)?;
    outcome.handled += crowd.handled;
    outcome.actors += crowd.messages;
    outcome.wrong.extend(crowd.wrong);
    outcome.facts.push(("idle_actors", json!(crowd.messages)));
    Ok(outcome)
}
