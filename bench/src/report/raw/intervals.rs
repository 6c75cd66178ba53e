//! `intervals.csv` read back: what was sent and handled in each interval of a run.

use std::io::BufReader;
use std::path::Path;

use super::refused::Refused;
use crate::export::lines::Lines;
use crate::regular_file;

/// What the first line begins with; further columns are figures that the logs have.
const HEADER: [&str; 5] = ["start_ns", "end_ns", "phase", "sent", "handled"];
const LONGEST_LINE: usize = 4 << 10;
/// More intervals than a day of them every second: what is longer is no run of ours.
const MOST: usize = 100_000;

/// The part of the load that an interval belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Before it was steady.
    WarmUp,
    /// What the figures are of.
    Measure,
    /// After the last message was planned.
    Drain,
}

/// One interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// When it began, in nanoseconds since the load did.
    pub start_ns: f64,
    /// When it ended.
    pub end_ns: f64,
    /// The part of the load.
    pub phase: Phase,
    /// Messages sent; `None` where nobody counted.
    pub sent: Option<u64>,
    /// Messages handled.
    pub handled: Option<u64>,
}

/// Reads the file.
///
/// # Errors
/// It cannot be read, or a line is not what is accepted there.
pub fn read(path: &Path) -> Result<Vec<Interval>, Refused> {
    let file = regular_file::open(path).map_err(|e| Refused::file(path, regular_file::reason(&e)))?;
    let mut lines = Lines::new(BufReader::new(file), LONGEST_LINE);
    let mut intervals = Vec::new();
    let mut first = true;
    loop {
        let parsed = match lines.next_line() {
            Ok(None) if first => {
                return Err(Refused::file(path, format!("is empty: takes a header {}", HEADER.join(","))));
            }
            Ok(None) => return Ok(intervals),
            Ok(Some(line)) => match std::str::from_utf8(line) {
                Err(_) => Err("is no UTF-8 text".to_owned()),
                Ok(line) if first => header(line.trim_end()).map(|()| None),
                Ok(_) if intervals.len() == MOST => {
                    Err(format!("is the one after {MOST} intervals: takes no more"))
                }
                Ok(line) => interval(line.trim_end()).map(Some),
            },
            Err(error) => return Err(Refused::line(path, error)),
        };
        first = false;
        match parsed {
            Ok(read) => intervals.extend(read),
            Err(reason) => return Err(Refused::line(path, lines.error(reason))),
        }
    }
}

fn header(line: &str) -> Result<(), String> {
    let fits = line.split(',').take(HEADER.len()).eq(HEADER);
    fits.then_some(()).ok_or_else(|| format!("is not the header {},..", HEADER.join(",")))
}

fn interval(line: &str) -> Result<Interval, String> {
    let mut cells = line.split(',');
    let mut cell = || cells.next().ok_or_else(|| format!("ends too early: takes {},..", HEADER.join(",")));
    let number = |name: &str, text: &str| {
        text.parse::<u64>().map_err(|_| format!("has {name} {text:?}: takes a whole number"))
    };
    let counted = |name: &str, text: &str| (!text.is_empty()).then(|| number(name, text)).transpose();
    let (start, end) = (number("start_ns", cell()?)?, number("end_ns", cell()?)?);
    if end <= start {
        return Err(format!("has end_ns {end}: takes what is above its start_ns {start}"));
    }
    let phase = match cell()? {
        "warmup" => Phase::WarmUp,
        "measure" => Phase::Measure,
        "drain" => Phase::Drain,
        other => return Err(format!("has phase {other:?}: takes warmup, measure or drain")),
    };
    let (sent, handled) = (counted("sent", cell()?)?, counted("handled", cell()?)?);
    Ok(Interval { start_ns: start as f64, end_ns: end as f64, phase, sent, handled })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<Interval>, String> {
        static COUNTER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let n = COUNTER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("throng-intervals-{}-{n}.csv", std::process::id()));
        std::fs::write(&path, text).expect("a file");
        let read = read(&path);
        std::fs::remove_file(&path).expect("this test's own");
        read.map_err(|refused| refused.to_string().split_once(": ").expect("the file first").1.to_owned())
    }

    const HEAD: &str = "start_ns,end_ns,phase,sent,handled,response_count,response_p50_ns\n";

    #[test]
    fn intervals_come_in_order_and_empty_cells_are_none() {
        let read = of(&format!("{HEAD}0,100,warmup,5,4,4,20\n100,200,measure,,6,,\n200,300,drain,0,1,,\n"));
        let [warm_up, measure, drain] = read.expect("well formed")[..] else { panic!("three rows") };
        assert_eq!((warm_up.phase, warm_up.sent, warm_up.handled), (Phase::WarmUp, Some(5), Some(4)));
        assert_eq!((measure.start_ns, measure.end_ns, measure.sent), (100.0, 200.0, None));
        assert_eq!((drain.phase, drain.handled), (Phase::Drain, Some(1)));
    }

    #[test]
    fn r18_a_damaged_line_is_named_with_what_is_taken() {
        for (text, expected) in [
            (String::new(), "is empty: takes a header"),
            ("time,x\n".to_owned(), "line 1: is not the header"),
            (format!("{HEAD}1,2\n"), "line 2: ends too early"),
            (format!("{HEAD}-1,2,measure,1,1\n"), "line 2: has start_ns \"-1\""),
            (format!("{HEAD}0,9,measure,1,1\n0,1,rest,1,1\n"), "line 3: has phase \"rest\""),
            (format!("{HEAD}5,5,measure,1,1\n"), "line 2: has end_ns 5"),
            (format!("{HEAD}0,5,measure,many,1\n"), "line 2: has sent \"many\""),
            (format!("{HEAD}0,5,measure,1,1"), "line 2: is cut off"),
            (format!("{HEAD}{}\n", "9".repeat(LONGEST_LINE)), "line 2: is longer than"),
        ] {
            let error = of(&text).expect_err(expected);
            assert!(error.starts_with(expected), "{expected:?} expected, got {error:?}");
        }
    }
}
