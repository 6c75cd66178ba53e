//! Interval logs read back: merged by tag, and as the course of a run, each in memory that the log's length does not
//! raise.

use std::io::BufReader;
use std::path::Path;

use hdrhistogram::Histogram;

use super::refused::Refused;
use crate::export::hlog::{Reader, RecordedInterval};
use crate::latency::{self, SIGNIFICANT_DIGITS};
use crate::regular_file;

/// More tags than any command writes: one for each processor of a large machine.
const MOST_TAGS: usize = 64;
/// How many parts a course is told in: as many as can be told apart on a wide screen.
const PARTS: f64 = 120.0;
/// Cells a factor of ten of latency.
pub const CELLS_PER_DECADE: f64 = 8.0;
/// The tag of how late each message was sent.
const LAG: &str = "schedule_lag";

/// All samples of one tag.
#[derive(Debug)]
pub struct Merged {
    /// The tag; `None` for the primary latency.
    pub tag: Option<String>,
    /// Its samples, in nanoseconds of `batch` messages.
    pub histogram: Histogram<u64>,
    /// How many messages one sample is the time of.
    pub batch: u64,
}

/// Part of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// When it began, in nanoseconds since the log did.
    pub start_ns: f64,
    /// When it ended.
    pub end_ns: f64,
    /// Samples of the primary latency.
    pub count: u64,
    /// Their median; `None` where the samples cannot carry it.
    pub p50: Option<u64>,
    /// Their 99th percentile.
    pub p99: Option<u64>,
    /// The largest.
    pub max: Option<u64>,
    /// How late a message was sent at most.
    pub lag_max: Option<u64>,
    /// How many samples lie in each step of [`CELLS_PER_DECADE`], from 1 ns upwards.
    pub cells: Vec<(u32, u64)>,
}

/// The samples of each tag, the primary latency first and the others as they come.
///
/// # Errors
/// The file cannot be read, or a line of it is not what is accepted there.
pub fn merged(path: &Path) -> Result<Vec<Merged>, Refused> {
    let mut all: Vec<Merged> = Vec::new();
    each(path, |interval, batch| {
        let at = match all.iter().position(|m| m.tag == interval.tag) {
            Some(at) => at,
            None if all.len() == MOST_TAGS => return Err(format!("has more than {MOST_TAGS} tags")),
            None => {
                all.push(Merged { tag: interval.tag.clone(), histogram: empty(), batch });
                all.len() - 1
            }
        };
        add(&mut all[at].histogram, &interval.histogram)
    })?;
    all.sort_by_key(|m| m.tag.is_some());
    Ok(all)
}

/// The course of the run: its intervals, several of them together where there are many.
///
/// # Errors
/// As [`merged`].
pub fn course(path: &Path) -> Result<Vec<Part>, Refused> {
    let (mut first, mut last) = (f64::INFINITY, 0.0_f64);
    each(path, |interval, _| {
        first = first.min(interval.start.as_nanos() as f64);
        last = last.max((interval.start + interval.duration).as_nanos() as f64);
        Ok(())
    })?;
    let width = ((last - first) / PARTS).max(1.0);
    let mut gathering =
        Gathering { parts: Vec::new(), index: None, response: empty(), lag: empty(), from: 0.0, to: 0.0 };
    each(path, |interval, _| {
        let start = interval.start.as_nanos() as f64;
        let index = ((start - first) / width) as u64;
        // What comes too early belongs to what is gathered: a log need not be in order.
        if gathering.index.is_none_or(|current| index > current) {
            gathering.end_part();
            gathering.index = Some(index);
            (gathering.from, gathering.to) = (start, start);
        }
        gathering.to = gathering.to.max(start + interval.duration.as_nanos() as f64);
        match interval.tag.as_deref() {
            None => add(&mut gathering.response, &interval.histogram),
            Some(LAG) => add(&mut gathering.lag, &interval.histogram),
            Some(_) => Ok(()),
        }
    })?;
    gathering.end_part();
    Ok(gathering.parts)
}

/// What was read of the part that is not ended.
struct Gathering {
    parts: Vec<Part>,
    index: Option<u64>,
    response: Histogram<u64>,
    lag: Histogram<u64>,
    from: f64,
    to: f64,
}

impl Gathering {
    fn end_part(&mut self) {
        if self.index.is_none() {
            return;
        }
        let mut cells: Vec<(u32, u64)> = Vec::new();
        for step in self.response.iter_recorded() {
            let ns = self.response.median_equivalent(step.value_iterated_to()).max(1) as f64;
            let cell = (ns.log10() * CELLS_PER_DECADE) as u32;
            let count = step.count_since_last_iteration();
            match cells.last_mut() {
                Some((last, sum)) if *last == cell => *sum = sum.saturating_add(count),
                _ => cells.push((cell, count)),
            }
        }
        self.parts.push(Part {
            start_ns: self.from,
            end_ns: self.to.max(self.from + 1.0),
            count: self.response.len(),
            p50: latency::quantile(&self.response, 0.5),
            p99: latency::quantile(&self.response, 0.99),
            max: latency::max(&self.response),
            lag_max: latency::max(&self.lag),
            cells,
        });
        // Clearing them would keep the largest value.
        self.response.reset();
        self.lag.reset();
    }
}

