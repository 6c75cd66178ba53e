//! The command `throng load`: several runs of one load, merged.

use super::passed::{can_hold, folder, format, number, split, words};
use super::told::{Progress, printed};
use super::{shown, suite};
use crate::interrupt::Interrupt;
use crate::options;
use crate::series::fresh::Generator;
use crate::series::load::{self, Plan, Refused, pretty};
use crate::series::load_text;
use crate::series::share::processors_in_use;
use crate::table::render::Format;
use crate::{refusal, stderr, utc};
use clap::Parser;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

const FAILED: u8 = 1;
const USAGE: u8 = 2;
/// The flags that are not loadgen's.
const OWN: [&str; 4] = ["--profile-file", "--runs", "--out", "--format"];
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
    after_help = "Every other flag is loadgen's: see loadgen --help. The folder gets run.json (load/1), env.json, summary.md,\n\
        combined.hlog, response.hgrm, service.hgrm, jitter.hlog, the page report.html and its drawings in svg, and the\n\
        files of each run in run-1, run-2 and so on. What is not valid ends in .FAIL, and the exit code is that of the\n\
        worst run.\n\n\
        With --profile-file the folder gets run.json (series/1), env.json, summary.md and report.html, and each load in\n\
        a folder of its name; reports/profiles/quick.toml is an example."
)]
struct Own {
    /// Run the loads that this TOML file lists, one after the other, instead of one workload
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().try_map(file))]
    profile_file: Option<PathBuf>,
    /// Runs, each in a fresh process; of a file, for the loads that do not say
    #[arg(long, value_name = "N", value_parser = runs, default_value = "5")]
    runs: u32,
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
    command(args).unwrap_or_else(|(code, line)| {
        stderr::line(format_args!("throng: {line}"));
        ExitCode::from(code)
    })
}

fn command(args: impl Iterator<Item = OsString>) -> Result<ExitCode, (u8, String)> {
    let usage = |line: String| (USAGE, line);
    let failed = |why: String| (FAILED, why);
    let split = split(args, &OWN);
    let own = match Own::try_parse_from(std::iter::once("throng".into()).chain(split.own.iter().cloned())) {
        Ok(own) => own,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return Ok(printed(&error.to_string()));
        }
        Err(error) => {
            let line = refusal::one_line::<Own>(&error, &split.own, "throng load", "see throng help load");
            return Err(usage(line));
        }
    };
    if let Some(file) = own.profile_file {
        if let Some(more) = split.passed.first() {
            return Err(usage(format!(
                "{more:?} is one too many beside --profile-file: the loads are in the file"
            )));
        }
        return suite::measured(&file, own.runs, own.out, own.format);
    }
    let options = match options::Options::read(split.passed.iter().cloned()) {
        Ok(options) => options,
        Err(options::Refused::Told(text)) => return Ok(printed(&text)),
        Err(options::Refused::Usage(line)) => return Err(usage(line)),
    };
    let workload = options.workload.name();
    let folder = own.out.unwrap_or_else(|| {
        let name = format!("{}-load-{workload}", utc::compact(SystemTime::now()));
        Path::new("reports/runs").join(name)
    });
    let interrupt = Interrupt::catch().map_err(|e| failed(format!("signals cannot be caught: {e}")))?;
    can_hold(&folder, &interrupt).map_err(usage)?;
    let generator = Generator::own().map_err(|e| failed(format!("this program cannot find itself: {e}")))?;
    let mut repeat = vec!["load".to_owned()];
    repeat.extend(words(&split.passed));
    repeat.extend(["--runs".to_owned(), own.runs.to_string()]);
    let plan = Plan {
        generator: &generator,
        workload,
        args: &split.passed,
        seed: options.seed,
        runs: own.runs,
        folder: &folder,
        gaps_on: &processors_in_use(&options),
        command: repeat,
    };
    let mut progress = Progress::new();
    let outcome = load::run(plan, &interrupt, &mut |line| progress.tell(line));
    progress.end();
    let outcome = outcome.map_err(|Refused(line)| usage(line))?;
    interrupt.keep();
    let load = &outcome.load;
    outcome.save(&folder, &load_text::markdown(load)).map_err(failed)?;
    let exit = shown::page(&folder, outcome.exit);
    for wrong in &load.validity.wrong {
        stderr::line(format_args!("throng: {wrong}"));
    }
    stderr::line(format_args!("files of this load: {}", folder.display()));
    let code = printed(&match own.format {
        Format::Text => load_text::text(load),
        Format::Markdown => load_text::markdown(load),
        Format::Json => pretty(load),
    });
    Ok(if exit == 0 { code } else { ExitCode::from(exit) })
}
