//! Trying many seeds, and telling of one that fails.

use super::shrink::shrink;
use super::simulation::Simulation;
use crate::system::System;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Once;
use std::time::{Duration, Instant};

/// Runs, and time, that are spent on making a failure small.
const TRIES: u32 = 2_000;
const TIME: Duration = Duration::from_secs(60);
/// Lines of its trace that are told.
const LINES: usize = 60;

/// Runs a test in a simulation for each of these seeds. With `SEED` in the environment, for that seed alone; with `CHOICES`, for these
/// choices.
///
/// # Panics
/// At the first seed with which the test panics: with the seed, the commit, the command that runs it again, and a run as small as two
/// thousand tries, or a minute, could make it that fails [alike](Failed::is_like), with the last of its trace. What the test prints
/// while it is made small is printed too, but for messages of panics.
pub fn explore(seeds: impl IntoIterator<Item = u64>, test: impl Fn(&mut Simulation)) {
    if let Ok(given) = std::env::var("CHOICES") {
        let choices =
            given.split(',').filter(|one| !one.is_empty()).map(|one| number(one, "CHOICES")).collect();
        if let Some(failed) = run_one(System::builder().replayed(choices), &test) {
            panic!("these choices fail: {}\n{}", failed.words, tail(&failed.trace));
        }
        return;
    }
    let one = std::env::var("SEED").ok().map(|seed| number(&seed, "SEED"));
    let seeds: Box<dyn Iterator<Item = u64>> = match one {
        Some(seed) => Box::new(std::iter::once(seed)),
        None => Box::new(seeds.into_iter()),
    };
    for seed in seeds {
        if let Some(failed) = run_one(System::simulated(seed), &test) {
            panic!("{}", told(seed, failed, &test));
        }
    }
}

fn number(text: &str, of: &str) -> u64 {
    text.trim().parse().unwrap_or_else(|_| panic!("{of}: `{text}` is no number from 0 to {}", u64::MAX))
}

/// How a run failed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Failed {
    /// What the test panicked with.
    pub words: String,
    /// Where it panicked: file, line and column. None if it went on with a panic of another thread's.
    pub place: Option<String>,
    /// Its choices until then.
    pub choices: Vec<u64>,
    /// The hash and the words of its trace.
    pub trace_hash: u64,
    /// See above.
    pub trace: String,
}

impl Failed {
    /// Whether this is the same failure as another, as far as can be told: it panicked at the same place, and with the same words, as far
    /// as the first colon (that is not among the first sixteen bytes), numbers left out.
    pub fn is_like(&self, other: &Failed) -> bool {
        self.place == other.place && kind(&self.words) == kind(&other.words)
    }
}

/// What kind of failure these words tell of: the first line of them without what differs between two runs, as [`Failed::is_like`] takes
/// it. For who plays a test in processes of their own, and has words alone to compare.
///
/// ```
/// use throng::sim::kind;
/// assert_eq!(kind("message 24 came out before 23: of the stash"), kind("message 7 came out before 6: of a mailbox"));
/// assert_ne!(kind("message 24 came out before 23"), kind("message 24 came twice"));
/// ```
pub fn kind(words: &str) -> String {
    let line = words.lines().next().unwrap_or_default();
    let head = line.split_once(": ").map_or(line, |(head, _)| head);
    let head = if head.len() < 16 { line } else { head };
    // Words that begin with a figure go; `L1` is a name.
    let words = head.split(|c: char| !c.is_alphanumeric() && c != '.');
    let words = words.filter(|word| !word.starts_with(|c: char| c.is_ascii_digit()));
    words.collect::<Vec<_>>().join(" ")
}

/// Runs a test in one simulation, and catches its panic, of which nothing is printed.
pub fn run_one(mut simulation: Simulation, test: impl Fn(&mut Simulation)) -> Option<Failed> {
    PLACE.take();
    let payload = quietly(|| catch_unwind(AssertUnwindSafe(|| test(&mut simulation))).err())?;
    let words = payload
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| payload.downcast_ref::<&str>().map(|words| (*words).to_owned()))
        .unwrap_or_else(|| "a panic without words".to_owned());
    Some(Failed {
        words,
        place: PLACE.take(),
        choices: simulation.choices(),
        trace_hash: simulation.trace_hash(),
        trace: simulation.trace(),
    })
}

/// A failure in words, made small.
fn told(seed: u64, failed: Failed, test: impl Fn(&mut Simulation)) -> String {
    let again = |choices: &[u64]| run_one(System::builder().replayed(choices.to_vec()), &test);
    let count = failed.choices.len();
    // First, as what follows may take its time.
    eprintln!("seed {seed} fails at {}: {}", commit(), failed.words);
    let until = Instant::now() + TIME;
    let like = |small: &Failed| small.is_like(&failed);
    let choices = shrink(failed.choices.clone(), TRIES, |choices| {
        Instant::now() < until && again(choices).as_ref().is_some_and(like)
    });
    let thread = std::thread::current();
    // A test that is run alone may be on the first thread, which is not called after it.
    let name = thread.name().filter(|name| *name != "main").unwrap_or("");
    let list: Vec<_> = choices.iter().map(u64::to_string).collect();
    let small = again(&choices).filter(like).map_or_else(
        || "its choices alone do not fail so: the program draws, or keeps, something by itself".to_owned(),
        |small| {
            let list = list.join(",");
            format!(
                "made small, from {count} choices to {}: {}\nagain: CHOICES={list} cargo test {name}\n{}",
                choices.len(),
                small.words,
                tail(&small.trace)
            )
        },
    );
    format!(
        "seed {seed} fails at {}: {}\ntrace hash {:016x}\nagain: SEED={seed} cargo test {name}\n{small}",
        commit(),
        failed.words,
        failed.trace_hash
    )
}

/// The last lines.
fn tail(trace: &str) -> String {
    let lines: Vec<_> = trace.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

/// Which version of the program this is, as far as can be told.
fn commit() -> String {
    let asked = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    let known = asked.ok().filter(|answer| answer.status.success());
    known.map_or_else(
        || "an unknown commit".to_owned(),
        |answer| format!("commit {}", String::from_utf8_lossy(&answer.stdout).trim()),
    )
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    /// Where this thread panicked last while it was quiet.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `f`, in which panics of this thread print nothing, and leave their place.
fn quietly<R>(f: impl FnOnce() -> R) -> R {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if QUIET.get() {
                PLACE.set(panic.location().map(ToString::to_string));
            } else {
                before(panic);
            }
        }));
    });
    let was = QUIET.replace(true);
    let result = f();
    QUIET.set(was);
    result
}
