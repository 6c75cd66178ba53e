//! The figures of a run by the names that files have for them: `ns_per_msg`, `response.p99`, `engine.steals`.

use crate::assertion::metric::{Kind, Metric};
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

/// The figure called `name` in a run's JSON; `None` where the run has none.
pub fn figure(run: &Value, name: &str) -> Option<f64> {
    Metric::parse(name).ok()?.of(run)
}

/// What `name` stands for where a run counts these; messages, where no run tells.
pub fn words(name: &str, counts: Option<&str>) -> String {
    Metric::parse(name).map_or_else(|_| name.to_owned(), |metric| metric.words(counts.unwrap_or("message")))
}

/// `value` with the unit that `name` stands for.
pub fn told(name: &str, value: f64) -> String {
    Metric::parse(name).map_or(Kind::Count, |metric| metric.kind()).told(value)
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
            ("facts.other", None),
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
        for name in ["", "p98", "response", "response.p98", "engine", "engine.", "schema", "env.seed", "load"]
        {
            let why = Metric::parse(name).expect_err(name);
            assert!(why.contains("ns_per_msg") && why.contains("takes response, service"), "{why}");
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
