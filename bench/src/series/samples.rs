//! The latency samples of runs, by their tags, merged: a percentile of several runs comes from here alone.

use crate::export::file::{WriteError, write_atomic};
use crate::export::{hgrm, hlog};
use crate::latency::{HIGHEST_NS, LOWEST_NS, SIGNIFICANT_DIGITS, Summary};
use crate::regular_file;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// No log of a run has more; each takes 216 KiB.
const TAGS_MOST: usize = 16;

/// The three latencies in a run's JSON, in integer nanoseconds; `null` for what was not measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latencies {
    /// Done - planned.
    pub response: Option<Summary>,
    /// Done - sent.
    pub service: Option<Summary>,
    /// Sent - planned.
    pub schedule_lag: Option<Summary>,
}

/// All samples of one tag.
#[derive(Debug, Clone)]
struct OfTag {
    histogram: Histogram<u64>,
    saturated: u64,
}

/// Samples by tag; the response has none.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    by_tag: BTreeMap<Option<String>, OfTag>,
    lasted: Duration,
}

impl Samples {
    /// Those of the log at `path`, its intervals together. `latency_ns` is what the run's JSON tells of them.
    ///
    /// # Errors
    /// In words, where the log cannot be read, or has other samples than `latency_ns` says.
    pub fn read(path: &Path, latency_ns: &Value) -> Result<Self, String> {
        let failed = |why: String| format!("{}: {why}", name(path));
        let mut samples = Self::default();
        match regular_file::open(path) {
            // Nothing was sampled: then the run's JSON has no latency either, which is looked at below.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(regular_file::reason(&error))),
            Ok(file) => {
                for interval in hlog::Reader::new(BufReader::new(file)) {
                    let interval = interval.map_err(|error| failed(error.to_string()))?;
                    samples.lasted = samples.lasted.max(interval.start.saturating_add(interval.duration));
                    samples.add(interval.tag, &interval.histogram, 0).map_err(failed)?;
                }
            }
        }
        for (latency, tag) in
            [("response", None), ("service", Some("service")), ("schedule_lag", Some("schedule_lag"))]
        {
            let told = latency_ns[latency]["count"].as_u64().unwrap_or_default();
            let of_tag = samples.by_tag.get_mut(&tag.map(str::to_owned));
            let has = of_tag.as_ref().map_or(0, |of_tag| of_tag.histogram.len());
            if has != told {
                return Err(failed(format!("has {has} samples of {latency}, the run tells of {told}")));
            }
            if let Some(of_tag) = of_tag {
                // The log has them at its end, and does not say so.
                of_tag.saturated = latency_ns[latency]["saturated"].as_u64().unwrap_or_default();
            }
        }
        Ok(samples)
    }

    fn add(&mut self, tag: Option<String>, more: &Histogram<u64>, saturated: u64) -> Result<(), String> {
        if self.by_tag.len() == TAGS_MOST && !self.by_tag.contains_key(&tag) {
            return Err(format!("has more than {TAGS_MOST} tags"));
        }
        let of_tag = self.by_tag.entry(tag).or_insert_with(|| OfTag { histogram: empty(), saturated: 0 });
        of_tag.saturated += saturated;
        of_tag.histogram.add(more).map_err(|_| "has samples above a minute".to_owned())
    }

    /// Adds the samples of another run.
    ///
    /// # Errors
    /// In words, where the two together have more tags than a log may have.
    pub fn merge(&mut self, other: &Samples) -> Result<(), String> {
        self.lasted = self.lasted.max(other.lasted);
        for (tag, of_tag) in &other.by_tag {
            self.add(tag.clone(), &of_tag.histogram, of_tag.saturated)?;
        }
        Ok(())
    }

    /// The response times.
    pub fn response(&self) -> Option<&Histogram<u64>> {
        self.by_tag.get(&None).map(|of_tag| &of_tag.histogram)
    }

    /// The figures of a run's JSON.
    pub fn summaries(&self) -> Latencies {
        let summary = |tag: Option<&str>| {
            let of_tag = self.by_tag.get(&tag.map(str::to_owned))?;
            (!of_tag.histogram.is_empty()).then(|| Summary::of(&of_tag.histogram, of_tag.saturated))
        };
        Latencies {
            response: summary(None),
            service: summary(Some("service")),
            schedule_lag: summary(Some("schedule_lag")),
        }
    }

