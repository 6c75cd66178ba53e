//! The course of a run as drawings: latency, hiccups and rate over time, and where the latencies lie.

use super::plot::chart::{Axis, Chart, Series};
use super::plot::form::{Cell, DENSITIES, Form, Point};
use super::plot::scale::{Kind, Unit};
use super::raw::intervals::{Interval, Phase};
use super::raw::log::{CELLS_PER_DECADE, Part};
use crate::units;

/// How many points of the rate are drawn at most.
const MOST_POINTS: usize = 120;

/// How many stretches outside the figures are shaded: a run has two.
const MOST_SHADES: usize = 8;

const TIME: Axis = Axis { kind: Kind::Zero, unit: Unit::Time, title: "time since the run began" };

/// Median, 99th percentile and largest latency over time.
pub fn latency(parts: &[Part], what: &str) -> Chart {
    let of = |pick: fn(&Part) -> Option<u64>| -> Vec<Point> {
        parts.iter().filter_map(|part| Some((middle(part), pick(part)?.max(1) as f64))).collect()
    };
    let columns = parts.iter().map(|part| (part.start_ns, part.end_ns, told(part))).collect();
    Chart {
        name: "latency-over-time",
        title: format!("{what} over time"),
        hint: "Of each part of the run its own samples. A percentile is drawn only where ten samples lie above it."
            .to_owned(),
        x: TIME,
        y: Axis { kind: Kind::Log, unit: Unit::Time, title: "latency" },
        series: vec![
            series("max", 1, vec![Form::Line(of(|p| p.max))]),
            series("p99", 4, vec![Form::Line(of(|p| p.p99))]),
            series("p50", 0, vec![Form::Line(of(|p| p.p50))]),
            series("", 0, vec![Form::Columns(columns)]),
        ],
        legend: true,
    }
}

/// Where the latencies of each part lie: the darker, the more of them.
pub fn heat(parts: &[Part], what: &str) -> Chart {
    let most = parts.iter().flat_map(|p| &p.cells).map(|c| c.1).max().unwrap_or(1) as f64;
    let cells = parts.iter().flat_map(|part| {
        part.cells.iter().map(move |(step, count)| {
            let edge = |step: u32| 10_f64.powf(f64::from(step) / CELLS_PER_DECADE);
            // One sample must still be seen, where most cells have thousands.
            let density =
                1.0 + (DENSITIES - 1) as f64 * (*count as f64).ln() / most.ln().max(f64::MIN_POSITIVE);
            let density = (density.round() as usize).clamp(1, DENSITIES);
            Cell { x: (part.start_ns, part.end_ns), y: (edge(*step), edge(step + 1)), density }
        })
    });
    let columns = parts.iter().map(|part| (part.start_ns, part.end_ns, told(part))).collect();
    Chart {
        name: "heat",
        title: format!("Where each {} lies", what.to_lowercase()),
        hint: "Each column is a part of the run: the darker, the more samples, by their logarithm."
            .to_owned(),
        x: TIME,
        y: Axis { kind: Kind::Log, unit: Unit::Time, title: "latency" },
        series: vec![
            series("", 0, vec![Form::Cells(cells.collect())]),
            series("", 0, vec![Form::Columns(columns)]),
        ],
        legend: false,
    }
}

/// How late the generator was at most in each part: what the machine held up.
pub fn hiccups(parts: &[Part]) -> Chart {
    let bars: Vec<Point> =
        parts.iter().filter_map(|part| Some((middle(part), part.lag_max? as f64))).collect();
    let columns = parts.iter().filter_map(|part| {
        let late = units::time(part.lag_max? as f64);
        Some((
            part.start_ns,
            part.end_ns,
            format!("{}: sent up to {late} late", span(part.start_ns, part.end_ns)),
        ))
    });
    let columns = columns.collect();
    Chart {
        name: "hiccups",
        title: "Hiccups: how late the generator sent, at most".to_owned(),
        hint: "The generator spins until an arrival is due. Where it still came late, the machine held it up, and every \
               actor with it."
            .to_owned(),
        x: TIME,
        y: Axis { kind: Kind::Zero, unit: Unit::Time, title: "lateness" },
        series: vec![series("", 6, vec![Form::Bars(bars)]), series("", 6, vec![Form::Columns(columns)])],
        legend: false,
    }
}

