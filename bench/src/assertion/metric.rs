//! A figure of a run: its names on a command line, what it counts, and its place in the run's JSON. `--assert`,
//! `--metric` and `--find-max` read the same names.

use crate::units;
use serde_json::Value;

/// What a figure counts, which decides how a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nanoseconds.
    Time,
    /// Nanoseconds of what histograms record, up to their highest value.
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
    pub fn read(self, given: &str) -> Option<f64> {
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
    pub fn takes(self) -> &'static str {
        match self {
            Self::Time => "a number and ns, us, ms, s or m",
            Self::Latency => "a number and ns, us, ms or s, up to 60s",
            Self::Rate => "a number (k, M or G may stand behind it, and /s)",
            Self::Count => "a number (k, M or G may stand behind it)",
            Self::Bytes => "a number and B, KiB, MiB or GiB",
        }
    }

    /// A value for a reader, rounded.
    pub fn told(self, value: f64) -> String {
        match self {
            Self::Time | Self::Latency => units::time(value),
            Self::Rate => units::rate(value),
            Self::Bytes => units::bytes(value),
            Self::Count => plain(value),
        }
    }

    /// A value for a reader: rounded, and whole where rounding would hide on which side of a bound it lies.
    pub fn show(self, value: f64) -> String {
        let (rounded, unit) = match self {
            Self::Time | Self::Latency => (units::time(value), " ns"),
            Self::Rate => (units::rate(value), "/s"),
            Self::Bytes => (units::bytes(value), " B"),
            Self::Count => return plain(value),
        };
        if value < 1e3 { format!("{value}{unit}") } else { format!("{rounded} ({value}{unit})") }
    }
}

/// A number without a unit.
fn plain(value: f64) -> String {
    if value.fract() == 0.0 && (0.0..1e15).contains(&value) {
        units::count(value as u64)
    } else {
        format!("{value:.3}")
    }
}

/// One figure of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    name: String,
    kind: Kind,
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
    /// By its name, through the objects that its parts name.
    Inside,
    /// By how much the ledger does not balance.
    Lost,
    /// What an open load tells of; the ledger's number elsewhere. A generator that waits for a place is refused at first, which
    /// the ledger counts and the load does not.
    Refused,
}

/// By the name on a command line, that in files behind it.
const LATENCIES: [(&str, &str); 3] =
    [("response", "response"), ("service", "service"), ("lag", "schedule_lag")];
