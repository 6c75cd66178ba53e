//! A workload, measured in this process: iterations until they are steady, and then those that count.

use super::iteration::{self, Iteration, ended};
use super::size::Size;
use super::stage::Stage;
use super::workload::Workload;
use crate::alone::spoiled::{Spoiled, verified};
use crate::run;
use crate::settled::{self, Settled};
use crate::statistics::median;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::{Duration, Instant};

/// So many iterations count at least, however long they take.
const LEAST: usize = 3;
/// More are not measured: a median of a thousand says all that there is to say.
const MOST: usize = 1_000;
/// Where so few were made in the time that they say nothing, they have so many times as long.
pub(super) const LONGER: u32 = 4;

/// How it is to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How much work an iteration is.
    pub size: Size,
    /// Workers of the system.
    pub workers: usize,
    /// How long iterations are measured, and how long the warm-up may take, if it may take half a second; both four times as long
    /// where these are too few to say anything of a drift.
    pub time: Duration,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Nanoseconds of each iteration that counts.
    pub iterations: Vec<f64>,
    /// Messages of one, the median where they differ.
    pub messages: f64,
    /// Suspensions on a full mailbox in one, the median where they differ.
    pub mutes: f64,
    /// The most messages that a mailbox of this process held, those that its actor had put aside among them.
    pub fullest: u64,
    /// Iterations before.
    pub warm_up: usize,
    /// Whether their times drifted.
    pub settled: Settled,
    /// Where all messages of this process went.
    pub ledger: Value,
}

impl Measured {
    /// What a process printed, if it is that: iterations that took time, with messages.
    pub fn read(line: &str) -> Option<Self> {
        let measured: Self = serde_json::from_str(line).ok()?;
        let told = measured.messages > 0.0 && measured.iterations.iter().all(|ns| *ns > 0.0);
        (told && !measured.iterations.is_empty()).then_some(measured)
    }
}

/// Measures a workload in a system of its own.
///
/// # Errors
/// [`Spoiled`], if an iteration is not as it was to be, or there is no system.
pub(super) fn measure<W: Workload>(terms: &Terms) -> Result<Measured, Spoiled> {
    let workload = W::of(terms.size);
    let expected = workload.expected();
    let stage = Stage::new(terms.workers)?;
    let one = || iteration::run(&workload, &expected, &stage);

    // One at least: it touches all memory first.
    let shortest = if terms.size == Size::Small { Duration::ZERO } else { settled::SHORTEST };
    let warm_up = series(terms.time, shortest, 1, one, settled::is_over)?;
    let counted = series(terms.time, Duration::ZERO, LEAST, one, |times| times.len() >= MOST)?;

    let fullest = stage.system.activity().fullest;
    let ledger = stage.system.shutdown(iteration::LONGEST)?;
    verified(&ledger, 0)?;
    ended(&ledger, 0)?;
    let of = |what: fn(&Iteration) -> f64| counted.iter().map(what).collect::<Vec<_>>();
    Ok(Measured {
        messages: median(&of(|one| one.messages as f64)).unwrap_or(0.0),
        mutes: median(&of(|one| one.mutes as f64)).unwrap_or(0.0),
        iterations: times(&counted),
        fullest,
        warm_up: warm_up.len(),
        settled: settled::of(&times(&warm_up), &times(&counted)),
        ledger: run::ledger(&ledger),
    })
}

fn times(iterations: &[Iteration]) -> Vec<f64> {
    iterations.iter().map(|iteration| iteration.took.as_nanos() as f64).collect()
}

/// Iterations until their times are enough, or they have had their time; `least` and the `shortest` time in any case.
fn series(
    time: Duration,
    shortest: Duration,
    least: usize,
    one: impl Fn() -> Result<Iteration, Spoiled>,
    enough: impl Fn(&[f64]) -> bool,
) -> Result<Vec<Iteration>, Spoiled> {
    let began = Instant::now();
    let mut made = Vec::new();
    loop {
        made.push(one()?);
        let longest = if made.len() < settled::LEAST { LONGER * time } else { time };
        let elapsed = began.elapsed();
        if made.len() >= least && elapsed >= shortest && (elapsed >= longest || enough(&times(&made))) {
            return Ok(made);
        }
    }
}
