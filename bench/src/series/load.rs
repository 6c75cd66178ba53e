//! The same load several times, each in a fresh process: `load/1` and the files beside it.

use super::certified::Certified;
use super::fresh::{self, Generator, Ran};
use super::metric::{self, OVER_RUNS};
use super::samples::{Latencies, Samples};
use super::share::{Around, Seen, Tail};
use crate::export::file::{WriteError, make_folder, write_atomic};
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::options;
use crate::scenario::plan::Drain;
use crate::statistics::Estimate;
use crate::{units, utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

/// The name and version of a load's JSON.
pub const SCHEMA: &str = "load/1";
/// What loadgen answers to a command line that it does not take.
const USAGE: i32 = 2;

/// What to run, and how often.
pub struct Plan<'a> {
    /// By what.
    pub generator: &'a Generator,
    /// The workload's name.
    pub workload: &'a str,
    /// The arguments of each run, without `--out` and `--format`.
    pub args: &'a [OsString],
    /// The seed of the first run; each next one has the next.
    pub seed: u64,
    /// How many runs.
    pub runs: u32,
    /// Where its files go: a folder that is new or empty.
    pub folder: &'a Path,
    /// The processors to look for the machine's own gaps on, before the first run and after the last; none to not look.
    pub gaps_on: &'a [usize],
    /// What repeats it: the arguments of `throng`.
    pub command: Vec<String>,
    /// Told after each run how many are over.
    pub ran: &'a dyn Fn(u32),
}

/// Several runs of one load.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Load {
    /// [`SCHEMA`].
    pub schema: String,
    /// The workload's name.
    pub workload: String,
    /// How load was offered; `None` where no run told.
    pub mode: Option<String>,
    /// What each figure counts: `message`, `arrival`, `firing`; `None` where no run told, as in older files.
    #[serde(default)]
    pub counts: Option<String>,
    /// The arguments of `throng` that repeat it.
    pub command: Vec<String>,
    /// When it began, in UTC.
    pub started: String,
    /// How an open load was offered; `None` where the load is not open.
    pub load: Option<Offered>,
    /// How many runs it was to have; none in older files.
    #[serde(default)]
    pub runs_asked: Option<u32>,
    /// Each run.
    pub runs: Vec<Run>,
    /// The samples of the valid runs together, or of all where none is valid.
    pub merged: Merged,
    /// The median of each figure over the same runs, by its name; `None` where they have no such figure.
    pub over_runs: BTreeMap<String, Option<Estimate>>,
    /// Whether every run holds.
    pub validity: Validity,
    /// The machine's own gaps before and after; `None` where they were not looked for.
    pub jitter: Option<Around>,
    /// The machine's share of the tail; `None` where its gaps were not looked for, or the load is not open.
    pub tail: Option<Tail>,
    /// The machine and the build.
    pub env: Map<String, Value>,
}

/// One run of a load.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// Its folder, within that of the load.
    pub folder: String,
    /// The exit code of its process.
    pub exit: i32,
    /// Whether its figures hold.
    pub valid: bool,
    /// What is wrong with it.
    pub why: Option<String>,
    /// Counted messages each second.
    pub msgs_per_s: Option<f64>,
    /// Nanoseconds of each counted message.
    pub ns_per_msg: Option<f64>,
    /// Growth of the process by each idle actor.
    pub bytes_per_actor: Option<f64>,
    /// What was handled after its measured time, where that is more than a hundredth of all. None in older files.
    #[serde(default)]
    pub drain: Option<Drain>,
    /// One way between two cores, in nanoseconds, before the run and after it.
    pub cross_core_ns: CrossCore,
    /// Its latencies.
    pub latency_ns: Latencies,
}

/// What an open load was to be, and what it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offered {
    /// How arrivals followed each other.
    pub arrival: String,
    /// Arrivals a second that were asked for; `None` where they vary.
    pub rate_target: Option<u64>,
    /// Those that were sent, over the runs.
    pub rate_actual: Option<Estimate>,
    /// Whether each run's warm-up ended because the load was steady; `None` where nobody looked.
    pub steady: Option<bool>,
    /// Whether in some run more came than was handled; `None` where no run told, as in older files.
    #[serde(default)]
    pub overloaded: Option<bool>,
}

