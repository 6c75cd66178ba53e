//! One load at one value of a flag after the other: `sweep/1`, and each point a load with its own files.

use super::certified::Certified;
use super::condition::{Answer, Condition};
use super::find_max::{FindMax, NotMeasured, bracket};
use super::fresh::{self, Generator};
use super::load::{self, Load, Refused, Stopped, Validity, named, pretty};
use super::load_text;
use super::range::{Over, Value};
use super::samples::Latencies;
use super::usl::Usl;
use crate::export::file::{WriteError, make_folder, write_atomic};
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::options::Options;
use crate::report::folder::publish;
use crate::statistics::Estimate;
use crate::utc;
use serde::{Deserialize, Serialize};
use serde_json::Map;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

/// The name and version of a sweep's JSON.
pub const SCHEMA: &str = "sweep/1";
/// Loads that look for the largest value between two points.
const HALVINGS_MOST: u32 = 8;
/// The folder of the load whose throughput percentages are of.
const REFERENCE: &str = "saturate";
/// The exit code of a load that missed its rate.
const RATE_MISSED: u8 = 3;

/// What to sweep.
#[derive(Debug)]
pub struct Plan<'a> {
    /// By what.
    pub generator: &'a Generator,
    /// The workload's name.
    pub workload: &'a str,
    /// The arguments of each run, without the flag that is swept, `--out` and `--format`.
    pub args: &'a [OsString],
    /// The seed of the first run of each point; each next one has the next.
    pub seed: u64,
    /// Runs of each point.
    pub runs: u32,
    /// The flag and its values.
    pub over: &'a Over,
    /// What percentages are of: there where `over` has some.
    pub whole: Option<Whole<'a>>,
    /// What to find the largest value for.
    pub find_max: Option<&'a Condition>,
    /// Where the files go: a folder that is new or empty.
    pub folder: &'a Path,
    /// What repeats it: the arguments of `throng`.
    pub command: Vec<String>,
}

/// The load whose throughput is 100 % of a rate.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a> {
    /// The arguments of each of its runs.
    pub args: &'a [OsString],
    /// The messages that one arrival of the open load makes: so many of the throughput's are one.
    pub messages_per_arrival: u32,
}

/// A sweep.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sweep {
    /// [`SCHEMA`].
    pub schema: String,
    /// The arguments of `throng` that repeat it.
    pub command: Vec<String>,
    /// When it began, in UTC.
    pub started: String,
    /// The workload's name.
    pub workload: String,
    /// The flag that is swept, without its dashes.
    pub over: String,
    /// What each figure counts: `message`, `arrival`, `firing`; `None` where no run told, as in older files.
    #[serde(default)]
    pub counts: Option<String>,
    /// What percentages are of; `None` where the values were given as they are.
    pub reference: Option<Reference>,
    /// Its points, in rising order.
    pub points: Vec<Point>,
    /// What was looked for, and found.
    pub find_max: Option<FindMax>,
    /// The scalability law, over workers and from six points on.
    pub usl: Option<Usl>,
    /// Whether every point holds.
    pub validity: Validity,
    /// The machine and the build.
    pub env: Map<String, serde_json::Value>,
}

/// The load that was measured first, for percentages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reference {
    /// Its folder, within that of the sweep.
    pub folder: String,
    /// How it was offered: `saturate`, or the usual mode of a workload that has no such load.
    pub mode: Option<String>,
    /// How many runs there were.
    pub runs: usize,
    /// The exit code that it comes to.
    pub exit: u8,
    /// Whether its figures hold.
    pub valid: bool,
    /// What is wrong with it.
    pub why: Option<String>,
    /// Its throughput.
    pub msgs_per_s: Option<Estimate>,
    /// The messages that one arrival makes.
    pub messages_per_arrival: u32,
    /// What 100 % is: arrivals a second.
    pub rate: Option<f64>,
}

