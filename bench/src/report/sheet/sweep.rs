//! The page of a sweep: `sweep/1`.

use std::path::Path;

use super::load::interval;
use crate::loadgen::meaning;
use crate::report::cards::{self, Row};
use crate::report::raw::place::{inner, series};
use crate::report::raw::refused::Refused;
use crate::report::raw::shape::{Sweep, SweepPoint};
use crate::report::rendered::{Plots, Rendered, Sheet};
use crate::report::series::{against, leading};
use crate::report::verdict;
use crate::statistics::Estimate;
use crate::{latency, units};

/// So many points that do not hold are named; the table has all of them.
const FAILED_MOST: usize = 20;

/// The page of the sweep whose JSON is `file`.
///
/// # Errors
/// The file is damaged.
pub fn render(file: &Path) -> Result<Rendered, Refused> {
    let sweep: Sweep = series(file)?;
    let mut plots = Plots::default();
    for folder in sweep.reference.iter().map(|of| &of.folder).chain(sweep.points.iter().map(|p| &p.folder)) {
        let inside = inner(file, folder)?;
        if !inside.is_dir() {
            plots.miss(inside, "more of this point than its figures");
        }
    }
    for chart in against(&sweep) {
        plots.add(&chart);
    }
    Ok(Sheet {
        title: format!("{} over {}", sweep.workload, sweep.over),
        verdict: verdict::html(&sweep.validity, &said(&sweep)),
        started: Some(&sweep.started),
        tables: vec![("Points", points(&sweep))],
        plots,
        options: &serde_json::Value::Null,
        env: &sweep.env,
        command: &sweep.command,
    }
    .render())
}

fn said(sweep: &Sweep) -> String {
    let valid = sweep.points.iter().filter(|point| point.valid).count();
    let mut said = format!("{valid} of {} points hold", sweep.points.len());
    for point in sweep.points.iter().filter(|point| !point.valid).take(FAILED_MOST) {
        said.push_str(&format!("; {}: {}", point.folder, meaning(point.exit.into())));
    }
    said.push('.');
    if let Some(reference) = &sweep.reference {
        let rate = reference.rate.map_or_else(|| "not measured".to_owned(), units::rate);
        said.push_str(&format!(
            " 100 % is {rate}: the throughput of {} load by {} an arrival, in {}.",
            reference.mode.as_deref().unwrap_or("no"),
            units::counted(reference.messages_per_arrival.into(), "message"),
            reference.folder
        ));
    }
    if let Some(find) = &sweep.find_max {
        let label = find.found_label.clone().or_else(|| find.found.map(|x| x.to_string()));
        match label {
            Some(label) => {
                let end = if find.at_end { ", the end of the range: more was not tried" } else { "" };
                let fails = find.fails_at.as_ref().filter(|_| find.not_measured.is_none());
                let fails = fails.map_or(String::new(), |at| format!(" and not at {at}"));
                said.push_str(&format!(
                    " {} holds up to {} {label}{fails}, found with {}{end}.",
                    find.condition,
                    sweep.over,
                    tries(find.tried)
                ));
            }
            None if find.not_measured.is_some() => {}
            None => said.push_str(&format!(" {} holds at none of {}.", find.condition, tries(find.tried))),
        }
        if let Some(not) = &find.not_measured {
            let why = latency::too_few(not.samples, not.needed);
            said.push_str(&format!(
                " Whether {} holds is not measured: {} {} {why}.",
                find.condition, sweep.over, not.label
            ));
        }
    }
    if let Some(peak) = sweep.usl.and_then(|usl| usl.peak) {
        said.push_str(&format!(" The fitted law has its peak at {peak:.1} workers."));
    }
    said
}

fn tries(n: u64) -> String {
    if n == 1 { "1 try".to_owned() } else { format!("{n} tries") }
}

fn points(sweep: &Sweep) -> String {
    let row = |point: &SweepPoint| {
        let latency = leading(&point.latency_ns).map(|(_, summary)| summary);
        let time = |ns: Option<u64>| ns.map(|ns| units::time(ns as f64));
        Row {
            head: point.label.clone(),
            cells: vec![
                estimated(&point.msgs_per_s, units::rate),
                estimated(&point.ns_per_msg, units::time),
                estimated(&point.bytes_per_actor, units::bytes),
                [&point.msgs_per_s, &point.ns_per_msg, &point.bytes_per_actor]
                    .into_iter()
                    .flatten()
                    .next()
                    .map(interval),
                time(latency.and_then(|s| s.p50)),
                time(latency.and_then(|s| s.p90)),
                time(latency.and_then(|s| s.p99)),
                time(latency.and_then(|s| s.max)),
                Some(point.folder.clone()),
            ],
            note: match (point.valid, &point.why) {
                (true, _) => String::new(),
                (false, why) => {
                    format!("not valid: {}", why.as_deref().unwrap_or("the file does not say why"))
                }
            },
        }
    };
    let rows: Vec<Row> = sweep.points.iter().map(row).collect();
    let counts = sweep.counts();
    let (rate, each) = (format!("{counts}s a second"), format!("Time {}", units::a(counts)));
    let heads = [
        // What came of a rate is one too.
        if sweep.over == "rate" { "rate asked for" } else { &sweep.over },
        &rate,
        &each,
        "An actor",
        "Intervals",
        "p50",
        "p90",
        "p99",
        "max",
        "Files",
    ];
    cards::html("points", &heads, &rows)
}

/// The median over the runs and, where there are several, its interval.
fn estimated(estimate: &Option<Estimate>, text: fn(f64) -> String) -> Option<String> {
    let e = estimate.as_ref()?;
    let around = if e.runs > 1 { format!(" ({} to {})", text(e.low), text(e.high)) } else { String::new() };
    Some(text(e.median) + &around)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_does_not_hold_and_where_the_range_ends_are_told() {
        let point = |n: u32, exit: u8| {
            json!({"x": n, "label": format!("{n}k"), "folder": format!("point-{n}"), "exit": exit, "valid": exit == 0,
                "why": null, "latency_ns": {}})
        };
        let mut json = json!({
            "command": [], "started": "", "workload": "mesh", "over": "rate", "points": [point(1, 0), point(2, 3)],
            "find_max": {"condition": "p99<1ms", "found": 1_000, "found_label": "1k", "fails_at": "2k", "tried": 2},
            "validity": {"valid": true},
        });
        let said_of =
            |json: &serde_json::Value| said(&serde_json::from_value::<Sweep>(json.clone()).expect("a sweep"));
        assert_eq!(
            said_of(&json),
            "1 of 2 points hold; point-2: rate missed (3). p99<1ms holds up to rate 1k and not at 2k, found with 2 tries."
        );
        json["points"] = json!([point(1, 0)]);
        json["find_max"] =
            json!({"condition": "p99<1ms", "found": 1_000, "found_label": "1k", "at_end": true, "tried": 1});
        assert_eq!(
            said_of(&json),
            "1 of 1 points hold. p99<1ms holds up to rate 1k, found with 1 try, the end of the range: more was not tried."
        );
    }
}
