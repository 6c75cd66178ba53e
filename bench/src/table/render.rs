//! The table as text, Markdown and JSON: each claim beside what this machine did.

use std::fmt::Write;
use std::str::FromStr;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, TableStyle};

use super::model::{Claim, Latency, Measured, Row, Table};
use super::remarks::remarks;
#[cfg(test)]
use crate::latency::resolvable;
use crate::machine::words;
use crate::units;

/// What stands where a figure was not measured; the row's note says why.
const NOT_RUN: &str = "not run";
/// What stands where the document claims nothing.
const NO_CLAIM: &str = "-";

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For a terminal.
    #[default]
    Text,
    /// For a page that renders it.
    Markdown,
    /// For programs.
    Json,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 3] = [Format::Text, Format::Markdown, Format::Json];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Markdown => "markdown",
            Format::Json => "json",
        }
    }

    /// What `--format` takes.
    pub fn accepted() -> String {
        format!("one of {}", Format::ALL.map(Format::name).join(", "))
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Format::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| format!("--format takes {}, not {text:?}", Format::accepted()))
    }
}

/// The table in `format`, ending with a newline.
pub fn render(table: &Table, format: Format) -> String {
    match format {
        Format::Text => text(table),
        Format::Markdown => markdown(table),
        Format::Json => json(table),
    }
}

/// Columns, their heads in two lines: the question, and who answers it.
const HEADS: [(&str, &str); 11] = [
    ("system", ""),
    ("actors", "claimed"),
    ("actors", "measured"),
    ("latency", "claimed"),
    ("one way", "p50"),
    ("one way", "p99"),
    ("ask", "p50"),
    ("parallelism", "claimed"),
    ("speed-up", "measured"),
    ("messages", "measured"),
    ("per actor", "measured"),
];
/// A line below the heads, and nothing else that is not content.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
/// Those with figures, which stand to the right.
const FIGURES: [usize; 7] = [2, 4, 5, 6, 8, 9, 10];

fn text(table: &Table) -> String {
    let mut drawn = comfy_table::Table::new();
    drawn.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled);
    drawn.set_header(HEADS.map(|(question, who)| format!("{question}\n{who}")));
    for row in &table.rows {
        drawn.add_row(cells(row));
    }
    for column in FIGURES {
        if let Some(column) = drawn.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut out = drawn.to_string().lines().fold(String::new(), |mut out, line| {
        out.push_str(line.trim_end());
        out.push('\n');
        out
    });
    for (name, note) in notes(table) {
        let _ = writeln!(out, "{name}: {note}");
    }
    out
}

fn markdown(table: &Table) -> String {
    let mut out = String::new();
    let line = |cells: [String; HEADS.len()]| format!("| {} |\n", cells.join(" | "));
    out += &line(HEADS.map(|(question, who)| format!("{question} {who}").trim_end().to_owned()));
    out += &line(std::array::from_fn(|i| if FIGURES.contains(&i) { "---:" } else { "---" }.to_owned()));
    for row in &table.rows {
        out += &line(cells(row).map(|cell| escape(&cell)));
    }
    let notes = notes(table);
    if !notes.is_empty() {
        out.push('\n');
    }
    for (name, note) in notes {
        let _ = writeln!(out, "- {}: {}", escape(name), escape(&note));
    }
    out
}

/// What Markdown would take for markup, and what would end the line of a table.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '~' | '#' | '&' => out.extend(['\\', c]),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn json(table: &Table) -> String {
    let mut out = serde_json::to_string_pretty(table).expect("the model holds nothing that JSON cannot");
    out.push('\n');
    out
}

fn cells(row: &Row) -> [String; HEADS.len()] {
    let claim =
        |pick: fn(&Claim) -> &String| row.claim.as_ref().map_or(NO_CLAIM.to_owned(), |c| pick(c).clone());
    let measured = row.measured.as_ref();
    let one_way = measured.and_then(|m| m.one_way_ns.as_ref());
    let ask = measured.and_then(|m| m.ask_ns.as_ref());
    let figure = |figure: Option<String>| figure.unwrap_or_else(|| NOT_RUN.to_owned());
    [
        row.name.clone(),
        claim(|c| &c.actors),
        figure(measured.map(actors)),
        claim(|c| &c.latency),
        figure(one_way.map(|l| quantile(l, l.p50))),
        figure(one_way.map(|l| quantile(l, l.p99))),
        figure(ask.map(|l| quantile(l, l.p50))),
        claim(|c| &c.parallelism),
        figure(measured.and_then(|m| m.speedup).map(|s| format!("{s:.2} x"))),
        figure(measured.and_then(|m| m.msgs_per_s).map(units::rate)),
        figure(measured.and_then(|m| m.bytes_per_actor).map(units::bytes)),
    ]
}

fn actors(measured: &Measured) -> String {
    format!("{} ({})", units::count(measured.actors), measured.actors_limit)
}

/// A percentile, where the samples can carry it.
fn quantile(latency: &Latency, ns: Option<f64>) -> String {
    ns.map_or_else(|| format!("of {} only", latency.count), units::time)
}

