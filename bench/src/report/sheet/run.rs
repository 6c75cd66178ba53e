//! The page of one run: `run/1`.

use std::path::Path;

use super::latencies;
use crate::latency::Summary;
use crate::report::raw::place::json;
use crate::report::raw::refused::Refused;
use crate::report::raw::shape::Run;
use crate::report::rendered::{Plots, Rendered, Sheet};
use crate::report::verdict;
use crate::units;

/// The page of the run whose JSON is `file`.
///
/// # Errors
/// A file of the run is damaged.
pub fn render(file: &Path) -> Result<Rendered, Refused> {
    let run: Run = json(file)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut plots = Plots::default();
    let sampled = latencies::any(&run.latency_ns);
    let log = plots.file(folder, "latency.hlog", sampled, "the percentiles and the course of latency");
    let all = latencies::of(log.as_deref(), "response", latencies::note(&run.mode))?;
    let curves = latencies::curves(&all);
    let mut said = Vec::new();
    if let Some(load) = &run.load {
        let rate = |rate: Option<f64>| rate.map_or_else(|| "not told".to_owned(), units::rate);
        let arrival = &load.arrival;
        said.push(format!(
            "Asked for {} ({arrival}), sent {}",
            rate(load.rate_target),
            rate(load.rate_actual)
        ));
        said.extend(load.overloaded.then(|| "OVERLOADED: more came than was handled".to_owned()));
    }
    said.extend(run.ns_per_msg.map(|ns| format!("{} {}", units::time(ns), units::a(run.counts()))));
    said.extend(run.msgs_per_s.map(units::rate));
    said.extend(run.bytes_per_actor.map(|bytes| format!("{} an actor", units::bytes(bytes))));
    if let Some(response) = curves.first() {
        said.push(format!("response {}", told(&Summary::of(response.histogram, 0))));
    }
    let mut said = said.join("; ");
    if !said.is_empty() {
        said.push('.');
    }
    if let Some(drain) = run.drain.filter(|drain| drain.messages > 0) {
        let drained = units::counted(drain.messages, run.counts());
        let after = units::time(drain.lasted_ns as f64);
        said.push_str(&format!(
            " After the measured time {drained} were handled in {after}, which no rate counts."
        ));
    }
    if let Some(what) = &run.response_is {
        said.push_str(&format!(" Response: {what}."));
    }
    plots.percentiles(&curves);
    let target = run.load.as_ref().and_then(|load| load.rate_target);
    latencies::add_course(&mut plots, (folder, log.as_deref()), sampled, "Response", target)?;
    Ok(Sheet {
        title: format!("{}, {}", run.workload, run.mode),
        verdict: verdict::html(&run.validity, &said),
        started: None,
        tables: Vec::new(),
        plots,
        options: &run.options,
        env: &run.env,
        command: &run.command,
    }
    .render())
}

/// The percentiles to lead with, as far as the samples carry them.
pub fn told(summary: &Summary) -> String {
    let named = [("p50", summary.p50), ("p90", summary.p90), ("p99", summary.p99), ("max", summary.max)];
    let told = named.iter().filter_map(|(name, ns)| Some(format!("{name} {}", units::time((*ns)? as f64))));
    told.collect::<Vec<_>>().join(", ")
}
