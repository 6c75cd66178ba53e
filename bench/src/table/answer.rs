//! What a baseline program answers: read, and believed only where it agrees with itself.

use std::fmt;

use hdrhistogram::Histogram;
use serde::Deserialize;

use super::model::Latency;
use super::profile::Measure;
use crate::latency::{HIGHEST_NS, LOWEST_NS, SIGNIFICANT_DIGITS, resolvable};

/// What may end the creation of actors.
const LIMITS: [&str; 4] = ["time", "memory", "target", "threads"];

/// The figure of one measure.
#[derive(Debug, Clone)]
pub enum Figure {
    /// So many actors alive together, and what ended their creation.
    Actors(u64, String),
    /// A latency, and the samples it comes from.
    Latency(Latency, Samples),
    /// Messages a second.
    Rate(f64),
    /// Bytes an actor.
    Bytes(f64),
    /// The rate on all cores over the rate on one.
    Speedup(f64),
}

/// The samples of a latency.
#[derive(Debug, Clone)]
pub struct Samples {
    /// What was stamped: the time of `batch` messages together, in nanoseconds. So a mean below one nanosecond's
    /// resolution stays what it was.
    pub histogram: Histogram<u64>,
    /// How many messages one sample is the mean of.
    pub batch: u64,
    /// Samples above what the histogram holds, recorded as its end.
    pub saturated: u64,
}

impl Samples {
    /// Nanoseconds a message for each unit of the histogram.
    pub fn unit_ns(&self) -> f64 {
        1.0 / self.batch as f64
    }
}

/// Why an answer is no figure: one line, for the row's note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// The object on the last line of a program's stdout. Fields that are not of its measure are ignored.
#[derive(Debug, Deserialize)]
struct Object {
    measure: String,
    sent: u64,
    received: u64,
    actors: Option<u64>,
    limit: Option<String>,
    histogram: Option<Vec<(f64, u64)>>,
    #[serde(default = "one")]
    batch: u64,
    msgs_per_s: Option<f64>,
    bytes_per_actor: Option<f64>,
    speedup: Option<f64>,
    #[serde(default)]
    note: String,
}

fn one() -> u64 {
    1
}

/// Reads the answer to `measure`: its figure, and what the program wants the reader to know (empty: nothing).
///
/// # Errors
/// What is wrong with it: no JSON, another measure's, messages lost, or a figure that cannot be.
pub fn parse(measure: Measure, line: &str) -> Result<(Figure, String), Refused> {
    if line.is_empty() {
        return refuse("no answer on stdout");
    }
    let object: Object = match serde_json::from_str(line) {
        Ok(object) => object,
        Err(error) => return refuse(format!("an answer that cannot be read: {error}")),
    };
    if object.measure != measure.name() {
        return refuse(format!("an answer to {:?}", object.measure));
    }
    if object.sent != object.received {
        return refuse(format!("{} messages sent, {} received", object.sent, object.received));
    }
    if object.sent == 0 {
        return refuse("no message was sent within the time");
    }
    let figure = match measure {
        Measure::Actors => actors(&object)?,
        Measure::OneWay | Measure::Ask => latency(&object)?,
        Measure::Throughput => Figure::Rate(positive("msgs_per_s", object.msgs_per_s)?),
        Measure::Bytes => Figure::Bytes(positive("bytes_per_actor", object.bytes_per_actor)?),
        Measure::Speedup => Figure::Speedup(positive("speedup", object.speedup)?),
    };
    Ok((figure, object.note))
}

fn refuse<T>(why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(why.into()))
}

fn positive(name: &str, value: Option<f64>) -> Result<f64, Refused> {
    match value {
        Some(value) if value.is_finite() && value > 0.0 => Ok(value),
        Some(value) => refuse(format!("{name} is {value}, which cannot be")),
        None => refuse(format!("an answer without {name}")),
    }
}

fn actors(object: &Object) -> Result<Figure, Refused> {
    let (Some(actors), Some(limit)) = (object.actors, &object.limit) else {
        return refuse("an answer without actors and limit");
    };
    if actors == 0 || actors > object.received {
        return refuse(format!("{actors} actors, and {} answers of theirs", object.received));
    }
    if !LIMITS.contains(&limit.as_str()) {
        return refuse(format!("the limit {limit:?}, which is none of {}", LIMITS.join(", ")));
    }
    Ok(Figure::Actors(actors, limit.clone()))
}

