//! The command `throng load`: several runs of one load, merged.

use super::frame::{Kept, NoResult, ended, exit, failed, interruptible, of_loadgen, own, usage};
use super::passed::{format, number, split, words};
use super::suite;
use super::told::Progress;
use crate::options::folder;
use crate::series::fresh::Generator;
use crate::series::load::{self, Plan, pretty};
use crate::series::load_text;
use crate::series::share::processors_in_use;
use crate::table::render::Format;
use clap::Parser;
use clap::builder::{OsStringValueParser, TypedValueParser};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// The flags that are not loadgen's.
pub(super) const OWN: [&str; 4] = ["--profile-file", "--runs", "--out", "--format"];
/// More runs than this are a mistake.
const RUNS_MOST: u32 = 1_000;

/// Several runs of one load, each in a fresh process: their samples merged, and the median of each figure with its 95 %
/// interval.
#[derive(Debug, Parser)]
#[command(
    name = "throng load",
    version,
    allow_negative_numbers = true,
    max_term_width = 100,
    override_usage = "throng load WORKLOAD [flags of loadgen] [--runs N] [--out DIR] [--format FORMAT]\n       \
        throng load --profile-file FILE [--runs N] [--out DIR] [--format FORMAT]",
    after_help = "Every other flag is loadgen's: see throng help loadgen. The folder gets run.json (load/1), env.json, summary.md,\n\
        combined.hlog, response.hgrm, service.hgrm, jitter.hlog, the page report.html and its drawings in svg, and the\n\
        files of each run in run-1, run-2 and so on. What is not valid ends in .FAIL, and the exit code is that of the\n\
        worst run. The first run has --seed (1), each next one the next.\n\n\
        With --profile-file the folder gets run.json (series/1), env.json, summary.md and report.html, and each load in\n\
        a folder of its name; reports/profiles/quick.toml is an example."
)]
pub(super) struct Own {
    /// Run the loads that this TOML file lists, one after the other, instead of one workload
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().try_map(file))]
    profile_file: Option<PathBuf>,
    /// Runs, each in a fresh process; of a file, in place of what its [defaults] say; a load that says its own keeps
    /// them [5, with --profile smoke 2, paper 10]
    #[arg(long, value_name = "N", value_parser = runs)]
    runs: Option<u32>,
    /// Where the files go, a new or empty folder [reports/runs/<UTC>-load-WORKLOAD]
    #[arg(long, value_name = "DIR", value_parser = OsStringValueParser::new().try_map(folder))]
    out: Option<PathBuf>,
    /// What goes to stdout: text, markdown or json
    #[arg(long, value_parser = format, default_value = "text")]
    format: Format,
}

fn file(given: OsString) -> Result<PathBuf, String> {
    if given.is_empty() {
        Err("takes a TOML file, like reports/profiles/quick.toml".into())
    } else {
        Ok(given.into())
    }
}

fn runs(given: &str) -> Result<u32, String> {
    number(given, 1, RUNS_MOST)
}

/// Runs the command with the arguments that follow its name; gives the process's exit code: 0, or that of the worst run,
/// 1 something could not be written, 2 usage, 130 interrupted.
pub(super) fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    exit(command(args))
}

fn command(args: impl Iterator<Item = OsString>) -> Result<ExitCode, NoResult> {
    let split = split(args, &OWN);
    let own: Own = own(&split.own, "throng load", "see throng help load")?;
    if let Some(file) = own.profile_file {
        if let Some(more) = split.passed.first() {
            return Err(usage(format!(
                "{more:?} is one too many beside --profile-file: the loads are in the file"
            )));
        }
        return suite::measured(&file, own.runs, own.out, own.format);
    }
    let options = of_loadgen(split.passed.iter().cloned(), "load", &OWN)?;
    let workload = options.workload.name();
    let runs = own.runs.unwrap_or(options.profile.runs());
    let (interrupt, claim) = interruptible(own.out.as_deref(), &format!("load-{workload}"))?;
    let folder = claim.path();
    let generator = Generator::own().map_err(|e| failed(format!("this program cannot find itself: {e}")))?;
    let mut repeat = vec!["load".to_owned()];
    repeat.extend(words(&split.passed));
    repeat.extend(["--runs".to_owned(), runs.to_string()]);
    let progress = Progress::over(runs);
    let plan = Plan {
        generator: &generator,
        workload,
        args: &split.passed,
        seed: options.seed,
        runs,
        folder,
        gaps_on: &processors_in_use(&options),
        command: repeat,
        ran: &|runs| progress.ran(runs),
    };
    let outcome = load::run(plan, &interrupt, &mut |line| progress.tell(line));
    progress.end();
    let outcome = outcome?;
    interrupt.keep();
    let load = &outcome.load;
    outcome.save(folder, &load_text::markdown(load)).map_err(failed)?;
    let result = match own.format {
        Format::Text => load_text::text(load),
        Format::Markdown => load_text::markdown(load),
        Format::Json => pretty(load),
    };
    let kept = Kept { folder, of: "load" };
    let wrong: Vec<String> = load.validity.wrong.iter().cloned().chain(load.dropped()).collect();
    Ok(ended(&kept, outcome.exit, &wrong, &result))
}
