//! The page of several runs of one workload: `load/1`.

use std::path::{Path, PathBuf};

use super::latencies;
use super::run::told;
use crate::assertion::metric::{Kind, Metric};
use crate::jitter::Jitter;
use crate::latency::Summary;
use crate::report::cards::{self, Row};
use crate::report::raw::place::{inner, json, series};
use crate::report::raw::refused::Refused;
use crate::report::raw::shape::{Around, Load, Repeat, Run};
use crate::report::rendered::{Plots, Rendered, Sheet};
use crate::report::series::{leading, runs};
use crate::report::verdict;
use crate::statistics::{Estimate, Interval};
use crate::units;

/// The page of the series whose JSON is `file`.
///
/// # Errors
/// A file of the series is damaged.
pub fn render(file: &Path) -> Result<Rendered, Refused> {
    let load: Load = series(file)?;
    let mode = load.mode.as_deref().unwrap_or("mode not told");
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut plots = Plots::default();
    let sampled = load.runs.iter().any(|run| latencies::any(&run.latency_ns));
    let log = plots.file(folder, "combined.hlog", sampled, "the percentiles of all runs together");
    let mut all = latencies::of(log.as_deref(), "response", latencies::note(mode))?;
    let response = latencies::curves(&all).first().map(|curve| Summary::of(curve.histogram, 0));
    let looked = load.jitter.as_ref().is_some_and(|seen| seen.before.is_some() || seen.after.is_some());
    let gaps = plots.file(folder, "jitter.hlog", looked, "the machine's own gaps");
    all.extend(latencies::floor(gaps.as_deref())?);

    plots.percentiles(&latencies::curves(&all));
    plots.add(&runs(&load));
    let mut tables = vec![("Figures over the runs", figures(&load)), ("Runs", runs_table(&load))];
    if let Some(jitter) = &load.jitter {
        let named = [("before", &jitter.before), ("after", &jitter.after)];
        let rows: Vec<Row> = named
            .iter()
            .map(|(name, gaps)| gaps.as_ref().map_or_else(|| unseen(name), |gaps| gaps_row(name, gaps)))
            .collect();
        tables.push(("The machine itself", gaps_table("When", &rows)));
    }
    let there = folders(&mut plots, file, &load)?;
    if let Some((run, inside)) = there.iter().find(|(run, _)| run.valid).or(there.first()) {
        let sampled = latencies::any(&run.latency_ns);
        let target = match plots.file(inside, "run.json", has_figures(run), "the rate asked for") {
            Some(path) => json::<Run>(&path)?.load.and_then(|load| load.rate_target),
            None => None,
        };
        let log = plots.file(inside, "latency.hlog", sampled, "the course of latency");
        let what = format!("Response of {}", run.folder);
        latencies::add_course(&mut plots, (inside, log.as_deref()), sampled, &what, target)?;
    }
    Ok(Sheet {
        title: format!("{}, {mode}", load.workload),
        verdict: verdict::html(&load.validity, &said(&load, response.as_ref())),
        started: Some(&load.started),
        tables,
        plots,
        options: &serde_json::Value::Null,
        env: &load.env,
        command: &load.command,
    }
    .render())
}

/// The runs whose folders are there. All of them are looked at, as each is named on the page.
fn folders<'a>(
    plots: &mut Plots,
    file: &Path,
    load: &'a Load,
) -> Result<Vec<(&'a Repeat, PathBuf)>, Refused> {
    let mut there = Vec::new();
    for run in &load.runs {
        let inside = inner(file, &run.folder)?;
        if inside.is_dir() {
            there.push((run, inside));
        } else if has_figures(run) {
            plots.miss(inside, "the course of this run");
        }
    }
    Ok(there)
}

/// Whether it left something: a run that was ended before that has no folder.
fn has_figures(run: &Repeat) -> bool {
    let figures = [run.msgs_per_s, run.ns_per_msg, run.bytes_per_actor];
    figures.iter().any(Option::is_some) || latencies::any(&run.latency_ns)
}

