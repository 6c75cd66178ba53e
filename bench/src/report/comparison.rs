//! The document's table as HTML: each claim beside what this machine did.

use std::fmt::Write;

use super::escape::escape;
use crate::table::model::{Claim, Latency, Measured, Row, Table};
use crate::table::remarks::remarks;
use crate::units;
use serde_json::Value;

/// What stands where a figure could not be had; the row's note says why.
const NOT_MEASURED: &str = r#"<span class="none">not measured</span>"#;

/// A column: the group it belongs to, its own head, and whether it holds the document's claim.
struct Column {
    group: &'static str,
    head: &'static str,
    claim: bool,
}

const fn claim(group: &'static str) -> Column {
    Column { group, head: "claimed", claim: true }
}

const fn figure(group: &'static str, head: &'static str) -> Column {
    Column { group, head, claim: false }
}

const COLUMNS: [Column; 12] = [
    claim("Actors alive"),
    figure("Actors alive", "here"),
    claim("Latency"),
    figure("Latency", "one way p50"),
    figure("Latency", "one way p99"),
    figure("Latency", "one way max"),
    figure("Latency", "ask p50"),
    figure("Latency", "ask p99"),
    claim("Parallelism"),
    figure("Parallelism", "speed-up here"),
    figure("Throughput", "messages"),
    figure("Memory", "per actor"),
];