fn latency(object: &Object) -> Result<Figure, Refused> {
    let mut sparse = match &object.histogram {
        Some(sparse) if !sparse.is_empty() => sparse.clone(),
        _ => return refuse("an answer without samples"),
    };
    let batch = object.batch;
    if batch == 0 || sparse.iter().any(|&(ns, count)| !ns.is_finite() || ns < 0.0 || count == 0) {
        return refuse("samples that cannot be: below zero, of no messages, or none of a value");
    }
    sparse.sort_by(|a, b| a.0.total_cmp(&b.0));
    let count = sparse.iter().try_fold(0_u64, |sum, &(_, count)| sum.checked_add(count));
    let Some(count) = count.filter(|count| count.checked_mul(batch).is_some_and(|n| n <= object.received))
    else {
        return refuse(format!("samples of more messages than the {} received", object.received));
    };
    let mut samples = Samples {
        histogram: Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS)
            .expect("the bounds are constants that the histogram accepts"),
        batch,
        saturated: 0,
    };
    for &(ns, count) in &sparse {
        let stamped = (ns * batch as f64).round() as u64;
        if stamped > HIGHEST_NS {
            samples.saturated += count;
        }
        samples.histogram.saturating_record_n(stamped.min(HIGHEST_NS), count);
    }
    let latency = Latency {
        p50: resolvable(count, 0.5).then(|| quantile(&sparse, count, 0.5)),
        p99: resolvable(count, 0.99).then(|| quantile(&sparse, count, 0.99)),
        max: sparse[sparse.len() - 1].0,
        batch,
        count,
    };
    Ok(Figure::Latency(latency, samples))
}

