//! The command `throng savina`: the Savina suite on the engine, verified.

use super::frame::{Kept, NoResult, ended, exit, failed, interruptible, own, usage};
use super::passed::{format, number};
use super::told::Progress;
use crate::alone::asking::Program;
use crate::options::folder;
use crate::savina::child::{COMMAND, LONGEST, WORKERS_MOST, names, sizes};
use crate::savina::entry::Entry;
use crate::savina::rounds::{self, Plan};
use crate::savina::size::Size;
use crate::savina::suite::{SUITE, find};
use crate::savina::text;
use crate::series::load::pretty;
use crate::table::render::Format;
use crate::units;
use clap::Parser;
use clap::builder::{OsStringValueParser, TypedValueParser};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Rounds where nothing is said, but for small sizes, which have one.
const ROUNDS: u32 = 3;
/// More rounds than this are a mistake.
const ROUNDS_MOST: u32 = 999;
/// How long a figure takes where nothing is said, and of small sizes.
const TIME: [Duration; 2] = [Duration::from_secs(2), Duration::from_millis(100)];

/// The workloads of the Savina suite and skynet, each verified by an oracle: the time of an iteration with all workers and with one.
#[derive(Debug, Parser)]
#[command(
    name = "throng savina",
    version,
    allow_negative_numbers = true,
    max_term_width = 100,
    after_help = "Each figure is taken in a fresh process, in rounds there and back through all workloads; iterations count once their times\n\
        are steady, after half a second at least, or the warm-up has had its time. The folder gets run.json (savina/1), iterations.csv, env.json, summary.md and the page report.html."
)]
pub(super) struct Own {
    /// These workloads alone; all where none is named. `throng workload --help` lists them
    #[arg(value_name = "NAME", value_parser = named)]
    names: Vec<&'static Entry>,
    /// How much work an iteration is: small, default (as published) or large
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "default")]
    size: Size,
    /// How often each figure is taken, 1 to 999 [3, of small ones 1]
    #[arg(long, value_name = "N", value_parser = rounds)]
    rounds: Option<u32>,
    /// How long iterations are measured for a figure, after a warm-up of at most so long, and half a second at least but for small
    /// ones; both up to four times as long where they are few [2s, of small ones 100ms]
    #[arg(long, value_name = "TIME", value_parser = time)]
    time: Option<Duration>,
    /// Workers, beside the runs with one [one for each processor]
    #[arg(long, value_name = "N", value_parser = workers)]
    workers: Option<usize>,
    /// Where the files go, a new or empty folder [reports/runs/<UTC>-savina]
    #[arg(long, value_name = "DIR", value_parser = OsStringValueParser::new().try_map(folder))]
    out: Option<PathBuf>,
    /// What goes to stdout: text, markdown or json
    #[arg(long, value_parser = format, default_value = "text")]
    format: Format,
}

fn named(given: &str) -> Result<&'static Entry, String> {
    find(given).ok_or_else(|| format!("takes one or more of {}", names()))
}

fn size(given: &str) -> Result<Size, String> {
    Size::parse(given).ok_or_else(|| format!("takes one of {}", sizes()))
}

fn rounds(given: &str) -> Result<u32, String> {
    number(given, 1, ROUNDS_MOST)
}

fn workers(given: &str) -> Result<usize, String> {
    number(given, 1, WORKERS_MOST as u32).map(|workers| workers as usize)
}

fn time(given: &str) -> Result<Duration, String> {
    units::read_time(given)
        .filter(|time| *time <= LONGEST && time.subsec_nanos().is_multiple_of(1_000_000))
        .ok_or_else(|| {
            format!("takes a time in whole milliseconds up to {} s, as 500ms or 2s", LONGEST.as_secs())
        })
}

/// Runs the command with the arguments that follow its name; gives the process's exit code: 0, 1 a figure could not be had
/// or something not be written, 2 usage, 5 work was not done as it was to be, 130 interrupted.
pub(super) fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    exit(command(args))
}

fn command(args: impl Iterator<Item = OsString>) -> Result<ExitCode, NoResult> {
    let args: Vec<OsString> = args.collect();
    let takes = "takes names of workloads, --size, --rounds, --time, --workers, --out and --format";
    let own: Own = own(&args, "throng savina", takes)?;
    let twice =
        own.names.iter().enumerate().find(|(at, one)| own.names[..*at].iter().any(|it| it.name == one.name));
    if let Some((_, entry)) = twice {
        return Err(usage(format!("savina: {:?} is given twice: name each workload once", entry.name)));
    }
    let small = own.size == Size::Small;
    let rounds = own.rounds.unwrap_or(if small { 1 } else { ROUNDS });
    let time = own.time.unwrap_or(TIME[usize::from(small)]);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = own.workers.unwrap_or(processors).min(WORKERS_MOST);
    let (interrupt, claim) = interruptible(own.out.as_deref(), "savina")?;
    let folder = claim.path();
    let program =
        Program::own(COMMAND).map_err(|e| failed(format!("this program cannot find itself: {e}")))?;
    let mut command = vec!["savina".to_owned()];
    command.extend(own.names.iter().map(|entry| entry.name.to_owned()));
    let flags = [
        ("--size", own.size.name().to_owned()),
        ("--rounds", rounds.to_string()),
        ("--time", format!("{}ms", time.as_millis())),
        ("--workers", workers.to_string()),
    ];
    command.extend(flags.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]));
    let entries = if own.names.is_empty() { SUITE.iter().collect() } else { own.names };
    let plan = Plan { program: &program, entries, size: own.size, workers, rounds, time, command };
    let progress = Progress::new();
    let outcome = rounds::run(plan, interrupt.raised(), &mut |line| progress.tell(line));
    progress.end();
    interrupt.keep();
    let suite = &outcome.suite;
    outcome.save(folder, &text::markdown(suite)).map_err(failed)?;
    let result = match own.format {
        Format::Text => text::text(suite),
        Format::Markdown => text::markdown(suite),
        Format::Json => pretty(suite),
    };
    let kept = Kept { folder, of: "suite" };
    Ok(ended(&kept, outcome.exit, &suite.validity.wrong, &result))
}
