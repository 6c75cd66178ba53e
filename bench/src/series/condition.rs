//! What a point of a sweep must be for `--find-max`: `response.p99<100us`.

use super::load::Load;
use super::metric::{LATENCIES, Metric};
use crate::latency::Summary;

/// What it takes.
pub const TAKES: &str = "takes FIGURE<VALUE or FIGURE>VALUE, like response.p99<100us or msgs_per_s>1M";
/// What a value may end in.
const UNITS: [(&str, f64); 8] =
    [("k", 1e3), ("M", 1e6), ("G", 1e9), ("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("", 1.0)];

/// A bound on one figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    given: String,
    metric: Metric,
    below: bool,
    bound: f64,
}

impl Condition {
    /// What `given` says.
    ///
    /// # Errors
    /// What it takes.
    pub fn parse(given: &str) -> Result<Self, String> {
        let takes = || TAKES.to_owned();
        let at = given.find(['<', '>']).ok_or_else(takes)?;
        let (name, bound) = (given[..at].trim(), given[at + 1..].trim());
        // A percentile alone is the response's, as in --assert; and 99.9 may be written as that.
        let name = match name {
            "p50" | "p90" | "p99" | "p99.9" | "p99_9" | "max" => format!("response.{name}"),
            name => name.to_owned(),
        };
        let name = &*name.replace("p99.9", "p99_9");
        let metric = Metric::parse(name)?;
        let told = ["msgs_per_s", "ns_per_msg", "bytes_per_actor", "cpu_ns"].contains(&name)
            || LATENCIES.iter().any(|latency| name.starts_with(latency)) && !name.ends_with("count");
        if !told {
            return Err(takes());
        }
        // The longest unit that fits: "ms" before "s".
        let fits = UNITS.iter().filter(|(unit, _)| bound.ends_with(unit));
        let (unit, factor) = fits.max_by_key(|(unit, _)| unit.len()).ok_or_else(takes)?;
        let digits = &bound[..bound.len() - unit.len()];
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let bound = digits.parse::<f64>().ok().filter(|_| plain).ok_or_else(takes)? * factor;
        Ok(Self { given: given.to_owned(), metric, below: given.as_bytes()[at] == b'<', bound })
    }

    /// As it was given.
    pub fn given(&self) -> &str {
        &self.given
    }

    /// Whether `load` is valid and so. A percentile is that of the merged samples, everything else the median over the
    /// runs; what was not measured is not so.
    pub fn holds(&self, load: &Load) -> bool {
        let name = self.metric.name();
        let of = &load.merged.latency_ns;
        let latency = match name.split_once('.') {
            Some(("response", q)) => Some((of.response, q)),
            Some(("service", q)) => Some((of.service, q)),
            Some(("schedule_lag", q)) => Some((of.schedule_lag, q)),
            _ => None,
        };
        let value = match latency {
            Some((summary, q)) => summary.and_then(|summary| percentile(&summary, q)).map(|ns| ns as f64),
            None => load.over_runs.get(name).copied().flatten().map(|estimate| estimate.median),
        };
        let is_so = |value: f64| if self.below { value < self.bound } else { value > self.bound };
        load.validity.valid && value.is_some_and(is_so)
    }
}

fn percentile(summary: &Summary, q: &str) -> Option<u64> {
    match q {
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

    #[test]
    fn bounds_are_read_with_their_units() {
        for (given, name, below, bound) in [
            ("response.p99<100us", "response.p99", true, 1e5),
            ("response.max < 1.5ms", "response.max", true, 1.5e6),
            ("service.p50<900ns", "service.p50", true, 900.0),
            ("msgs_per_s>1M", "msgs_per_s", false, 1e6),
            ("ns_per_msg<12.5", "ns_per_msg", true, 12.5),
            ("response.p50<2s", "response.p50", true, 2e9),
            ("p99<100us", "response.p99", true, 1e5),
            ("p99.9<1ms", "response.p99_9", true, 1e6),
            ("service.p99.9<1ms", "service.p99_9", true, 1e6),
        ] {
            let condition = Condition::parse(given).unwrap_or_else(|why| panic!("{given}: {why}"));
            assert_eq!(
                (condition.metric.name(), condition.below, condition.bound),
                (name, below, bound),
                "{given}"
            );
            assert_eq!(condition.given(), given);
        }
        for given in [
            "",
            "response.p99",
            "response.p99<",
            "response.p99<us",
            "p98<1us",
            "response.p99=1us",
            "response.p99<-1us",
            "response.p99<1e3",
            "response.p99<1h",
            "response.count<9",
            "messages<9",
            "response.p99<<1us",
            "response.p99<1.2.3us",
        ] {
            assert!(Condition::parse(given).is_err(), "{given}");
        }
    }
}
