//! A failure in words, made small.

use super::again::{Again, Program};
use super::failed::Failed;
use super::shrink::shrink;
use super::version::commit;
use std::time::{Duration, Instant};

/// Runs, and time, that are spent on making a failure small.
const TRIES: u32 = 2_000;
const TIME: Duration = Duration::from_secs(60);
/// The same of one that seems to go on for ever: each try takes as long as that did, and a smaller one tells little more.
const TIME_AT_LIMIT: Duration = Duration::from_secs(5);
/// Lines of its trace that are told.
const LINES: usize = 60;

/// Tells of a failure, and of the smallest run that `again` makes of fewer choices, or lower ones, and that fails alike.
pub(super) fn told(failed: &Failed, again: impl Fn(&[u64]) -> Option<Failed>) -> String {
    let at = commit();
    let seed = failed.seed.map_or_else(|| "a run".to_owned(), |seed| format!("seed {seed}"));
    let first = format!("{seed} fails at {at}: {}", failed.told());
    // As what follows may take its time.
    eprintln!("{first}");
    let until = Instant::now() + if failed.at_limit { TIME_AT_LIMIT } else { TIME };
    let alike = |choices: &[u64]| again(choices).filter(|small| small.is_like(failed));
    let mut last = None;
    let choices = shrink(failed.choices.clone(), TRIES, |choices| {
        let small = if Instant::now() < until { alike(choices) } else { None };
        let fails = small.is_some();
        last = small.or(last.take());
        fails
    });
    // Once more, as it is to fail whenever it is asked to; at the limit once is enough of that.
    let small = last.filter(|_| failed.at_limit).or_else(|| alike(&choices));
    let program = Program::this();
    let Again { command, remarks } = program.again();
    let by_seed = failed.seed.map_or_else(String::new, |seed| format!("again: SEED={seed} {command}\n"));
    let hash = failed.trace_hash;
    let way_out =
        if failed.of_actor { "if actors may fail so: `Simulation::tolerate` says that\n" } else { "" };
    let small = small.map_or_else(
        || {
            format!(
                "its choices alone do not fail so: the program draws, or keeps, something by itself\n{}",
                tail(&failed.trace)
            )
        },
        |small| {
            format!(
                "made small, from {} choices to {}: {}\nagain: {} {command}\n{}",
                failed.choices.len(),
                choices.len(),
                small.words,
                program.variable(&choices),
                tail(&small.trace)
            )
        },
    );
    format!("{first}\ntrace hash {hash:016x}\n{way_out}{by_seed}{remarks}{small}")
}

/// The last lines of a trace.
pub(super) fn tail(trace: &str) -> String {
    let lines: Vec<_> = trace.lines().collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    format!(
        "the last that it did (time, steps, worker; further right is in the middle of a turn):\n{}",
        last.join("\n")
    )
}
