//! The page of the document's table: `table/1`.

use std::path::Path;

use crate::export::hlog::BATCH_TAG;
use crate::report::page::{RunInfo, page};
use crate::report::percentile_plot::{self, Curve};
use crate::report::raw::log::{self, Merged};
use crate::report::raw::place::{Missing, find, is_plain, json};
use crate::report::raw::refused::Refused;
use crate::report::rendered::Rendered;
use crate::table::model::{SCHEMA, Table};

/// The page of the table whose JSON is `file`, with the curves of the logs beside it.
///
/// # Errors
/// A file of it is damaged.
pub fn render(file: &Path) -> Result<Rendered, Refused> {
    let table: Table = json(file)?;
    if table.schema != SCHEMA {
        return Err(Refused::file(file, format!("has the schema {:?}: takes {SCHEMA}", table.schema)));
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut logs: Vec<(String, String, Merged)> = Vec::new();
    let mut missing = Vec::new();
    for row in &table.rows {
        if !is_plain(&row.name) {
            return Err(Refused::file(
                file,
                format!("has the row {:?}: takes a name without a path", row.name),
            ));
        }
        let measured = row.measured.as_ref();
        for (column, told) in [
            ("one_way", measured.is_some_and(|measured| measured.one_way_ns.is_some())),
            ("ask", measured.is_some_and(|measured| measured.ask_ns.is_some())),
        ] {
            let name = format!("{}-{column}.hlog", row.name);
            let Some(path) = find(folder, &name) else {
                if told {
                    let lost = format!("the percentiles of {} {}", row.name, column.replace('_', " "));
                    missing.push(Missing { file: folder.join(name), lost });
                }
                continue;
            };
            let all = log::merged(&path)?;
            // Of batches the exact samples are those that were stamped.
            let stamped =
                all.iter().position(|m| m.batch > 1 && m.tag.as_deref() == Some(BATCH_TAG)).unwrap_or(0);
            if let Some(merged) = all.into_iter().nth(stamped) {
                let note =
                    if merged.batch == 1 { String::new() } else { format!("mean of {}", merged.batch) };
                logs.push((format!("{} {}", row.name, column.replace('_', " ")), note, merged));
            }
        }
    }
    let curves: Vec<Curve<'_>> = logs
        .iter()
        .map(|(name, note, merged)| Curve {
            name,
            note,
            histogram: &merged.histogram,
            unit_ns: 1.0 / merged.batch as f64,
            batch: merged.batch,
        })
        .collect();
    let text = |name: &str| table.env[name].as_str();
    let run = RunInfo {
        started: text("started").unwrap_or("time not recorded:"),
        profile: text("profile").unwrap_or("not recorded"),
        command: text("command").unwrap_or("throng table"),
        interrupted: table.env["interrupted"] == true,
        invalid: None,
    };
    let chart = percentile_plot::chart(&curves);
    let drawings =
        if chart.points() > 0 { vec![("percentiles.svg".to_owned(), chart.file())] } else { Vec::new() };
    Ok(Rendered { name: "index.html", page: page(&table, &curves, &run), drawings, missing })
}
