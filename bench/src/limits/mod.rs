//! The physical floor of this machine: what the operations cost that every message is made of.

pub mod figure;

pub mod allocator;

pub mod single;

pub mod pair;

use crate::clock::Clock;
use crate::interrupt::Interrupt;
use crate::machine::{self, words};
use crate::options;
use crate::refusal;
use crate::stderr;
use crate::stdout;
use clap::Parser;
use clap::error::ErrorKind;
use figure::Figure;
use serde_json::{Map, Value, json};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

/// The name and version of the JSON.
pub const SCHEMA: &str = "limits/1";

/// The physical floor of this machine, measured: what messages are made of
#[derive(Debug, Parser)]
#[command(name = "throng limits", disable_version_flag = true, allow_negative_numbers = true)]
struct Command {
    /// What goes to stdout: text or json
    #[arg(long, value_parser = format, default_value = "text")]
    format: Format,
    /// Seed of everything random
    #[arg(long, value_name = "N", value_parser = options::seed, default_value = "1")]
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
}

fn format(given: &str) -> Result<Format, String> {
    match given {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err("takes text or json".into()),
    }
}

/// Measures every operation: two seconds.
pub fn measure(seed: u64) -> Vec<Figure> {
    let clock = Clock::calibrated();
    let mut figures = single::figures(&clock, seed);
    figures.extend(pair::figures(&clock));
    figures
}

/// Runs the command with the arguments that follow its name; gives the process's exit code: 0, 1 if stdout cannot be
/// written, 2 for usage. A signal ends it with 130 before anything is written, or comes too late.
pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.collect();
    let all = std::iter::once(OsString::from("throng limits")).chain(args.iter().cloned());
    let (text, code) = match Command::try_parse_from(all) {
        Ok(command) => {
            let interrupt = match Interrupt::catch_to_end() {
                Ok(interrupt) => interrupt,
                Err(error) => {
                    stderr::line(format_args!("throng: signals cannot be caught: {error}"));
                    return ExitCode::from(1);
                }
            };
            let mut env = machine::certificate();
            let before = machine::load();
            let figures = measure(command.seed);
            let after = machine::load();
            env.insert(
                "load_per_minute".into(),
                json!({"before": before.per_minute, "after": after.per_minute}),
            );
            let stolen = before.stolen_ns.zip(after.stolen_ns).map(|(a, b)| b.saturating_sub(a));
            env.insert("stolen_ns".into(), json!(stolen));
            let text = render(&figures, &env, command.format);
            // Half of it is never written.
            interrupt.keep();
            (text, 0)
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelp => (error.to_string(), 0),
        Err(error) => {
            stderr::line(format_args!("throng: {}", one_line(&error, &args)));
            return ExitCode::from(2);
        }
    };
    let mut out = stdout::lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) => {
            stderr::line(format_args!("throng: cannot write to stdout: {error}"));
            ExitCode::from(1)
        }
        Ok(()) => ExitCode::from(code),
    }
}

fn render(figures: &[Figure], env: &Map<String, Value>, format: Format) -> String {
    match format {
        Format::Json => json!({"schema": SCHEMA, "env": env, "figures": figures}).to_string() + "\n",
        Format::Text => {
            let width = figures.iter().map(|figure| figure.name.len()).max().unwrap_or_default();
            let mut out = String::new();
            for Figure { name, ns, note } in figures {
                let ns = ns.map_or_else(|| format!("not run: {note}"), |ns| format!("{ns:>10.1} ns"));
                let _ = writeln!(out, "{name:<width$} {ns}");
            }
            let _ = writeln!(out, "machine: {}", words::whole(&Value::Object(env.clone())));
            out
        }
    }
}

fn one_line(error: &clap::Error, args: &[OsString]) -> String {
    refusal::one_line::<Command>(error, args, "throng limits", "takes --format and --seed")
}

#[cfg(test)]
mod tests;