    /// Writes `combined.hlog`, `response.hgrm` and `service.hgrm` into `folder`, as far as there are samples for them;
    /// `path` makes a name the file's. The log begins at `base`.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn write(&self, base: SystemTime, path: impl Fn(&str) -> PathBuf) -> Result<(), WriteError> {
        let Some(response) = self.by_tag.get(&None).filter(|response| !response.histogram.is_empty()) else {
            return Ok(());
        };
        let intervals: Vec<_> = self
            .by_tag
            .iter()
            .map(|(tag, of_tag)| hlog::Interval {
                tag: tag.as_deref(),
                start: Duration::ZERO,
                duration: self.lasted,
                histogram: &of_tag.histogram,
            })
            .collect();
        write_atomic(&path("combined.hlog"), |file| hlog::write(file, base, &intervals))?;
        write_atomic(&path("response.hgrm"), |file| hgrm::write(file, &response.histogram, 1))?;
        match self.by_tag.get(&Some("service".to_owned())).filter(|service| !service.histogram.is_empty()) {
            Some(service) => {
                write_atomic(&path("service.hgrm"), |file| hgrm::write(file, &service.histogram, 1))
            }
            None => Ok(()),
        }
    }
}

fn empty() -> Histogram<u64> {
    Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS)
        .expect("the bounds are constants that the histogram accepts")
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latency::Recorder;
    use serde_json::json;

    fn recorder(values: impl IntoIterator<Item = u64>) -> Recorder {
        let mut recorder = Recorder::new();
        values.into_iter().for_each(|ns| recorder.record(ns));
        recorder
    }

    /// A folder of its own, removed at the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("throng-samples-{name}-{}", std::process::id()));
            std::fs::create_dir(&path).expect("a new folder");
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn log(path: &Path, parts: &[(Option<&str>, &Recorder)]) {
        let intervals: Vec<_> = parts
            .iter()
            .enumerate()
            .map(|(n, (tag, recorder))| hlog::Interval {
                tag: *tag,
                start: Duration::from_millis(100 * n as u64),
                duration: Duration::from_millis(100),
                histogram: recorder.histogram(),
            })
            .collect();
        write_atomic(path, |file| hlog::write(file, SystemTime::UNIX_EPOCH, &intervals)).expect("writable");
    }

    #[test]
    fn merged_runs_are_the_histogram_of_all_their_samples() {
        let scratch = Scratch::new("merged");
        let path = |name: &str| scratch.0.join(name);
        let (a, b) = (recorder(0..3_000), recorder((3_000..5_000).chain([u64::MAX])));
        let service = recorder(10..500);
        log(&path("a.hlog"), &[(None, &a), (Some("service"), &service)]);
        // The second run has its samples in two intervals.
        let (b1, b2) = (recorder(3_000..4_000), recorder((4_000..5_000).chain([u64::MAX])));
        log(&path("b.hlog"), &[(None, &b1), (None, &b2)]);
        let told =
            |r: &Recorder, s: Value| json!({"response": r.summary(), "service": s, "schedule_lag": null});
        let mut merged =
            Samples::read(&path("a.hlog"), &told(&a, json!(service.summary()))).expect("as written");
        merged
            .merge(&Samples::read(&path("b.hlog"), &told(&b, Value::Null)).expect("as written"))
            .expect("few tags");
        let all = recorder((0..5_000).chain([u64::MAX]));
        let expected =
            Latencies { response: Some(all.summary()), service: Some(service.summary()), schedule_lag: None };
        assert_eq!(merged.summaries(), expected);

        merged.write(SystemTime::UNIX_EPOCH, path).expect("writable");
        let back = Samples::read(&path("combined.hlog"), &json!(expected)).expect("as written");
        assert_eq!(back.summaries(), expected);
        assert_eq!(back.lasted, Duration::from_millis(200));
        for (name, count) in [("response.hgrm", 5_001), ("service.hgrm", 490)] {
            let text = std::fs::read(path(name)).expect(name);
            assert_eq!(hgrm::read(&text[..]).expect(name).count, count);
        }
    }

    #[test]
    fn r18_a_log_of_other_samples_than_told_is_refused() {
        let scratch = Scratch::new("refused");
        let path = scratch.0.join("latency.hlog");
        let told = json!({"response": recorder(0..9).summary()});
        let why = Samples::read(&path, &told).expect_err("no log");
        assert_eq!(why, "latency.hlog: has 0 samples of response, the run tells of 9");
        assert_eq!(
            Samples::read(&path, &json!({})).expect("nothing sampled").summaries(),
            Latencies::default()
        );
        log(&path, &[(None, &recorder(0..8))]);
        let why = Samples::read(&path, &told).expect_err("one is missing");
        assert_eq!(why, "latency.hlog: has 8 samples of response, the run tells of 9");
        let names: Vec<_> = (0..TAGS_MOST).map(|n| format!("t{n}")).collect();
        let few = recorder(0..2);
        let mut parts: Vec<_> = names.iter().map(|name| (Some(name.as_str()), &few)).collect();
        parts.push((None, &few));
        log(&path, &parts);
        assert_eq!(
            Samples::read(&path, &told).expect_err("a tag too many"),
            "latency.hlog: has more than 16 tags"
        );
        std::fs::write(&path, "nonsense\n").expect("writable");
        assert!(Samples::read(&path, &told).expect_err("no log").starts_with("latency.hlog: "));
    }
}
