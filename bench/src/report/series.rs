//! Several runs as drawings: side by side, against what was swept, and in pairs.

use super::plot::chart::{Axis, Chart, Series};
use super::plot::form::{Form, Mark, Point};
use super::plot::scale::{Kind, Unit};
use super::raw::shape::{Compare, Latencies, Load, Pair, Repeat, Sweep, SweepPoint, Usl};
use crate::latency::Summary;
use crate::statistics::Estimate;
use crate::units;

/// From this ratio between the largest and the smallest value on, what is swept is drawn by powers of ten.
const WIDE_RANGE: f64 = 40.0;

/// A figure of a latency: its name, its place among the colours, and how it is read.
type Quantile = (&'static str, usize, fn(&Summary) -> Option<u64>);

const QUANTILES: [Quantile; 4] =
    [("max", 1, |s| s.max), ("p99", 4, |s| s.p99), ("p90", 5, |s| s.p90), ("p50", 0, |s| s.p50)];

/// The latency that a page leads with, and its name.
pub fn leading(latencies: &Latencies) -> Option<(&'static str, &Summary)> {
    let named = [("response", &latencies.response), ("service", &latencies.service)];
    named.into_iter().find_map(|(name, summary)| Some((name, summary.as_ref().filter(|s| s.count > 0)?)))
}

/// The percentiles of each run, or its cost a message where no latency was sampled.
pub fn runs(load: &Load) -> Chart {
    let places: Vec<(f64, &Repeat)> = (1..).map(f64::from).zip(&load.runs).collect();
    let one = units::a(load.counts());
    let each = format!("time {one}");
    let latency = load.runs.iter().find_map(|run| leading(&run.latency_ns)).map(|(name, _)| name);
    let state = |run: &Repeat| if run.valid { "" } else { ", not valid" };
    let marks = |name: &str, pick: &dyn Fn(&Repeat) -> Option<f64>| -> Vec<Mark> {
        let mark = |(x, run): &(f64, &Repeat)| {
            let y = pick(run)?;
            let title = format!("{}, {name}: {}{}", run.folder, units::time(y), state(run));
            Some(Mark { at: (*x, y), title, holds: run.valid })
        };
        places.iter().filter_map(mark).collect()
    };
    let mut series = Vec::new();
    match latency {
        Some(latency) => {
            for (name, style, pick) in QUANTILES {
                let of = |run: &Repeat| Some(pick(leading(&run.latency_ns)?.1)?.max(1) as f64);
                let mut forms = vec![Form::Marks(marks(name, &of))];
                forms.extend(estimated(load, &format!("{latency}.{name}")));
                series.push(Series { name: name.to_owned(), style, forms });
            }
        }
        None => {
            let mut forms = vec![Form::Marks(marks(&one, &|run| run.ns_per_msg))];
            forms.extend(estimated(load, "ns_per_msg"));
            series.push(Series { name: each.clone(), style: 0, forms });
        }
    }
    let kind = if latency.is_some() { Kind::Log } else { Kind::Zero };
    Chart {
        name: "runs",
        title: format!("Each run by itself: {}", latency.unwrap_or(&each)),
        hint: "A point is one run, a fresh process; a hollow one is not valid. A band is the interval of the median over the \
               runs."
            .to_owned(),
        x: Axis { kind: Kind::Places, unit: Unit::Count, title: "run" },
        y: Axis { kind, unit: Unit::Time, title: "time" },
        series,
        legend: true,
    }
}

fn estimated(load: &Load, name: &str) -> Option<Form> {
    let e = load.over_runs.get(name)?.as_ref().filter(|e| e.runs > 1)?;
    Some(Form::Level(e.low, e.high))
}

/// What a sweep shows: latency, throughput, memory and cost against what was swept, as far as it was measured.
pub fn against(sweep: &Sweep) -> Vec<Chart> {
    [latency(sweep), throughput(sweep), memory(sweep), cost(sweep)]
        .into_iter()
        .filter(|c| c.points() > 0)
        .collect()
}

fn swept(sweep: &Sweep) -> Axis {
    let (unit, title) = match sweep.over.as_str() {
        "rate" => (Unit::Rate, "offered load"),
        "workers" => (Unit::Count, "workers"),
        "actors" => (Unit::Count, "actors"),
        _ => (Unit::Count, "value of what is swept"),
    };
    let low = sweep.points.iter().map(|p| p.x).fold(f64::INFINITY, f64::min);
    let high = sweep.points.iter().map(|p| p.x).fold(0.0, f64::max);
    let kind = if low > 0.0 && high / low >= WIDE_RANGE { Kind::Log } else { Kind::Zero };
    Axis { kind, unit, title }
}

/// The points of `pick`: a line through those that hold, and marks on all.
fn traced(
    sweep: &Sweep,
    name: &str,
    style: usize,
    unit: Unit,
    pick: &dyn Fn(&SweepPoint) -> Option<f64>,
) -> Series {
    let drawn: Vec<(&SweepPoint, f64)> = sweep.points.iter().filter_map(|p| Some((p, pick(p)?))).collect();
    let line: Vec<Point> = drawn.iter().filter(|(p, _)| p.valid).map(|(p, y)| (p.x, *y)).collect();
    let mark = |(point, y): &(&SweepPoint, f64)| {
        let state = if point.valid { "" } else { ", not valid" };
        Mark {
            at: (point.x, *y),
            title: format!("{}, {name}: {}{state}", point.label, unit.text(*y)),
            holds: point.valid,
        }
    };
    let marks = drawn.iter().map(mark).collect();
    Series { name: name.to_owned(), style, forms: vec![Form::Line(line), Form::Marks(marks)] }
}

const LEFT_OUT: &str = "A hollow point is not valid; no line leads to it.";

fn latency(sweep: &Sweep) -> Chart {
    let name = sweep.points.iter().find_map(|p| leading(&p.latency_ns)).map_or("latency", |(name, _)| name);
    let series = QUANTILES.map(|(name, style, pick)| {
        let of = |p: &SweepPoint| Some(pick(leading(&p.latency_ns)?.1)?.max(1) as f64);
        traced(sweep, name, style, Unit::Time, &of)
    });
    Chart {
        name: "latency",
        title: format!("Latency ({name}) against {}", swept(sweep).title),
        hint: format!("Percentiles of all runs of a point together. {LEFT_OUT}"),
        x: swept(sweep),
        y: Axis { kind: Kind::Log, unit: Unit::Time, title: "latency" },
        series: series.into(),
        legend: true,
    }
}

fn throughput(sweep: &Sweep) -> Chart {
    let mut series = vec![measured(sweep, "throughput", 0, Unit::Rate, |p| p.msgs_per_s.as_ref())];
    let high = sweep.points.iter().map(|p| p.x).fold(0.0, f64::max);
    let mut hint = format!("Medians over the runs with their intervals. {LEFT_OUT}");
    if let Some(usl) = sweep.usl {
        series.push(Series {
            name: "fitted law".to_owned(),
            style: 1,
            forms: vec![Form::Thin(law(usl, high))],
        });
        let peak = usl.peak.map_or_else(|| "no peak".to_owned(), |n| format!("its peak at {n:.1} workers"));
        hint += &format!(
            " The thin line is the universal scalability law with contention {:.4} and coherence {:.6}, {peak}.",
            usl.sigma, usl.kappa
        );
    }
    if sweep.over == "rate" {
        let low = sweep.points.iter().map(|p| p.x).fold(f64::INFINITY, f64::min).min(high);
        let offered = vec![(low, low), (high, high)];
        series.push(Series { name: "offered".to_owned(), style: 6, forms: vec![Form::Dotted(offered)] });
    }
    let counts = sweep.counts();
    Chart {
        name: "throughput",
        title: format!("Throughput, {counts}s a second, against {}", swept(sweep).title),
        hint,
        x: swept(sweep),
        y: Axis { kind: Kind::Zero, unit: Unit::Rate, title: "throughput" },
        series,
        legend: true,
    }
}

fn memory(sweep: &Sweep) -> Chart {
    single(sweep, "memory", "Memory an actor", Unit::Bytes, |p| p.bytes_per_actor.as_ref())
}

fn cost(sweep: &Sweep) -> Chart {
    let each = format!("Time {}", units::a(sweep.counts()));
    single(sweep, "cost", &each, Unit::Time, |p| p.ns_per_msg.as_ref())
}

fn single(
    sweep: &Sweep,
    name: &'static str,
    title: &str,
    unit: Unit,
    pick: fn(&SweepPoint) -> Option<&Estimate>,
) -> Chart {
    Chart {
        name,
        title: format!("{title} against {}", swept(sweep).title),
        hint: format!("Medians over the runs with their intervals. {LEFT_OUT}"),
        x: swept(sweep),
        y: Axis { kind: Kind::Zero, unit, title: "" },
        series: vec![measured(sweep, title, 0, unit, pick)],
        legend: false,
    }
}

fn measured(
    sweep: &Sweep,
    name: &str,
    style: usize,
    unit: Unit,
    pick: fn(&SweepPoint) -> Option<&Estimate>,
) -> Series {
    let mut series = traced(sweep, name, style, unit, &|p| pick(p).map(|e| e.median));
    let spans = sweep.points.iter().filter_map(|p| pick(p).map(|e| (p.x, e.low, e.high)));
    series.forms.push(Form::Whiskers(spans.collect()));
    series
}

/// The universal scalability law (Gunther): X(n) = λn / (1 + σ(n-1) + κn(n-1)).
fn law(usl: Usl, high: f64) -> Vec<Point> {
    const STEPS: u32 = 60;
    (0..=STEPS)
        .map(|i| 1.0 + (high - 1.0).max(0.0) * f64::from(i) / f64::from(STEPS))
        .map(|n| (n, usl.lambda * n / (1.0 + usl.sigma * (n - 1.0) + usl.kappa * n * (n - 1.0))))
        .collect()
}

/// Each pair's ratio of `what` was compared, beside those of A against itself.
pub fn pairs(compare: &Compare, what: &str) -> Chart {
    let place = |i: usize| i as f64 + 1.0;
    let of = |name: &str, pairs: &[Pair], outlier: bool| -> Vec<Mark> {
        let chosen = pairs.iter().enumerate().filter(|(_, p)| p.outlier == outlier);
        let mark = |(i, p): (usize, &Pair)| Mark {
            at: (place(i), p.ratio),
            title: format!("pair {}, {name}: {}", i + 1, Unit::Ratio.text(p.ratio)),
            holds: true,
        };
        chosen.map(mark).collect()
    };
    let mut series = Vec::new();
    if let Some(band) = compare.band {
        let forms = vec![Form::Level(1.0 - band, 1.0 + band)];
        series.push(Series { name: "how far A strays from itself".to_owned(), style: 6, forms });
    }
    if let Some(ratio) = compare.ratio {
        let forms = vec![Form::Level(ratio.low, ratio.high)];
        series.push(Series { name: "interval of the median of B by A".to_owned(), style: 0, forms });
    }
    series.push(Series {
        name: "A by A".to_owned(),
        style: 6,
        forms: vec![Form::Marks([false, true].map(|o| of("A by A", &compare.aa_pairs, o)).concat())],
    });
    series.push(Series {
        name: "B by A".to_owned(),
        style: 0,
        forms: vec![Form::Marks(of("B by A", &compare.pairs, false))],
    });
    let outliers = of("B by A, far from the others", &compare.pairs, true);
    if !outliers.is_empty() {
        let forms = vec![Form::Marks(outliers)];
        series.push(Series { name: "far from the others".to_owned(), style: 1, forms });
    }
    Chart {
        name: "pairs",
        title: format!("{what}, B by A, pair by pair"),
        hint: "Each point is a pair of runs with the same seed, one right after the other. None is left out."
            .to_owned(),
        x: Axis { kind: Kind::Places, unit: Unit::Count, title: "pair" },
        y: Axis { kind: Kind::Linear, unit: Unit::Ratio, title: "difference" },
        series,
        legend: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sweep(over: &str, points: &[(f64, f64, bool)], usl: bool) -> Sweep {
        let estimate = |y: f64| json!({"median": y, "low": y * 0.9, "high": y * 1.1, "runs": 5, "interval": "bootstrap95"});
        let point = |(x, y, valid): &(f64, f64, bool)| {
            json!({"x": x, "label": format!("{x}"), "folder": "point-1", "valid": valid, "why": null, "msgs_per_s": estimate(*y),
                "ns_per_msg": null, "bytes_per_actor": null, "latency_ns": {"response": null, "service": null, "schedule_lag": null}})
        };
        serde_json::from_value(json!({
            "command": [], "started": "", "workload": "counting", "over": over, "points": points.iter().map(point).collect::<Vec<_>>(),
            "find_max": null, "usl": usl.then(|| json!({"lambda": 10.0, "sigma": 0.0, "kappa": 0.0, "peak": null})),
            "validity": {"valid": true},
        }))
        .expect("a sweep")
    }

    fn forms(chart: &Chart, name: &str) -> Vec<Form> {
        chart.series.iter().filter(|s| s.name == name).flat_map(|s| s.forms.clone()).collect()
    }

    #[test]
    fn a_point_that_does_not_hold_is_marked_but_not_led_to() {
        let charts =
            against(&sweep("workers", &[(1.0, 10.0, true), (2.0, 7.0, false), (3.0, 30.0, true)], true));
        let [chart] = &charts[..] else { panic!("only throughput was measured: {charts:?}") };
        let [Form::Line(line), Form::Marks(marks), Form::Whiskers(spans)] = &forms(chart, "throughput")[..]
        else {
            panic!("{chart:?}")
        };
        assert_eq!(line, &[(1.0, 10.0), (3.0, 30.0)]);
        assert_eq!(marks.iter().map(|m| m.holds).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(
            (marks[1].title.as_str(), spans[1]),
            ("2, throughput: 7.00 /s, not valid", (2.0, 7.0 * 0.9, 7.0 * 1.1))
        );
        // Without contention and coherence the law is a straight line.
        let [Form::Thin(law)] = &forms(chart, "fitted law")[..] else { panic!("{chart:?}") };
        assert!(
            law.iter().all(|(n, x)| (x - 10.0 * n).abs() < 1e-9) && law.last() == Some(&(3.0, 30.0)),
            "{law:?}"
        );
    }

    #[test]
    fn what_spans_much_is_drawn_by_powers_of_ten() {
        let kind = |over, low, high| swept(&sweep(over, &[(low, 1.0, true), (high, 1.0, true)], false));
        assert_eq!((kind("actors", 1e3, 1e6).kind, kind("actors", 1e3, 1e6).unit), (Kind::Log, Unit::Count));
        assert_eq!((kind("rate", 1e5, 1e6).kind, kind("rate", 1e5, 1e6).unit), (Kind::Zero, Unit::Rate));
        assert_eq!(kind("workers", 0.0, 1e6).kind, Kind::Zero, "zero has no logarithm");
    }

    #[test]
    fn the_service_time_leads_where_there_is_no_response() {
        let one = |count| Summary {
            count,
            saturated: 0,
            p50: None,
            p90: None,
            p99: None,
            p99_9: None,
            max: Some(7),
        };
        let both = Latencies { response: Some(one(3)), service: Some(one(4)), schedule_lag: None };
        assert_eq!(leading(&both).map(|l| l.0), Some("response"));
        let empty = Latencies { response: Some(one(0)), ..both };
        assert_eq!(leading(&empty).map(|l| l.0), Some("service"));
        assert!(leading(&Latencies::default()).is_none());
    }
}
