//! The command `throng jitter`: what the machine takes of each processor while nothing else is to be done.

use super::arguments::program;
use super::passed::format;
use super::shown;
use crate::clock::Clock;
use crate::export::claim::Claim;
use crate::export::file::{WriteError, write_atomic};
use crate::export::hlog;
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::jitter::{self, Jitter, Probed};
use crate::latency::Summary;
use crate::machine::processors;
use crate::options::folder;
use crate::table::render::Format;
use crate::{machine, probe, refusal, stderr, stdout, units, utc};
use clap::Parser;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The name and version of the JSON.
const SCHEMA: &str = "jitter/1";
const FAILED: u8 = 1;
const USAGE: u8 = 2;

/// What the machine takes of each processor: a thread on each reads the clock all the time, and each gap is recorded
#[derive(Debug, Parser)]
#[command(
    name = "throng jitter",
    disable_version_flag = true,
    allow_negative_numbers = true,
    max_term_width = 100
)]
pub(super) struct Command {
    /// For how long: 1ms to 60m
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "5s")]
    duration: Duration,
    /// On which processors, like 0,2 or 0-3; by default on all that this process may use
    #[arg(long, value_name = "LIST", value_parser = list)]
    processors: Option<Chosen>,
    /// A new or empty folder for run.json, env.json, summary.md, jitter.hlog, report.html and svg/; by default nothing is kept
    #[arg(long, value_name = "DIR", value_parser = OsStringValueParser::new().try_map(folder))]
    out: Option<PathBuf>,
    /// What goes to stdout: text, markdown or json
    #[arg(long, value_parser = format, default_value = "text")]
    format: Format,
}

/// Processors as they were given; a type of its own, as clap takes a `Vec` for a flag that is given several times.
#[derive(Debug, Clone)]
struct Chosen(Vec<usize>);

fn duration(given: &str) -> Result<Duration, String> {
    units::read_time(given)
        .filter(|time| (Duration::from_millis(1)..=Duration::from_secs(3_600)).contains(time))
        .ok_or_else(|| "takes a whole number and ns, us, ms, s or m, from 1ms to 60m".into())
}

/// Whether they are there is looked at here: nothing is started before all of the command line is known to be good.
fn list(given: &str) -> Result<Chosen, String> {
    let here = processors::usable();
    let number = |text: &str| {
        let is_number = text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|n: &usize| is_number && here.contains(n))
    };
    let numbers = |part: &str| match part.split_once('-') {
        None => number(part).map(|n| n..=n),
        Some((first, last)) => Some(number(first)?..=number(last)?).filter(|range| !range.is_empty()),
    };
    let chosen: Option<Vec<_>> = given.split(',').map(numbers).collect();
    let mut chosen: Vec<usize> = chosen.into_iter().flatten().flatten().collect();
    let given = chosen.len();
    chosen.sort_unstable();
    chosen.dedup();
    if chosen.is_empty() || chosen.len() < given || chosen.iter().any(|n| !here.contains(n)) {
        let here = processors::ranges(&here);
        return Err(format!(
            "takes processors like 0,2 or 0-3, each once, of those that this process may use here: {here}"
        ));
    }
    Ok(Chosen(chosen))
}

/// Runs the command with the arguments that follow its name; gives the process's exit code: 0, 1 where a processor
/// could not be looked at or something not be written, 2 usage, 130 interrupted.
pub(super) fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    match command(args, &mut stdout::lock()) {
        Ok(code) => ExitCode::from(code),
        Err((code, line)) => {
            stderr::line(format_args!("throng: {line}"));
            ExitCode::from(code)
        }
    }
}