/// A load at one value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Point {
    /// The value; times in nanoseconds.
    pub x: u64,
    /// The value as the flag took it.
    pub label: String,
    /// Its folder, within that of the sweep.
    pub folder: String,
    /// How many runs there were.
    pub runs: usize,
    /// The exit code that its load comes to.
    pub exit: u8,
    /// Whether its figures hold.
    pub valid: bool,
    /// What is wrong with it.
    pub why: Option<String>,
    /// Counted messages each second.
    pub msgs_per_s: Option<Estimate>,
    /// Nanoseconds of each counted message.
    pub ns_per_msg: Option<Estimate>,
    /// Growth of the process by each idle actor.
    pub bytes_per_actor: Option<Estimate>,
    /// Of all its samples together.
    pub latency_ns: Latencies,
}

/// A sweep that was made.
#[derive(Debug)]
pub struct Outcome {
    /// What came of it.
    pub sweep: Sweep,
    /// The exit code it comes to.
    pub exit: u8,
    /// The runs that an interrupt took, each with why.
    pub dropped: Vec<String>,
}

/// What was tried.
struct Tried {
    point: Point,
    counts: Option<String>,
    /// What it says of the condition, where there is one.
    answer: Option<Answer>,
    dropped: Vec<String>,
}

/// The runs of a load that an interrupt took.
fn dropped(folder: &str, load: &Load) -> Vec<String> {
    load.dropped().map(|line| format!("{folder}/{line}")).collect()
}

