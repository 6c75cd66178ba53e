//! The figures of a run by their names: `ns_per_msg`, `response.p99`, `engine.steals`.

use crate::units;
use serde_json::Value;

/// The figures that a load tells over its runs.
pub const OVER_RUNS: [&str; 19] = [
    "msgs_per_s",
    "ns_per_msg",
    "bytes_per_actor",
    "cpu_ns",
    "response.p50",
    "response.p90",
    "response.p99",
    "response.p99_9",
    "response.max",
    "service.p50",
    "service.p90",
    "service.p99",
    "service.p99_9",
    "service.max",
    "schedule_lag.p50",
    "schedule_lag.p90",
    "schedule_lag.p99",
    "schedule_lag.p99_9",
    "schedule_lag.max",
];

/// The latencies of a run, each with its percentiles.
pub const LATENCIES: [&str; 3] = ["response", "service", "schedule_lag"];

/// What is told of a latency.
const PERCENTILES: [&str; 6] = ["count", "p50", "p90", "p99", "p99_9", "max"];
/// Figures that stand alone.
const ALONE: [&str; 8] = [
    "ns_per_msg",
    "msgs_per_s",
    "bytes_per_actor",
    "cpu_ns",
    "elapsed_ns",
    "messages",
    "rss_peak_bytes",
    "occupancy_max",
];
/// Those with figures of their own inside, whose names are not all known here.
const GROUPS: [&str; 5] = ["ledger", "engine", "stall_ns", "facts", "load"];

/// A figure of a run, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric(String);

impl Metric {
    /// The figure called `given`.
    ///
    /// # Errors
    /// What is taken, where no run has such a figure.
    pub fn parse(given: &str) -> Result<Self, String> {
        let known = match given.split_once('.') {
            None => ALONE.contains(&given),
            Some((first, rest)) if LATENCIES.contains(&first) => PERCENTILES.contains(&rest),
            Some((first, rest)) => GROUPS.contains(&first) && rest.split('.').all(|part| !part.is_empty()),
        };
        if known { Ok(Self(given.to_owned())) } else { Err(Self::accepted()) }
    }

    /// What [`Metric::parse`] takes.
    pub fn accepted() -> String {
        format!(
            "takes {}; {}, followed by .{}; or a number within {}, like engine.steals",
            ALONE.join(", "),
            LATENCIES.join(", "),
            PERCENTILES.join(", ."),
            GROUPS.join(", ")
        )
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Its value in a run's JSON; `None` where the run has none.
    pub fn of(&self, run: &Value) -> Option<f64> {
        figure(run, &self.0)
    }

    /// `value` with the unit that the name stands for.
    pub fn told(&self, value: f64) -> String {
        told(&self.0, value)
    }
}

/// The figure called `name` in a run's JSON; `None` where the run has none.
pub fn figure(run: &Value, name: &str) -> Option<f64> {
    let first = name.split('.').next().unwrap_or_default();
    let from = if LATENCIES.contains(&first) { &run["latency_ns"] } else { run };
    name.split('.').try_fold(from, |at, part| at.get(part))?.as_f64().filter(|value| value.is_finite())
}

/// `value` with the unit that `name` stands for.
pub fn told(name: &str, value: f64) -> String {
    let of_latency = LATENCIES.iter().any(|latency| name.starts_with(latency));
    match name {
        _ if name.ends_with("count") => plain(value),
        "msgs_per_s" => units::rate(value),
        _ if of_latency || name == "ns_per_msg" || name.contains("_ns") => units::time(value),
        _ if name.contains("bytes") => units::bytes(value),
        _ => plain(value),
    }
}

fn plain(value: f64) -> String {
    if value.fract() == 0.0 && (0.0..1e15).contains(&value) {
        units::count(value as u64)
    } else {
        format!("{value:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn figures_are_found_by_their_names() {
        let run = json!({
            "ns_per_msg": 12.5, "bytes_per_actor": null, "engine": {"steals": 7},
            "latency_ns": {"response": {"p50": 40, "p99": null}, "service": null},
        });
        for (name, value) in [
            ("ns_per_msg", Some(12.5)),
            ("bytes_per_actor", None),
            ("engine.steals", Some(7.0)),
            ("engine.other", None),
            ("response.p50", Some(40.0)),
            ("response.p99", None),
            ("service.p50", None),
        ] {
            assert_eq!(Metric::parse(name).expect(name).of(&run), value, "{name}");
        }
        for name in OVER_RUNS {
            assert!(Metric::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_no_run_has_is_refused_with_what_there_is() {
        for name in ["", "p99", "response", "response.p98", "engine", "engine.", "schema", "env.seed"] {
            let why = Metric::parse(name).expect_err(name);
            assert!(why.contains("ns_per_msg") && why.contains("response, service"), "{why}");
        }
    }

    #[test]
    fn a_figure_has_its_unit() {
        for (name, value, text) in [
            ("ns_per_msg", 12.5, "12.5 ns"),
            ("response.p99", 2_000.0, "2.00 µs"),
            ("response.count", 2_000.0, "2,000"),
            ("cpu_ns", 5e6, "5.00 ms"),
            ("msgs_per_s", 5e6, "5.00 M/s"),
            ("bytes_per_actor", 64.0, "64.0 B"),
            ("engine.steals", 1_234.0, "1,234"),
            ("facts.share", 0.25, "0.250"),
        ] {
            assert_eq!(told(name, value), text, "{name}");
        }
    }
}
