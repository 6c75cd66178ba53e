//! What a point of a sweep must be for `--find-max`: `response.p99<100us`.

use super::load::Load;
use super::metric::OVER_RUNS;
use crate::assertion::Assertion;
use crate::latency::{Summary, needed};

/// The figures that a load tells, and how they can be bounded.
const TOLD: &str = "takes a percentile or max of response, service or lag, throughput, ns_per_msg, bytes_per_actor or cpu, with <, <=, > \
                    or >=";

/// A bound on one figure, as `--assert` has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition(Assertion);

/// What a load says of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is so.
    Holds,
    /// It is not so, or the load does not hold.
    DoesNot,
    /// The load holds and does not tell: it has so many samples of at least so many that the figure needs.
    Untold {
        /// What there was; 0 too where the load has no such figure.
        samples: u64,
        /// What there must be.
        needed: u64,
    },
}

impl Condition {
    /// What `given` says: an assertion on a figure that a load of several runs has.
    ///
    /// # Errors
    /// What it takes.
    pub fn parse(given: &str) -> Result<Self, String> {
        let asked = Assertion::parse(given)?;
        let is_told = asked.is_bound() && OVER_RUNS.contains(&asked.metric().name());
        if is_told { Ok(Self(asked)) } else { Err(TOLD.to_owned()) }
    }

    /// As it was given.
    pub fn given(&self) -> String {
        self.0.to_string()
    }

    /// What `load` says of it. A percentile is that of the merged samples, everything else the median over the runs.
    pub fn of(&self, load: &Load) -> Answer {
        if !load.validity.valid {
            return Answer::DoesNot;
        }
        let metric = self.0.metric();
        let (value, samples, needed) = match metric.latency() {
            Some((latency, field)) => {
                let of = &load.merged.latency_ns;
                let summary = match latency {
                    "response" => of.response,
                    "service" => of.service,
                    _ => of.schedule_lag,
                };
                let found = summary.and_then(|summary| value(field, &summary));
                let samples = summary.map_or(0, |summary| summary.count);
                (found.map(|ns| ns as f64), samples, quantile(field).map_or(1, needed))
            }
            None => (load.over_runs.get(metric.name()).copied().flatten().map(|e| e.median), 0, 1),
        };
        match value {
            None => Answer::Untold { samples, needed },
            Some(value) if self.0.is_so(value) => Answer::Holds,
            Some(_) => Answer::DoesNot,
        }
    }
}

/// The quantile that a field of a latency is; `None` of the largest.
fn quantile(field: &str) -> Option<f64> {
    Some(match field {
        "p50" => 0.5,
        "p90" => 0.9,
        "p99" => 0.99,
        "p99_9" => 0.999,
        _ => return None,
    })
}

fn value(field: &str, summary: &Summary) -> Option<u64> {
    match field {
        "p50" => summary.p50,
        "p90" => summary.p90,
        "p99" => summary.p99,
        "p99_9" => summary.p99_9,
        _ => summary.max,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bounds_are_those_of_assertions() {
        for (given, name) in [
            ("response.p99<100us", "response.p99"),
            ("response.max < 1.5ms", "response.max"),
            ("lag.p50<900ns", "schedule_lag.p50"),
            ("schedule_lag.p50<=900ns", "schedule_lag.p50"),
            ("throughput>1M/s", "msgs_per_s"),
            ("msgs_per_s>1M", "msgs_per_s"),
            ("ns_per_msg<12.5ns", "ns_per_msg"),
            ("p99<100us", "response.p99"),
            ("p99.9<1ms", "response.p99_9"),
            ("service.p99_9>=1ms", "service.p99_9"),
        ] {
            let condition = Condition::parse(given).unwrap_or_else(|why| panic!("{given}: {why}"));
            assert_eq!((condition.0.metric().name(), condition.given().as_str()), (name, given));
        }
        for (given, says) in [
            ("", "takes METRIC OPERATOR VALUE"),
            ("response.p99", "takes METRIC OPERATOR VALUE"),
            ("response.p99<us", "takes a number and ns"),
            ("p98<1us", "takes response, service or lag"),
            ("ns_per_msg<12.5", "takes a number and ns"),
            ("response.p99<1us,p50<1us", "takes a number and ns"),
            ("response.p99==1us", TOLD),
            ("response.count<9", TOLD),
            ("messages<9", TOLD),
            ("lost<1", TOLD),
        ] {
            let why = Condition::parse(given).expect_err(given);
            assert!(why.starts_with(says), "{given}: {why}");
        }
    }

    fn load(valid: bool, p99: Option<u64>, count: u64) -> Load {
        let response = json!({"count": count, "saturated": 0, "p50": 5, "p90": null, "p99": p99, "p99_9": null, "max": 9});
        serde_json::from_value(json!({
            "schema": "load/1", "workload": "mesh", "mode": "open", "command": [], "started": "", "load": null, "runs": [],
            "merged": {"latency_ns": {"response": response, "service": null, "schedule_lag": null}},
            "over_runs": {"ns_per_msg": {"median": 7.0, "low": 7.0, "high": 7.0, "runs": 1, "interval": "min-max"}},
            "validity": {"valid": valid, "interrupted": false, "wrong": []}, "jitter": null, "tail": null, "env": {},
        }))
        .expect("a load")
    }

    #[test]
    fn what_was_not_measured_is_told_apart_from_what_is_not_so() {
        let of = |given: &str, load: &Load| Condition::parse(given).expect(given).of(load);
        let few = load(true, None, 320);
        assert_eq!(of("p99<1s", &few), Answer::Untold { samples: 320, needed: 1_000 });
        assert_eq!(of("service.max<1s", &few), Answer::Untold { samples: 0, needed: 1 });
        assert_eq!(of("throughput>1", &few), Answer::Untold { samples: 0, needed: 1 });
        assert_eq!(of("ns_per_msg<8ns", &few), Answer::Holds);
        assert_eq!(of("ns_per_msg<6ns", &few), Answer::DoesNot);
        assert_eq!(of("max<10ns", &few), Answer::Holds);
        assert_eq!(of("p99<1us", &load(true, Some(1_000), 1_000)), Answer::DoesNot);
        assert_eq!(of("p99<1us", &load(true, Some(999), 1_000)), Answer::Holds);
        assert_eq!(of("p99<1us", &load(false, Some(999), 1_000)), Answer::DoesNot);
    }
}