/// What it cost to cross from one core to another, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct CrossCore {
    /// Before a run.
    pub before: Option<f64>,
    /// After it.
    pub after: Option<f64>,
}

impl CrossCore {
    /// As a run's JSON tells.
    pub fn of(run: &Value) -> Self {
        let cross = &run["env"]["cross_core_ns"];
        Self { before: cross["before"].as_f64(), after: cross["after"].as_f64() }
    }
}

/// Figures of merged samples.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Merged {
    /// By latency.
    pub latency_ns: Latencies,
}

/// Whether a series holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validity {
    /// Whether every run does.
    pub valid: bool,
    /// Whether it was ended early.
    pub interrupted: bool,
    /// What is wrong, in words.
    pub wrong: Vec<String>,
}

/// A load that was run.
#[derive(Debug)]
pub struct Outcome {
    /// Its figures.
    pub load: Load,
    /// Its samples.
    pub samples: Samples,
    /// The exit code it comes to.
    pub exit: u8,
    seen: Seen,
    began: SystemTime,
}

/// Why nothing was run: the one line with which loadgen refused the command line.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(pub String);

/// Several loads that cannot go on.
#[derive(Debug, PartialEq, Eq)]
pub enum Stopped {
    /// loadgen refused the first of them, in this line: nothing was written.
    Refused(String),
    /// The files of one could not be written.
    Failed(String),
}

/// Runs it. `progress` gets a line before each run where `eager`, one after it, and what the runs tell of theirs.
///
/// # Errors
/// See [`Refused`]: then nothing was written.
pub fn run(
    plan: Plan<'_>,
    interrupt: &Interrupt,
    progress: &mut dyn FnMut(&str),
) -> Result<Outcome, Refused> {
    let began = SystemTime::now();
    let certified = Certified::begin();
    let stop = interrupt.raised();
    let mut seen = Seen::before(plan.gaps_on, stop, progress);
    let args = options::without(plan.args, &["--seed"]);
    let mut ran: Vec<(String, Ran)> = Vec::new();
    for n in 1..=plan.runs {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let folder = format!("run-{n}");
        let mut args = args.clone();
        args.push(format!("--seed={}", plan.seed.wrapping_add(u64::from(n) - 1)).into());
        let mut told = |line: &str| progress(&format!("[{n}/{}] {line}", plan.runs));
        let one = fresh::run(plan.generator, &args, &plan.folder.join(&folder), stop, &mut told);
        if let (1, USAGE, None) = (n, one.exit, &one.run) {
            return Err(Refused(one.why.unwrap_or_default()));
        }
        told(&outline(&one));
        let hopeless = one.run.is_none();
        ran.push((folder, one));
        (plan.ran)(n);
        if hopeless {
            // What cannot be started or written now cannot be at the next one.
            break;
        }
    }
    seen.after(plan.gaps_on, stop, progress);
    let interrupted = stop.load(Ordering::Relaxed);
    let mut validity = Validity { valid: true, interrupted, wrong: Vec::new() };
    for (folder, one) in &ran {
        // An interrupted run that has measured nothing yet spoils nothing.
        let nothing_yet = one.interrupted && one.run.as_ref().is_none_or(|run| run["messages"] == 0);
        if !(one.valid || nothing_yet) {
            validity.wrong.push(format!("{folder}: {}", one.why.as_deref().unwrap_or("not valid")));
        }
    }
    if (ran.len() as u32) < plan.runs && !interrupted {
        validity.wrong.push(format!("ended after {} of {} runs", ran.len(), plan.runs));
    }
    let told = told_of(&ran);
    // One that was ended in its warm-up has a file, and has counted nothing.
    let counted = |one: &&Ran| one.run.as_ref().is_some_and(|run| run["messages"] != 0);
    if interrupted && validity.wrong.is_empty() && !told.iter().any(counted) {
        validity.wrong.push(format!("interrupted after 0 of {} runs: nothing was measured", plan.runs));
    }
    let mut samples = Samples::default();
    for one in &told {
        if let Err(why) = samples.merge(&one.samples) {
            validity.wrong.push(format!("the runs together: {why}"));
        }
    }
    validity.valid = validity.wrong.is_empty();
    let over_runs = OVER_RUNS.into_iter().map(|name| (name.to_owned(), over_runs(&told, name))).collect();
    let exit = match fresh::worst(ran.iter().map(|(_, one)| one.exit)) {
        0 if interrupted => INTERRUPTED,
        0 if !validity.valid => 1,
        code => code,
    };
    let load = Load {
        schema: SCHEMA.into(),
        workload: plan.workload.into(),
        mode: told.iter().find_map(|one| Some(one.run.as_ref()?["mode"].as_str()?.to_owned())),
        counts: told.iter().find_map(|one| Some(one.run.as_ref()?["counts"].as_str()?.to_owned())),
        load: offered(&told),
        command: plan.command,
        started: utc::readable(began),
        runs_asked: Some(plan.runs),
        merged: Merged { latency_ns: samples.summaries() },
        over_runs,
        runs: ran.iter().map(|(folder, one)| row(folder, one)).collect(),
        validity,
        jitter: seen.around(),
        tail: samples.response().and_then(|response| seen.tail(response, measured(&told)?)),
        env: certified.end(plan.seed),
    };
    Ok(Outcome { load, samples, exit, seen, began })
}

