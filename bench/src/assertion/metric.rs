//! What of a run can be asserted: its name on the command line, its kind, and its place in the run's JSON.

use crate::units;
use serde_json::Value;

/// What a figure counts, which decides how a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nanoseconds.
    Time,
    /// Nanoseconds of what histograms record: up to [`RECORDED_MAX_NS`].
    Latency,
    /// Events a second.
    Rate,
    /// Events.
    Count,
    /// Bytes.
    Bytes,
}

/// The largest latency that is told apart from larger ones: above, a figure would be a lower bound only.
const RECORDED_MAX_NS: f64 = 6e10;

const TIMES: [(&str, f64); 5] = [("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10)];
const RATES: [(&str, f64); 8] =
    [("k/s", 1e3), ("M/s", 1e6), ("G/s", 1e9), ("/s", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("", 1.0)];
const COUNTS: [(&str, f64); 4] = [("k", 1e3), ("M", 1e6), ("G", 1e9), ("", 1.0)];
const SIZES: [(&str, f64); 4] =
    [("KiB", 1024.0), ("MiB", 1024.0 * 1024.0), ("GiB", 1024.0 * 1024.0 * 1024.0), ("B", 1.0)];

impl Kind {
    /// A decimal number and one of the kind's units.
    pub(super) fn read(self, given: &str) -> Option<f64> {
        let units: &[(&str, f64)] = match self {
            Self::Time | Self::Latency => &TIMES,
            Self::Rate => &RATES,
            Self::Count => &COUNTS,
            Self::Bytes => &SIZES,
        };
        let digits = given.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let (number, unit) = given.split_at(digits);
        let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
        // "5." and ".5" are numbers to `parse`, and typing errors here.
        let is_whole = number.starts_with(|c: char| c.is_ascii_digit()) && !number.ends_with('.');
        let value = number.parse::<f64>().ok().filter(|_| is_whole)? * factor;
        let most = if self == Self::Latency { RECORDED_MAX_NS } else { f64::MAX };
        (value <= most).then_some(value)
    }

    /// How a value of it is written.
    pub(super) fn takes(self) -> &'static str {
        match self {
            Self::Time => "a number and ns, us, ms, s or m",
            Self::Latency => "a number and ns, us, ms or s, up to 60s",
            Self::Rate => "a number, k, M or G behind it, and /s if you like",
            Self::Count => "a number with k, M or G behind it",
            Self::Bytes => "a number and B, KiB, MiB or GiB",
        }
    }

    /// A value for a reader: rounded, and whole where rounding would hide on which side of a bound it lies.
    pub(super) fn show(self, value: f64) -> String {
        let (rounded, unit) = match self {
            Self::Time | Self::Latency => (units::time(value), " ns"),
            Self::Rate => (units::rate(value), "/s"),
            Self::Bytes => (units::bytes(value), " B"),
            Self::Count => return units::count(value as u64),
        };
        if value < 1e3 { format!("{value}{unit}") } else { format!("{rounded} ({value}{unit})") }
    }
}

/// One figure of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Metric {
    pub(super) kind: Kind,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A number.
    At(&'static str),
    /// A number, or an object whose numbers are added.
    Sum(&'static str),
    /// A field of one of the latencies.
    Latency(&'static str, &'static str),
    /// By how much the ledger does not balance.
    Lost,
    /// What an open load tells of; the ledger's number elsewhere. A generator that waits for a place is refused at first, which
    /// the ledger counts and the load does not.
    Refused,
}

const LATENCIES: [(&str, &str); 4] = [
    ("response", "response"),
    ("service", "service"),
    ("schedule_lag", "schedule_lag"),
    ("lag", "schedule_lag"),
];
const FIELDS: [(&str, &str); 6] =
    [("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("p99.9", "p99_9"), ("max", "max"), ("count", "count")];
const OTHERS: [(&str, Kind, Place); 11] = [
    ("throughput", Kind::Rate, Place::At("/msgs_per_s")),
    ("ns_per_msg", Kind::Time, Place::At("/ns_per_msg")),
    ("rate", Kind::Rate, Place::At("/load/rate_actual")),
    ("lost", Kind::Count, Place::Lost),
    ("refused", Kind::Count, Place::Refused),
    ("dropped", Kind::Count, Place::Sum("/ledger/dropped")),
    ("dead", Kind::Count, Place::Sum("/ledger/dead")),
    ("handled", Kind::Count, Place::Sum("/ledger/handled")),
    ("rss_peak_bytes", Kind::Bytes, Place::At("/rss_peak_bytes")),
    ("bytes_per_actor", Kind::Bytes, Place::At("/bytes_per_actor")),
    ("elapsed", Kind::Time, Place::At("/elapsed_ns")),
];

impl Metric {
    /// The metric of this name; a percentile or `max` alone is the response's.
    pub(super) fn named(given: &str) -> Option<Self> {
        if let Some((_, kind, place)) = OTHERS.into_iter().find(|(name, ..)| *name == given) {
            return Some(Self { kind, place });
        }
        let (latency, field) = match given.split_once('.') {
            Some((latency, field)) if !latency.starts_with('p') => (latency, field),
            _ => ("response", Some(given).filter(|given| *given != "count")?),
        };
        let (_, latency) = LATENCIES.into_iter().find(|(name, _)| *name == latency)?;
        let (_, field) = FIELDS.into_iter().find(|(name, _)| *name == field)?;
        let kind = if field == "count" { Kind::Count } else { Kind::Latency };
        Some(Self { kind, place: Place::Latency(latency, field) })
    }

    /// The names that there are.
    pub(super) fn names() -> String {
        let fields: Vec<_> = FIELDS.iter().map(|(name, _)| *name).collect();
        let others: Vec<_> = OTHERS.iter().map(|(name, ..)| *name).collect();
        format!("response, service or lag with .{}; {}", fields.join(" ."), others.join(", "))
    }

    /// Its figure in a run's JSON; `None` where it was not measured.
    pub(super) fn of(self, run: &Value) -> Option<f64> {
        match self.place {
            Place::At(place) => run.pointer(place)?.as_f64(),
            Place::Sum(place) => sum(run.pointer(place)?).map(|n| n as f64),
            Place::Latency(latency, field) => run["latency_ns"][latency][field].as_f64(),
            Place::Refused => match run.pointer("/load/refused") {
                Some(refused) => refused.as_f64(),
                None => sum(run.pointer("/ledger/refused")?).map(|n| n as f64),
            },
            Place::Lost => {
                let of = |name: &str| sum(&run["ledger"][name]);
                let after = ["handled", "dropped", "dead", "returned", "queued"];
                let after: Option<i128> = after.into_iter().map(of).sum();
                Some((of("accepted")? - after?).abs() as f64)
            }
        }
    }
}

/// A number, or the numbers of an object together.
fn sum(value: &Value) -> Option<i128> {
    match value {
        Value::Object(parts) => parts.values().map(|n| n.as_u64().map(i128::from)).sum(),
        number => number.as_u64().map(i128::from),
    }
}
