//! What a person sees of a load while it runs: a bar on a terminal, a line each second elsewhere.

use crate::stderr;
use crate::units;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How often it is told.
pub const TELL_EVERY: Duration = Duration::from_secs(1);

/// How a load stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct Moment {
    /// Since it began.
    pub elapsed: Duration,
    /// `warm-up` or `measuring`.
    pub phase: &'static str,
    /// The rate that was asked for.
    pub target: Option<f64>,
    /// Arrivals sent in the last second; messages handled where nobody counts the sent ones, as the result has them.
    pub rate: f64,
    /// Of the last second, in nanoseconds.
    pub p50: Option<u64>,
    /// Of the last second.
    pub p99: Option<u64>,
    /// Sends that full mailboxes refused so far, as the ledger counts them: those that were tried again among them.
    pub refused: u64,
    /// Arrivals that ended so; `None` where the load has none.
    pub arrivals_refused: Option<u64>,
    /// Messages that were found lost, twice or out of order so far; what nobody has missed yet shows in the end.
    pub lost: u64,
    /// Whether the warm-up ended because the load was steady; `None` where nobody looks, or as long as nobody knows.
    pub steady: Option<bool>,
    /// Whether more has come in the measured time than was handled, or less than was to come.
    pub overloaded: bool,
}

impl Moment {
    /// Whole seconds since it began, the nearest: it is told when a second is over, more or less.
    fn seconds(&self) -> f64 {
        self.elapsed.as_secs_f64().round()
    }

    fn text(&self) -> String {
        let mut text = format!("{}, {}", self.phase, units::rate(self.rate));
        if let Some(target) = self.target {
            text += &format!(" of {}", units::rate(target));
        }
        for (name, ns) in [("p50", self.p50), ("p99", self.p99)] {
            if let Some(ns) = ns {
                text += &format!(", {name} {}", units::time(ns as f64));
            }
        }
        let arrivals =
            self.arrivals_refused.map_or(String::new(), |n| units::counted(n, "arrival") + " and ");
        let sends = units::counted(self.refused, "send");
        text += &format!(", {arrivals}{sends} refused, {} lost", units::count(self.lost));
        match self.steady {
            _ if self.overloaded => text + ", OVERLOADED",
            Some(true) => text + ", steady",
            Some(false) => text + ", not steady",
            None => text,
        }
    }
}

/// Tells it.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    told: Instant,
}

impl Progress {
    /// Of a load whose measured time is known, or is not.
    pub fn new(duration: Option<Duration>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = match duration {
                Some(duration) => ProgressBar::new(duration.as_millis() as u64),
                None => ProgressBar::new_spinner(),
            };
            let template = if duration.is_some() { "{bar:24} {msg}" } else { "{spinner} {msg}" };
            bar.with_style(
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
            )
        });
        Self { bar, told: Instant::now() }
    }

    /// Whether it is time to tell again.
    pub fn is_due(&self) -> bool {
        self.told.elapsed() >= TELL_EVERY
    }

    /// Tells how it stands; `measured` is how much of the measured time is over.
    pub fn tell(&mut self, moment: &Moment, measured: Duration) {
        self.told = Instant::now();
        match &self.bar {
            Some(bar) => {
                bar.set_message(format!("{} s {}", moment.seconds(), moment.text()));
                bar.set_position(measured.as_millis() as u64);
                bar.tick();
            }
            None => {
                stderr::line(format_args!("loadgen: {} s, {}", moment.seconds(), moment.text()));
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_tells_what_is_known() {
        let moment = Moment { phase: "measuring", rate: 49_900.0, ..Moment::default() };
        assert_eq!(moment.text(), "measuring, 49.9 k/s, 0 sends refused, 0 lost");
        let seconds = |ms| Moment { elapsed: Duration::from_millis(ms), ..moment }.seconds().to_string();
        assert_eq!([998, 1_001, 1_999].map(seconds), ["1", "1", "2"]);
        let more = Moment {
            target: Some(5e4),
            p50: Some(1_200),
            p99: Some(48_000),
            refused: 1_234,
            arrivals_refused: Some(1),
            lost: 2,
            steady: Some(false),
            ..moment
        };
        let text = "measuring, 49.9 k/s of 50.0 k/s, p50 1.20 µs, p99 48.0 µs, 1 arrival and 1,234 sends refused, 2 lost, not steady";
        assert_eq!(more.text(), text);
        let found = Moment { steady: Some(true), ..moment };
        assert!(found.text().ends_with(", 0 lost, steady"), "{}", found.text());
        for steady in [None, Some(true)] {
            let overloaded = Moment { steady, overloaded: true, ..moment };
            assert!(overloaded.text().ends_with(", 0 lost, OVERLOADED"), "{}", overloaded.text());
        }
    }
}