/// The runs whose figures are told: the valid ones, or all that have figures where none is.
fn told_of(ran: &[(String, Ran)]) -> Vec<&Ran> {
    let with_figures = || ran.iter().map(|(_, one)| one).filter(|one| one.run.is_some());
    let valid: Vec<_> = with_figures().filter(|one| one.valid).collect();
    if valid.is_empty() { with_figures().collect() } else { valid }
}

fn over_runs(told: &[&Ran], name: &str) -> Option<Estimate> {
    let values: Vec<f64> = told.iter().filter_map(|one| metric::figure(one.run.as_ref()?, name)).collect();
    Estimate::of(&values)
}

/// How an open load was offered.
fn offered(told: &[&Ran]) -> Option<Offered> {
    let loads: Vec<&Value> = told.iter().filter_map(|one| one.run.as_ref()?.get("load")).collect();
    let loads: Vec<&Value> = loads.into_iter().filter(|load| load.is_object()).collect();
    let first = loads.first()?;
    let actual: Vec<f64> = loads.iter().filter_map(|load| load["rate_actual"].as_f64()).collect();
    let steady: Vec<bool> = loads.iter().filter_map(|load| load["steady"].as_bool()).collect();
    Some(Offered {
        arrival: first["arrival"].as_str().unwrap_or_default().to_owned(),
        rate_target: first["rate_target"].as_u64(),
        rate_actual: Estimate::of(&actual),
        steady: (!steady.is_empty()).then(|| steady.iter().all(|steady| *steady)),
        overloaded: loads.iter().filter_map(|load| load["overloaded"].as_bool()).reduce(|a, b| a | b),
    })
}

/// For how long open loads were measured, together; `None` of others.
fn measured(told: &[&Ran]) -> Option<Duration> {
    let ns = |one: &&Ran| one.run.as_ref()?["load"]["measured_ns"].as_u64();
    let each: Vec<u64> = told.iter().filter_map(ns).collect();
    (!each.is_empty())
        .then(|| Duration::from_nanos(each.iter().fold(0, |sum: u64, ns| sum.saturating_add(*ns))))
}

fn row(folder: &str, one: &Ran) -> Run {
    let run = one.run.as_ref().unwrap_or(&Value::Null);
    let figure = |name| metric::figure(run, name);
    Run {
        folder: folder.to_owned(),
        exit: one.exit,
        valid: one.valid,
        why: one.why.clone(),
        msgs_per_s: figure("msgs_per_s"),
        ns_per_msg: figure("ns_per_msg"),
        bytes_per_actor: figure("bytes_per_actor"),
        drain: serde_json::from_value::<Drain>(run["drain"].clone())
            .ok()
            .filter(|drain| drain.is_considerable(run["messages"].as_u64().unwrap_or_default())),
        cross_core_ns: CrossCore::of(run),
        latency_ns: serde_json::from_value(run["latency_ns"].clone()).unwrap_or_default(),
    }
}