fn command(args: impl Iterator<Item = OsString>, out: &mut impl Write) -> Result<u8, (u8, String)> {
    let args: Vec<OsString> = args.collect();
    let all = std::iter::once(OsString::from("throng jitter")).chain(args.iter().cloned());
    let command = match Command::try_parse_from(all) {
        Ok(command) => command,
        Err(error) if error.kind() == ErrorKind::DisplayHelp => return print(out, &error.to_string()),
        Err(error) => return Err((USAGE, one_line(&error, &args))),
    };
    let failed = |why: String| (FAILED, why);
    let interrupt = Interrupt::catch().map_err(|e| failed(format!("signals cannot be caught: {e}")))?;
    let claim = command.out.as_ref().map(|folder| interrupt.undisturbed(|| Claim::of(folder))).transpose();
    let claim = claim.map_err(|why| (USAGE, format!("--out {why}")))?;
    let chosen = command.processors.clone().map_or_else(processors::usable, |chosen| chosen.0);
    let clock = Clock::calibrated();
    let (load, cross) = (machine::load(), probe::cross_core_ns());
    let probed = jitter::probe(&chosen, command.duration, &clock, interrupt.raised()).map_err(failed)?;
    let interrupted = interrupt.raised().load(Ordering::Relaxed);
    interrupt.keep();
    let run = run_json(&probed, &command, &chosen, interrupted, env(&clock, load, cross));
    let valid = probed.refused.is_empty();
    for wrong in wrong(&probed) {
        stderr::line(format_args!("throng: {wrong}"));
    }
    if let Some(claim) = &claim {
        save(claim.path(), &probed, &run, valid).map_err(|error| failed(error.to_string()))?;
    }
    let exit = match (valid, interrupted) {
        (false, _) => FAILED,
        (true, true) => INTERRUPTED,
        (true, false) => 0,
    };
    let exit = claim.map_or(exit, |claim| shown::page(claim.path(), exit));
    print(out, &rendered(&probed, &run, command.format))?;
    Ok(exit)
}

pub(super) fn one_line(error: &clap::Error, args: &[OsString]) -> String {
    let takes = "takes --duration, --processors, --out and --format";
    refusal::one_line::<Command>(error, args, "throng jitter", takes)
}

/// A result that nobody got is none: so is one whose reader has gone away.
fn print(out: &mut impl Write, text: &str) -> Result<u8, (u8, String)> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) => Err((FAILED, format!("cannot write to stdout: {error}"))),
        Ok(()) => Ok(0),
    }
}

/// The machine and the build, and what changed while it was looked at.
fn env(clock: &Clock, load: machine::Load, cross_before: Option<f64>) -> Value {
    let after = machine::load();
    let stolen = load.stolen_ns.zip(after.stolen_ns).map(|(a, b)| b.saturating_sub(a));
    let mut env = machine::certificate();
    env.insert("cross_core_ns".into(), json!({"before": cross_before, "after": probe::cross_core_ns()}));
    env.insert("load_per_minute".into(), json!({"before": load.per_minute, "after": after.per_minute}));
    env.insert("stolen_ns".into(), json!(stolen));
    env.insert("clock".into(), json!({"source": clock.name(), "cost_ns": clock.cost_ns()}));
    Value::Object(env)
}

fn wrong(probed: &Probed) -> Vec<String> {
    let told =
        |processor| format!("processor {processor} was not looked at: no thread could be pinned to it");
    probed.refused.iter().map(told).collect()
}

fn run_json(probed: &Probed, command: &Command, chosen: &[usize], interrupted: bool, env: Value) -> Value {
    let each: Vec<Value> = probed
        .each
        .iter()
        .map(|one| {
            let mut figures = json!(one.figures());
            figures["processor"] = json!(one.processor);
            figures
        })
        .collect();
    let repeat = [
        program(),
        "jitter".into(),
        "--duration".into(),
        format!("{}ns", command.duration.as_nanos()),
        "--processors".into(),
        processors::ranges(chosen),
    ];
    json!({
        "schema": SCHEMA,
        "command": repeat,
        "started": utc::readable(probed.began),
        "threshold_ns": probed.threshold_ns,
        "all": probed.figures(),
        "per_processor": each,
        "validity": {
            "valid": probed.refused.is_empty(),
            "interrupted": interrupted,
            "wrong": wrong(probed),
        },
        "env": env,
    })
}

