//! A workload, measured in this process: iterations until they are steady, and then those that count.

use super::iteration::{self, ended};
use super::size::Size;
use super::warm_up;
use super::workload::Workload;
use crate::alone::spoiled::{Spoiled, verified};
use crate::run;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::{Duration, Instant};
use throng::System;

/// So many iterations count at least, however long they take.
const LEAST: usize = 3;
/// More are not measured: a median of a thousand says all that there is to say.
const MOST: usize = 1_000;

/// How it is to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How much work an iteration is.
    pub size: Size,
    /// Workers of the system.
    pub workers: usize,
    /// How long iterations are measured, and how long the warm-up may take at most.
    pub time: Duration,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What an iteration is.
    pub words: String,
    /// Nanoseconds of each iteration that counts.
    pub iterations: Vec<f64>,
    /// Messages of one, the median where they differ.
    pub messages: f64,
    /// Iterations before.
    pub warm_up: usize,
    /// Whether these became steady in the time that they had.
    pub steady: bool,
    /// Where all messages of this process went.
    pub ledger: Value,
    /// Suspensions on a full mailbox.
    pub mutes: u64,
}

/// Measures a workload in a system of its own.
///
/// # Errors
/// [`Spoiled`], if an iteration is not as it was to be, or there is no system.
pub(super) fn measure<W: Workload>(terms: &Terms) -> Result<Measured, Spoiled> {
    let workload = W::of(terms.size);
    let expected = workload.expected();
    let system = System::builder().workers(terms.workers).build()?;
    let one = || iteration::run(&workload, &expected, &system);

    let began = Instant::now();
    let mut times: Vec<f64> = Vec::new();
    let mut steady = false;
    // One at least: it touches all memory first.
    while times.is_empty() || !steady && began.elapsed() < terms.time {
        times.push(one()?.took.as_nanos() as f64);
        steady = warm_up::is_over(&times);
    }
    let warm_up = times.len();

    let began = Instant::now();
    let (mut iterations, mut messages) = (Vec::new(), Vec::new());
    while iterations.len() < LEAST || began.elapsed() < terms.time && iterations.len() < MOST {
        let done = one()?;
        iterations.push(done.took.as_nanos() as f64);
        messages.push(done.messages as f64);
    }
    let mutes = system.ledger().mutes;
    let ledger = system.shutdown(iteration::LONGEST)?;
    verified(&ledger, 0)?;
    ended(&ledger)?;
    Ok(Measured {
        words: workload.words(),
        iterations,
        messages: crate::statistics::median(&messages).unwrap_or(0.0),
        warm_up,
        steady,
        ledger: run::ledger(&ledger),
        mutes,
    })
}