/// What a reader must know, by row, and of the machine.
fn notes(table: &Table) -> Vec<(&str, String)> {
    let mut notes = Vec::new();
    for row in &table.rows {
        let own = Some(row.note.clone()).filter(|note| !note.is_empty());
        let parts: Vec<_> = own.into_iter().chain(remarks(row, &table.env)).collect();
        if !parts.is_empty() {
            notes.push((row.name.as_str(), parts.join("; ")));
        }
    }
    if !words::others(&table.env).is_empty() {
        notes.push(("machine", words::whole(&table.env)));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::super::model::SCHEMA;
    use super::*;

    fn latency(p50: f64, count: u64, batch: u64) -> Option<Latency> {
        Some(Latency {
            p50: resolvable(count, 0.5).then_some(p50),
            p99: resolvable(count, 0.99).then_some(3.0 * p50),
            max: 90.0 * p50,
            batch,
            count,
        })
    }

    fn table() -> Table {
        let claim =
            Claim { actors: "hundreds".into(), latency: "~1 ms".into(), parallelism: "true parallel".into() };
        let rows = vec![
            Row {
                name: "multiprocessing".into(),
                claim: Some(claim.clone()),
                measured: Some(Measured {
                    actors: 762,
                    actors_limit: "time".into(),
                    one_way_ns: latency(49_000.0, 30_000, 1),
                    ask_ns: latency(90_100.0, 15, 1),
                    msgs_per_s: Some(65_321.0),
                    bytes_per_actor: Some(2_543_369.0),
                    speedup: None,
                }),
                note: "speedup: exit status: 1".into(),
            },
            Row { name: "beam".into(), claim: Some(claim), measured: None, note: "erl not found".into() },
            Row {
                name: "throng".into(),
                claim: None,
                measured: Some(Measured {
                    actors: 10_000_000,
                    actors_limit: "memory".into(),
                    one_way_ns: latency(10.25, 5_000, 1_000),
                    ask_ns: None,
                    msgs_per_s: Some(139e6),
                    bytes_per_actor: Some(64.2),
                    speedup: Some(1.98),
                }),
                note: String::new(),
            },
        ];
        Table { schema: SCHEMA.into(), env: serde_json::json!({"cores": 2}), rows }
    }

    #[test]
    fn text_shows_claim_and_measurement_and_says_what_was_not_run() {
        let text = text(&table());
        let line =
            |start: &str| text.lines().find(|line| line.trim_start().starts_with(start)).expect("a row");
        let cells =
            |start| line(start).split("  ").map(str::trim).filter(|c| !c.is_empty()).collect::<Vec<_>>();
        assert_eq!(
            cells("multiprocessing"),
            [
                "multiprocessing",
                "hundreds",
                "762 (time)",
                "~1 ms",
                "49.0 µs",
                "147 µs",
                "of 15 only",
                "true parallel",
                "not run",
                "65.3 k/s",
                "2.43 MiB"
            ]
        );
        let beam = cells("beam");
        assert_eq!(beam.iter().filter(|cell| **cell == "not run").count(), FIGURES.len(), "{beam:?}");
        assert_eq!(cells("throng")[..5], ["throng", "-", "10,000,000 (memory)", "-", "10.2 ns"]);
        assert!(text.contains("\nbeam: erl not found\n"), "{text}");
        assert!(text.contains("\nmultiprocessing: speedup: exit status: 1\n"), "{text}");
        assert!(text.contains("\nthrong: one way: each sample is the mean of 1,000 round trips\n"), "{text}");
    }

    #[test]
    fn the_machine_and_what_it_cannot_explain_stand_below() {
        let mut table = table();
        table.rows[0].measured.as_mut().expect("it was").speedup = Some(2.21);
        table.env = serde_json::json!({
            "cpu": "A processor", "processors": 2, "load_per_minute": {"before": 1.06, "after": 1.96}, "stolen_ns": 5e9,
        });
        let text = text(&table);
        let note = "\nmultiprocessing: speedup: exit status: 1; speed-up: 2.21 x is more than 2 processors can give: ";
        assert!(text.contains(note), "{text}");
        // Of throng's 1.98 there is nothing to say.
        assert_eq!(text.matches("can give: ").count(), 1, "{text}");
        let last = text.lines().last().expect("a line");
        assert!(last.starts_with("machine: A processor, 2 processors; load average 1.06 before"), "{text}");
        assert!(
            markdown(&table).contains("\n- machine: A processor, 2 processors; "),
            "{}",
            markdown(&table)
        );
    }

    #[test]
    fn the_table_of_the_documents_is_what_its_figures_give() {
        let table: Table = serde_json::from_str(include_str!("../../../reports/first-run/table/table.json"))
            .expect("a table");
        let text = markdown(&table);
        assert_eq!(text, include_str!("../../../reports/first-run/table/table.md"));
        assert!(include_str!("../../../README.md").contains(&text), "README.md has other lines than {text}");
        assert_eq!(text.matches("can give: ").count(), 2, "{text}");
    }

    #[test]
    fn markdown_has_as_many_cells_in_every_row() {
        let mut table = table();
        table.rows[1].note = "a | pipe\nand a line".into();
        let text = markdown(&table);
        let rows: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
        assert_eq!(rows.len(), 2 + table.rows.len());
        for row in rows {
            assert_eq!(row.replace("\\|", "").matches('|').count(), HEADS.len() + 1, "{row}");
        }
        assert!(text.contains("- beam: a \\| pipe and a line\n"), "{text}");
    }

    #[test]
    fn json_is_the_model() {
        let text = json(&table());
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["schema"], "table/1");
        assert_eq!(value["rows"][0]["measured"]["one_way_ns"]["p50"], 49_000.0);
        assert_eq!(value["rows"][1]["measured"], serde_json::Value::Null);
        assert_eq!(value["rows"][1]["note"], "erl not found");
        let back: Table = serde_json::from_str(&text).expect("the model reads what it wrote");
        assert_eq!(json(&back), text);
    }

    #[test]
    fn formats_are_read_back_and_others_refused() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        let error = "xml".parse::<Format>().expect_err("no format");
        assert_eq!(error, "--format takes one of text, markdown, json, not \"xml\"");
    }
}
