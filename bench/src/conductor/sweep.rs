//! The command `throng sweep`: one load at one value of a flag after the other.

use super::frame::{Kept, NoResult, ended, exit, failed, interruptible, known, of_loadgen, own, usage};
use super::passed::{format, number, split, words};
use super::told::Progress;
use crate::clock::Clock;
use crate::options::{self, Mode, folder};
use crate::scenario::station::Route;
use crate::series::condition::Condition;
use crate::series::fresh::Generator;
use crate::series::load::{Stopped, pretty};
use crate::series::range::{Over, TAKES, Value};
use crate::series::sweep::{self, Plan, Whole};
use crate::series::sweep_text;
use crate::table::render::Format;
use crate::{probe, run};
use clap::Parser;
use clap::builder::{OsStringValueParser, TypedValueParser};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// The flags that are not loadgen's.
pub(super) const OWN: [&str; 5] = ["--over", "--find-max", "--runs", "--out", "--format"];
/// How the word begins that has the range.
const OVER: &str = "--over=";
/// Stands for a rate that is not known yet.
const SOME_RATE: &str = "1000";
/// More runs of a point than this are a mistake.
const RUNS_MOST: u32 = 1_000;

/// One load at one value of a flag after the other, several runs at each, every run in a fresh process.
#[derive(Debug, Parser)]
#[command(
    name = "throng sweep",
    version,
    max_term_width = 100,
    override_usage = "throng sweep WORKLOAD --over FLAG=RANGE [flags of loadgen] [--find-max CONDITION] [--runs N] [--out DIR]",
    after_help = "RANGE is\n  \
        1..4        each whole number, or tenfold steps where that are more than 16: actors=1k..1M\n  \
        1k..9k/5    five points, equally far apart\n  \
        8,64,256    these\n  \
        10%..110%/11  of rate: parts of what the workload does at most, which is measured first (in the folder saturate):\n                \
        its throughput as saturate load, or in its usual mode if it has no such load, on as many workers, by the\n                \
        messages that each arrival makes\n\n\
        Every other flag is loadgen's: see throng help loadgen. The folder gets run.json (sweep/1), env.json, summary.md, the page\n\
        report.html and its drawings in svg, and each point as a load in point-1, point-2 and so on. Of each point the first run has --seed (1),\n\
        each next one the next. Over workers the scalability law is fitted from six points on.\n\n\
        --find-max halves between the last value at which the condition holds and the first at which it does not, of a list as\n\
        of a range, where loadgen takes what lies between. Where it holds at every value, the range ends before the largest.\n\n\
        A sweep looks for limits: over rates, a point whose rate was missed is part of the result, and is told as such; the\n\
        exit code is then 0. Any other point that does not hold makes the sweep not valid, and the exit code is the worst\n\
        point's. Ctrl-C keeps the points that were measured."
)]
pub(super) struct Own {
    /// The flag of loadgen that is swept, and its values: workers=1..4
    #[arg(long, value_name = "FLAG=RANGE", value_parser = Over::parse)]
    over: Option<Over>,
    /// Then look between the points for the largest value with this, at up to 8 more: 'response.p99<100us'
    #[arg(long, value_name = "CONDITION", value_parser = Condition::parse)]
    find_max: Option<Condition>,
    /// Runs of each point, each in a fresh process [5, with --profile smoke 2, paper 10]
    #[arg(long, value_name = "N", value_parser = runs)]
    runs: Option<u32>,
    /// Where the files go, a new or empty folder [reports/runs/<UTC>-sweep-WORKLOAD]
    #[arg(long, value_name = "DIR", value_parser = OsStringValueParser::new().try_map(folder))]
    out: Option<PathBuf>,
    /// What goes to stdout: text, markdown or json
    #[arg(long, value_parser = format, default_value = "text")]
    format: Format,
}

fn runs(given: &str) -> Result<u32, String> {
    number(given, 1, RUNS_MOST)
}

/// Runs the command with the arguments that follow its name; gives the process's exit code: 0, or that of the worst run
/// (over rates one that was missed is a finding), 1 something could not be written, 2 usage, 130 interrupted.
pub(super) fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    exit(command(args))
}