fn empty() -> Histogram<u64> {
    let mut histogram = Histogram::new(SIGNIFICANT_DIGITS).expect("a constant that the histogram accepts");
    histogram.auto(true);
    histogram
}

fn add(sum: &mut Histogram<u64>, histogram: &Histogram<u64>) -> Result<(), String> {
    if sum.len().checked_add(histogram.len()).is_none() {
        return Err("has more samples than can be counted".to_owned());
    }
    sum.add(histogram).map_err(|_| "has a histogram of values that no other holds".to_owned())
}

/// Each interval of the log and how many messages a sample is of; `take` says in words what is wrong with one.
fn each(
    path: &Path,
    mut take: impl FnMut(&RecordedInterval, u64) -> Result<(), String>,
) -> Result<(), Refused> {
    let file = regular_file::open(path).map_err(|e| Refused::file(path, regular_file::reason(&e)))?;
    let mut reader = Reader::new(BufReader::new(file));
    while let Some(interval) = reader.next() {
        let interval = interval.map_err(|error| Refused::line(path, error))?;
        take(&interval, reader.batch()).map_err(|reason| Refused::file(path, reason))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::hlog::{self, Interval};
    use std::time::{Duration, SystemTime};

    fn histogram(values: impl IntoIterator<Item = u64>) -> Histogram<u64> {
        let mut h = Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("good bounds");
        for value in values {
            h.record(value).expect("in range");
        }
        h
    }

    fn with_log<T>(name: &str, intervals: &[Interval<'_>], read: impl FnOnce(&Path) -> T) -> T {
        let path = std::env::temp_dir().join(format!("throng-log-{name}-{}.hlog", std::process::id()));
        let mut bytes = Vec::new();
        hlog::write(&mut bytes, SystemTime::UNIX_EPOCH, intervals).expect("a Vec takes all");
        std::fs::write(&path, bytes).expect("a file");
        let got = read(&path);
        std::fs::remove_file(&path).expect("this test's own");
        got
    }

    fn interval<'a>(tag: Option<&'a str>, n: u64, histogram: &'a Histogram<u64>) -> Interval<'a> {
        let (start, duration) = (Duration::from_millis(100 * n), Duration::from_millis(100));
        Interval { tag, start, duration, histogram }
    }

    #[test]
    fn merged_intervals_are_the_histogram_of_all_samples() {
        let parts: Vec<_> = (0..10).map(|n| histogram((1..=1_000).map(|v| v * (n + 1)))).collect();
        let mut intervals: Vec<_> =
            parts.iter().enumerate().map(|(n, h)| interval(None, n as u64, h)).collect();
        intervals.push(interval(Some("service"), 0, &parts[0]));
        let merged = with_log("merged", &intervals, |path| merged(path).expect("just written"));
        let tags: Vec<_> = merged.iter().map(|m| m.tag.as_deref()).collect();
        assert_eq!(tags, [None, Some("service")]);
        let all = histogram((0..10).flat_map(|n| (1..=1_000).map(move |v| v * (n + 1))));
        assert_eq!((&merged[0].histogram, merged[1].histogram.len()), (&all, 1_000));
    }

    #[test]
    fn a_long_log_is_told_in_few_parts_of_all_its_samples() {
        let (fast, slow) = (histogram([100; 50]), histogram([100, 1_000_000]));
        let lag = histogram([7_000]);
        let mut intervals: Vec<_> =
            (0..1_000).map(|n| interval(None, n, if n == 500 { &slow } else { &fast })).collect();
        intervals.push(interval(Some("schedule_lag"), 3, &lag));
        let course = with_log("course", &intervals, |path| course(path).expect("just written"));
        assert!((100..=121).contains(&course.len()), "{}", course.len());
        assert_eq!(course.iter().map(|p| p.count).sum::<u64>(), 999 * 50 + 2);
        assert!(course.is_sorted_by(|a, b| a.end_ns <= b.start_ns + 1.0));
        let late: Vec<_> = course.iter().filter(|p| p.max > Some(101)).collect();
        let [late] = late[..] else { panic!("{late:?}") };
        assert!((late.start_ns..late.end_ns).contains(&50.05e9), "{late:?}");
        assert_eq!(late.p50, Some(100));
        assert_eq!(late.cells.iter().map(|c| c.0).collect::<Vec<_>>(), [16, 48], "100 ns and 1 ms");
        assert_eq!(course.iter().find_map(|p| p.lag_max).map(|l| l / 10), Some(700));
    }
}
