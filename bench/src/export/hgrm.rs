//! Percentile distributions (`.hgrm`), the text that HdrHistogram's plotter and most of its readers take.

use std::io::{self, BufRead, Write};

use hdrhistogram::Histogram;

use super::lines::{Lines, ReadError};

/// Nanoseconds in the microsecond that values are printed in.
pub const NS_PER_US: f64 = 1_000.0;

/// Percentile steps in each half of the distance that is left to 100 %.
const TICKS_PER_HALF_DISTANCE: u32 = 5;

/// The last of the places that a percentile is printed with.
const RESOLUTION: f64 = 1e-12;

/// A percentile step, exact: adding up fractions, as the crate's own iterator does, comes out a little above 75 % and
/// so prints the next sample's value.
#[derive(Debug, Clone, Copy)]
struct Tick {
    /// How often the distance to 100 % was halved.
    halvings: u32,
    /// Steps into this half.
    step: u32,
}

impl Tick {
    const FIRST: Self = Self { halvings: 0, step: 0 };

    fn next(self) -> Self {
        match self.step + 1 {
            TICKS_PER_HALF_DISTANCE => Self { halvings: self.halvings + 1, step: 0 },
            step => Self { step, ..self },
        }
    }

    /// What is left to 100 %, as a fraction.
    fn ratio(self) -> (u128, u128) {
        let whole = 2 * TICKS_PER_HALF_DISTANCE;
        (u128::from(whole - self.step), u128::from(whole) << self.halvings)
    }

    fn rest(self) -> f64 {
        let (numerator, denominator) = self.ratio();
        numerator as f64 / denominator as f64
    }

    fn quantile(self) -> f64 {
        1.0 - self.rest()
    }

    /// How many of `count` samples are at or below this percentile, rounded up.
    fn samples_of(self, count: u64) -> u64 {
        let (numerator, denominator) = self.ratio();
        count - (u128::from(count) * numerator / denominator) as u64
    }
}

/// Writes the distribution of `histogram` in microseconds a message, where each of its samples is the time of `batch`
/// messages together, in nanoseconds. To a nanosecond of what was stamped: a batch of 1,000 has six decimals. A
/// histogram without samples has no rows, and the closing lines say so; the last of them, which other tools take for
/// a comment, has the unit and the batch.
///
/// # Errors
/// What the writer reports.
pub fn write<W: Write>(writer: &mut W, histogram: &Histogram<u64>, batch: u64) -> io::Result<()> {
    let scale = NS_PER_US * batch as f64;
    let d = scale.log10().ceil() as usize;
    writeln!(
        writer,
        "{:>12} {:>14} {:>10} {:>14}\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    )?;
    let count = histogram.len();
    let (mut total, mut tick) = (0, Tick::FIRST);
    for step in histogram.iter_recorded() {
        total += step.count_since_last_iteration();
        let value = step.value_iterated_to() as f64 / scale;
        while tick.samples_of(count) <= total {
            // Nearer to 100 % than twelve places tell is a step only where samples are beyond counting: it would be read as the end.
            if tick.rest() >= RESOLUTION {
                let (q, distance) = (tick.quantile(), 1.0 / tick.rest());
                writeln!(writer, "{value:12.d$} {q:2.12} {total:10} {distance:14.2}")?;
            }
            tick = tick.next();
            if total == count {
                // Every tick from here on has the largest value: the last one stands for them.
                writeln!(writer, "{value:12.d$} {:2.12} {total:10}", 1.0)?;
                break;
            }
        }
    }
    let (mean, deviation) = (histogram.mean() / scale, histogram.stdev() / scale);
    writeln!(writer, "#[Mean    = {mean:12.d$}, StdDeviation   = {deviation:12.d$}]")?;
    let max = if histogram.is_empty() { 0.0 } else { histogram.max() as f64 / scale };
    writeln!(writer, "#[Max     = {max:12.d$}, Total count    = {count:12}]")?;
    // Every bucket but the first brings only the upper half of its sub-buckets.
    let buckets = usize::from(histogram.buckets());
    let sub_buckets = 2 * histogram.distinct_values() / (buckets + 1);
    writeln!(writer, "#[Buckets = {buckets:12}, SubBuckets     = {sub_buckets:12}]")?;
    writeln!(writer, "#[Unit    = microseconds, Batch          = {batch:12}]")
}

/// One step of a distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The value, in the file's unit.
    pub value: f64,
    /// The quantile, 0 to 1.
    pub quantile: f64,
    /// How many samples are at or below the value.
    pub total_count: u64,
}

