//! Several loads one after the other, as a profile file lists them: `series/1`, and each load a folder of its own.

use super::certified::Certified;
use super::fresh::{self, Generator};
use super::load::{self, Load, Refused, Stopped, Validity, named, pretty};
use super::load_text;
use super::samples::Latencies;
use super::share::processors_in_use;
use crate::export::file::{WriteError, make_folder, write_atomic};
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::options::Options;
use crate::profile_file;
use crate::report::folder::publish;
use crate::statistics::Estimate;
use crate::utc;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

/// The name and version of a series' JSON.
pub const SCHEMA: &str = "series/1";

/// What to run.
pub struct Plan<'a> {
    /// By what.
    pub generator: &'a Generator,
    /// The loads, and what each of them asks for.
    pub loads: &'a [(profile_file::Load, Options)],
    /// Runs of each load that has no word of its own; `None`: as many as the file says for all, or its profile has.
    pub runs: Option<u32>,
    /// The name of the file that lists them.
    pub profile_file: String,
    /// Where the files go: a folder that is new or empty.
    pub folder: &'a Path,
    /// What repeats it: the arguments of `throng`.
    pub command: Vec<String>,
    /// Told after each run how many are over, of all loads together.
    pub ran: &'a dyn Fn(u32),
}

/// How often a load of a file is run: as it says itself, else as the command does (`runs`), else as the file does for all loads,
/// else as its profile has it.
pub fn runs_of(load: &profile_file::Load, options: &Options, runs: Option<u32>) -> u32 {
    load.runs.or(runs).or(load.default_runs).unwrap_or(options.profile.runs())
}

/// Several loads.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Suite {
    /// [`SCHEMA`].
    pub schema: String,
    /// The arguments of `throng` that repeat it.
    pub command: Vec<String>,
    /// When it began, in UTC.
    pub started: String,
    /// The name of the file that lists the loads.
    pub profile_file: String,
    /// Each load, in the order of the file.
    pub loads: Vec<Entry>,
    /// Whether every load holds.
    pub validity: Validity,
    /// The machine and the build.
    pub env: Map<String, Value>,
}

/// A load of a series; its folder has the rest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// As the file calls it.
    pub name: String,
    /// Its folder, within that of the series.
    pub folder: String,
    /// Whether its figures hold.
    pub valid: bool,
    /// The exit code that it comes to.
    pub exit: u8,
    /// What is wrong with it.
    pub why: Option<String>,
    /// The workload's name.
    pub workload: String,
    /// What each figure counts: `message`, `arrival`, `firing`; `None` where no run told, as in older files.
    #[serde(default)]
    pub counts: Option<String>,
    /// Counted messages each second.
    pub msgs_per_s: Option<Estimate>,
    /// Nanoseconds of each counted message.
    pub ns_per_msg: Option<Estimate>,
    /// Of all its samples together.
    pub latency_ns: Latencies,
}

/// A series that was run.
#[derive(Debug)]
pub struct Outcome {
    /// What came of it.
    pub suite: Suite,
    /// The exit code it comes to: that of its worst load.
    pub exit: u8,
    /// The runs that an interrupt took, each with why.
    pub dropped: Vec<String>,
}

/// Runs it. `progress` gets what the loads tell, each line with the load's name before it.
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
    let mut loads: Vec<Entry> = Vec::new();
    let mut begun = 0;
    let (mut wrong, mut dropped) = (Vec::new(), Vec::new());
    for (listed, options) in plan.loads {
        if interrupt.raised().load(Ordering::Relaxed) {
            break;
        }
        let (name, args) = (&listed.name, listed.args.iter().map(OsString::from).collect::<Vec<_>>());
        let runs = runs_of(listed, options, plan.runs);
        let before = begun;
        begun += runs;
        let mut command = vec!["load".to_owned()];
        command.extend(listed.args.iter().cloned());
        command.extend(["--runs".to_owned(), runs.to_string()]);
        let folder = plan.folder.join(name);
        let one = load::Plan {
            generator: plan.generator,
            workload: options.workload.name(),
            args: &args,
            seed: options.seed,
            runs,
            folder: &folder,
            gaps_on: &processors_in_use(options),
            command,
            ran: &|runs| (plan.ran)(before + runs),
        };
        let outcome = match load::run(one, interrupt, &mut |line| progress(&format!("{name} {line}"))) {
            Ok(outcome) => outcome,
            Err(Refused(line)) if loads.is_empty() => {
                return Err(Stopped::Refused(format!("{name}: {line}")));
            }
            Err(Refused(line)) => {
                wrong.push(format!("{name}: {line}"));
                continue;
            }
        };
        interrupt
            .undisturbed(|| outcome.save(&folder, &load_text::markdown(&outcome.load)))
            .map_err(Stopped::Failed)?;
        if let Err(why) = interrupt.undisturbed(|| publish(&folder)) {
            wrong.push(format!("{name}: no page: {why}"));
        }
        dropped.extend(outcome.load.dropped().map(|line| format!("{name}/{line}")));
        let entry = entry(name, outcome.exit, outcome.load);
        // What an interrupt took before anything was measured spoils nothing.
        if !(entry.valid || entry.exit == INTERRUPTED) {
            wrong.push(format!("{name}: {}", entry.why.as_deref().unwrap_or("not valid")));
        }
        loads.push(entry);
    }
    let interrupted = interrupt.raised().load(Ordering::Relaxed);
    if interrupted && wrong.is_empty() && !loads.iter().any(|load| load.valid) {
        wrong.push("interrupted before a load was measured".into());
    }
    let exit = match fresh::worst(loads.iter().map(|load| i32::from(load.exit))) {
        0 if interrupted => INTERRUPTED,
        0 if !wrong.is_empty() => 1,
        code => code,
    };
    let suite = Suite {
        schema: SCHEMA.into(),
        command: plan.command,
        started: utc::readable(began),
        profile_file: plan.profile_file,
        loads,
        validity: Validity { valid: wrong.is_empty(), interrupted, wrong },
        env: certified.end(plan.loads.first().map_or(0, |(_, options)| options.seed)),
    };
    Ok(Outcome { suite, exit, dropped })
}

fn entry(name: &str, exit: u8, load: Load) -> Entry {
    let figure = |name: &str| load.over_runs.get(name).copied().flatten();
    Entry {
        name: name.to_owned(),
        folder: name.to_owned(),
        valid: load.validity.valid,
        exit,
        why: (!load.validity.valid).then(|| load.validity.wrong.join("; ")),
        msgs_per_s: figure("msgs_per_s"),
        ns_per_msg: figure("ns_per_msg"),
        latency_ns: load.merged.latency_ns,
        workload: load.workload,
        counts: load.counts,
    }
}

impl Outcome {
    /// Writes the series' own files into `folder`; `summary` is its text. Those of one that does not hold end in `.FAIL`.
    ///
    /// # Errors
    /// In words, what could not be written.
    pub fn save(&self, folder: &Path, summary: &str) -> Result<(), String> {
        make_folder(folder).map_err(|why| why.to_string())?;
        self.write(folder, summary).map_err(|error| error.to_string())
    }

    fn write(&self, folder: &Path, summary: &str) -> Result<(), WriteError> {
        let valid = self.suite.validity.valid;
        let text = |name: &str, text: &str| {
            write_atomic(&named(folder, name, valid), |file| file.write_all(text.as_bytes()))
        };
        text("env.json", &pretty(&self.suite.env))?;
        text("summary.md", summary)?;
        // The last: where it is, the others are.
        text("run.json", &pretty(&self.suite))
    }
}