/// Runs it. `progress` gets what the loads tell.
///
/// # Errors
/// See [`Stopped`].
pub fn run(
    plan: Plan<'_>,
    interrupt: &Interrupt,
    progress: &mut dyn FnMut(&str),
) -> Result<Outcome, Stopped> {
    let began = SystemTime::now();
    let certified = Certified::begin();
    let mut tried: Vec<Tried> = Vec::new();
    let (mut ended, mut lost) = (None, Vec::new());
    let mut reference = None;
    let mut over = plan.over.clone();
    if let Some(whole) = plan.whole {
        match measure(&plan, REFERENCE, whole.args, interrupt, &mut |line| {
            progress(&format!("{REFERENCE} {line}"));
        })? {
            Err(Refused(line)) => return Err(Stopped::Refused(line)),
            Ok((Err(why), _)) => ended = Some(why),
            Ok((Ok(load), exit)) => {
                lost.extend(dropped(REFERENCE, &load));
                let found = Reference::of(&load, exit, whole);
                match found.rate.filter(|_| found.valid) {
                    Some(rate) => over = over.of(rate),
                    None => {
                        let why = found.why.as_deref().unwrap_or("it has no throughput");
                        ended = Some(format!("{REFERENCE}: {why}"));
                    }
                }
                reference = Some(found);
            }
        }
    }
    for value in &over.values {
        if ended.is_some() || interrupt.raised().load(Ordering::Relaxed) {
            break;
        }
        match try_one(&plan, value, tried.len(), interrupt, progress)? {
            Ok(one) => tried.push(one),
            Err(why) => ended = Some(why),
        }
    }
    // What an interrupt took before anything was measured says nothing of the condition.
    let held = |tried: &[Tried]| {
        let measured = tried.iter().filter(|one| !taken(&one.point));
        measured.map(|one| (one.point.x, one.answer == Some(Answer::Holds))).collect::<Vec<_>>()
    };
    for _ in 0..if plan.find_max.is_some() { HALVINGS_MOST } else { 0 } {
        let (Some(low), Some(high)) = bracket(&held(&tried)) else { break };
        let Some(middle) = over.between(low, high).filter(|middle| is_taken(&plan, middle)) else { break };
        if ended.is_some() || interrupt.raised().load(Ordering::Relaxed) {
            break;
        }
        match try_one(&plan, &middle, tried.len(), interrupt, progress)? {
            Ok(one) => tried.push(one),
            Err(why) => ended = Some(why),
        }
    }
    let find_max = plan.find_max.map(|condition| {
        let (found, not) = bracket(&held(&tried));
        let at = |x| tried.iter().find(|one| one.point.x == x);
        let untold = |one: &Tried| match one.answer {
            Some(Answer::Untold { samples, needed }) => {
                Some(NotMeasured { label: one.point.label.clone(), samples, needed })
            }
            _ => None,
        };
        FindMax {
            condition: condition.given(),
            found,
            found_label: found.and_then(at).map(|one| one.point.label.clone()),
            at_end: found.is_some() && found == over.values.last().map(|value| value.x),
            fails_at: not.and_then(at).map(|one| one.point.label.clone()),
            tried: tried.len(),
            not_measured: not.and_then(at).and_then(untold),
        }
    });
    let counts = tried.iter().find_map(|one| one.counts.clone());
    lost.extend(tried.iter_mut().flat_map(|one| std::mem::take(&mut one.dropped)));
    let mut points: Vec<Point> = tried.into_iter().map(|one| one.point).collect();
    points.sort_by_key(|point| point.x);
    let interrupted = interrupt.raised().load(Ordering::Relaxed);
    // A sweep over rates goes to where they are missed: that is what it finds.
    let is_finding = |point: &Point| plan.over.flag == "rate" && point.exit == RATE_MISSED;
    let spoils = |point: &&Point| !(point.valid || is_finding(point) || taken(point));
    let told = |point: &Point| format!("{}: {}", point.folder, point.why.as_deref().unwrap_or("not valid"));
    let mut wrong: Vec<String> = points.iter().filter(spoils).map(told).collect();
    wrong.extend(ended.into_iter().filter(|_| !interrupted));
    if interrupted && wrong.is_empty() && points.iter().all(taken) {
        wrong.push("interrupted before a point was measured".into());
    }
    let exits =
        points.iter().filter(spoils).map(|point| point.exit).chain(reference.iter().map(|one| one.exit));
    let exit = match fresh::worst(exits.map(i32::from)) {
        0 | INTERRUPTED if interrupted => INTERRUPTED,
        0 if !wrong.is_empty() => 1,
        code => code,
    };
    let scaling: Vec<(f64, f64)> = points
        .iter()
        .filter(|point| point.valid && plan.over.flag == "workers")
        .filter_map(|point| Some((point.x as f64, point.msgs_per_s.as_ref()?.median)))
        .collect();
    let sweep = Sweep {
        schema: SCHEMA.into(),
        command: plan.command,
        started: utc::readable(began),
        workload: plan.workload.into(),
        over: plan.over.flag.clone(),
        counts,
        reference,
        points,
        find_max,
        usl: Usl::fit(&scaling),
        validity: Validity { valid: wrong.is_empty(), interrupted, wrong },
        env: certified.end(plan.seed),
    };
    Ok(Outcome { sweep, exit, dropped: lost })
}

/// Whether an interrupt ended the point before it had anything to keep.
fn taken(point: &Point) -> bool {
    !point.valid && point.exit == INTERRUPTED
}

/// Whether loadgen takes this value of the flag: between two of a list it may take none, as between two payloads.
fn is_taken(plan: &Plan<'_>, value: &Value) -> bool {
    let flag = format!("--{}={}", plan.over.flag, value.label);
    Options::read(plan.args.iter().cloned().chain([flag.into()])).is_ok()
}

/// The load at one value, its files written. `Err` within says why the sweep ends here.
fn try_one(
    plan: &Plan<'_>,
    value: &Value,
    before: usize,
    interrupt: &Interrupt,
    progress: &mut dyn FnMut(&str),
) -> Result<Result<Tried, String>, Stopped> {
    let name = format!("point-{}", before + 1);
    let flag = format!("--{}={}", plan.over.flag, value.label);
    let mut args = plan.args.to_vec();
    args.push(flag.clone().into());
    let measured = measure(plan, &name, &args, interrupt, &mut |line| progress(&format!("{flag} {line}")))?;
    Ok(match measured {
        Err(Refused(line)) if before == 0 && plan.whole.is_none() => return Err(Stopped::Refused(line)),
        Err(Refused(line)) => Err(format!("{name}, {flag}: {line}")),
        Ok((Err(why), _)) => Err(why),
        Ok((Ok(load), exit)) => {
            let answer = plan.find_max.map(|condition| condition.of(&load));
            let counts = load.counts.clone();
            let dropped = dropped(&name, &load);
            Ok(Tried { point: point(value, name, exit, load), counts, answer, dropped })
        }
    })
}

