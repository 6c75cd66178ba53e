//! The page of a comparison of systems: `peers/1`.

use std::path::Path;

use crate::contest::{
    self, Contest, Contestant, TABLES, Told, WHOLE, WHOLE_HEAD, findings, ran, setting, settings, terms,
};
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
    all.push(("Figures", settings(&peers.contests).into_iter().map(|of| tables(&peers, of)).collect()));
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

/// The tables of one setting.
fn tables(peers: &Peers, of: (u64, u64, bool)) -> String {
    let contests: Vec<&Contest> = peers.contests.iter().filter(|contest| contest.setting() == of).collect();
    let heads: Vec<String> = contests.iter().map(|contest| contest.head()).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let table = |(what, told): (&str, Told), heads: &[&str], contests: &[&Contest]| {
        let row = |(at, system): (usize, &Contestant)| {
            let cells: Vec<Option<String>> =
                contests.iter().map(|contest| told(contest, contest.standings.get(at)?)).collect();
            let any = cells.iter().any(Option::is_some);
            any.then(|| Row { head: system.name.clone(), cells, note: String::new() })
        };
        let rows: Vec<Row> = peers.systems.iter().enumerate().filter_map(row).collect();
        if rows.is_empty() {
            return String::new();
        }
        format!(
            "<h3>{}</h3>{}",
            escape(&format!("{}: {what}", setting(of))),
            cards::html("peers", &[&["System"], heads].concat(), &rows)
        )
    };
    let all: String = TABLES.into_iter().map(|one| table(one, &heads, &contests)).collect();
    all + &table(WHOLE, &[WHOLE_HEAD], &contests[..1])
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