/// The whole table, its rows in their order.
pub fn html(table: &Table) -> String {
    let mut out = String::from(r#"<table class="cards comparison"><thead><tr><th rowspan="2">System</th>"#);
    for columns in COLUMNS.chunk_by(|a, b| a.group == b.group) {
        let _ = write!(out, r#"<th colspan="{}">{}</th>"#, columns.len(), columns[0].group);
    }
    out.push_str("</tr><tr>");
    for column in &COLUMNS {
        let _ = write!(out, "<th>{}</th>", column.head);
    }
    out.push_str("</tr></thead>");
    for row in &table.rows {
        draw_row(&mut out, row, &table.env);
    }
    out.push_str("</table>");
    out
}

fn draw_row(out: &mut String, row: &Row, env: &Value) {
    // A body of its own keeps a note with its row.
    let class = if row.name == "throng" { r#" class="own""# } else { "" };
    let _ = write!(out, r#"<tbody{class}><tr><th scope="row">{}</th>"#, escape(&row.name));
    let claim =
        |pick: fn(&Claim) -> &str| row.claim.as_ref().map_or_else(|| "–".to_owned(), |c| escape(pick(c)));
    let measured = row.measured.as_ref();
    let one_way = measured.and_then(|m| m.one_way_ns.as_ref());
    let ask = measured.and_then(|m| m.ask_ns.as_ref());
    let cells: [String; COLUMNS.len()] = [
        claim(|c| &c.actors),
        measured.map_or_else(missing, actors),
        claim(|c| &c.latency),
        one_way.map_or_else(missing, |l| quantile(l, l.p50)),
        one_way.map_or_else(missing, |l| quantile(l, l.p99)),
        one_way.map_or_else(missing, |l| units::time(l.max)),
        ask.map_or_else(missing, |l| quantile(l, l.p50)),
        ask.map_or_else(missing, |l| quantile(l, l.p99)),
        claim(|c| &c.parallelism),
        measured.and_then(|m| m.speedup).map_or_else(missing, |s| format!("{s:.2} ×")),
        measured.and_then(|m| m.msgs_per_s).map_or_else(missing, units::rate),
        measured.and_then(|m| m.bytes_per_actor).map_or_else(missing, units::bytes),
    ];
    for (column, cell) in COLUMNS.iter().zip(cells) {
        let class = if column.claim { r#" class="claim""# } else { "" };
        let _ = write!(
            out,
            r#"<td{class} data-label="{}, {}"><span>{cell}</span></td>"#,
            column.group, column.head
        );
    }
    out.push_str("</tr>");
    let notes = notes(row, env);
    if !notes.is_empty() {
        let _ = write!(
            out,
            r#"<tr class="note"><td colspan="{}">{}</td></tr>"#,
            COLUMNS.len() + 1,
            escape(&notes)
        );
    }
    out.push_str("</tbody>");
}

fn missing() -> String {
    NOT_MEASURED.to_owned()
}

fn actors(measured: &Measured) -> String {
    let ended = match measured.actors_limit.as_str() {
        "time" => "time budget used",
        "memory" => "memory budget used",
        "target" => "as many as asked for",
        "threads" => "threads, processes or files used up",
        other => other,
    };
    format!("{} <small>{}</small>", units::count(measured.actors), escape(ended))
}

fn quantile(latency: &Latency, ns: Option<f64>) -> String {
    ns.map_or_else(
        || format!(r#"<span class="none">only {} samples</span>"#, units::count(latency.count)),
        units::time,
    )
}

/// The row's own note, and what its figures tell of themselves.
fn notes(row: &Row, env: &Value) -> String {
    let mut notes = Vec::new();
    if !row.note.is_empty() {
        notes.push(row.note.trim_end_matches('.').to_owned());
    }
    if row.measured.is_some() {
        notes.extend(remarks(row, env));
    } else if row.note.is_empty() {
        notes.push("not measured, no reason was recorded".to_owned());
    }
    notes.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::model::SCHEMA;

    fn table(rows: Vec<Row>) -> Table {
        Table { schema: SCHEMA.to_owned(), env: serde_json::Value::Null, rows }
    }

    fn row(name: &str, measured: Option<Measured>, note: &str) -> Row {
        let claim = Claim {
            actors: "<millions>".to_owned(),
            latency: "below 1 us".to_owned(),
            parallelism: "-".to_owned(),
        };
        Row { name: name.to_owned(), claim: Some(claim), measured, note: note.to_owned() }
    }

    fn measured(count: u64, batch: u64) -> Measured {
        Measured {
            actors: 10_000_000,
            actors_limit: "target".to_owned(),
            one_way_ns: Some(Latency {
                p50: Some(10.3),
                p99: crate::latency::resolvable(count, 0.99).then_some(11.8),
                max: 420.0,
                batch,
                count,
            }),
            ask_ns: None,
            msgs_per_s: Some(94.5e6),
            bytes_per_actor: Some(64.2),
            speedup: Some(1.93),
        }
    }

    #[test]
    fn a_row_has_claim_and_figures_in_human_units() {
        let html = html(&table(vec![row("throng", Some(measured(5_000, 1_000)), "a note.")]));
        for text in [
            "10,000,000 <small>as many as asked for</small>",
            "10.3 ns",
            "11.8 ns",
            "420 ns",
            "94.5 M/s",
            "64.2 B",
            "1.93 ×",
            "&lt;millions&gt;",
            "a note; one way: each sample is the mean of 1,000 round trips<",
        ] {
            assert!(html.contains(text), "{text} is missing in {html}");
        }
        assert_eq!(html.matches(NOT_MEASURED).count(), 2, "both figures of ask");
        let cells = html.matches("<td").count();
        assert_eq!(cells, COLUMNS.len() + 1, "a cell a column, and the note");
    }

    #[test]
    fn a_speed_up_beyond_the_processors_has_its_words() {
        let mut table =
            table(vec![row("throng", Some(Measured { speedup: Some(2.31), ..measured(999, 1) }), "")]);
        table.env = serde_json::json!({"processors": 2});
        assert!(
            html(&table).contains("speed-up: 2.31 x is more than 2 processors can give"),
            "{}",
            html(&table)
        );
        table.env = serde_json::json!({"processors": 4});
        assert!(!html(&table).contains("can give"), "{}", html(&table));
    }

    #[test]
    fn a_row_without_figures_says_so_in_every_cell_and_why() {
        let html = html(&table(vec![row("beam", None, "erl is not installed"), row("x<y", None, "")]));
        assert_eq!(html.matches(NOT_MEASURED).count(), 2 * COLUMNS.iter().filter(|c| !c.claim).count());
        assert!(html.contains("erl is not installed"), "{html}");
        assert!(html.contains("no reason was recorded"), "{html}");
        assert!(html.contains("x&lt;y") && !html.contains("x<y"));
    }

    #[test]
    fn a_percentile_that_the_samples_cannot_carry_is_not_printed() {
        let html = html(&table(vec![row("throng", Some(measured(999, 1)), "")]));
        assert!(html.contains("10.3 ns") && !html.contains("11.8 ns"), "{html}");
        assert!(html.contains("only 999 samples"), "{html}");
    }
}