fn rendered(probed: &Probed, run: &Value, format: Format) -> String {
    match format {
        Format::Json => run.to_string() + "\n",
        Format::Text => format!("{}\n{}", headline(probed, run), text(probed)),
        Format::Markdown => format!("# {}\n\n{}", headline(probed, run), markdown(probed)),
    }
}

fn headline(probed: &Probed, run: &Value) -> String {
    let all = probed.figures();
    let processors =
        if all.processors == 1 { "1 processor" } else { &format!("{} processors", all.processors) };
    let mut line = format!(
        "jitter, {processors}, {}: {:.2} % of the time is in gaps above {}",
        units::time(all.lasted_ns as f64),
        all.stolen_share * 100.0,
        units::time(probed.threshold_ns as f64)
    );
    if run["validity"]["interrupted"] == true {
        line += ", interrupted";
    }
    if run["validity"]["valid"] != true {
        line += ", NOT VALID";
    }
    line
}

const HEADS: [&str; 8] = ["processor", "in gaps", "gaps", "p50", "p90", "p99", "p99.9", "max"];
/// A line below the heads, and nothing else that is not content.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// All of them together, and each; a percentile that the gaps cannot carry is `-`.
fn rows(probed: &Probed) -> Vec<[String; HEADS.len()]> {
    let row = |name: String, figures: Jitter| {
        let Summary { p50, p90, p99, p99_9, max, .. } = figures.gap_ns;
        let told = |ns: Option<u64>| ns.map_or_else(|| "-".into(), |ns| units::time(ns as f64));
        let share = format!("{:.3} %", figures.stolen_share * 100.0);
        [name, share, units::count(figures.gaps), told(p50), told(p90), told(p99), told(p99_9), told(max)]
    };
    let each = probed.each.iter().map(|one| row(one.processor.to_string(), one.figures()));
    std::iter::once(row("all".into(), probed.figures())).chain(each).collect()
}

fn text(probed: &Probed) -> String {
    let mut drawn = Table::new();
    drawn.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled).set_header(HEADS);
    drawn.add_rows(rows(probed));
    drawn.column_iter_mut().for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    drawn.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn markdown(probed: &Probed) -> String {
    let line = |cells: [String; HEADS.len()]| format!("| {} |\n", cells.join(" | "));
    let heads = line(HEADS.map(str::to_owned)) + &line(HEADS.map(|_| "---:".to_owned()));
    rows(probed).into_iter().fold(heads, |table, row| table + &line(row))
}

/// Writes the files; those of what does not hold end in `.FAIL`.
fn save(folder: &Path, probed: &Probed, run: &Value, valid: bool) -> Result<(), WriteError> {
    let path = |name: &str| folder.join(if valid { name.to_owned() } else { format!("{name}.FAIL") });
    let text = |name: &str, text: &str| write_atomic(&path(name), |file| file.write_all(text.as_bytes()));
    let pretty = |value: &Value| format!("{value:#}\n");
    text("env.json", &pretty(&run["env"]))?;
    text("summary.md", &rendered(probed, run, Format::Markdown))?;
    let (all, tags) = (probed.gaps(), probed.each.iter().map(|one| format!("processor-{}", one.processor)));
    let tags: Vec<String> = tags.collect();
    let interval = |tag, lasted_ns, gaps| hlog::Interval {
        tag,
        start: Duration::ZERO,
        duration: Duration::from_nanos(lasted_ns),
        histogram: gaps,
    };
    let mut intervals = vec![interval(None, probed.figures().lasted_ns, all.histogram())];
    for (one, tag) in probed.each.iter().zip(&tags) {
        intervals.push(interval(Some(tag), one.lasted_ns, one.gaps.histogram()));
    }
    write_atomic(&path("jitter.hlog"), |file| hlog::write(file, probed.began, &intervals))?;
    // The last: where it is, the others are.
    text("run.json", &pretty(run))
}

#[cfg(test)]
mod tests;
