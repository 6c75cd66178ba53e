//! A comparison in words: for a terminal, and as Markdown.

use super::compare::{Compare, Kind, Side};
use super::load::CrossCore;
use super::load_text::{aligned, interval, origin, ruled};
use super::metric;
use super::verdict::LEAST_EFFECT;
use crate::statistics::Estimate;
use crate::units;
use std::fmt::Write;

/// For a terminal: the verdict first.
pub fn text(compare: &Compare) -> String {
    let mut out = format!("{}\n", headline(compare));
    for line in facts(compare) {
        let _ = writeln!(out, "  {line}");
    }
    let (heads, rows) = pairs(compare);
    if !rows.is_empty() {
        let _ = write!(out, "\n{}", aligned(&heads, &rows));
    }
    out
}

/// For a document: the same.
pub fn markdown(compare: &Compare) -> String {
    let mut out = format!("# {}\n\n", headline(compare));
    for line in facts(compare) {
        let _ = writeln!(out, "- {line}");
    }
    let (heads, rows) = pairs(compare);
    if !rows.is_empty() {
        let _ = write!(out, "\n## Pairs\n\n{}", ruled(&heads, &rows));
    }
    out + &origin(&compare.started, &compare.command)
}

fn headline(compare: &Compare) -> String {
    let words = metric::words(&compare.metric, compare.counts.as_deref());
    let mut line = format!("{}, {words}: {}", compare.workload, compare.verdict.name());
    if let Some(effect) = compare.effect.filter(|_| compare.validity.valid) {
        let which = if effect < 0.0 { "below" } else { "above" };
        let _ = write!(line, ", B {:.1} % {which} A", 100.0 * effect.abs());
    }
    if compare.validity.interrupted {
        line.push_str(", interrupted");
    }
    line
}

fn side(name: &str, side: &Side) -> String {
    let kind = match side.kind {
        Kind::Settings => "settings",
        Kind::Binary => "binary",
        Kind::Revision => "revision",
    };
    format!("{name}: {} ({kind})", side.label)
}

fn facts(compare: &Compare) -> Vec<String> {
    let mut lines: Vec<String> =
        compare.validity.wrong.iter().map(|wrong| format!("wrong: {wrong}")).collect();
    lines.push(side("A", &compare.a));
    lines.push(side("B", &compare.b));
    if let Some(ratio) = &compare.ratio {
        lines.push(format!("B / A {}", told(ratio)));
    }
    if let Some(ratio) = &compare.aa_ratio {
        lines.push(format!("A / A {}", told(ratio)));
    }
    if let Some(band) = compare.band {
        lines.push(format!(
            "different is what excludes 1 and exceeds {:.1} %",
            100.0 * band.max(LEAST_EFFECT)
        ));
    }
    if let Some(clusters) = &compare.clusters {
        let all = compare.pairs.len();
        let pairs = |n: usize| units::counted(n as u64, "pair");
        match clusters.border_ns {
            None if clusters.pairs_in_one == all => {
                lines.push(format!("the machine was in one state, over all of {}", pairs(all)));
            }
            None => {
                lines.push(format!("{} of {all} pairs tell the machine's state", clusters.pairs_in_one));
            }
            Some(border) => {
                lines.push(format!(
                    "the machine was in two states, parted at {border:.0} ns a crossing: {} of {all} pairs lie in one",
                    clusters.pairs_in_one
                ));
                for (name, cluster) in [("cheap", &clusters.low), ("dear", &clusters.high)] {
                    let ratio = cluster.ratio.as_ref().map_or("-".into(), told);
                    lines.push(format!("where crossing was {name}: {}, B / A {ratio}", pairs(cluster.pairs)));
                }
            }
        }
    }
    lines.extend(compare.notes.iter().cloned());
    lines
}

fn told(ratio: &Estimate) -> String {
    let Estimate { median, low, high, runs, .. } = ratio;
    format!("{median:.4} ({low:.4} .. {high:.4}, {} of {runs})", interval(ratio))
}

fn pairs(compare: &Compare) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let value = |value| metric::told(&compare.metric, value);
    let crossing = |cross: CrossCore| {
        let told = [cross.before, cross.after].map(|ns| ns.map_or("-".into(), |ns| format!("{ns:.0}")));
        told.join(" ")
    };
    let rows = compare.pairs.iter().enumerate().map(|(n, pair)| {
        let aa = compare.aa_pairs.get(n).map_or("-".into(), |aa| format!("{:.4}", aa.ratio));
        vec![
            (n + 1).to_string(),
            value(pair.a),
            value(pair.b),
            format!("{:.4}", pair.ratio),
            aa,
            crossing(pair.cross_core_ns.a),
            crossing(pair.cross_core_ns.b),
            if pair.outlier { "stands apart".into() } else { String::new() },
        ]
    });
    (vec!["pair", "A", "B", "B / A", "A / A", "crossing ns A", "B", ""], rows.collect())
}
