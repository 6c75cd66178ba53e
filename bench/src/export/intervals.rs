//! A run's intervals as files: each latency as an `.hlog`, and the figures as CSV.

use super::hlog;
use crate::latency::{Recorder, Summary};
use crate::live::Samples;
use crate::timeline::{Interval, Timeline};
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

/// The tags of what is no response.
pub const SERVICE_TAG: &str = "service";
/// See [`SERVICE_TAG`].
pub const LAG_TAG: &str = "schedule_lag";

/// The columns of `intervals.csv`. Times are nanoseconds since the load began.
const COLUMNS: &str = "start_ns,end_ns,phase,sent,handled,\
    response_count,response_p50_ns,response_p90_ns,response_p99_ns,response_max_ns,\
    service_p50_ns,service_p99_ns,service_max_ns,lag_p50_ns,lag_p99_ns,lag_max_ns";

/// Writes the measured intervals and the drain of a load that began at `began`: the response of each without a tag, and the
/// other latencies where there are any. All lines together are all samples.
///
/// # Errors
/// As [`hlog::write`].
pub fn write_log<W: Write>(writer: &mut W, began: SystemTime, timeline: &Timeline) -> io::Result<()> {
    hlog::write_stream(writer, began, |write| {
        for interval in timeline.measured() {
            let latencies = [
                (None, &interval.response),
                (Some(SERVICE_TAG), &interval.service),
                (Some(LAG_TAG), &interval.lag),
            ];
            for (tag, samples) in latencies {
                // One in which nothing was handled has its line too: the Java reader wants one without a tag.
                if tag.is_none() || samples.count() > 0 {
                    write(&hlog::Interval {
                        tag,
                        start: Duration::from_nanos(interval.start_ns),
                        duration: Duration::from_nanos(interval.end_ns - interval.start_ns),
                        histogram: recorder(samples).histogram(),
                    })?;
                }
            }
        }
        Ok(())
    })
}

/// Writes a line for each interval, the warm-up's too. A figure that was not measured, or that the samples cannot carry, is
/// an empty cell.
///
/// # Errors
/// What the writer reports.
pub fn write_csv<W: Write>(writer: &mut W, timeline: &Timeline) -> io::Result<()> {
    writeln!(writer, "{COLUMNS}")?;
    for interval in timeline.intervals() {
        writeln!(writer, "{}", row(interval))?;
    }
    Ok(())
}

fn row(interval: &Interval) -> String {
    let [response, service, lag] =
        [&interval.response, &interval.service, &interval.lag].map(|samples| recorder(samples).summary());
    let cell = |figure: Option<u64>| figure.map_or(String::new(), |n| n.to_string());
    let some = |summary: &Summary, n: u64| cell((summary.count > 0).then_some(n));
    [
        interval.start_ns.to_string(),
        interval.end_ns.to_string(),
        interval.phase.name().to_owned(),
        cell(interval.sent),
        cell(interval.handled),
        some(&response, response.count),
        cell(response.p50),
        cell(response.p90),
        cell(response.p99),
        cell(response.max),
        cell(service.p50),
        cell(service.p99),
        cell(service.max),
        cell(lag.p50),
        cell(lag.p99),
        cell(lag.max),
    ]
    .join(",")
}

fn recorder(samples: &Samples) -> Recorder {
    let mut recorder = Recorder::new();
    samples.add_to(&mut recorder);
    recorder
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{Live, Reading};
    use crate::timeline::Phase;

    fn samples(values: impl Iterator<Item = u64>) -> Samples {
        let (live, mut samples) = (Live::new(), Samples::default());
        values.for_each(|ns| live.record(ns));
        Reading::new().take(&live, &mut samples);
        samples
    }

    fn timeline() -> Timeline {
        let mut timeline = Timeline::default();
        let all = [(Phase::Warmup, 50), (Phase::Measure, 200), (Phase::Measure, 0), (Phase::Drain, 7)];
        for (n, (phase, count)) in all.into_iter().enumerate() {
            timeline.push(Interval {
                start_ns: n as u64 * 100_000_000,
                end_ns: (n as u64 + 1) * 100_000_000,
                phase,
                sent: Some(count),
                handled: None,
                response: samples((0..count).map(|i| 1_000 + i)),
                service: samples((0..count).map(|i| 500 + i)),
                lag: samples(0..count.min(19)),
            });
        }
        timeline
    }

    #[test]
    fn the_log_has_every_measured_sample_by_its_tag() {
        let (timeline, mut bytes) = (timeline(), Vec::new());
        write_log(&mut bytes, SystemTime::UNIX_EPOCH, &timeline).expect("a Vec takes all");
        let read: Vec<_> = hlog::Reader::new(&bytes[..]).map(|i| i.expect("what was written")).collect();
        for (tag, whole) in [
            (None, timeline.total(|i| &i.response)),
            (Some(SERVICE_TAG), timeline.total(|i| &i.service)),
            (Some(LAG_TAG), timeline.total(|i| &i.lag)),
        ] {
            let mut merged = Recorder::new().histogram().clone();
            for interval in read.iter().filter(|interval| interval.tag.as_deref() == tag) {
                merged.add(&interval.histogram).expect("the same bounds");
            }
            assert_eq!(&merged, whole.expect("samples").histogram(), "{tag:?}");
        }
        assert_eq!(read.iter().filter(|interval| interval.tag.is_none()).count(), 3, "all but the warm-up");
        assert_eq!(read[0].start, Duration::from_millis(100));
    }

    #[test]
    fn a_row_has_a_cell_a_column_and_tells_no_more_than_it_knows() {
        let mut bytes = Vec::new();
        write_csv(&mut bytes, &timeline()).expect("a Vec takes all");
        let text = String::from_utf8(bytes).expect("text");
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        assert!(rows.iter().all(|row| row.len() == 16), "{text}");
        assert_eq!(rows[2].join(","), "100000000,200000000,measure,200,,200,1099,1179,,1199,599,,699,,,18");
        assert_eq!(rows[3][..6].join(","), "200000000,300000000,measure,0,,");
        assert_eq!((rows[1][2], rows[4][2]), ("warmup", "drain"));
    }
}
