//! A series of loads in words: for a terminal, and as Markdown.

use super::load_text::{aligned, origin, ruled};
use super::metric;
use super::suite::{Entry, Suite};
use crate::statistics::Estimate;
use crate::units;
use std::fmt::Write;

/// What stands where nothing was measured.
const NOTHING: &str = "-";

/// For a terminal.
pub fn text(suite: &Suite) -> String {
    let mut out = format!("{}\n", headline(suite));
    for wrong in &suite.validity.wrong {
        let _ = writeln!(out, "  wrong: {wrong}");
    }
    let (heads, rows) = loads(suite);
    out + "\n" + &aligned(&heads, &rows)
}

/// For a document: the same.
pub fn markdown(suite: &Suite) -> String {
    let mut out = format!("# {}\n\n", headline(suite));
    for wrong in &suite.validity.wrong {
        let _ = writeln!(out, "- wrong: {wrong}");
    }
    let (heads, rows) = loads(suite);
    let _ = write!(out, "\n{}", ruled(&heads, &rows));
    out + &origin(&suite.started, &suite.command)
}

fn headline(suite: &Suite) -> String {
    let valid = suite.loads.iter().filter(|load| load.valid).count();
    let mut line = format!("{}: {valid} of {} loads hold", suite.profile_file, suite.loads.len());
    if suite.validity.interrupted {
        line.push_str(", interrupted");
    }
    if !suite.validity.valid {
        line.push_str(", NOT VALID");
    }
    line
}

fn loads(suite: &Suite) -> (Vec<&str>, Vec<Vec<String>>) {
    let row = |load: &Entry| {
        let told = |name, estimate: &Option<Estimate>| {
            estimate.as_ref().map_or(NOTHING.into(), |estimate| metric::told(name, estimate.median))
        };
        let response = load.latency_ns.response;
        let time = |ns: Option<u64>| ns.map_or(NOTHING.into(), |ns| units::time(ns as f64));
        vec![
            load.name.clone(),
            load.workload.clone(),
            load.counts.clone().unwrap_or_else(|| NOTHING.into()),
            told("ns_per_msg", &load.ns_per_msg),
            told("msgs_per_s", &load.msgs_per_s),
            time(response.and_then(|s| s.p50)),
            time(response.and_then(|s| s.p99)),
            time(response.and_then(|s| s.max)),
            if load.valid { "valid".into() } else { format!("NOT VALID ({})", load.exit) },
        ]
    };
    let rows = suite.loads.iter().map(row).collect();
    (vec!["load", "workload", "counts", "each", "a second", "p50", "p99", "max", ""], rows)
}
