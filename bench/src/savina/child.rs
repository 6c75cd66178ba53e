//! One workload in this process, which is a fresh one: what `throng savina` starts for each figure.
//!
//! `throng workload NAME SIZE WORKERS MILLISECONDS` prints one JSON object, a [`Measured`](super::measured::Measured).

use super::entry::Entry;
use super::measured::Terms;
use super::size::Size;
use super::suite::{SUITE, find};
use crate::alone::answer;
use crate::alone::spoiled::Spoiled;
use crate::stderr;
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

/// The command's name.
pub const COMMAND: &str = "workload";
const USAGE_CODE: u8 = 2;
/// More workers than this are a mistake.
pub const WORKERS_MOST: usize = 1_024;
/// A figure that takes longer is a mistake.
pub const LONGEST: Duration = Duration::from_secs(3_600);

/// Measures once. Exit code 0 with the figures, 1 where they could not be had, 2 on bad arguments, 5 where work was not done as
/// it was to be.
pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let words: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    if words.iter().any(|word| word == "-h" || word == "--help") {
        return answer::written(COMMAND, format_args!("{COMMAND} {}", usage()));
    }
    match read(&words) {
        Err(line) => {
            stderr::line(format_args!("throng: {COMMAND} {line}"));
            ExitCode::from(USAGE_CODE)
        }
        Ok((entry, terms)) => answer::code(COMMAND, measured(entry, &terms)),
    }
}

fn measured(entry: &Entry, terms: &Terms) -> Result<String, Spoiled> {
    Ok(serde_json::to_string(&entry.measure(terms)?)?)
}

fn usage() -> String {
    format!(
        "takes NAME SIZE WORKERS MILLISECONDS with a size of {}, up to {WORKERS_MOST} workers, up to {} ms, and a name of {}",
        sizes(),
        LONGEST.as_millis(),
        names(),
    )
}

/// The sizes, as they are told.
pub fn sizes() -> String {
    Size::ALL.map(Size::name).join(", ")
}

/// All workloads, as they are told.
pub fn names() -> String {
    SUITE.map(|entry| entry.name).join(", ")
}

/// What `throng workload` is told in place of its arguments.
pub(super) fn written(entry: &Entry, terms: &Terms) -> [String; 4] {
    let Terms { size, workers, time } = terms;
    [entry.name.into(), size.name().into(), workers.to_string(), time.as_millis().to_string()]
}

pub(crate) fn read(words: &[String]) -> Result<(&'static Entry, Terms), String> {
    let number = |text: &str, most: u128| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u64>().ok().filter(|n| digits && u128::from(*n) <= most)
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let asked = match words[..] {
        [name, size, workers, time] => (|| {
            let workers = number(workers, WORKERS_MOST as u128).filter(|workers| *workers > 0)?;
            let time = Duration::from_millis(number(time, LONGEST.as_millis())?);
            Some((find(name)?, Terms { size: Size::parse(size)?, workers: workers as usize, time }))
        })(),
        _ => None,
    };
    asked.ok_or_else(|| match words[..] {
        [] => format!("got nothing: {}", usage()),
        _ => format!("got {:?}: {}", words.join(" "), usage()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<(&'static Entry, Terms), String> {
        read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_asked_for_is_read_and_everything_else_refused() {
        let (entry, terms) = of("ping-pong large 3 1500").expect("good");
        let wanted = Terms { size: Size::Large, workers: 3, time: Duration::from_millis(1_500) };
        assert_eq!((entry.name, terms), ("ping-pong", wanted));
        assert_eq!(of(&written(entry, &terms).join(" ")).map(|(_, terms)| terms), Ok(wanted));
        for line in [
            "ping-pong",
            "ping-pong small 1",
            "ping-pong small 0 1",
            "ping-pong small 1025 1",
            "ping-pong small +1 1",
            "ping-pong small 1 3600001",
            "ping-pong small 1 -1",
            "ping-pong huge 1 1",
            "pingpong small 1 1",
            "ping-pong small 1 1 1",
        ] {
            let why = of(line).expect_err(line);
            assert!(why.contains(&format!("{line:?}")) && why.contains("ping-pong"), "{line}: {why}");
        }
        assert!(of("").is_err_and(|why| why.starts_with("got nothing: takes NAME SIZE WORKERS")));
    }
}