/// What came of a load, its files and its page written, and its exit code; where the page cannot be had, why.
type Measured = (Result<Load, String>, u8);

/// One load in the folder `name` of the sweep.
fn measure(
    plan: &Plan<'_>,
    name: &str,
    args: &[OsString],
    interrupt: &Interrupt,
    progress: &mut dyn FnMut(&str),
) -> Result<Result<Measured, Refused>, Stopped> {
    let folder = plan.folder.join(name);
    let mut command = vec!["load".to_owned()];
    command.extend(args.iter().map(|arg| arg.to_string_lossy().into_owned()));
    command.extend(["--runs".to_owned(), plan.runs.to_string()]);
    let one = load::Plan {
        generator: plan.generator,
        workload: plan.workload,
        args,
        seed: plan.seed,
        runs: plan.runs,
        folder: &folder,
        gaps_on: &[],
        command,
        ran: &|_| {},
    };
    let outcome = match load::run(one, interrupt, progress) {
        Ok(outcome) => outcome,
        Err(refused) => return Ok(Err(refused)),
    };
    interrupt
        .undisturbed(|| outcome.save(&folder, &load_text::markdown(&outcome.load)))
        .map_err(Stopped::Failed)?;
    let page = interrupt.undisturbed(|| publish(&folder)).map_err(|why| format!("{name}: no page: {why}"));
    Ok(Ok((page.map(|_| outcome.load), outcome.exit)))
}

impl Reference {
    fn of(load: &Load, exit: u8, whole: Whole<'_>) -> Self {
        let msgs_per_s = load.over_runs.get("msgs_per_s").copied().flatten();
        Self {
            folder: REFERENCE.into(),
            mode: load.mode.clone(),
            runs: load.runs.len(),
            exit,
            valid: load.validity.valid,
            why: (!load.validity.valid).then(|| load.validity.wrong.join("; ")),
            msgs_per_s,
            messages_per_arrival: whole.messages_per_arrival,
            rate: msgs_per_s.map(|rate| rate.median / f64::from(whole.messages_per_arrival)),
        }
    }
}

fn point(value: &Value, folder: String, exit: u8, load: Load) -> Point {
    let figure = |name: &str| load.over_runs.get(name).copied().flatten();
    Point {
        x: value.x,
        label: value.label.clone(),
        folder,
        runs: load.runs.len(),
        exit,
        valid: load.validity.valid,
        why: (!load.validity.valid).then(|| load.validity.wrong.join("; ")),
        msgs_per_s: figure("msgs_per_s"),
        ns_per_msg: figure("ns_per_msg"),
        bytes_per_actor: figure("bytes_per_actor"),
        latency_ns: load.merged.latency_ns,
    }
}

impl Outcome {
    /// Writes the sweep's own files into `folder`; `summary` is its text. Those of one that does not hold end in `.FAIL`.
    ///
    /// # Errors
    /// In words, what could not be written.
    pub fn save(&self, folder: &Path, summary: &str) -> Result<(), String> {
        make_folder(folder).map_err(|why| why.to_string())?;
        self.write(folder, summary).map_err(|error| error.to_string())
    }

    fn write(&self, folder: &Path, summary: &str) -> Result<(), WriteError> {
        let valid = self.sweep.validity.valid;
        let text = |name: &str, text: &str| {
            write_atomic(&named(folder, name, valid), |file| file.write_all(text.as_bytes()))
        };
        text("env.json", &pretty(&self.sweep.env))?;
        text("summary.md", summary)?;
        // The last: where it is, the others are.
        text("run.json", &pretty(&self.sweep))
    }
}
