//! The page of a table: one file, read from the verdict down to the command that repeats the run.

use super::comparison;
use super::document::Document;
use super::environment::{self, MACHINE};
use super::escape::escape;
use super::others;
use super::percentile_plot::{self, Curve};
use crate::latency;
use crate::table::model::{Row, Table};
use crate::units;

/// What the page says of the run besides its figures.
#[derive(Debug, Clone, Copy)]
pub struct RunInfo<'a> {
    /// When it began, as it is to be shown: UTC.
    pub started: &'a str,
    /// The profile: `smoke`, `default` or `paper`.
    pub profile: &'a str,
    /// The command line that repeats it.
    pub command: &'a str,
    /// Whether it was ended before its end.
    pub interrupted: bool,
    /// Why its figures are not valid; `None` where they are.
    pub invalid: Option<&'a str>,
}

/// The page for a table, the percentile curves of its systems, and the run that made them.
pub fn page(table: &Table, curves: &[Curve<'_>], run: &RunInfo<'_>) -> String {
    let header = format!(
        "{}<p class=\"when\">{} UTC, profile {}</p>",
        verdict(table, run),
        escape(run.started),
        escape(run.profile)
    );
    let mut page = Document::new("Actor systems, measured on this machine", &header);
    let claims = format!(
        "{}\n<p class=\"hint\">Claimed is what the document says. Latencies \
         are per message: one way is half of a ping-pong round trip, ask is a request and its reply. Nothing is \
         extrapolated: every actor counted was alive and answered a message.</p>",
        comparison::html(table)
    );
    page.section("Claim and measurement", &claims);
    page.section("Latency by percentile", &percentile_plot::html(curves));
    page.section("Environment", &environment::html(MACHINE, &table.env));
    page.section("Published by others", &others::html());
    page.section("Repeat this run", &format!("<pre><code>{}</code></pre>", escape(run.command)));
    page.finish()
}

/// What a reader takes away who reads no further.
fn verdict(table: &Table, run: &RunInfo<'_>) -> String {
    let measured = table.rows.iter().filter(|r| r.measured.is_some()).count();
    let of = table.rows.len();
    let (class, state) = match (run.invalid, run.interrupted) {
        (Some(reason), _) => ("bad", format!("Not valid: {}.", reason.trim_end_matches('.'))),
        (None, true) if measured == 0 => {
            ("bad", "Not valid: interrupted before a system was measured.".to_owned())
        }
        (None, true) => {
            // A row that was stopped half-way has a note, and not all of its figures.
            let whole = |row: &&Row| row.measured.is_some() && !row.note.contains("interrupted before");
            let whole = table.rows.iter().filter(whole).count();
            ("partial", format!("Interrupted: {whole} of {of} systems were measured completely."))
        }
        (None, false) if measured == 0 => ("bad", "Not valid: no system could be measured.".to_owned()),
        (None, false) if measured < of => {
            ("partial", format!("Valid: {measured} of {of} systems measured, the others say why not."))
        }
        (None, false) => (
            "good",
            if of == 1 {
                "Valid: the one system was measured.".into()
            } else {
                format!("Valid: all {of} systems measured.")
            },
        ),
    };
    let own = table.rows.iter().find(|r| r.name == "throng").and_then(|r| r.measured.as_ref());
    let own = own.map_or_else(String::new, |m| {
        let one_way = m.one_way_ns.as_ref().filter(|l| latency::resolvable(l.count, 0.5));
        let latency = one_way
            .and_then(|l| l.p50)
            .map_or_else(String::new, |ns| format!(", {} a message (median)", units::time(ns)));
        let rate = m.msgs_per_s.map_or_else(String::new, |r| format!(", throughput {}", units::rate(r)));
        format!(" throng: {} actors alive together{latency}{rate}.", units::count(m.actors))
    });
    format!("<p class=\"verdict {class}\">{}{own}</p>\n", escape(&state))
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;

    use super::*;
    use crate::report::plot::chart::style_class;
    use crate::table::model::{Latency, Measured, Row, SCHEMA};

    const RUN: RunInfo<'_> = RunInfo {
        started: "2026-11-02 10:00:00",
        profile: "default",
        command: "cargo run --release -- table --profile default",
        interrupted: false,
        invalid: None,
    };

    fn table(env: serde_json::Value) -> Table {
        let one_way = Latency { p50: Some(10.3), p99: Some(11.8), max: 420.0, batch: 1_000, count: 5_000 };
        let measured = Measured {
            actors: 10_000_000,
            actors_limit: "target".to_owned(),
            one_way_ns: Some(one_way),
            ask_ns: None,
            msgs_per_s: Some(94.5e6),
            bytes_per_actor: None,
            speedup: None,
        };
        let row =
            |name: &str, measured| Row { name: name.to_owned(), claim: None, measured, note: String::new() };
        Table {
            schema: SCHEMA.to_owned(),
            env,
            rows: vec![row("throng", Some(measured.clone())), row("asyncio", Some(measured))],
        }
    }

    fn histogram(top: u64) -> Histogram<u64> {
        let mut h = Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("good bounds");
        for value in 1..=top {
            h.record(value).expect("in range");
        }
        h
    }

    fn curve<'a>(name: &'a str, histogram: &'a Histogram<u64>) -> Curve<'a> {
        Curve { name, note: "", histogram, unit_ns: 1.0, batch: 1 }
    }

    #[test]
    fn the_page_asks_nobody_for_anything() {
        let h = histogram(1_000);
        let page = page(&table(serde_json::json!({"cpu": "x"})), &[curve("a", &h)], &RUN);
        let lower = page.to_lowercase();
        for outside in [
            "http:", "https:", "src=", "href", "url(", "@import", "<script", "<link", "<img", "<iframe", "//",
        ] {
            assert!(!lower.contains(outside), "{outside} in the page");
        }
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
        assert_eq!(page.matches("<table").count(), page.matches("</table>").count());
        assert_eq!(page.matches("<section").count(), page.matches("</section>").count());
    }

    #[test]
    fn every_curve_has_a_path_with_data_in_both_drawings() {
        let histograms: Vec<_> = (1..=10).map(|i| histogram(i * 500)).collect();
        let names: Vec<String> = (0..10).map(|i| format!("system {i}")).collect();
        let curves: Vec<_> = names.iter().zip(&histograms).map(|(n, h)| curve(n, h)).collect();
        let page = page(&table(serde_json::Value::Null), &curves, &RUN);
        for (index, name) in names.iter().enumerate() {
            let group = format!(r#"<g class="curve {}"><path class="solid" d="M"#, style_class(index));
            let drawn: Vec<&str> = page.split(&group).skip(1).filter(|d| d.contains(name.as_str())).collect();
            assert!(drawn.len() >= 2, "{name} is drawn {} times", drawn.len());
            for data in &drawn[..2] {
                let data = data.split('"').next().expect("the path");
                assert!(data.matches('L').count() > 10, "{name}: {data}");
            }
            assert!(page.contains(&format!("</svg>{name}</th>")), "{name} in the legend");
        }
    }

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let h = histogram(100);
        let evil = "<script>alert('x')</script>\"&";
        let mut table = table(serde_json::json!({evil: evil}));
        table.rows[0].name = evil.to_owned();
        table.rows[0].note = evil.to_owned();
        let run = RunInfo { started: evil, profile: evil, command: evil, invalid: Some(evil), ..RUN };
        let page = page(&table, &[Curve { note: evil, ..curve(evil, &h) }], &run);
        assert!(!page.contains("<script") && !page.contains("\"&\""), "markup from outside");
        let safe = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;";
        assert!(page.matches(safe).count() >= 11, "{} places", page.matches(safe).count());
    }

    #[test]
    fn the_verdict_tells_the_state_of_the_run() {
        let whole = table(serde_json::Value::Null);
        let text = verdict(&whole, &RUN);
        assert!(text.contains("good") && text.contains("all 2 systems measured"), "{text}");
        assert!(
            text.contains(
                "10,000,000 actors alive together, 10.3 ns a message (median), throughput 94.5 M/s"
            ),
            "{text}"
        );

        let text = verdict(&whole, &RunInfo { interrupted: true, ..RUN });
        assert!(text.contains("partial") && text.contains("Interrupted: 2 of 2"), "{text}");
        let mut stopped = whole.clone();
        stopped.rows[0].note = "interrupted before ask could be measured".into();
        let text = verdict(&stopped, &RunInfo { interrupted: true, ..RUN });
        assert!(text.contains("Interrupted: 1 of 2 systems were measured completely"), "{text}");
        let text = verdict(&whole, &RunInfo { invalid: Some("3 messages lost."), interrupted: true, ..RUN });
        assert!(text.contains("bad") && text.contains("Not valid: 3 messages lost. "), "{text}");

        let mut partly = whole;
        partly.rows[1].measured = None;
        let text = verdict(&partly, &RUN);
        assert!(text.contains("partial") && text.contains("1 of 2 systems measured"), "{text}");
        partly.rows[0].measured = None;
        let text = verdict(&partly, &RUN);
        assert!(text.contains("bad") && !text.contains("Valid"), "{text}");
    }

    #[test]
    fn no_samples_and_no_curves_are_said() {
        let none = histogram(0);
        let shown = page(&table(serde_json::Value::Null), &[curve("quiet", &none)], &RUN);
        assert!(shown.contains("no samples") && !shown.contains("NaN"));
        assert!(page(&table(serde_json::Value::Null), &[], &RUN).contains("no latency was recorded"));
    }
}
