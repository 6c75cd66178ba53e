//! Latency histograms: recording without allocation, merging, and the percentiles that may be printed.
//!
//! All values are integer nanoseconds. Percentiles of several runs or workers come from merged histograms; they are
//! never averaged.

use crate::units;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The smallest value told apart from its neighbours, in nanoseconds. A sample of 0 ns stays 0.
pub const LOWEST_NS: u64 = 1;

/// The largest value recorded, in nanoseconds: one minute. What is above counts as saturated.
pub const HIGHEST_NS: u64 = 60_000_000_000;

/// Significant decimal digits kept: a value is told to within 0.1 %.
pub const SIGNIFICANT_DIGITS: u8 = 3;

/// How many samples must lie above a quantile before it may be printed or drawn.
pub const SAMPLES_ABOVE: f64 = 10.0;

/// Whether `count` samples say anything of quantile `q`: at least [`SAMPLES_ABOVE`] of them lie above it.
pub fn resolvable(count: u64, q: f64) -> bool {
    // 1 - 0.9 is a little less than 0.1: without the allowance 100 samples would not carry a p90.
    count as f64 * (1.0 - q) >= SAMPLES_ABOVE * (1.0 - 1e-9)
}

/// How many samples quantile `q` needs at least: the fewest for which it is [`resolvable`].
pub fn needed(q: f64) -> u64 {
    (SAMPLES_ABOVE * (1.0 - 1e-9) / (1.0 - q)).ceil() as u64
}

/// Why a figure of so many samples is not told, and what to do.
pub fn too_few(samples: u64, needed: u64) -> String {
    match samples {
        0 => "has no samples: see what this load measures".to_owned(),
        n => format!(
            "has {} samples of the {} that it needs: take a longer --duration",
            units::count(n),
            units::count(needed)
        ),
    }
}

/// The value at quantile `q`, in the histogram's own unit; `None` where it is not [`resolvable`].
pub fn quantile(histogram: &Histogram<u64>, q: f64) -> Option<u64> {
    resolvable(histogram.len(), q).then(|| histogram.value_at_quantile(q))
}

/// The largest value recorded, to the histogram's resolution; `None` where nothing was recorded.
pub fn max(histogram: &Histogram<u64>) -> Option<u64> {
    (!histogram.is_empty()).then(|| histogram.max())
}

/// One latency's samples, as recorded by one worker: 216 KiB, allocated and touched once, in [`Recorder::new`].
#[derive(Debug, Clone)]
pub struct Recorder {
    histogram: Histogram<u64>,
    saturated: u64,
}

impl Recorder {
    /// An empty recorder for [`LOWEST_NS`] to [`HIGHEST_NS`] at [`SIGNIFICANT_DIGITS`].
    pub fn new() -> Self {
        let mut histogram = Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS)
            .expect("the bounds are constants that the histogram accepts");
        // The counts come as untouched zero pages; writing them now keeps page faults out of the measurement.
        histogram.clear();
        Self { histogram, saturated: 0 }
    }

    /// Records one sample in nanoseconds, without allocating. Above [`HIGHEST_NS`] it is recorded as that and
    /// counted in [`Recorder::saturated`].
    #[inline]
    pub fn record(&mut self, ns: u64) {
        if ns > HIGHEST_NS {
            self.saturated += 1;
        }
        self.histogram.saturating_record(ns.min(HIGHEST_NS));
    }

    /// Records one sample so many times; none may be above [`HIGHEST_NS`].
    pub fn record_n(&mut self, ns: u64, count: u64) {
        self.histogram.saturating_record_n(ns, count);
    }

    /// What was recorded elsewhere: how often each of these nanoseconds was.
    pub fn of(counts: &[(u64, u64)]) -> Self {
        let mut all = Self::new();
        for (ns, count) in counts {
            all.record_n(*ns, *count);
        }
        all
    }

    /// So many of the samples at [`HIGHEST_NS`] were above it.
    pub fn add_saturated(&mut self, samples: u64) {
        self.saturated += samples;
    }

    /// Adds the samples of another worker, interval or run.
    pub fn merge(&mut self, other: &Recorder) {
        self.histogram.add(&other.histogram).expect("every recorder has the same bounds");
        self.saturated += other.saturated;
    }

    /// Forgets every sample and keeps the memory.
    pub fn clear(&mut self) {
        // Its `clear` would keep the largest and the smallest value.
        self.histogram.reset();
        self.saturated = 0;
    }

    /// Samples recorded, saturated ones included.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// Samples that were above [`HIGHEST_NS`]: where there are any, the maximum is a lower bound.
    pub fn saturated(&self) -> u64 {
        self.saturated
    }

    /// The samples, in nanoseconds.
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.histogram
    }

    /// The figures of a run's JSON.
    pub fn summary(&self) -> Summary {
        Summary::of(&self.histogram, self.saturated)
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

/// One latency in a run's JSON, in integer nanoseconds; a percentile the samples cannot carry is `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many samples there were.
    pub count: u64,
    /// How many of them were above what the histogram holds and are recorded as [`HIGHEST_NS`].
    #[serde(default)]
    pub saturated: u64,
    /// Median.
    pub p50: Option<u64>,
    /// 90th percentile.
    pub p90: Option<u64>,
    /// 99th percentile.
    pub p99: Option<u64>,
    /// 99.9th percentile.
    pub p99_9: Option<u64>,
    /// The largest sample; `None` only where there was none.
    pub max: Option<u64>,
}

