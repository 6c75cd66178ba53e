//! A load in words: for a terminal, and as Markdown.

use super::load::{Load, Run};
use super::metric::{self, LATENCIES};
use crate::latency::Summary;
use crate::statistics::{Estimate, Interval};
use crate::units;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, TableStyle};
use std::fmt::Write;

/// A line below the heads, and nothing else that is not content.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
/// What stands where nothing was measured.
const NOTHING: &str = "-";

/// A table of text, the first column to the left and the others to the right.
pub fn aligned(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut drawn = comfy_table::Table::new();
    drawn.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled);
    drawn.set_header(heads);
    for row in rows {
        drawn.add_row(row);
    }
    for n in 1..heads.len() {
        if let Some(column) = drawn.column_mut(n) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    drawn.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The same as Markdown.
pub fn ruled(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = format!("| {} |\n|---|{}\n", heads.join(" | "), "---:|".repeat(heads.len() - 1));
    for row in rows {
        let cells: Vec<_> = row.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}

/// For a terminal: the figure first.
pub fn text(load: &Load) -> String {
    let mut out = format!("{}\n", headline(load));
    for wrong in &load.validity.wrong {
        let _ = writeln!(out, "  wrong: {wrong}");
    }
    let (heads, rows) = over_runs(load);
    let _ = write!(out, "\n{}", aligned(&heads, &rows));
    let (heads, rows) = latencies(load);
    if !rows.is_empty() {
        let _ = write!(out, "\n{}", aligned(&heads, &rows));
    }
    let (heads, rows) = runs(load);
    let _ = write!(out, "\n{}", aligned(&heads, &rows));
    out
}

/// For a document: the same.
pub fn markdown(load: &Load) -> String {
    let mut out = format!("# {}\n\n", headline(load));
    for wrong in &load.validity.wrong {
        let _ = writeln!(out, "- wrong: {wrong}");
    }
    for (title, (heads, rows)) in [
        ("Over the runs", over_runs(load)),
        ("All samples together", latencies(load)),
        ("Each run", runs(load)),
    ] {
        if !rows.is_empty() {
            let _ = write!(out, "\n## {title}\n\n{}", ruled(&heads, &rows));
        }
    }
    out + &origin(&load.started, &load.command)
}

/// When a series was started, and what repeats it: a line of Markdown.
pub fn origin(started: &str, command: &[String]) -> String {
    let words = command.iter().map(String::as_str);
    // No argument of a process has the one character that a shell cannot be given.
    let line = shlex::try_join(words).unwrap_or_else(|_| command.join(" "));
    format!("\nStarted {started} UTC: `throng {line}`\n")
}

fn headline(load: &Load) -> String {
    let runs = load.runs.len();
    let mut line = load.workload.clone();
    if let Some(mode) = &load.mode {
        let _ = write!(line, ", {mode}");
    }
    let _ = write!(line, ", {runs} {}", if runs == 1 { "run" } else { "runs" });
    let figure = |name: &str| load.over_runs.get(name).copied().flatten();
    if let (Some(ns), Some(rate)) = (figure("ns_per_msg"), figure("msgs_per_s")) {
        let _ = write!(line, ": {} each ({})", units::time(ns.median), units::rate(rate.median));
    }
    if load.validity.interrupted {
        line.push_str(", interrupted");
    }
    if !load.validity.valid {
        line.push_str(", NOT VALID");
    }
    line
}

/// How an interval's bounds were had, in words.
pub fn interval(estimate: &Estimate) -> &'static str {
    match estimate.interval {
        Interval::Bootstrap95 => "95 % bootstrap",
        Interval::MinMax => "min to max",
    }
}

fn over_runs(load: &Load) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let told = metric::OVER_RUNS.into_iter().filter_map(|name| {
        let estimate = load.over_runs.get(name)?.as_ref()?;
        let value = |value| metric::told(name, value);
        let bounds = format!("{} .. {}", value(estimate.low), value(estimate.high));
        let of = format!("{} of {}", interval(estimate), estimate.runs);
        Some(vec![name.to_owned(), value(estimate.median), bounds, of])
    });
    (vec!["over the runs", "median", "interval", "by"], told.collect())
}

fn latencies(load: &Load) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let of = &load.merged.latency_ns;
    let rows = LATENCIES.into_iter().zip([of.response, of.service, of.schedule_lag]);
    let rows = rows.filter_map(|(name, summary)| {
        let s: Summary = summary?;
        let mut row = vec![name.replace('_', " "), units::count(s.count)];
        row.extend([s.p50, s.p90, s.p99, s.p99_9, s.max].map(time));
        Some(row)
    });
    (vec!["all samples", "count", "p50", "p90", "p99", "p99.9", "max"], rows.collect())
}

fn time(ns: Option<u64>) -> String {
    ns.map_or(NOTHING.into(), |ns| units::time(ns as f64))
}

fn runs(load: &Load) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let rows = load.runs.iter().map(|run: &Run| {
        let told = |name, value: Option<f64>| value.map_or(NOTHING.into(), |v| metric::told(name, v));
        let crossing = [run.cross_core_ns.before, run.cross_core_ns.after]
            .map(|ns| ns.map_or(NOTHING.into(), |ns| format!("{ns:.0}")));
        vec![
            run.folder.clone(),
            told("ns_per_msg", run.ns_per_msg),
            told("msgs_per_s", run.msgs_per_s),
            time(run.latency_ns.response.and_then(|s| s.p50)),
            time(run.latency_ns.response.and_then(|s| s.p99)),
            crossing.join(" "),
            if run.valid { "valid".into() } else { format!("NOT VALID ({})", run.exit) },
        ]
    });
    (vec!["run", "each", "rate", "p50", "p99", "crossing ns", ""], rows.collect())
}
