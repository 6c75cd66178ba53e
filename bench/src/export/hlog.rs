//! Interval logs (`.hlog`, format 1.3), as HdrHistogram's Java and Python tools read them.
//!
//! The crate writes what it is told, also what the other tools refuse; here are the choices they accept: compressed
//! payloads, the version comment, both times in the header, and at least one interval without a tag.
//!
//! Values are nanoseconds, as those tools take them to be. Where one sample is the time of a whole batch of messages,
//! the interval without a tag has the mean of each batch, and the one tagged [`BATCH_TAG`] what was stamped.

use std::io::{self, BufRead, Write};
use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogIterator, IntervalLogWriterBuilder, IntervalLogWriterError, LogEntry, Tag,
};

use super::lines::{Lines, ReadError};
use super::payload;

/// What the readable maximum of a line is divided by: nanoseconds become milliseconds.
const MAX_VALUE_DIVISOR: f64 = 1e6;

/// The tag of samples as they were stamped: nanoseconds of a whole batch. How many messages that is, the log's
/// header says.
pub const BATCH_TAG: &str = "batch";

/// What the header says of the values.
const UNIT: &str = "[Unit: nanoseconds]";

/// One histogram of a log.
#[derive(Debug, Clone, Copy)]
pub struct Interval<'a> {
    /// `None` for the primary latency, the response time; a name for every other. No comma, no blank, not empty.
    pub tag: Option<&'a str>,
    /// When it began, since the log's base time; written to the millisecond.
    pub start: Duration,
    /// How long it lasted; written to the millisecond.
    pub duration: Duration,
    /// Its samples in nanoseconds.
    pub histogram: &'a Histogram<u64>,
}