impl Summary {
    /// The printable figures of a histogram in nanoseconds, `saturated` of whose samples were cut to its end.
    pub fn of(histogram: &Histogram<u64>, saturated: u64) -> Self {
        Self {
            count: histogram.len(),
            saturated,
            p50: quantile(histogram, 0.5),
            p90: quantile(histogram, 0.9),
            p99: quantile(histogram, 0.99),
            p99_9: quantile(histogram, 0.999),
            max: max(histogram),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(values: impl IntoIterator<Item = u64>) -> Recorder {
        let mut recorder = Recorder::new();
        for ns in values {
            recorder.record(ns);
        }
        recorder
    }

    #[test]
    fn percentiles_of_a_known_set() {
        // Below 2,000 ns a three digit histogram is exact.
        let s = recorded((1..=1_000).rev()).summary();
        assert_eq!((s.count, s.saturated), (1_000, 0));
        assert_eq!((s.p50, s.p90, s.p99, s.max), (Some(500), Some(900), Some(990), Some(1_000)));
        assert_eq!(s.p99_9, None, "one sample above says nothing");
    }

    #[test]
    fn what_was_counted_elsewhere_is_recorded_as_often() {
        let values = [7, 7, 7, 900, 900, 5].into_iter().chain(std::iter::repeat_n(40, 30));
        let counted = Recorder::of(&[(7, 3), (900, 2), (5, 1), (40, 30)]);
        assert_eq!(counted.summary(), recorded(values).summary());
    }

    #[test]
    fn a_quantile_needs_ten_samples_above_it() {
        for (q, needed) in [(0.5, 20), (0.9, 100), (0.99, 1_000), (0.999, 10_000), (0.9999, 100_000)] {
            assert!(resolvable(needed, q), "{needed} samples carry q = {q}");
            assert_eq!(super::needed(q), needed, "{q}");
            assert!(!resolvable(needed - 1, q), "{} samples do not carry q = {q}", needed - 1);
        }
        let few = recorded([7; 19]).summary();
        assert_eq!((few.p50, few.max), (None, Some(7)));
        let enough = recorded([7; 20]).summary();
        assert_eq!((enough.p50, enough.p90), (Some(7), None));
    }

    #[test]
    fn nothing_recorded_prints_nothing() {
        let s = Recorder::new().summary();
        assert_eq!((s.count, s.p50, s.max), (0, None, None));
    }

    #[test]
    fn what_is_above_a_minute_is_counted_and_kept_at_the_end() {
        let mut r = recorded([5, HIGHEST_NS, HIGHEST_NS + 1, u64::MAX]);
        assert_eq!((r.count(), r.saturated()), (4, 2));
        assert_eq!(r.histogram().count_at(HIGHEST_NS), 3);
        let max = r.summary().max.expect("four samples");
        assert!(max >= HIGHEST_NS && max - HIGHEST_NS <= HIGHEST_NS / 1_000, "{max}");
        r.clear();
        assert_eq!((r.count(), r.saturated(), r.summary().max), (0, 0, None));
        r.record(9);
        assert_eq!((r.summary().max, r.histogram().min()), (Some(9), 9), "what was before is forgotten");
    }

    #[test]
    fn recording_never_grows_the_histogram() {
        let mut r = Recorder::new();
        let places = r.histogram().distinct_values();
        for ns in [0, 1, HIGHEST_NS, u64::MAX] {
            r.record(ns);
        }
        assert!(!r.histogram().is_auto_resize());
        assert_eq!(r.histogram().distinct_values(), places);
        assert_eq!(r.histogram().min(), 0, "a reading of no time at all stays what it was");
    }

    #[test]
    fn merged_workers_equal_one_worker() {
        let (low, high) = (recorded(0..3_000), recorded((3_000..5_000).chain([u64::MAX])));
        let mut merged = Recorder::default();
        merged.merge(&low);
        merged.merge(&high);
        let one = recorded((0..5_000).chain([u64::MAX]));
        assert_eq!(merged.histogram(), one.histogram());
        assert_eq!(merged.summary(), one.summary());
        assert_eq!(merged.saturated(), 1);
    }

    #[test]
    fn json_has_the_names_of_a_run_and_null_for_what_cannot_be_told() {
        let json = serde_json::to_value(recorded(1..=100).summary()).expect("plain numbers");
        assert_eq!(
            json,
            serde_json::json!({"count": 100, "saturated": 0, "p50": 50, "p90": 90, "p99": null, "p99_9": null, "max": 100})
        );
        let back: Summary = serde_json::from_value(json).expect("what was written");
        assert_eq!(back, recorded(1..=100).summary());
    }
}
