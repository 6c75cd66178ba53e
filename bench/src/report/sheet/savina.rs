//! The page of a Savina suite: `savina/1`.

use std::path::Path;

use crate::price::figure::Figure;
use crate::report::cards::{self, Row};
use crate::report::raw::place::series;
use crate::report::raw::refused::Refused;
use crate::report::raw::savina::Savina;
use crate::report::rendered::{Plots, Rendered, Sheet};
use crate::report::verdict;
use crate::timing::{Timing, terms};
use crate::units;

/// The page of the suite whose JSON is `file`.
///
/// # Errors
/// The file is damaged.
pub fn render(file: &Path) -> Result<Rendered, Refused> {
    let suite: Savina = series(file)?;
    Ok(Sheet {
        title: format!("Savina, size {}", suite.size),
        verdict: verdict::html(&suite.validity, &said(&suite)),
        started: Some(&suite.started),
        tables: vec![("Workloads", table(&suite))],
        plots: Plots::elsewhere("a suite is a table; every iteration that counts is in iterations.csv"),
        options: &serde_json::Value::Null,
        env: &suite.env,
        command: &suite.command,
    }
    .render())
}

fn said(suite: &Savina) -> String {
    let verified = suite.rows.iter().filter(|row| row.verified).count();
    let mut said = format!(
        "{verified} of {} workloads verified, {}, {}. {}",
        suite.rows.len(),
        units::counted(suite.rounds.into(), "round"),
        units::counted(suite.workers as u64, "worker"),
        terms(suite.rounds, verified, suite.rows.len()),
    );
    if suite.size == "small" {
        said.push_str(" SMALL: to see that it works, no figures to go by.");
    }
    said
}

fn table(suite: &Savina) -> String {
    let ranged = |figure: Option<&Figure>, told: fn(f64) -> String| figure.map(|figure| figure.ranged(told));
    let median = |figure: Option<&Figure>, told: fn(f64) -> String| {
        figure.map(|figure| told(figure.over_rounds.median))
    };
    let row = |row: &Timing| {
        let (all, one) = (row.all.as_ref(), row.one.as_ref());
        Row {
            head: row.name.clone(),
            cells: vec![
                ranged(all.map(|all| &all.ns_per_iteration), units::time),
                ranged(one.map(|one| &one.ns_per_iteration), units::time),
                ranged(row.speed_up.as_ref(), |by| format!("{by:.2} x")),
                row.messages.map(|messages| units::count(messages as u64)),
                median(all.map(|all| &all.msgs_per_s), units::rate),
                median(all.map(|all| &all.ns_per_msg), units::time),
                Some(row.remark()).filter(|remark| !remark.is_empty()).map(str::to_owned),
            ],
            note: row.said(),
        }
    };
    let rows: Vec<Row> = suite.rows.iter().map(row).collect();
    let heads = [
        "Workload",
        "Iteration, all workers",
        "one worker",
        "Speed-up",
        "Messages",
        "a second",
        "time a message",
        "remark",
    ];
    cards::html("savina", &heads, &rows)
}
