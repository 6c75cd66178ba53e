//! The suite in words: for a terminal, and as Markdown.

use super::rounds::Suite;
use crate::price::figure::Figure;
use crate::series::load_text::{aligned, origin, ruled};
use crate::timing::{Timing, terms};
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
    let _ = write!(out, "\n{}", aligned(&heads(suite), &rows(suite)));
    out + "\n" + &legend(suite)
}

/// For a document: the same.
pub fn markdown(suite: &Suite) -> String {
    let mut out = format!("# {}\n\n", headline(suite));
    for wrong in &suite.validity.wrong {
        let _ = writeln!(out, "- wrong: {wrong}\n");
    }
    let _ = write!(out, "{}", ruled(&heads(suite), &rows(suite)));
    out + "\n" + &legend(suite) + &origin(&suite.started, &suite.command)
}

fn headline(suite: &Suite) -> String {
    let verified = suite.rows.iter().filter(|row| row.verified).count();
    let rounds = units::counted(suite.rounds.into(), "round");
    let mut line =
        format!("savina, size {}, {rounds}: {verified} of {} verified", suite.size, suite.rows.len());
    if suite.validity.interrupted {
        line.push_str(", interrupted");
    }
    if !suite.validity.valid {
        line.push_str(", NOT VALID");
    }
    line
}

fn heads(suite: &Suite) -> Vec<String> {
    let mut heads = vec!["workload".to_owned(), format!("iteration, {}", workers(suite.workers))];
    if suite.workers > 1 {
        heads.extend([workers(1), "speed-up".into()]);
    }
    heads.extend(["messages", "messages a second", "a message", ""].map(str::to_owned));
    heads
}

fn workers(workers: usize) -> String {
    units::counted(workers as u64, "worker")
}

fn rows(suite: &Suite) -> Vec<Vec<String>> {
    let row = |row: &Timing| {
        let (all, one) = (row.all.as_ref(), row.one.as_ref());
        let mut cells = vec![row.name.clone(), ranged(all.map(|all| &all.ns_per_iteration), units::time)];
        if suite.workers > 1 {
            cells.push(ranged(one.map(|one| &one.ns_per_iteration), units::time));
            let speed_up = row.speed_up.as_ref();
            cells.push(ranged(speed_up, |by| format!("{by:.2} x")));
        }
        cells.push(row.messages.map_or(NOTHING.into(), |messages| units::count(messages as u64)));
        let median = |of: Option<&Figure>, told: fn(f64) -> String| {
            of.map_or(NOTHING.into(), |figure| told(figure.over_rounds.median))
        };
        cells.push(median(all.map(|all| &all.msgs_per_s), units::rate));
        cells.push(median(all.map(|all| &all.ns_per_msg), units::time));
        cells.push(row.remark().into());
        cells
    };
    suite.rows.iter().map(row).collect()
}

/// The median, and the smallest and the largest where there are several.
fn ranged(figure: Option<&Figure>, told: impl Fn(f64) -> String) -> String {
    figure.map_or(NOTHING.into(), |figure| figure.ranged(told))
}

fn legend(suite: &Suite) -> String {
    let mut out = String::new();
    for row in &suite.rows {
        let _ = writeln!(out, "- {}", row.said());
    }
    let verified = suite.rows.iter().filter(|row| row.verified).count();
    let _ = write!(out, "\n{}", terms(suite.rounds, verified, suite.rows.len()));
    if suite.size == "small" {
        out.push_str("\nSMALL: to see that it works, no figures to go by.");
    }
    out + "\n"
}
