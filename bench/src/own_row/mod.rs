//! throng's own row of the table: one measure a process, by the protocol of every baseline program.
//!
//! `throng row MEASURE --seconds S [--memory-bytes N] [--target N]` prints progress on stderr and, as its last line on
//! stdout, one JSON object with what the receivers counted.

mod crowd;

mod latency;

mod rates;

use crate::stderr;
use crate::stdout;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// What a measure may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    time: Duration,
    memory_bytes: u64,
    target: Option<u64>,
}

/// The longest time of a measure: a day.
const LONGEST_S: f64 = 86_400.0;

const USAGE: &str =
    "takes actors|one_way|ask|throughput|bytes|speedup --seconds S [--memory-bytes N] [--target N]";

/// Runs one measure. Exit code 0 with an answer, 1 if messages were lost or something is not to be had, 2 on bad
/// arguments.
pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.collect();
    if args.iter().any(|arg| arg == "-h" || arg == "--help") {
        return written(format_args!("row {USAGE}"));
    }
    let (measure, budget) = match parse(args.into_iter()) {
        Ok(parsed) => parsed,
        Err(why) => {
            stderr::line(format_args!("throng: {why}"));
            return ExitCode::from(2);
        }
    };
    let answer = match measure.as_str() {
        "actors" => crowd::actors(budget),
        "bytes" => crowd::bytes(budget),
        "one_way" => latency::one_way(budget),
        "ask" => latency::ask(budget),
        "throughput" => rates::throughput(budget),
        _ => rates::speedup(budget),
    };
    match answer {
        Ok(mut answer) => {
            answer["measure"] = Value::String(measure);
            if written(&answer) != ExitCode::SUCCESS {
                std::process::exit(1);
            }
            // Actors may number in the hundreds of millions: the process ends without ending each of them.
            std::process::exit(i32::from(answer["sent"] != answer["received"]));
        }
        Err(why) => {
            stderr::line(format_args!("throng: {why}"));
            ExitCode::FAILURE
        }
    }
}

/// Writes the line to stdout. A line that nobody got is none: so is one whose reader has gone away.
fn written(line: impl std::fmt::Display) -> ExitCode {
    let mut out = stdout::lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) => {
            stderr::line(format_args!("throng: cannot write to stdout: {error}"));
            ExitCode::FAILURE
        }
        Ok(()) => ExitCode::SUCCESS,
    }
}

pub(crate) fn parse(args: impl Iterator<Item = OsString>) -> Result<(String, Budget), String> {
    let mut measure = None;
    let mut budget = Budget { time: Duration::ZERO, memory_bytes: u64::MAX, target: None };
    let mut args = args.map(|arg| arg.to_string_lossy().into_owned());
    let mut given = Vec::new();
    while let Some(arg) = args.next() {
        if arg.starts_with("--") {
            if given.contains(&arg) {
                return Err(format!("row: {arg} is given twice: give it once"));
            }
            given.push(arg.clone());
        }
        let mut value = || args.next().ok_or_else(|| format!("row: {arg} takes a value: row {USAGE}"));
        match arg.as_str() {
            "--seconds" => {
                let text = value()?;
                let seconds = text.parse::<f64>().ok().filter(|s| (1e-9..=LONGEST_S).contains(s));
                budget.time = Duration::from_secs_f64(seconds.ok_or_else(|| {
                    format!("row: --seconds takes a number above 0, up to {LONGEST_S}, not {text:?}")
                })?);
            }
            "--memory-bytes" => budget.memory_bytes = number("--memory-bytes", &value()?)?,
            "--target" => budget.target = Some(number("--target", &value()?)?),
            "actors" | "one_way" | "ask" | "throughput" | "bytes" | "speedup" if measure.is_none() => {
                measure = Some(arg);
            }
            _ => return Err(format!("row: {arg:?} is not known: row {USAGE}")),
        }
    }
    match measure {
        Some(measure) if !budget.time.is_zero() => Ok((measure, budget)),
        None if given.is_empty() => Err(format!("row got nothing: {USAGE}")),
        None => Err(format!("row: what to measure is missing: {USAGE}")),
        Some(_) => Err(format!("row: --seconds is missing: {USAGE}")),
    }
}

fn number(flag: &str, text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("row: {flag} takes a whole number, not {text:?}"))
}

/// The common part of an answer.
fn counted(sent: u64, received: u64) -> Value {
    json!({ "sent": sent, "received": received })
}

/// One line that names what could not be had.
fn told(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<(String, Budget), String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn arguments_are_read_and_bad_ones_named() {
        let (measure, budget) = parsed("ask --seconds 0.25 --target 7").expect("good");
        assert_eq!(
            (measure.as_str(), budget.time, budget.target),
            ("ask", Duration::from_millis(250), Some(7))
        );
        for (line, named) in [
            ("", "row got nothing: takes actors"),
            ("--target 5", "row: what to measure is missing: takes actors"),
            ("ask", "row: --seconds is missing: takes actors"),
            ("ask --seconds none", "\"none\""),
            ("ask --seconds -1", "\"-1\""),
            ("ask --seconds 1e300", "\"1e300\""),
            ("ask --seconds 1 --target x", "--target"),
            ("ask --seconds", "--seconds takes a value"),
            ("asks --seconds 1", "\"asks\""),
        ] {
            let why = parsed(line).expect_err(line);
            assert!(why.contains(named) && !why.contains('\n'), "{line}: {why}");
        }
    }

    #[test]
    fn every_measure_counts_what_it_sent() {
        let budget = Budget { time: Duration::from_millis(20), memory_bytes: u64::MAX, target: Some(20_000) };
        for (name, measure) in [
            ("actors", crowd::actors as fn(Budget) -> Result<Value, String>),
            ("bytes", crowd::bytes),
            ("one_way", latency::one_way),
            ("ask", latency::ask),
            ("throughput", rates::throughput),
            ("speedup", rates::speedup),
        ] {
            let answer = measure(budget).expect(name);
            assert!(answer["sent"].as_u64() > Some(0), "{name}: {answer}");
            assert_eq!(answer["sent"], answer["received"], "{name}");
        }
    }
}