/// A distribution read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// The steps, from the smallest value to the largest.
    pub rows: Vec<Row>,
    /// Mean, in the file's unit.
    pub mean: f64,
    /// Standard deviation, in the file's unit.
    pub std_deviation: f64,
    /// The largest value, in the file's unit.
    pub max: f64,
    /// How many samples there are.
    pub count: u64,
    /// How many messages one sample is the mean of; values are a message's already.
    pub batch: u64,
}

impl Distribution {
    /// The value at quantile `q`, in the file's unit: that of the first row at or above it. Between two rows this
    /// is an upper bound. `None` where there are no samples or `q` is above 1.
    pub fn value_at_quantile(&self, q: f64) -> Option<f64> {
        self.rows.iter().find(|row| row.quantile >= q).map(|row| row.value)
    }
}

const LONGEST_LINE: usize = 256;
/// Five steps for each of the 53 halvings that a float can tell apart, and some room for finer distributions.
const MOST_ROWS: usize = 10_000;

/// Reads a distribution, in memory bounded whatever the file holds.
///
/// # Errors
/// A line that is none of the format, rows that do not ascend, or a file whose end is missing or contradicts its
/// rows; with the line's number.
pub fn read<R: BufRead>(reader: R) -> Result<Distribution, ReadError> {
    let mut lines = Lines::new(reader, LONGEST_LINE);
    let mut rows: Vec<Row> = Vec::new();
    let (mut mean, mut max, mut batch) = (None, None, 1);
    while let Some(line) = lines.next_line()? {
        let parsed = std::str::from_utf8(line).map_err(|_| "is not text".to_owned()).and_then(parse_line);
        match parsed.map_err(|reason| lines.error(reason))? {
            Line::Nothing => {}
            Line::Mean(m, deviation) => mean = Some((m, deviation)),
            Line::Max(m, count) => max = Some((m, count)),
            Line::Batch(messages) => batch = messages,
            Line::Row(row) => {
                let ascends = rows.last().is_none_or(|last| {
                    last.value <= row.value
                        && last.quantile <= row.quantile
                        && last.total_count <= row.total_count
                });
                if !ascends {
                    return Err(lines.error("has a value, percentile or count below that of the row before"));
                }
                if rows.len() == MOST_ROWS {
                    return Err(lines.error(format!("is a row too many: {MOST_ROWS} are read")));
                }
                rows.push(row);
            }
        }
    }
    let (Some((mean, std_deviation)), Some((max, count))) = (mean, max) else {
        return Err(lines.error("is missing: the file ends without its '#[Mean' and '#[Max' lines"));
    };
    let reached = rows.last().map_or(0, |last| last.total_count);
    let whole = rows.last().is_none_or(|last| last.quantile == 1.0);
    if reached != count || !whole {
        return Err(lines.error(format!("is missing: the rows reach {reached} of {count} samples")));
    }
    Ok(Distribution { rows, mean, std_deviation, max, count, batch })
}

enum Line {
    Nothing,
    Row(Row),
    Mean(f64, f64),
    Max(f64, u64),
    Batch(u64),
}

