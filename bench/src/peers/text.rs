//! The comparison in words: for a terminal, and as Markdown.

use super::rounds::Peers;
use crate::contest::{self, findings, ran, terms};
use crate::series::load_text::{aligned, origin, ruled};
use crate::units;
use std::fmt::Write;

/// What stands where nothing was measured.
const NOTHING: &str = "-";

/// For a terminal.
pub fn text(peers: &Peers) -> String {
    let mut out = format!("{}\n\n", headline(peers));
    for line in said(peers) {
        let _ = writeln!(out, "  {line}");
    }
    for (head, heads, rows) in tables(peers) {
        let _ = write!(out, "\n{head}\n\n{}", aligned(&heads, &rows));
    }
    let _ = writeln!(out, "\n{}", terms(peers.rounds));
    out
}

/// For a document: the same, and how each system was used.
pub fn markdown(peers: &Peers) -> String {
    let mut out = format!("# {}\n\n", headline(peers));
    for line in said(peers) {
        let _ = writeln!(out, "- {line}");
    }
    for (head, heads, rows) in tables(peers) {
        let _ = write!(out, "\n## {head}\n\n{}", ruled(&heads, &rows));
    }
    out.push_str("\n## Systems\n\n");
    for system in &peers.systems {
        let version = system.version.as_deref().unwrap_or_default();
        let how = system.how.as_deref().or(system.why.as_deref()).unwrap_or("no answer");
        let _ = writeln!(out, "- {} {version} ({}): {how}", system.name, system.language);
    }
    let _ = writeln!(out, "\n{}", terms(peers.rounds));
    out + &origin(&peers.started, &peers.command)
}

fn said(peers: &Peers) -> Vec<String> {
    let wrong = peers.validity.wrong.iter().map(|wrong| format!("wrong: {wrong}"));
    wrong.chain(findings(&peers.systems, &peers.contests)).collect()
}

fn headline(peers: &Peers) -> String {
    let ran = ran(&peers.systems, &peers.contests);
    let rounds = units::counted(peers.rounds.into(), "round");
    let outcome = contest::outcome(peers.rounds, &peers.contests);
    let mut line = format!("peers, {rounds}: {ran} of {} systems; {outcome}", peers.systems.len());
    if peers.validity.interrupted {
        line.push_str(", interrupted");
    }
    if !peers.validity.valid {
        line.push_str(", NOT VALID");
    }
    line
}

/// For each setting the figures, how they are to throng's, and what belongs to them.
fn tables(peers: &Peers) -> impl Iterator<Item = (String, Vec<String>, Vec<Vec<String>>)> {
    let cell = |cell: Option<String>| cell.unwrap_or_else(|| NOTHING.into());
    let row = move |(system, cells): (String, Vec<Option<String>>)| {
        std::iter::once(system).chain(cells.into_iter().map(cell)).collect()
    };
    contest::tables(&peers.systems, &peers.contests).into_iter().map(move |table| {
        let heads = std::iter::once("system".to_owned()).chain(table.heads).collect();
        (table.title, heads, table.rows.into_iter().map(row).collect())
    })
}
