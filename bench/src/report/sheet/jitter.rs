//! The page of the idle machine: `jitter/1`.

use std::path::Path;

use super::latencies;
use super::load::{gaps_row, gaps_table};
use crate::latency::Summary;
use crate::report::course;
use crate::report::raw::log;
use crate::report::raw::place::json;
use crate::report::raw::refused::Refused;
use crate::report::raw::shape::Jitter;
use crate::report::rendered::{Plots, Rendered, Sheet};
use crate::report::verdict;
use crate::units;

/// The page of the probe whose JSON is `file`.
///
/// # Errors
/// A file of it is damaged.
pub fn render(file: &Path) -> Result<Rendered, Refused> {
    let jitter: Jitter = json(file)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut plots = Plots::default();
    let log = plots.file(folder, "jitter.hlog", true, "the percentiles and the course of the gaps");
    let all = latencies::of(log.as_deref(), "all processors", "")?;
    let curves = latencies::curves(&all);
    plots.percentiles(&curves);
    if let Some(path) = log {
        let parts = log::course(&path)?;
        if parts.len() > 1 {
            plots.add(&course::gaps(&parts));
            plots.add(&course::heat(&parts, "Gap"));
        }
    }
    let told = curves.first().map_or(jitter.all.gap_ns, |curve| Summary::of(curve.histogram, 0));
    let mut said = format!(
        "{:.2} % of the time went by in gaps of more than {}",
        jitter.all.stolen_share * 100.0,
        units::time(jitter.threshold_ns)
    );
    for (name, ns) in [("p50", told.p50), ("p99", told.p99), ("the longest", told.max)] {
        said.extend(ns.map(|ns| format!("; {name} {}", units::time(ns as f64))));
    }
    said.push('.');
    let mut rows = vec![gaps_row("all", &jitter.all)];
    rows.extend(
        jitter.per_processor.iter().map(|one| gaps_row(&format!("processor {}", one.processor), &one.gaps)),
    );
    Ok(Sheet {
        title: "What the idle machine steals".to_owned(),
        verdict: verdict::html(&jitter.validity, &said),
        started: Some(&jitter.started),
        tables: vec![("Gaps", gaps_table("Processor", &rows))],
        plots,
        options: &serde_json::Value::Null,
        env: &jitter.env,
        command: &jitter.command,
    }
    .render())
}
