//! The suite, `savina/1`: every workload with one worker and with all, each figure in a fresh process, in rounds there and back.

use super::child;
use super::entry::Entry;
use super::iteration::LONGEST;
use super::measured::{LONGER, Measured, Terms};
use super::size::Size;
use crate::alone::answer::{FAILED, WRONG};
use crate::alone::asking::{End, Program};
use crate::alone::spoiled::Spoiled;
use crate::export::set::FileSet;
use crate::interrupt::INTERRUPTED;
use crate::price::figure::Figure;
use crate::probe;
use crate::series::certified::Certified;
use crate::series::load::{Validity, pretty};
use crate::statistics::median;
use crate::timing::{Speed, Timing};
use crate::utc;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// The name and version of the JSON.
pub const SCHEMA: &str = "savina/1";
/// What a process takes beside its iterations: its oracle, one iteration too many of each part, and its end.
const BESIDE: Duration = Duration::from_secs(600);

/// What to measure.
#[derive(Debug)]
pub struct Plan<'a> {
    /// By what.
    pub program: &'a Program,
    /// Which workloads, in the order of the list.
    pub entries: Vec<&'a Entry>,
    /// How much work an iteration is.
    pub size: Size,
    /// All workers.
    pub workers: usize,
    /// How often each figure is taken.
    pub rounds: u32,
    /// How long iterations are measured for a figure.
    pub time: Duration,
    /// What repeats it: the arguments of `throng`.
    pub command: Vec<String>,
}

/// The suite as measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Suite {
    /// [`SCHEMA`].
    pub schema: String,
    /// The arguments of `throng` that repeat it.
    pub command: Vec<String>,
    /// When it began, in UTC.
    pub started: String,
    /// How much work an iteration was.
    pub size: String,
    /// How many workers all are.
    pub workers: usize,
    /// How many rounds there were to be.
    pub rounds: u32,
    /// How long iterations were to be measured for a figure.
    pub time_ns: u64,
    /// Each workload.
    pub rows: Vec<Timing>,
    /// Whether all work was done as it was to be.
    pub validity: Validity,
    /// The machine and the build.
    pub env: Map<String, Value>,
}

/// A suite that was measured.
#[derive(Debug)]
pub struct Outcome {
    /// Its figures.
    pub suite: Suite,
    /// Each iteration that counts: a line of CSV each.
    pub iterations: String,
    /// The exit code it comes to: 0, 1 where a figure could not be had, 5 where work was not done as it was to be, 130
    /// interrupted.
    pub exit: u8,
}

/// One workload's processes, by round.
#[derive(Debug, Default)]
struct Taken {
    all: Vec<Option<Measured>>,
    one: Vec<Option<Measured>>,
    /// The exit code it comes to, and why.
    end: Option<(u8, String)>,
}

/// Measures it, one figure after the other, until all are there or `stop` is raised. A workload that is not as it was to be is not
/// measured again; the others are. `progress` is told of each figure.
pub fn run(plan: Plan<'_>, stop: &AtomicBool, progress: &mut dyn FnMut(&str)) -> Outcome {
    let began = SystemTime::now();
    let (certified, cross_before) = (Certified::begin(), probe::cross_core_ns());
    let mut taken: Vec<Taken> = plan.entries.iter().map(|_| Taken::default()).collect();
    let mut iterations = String::from("workload,workers,round,iteration,ns\n");
    let (mut wrong, mut exit) = (Vec::new(), 0);
    for (round, row, workers) in order(plan.rounds, plan.entries.len(), plan.workers) {
        let (entry, taken) = (plan.entries[row], &mut taken[row]);
        if taken.end.is_some() {
            continue;
        }
        let place = format!("round {round} of {}: {}, workers {workers}", plan.rounds, entry.name);
        progress(&place);
        let terms = Terms { size: plan.size, workers, time: plan.time };
        match take(plan.program, entry, &terms, stop) {
            Ok(measured) => {
                for (n, ns) in measured.iterations.iter().enumerate() {
                    let _ = writeln!(iterations, "{},{workers},{round},{},{ns}", entry.name, n + 1);
                }
                let of = if workers == plan.workers { &mut taken.all } else { &mut taken.one };
                of.resize_with(round as usize - 1, || None);
                of.push(Some(measured));
            }
            Err(End::Interrupted) => break,
            Err(End::Spoiled(spoiled)) => {
                let (code, why) = match spoiled {
                    Spoiled::Wrong(why) => (WRONG, why),
                    Spoiled::Failed(why) => (FAILED, why),
                };
                exit = exit.max(code);
                wrong.push(format!("{place}: {why}"));
                taken.end = Some((code, why));
            }
        }
    }
    let interrupted = stop.load(Ordering::Relaxed);
    if exit == 0 && interrupted {
        exit = INTERRUPTED;
    }
    let mut env = certified.end_without_seed();
    env.insert("cross_core_ns".into(), json!({"before": cross_before, "after": probe::cross_core_ns()}));
    let rows = plan.entries.iter().zip(&taken).map(|(entry, taken)| timing(entry, plan.size, taken));
    let suite = Suite {
        schema: SCHEMA.into(),
        command: plan.command,
        started: utc::readable(began),
        size: plan.size.name().into(),
        workers: plan.workers,
        rounds: plan.rounds,
        time_ns: plan.time.as_nanos() as u64,
        rows: rows.collect(),
        validity: Validity { valid: wrong.is_empty(), interrupted, wrong },
        env,
    };
    Outcome { suite, iterations, exit }
}

