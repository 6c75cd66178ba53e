//! One load at one value of a flag after the other: `sweep/1`, and each point a load with its own files.

use super::certified::Certified;
use super::condition::Condition;
use super::fresh::{self, Generator};
use super::load::{self, Load, Refused, Validity, named, pretty};
use super::load_text;
use super::range::{Over, Value};
use super::samples::Latencies;
use super::usl::Usl;
use crate::export::file::{WriteError, make_folder, write_atomic};
use crate::interrupt::{INTERRUPTED, Interrupt};
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
const HALVINGS_MOST: u32 = 6;
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
    /// The seed that they ask for.
    pub seed: u64,
    /// Runs of each point.
    pub runs: u32,
    /// The flag and its values.
    pub over: &'a Over,
    /// What to find the largest value for.
    pub find_max: Option<&'a Condition>,
    /// Where the files go: a folder that is new or empty.
    pub folder: &'a Path,
    /// What repeats it: the arguments of `throng`.
    pub command: Vec<String>,
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

/// The largest value at which a condition holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindMax {
    /// As it was given.
    pub condition: String,
    /// The largest value up to which it held; `None` where it did not hold at the smallest.
    pub found: Option<u64>,
    /// As the flag took it.
    pub found_label: Option<String>,
    /// How many values were tried.
    pub tried: usize,
}

/// A sweep that was made.
#[derive(Debug)]
pub struct Outcome {
    /// What came of it.
    pub sweep: Sweep,
    /// The exit code it comes to.
    pub exit: u8,
}

/// A sweep that cannot go on.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// loadgen refused the first point, in this line: nothing was written.
    Refused(String),
    /// A point's files could not be written.
    Failed(String),
}

/// What was tried.
struct Tried {
    point: Point,
    holds: bool,
}

/// The values between which the largest one lies: the last up to which all held, and the first that did not.
fn bracket(tried: &[(u64, bool)]) -> (Option<u64>, Option<u64>) {
    let mut sorted = tried.to_vec();
    sorted.sort_unstable();
    let first_not = sorted.iter().position(|(_, holds)| !holds);
    let held = first_not.unwrap_or(sorted.len()).checked_sub(1);
    (held.map(|at| sorted[at].0), first_not.map(|at| sorted[at].0))
}

/// Runs it. `progress` gets what the loads tell.
///
/// # Errors
/// See [`End`].
pub fn run(plan: Plan<'_>, interrupt: &Interrupt, progress: &mut dyn FnMut(&str)) -> Result<Outcome, End> {
    let began = SystemTime::now();
    let certified = Certified::begin();
    let mut tried: Vec<Tried> = Vec::new();
    let mut ended = None;
    for value in &plan.over.values {
        match try_one(&plan, value, tried.len(), interrupt, progress)? {
            Ok(one) => tried.push(one),
            Err(why) => ended = Some(why),
        }
        if ended.is_some() || interrupt.raised().load(Ordering::Relaxed) {
            break;
        }
    }
    let held = |tried: &[Tried]| tried.iter().map(|one| (one.point.x, one.holds)).collect::<Vec<_>>();
    for _ in 0..if plan.find_max.is_some() { HALVINGS_MOST } else { 0 } {
        let (Some(low), Some(high)) = bracket(&held(&tried)) else { break };
        let Some(middle) = plan.over.between(low, high) else { break };
        if ended.is_some() || interrupt.raised().load(Ordering::Relaxed) {
            break;
        }
        match try_one(&plan, &middle, tried.len(), interrupt, progress)? {
            Ok(one) => tried.push(one),
            Err(why) => ended = Some(why),
        }
    }
    let find_max = plan.find_max.map(|condition| {
        let (found, _) = bracket(&held(&tried));
        let label = |x| tried.iter().find(|one| one.point.x == x).map(|one| one.point.label.clone());
        FindMax {
            condition: condition.given().to_owned(),
            found,
            found_label: found.and_then(label),
            tried: tried.len(),
        }
    });
    let mut points: Vec<Point> = tried.into_iter().map(|one| one.point).collect();
    points.sort_by_key(|point| point.x);
    let interrupted = interrupt.raised().load(Ordering::Relaxed);
    // A sweep over rates goes to where they are missed: that is what it finds.
    let spoils = |point: &&Point| !(point.valid || plan.over.flag == "rate" && point.exit == RATE_MISSED);
    let told = |point: &Point| format!("{}: {}", point.folder, point.why.as_deref().unwrap_or("not valid"));
    let mut wrong: Vec<String> = points.iter().filter(spoils).map(told).collect();
    wrong.extend(ended.into_iter().filter(|_| !interrupted));
    let exit = match fresh::worst(points.iter().filter(spoils).map(|point| i32::from(point.exit))) {
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
        points,
        find_max,
        usl: Usl::fit(&scaling),
        validity: Validity { valid: wrong.is_empty(), interrupted, wrong },
        env: certified.end(plan.seed),
    };
    Ok(Outcome { sweep, exit })
}

/// The load at one value, its files written. `Err` within says why the sweep ends here.
fn try_one(
    plan: &Plan<'_>,
    value: &Value,
    before: usize,
    interrupt: &Interrupt,
    progress: &mut dyn FnMut(&str),
) -> Result<Result<Tried, String>, End> {
    let name = format!("point-{}", before + 1);
    let folder = plan.folder.join(&name);
    let flag = format!("--{}={}", plan.over.flag, value.label);
    let mut args = plan.args.to_vec();
    args.push(flag.clone().into());
    let mut command = vec!["load".to_owned()];
    command.extend(args.iter().map(|arg| arg.to_string_lossy().into_owned()));
    command.extend(["--runs".to_owned(), plan.runs.to_string()]);
    let one = load::Plan {
        generator: plan.generator,
        workload: plan.workload,
        args: &args,
        seed: plan.seed,
        runs: plan.runs,
        folder: &folder,
        gaps_on: &[],
        command,
    };
    let outcome = match load::run(one, interrupt, &mut |line| progress(&format!("{flag} {line}"))) {
        Ok(outcome) => outcome,
        Err(Refused(line)) if before == 0 => return Err(End::Refused(line)),
        Err(Refused(line)) => return Ok(Err(format!("{name}, {flag}: {line}"))),
    };
    interrupt
        .undisturbed(|| outcome.save(&folder, &load_text::markdown(&outcome.load)))
        .map_err(End::Failed)?;
    if let Err(why) = interrupt.undisturbed(|| publish(&folder)) {
        return Ok(Err(format!("{name}, {flag}: no page: {why}")));
    }
    let load = outcome.load;
    let holds = plan.find_max.is_some_and(|condition| condition.holds(&load));
    Ok(Ok(Tried { point: point(value, name, outcome.exit, load), holds }))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_lies_below_the_first_that_does_not_hold() {
        for (tried, expected) in [
            (&[][..], (None, None)),
            (&[(1, true), (2, true)], (Some(2), None)),
            (&[(1, false), (2, true)], (None, Some(1))),
            (&[(10, true), (40, false), (20, true), (30, true)], (Some(30), Some(40))),
            (&[(10, true), (20, false), (30, true)], (Some(10), Some(20))),
        ] {
            assert_eq!(bracket(tried), expected, "{tried:?}");
        }
    }
}
