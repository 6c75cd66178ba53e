//! The page of several loads of one file: `series/1`. Each of them has a page of its own, in its folder.

use std::path::Path;

use super::load::interval;
use crate::report::cards::{self, Row};
use crate::report::raw::place::{inner, series};
use crate::report::raw::refused::Refused;
use crate::report::raw::suite::{Listed, Suite};
use crate::report::rendered::{Plots, Rendered, Sheet};
use crate::report::series::leading;
use crate::report::verdict;
use crate::units;

/// The page of the series whose JSON is `file`.
///
/// # Errors
/// The file is damaged.
pub fn render(file: &Path) -> Result<Rendered, Refused> {
    let suite: Suite = series(file)?;
    let valid = suite.loads.iter().filter(|load| load.valid).count();
    let said = format!("{valid} of {} loads hold.", suite.loads.len());
    let mut plots = Plots::elsewhere("each load is drawn on the page in its own folder");
    for load in &suite.loads {
        let inside = inner(file, &load.folder)?;
        if !inside.is_dir() {
            plots.miss(inside, "more of this load than its figures");
        }
    }
    Ok(Sheet {
        title: format!("Loads of {}", suite.profile_file),
        verdict: verdict::html(&suite.validity, &said),
        started: Some(&suite.started),
        tables: vec![("Loads", loads(&suite))],
        plots,
        options: &serde_json::Value::Null,
        env: &suite.env,
        command: &suite.command,
    }
    .render())
}

fn loads(suite: &Suite) -> String {
    let row = |load: &Listed| {
        let latency = leading(&load.latency_ns).map(|(_, summary)| summary);
        let time = |ns: Option<u64>| ns.map(|ns| units::time(ns as f64));
        Row {
            head: load.name.clone(),
            cells: vec![
                Some(load.workload.clone()),
                load.counts.clone(),
                load.msgs_per_s.as_ref().map(|e| units::rate(e.median)),
                load.ns_per_msg.as_ref().map(|e| units::time(e.median)),
                [&load.msgs_per_s, &load.ns_per_msg].into_iter().flatten().next().map(interval),
                time(latency.and_then(|s| s.p50)),
                time(latency.and_then(|s| s.p90)),
                time(latency.and_then(|s| s.p99)),
                time(latency.and_then(|s| s.max)),
                Some(format!("{}/report.html", load.folder)),
            ],
            note: match (load.valid, &load.why) {
                (true, _) => String::new(),
                (false, why) => {
                    format!("not valid: {}", why.as_deref().unwrap_or("the file does not say why"))
                }
            },
        }
    };
    let rows: Vec<Row> = suite.loads.iter().map(row).collect();
    let heads = [
        "Load",
        "Workload",
        "Counts",
        "Throughput",
        "Time of each",
        "Intervals",
        "p50",
        "p90",
        "p99",
        "max",
        "Page",
    ];
    cards::html("loads", &heads, &rows)
}
