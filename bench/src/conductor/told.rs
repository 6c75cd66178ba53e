//! What the commands tell: progress to stderr, the result alone to stdout.

use crate::stderr;
use crate::stdout;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

/// A short bar: of 100 columns the rest must be enough for what a run tells, up to its percentiles.
const OVER_RUNS: &str = "{bar:8} {pos}/{len} {wide_msg}";

/// Progress: a bar over the runs on a terminal, or one line that is written over where nobody knows how many there are; lines
/// elsewhere.
#[derive(Debug)]
pub(super) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// To stderr, whatever that is.
    pub(super) fn new() -> Self {
        Self::shown(ProgressBar::no_length, "{wide_msg}")
    }

    /// The same, of so many runs.
    pub(super) fn over(runs: u32) -> Self {
        Self::shown(|| ProgressBar::new(u64::from(runs)), OVER_RUNS)
    }

    fn shown(bar: impl FnOnce() -> ProgressBar, template: &str) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template(template);
            bar().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar }
    }

    /// Tells `line`.
    pub(super) fn tell(&self, line: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_message(line.to_owned());
                bar.tick();
            }
            None => stderr::line(line),
        }
    }

    /// So many runs are over.
    pub(super) fn ran(&self, runs: u32) {
        if let Some(bar) = &self.bar {
            bar.set_position(u64::from(runs));
            bar.tick();
        }
    }

    /// Takes the bar or the line away again.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Writes the result to stdout; a result that nobody got is none, and so is one whose reader went away.
pub(super) fn printed(text: &str) -> ExitCode {
    let mut out = stdout::lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            stderr::line(format_args!("throng: cannot write to stdout: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_hundred_columns_the_percentiles_have_theirs() {
        let told = "[10/10] loadgen: 12 s, measuring, 49.9 k/s of 50.0 k/s, p50 1.20 µs, p99 48.0 µs";
        let (bar, rest) = OVER_RUNS.strip_prefix("{bar:").and_then(|t| t.split_once('}')).expect("a bar");
        let before = bar.parse::<usize>().expect("its width")
            + rest.replace("{pos}", "10").replace("{len}", "10").replace("{wide_msg}", "").len();
        assert!(before + told.chars().count() <= 100, "{before} columns before what is told");
    }
}