/// What is measured after what: the round from 1, the row, and the workers. Rounds go there and back in turns, so that no workload always
/// comes at the same place, nor one worker always before all.
fn order(rounds: u32, rows: usize, workers: usize) -> impl Iterator<Item = (u32, usize, usize)> {
    (1..=rounds).flat_map(move |round| {
        let back = round % 2 == 0;
        let row = move |n: usize| if back { rows - 1 - n } else { n };
        let both = if back { [1, workers] } else { [workers, 1] };
        let ways = if workers == 1 { &both[..1] } else { &both[..] }.to_vec();
        (0..rows).flat_map(move |n| ways.clone().into_iter().map(move |workers| (round, row(n), workers)))
    })
}

/// One figure of `entry`, whose work has been looked at.
fn take(program: &Program, entry: &Entry, terms: &Terms, stop: &AtomicBool) -> Result<Measured, End> {
    let deadline = 2 * LONGER * terms.time + 4 * LONGEST + BESIDE;
    let answer = program.ask(child::written(entry, terms), deadline, stop)?;
    let unread = || End::Spoiled(Spoiled::Failed(format!("an answer that cannot be read: {answer:.200}")));
    Measured::read(&answer).ok_or_else(unread)
}

fn timing(entry: &Entry, size: Size, taken: &Taken) -> Timing {
    let processes = || taken.all.iter().chain(&taken.one).flatten();
    let of_all =
        |what: fn(&Measured) -> f64| median(&taken.all.iter().flatten().map(what).collect::<Vec<_>>());
    let why = taken.end.as_ref().map(|(_, why)| why.clone());
    Timing {
        name: entry.name.into(),
        words: entry.words(size),
        verified: why.is_none() && processes().next().is_some(),
        why,
        wrong: taken.end.as_ref().is_some_and(|(code, _)| *code == WRONG),
        differs: entry.differs.into(),
        messages: of_all(|measured| measured.messages),
        mutes: of_all(|measured| measured.mutes),
        fullest: processes().map(|measured| measured.fullest).max(),
        all: speed(&taken.all),
        one: speed(&taken.one),
        speed_up: Figure::beside(&medians(&taken.one), &medians(&taken.all), |one, all| one / all),
        iterations: processes().map(|measured| measured.iterations.len()).sum(),
        warm_up: processes().map(|measured| measured.warm_up).sum(),
        settled: processes().map(|measured| measured.settled).max(),
        ledger: taken.all.iter().flatten().next_back().map_or(Value::Null, |last| last.ledger.clone()),
    }
}

fn medians(rounds: &[Option<Measured>]) -> Vec<Option<f64>> {
    rounds.iter().map(|measured| median(&measured.as_ref()?.iterations)).collect()
}

fn speed(rounds: &[Option<Measured>]) -> Option<Speed> {
    let by = |of: fn(f64, f64) -> f64| {
        let of = |measured: &Measured| Some(of(median(&measured.iterations)?, measured.messages));
        Figure::of(rounds.iter().map(|measured| measured.as_ref().and_then(of)).collect())
    };
    Some(Speed {
        ns_per_iteration: by(|ns, _| ns)?,
        msgs_per_s: by(|ns, messages| messages * 1e9 / ns)?,
        ns_per_msg: by(|ns, messages| ns / messages)?,
    })
}

impl Outcome {
    /// Writes the files into `folder`; `summary` is the suite as Markdown. Those of one that does not hold end in `.FAIL`.
    ///
    /// # Errors
    /// In words, what could not be written.
    pub fn save(&self, folder: &Path, summary: &str) -> Result<(), String> {
        let texts = [
            ("env.json", pretty(&self.suite.env)),
            ("summary.md", summary.to_owned()),
            ("iterations.csv", self.iterations.clone()),
            ("run.json", pretty(&self.suite)),
        ];
        FileSet::save(folder, self.suite.validity.valid, texts)
    }
}

#[cfg(test)]
mod tests;