fn parse_line(line: &str) -> Result<Line, String> {
    let line = line.trim();
    let malformed = || format!("is not a row of value, percentile, count, 1/(1-percentile): {line:?}");
    if let Some((mean, deviation)) = closing(line, "#[Mean", "StdDeviation") {
        return Ok(Line::Mean(number(mean).ok_or_else(malformed)?, number(deviation).ok_or_else(malformed)?));
    }
    if let Some((max, count)) = closing(line, "#[Max", "Total count") {
        return Ok(Line::Max(number(max).ok_or_else(malformed)?, count.parse().map_err(|_| malformed())?));
    }
    if let Some((_, batch)) = closing(line, "#[Unit", "Batch") {
        let batch = batch.parse().ok().filter(|&batch| batch > 0);
        return Ok(Line::Batch(batch.ok_or_else(malformed)?));
    }
    if line.is_empty() || line.starts_with('#') || line.starts_with("Value") {
        return Ok(Line::Nothing);
    }
    let columns: Vec<&str> = line.split_whitespace().collect();
    let row = match columns[..] {
        [value, quantile, count] | [value, quantile, count, _] => {
            let (value, quantile) = (number(value), number(quantile));
            value.zip(quantile).zip(count.parse().ok())
        }
        _ => None,
    };
    let ((value, quantile), total_count) = row.ok_or_else(malformed)?;
    let whole = quantile == 1.0;
    if !(0.0..=1.0).contains(&quantile) || columns.get(3).is_some_and(|x| number(x).is_none()) {
        return Err(malformed());
    }
    if whole != (columns.len() == 3) {
        return Err("has the wrong number of columns: three at 100 %, four below".to_owned());
    }
    Ok(Line::Row(Row { value, quantile, total_count }))
}

/// The two values of `#[first = a, second = b]`.
fn closing<'a>(line: &'a str, first: &str, second: &str) -> Option<(&'a str, &'a str)> {
    let (a, b) = line.strip_prefix(first)?.strip_suffix(']')?.split_once(',')?;
    let a = a.trim().strip_prefix('=')?;
    let b = b.trim().strip_prefix(second)?.trim().strip_prefix('=')?;
    Some((a.trim(), b.trim()))
}

