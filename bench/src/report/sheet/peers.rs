//! The page of a comparison of systems: `peers/1`.

use std::path::Path;

use crate::contest::{self, Contestant, findings, ran, terms};
use crate::report::cards::{self, Row};
use crate::report::escape::escape;
use crate::report::raw::peers::Peers;
use crate::report::raw::place::series;
use crate::report::raw::refused::Refused;
use crate::report::rendered::{Plots, Rendered, Sheet};
use crate::report::verdict;

/// The page of the comparison whose JSON is `file`.
///
/// # Errors
/// The file is damaged.
pub fn render(file: &Path) -> Result<Rendered, Refused> {
    let peers: Peers = series(file)?;
    let mut all = vec![("What is to be known first", findings_html(&peers))];
    all.push(("Figures", contest::tables(&peers.systems, &peers.contests).into_iter().map(table).collect()));
    all.push(("Systems", systems(&peers.systems)));
    Ok(Sheet {
        title: "throng and other systems of actors".into(),
        verdict: verdict::html(&peers.validity, &said(&peers)),
        started: Some(&peers.started),
        tables: all.into_iter().filter(|(_, html)| !html.is_empty()).collect(),
        plots: Plots::elsewhere(
            "a comparison is its tables; every iteration that counts is in iterations.csv",
        ),
        options: &serde_json::Value::Null,
        env: &peers.env,
        command: &peers.command,
    }
    .render())
}

fn said(peers: &Peers) -> String {
    let ran = ran(&peers.systems, &peers.contests);
    format!(
        "{}; {ran} of {} systems ran. {} Seed {}.",
        contest::outcome(peers.rounds, &peers.contests),
        peers.systems.len(),
        terms(peers.rounds),
        peers.seed
    )
}

fn findings_html(peers: &Peers) -> String {
    let lines = findings(&peers.systems, &peers.contests);
    if lines.is_empty() {
        return String::new();
    }
    let items: String = lines.iter().map(|line| format!("<li>{}</li>", escape(line))).collect();
    format!("<ul>{items}</ul>")
}

fn table(table: contest::Table) -> String {
    let rows = table.rows.into_iter().map(|(head, cells)| Row { head, cells, note: String::new() });
    let heads: Vec<&str> = std::iter::once("System").chain(table.heads.iter().map(String::as_str)).collect();
    format!("<h3>{}</h3>{}", escape(&table.title), cards::html("peers", &heads, &rows.collect::<Vec<Row>>()))
}

fn systems(systems: &[Contestant]) -> String {
    let yes = |is: bool| Some(if is { "yes" } else { "no" }.to_owned());
    let row = |system: &Contestant| Row {
        head: system.name.clone(),
        cells: vec![
            system.version.clone(),
            Some(system.language.clone()),
            yes(system.bounded),
            yes(system.threads),
            yes(system.actors),
        ],
        note: match &system.why {
            Some(why) => format!("not run: {why}"),
            None => system.how.clone().unwrap_or_else(|| "no answer".into()),
        },
    };
    let rows: Vec<Row> = systems.iter().map(row).collect();
    cards::html("systems", &["System", "Version", "Language", "Bounded", "Several threads", "Actors"], &rows)
}