/// The longest gap of each part of a probe.
pub fn gaps(parts: &[Part]) -> Chart {
    let bars: Vec<Point> = parts.iter().filter_map(|p| Some((middle(p), p.max? as f64))).collect();
    let columns = parts.iter().map(|part| (part.start_ns, part.end_ns, told(part))).collect();
    Chart {
        name: "hiccups",
        title: "The longest gap over time".to_owned(),
        hint: "A spinning thread lost its processor for so long at a time.".to_owned(),
        x: TIME,
        y: Axis { kind: Kind::Zero, unit: Unit::Time, title: "gap" },
        series: vec![series("", 6, vec![Form::Bars(bars)]), series("", 6, vec![Form::Columns(columns)])],
        legend: false,
    }
}

/// Arrivals sent and done a second over time, and the rate that was asked for.
pub fn rate(intervals: &[Interval], target: Option<f64>) -> Chart {
    let whole = whole(intervals);
    let groups: Vec<&[Interval]> = whole.chunks(whole.len().div_ceil(MOST_POINTS).max(1)).collect();
    let ends = |group: &[Interval]| (group[0].start_ns, group[group.len() - 1].end_ns);
    let per_second = |group: &[Interval], pick: fn(&Interval) -> Option<u64>| {
        let sum: Option<f64> = group.iter().map(|i| pick(i).map(|n| n as f64)).sum();
        let lasted: f64 = group.iter().map(|i| i.end_ns - i.start_ns).sum();
        sum.map(|sum| sum / lasted * 1e9)
    };
    let of = |pick: fn(&Interval) -> Option<u64>| -> Vec<Point> {
        let point = |group: &&[Interval]| {
            let (start, end) = ends(group);
            Some((f64::midpoint(start, end), per_second(group, pick)?))
        };
        groups.iter().filter_map(point).collect()
    };
    let columns = groups.iter().map(|group| {
        let (start, end) = ends(group);
        let mut title = span(start, end);
        for (name, rate) in
            [("sent", per_second(group, |i| i.sent)), ("handled", per_second(group, |i| i.handled))]
        {
            title.extend(rate.map(|rate| format!(", {name} {}", units::rate(rate))));
        }
        (start, end, title)
    });
    let columns = columns.collect();
    // What is no part of the figures lies in the shade.
    let shades = intervals.chunk_by(|a, b| a.phase == b.phase).filter(|run| run[0].phase != Phase::Measure);
    let shades: Vec<Form> =
        shades.take(MOST_SHADES).map(ends).map(|(from, to)| Form::Span(from, to)).collect();
    let shaded =
        if shades.is_empty() { "" } else { " In the shade: warm-up and drain, which no figure counts." };
    let mut all = vec![series("", 0, shades)];
    if let (Some(target), Some(last)) = (target, intervals.last()) {
        all.push(series("asked for", 6, vec![Form::Dotted(vec![(0.0, target), (last.end_ns, target)])]));
    }
    all.push(series("sent", 1, vec![Form::Line(of(|i| i.sent))]));
    all.push(series("handled", 0, vec![Form::Line(of(|i| i.handled))]));
    all.push(series("", 0, vec![Form::Columns(columns)]));
    Chart {
        name: "rate-over-time",
        title: "Rate over time".to_owned(),
        hint: format!("Arrivals a second in each part of the run.{shaded}"),
        x: TIME,
        y: Axis { kind: Kind::Zero, unit: Unit::Rate, title: "rate" },
        series: all,
        legend: true,
    }
}

/// Those that are as long as such are, half of it at the least: what is left over at the end of a phase is too short to have a
/// rate. A drain is cut as the measured time is.
fn whole(intervals: &[Interval]) -> Vec<Interval> {
    let lasted = |interval: &Interval| interval.end_ns - interval.start_ns;
    let usual = |warm: bool| {
        let alike = |phase| if warm { phase == Phase::WarmUp } else { phase == Phase::Measure };
        let mut all: Vec<f64> = intervals.iter().filter(|i| alike(i.phase)).map(lasted).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or_default()
    };
    let (warm_up, measured) = (usual(true), usual(false));
    let least = |phase| if phase == Phase::WarmUp { warm_up / 2.0 } else { measured / 2.0 };
    intervals.iter().copied().filter(|interval| lasted(interval) >= least(interval.phase)).collect()
}

fn series(name: &str, style: usize, forms: Vec<Form>) -> Series {
    Series { name: name.to_owned(), style, forms }
}

fn middle(part: &Part) -> f64 {
    f64::midpoint(part.start_ns, part.end_ns)
}

fn span(start_ns: f64, end_ns: f64) -> String {
    format!("{} to {}", units::time(start_ns), units::time(end_ns))
}