fn command(args: impl Iterator<Item = OsString>) -> Result<ExitCode, NoResult> {
    let split = split(args, &OWN);
    let own: Own = own(&split.own, "throng sweep", "see throng help sweep")?;
    let Some(over) = own.over else {
        known(&split.passed, "sweep", &OWN)?;
        return Err(usage(format!("--over is missing: {TAKES}")));
    };
    let given = |word: &&OsString| word.to_string_lossy().starts_with(OVER);
    let given = words(split.own.iter().filter(given));
    // Every point is read before the first is run.
    let options = points(&over, &given, &split.passed)?;
    let Some(first) = options.first() else { return Err(usage(format!("--over is empty: {TAKES}"))) };
    let workload = first.workload.name();
    let runs = own.runs.unwrap_or(first.profile.runs());
    let (interrupt, claim) = interruptible(own.out.as_deref(), &format!("sweep-{workload}"))?;
    let folder = claim.path();
    let reference =
        if over.is_relative() { Some(reference(first, &split.passed).map_err(usage)?) } else { None };
    let messages_per_arrival = match &reference {
        None => 1,
        Some(_) => {
            let planned = run::plan(first, Clock::calibrated(), interrupt.raised()).map_err(failed)?;
            Route::of(first.workload, &planned).map_or(1, |route| route.hops())
        }
    };
    let generator = Generator::own().map_err(|e| failed(format!("this program cannot find itself: {e}")))?;
    let mut repeat = vec!["sweep".to_owned()];
    repeat.extend(words(&split.passed));
    repeat.extend(given.iter().cloned());
    repeat.extend(own.find_max.iter().map(|condition| format!("--find-max={}", condition.given())));
    repeat.push(format!("--runs={runs}"));
    let plan = Plan {
        generator: &generator,
        workload,
        args: &split.passed,
        seed: first.seed,
        runs,
        over: &over,
        whole: reference.as_deref().map(|args| Whole { args, messages_per_arrival }),
        find_max: own.find_max.as_ref(),
        folder,
        command: repeat,
    };
    let progress = Progress::new();
    let outcome = sweep::run(plan, &interrupt, &mut |line| progress.tell(line));
    progress.end();
    let outcome = outcome.map_err(|stopped| match stopped {
        // Of the first point, and only known when it was to be run.
        Stopped::Refused(line) if line.starts_with(&format!("--{} ", over.flag)) => {
            usage(format!("{}: {line}", got(&given)))
        }
        other => other.into(),
    })?;
    interrupt.keep();
    let sweep = &outcome.sweep;
    outcome.save(folder, &sweep_text::markdown(sweep)).map_err(failed)?;
    let result = match own.format {
        Format::Text => sweep_text::text(sweep),
        Format::Markdown => sweep_text::markdown(sweep),
        Format::Json => pretty(sweep),
    };
    let kept = Kept { folder, of: "sweep" };
    let wrong = [&sweep.validity.wrong[..], &outcome.dropped[..]].concat();
    Ok(ended(&kept, outcome.exit, &wrong, &result))
}

/// The load at each value, in their order. What refuses a value names `--over` as it was `given`: nobody typed most of its values.
fn points(over: &Over, given: &[String], passed: &[OsString]) -> Result<Vec<options::Options>, NoResult> {
    // What parts come to is not known yet.
    let label = |value: &Value| if over.is_relative() { SOME_RATE } else { &value.label }.to_owned();
    let read = |value: Option<&Value>| {
        let flag = value.map(|value| format!("--{}={}", over.flag, label(value)).into());
        of_loadgen(passed.iter().cloned().chain(flag), "sweep", &OWN)
    };
    let line = |value| match read(value) {
        Err(NoResult::With(_, line)) => Some(line),
        _ => None,
    };
    let of_over = |value: &Value, refused: String| {
        let own = refused.strip_prefix(&format!("--{} got {:?}: ", over.flag, label(value)));
        let takes = own.unwrap_or(&refused);
        if line(None).as_ref() == Some(&refused) {
            // Whatever the flag is given.
            refused
        } else if over.is_relative() {
            format!("{}: {takes}", got(given))
        } else if over.values.iter().all(|value| line(Some(value)).as_ref() == Some(&refused)) {
            // The flag itself.
            format!("{}: {refused}", got(given))
        } else {
            format!("{}: its value {} is refused: {takes}", got(given), value.label)
        }
    };
    let read = |value: &Value| {
        read(Some(value)).map_err(|refused| match refused {
            NoResult::With(code, line) => NoResult::With(code, of_over(value, line)),
            told @ NoResult::Told(_) => told,
        })
    };
    over.values.iter().map(read).collect()
}

/// How a refusal of what `--over` was given begins.
fn got(given: &[String]) -> String {
    let given: Vec<_> = given.iter().filter_map(|word| word.strip_prefix(OVER)).collect();
    format!("--over got {:?}", given.concat())
}

/// The arguments of the load whose throughput is 100 % of the rate of `open`, whose arguments without a rate are `passed`:
/// the same without what makes it open, on as many workers.
fn reference(open: &options::Options, passed: &[OsString]) -> Result<Vec<OsString>, String> {
    const OF_OPEN_LOAD: [&str; 6] = ["--mode", "--rate", "--arrival", "--warmup", "--freeze", "--assert"];
    let mut args = split(passed.iter().cloned(), &OF_OPEN_LOAD).passed;
    let modes = open.workload.modes();
    let mode = if modes.contains(&Mode::Saturate) { Mode::Saturate } else { open.workload.mode() };
    args.push(format!("--mode={}", mode.name()).into());
    if let (None, (Some(workers), _)) = (open.workers, run::seats(open, &probe::processors())) {
        args.push(format!("--workers={workers}").into());
    }
    match options::Options::read(args.iter().cloned()) {
        Ok(_) => Ok(args),
        Err(options::Refused::Usage(line) | options::Refused::Told(line)) => Err(format!(
            "{line}; what the rate's percentages are of cannot be measured so: give it in numbers"
        )),
    }
}
