//! The comparison in words: for a terminal, and as Markdown.

use super::rounds::Peers;
use crate::contest::{
    self, Contest, TABLES, Told, WHOLE, WHOLE_HEAD, findings, ran, setting, settings, terms,
};
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
fn tables(peers: &Peers) -> Vec<(String, Vec<String>, Vec<Vec<String>>)> {
    let mut tables = Vec::new();
    for of in settings(&peers.contests) {
        let contests: Vec<&Contest> =
            peers.contests.iter().filter(|contest| contest.setting() == of).collect();
        for (what, told) in TABLES {
            let heads =
                std::iter::once("system".to_owned()).chain(contests.iter().map(|contest| contest.head()));
            let rows = rows(peers, &contests, told);
            if !rows.is_empty() {
                tables.push((format!("{}: {what}", setting(of)), heads.collect(), rows));
            }
        }
        let (what, told) = WHOLE;
        let rows = rows(peers, &contests[..1], told);
        if !rows.is_empty() {
            let heads = ["system", WHOLE_HEAD].map(str::to_owned);
            tables.push((format!("{}: {what}", setting(of)), heads.into(), rows));
        }
    }
    tables
}

/// A row for each system that has anything in it.
fn rows(peers: &Peers, contests: &[&Contest], told: Told) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (at, system) in peers.systems.iter().enumerate() {
        let cells: Vec<Option<String>> =
            contests.iter().map(|contest| told(contest, contest.standings.get(at)?)).collect();
        if cells.iter().any(Option::is_some) {
            let cells = cells.into_iter().map(|cell| cell.unwrap_or_else(|| NOTHING.into()));
            rows.push(std::iter::once(system.name.clone()).chain(cells).collect());
        }
    }
    rows
}