/// The smallest value that `q` of the `count` samples do not exceed. `sparse` ascends and is not empty.
fn quantile(sparse: &[(f64, u64)], count: u64, q: f64) -> f64 {
    let rank = ((count as f64 * q).ceil() as u64).max(1);
    let mut below = 0;
    for &(value, count) in sparse {
        below += count;
        if below >= rank {
            return value;
        }
    }
    sparse[sparse.len() - 1].0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(measure: Measure, line: &str) -> String {
        parse(measure, line).expect_err(line).to_string()
    }

    #[test]
    fn actors_and_their_limit() {
        let line = r#"{"measure": "actors", "sent": 762, "received": 762, "actors": 762, "limit": "time"}"#;
        let (figure, note) = parse(Measure::Actors, line).expect("a good answer");
        assert!(matches!(figure, Figure::Actors(762, limit) if limit == "time"));
        assert_eq!(note, "");
        let throng =
            r#"{"measure":"actors","sent":9,"received":9,"actors":9,"limit":"target","note":"of 16 B"}"#;
        assert_eq!(parse(Measure::Actors, throng).expect("a good answer").1, "of 16 B");
    }

    #[test]
    fn percentiles_come_from_all_samples_and_keep_fractions() {
        let line = r#"{"measure": "one_way", "sent": 200000, "received": 200000, "batch": 1000,
            "histogram": [[10.4, 2], [10.3, 97], [500, 1]]}"#;
        let (Figure::Latency(latency, samples), _) = parse(Measure::OneWay, line).expect("a good answer")
        else {
            panic!("no latency");
        };
        assert_eq!(
            (latency.p50, latency.p99, latency.max),
            (Some(10.3), None, 500.0),
            "100 samples say no p99"
        );
        assert_eq!((latency.batch, latency.count), (1000, 100));
        let ns = samples.histogram.value_at_quantile(0.5) as f64 * samples.unit_ns();
        assert!((ns - 10.3).abs() < 0.02, "{ns}");
        assert_eq!((samples.histogram.len(), samples.saturated), (100, 0));
    }

    #[test]
    fn a_sample_above_a_minute_is_counted_as_cut() {
        let line = r#"{"measure":"ask","sent":3,"received":3,"histogram":[[5,2],[61e9,1]]}"#;
        let (Figure::Latency(latency, samples), _) = parse(Measure::Ask, line).expect("a good answer") else {
            panic!("no latency");
        };
        assert_eq!((latency.max, latency.batch, samples.saturated), (61e9, 1, 1));
    }

    #[test]
    fn the_other_figures() {
        let line = r#"{"measure":"throughput","sent":5,"received":5,"msgs_per_s":2.5e6}"#;
        assert!(matches!(parse(Measure::Throughput, line), Ok((Figure::Rate(rate), _)) if rate == 2.5e6));
        let line = r#"{"measure":"bytes","sent":5,"received":5,"actors":5,"bytes_per_actor":4735.2}"#;
        assert!(matches!(parse(Measure::Bytes, line), Ok((Figure::Bytes(bytes), _)) if bytes == 4735.2));
        let line = r#"{"measure":"speedup","sent":5,"received":5,"speedup":0.37,"cores":2,"pairs":4}"#;
        assert!(matches!(parse(Measure::Speedup, line), Ok((Figure::Speedup(s), _)) if s == 0.37));
    }

    #[test]
    fn lost_messages_are_no_figure() {
        let line = r#"{"measure":"throughput","sent":1000,"received":999,"msgs_per_s":1e6}"#;
        assert_eq!(refused(Measure::Throughput, line), "1000 messages sent, 999 received");
        let line = r#"{"measure":"throughput","sent":0,"received":0,"msgs_per_s":1e6}"#;
        assert_eq!(refused(Measure::Throughput, line), "no message was sent within the time");
        let line = r#"{"measure":"actors","sent":5,"received":5,"actors":6,"limit":"time"}"#;
        assert_eq!(refused(Measure::Actors, line), "6 actors, and 5 answers of theirs");
    }

    #[test]
    fn r18_what_cannot_be_is_refused_and_never_a_panic() {
        for (measure, line) in [
            (Measure::Actors, ""),
            (Measure::Actors, "Traceback (most recent call last):"),
            (Measure::Actors, "{\"measure\": \"actors\", \"sent\": 1, \"rec"),
            (Measure::Actors, "[]"),
            (Measure::Actors, r#"{"measure":"actors","sent":-1,"received":-1,"actors":1,"limit":"time"}"#),
            (Measure::Actors, r#"{"measure":"actors","sent":1,"received":1,"limit":"time"}"#),
            (Measure::Actors, r#"{"measure":"actors","sent":1,"received":1,"actors":0,"limit":"time"}"#),
            (Measure::Actors, r#"{"measure":"actors","sent":1,"received":1,"actors":1,"limit":"mood"}"#),
            (Measure::Ask, r#"{"measure":"one_way","sent":1,"received":1,"histogram":[[1,1]]}"#),
            (Measure::Ask, r#"{"measure":"ask","sent":1,"received":1}"#),
            (Measure::Ask, r#"{"measure":"ask","sent":1,"received":1,"histogram":[]}"#),
            (Measure::Ask, r#"{"measure":"ask","sent":1,"received":1,"histogram":[[1,0]]}"#),
            (Measure::Ask, r#"{"measure":"ask","sent":1,"received":1,"histogram":[[-1,1]]}"#),
            (Measure::Ask, r#"{"measure":"ask","sent":1,"received":1,"histogram":[[1e999,1]]}"#),
            (Measure::Ask, r#"{"measure":"ask","sent":1,"received":1,"histogram":[[1,2]]}"#),
            (Measure::Ask, r#"{"measure":"ask","sent":9,"received":9,"batch":0,"histogram":[[1,2]]}"#),
            (
                Measure::Ask,
                r#"{"measure":"ask","sent":9,"received":9,"histogram":[[1,18446744073709551615],[2,1]]}"#,
            ),
            (
                Measure::Ask,
                r#"{"measure":"ask","sent":9,"received":9,"batch":18446744073709551615,"histogram":[[1,2]]}"#,
            ),
            (Measure::Bytes, r#"{"measure":"bytes","sent":5,"received":5,"bytes_per_actor":-12.5}"#),
            (Measure::Bytes, r#"{"measure":"bytes","sent":5,"received":5,"bytes_per_actor":null}"#),
            (Measure::Speedup, r#"{"measure":"speedup","sent":5,"received":5,"speedup":0}"#),
        ] {
            let why = refused(measure, line);
            assert!(!why.is_empty() && !why.contains('\n'), "{line}: {why}");
        }
    }
}