/// A run in one line, for progress.
pub fn outline(one: &Ran) -> String {
    let run = one.run.as_ref().unwrap_or(&Value::Null);
    let mut parts = Vec::new();
    if !one.valid {
        parts.push(format!("NOT VALID: {}", one.why.as_deref().unwrap_or("no reason told")));
    }
    for name in ["ns_per_msg", "msgs_per_s", "bytes_per_actor", "response.p50", "response.p99"] {
        if let Some(value) = metric::figure(run, name) {
            let words = metric::words(name, run["counts"].as_str());
            parts.push(format!("{words} {}", metric::told(name, value)));
        }
    }
    if one.interrupted {
        parts.push("interrupted".into());
    }
    if parts.is_empty() { "done".into() } else { parts.join(", ") }
}

impl Load {
    /// How far an interrupted load came, in words; `None` of others.
    pub fn ended_early(&self) -> Option<String> {
        let whole = self.runs.iter().filter(|run| run.exit != i32::from(INTERRUPTED)).count();
        let of = self.runs_asked.map(|asked| format!(" of {}", units::counted(asked.into(), "run")));
        self.validity.interrupted.then(|| format!("interrupted after {whole}{}", of.unwrap_or_default()))
    }

    /// The runs that an interrupt took, each with why: they left nothing and spoil nothing.
    pub fn dropped(&self) -> impl Iterator<Item = String> {
        let taken = |run: &&Run| !run.valid && run.exit == i32::from(INTERRUPTED);
        let line = |run: &Run| format!("{}: {}", run.folder, run.why.as_deref().unwrap_or("interrupted"));
        self.runs.iter().filter(taken).map(line).filter(|line| !self.validity.wrong.contains(line))
    }
}

impl Outcome {
    /// Writes the load's own files into `folder`, beside those of its runs; `summary` is its text. Those of a load that
    /// does not hold end in `.FAIL`.
    ///
    /// # Errors
    /// In words, what could not be written.
    pub fn save(&self, folder: &Path, summary: &str) -> Result<(), String> {
        make_folder(folder).map_err(|why| why.to_string())?;
        self.write(folder, summary).map_err(|error| error.to_string())
    }

    fn write(&self, folder: &Path, summary: &str) -> Result<(), WriteError> {
        let path = |name: &str| named(folder, name, self.load.validity.valid);
        let text = |name: &str, text: &str| write_atomic(&path(name), |file| file.write_all(text.as_bytes()));
        text("env.json", &pretty(&self.load.env))?;
        text("summary.md", summary)?;
        self.samples.write(self.began, path)?;
        self.seen.write(&path("jitter.hlog"))?;
        // The last: where it is, the others are.
        text("run.json", &pretty(&self.load))
    }
}

/// Where the file `name` of a series is: with `.FAIL` behind it where the series does not hold.
pub fn named(folder: &Path, name: &str, valid: bool) -> PathBuf {
    folder.join(if valid { name.to_owned() } else { format!("{name}.FAIL") })
}

/// As JSON that people read, too.
pub fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("it has nothing that JSON has not") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ran(valid: bool, ns: f64) -> (String, Ran) {
        let run = Some(json!({"ns_per_msg": ns}));
        let (samples, why, stranger) = (Samples::default(), None, false);
        ("run".into(), Ran { exit: 0, valid, interrupted: false, why, stranger, run, samples })
    }

    #[test]
    fn what_was_drained_is_kept_where_it_is_much() {
        for (messages, kept) in [(10, None), (11, Some(Drain { messages: 11, lasted_ns: 7 }))] {
            let (name, mut one) = ran(true, 1.0);
            let drain = json!({"messages": messages, "lasted_ns": 7});
            one.run = Some(json!({"messages": 990, "drain": drain}));
            assert_eq!(row(&name, &one).drain, kept);
        }
    }

    #[test]
    fn what_does_not_hold_is_told_only_where_nothing_holds() {
        let median =
            |ran: &[(String, Ran)]| over_runs(&told_of(ran), "ns_per_msg").map(|e| (e.median, e.runs));
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[ran(true, 1.0), ran(false, 50.0), ran(true, 3.0)]), Some((2.0, 2)));
        assert_eq!(median(&[ran(false, 50.0), ran(false, 60.0)]), Some((55.0, 2)));
        assert_eq!(over_runs(&told_of(&[ran(true, 1.0)]), "response.p50"), None);
    }
}