/// What the pointer is told of a part.
fn told(part: &Part) -> String {
    let mut text = format!("{}: {} samples", span(part.start_ns, part.end_ns), units::count(part.count));
    for (name, ns) in [("p50", part.p50), ("p99", part.p99), ("max", part.max)] {
        text.extend(ns.map(|ns| format!(", {name} {}", units::time(ns as f64))));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(n: u64, p99: Option<u64>) -> Part {
        Part {
            start_ns: n as f64 * 1e8,
            end_ns: (n + 1) as f64 * 1e8,
            count: 1_000,
            p50: Some(1_000),
            p99,
            max: Some(90_000),
            lag_max: (n != 1).then_some(400 * (n + 1)),
            cells: vec![(24, 990), (39, 1)],
        }
    }

    fn forms(chart: &Chart) -> Vec<&Form> {
        chart.series.iter().flat_map(|s| &s.forms).collect()
    }

    #[test]
    fn each_part_is_drawn_in_its_middle_and_only_what_it_can_tell() {
        let parts = [part(0, Some(5_000)), part(1, None), part(2, Some(7_000))];
        let chart = latency(&parts, "Response");
        assert_eq!(chart.points(), 3 + 2 + 3);
        let p99 = Form::Line(vec![(5e7, 5_000.0), (2.5e8, 7_000.0)]);
        assert!(forms(&chart).contains(&&p99), "{chart:?}");
        assert!(chart.figure().contains("100 ms to 200 ms: 1,000 samples, p50 1.00 µs, max 90.0 µs<"));
        assert_eq!(hiccups(&parts).points(), 2);
        assert!(hiccups(&parts).figure().contains("200 ms to 300 ms: sent up to 1.20 µs late"));
    }

    #[test]
    fn a_cell_is_as_dark_as_it_is_full() {
        let chart = heat(&[part(0, None)], "Response");
        let Form::Cells(cells) = forms(&chart)[0] else { panic!("no cells") };
        assert_eq!(cells.iter().map(|c| c.density).collect::<Vec<_>>(), [DENSITIES, 1]);
        assert!((cells[0].y.0 - 1_000.0).abs() < 1e-6 && cells[0].x == (0.0, 1e8), "{cells:?}");
        let alone = heat(&[Part { cells: vec![(3, 1)], ..part(0, None) }], "Response");
        assert_eq!(alone.points(), 1, "one sample in all");
    }

    #[test]
    fn the_rate_is_what_was_counted_by_how_long_it_took() {
        let interval = |n: u64, phase| Interval {
            start_ns: n as f64 * 1e8,
            end_ns: (n + 1) as f64 * 1e8,
            phase,
            sent: Some(500),
            handled: (n > 0).then_some(400),
        };
        let intervals = [
            interval(0, Phase::WarmUp),
            interval(1, Phase::Measure),
            interval(2, Phase::Measure),
            interval(3, Phase::Drain),
        ];
        let chart = rate(&intervals, Some(5_000.0));
        let forms = forms(&chart);
        assert!(
            forms.contains(&&Form::Span(0.0, 1e8)) && forms.contains(&&Form::Span(3e8, 4e8)),
            "{forms:?}"
        );
        let sent = Form::Line(vec![(5e7, 5_000.0), (1.5e8, 5_000.0), (2.5e8, 5_000.0), (3.5e8, 5_000.0)]);
        assert!(forms.contains(&&sent), "{forms:?}");
        assert_eq!(chart.points(), 4 + 3, "nobody counted what was handled in the first");
        // The last look at what was drained came after 0.25 ms: it is no second in which nothing was sent.
        let short = Interval { end_ns: 3e8 + 2.5e5, sent: Some(0), ..interval(3, Phase::Drain) };
        let chart = rate(&[interval(1, Phase::Measure), interval(2, Phase::Measure), short], None);
        let lines = chart.series.iter().flat_map(|s| &s.forms).filter_map(|form| match form {
            Form::Line(points) => Some(points),
            _ => None,
        });
        assert_eq!(lines.map(Vec::len).collect::<Vec<_>>(), [2, 2]);
        // A long run: several intervals are one point, of the same rate.
        let long: Vec<_> = (1..=1_000).map(|n| interval(n, Phase::Measure)).collect();
        let chart = rate(&long, None);
        assert!(chart.points() <= 2 * MOST_POINTS);
        let Form::Line(points) = &chart.series[1].forms[0] else { panic!("no line") };
        assert!(points.iter().all(|p| (p.1 - 5_000.0).abs() < 1e-6), "{points:?}");
    }
}
