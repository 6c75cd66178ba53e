//! The page of a comparison: `compare/1`.

use std::path::Path;

use serde_json::Value;

use crate::assertion::metric::{Kind, Metric};
use crate::report::cards::{self, Row};
use crate::report::plot::scale::Unit;
use crate::report::raw::place::series;
use crate::report::raw::refused::Refused;
use crate::report::raw::shape::{Compare, Pair, Ratio, Side};
use crate::report::rendered::{Plots, Rendered, Sheet};
use crate::report::series::pairs;
use crate::report::shell::quoted_text;
use crate::report::verdict;
use crate::units;

/// The page of the comparison whose JSON is `file`.
///
/// # Errors
/// The file is damaged.
pub fn render(file: &Path) -> Result<Rendered, Refused> {
    let compare: Compare = series(file)?;
    let mut plots = Plots::default();
    plots.add(&pairs(&compare, &words(&compare)));
    Ok(Sheet {
        title: format!("{}: {} against {}", compare.workload, compare.b.label, compare.a.label),
        verdict: verdict::html(&compare.validity, &said(&compare)),
        started: Some(&compare.started),
        tables: vec![("A and B", sides(&compare)), ("Pairs", pairs_table(&compare))],
        plots,
        options: &Value::Null,
        env: &compare.env,
        command: &compare.command,
    }
    .render())
}

fn said(compare: &Compare) -> String {
    let mut said = match (compare.verdict.as_str(), compare.effect) {
        ("different", Some(effect)) => {
            format!(
                "Different: {} of B is off by {} from A's.",
                words(compare),
                Unit::Ratio.text(1.0 + effect)
            )
        }
        ("no difference", _) => "No difference was found.".to_owned(),
        // The state before it says that it is not valid.
        _ => String::new(),
    };
    let between = |r: Ratio| {
        format!(
            "{} (from {} to {})",
            Unit::Ratio.text(r.median),
            Unit::Ratio.text(r.low),
            Unit::Ratio.text(r.high)
        )
    };
    if let Some(ratio) = compare.ratio {
        said.push_str(&format!(" B by A: {}, {}.", between(ratio), pairs_told(&compare.pairs)));
    }
    if let Some(ratio) = compare.aa_ratio {
        said.push_str(&format!(" A by A: {}, {}.", between(ratio), pairs_told(&compare.aa_pairs)));
    }
    said
}

fn pairs_told(pairs: &[Pair]) -> String {
    units::counted(pairs.len() as u64, "pair")
}

/// The figure that was compared.
fn words(compare: &Compare) -> String {
    let counts = compare.counts();
    Metric::parse(&compare.metric).map_or_else(|_| compare.metric.clone(), |metric| metric.words(counts))
}

fn sides(compare: &Compare) -> String {
    let given = |side: &Side| match &side.given {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        Value::Array(words) => {
            let word = |word: &Value| word.as_str().map_or_else(|| word.to_string(), quoted_text);
            Some(words.iter().map(word).collect::<Vec<_>>().join(" "))
        }
        other => Some(other.to_string()),
    };
    let row = |head: &str, side: &Side| Row {
        head: head.to_owned(),
        cells: vec![Some(side.label.clone()), Some(side.kind.clone()), given(side)],
        note: String::new(),
    };
    cards::html("sides", &["Side", "Name", "Kind", "Given"], &[row("A", &compare.a), row("B", &compare.b)])
}

fn pairs_table(compare: &Compare) -> String {
    let kind = Metric::parse(&compare.metric).map_or(Kind::Count, |metric| metric.kind());
    let figure = |value: f64| kind.told(value);
    let row = |kind: &str, n: usize, pair: &Pair| Row {
        head: format!("{kind} {n}"),
        cells: vec![Some(figure(pair.a)), Some(figure(pair.b)), Some(Unit::Ratio.text(pair.ratio))],
        note: if pair.outlier { "far from the others; not left out".to_owned() } else { String::new() },
    };
    let ab = (1..).zip(&compare.pairs).map(|(n, pair)| row("A, B", n, pair));
    let aa = (1..).zip(&compare.aa_pairs).map(|(n, pair)| row("A, A", n, pair));
    let rows: Vec<Row> = ab.chain(aa).collect();
    let table = cards::html("pairs", &["Pair", "First", "Second", "Difference"], &rows);
    // The plot has all of them; whoever wants the numbers opens it.
    let pairs = units::counted(rows.len() as u64, "pair");
    format!("<details><summary>each of {pairs}</summary>{table}</details>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_pair_is_one_and_nothing_is_said_twice() {
        let side = json!({"label": "", "kind": "settings", "given": ""});
        let ratio = json!({"median": 1.0, "low": 1.0, "high": 1.0});
        let mut json = json!({
            "command": [], "started": "", "metric": "service.p99", "workload": "mesh", "counts": "arrival", "a": side, "b": side,
            "pairs": [{"a": 2_000.0, "b": 2_000.0, "ratio": 1.0}], "aa_pairs": [], "ratio": ratio, "aa_ratio": null,
            "band": null, "verdict": "not valid", "effect": 0.05, "validity": {"valid": false, "wrong": ["lost"]},
        });
        let of = |json: &Value| serde_json::from_value::<Compare>(json.clone()).expect("a comparison");
        let said_of_it = said(&of(&json));
        assert!(said_of_it.starts_with(" B by A: ") && said_of_it.ends_with(", 1 pair."), "{said_of_it}");
        // A latency is a time, whatever its name has in it.
        assert!(pairs_table(&of(&json)).contains("2.00 µs"), "{}", pairs_table(&of(&json)));
        (json["verdict"], json["metric"]) = ("different".into(), "ns_per_msg".into());
        assert!(said(&of(&json)).starts_with("Different: time an arrival of B"), "{}", said(&of(&json)));
    }
}