/// A finite number.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|n: &f64| n.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(values: impl IntoIterator<Item = u64>) -> Histogram<u64> {
        let mut h = Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("good bounds");
        for value in values {
            h.record(value).expect("in range");
        }
        h
    }

    fn written(h: &Histogram<u64>) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes, h, 1).expect("a Vec takes all");
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn the_text_is_the_format_to_the_column() {
        let text = written(&histogram([1_000, 1_000, 2_000, 500_000]));
        assert_eq!(
            text,
            "       Value     Percentile TotalCount 1/(1-Percentile)

       1.000 0.000000000000          2           1.00
       1.000 0.100000000000          2           1.11
       1.000 0.200000000000          2           1.25
       1.000 0.300000000000          2           1.43
       1.000 0.400000000000          2           1.67
       1.000 0.500000000000          2           2.00
       2.000 0.550000000000          3           2.22
       2.000 0.600000000000          3           2.50
       2.000 0.650000000000          3           2.86
       2.000 0.700000000000          3           3.33
       2.000 0.750000000000          3           4.00
     500.223 0.775000000000          4           4.44
     500.223 1.000000000000          4
#[Mean    =      126.024, StdDeviation   =      215.971]
#[Max     =      500.223, Total count    =            4]
#[Buckets =           26, SubBuckets     =         2048]
#[Unit    = microseconds, Batch          =            1]
"
        );
    }

    #[test]
    fn read_back_every_percentile_is_equal() {
        // Long tailed: 1/x over seven decades, so that every scale of the histogram takes part.
        let h = histogram((1..=200_000_u64).map(|i| 20_000_000_000 / (i * i / 7 + 1)));
        let read = read(written(&h).as_bytes()).expect("what was just written");
        assert!(read.rows.len() > 60, "{} rows", read.rows.len());
        let ns = |us: f64| (us * NS_PER_US).round() as u64;
        for row in &read.rows {
            // The quantile as printed may be off by half of its last digit, so the rank is what is compared.
            assert_eq!(row.total_count, h.count_between(0, ns(row.value)), "{row:?}");
            let rank = row.quantile * h.len() as f64;
            assert!(rank <= row.total_count as f64 + 1e-6, "{row:?}");
            let below = ns(row.value).saturating_sub(h.equivalent_range(ns(row.value)));
            assert!(rank >= h.count_between(0, below) as f64 - 1e-6, "{row:?}");
        }
        for q in [0.1, 0.5, 0.75, 0.9, 0.9375, 0.94375, 0.9875, 1.0] {
            assert_eq!(read.value_at_quantile(q).map(ns), Some(h.value_at_quantile(q)), "q = {q}");
        }
        assert_eq!((read.count, ns(read.max)), (h.len(), h.max()));
        assert!((read.mean * NS_PER_US - h.mean()).abs() < 1.0);
        assert!((read.std_deviation * NS_PER_US - h.stdev()).abs() < 1.0);
        assert_eq!(read.value_at_quantile(1.5), None);
    }

    #[test]
    fn a_batch_keeps_the_fractions_of_a_nanosecond() {
        let mut bytes = Vec::new();
        write(&mut bytes, &histogram([75_600, 10_300]), 1_000).expect("a Vec takes all");
        let text = String::from_utf8(bytes).expect("text");
        assert!(text.contains("\n    0.010303 0.000000000000          1           1.00\n"), "{text}");
        let read = read(text.as_bytes()).expect("what was just written");
        assert_eq!((read.batch, read.count), (1_000, 2));
        assert!((read.max * NS_PER_US - 75.6).abs() < 0.076, "{text}");
        assert!((read.rows[0].value * NS_PER_US - 10.3).abs() < 0.011, "{text}");
    }

    #[test]
    fn nothing_recorded_is_a_distribution_without_rows() {
        let text = written(&histogram([]));
        assert!(text.contains("Total count    =            0]"), "{text}");
        let read = read(text.as_bytes()).expect("what was just written");
        assert_eq!((read.rows.len(), read.count, read.value_at_quantile(0.5)), (0, 0, None));
    }

    #[test]
    fn more_samples_than_twelve_places_tell_apart_are_read_back() {
        let mut h = histogram([]);
        h.record_n(1_000, 1 << 50).expect("in range");
        h.record_n(2_000, 1_000).expect("in range");
        let text = written(&h);
        let read = read(text.as_bytes()).expect("what was just written");
        assert_eq!((read.count, read.value_at_quantile(1.0)), (h.len(), Some(2.0)), "{text}");
        let last = &read.rows[read.rows.len() - 2];
        assert!(last.quantile < 1.0 && last.quantile > 1.0 - 1e-11, "{last:?}");
    }

    #[test]
    fn r18_malformed_files_are_errors_with_the_line() {
        let good = written(&histogram([5, 7]));
        let first = good.lines().nth(2).expect("a row");
        for (bad, expected) in [
            (good.replacen(first, "1.000 half 2 1.00", 1), "line 3: is not a row"),
            (good.replacen(first, "0.005 0.0 1 1.00 9", 1), "line 3: is not a row"),
            (good.replacen(first, "nan 0.0 1 1.00", 1), "line 3: is not a row"),
            (good.replacen(first, "0.005 1.5 1", 1), "line 3: is not a row"),
            (good.replacen(first, "0.005 0.0 1", 1), "line 3: has the wrong number of columns"),
            (good.replacen(first, "9.000 0.0 1 1.00", 1), "line 4: has a value, percentile or count below"),
            (good.replacen("#[Mean    = ", "#[Mean    = x", 1), "is not a row"),
            (good.replacen("Batch          =            1", "Batch = 0", 1), "is not a row"),
            (good.replacen("count    =            2", "count    =            3", 1), "the rows reach 2 of 3"),
            (good.lines().take(4).flat_map(|l| [l, "\n"]).collect(), "line 5: is missing"),
            (good.trim_end().to_owned(), "is cut off"),
            (String::new(), "line 1: is missing"),
        ] {
            let error = read(bad.as_bytes()).expect_err(expected).to_string();
            assert!(error.contains(expected), "{expected:?} expected, got {error:?} for\n{bad}");
        }
        let endless = "0.005 0.0 1 1.00\n".repeat(MOST_ROWS + 1);
        let error = read(endless.as_bytes()).expect_err("too many rows").to_string();
        assert!(error.contains("a row too many"), "{error}");
        assert!(read(&b"\xff\xfe\n"[..]).expect_err("not text").to_string().contains("line 1: is not text"));
    }
}