const FIELDS: [(&str, &str); 6] =
    [("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("p99.9", "p99_9"), ("max", "max"), ("count", "count")];
const OTHERS: [(&str, &str, Kind, Place); 14] = [
    ("throughput", "msgs_per_s", Kind::Rate, Place::At("/msgs_per_s")),
    ("ns_per_msg", "ns_per_msg", Kind::Time, Place::At("/ns_per_msg")),
    ("rate", "load.rate_actual", Kind::Rate, Place::At("/load/rate_actual")),
    ("lost", "lost", Kind::Count, Place::Lost),
    ("refused", "refused", Kind::Count, Place::Refused),
    ("dropped", "ledger.dropped", Kind::Count, Place::Sum("/ledger/dropped")),
    ("dead", "ledger.dead", Kind::Count, Place::Sum("/ledger/dead")),
    ("handled", "ledger.handled", Kind::Count, Place::Sum("/ledger/handled")),
    ("messages", "messages", Kind::Count, Place::At("/messages")),
    ("rss_peak_bytes", "rss_peak_bytes", Kind::Bytes, Place::At("/rss_peak_bytes")),
    ("bytes_per_actor", "bytes_per_actor", Kind::Bytes, Place::At("/bytes_per_actor")),
    ("occupancy_max", "occupancy_max", Kind::Count, Place::At("/occupancy_max")),
    ("cpu", "cpu_ns", Kind::Time, Place::At("/cpu_ns")),
    ("elapsed", "elapsed_ns", Kind::Time, Place::At("/elapsed_ns")),
];
/// Those with figures of their own inside, and which; each workload has facts of its own, whose names are not known here.
const GROUPS: [(&str, &[&str]); 5] = [
    ("ledger", &["attempts", "accepted", "refused", "handled", "dropped", "dead", "returned", "queued"]),
    (
        "engine",
        &[
            "workers",
            "turns",
            "steals",
            "rescued",
            "parks",
            "wakes",
            "muted",
            "retired_bytes",
            "spawned",
            "stopped",
            "faults",
            "late_replies",
        ],
    ),
    ("stall_ns", &["count", "total", "p50", "p99", "max"]),
    ("facts", &[]),
    (
        "load",
        &[
            "rate_actual",
            "rate_target",
            "planned",
            "sent",
            "refused",
            "tried_again",
            "behind_ns",
            "warmup_ns",
            "measured_ns",
            "drain_ns",
            "backlog_grew",
            "not_sent",
        ],
    ),
];

impl Metric {
    /// The figure called `given`, on a command line or in a file; a percentile or `max` alone is the response's.
    ///
    /// # Errors
    /// What is taken, where no run has such a figure.
    pub fn parse(given: &str) -> Result<Self, String> {
        Self::named(given).ok_or_else(|| {
            let group = given.split_once('.').and_then(|(first, _)| group(first)).unwrap_or_default();
            match given.split_once('.') {
                Some((first, rest)) if !rest.is_empty() && !group.is_empty() => {
                    format!("takes {first}. with {}", group.join(", "))
                }
                _ => Self::accepted(),
            }
        })
    }

    fn named(given: &str) -> Option<Self> {
        let either = |names: (&str, &str)| names.0 == given || names.1 == given;
        if let Some((_, name, kind, place)) = OTHERS.into_iter().find(|of| either((of.0, of.1))) {
            return Some(Self { name: name.into(), kind, place });
        }
        let (first, rest) = match given.split_once('.') {
            Some((first, rest)) if !first.starts_with('p') => (first, rest),
            _ => ("response", Some(given).filter(|given| *given != "count")?),
        };
        if let Some(inside) = group(first) {
            let known = |part: &str| inside.is_empty() || inside.contains(&part);
            // The ledger has some of its numbers by their reasons.
            let deep = inside.is_empty() || first == "ledger" || !rest.contains('.');
            let whole = deep
                && rest.split('.').all(|part| !part.is_empty())
                && known(rest.split('.').next().unwrap_or_default());
            let (name, kind) = (given.to_owned(), counted_by(given));
            return whole.then_some(Self { name, kind, place: Place::Inside });
        }
        let is = |given: &str, names: (&str, &str)| names.0 == given || names.1 == given;
        let (_, latency) = LATENCIES.into_iter().find(|names| is(first, *names))?;
        let (_, field) = FIELDS.into_iter().find(|names| is(rest, *names))?;
        let kind = if field == "count" { Kind::Count } else { Kind::Latency };
        Some(Self { name: format!("{latency}.{field}"), kind, place: Place::Latency(latency, field) })
    }

    /// What [`Metric::parse`] takes.
    pub fn accepted() -> String {
        let fields: Vec<_> = FIELDS.iter().map(|(name, _)| *name).collect();
        let others: Vec<_> = OTHERS.iter().map(|(name, ..)| *name).collect();
        format!(
            "takes response, service or lag with .{}, of which one alone is the response's; {}; or a number within {}, like \
             engine.steals; and the names that files have for them, like schedule_lag.p99_9 and msgs_per_s",
            fields.join(" ."),
            others.join(", "),
            GROUPS.map(|(name, _)| name).join(", ")
        )
    }

    /// Its name in files: `schedule_lag.p99_9`, `msgs_per_s`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For a reader, of a run that counts these: `arrivals a second`, `response p99.9`.
    pub fn words(&self, counts: &str) -> String {
        match &*self.name {
            "msgs_per_s" => format!("{counts}s a second"),
            "ns_per_msg" => format!("time {}", units::a(counts)),
            "bytes_per_actor" => "memory an actor".to_owned(),
            "cpu_ns" => "processor time of a run".to_owned(),
            other => {
                other.replace("p99_9", "p99.9").replace(".p", " p").replace(".max", " max").replace('_', " ")
            }
        }
    }

    /// What it counts.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The latency and its field, where it is one of them.
    pub fn latency(&self) -> Option<(&'static str, &'static str)> {
        match self.place {
            Place::Latency(latency, field) => Some((latency, field)),
            _ => None,
        }
    }

    /// Its figure in a run's JSON; `None` where it was not measured.
    pub fn of(&self, run: &Value) -> Option<f64> {
        match self.place {
            Place::At(place) => run.pointer(place)?.as_f64(),
            Place::Sum(place) => sum(run.pointer(place)?).map(|n| n as f64),
            Place::Latency(latency, field) => run["latency_ns"][latency][field].as_f64(),
            Place::Inside => self.name.split('.').try_fold(run, |at, part| at.get(part))?.as_f64(),
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

/// What is inside the group of this name: nothing, where that is not known here.
fn group(name: &str) -> Option<&'static [&'static str]> {
    GROUPS.into_iter().find(|(group, _)| *group == name).map(|(_, inside)| inside)
}

/// What a figure counts that is known by its name alone.
fn counted_by(name: &str) -> Kind {
    match name {
        _ if name.ends_with("count") => Kind::Count,
        _ if name.starts_with("load.rate_") => Kind::Rate,
        _ if name.contains("_ns") => Kind::Time,
        _ if name.contains("bytes") => Kind::Bytes,
        _ => Kind::Count,
    }
}

/// A number, or the numbers of an object together.
fn sum(value: &Value) -> Option<i128> {
    match value {
        Value::Object(parts) => parts.values().map(|n| n.as_u64().map(i128::from)).sum(),
        number => number.as_u64().map(i128::from),
    }
}