/// Writes a log that began at `base`, its intervals in order of their start.
///
/// # Errors
/// `InvalidInput` for a tag the format cannot hold, or where no interval is untagged, which the Java log processor
/// does not survive; otherwise what the writer or the encoder reports.
pub fn write<W: Write>(writer: &mut W, base: SystemTime, intervals: &[Interval<'_>]) -> io::Result<()> {
    write_with(writer, base, UNIT, intervals)
}

/// Writes the log of a latency each of whose samples is the time of `batch` messages together: without a tag the mean
/// of each batch in whole nanoseconds, which is what other tools show, and tagged [`BATCH_TAG`] the samples of
/// `stamped` unchanged. For a `batch` of 1 this is [`write()`].
///
/// # Errors
/// As [`write()`].
pub fn write_of_batches<W: Write>(
    writer: &mut W,
    base: SystemTime,
    batch: u64,
    stamped: Interval<'_>,
) -> io::Result<()> {
    if batch <= 1 {
        return write(writer, base, &[stamped]);
    }
    let header = format!(
        "[Batch: {batch} (round trips a sample; no tag: their mean in nanoseconds; Tag={BATCH_TAG}: nanoseconds of all)]"
    );
    let mut means = Histogram::new_from(stamped.histogram);
    for step in stamped.histogram.iter_recorded() {
        let stamp = stamped.histogram.median_equivalent(step.value_iterated_to());
        let mean = stamp / batch + u64::from(stamp % batch >= batch.div_ceil(2));
        means.saturating_record_n(mean, step.count_since_last_iteration());
    }
    let means = Interval { histogram: &means, ..stamped };
    write_with(writer, base, &header, &[means, Interval { tag: Some(BATCH_TAG), ..stamped }])
}

fn write_with<W: Write>(
    writer: &mut W,
    base: SystemTime,
    header: &str,
    intervals: &[Interval<'_>],
) -> io::Result<()> {
    if intervals.iter().all(|i| i.tag.is_some()) {
        let reason = "an .hlog needs at least one interval without a tag: leave the primary latency untagged";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    let mut ordered: Vec<_> = intervals.iter().collect();
    for interval in &ordered {
        interval.tag.map(checked_tag).transpose()?;
    }
    ordered.sort_by_key(|interval| interval.start);
    write_each(writer, base, header, |write| ordered.iter().try_for_each(|interval| write(interval)))
}

/// Writes a log of as many intervals as `fill` gives to what it is called with, one after the other, so that they need not
/// all be there at once. They come in order of their start, the first of them without a tag.
///
/// # Errors
/// `InvalidInput` for a tag the format cannot hold, and for a first interval with one; what `fill`, the writer or the
/// encoder reports.
pub fn write_stream<W, F>(writer: &mut W, base: SystemTime, fill: F) -> io::Result<()>
where
    W: Write,
    F: FnOnce(&mut dyn FnMut(&Interval<'_>) -> io::Result<()>) -> io::Result<()>,
{
    let mut first = true;
    write_each(writer, base, UNIT, |write| {
        fill(&mut |interval| {
            if std::mem::take(&mut first) && interval.tag.is_some() {
                let reason = "an .hlog begins with an interval without a tag: the primary latency's";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
            }
            write(interval)
        })
    })
}

fn write_each<W, F>(writer: &mut W, base: SystemTime, header: &str, fill: F) -> io::Result<()>
where
    W: Write,
    F: FnOnce(&mut dyn FnMut(&Interval<'_>) -> io::Result<()>) -> io::Result<()>,
{
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("[Histogram log format version 1.3]")
        .add_comment(header)
        .with_start_time(base)
        .with_base_time(base)
        .with_max_value_divisor(MAX_VALUE_DIVISOR)
        .begin_log_with(writer, &mut serializer)?;
    fill(&mut |interval| {
        let tag = interval.tag.map(checked_tag).transpose()?;
        log.write_histogram(interval.histogram, interval.start, interval.duration, tag).map_err(|e| match e {
            IntervalLogWriterError::IoError(e) => e,
            IntervalLogWriterError::SerializeError(e) => io::Error::other(e),
        })
    })
}

fn checked_tag(tag: &str) -> io::Result<Tag<'_>> {
    let refused = || {
        let reason =
            format!("{tag:?} cannot be a tag in an .hlog: it takes a name without commas and blanks");
        io::Error::new(io::ErrorKind::InvalidInput, reason)
    };
    if tag.is_empty() || tag.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(refused());
    }
    Tag::new(tag).ok_or_else(refused)
}

/// One histogram read back from a log.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedInterval {
    /// The tag; `None` for the primary latency.
    pub tag: Option<String>,
    /// When it began, since the log's base time where it has one.
    pub start: Duration,
    /// How long it lasted.
    pub duration: Duration,
    /// Its samples.
    pub histogram: Histogram<u64>,
}

/// A line: an incompressible histogram in base 64, and room for the other fields.
const LONGEST_LINE: usize = payload::LONGEST / 3 * 4 + (64 << 10);

/// Reads the intervals of a log one after the other, in memory bounded by one line and one histogram, whatever the
/// file holds. After an error it ends.
pub struct Reader<R> {
    lines: Lines<R>,
    start_time: Option<Duration>,
    base_time: Option<Duration>,
    batch: u64,
    ended: bool,
}

impl<R: BufRead> Reader<R> {
    /// A reader of the log that `reader` holds.
    pub fn new(reader: R) -> Self {
        let lines = Lines::new(reader, LONGEST_LINE);
        Self { lines, start_time: None, base_time: None, batch: 1, ended: false }
    }

    /// The last `StartTime` read so far, since the Unix epoch.
    pub fn start_time(&self) -> Option<Duration> {
        self.start_time
    }

    /// The last `BaseTime` read so far, since the Unix epoch.
    pub fn base_time(&self) -> Option<Duration> {
        self.base_time
    }

    /// How many messages one sample is the time of: more than 1 as soon as a header was read that says so. What is
    /// tagged [`BATCH_TAG`] is to be divided by it.
    pub fn batch(&self) -> u64 {
        self.batch
    }

    fn read_interval(&mut self) -> Result<Option<RecordedInterval>, ReadError> {
        while let Some(line) = self.lines.next_line()? {
            match parse_line(line) {
                Ok(None) => {}
                Ok(Some(Line::StartTime(t))) => self.start_time = Some(t),
                Ok(Some(Line::BaseTime(t))) => self.base_time = Some(t),
                Ok(Some(Line::Batch(batch))) => self.batch = batch,
                Ok(Some(Line::Interval(interval))) => return Ok(Some(*interval)),
                Err(reason) => return Err(self.lines.error(reason)),
            }
        }
        Ok(None)
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<RecordedInterval, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = self.read_interval().transpose();
        self.ended = !matches!(item, Some(Ok(_)));
        item
    }
}

enum Line {
    StartTime(Duration),
    BaseTime(Duration),
    Batch(u64),
    Interval(Box<RecordedInterval>),
}

fn parse_line(line: &[u8]) -> Result<Option<Line>, String> {
    let malformed =
        "is neither a comment nor [Tag=name,]start,duration,max,histogram with times as seconds.fraction";
    if let Some(rest) = line.strip_prefix(b"#[Batch:") {
        let digits = rest.trim_ascii_start().split(|byte| !byte.is_ascii_digit()).next().unwrap_or_default();
        let batch = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        let batch = batch.filter(|&batch| batch > 0);
        return match batch {
            Some(batch) => Ok(Some(Line::Batch(batch))),
            None => Err("has a batch that is not a number of messages from 1".to_owned()),
        };
    }
    match IntervalLogIterator::new(line).next() {
        // The crate takes a header it cannot read for a comment.
        None if line.starts_with(b"#[StartTime:") || line.starts_with(b"#[BaseTime:") => {
            Err("has a time that is not 'seconds.fraction (seconds since epoch)'".to_owned())
        }
        None => Ok(None),
        Some(Err(_)) => Err(malformed.to_owned()),
        Some(Ok(LogEntry::StartTime(t))) => Ok(Some(Line::StartTime(t))),
        Some(Ok(LogEntry::BaseTime(t))) => Ok(Some(Line::BaseTime(t))),
        // Whoever adds them up may rely on it.
        Some(Ok(LogEntry::Interval(i))) if i.start_timestamp().checked_add(i.duration()).is_none() => {
            Err("has a start and a duration that together are more than can be counted".to_owned())
        }
        Some(Ok(LogEntry::Interval(interval))) => Ok(Some(Line::Interval(Box::new(RecordedInterval {
            tag: interval.tag().map(|t| t.as_str().to_owned()),
            start: interval.start_timestamp(),
            duration: interval.duration(),
            histogram: payload::decode(interval.encoded_histogram())?,
        })))),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// SplitMix64: enough for test data, and repeatable from its seed.
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }

        fn below(&mut self, n: usize) -> usize {
            (self.next() % n as u64) as usize
        }

        fn histogram(&mut self, samples: usize) -> Histogram<u64> {
            let mut h = Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("good bounds");
            for _ in 0..samples {
                let shift = self.below(60);
                h.saturating_record(self.next() >> (4 + shift));
            }
            h
        }
    }

    fn seeded() -> Random {
        let seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(|| {
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |d| d.as_nanos() as u64)
        });
        println!("SEED={seed}");
        Random(seed)
    }

    fn written(intervals: &[Interval<'_>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let base = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_250);
        write(&mut bytes, base, intervals).expect("a Vec takes all");
        bytes
    }

    fn interval<'a>(tag: Option<&'a str>, start_ms: u64, histogram: &'a Histogram<u64>) -> Interval<'a> {
        Interval {
            tag,
            start: Duration::from_millis(start_ms),
            duration: Duration::from_millis(1_001),
            histogram,
        }
    }

    #[test]
    fn read_back_every_histogram_has_equal_percentiles() {
        let mut random = seeded();
        let (a, b, c) = (random.histogram(50_000), random.histogram(1), random.histogram(0));
        // Given out of order: the log has them by their start, the caller's order among equals.
        let bytes = written(&[
            interval(None, 1_001, &b),
            interval(None, 0, &a),
            interval(Some("service"), 0, &b),
            interval(Some("schedule_lag"), 2_002, &c),
        ]);
        let mut reader = Reader::new(&bytes[..]);
        let read: Vec<RecordedInterval> =
            reader.by_ref().collect::<Result<_, _>>().expect("what was just written");
        let places: Vec<_> = read.iter().map(|i| (i.tag.as_deref(), i.start.as_millis())).collect();
        assert_eq!(places, [(None, 0), (Some("service"), 0), (None, 1_001), (Some("schedule_lag"), 2_002)]);
        assert!(read.iter().all(|i| i.duration == Duration::from_millis(1_001)));
        for (interval, original) in read.iter().zip([&a, &b, &b, &c]) {
            assert_eq!(&interval.histogram, original);
            assert_eq!(interval.histogram.max(), original.max());
            let quantiles = || (0..=100_000).map(|i| f64::from(i) / 100_000.0);
            let equal = interval
                .histogram
                .value_at_quantiles(quantiles())
                .eq(original.value_at_quantiles(quantiles()));
            assert!(equal, "at least one of 100,001 percentiles differs");
        }
        let base = Some(Duration::from_millis(1_700_000_000_250));
        assert_eq!((reader.start_time(), reader.base_time(), reader.batch()), (base, base, 1));
    }

    #[test]
    fn a_batch_is_told_and_both_its_means_and_its_times_are_there() {
        let mut h = Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("good bounds");
        h.record_n(75_600, 97).expect("in range");
        h.record_n(75_400, 3).expect("in range");
        let mut bytes = Vec::new();
        let stamped = interval(None, 0, &h);
        write_of_batches(&mut bytes, SystemTime::UNIX_EPOCH, 1_000, stamped).expect("a Vec takes all");
        let mut reader = Reader::new(&bytes[..]);
        let read: Vec<_> = reader.by_ref().map(|i| i.expect("what was just written")).collect();
        assert_eq!(reader.batch(), 1_000);
        let [means, times] = &read[..] else { panic!("{} intervals", read.len()) };
        // What other tools show: nanoseconds a message.
        assert_eq!((means.tag.as_deref(), means.histogram.len()), (None, 100));
        assert_eq!((means.histogram.value_at_quantile(0.03), means.histogram.max()), (75, 76));
        // What the figures come from.
        assert_eq!((times.tag.as_deref(), &times.histogram), (Some(BATCH_TAG), &h));
        assert_eq!((means.duration, times.duration), (stamped.duration, stamped.duration));

        let mut single = Vec::new();
        write_of_batches(&mut single, SystemTime::UNIX_EPOCH, 1, stamped).expect("a Vec takes all");
        let mut reader = Reader::new(&single[..]);
        let read: Vec<_> = reader.by_ref().map(|i| i.expect("what was just written")).collect();
        assert_eq!((reader.batch(), read.len(), &read[0].histogram), (1, 1, &h));
    }

    #[test]
    fn the_text_is_what_other_tools_expect() {
        let mut h = Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("good bounds");
        h.record(2_500_000).expect("in range");
        let text = String::from_utf8(written(&[interval(None, 0, &h), interval(Some("service"), 1_500, &h)]))
            .expect("text");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..5],
            [
                "#[Histogram log format version 1.3]",
                "#[Unit: nanoseconds]",
                "#[StartTime: 1700000000.250 (seconds since epoch)]",
                "#[BaseTime: 1700000000.250 (seconds since epoch)]",
                "#[MaxValueDivisor: 1000000.000]",
            ]
        );
        // "HISTFAAA" is how a V2 payload compressed by zlib begins in base 64.
        assert!(lines[5].starts_with("0.000,1.001,2.501,HISTFAAA"), "{}", lines[5]);
        assert!(lines[6].starts_with("Tag=service,1.500,1.001,2.501,HISTFAAA"), "{}", lines[6]);
        assert_eq!(lines.len(), 7);
    }

    #[test]
    fn a_log_other_tools_would_refuse_is_not_written() {
        let h = seeded().histogram(3);
        let mut bytes = Vec::new();
        for intervals in [&[][..], &[interval(Some("service"), 0, &h)][..]] {
            let error = write(&mut bytes, SystemTime::UNIX_EPOCH, intervals).expect_err("no primary latency");
            assert!(error.to_string().contains("without a tag"), "{error}");
        }
        for tag in ["", "a b", "a,b", "a\nb", "a\tb"] {
            let intervals = [interval(None, 0, &h), interval(Some(tag), 0, &h)];
            let error = write(&mut bytes, SystemTime::UNIX_EPOCH, &intervals).expect_err("a bad tag");
            assert!(error.to_string().contains("cannot be a tag"), "{error}");
        }
        assert!(bytes.is_empty(), "refused before anything was written");
    }

    fn error_of(log: &[u8]) -> String {
        let mut reader = Reader::new(log);
        let error = reader.find_map(Result::err).expect("a malformed log").to_string();
        assert!(reader.next().is_none(), "an error ends the log");
        error
    }

    #[test]
    fn r18_malformed_lines_are_errors_with_their_number() {
        for (log, expected) in [
            (b"# fine\n1.0,2.0\n".to_vec(), "line 2: is neither"),
            (b"# fine\n1.0,2.0,3.0,\xff\xfe\n".to_vec(), "line 2: is neither"),
            (b"# fine\n-1.0,2.0,3.0,AAAA\n".to_vec(), "line 2: is neither"),
            (b"# fine\n#[StartTime: soon]\n".to_vec(), "line 2: has a time"),
            (b"# fine\n#[Batch: many]\n".to_vec(), "line 2: has a batch"),
            (b"# fine\n#[Batch: 0]\n".to_vec(), "line 2: has a batch"),
            (b"18446744073709551615.9,0.1,2.0,AAAA\n".to_vec(), "line 1: has a start and a duration"),
            (b"# fine\n0.0,1.0,2.0,AAAA".to_vec(), "line 2: is cut off"),
            (b"# fine\n0.0,1.0,2.0,A*AA\n".to_vec(), "line 2: has a histogram that is not base 64"),
        ] {
            let error = error_of(&log);
            assert!(error.starts_with(expected), "{expected:?} expected, got {error:?}");
        }
        assert_eq!(
            error_of(&vec![b'#'; LONGEST_LINE + 1]),
            format!("line 1: is longer than {LONGEST_LINE} bytes")
        );
    }

    #[test]
    fn r18_damaged_logs_never_panic() {
        let mut random = seeded();
        let h = random.histogram(2_000);
        let mut plain = Vec::new();
        hdrhistogram::serialization::Serializer::serialize(
            &mut hdrhistogram::serialization::V2Serializer::new(),
            &h,
            &mut plain,
        )
        .expect("a small histogram");
        let whole = written(&[interval(None, 0, &h), interval(Some("service"), 0, &h)]);
        let mut refused = 0;
        for round in 0..3_000 {
            // Half of the damage goes into the text, half below base 64 and compression, where the numbers are.
            let log = if round % 2 == 0 {
                let mut log = whole.clone();
                let at = random.below(log.len());
                log[at] = random.next() as u8;
                log
            } else {
                let mut bytes = plain.clone();
                for _ in 0..=random.below(4) {
                    let at = random.below(if round % 4 == 1 { 40 } else { bytes.len() });
                    bytes[at] = random.next() as u8;
                }
                format!("0.0,1.0,2.0,{}\n", STANDARD.encode(bytes)).into_bytes()
            };
            for read in Reader::new(&log[..]) {
                match read {
                    Ok(i) => {
                        // What was accepted must also be usable.
                        let h = &i.histogram;
                        assert!(h.value_at_quantile(0.5) <= h.max());
                    }
                    Err(_) => refused += 1,
                }
            }
        }
        assert!(refused > 500, "only {refused} damaged logs were refused");
    }
}
