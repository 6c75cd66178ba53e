//! Measures the table: one system after the other, each measure in a fresh process, nothing left behind.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use super::answer::{self, Figure, Samples};
use super::baseline::{Finder, Invocation};
use super::claims::System;
use super::memory;
use super::model::{Measured, Row, SCHEMA, Table, Versions};
use super::profile::{Measure, Profile};
use super::python_env::Missing;
use crate::process::{self, Failure};

/// What to measure, and by what.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How much time to take.
    pub profile: Profile,
    /// The rows to measure; `None` for all.
    pub only: Option<Vec<System>>,
    /// How throng's own row is asked: a program that obeys the protocol of the others.
    pub throng: Invocation,
    /// Where the programs and the Python environment are kept.
    pub target_dir: PathBuf,
    /// The machine and build, for the table's `env`.
    pub env: serde_json::Value,
}

/// One latency's samples.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The system's name.
    pub row: &'static str,
    /// `one_way` or `ask`.
    pub column: &'static str,
    /// When the program that recorded it was started.
    pub began: SystemTime,
    /// How long that program lived, its own start and end included: all samples were taken within.
    pub took: Duration,
    /// What was recorded.
    pub samples: Samples,
}

/// What came of a plan.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The table, with a row for every system of the plan, measured or not.
    pub table: Table,
    /// The latencies' samples, in the order of the rows.
    pub samples: Vec<Recorded>,
    /// What the rows were run by.
    pub versions: Versions,
    /// Whether it was ended early: rows then lack figures, and their notes say so.
    pub interrupted: bool,
}

/// Measures all rows of `plan`. What cannot be measured is `None` in its row, and the row's note says why.
///
/// `progress` gets a line at the beginning of each measure and what the programs tell of theirs. Raising `stop` ends
/// the running program with all its processes and then the table. When this returns, no process of it is left.
pub fn conduct(plan: &Plan, progress: &mut dyn FnMut(&str), stop: &AtomicBool) -> Outcome {
    if let Err(error) = process::adopt_orphans() {
        progress(&format!("detached processes cannot be reaped here: {error}"));
    }
    let systems = plan.only.as_deref().unwrap_or(&System::ALL);
    let mut finder = Finder::new(&plan.target_dir, plan.throng.clone());
    let mut outcome = Outcome {
        table: Table { schema: SCHEMA.to_owned(), env: plan.env.clone(), rows: Vec::new() },
        samples: Vec::new(),
        versions: Versions::default(),
        interrupted: false,
    };
    for (index, &system) in systems.iter().enumerate() {
        let place = format!("[{}/{}] {}", index + 1, systems.len(), system.name());
        let mut told = |text: &str| progress(&format!("{place}: {text}"));
        let mut row = RowInProgress::new(system);
        if stop.load(Ordering::SeqCst) {
            // Not announced: it is not begun.
            row.interrupted(&Measure::ALL);
            outcome.interrupted = true;
            outcome.table.rows.push(row.finish());
            continue;
        }
        match finder.find(system, stop, &mut told) {
            Ok(invocation) => row.measure(plan.profile, &invocation, stop, &mut told, &mut outcome.samples),
            Err(Missing::Interrupted) => row.interrupted(&Measure::ALL),
            Err(Missing::Because(why)) => row.notes.push(why),
        }
        outcome.interrupted |= row.interrupted;
        outcome.table.rows.push(row.finish());
    }
    outcome.versions = finder.versions().clone();
    outcome
}

struct RowInProgress {
    system: System,
    measured: Option<Measured>,
    notes: Vec<String>,
    interrupted: bool,
}

impl RowInProgress {
    fn new(system: System) -> Self {
        Self { system, measured: None, notes: Vec::new(), interrupted: false }
    }

    fn measure(
        &mut self,
        profile: Profile,
        invocation: &Invocation,
        stop: &AtomicBool,
        told: &mut dyn FnMut(&str),
        samples: &mut Vec<Recorded>,
    ) {
        for (index, measure) in Measure::ALL.into_iter().enumerate() {
            told(measure.name());
            let job = invocation.job(measure, profile, memory::budget());
            let (began, begun) = (SystemTime::now(), Instant::now());
            let figure = match process::run(&job, stop, told) {
                Ok(line) => answer::parse(measure, &line).map_err(|refused| refused.to_string()),
                Err(Failure::Interrupted { .. }) => return self.interrupted(&Measure::ALL[index..]),
                Err(failure) => Err(failure.to_string()),
            };
            let ran = begun.elapsed();
            match figure {
                Ok((figure, note)) => {
                    if let Some(recorded) = self.take(measure, figure) {
                        let (row, column, took) = (self.system.name(), measure.name(), ran);
                        samples.push(Recorded { row, column, began, took, samples: recorded });
                    }
                    if !note.is_empty() && !self.notes.contains(&note) {
                        self.notes.push(note);
                    }
                }
                Err(why) => {
                    told(&format!("{} not measured: {why}", measure.name()));
                    self.notes.push(format!("{}: {why}", measure.name()));
                    // Without its actors there is no row, and what kept them from being made would keep the rest.
                    if self.measured.is_none() {
                        return;
                    }
                }
            }
        }
    }

    fn interrupted(&mut self, left: &[Measure]) {
        self.interrupted = true;
        let left: Vec<_> = left.iter().map(|measure| measure.name()).collect();
        self.notes.push(format!("interrupted before {} could be measured", left.join(", ")));
    }

    /// Puts the figure into its field; gives the samples of a latency.
    fn take(&mut self, measure: Measure, figure: Figure) -> Option<Samples> {
        let Some(measured) = &mut self.measured else {
            if let Figure::Actors(actors, actors_limit) = figure {
                self.measured = Some(Measured {
                    actors,
                    actors_limit,
                    one_way_ns: None,
                    ask_ns: None,
                    msgs_per_s: None,
                    bytes_per_actor: None,
                    speedup: None,
                });
            }
            return None;
        };
        match figure {
            Figure::Actors(actors, actors_limit) => {
                (measured.actors, measured.actors_limit) = (actors, actors_limit);
            }
            Figure::Latency(latency, recorded) => {
                let place =
                    if measure == Measure::Ask { &mut measured.ask_ns } else { &mut measured.one_way_ns };
                *place = Some(latency);
                return Some(recorded);
            }
            Figure::Rate(rate) => measured.msgs_per_s = Some(rate),
            Figure::Bytes(bytes) => measured.bytes_per_actor = Some(bytes),
            Figure::Speedup(speedup) => measured.speedup = Some(speedup),
        }
        None
    }

    fn finish(self) -> Row {
        Row {
            name: self.system.name().to_owned(),
            claim: self.system.claim(),
            measured: self.measured,
            note: self.notes.join("; "),
        }
    }
}

#[cfg(test)]
mod tests;
