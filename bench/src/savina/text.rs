//! The suite in words: for a terminal, and as Markdown.

use super::rounds::Suite;
use crate::price::figure::Figure;
use crate::series::load_text::{aligned, origin, ruled};
use crate::statistics::BOOTSTRAP_FROM;
use crate::timing::Timing;
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
            cells.push(speed_up.map_or(NOTHING.into(), |of| of.with_interval(|by| format!("{by:.2} x"))));
        }
        cells.push(row.messages.map_or(NOTHING.into(), |messages| units::count(messages as u64)));
        let median = |of: Option<&Figure>, told: fn(f64) -> String| {
            of.map_or(NOTHING.into(), |figure| told(figure.over_rounds.median))
        };
        cells.push(median(all.map(|all| &all.msgs_per_s), units::rate));
        cells.push(median(all.map(|all| &all.ns_per_msg), units::time));
        cells.push(said(row));
        cells
    };
    suite.rows.iter().map(row).collect()
}

/// The median, and the smallest and the largest where there are several.
fn ranged(figure: Option<&Figure>, told: impl Fn(f64) -> String) -> String {
    figure.map_or(NOTHING.into(), |figure| figure.ranged(told))
}

/// What is to be known of a row beside its figures.
pub fn said(row: &Timing) -> String {
    match (&row.why, row.verified, row.steady) {
        (Some(_), ..) => "WRONG".into(),
        (None, false, _) => "not run".into(),
        (None, true, false) => "not steady".into(),
        (None, true, true) => String::new(),
    }
}

fn legend(suite: &Suite) -> String {
    let mut out = String::new();
    for row in &suite.rows {
        let _ = writeln!(out, "- {}: {}", row.name, row.words);
    }
    let _ = write!(
        out,
        "\nMedians of the iterations of a process, and of those over the rounds{}; an iteration is from the first actor's spawn to its\n\
         answer. Messages are all that were handled, those that end the actors among them; what one takes has its share of the work\n\
         in it, and is with all workers.",
        if suite.rounds > 1 { ", smallest and largest in brackets" } else { "" },
    );
    if suite.rounds as usize >= BOOTSTRAP_FROM && suite.workers > 1 {
        out.push_str(" Speed-ups are within rounds, with their 95 % bootstrap interval.");
    }
    out.push_str(" Each iteration was verified, by an oracle and by the ledger.\n");
    if suite.rows.iter().any(|row| row.verified && !row.steady) {
        out.push_str("\"not steady\": the warm-up ended before its times did not drift any more.\n");
    }
    if suite.size == "small" {
        out.push_str("SMALL: to see that it works, no figures to go by.\n");
    }
    out
}
