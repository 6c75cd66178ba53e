//! A sweep in words: for a terminal, and as Markdown.

use super::load_text::{aligned, origin, ruled};
use super::metric;
use super::sweep::Sweep;
use crate::statistics::Estimate;
use crate::units;
use std::fmt::Write;

/// What stands where nothing was measured.
const NOTHING: &str = "-";

/// For a terminal.
pub fn text(sweep: &Sweep) -> String {
    let mut out = format!("{}\n", headline(sweep));
    for line in facts(sweep) {
        let _ = writeln!(out, "  {line}");
    }
    let (heads, rows) = points(sweep);
    let _ = write!(out, "\n{}", aligned(&heads, &rows));
    out
}

/// For a document: the same.
pub fn markdown(sweep: &Sweep) -> String {
    let mut out = format!("# {}\n\n", headline(sweep));
    for line in facts(sweep) {
        let _ = writeln!(out, "- {line}");
    }
    let (heads, rows) = points(sweep);
    let _ = write!(out, "\n{}", ruled(&heads, &rows));
    out + &origin(&sweep.started, &sweep.command)
}

fn headline(sweep: &Sweep) -> String {
    let mut line = format!("{} over {}, {} points", sweep.workload, sweep.over, sweep.points.len());
    if let Some(find) = &sweep.find_max {
        let found = find.found_label.as_deref().unwrap_or("none");
        let _ = write!(line, ": largest with {}: {found}", find.condition);
    }
    if sweep.validity.interrupted {
        line.push_str(", interrupted");
    }
    if !sweep.validity.valid {
        line.push_str(", NOT VALID");
    }
    line
}

fn facts(sweep: &Sweep) -> Vec<String> {
    let mut lines: Vec<String> = sweep.validity.wrong.iter().map(|wrong| format!("wrong: {wrong}")).collect();
    if let Some(reference) = &sweep.reference {
        let mode = reference.mode.as_deref().unwrap_or("no");
        let told = |rate: Option<f64>| rate.map_or("not measured".into(), units::rate);
        let makes = match reference.messages_per_arrival {
            1 => "1 message".to_owned(),
            n => format!("{n} messages"),
        };
        lines.push(format!(
            "100 %: {} arrivals, as {mode} load does {} and each arrival makes {makes} ({}/)",
            told(reference.rate),
            told(reference.msgs_per_s.map(|rate| rate.median)),
            reference.folder
        ));
    }
    if let Some(usl) = &sweep.usl {
        let peak = usl.peak.map_or("none".into(), |peak| format!("at {peak:.1} workers"));
        lines.push(format!(
            "scalability law: one worker {}, contention {:.4}, coherence {:.6}, peak {peak}",
            units::rate(usl.lambda),
            usl.sigma,
            usl.kappa
        ));
    }
    lines
}

fn points(sweep: &Sweep) -> (Vec<&str>, Vec<Vec<String>>) {
    let rows = sweep.points.iter().map(|point| {
        let told = |name, estimate: &Option<Estimate>| {
            estimate.as_ref().map_or(NOTHING.into(), |estimate| metric::told(name, estimate.median))
        };
        let response = point.latency_ns.response;
        let cost = sweep.env.get("clock").and_then(|clock| clock["cost_ns"].as_f64()).unwrap_or_default();
        let time = |ns: Option<u64>| ns.map_or(NOTHING.into(), |ns| units::latency(ns, cost));
        let whole = sweep.reference.as_ref().and_then(|reference| reference.rate).filter(|rate| *rate > 0.0);
        let part = whole.map(|whole| format!(" ({:.0} %)", point.x as f64 / whole * 100.0));
        vec![
            point.label.clone() + &part.unwrap_or_default(),
            told("ns_per_msg", &point.ns_per_msg),
            told("msgs_per_s", &point.msgs_per_s),
            told("bytes_per_actor", &point.bytes_per_actor),
            time(response.and_then(|s| s.p50)),
            time(response.and_then(|s| s.p99)),
            time(response.and_then(|s| s.max)),
            if point.valid { "valid".into() } else { format!("NOT VALID ({})", point.exit) },
        ]
    });
    (vec![&sweep.over, "each", "rate", "an actor", "p50", "p99", "max", ""], rows.collect())
}