fn said(load: &Load, response: Option<&Summary>) -> String {
    let valid = load.runs.iter().filter(|run| run.valid).count();
    let mut said = format!("{valid} of {} runs hold", load.runs.len());
    if let Some(asked) = load.runs_asked.filter(|_| load.validity.interrupted) {
        said.push_str(&format!(", {asked} were asked for"));
    }
    if let Some(offered) = &load.load {
        let rate = |rate: Option<f64>| rate.map_or_else(|| "not told".to_owned(), units::rate);
        let actual = rate(offered.rate_actual.as_ref().map(|estimate| estimate.median));
        said.push_str(&format!(
            "; asked for {} ({}), sent {actual}",
            rate(offered.rate_target),
            offered.arrival
        ));
        said.push_str(match (offered.overloaded, offered.steady) {
            (Some(true), _) => ", OVERLOADED in some run: more came than was handled",
            (_, Some(true)) => ", steady in every run",
            (_, Some(false)) => ", NEVER STEADY in some run",
            (_, None) => "",
        });
    }
    let figure = |name: &str| load.over_runs.get(name).and_then(Option::as_ref);
    if let Some(e) = figure("ns_per_msg") {
        said.push_str(&format!("; {} {}", units::time(e.median), units::a(load.counts())));
    }
    if let Some(e) = figure("msgs_per_s") {
        said.push_str(&format!("; {}", units::rate(e.median)));
    }
    if let Some(e) = figure("bytes_per_actor") {
        said.push_str(&format!("; {} an actor", units::bytes(e.median)));
    }
    if let Some(response) = response.filter(|r| r.count > 0) {
        said.push_str(&format!("; response {}", told(response)));
    }
    said.push('.');
    if let Some(tail) = load.tail.as_ref().filter(|tail| tail.later_than > 0) {
        let late = units::count(tail.later_than);
        let above = units::time(tail.above_ns);
        let explained =
            tail.explained.map(|share| format!("about {:.0} %", (share * 100.0).clamp(0.0, 100.0)));
        let explained = explained.unwrap_or_else(|| "not told how many".to_owned());
        said.push_str(&format!(
            " Of {late} responses later than {above} the machine's own gaps explain {explained}, by a first-order \
             model."
        ));
    }
    said
}

fn figures(load: &Load) -> String {
    let rows: Vec<Row> = load
        .over_runs
        .iter()
        .filter_map(|(name, estimate)| {
            let metric = Metric::parse(name).ok()?;
            Some(estimate_row(metric.words(load.counts()), estimate.as_ref()?, metric.kind()))
        })
        .collect();
    cards::html("figures", &ESTIMATE, &rows)
}

const ESTIMATE: [&str; 5] = ["Figure", "Median of the runs", "From", "To", "Interval"];

fn estimate_row(head: String, e: &Estimate, kind: Kind) -> Row {
    let text = |value| kind.told(value);
    let cells = vec![Some(text(e.median)), Some(text(e.low)), Some(text(e.high)), Some(interval(e))];
    Row { head, cells, note: String::new() }
}

/// What the interval of an estimate is.
pub fn interval(e: &Estimate) -> String {
    match e.interval {
        Interval::Bootstrap95 => format!("95 %, bootstrap over {} runs", e.runs),
        Interval::MinMax => format!("smallest and largest of {}", e.runs),
    }
}

fn runs_table(load: &Load) -> String {
    let rows: Vec<Row> = load
        .runs
        .iter()
        .map(|run| {
            let latency = leading(&run.latency_ns).map(|(_, summary)| summary);
            let time = |ns: Option<u64>| ns.map(|ns| units::time(ns as f64));
            Row {
                head: run.folder.clone(),
                cells: vec![
                    run.msgs_per_s.map(units::rate),
                    run.ns_per_msg.map(units::time),
                    time(latency.and_then(|s| s.p50)),
                    time(latency.and_then(|s| s.p99)),
                    time(latency.and_then(|s| s.max)),
                    crossing(run.cross_core_ns),
                ],
                note: match (run.valid, &run.why) {
                    (true, _) => String::new(),
                    (false, why) => {
                        format!("not valid: {}", why.as_deref().unwrap_or("the file does not say why"))
                    }
                },
            }
        })
        .collect();
    let (rate, each) = (format!("{}s a second", load.counts()), format!("Time {}", units::a(load.counts())));
    cards::html(
        "runs",
        &["Run", &rate, &each, "p50", "p99", "max", "Crossing cores, before and after"],
        &rows,
    )
}

/// The price of crossing between the cores, before and after.
pub fn crossing(around: Around) -> Option<String> {
    let text = |ns: Option<f64>| ns.map_or_else(|| "–".to_owned(), units::time);
    (around.before.is_some() || around.after.is_some())
        .then(|| format!("{}, {}", text(around.before), text(around.after)))
}

/// The row where nobody looked, or not for as long as it takes.
fn unseen(head: &str) -> Row {
    Row { head: head.to_owned(), cells: vec![None; 6], note: "not looked for".to_owned() }
}

/// A row of a table of gaps.
pub fn gaps_row(head: &str, gaps: &Jitter) -> Row {
    let time = |ns: Option<u64>| ns.map(|ns| units::time(ns as f64));
    Row {
        head: head.to_owned(),
        cells: vec![
            Some(format!("{:.2} %", gaps.stolen_share * 100.0)),
            Some(units::count(gaps.gaps)),
            time(gaps.gap_ns.p50),
            time(gaps.gap_ns.p99),
            time(gaps.gap_ns.max),
            Some(units::time(gaps.lasted_ns as f64)),
        ],
        note: String::new(),
    }
}

/// A table of gaps; `first` is what its rows are.
pub fn gaps_table(first: &str, rows: &[Row]) -> String {
    let heads = [first, "Time in gaps", "Gaps", "p50", "p99", "longest", "Looked for"];
    cards::html("gaps", &heads, rows)
}
