//! A sweep in words: for a terminal, and as Markdown.

use super::load_text::{aligned, origin, ruled};
use super::metric;
use super::sweep::Sweep;
use crate::loadgen::meaning;
use crate::statistics::Estimate;
use crate::{latency, units};
use std::fmt::Write;

/// What stands where nothing was measured.
const NOTHING: &str = "-";

/// For a terminal.
pub fn text(sweep: &Sweep) -> String {
    let mut out = format!("{}\n", headline(sweep));
    for line in facts(sweep) {
        let _ = writeln!(out, "  {line}");
    }
    let (heads, rows) = points(sweep);
    let _ = write!(out, "\n{}", aligned(&heads, &rows));
    out
}

/// For a document: the same.
pub fn markdown(sweep: &Sweep) -> String {
    let mut out = format!("# {}\n\n", headline(sweep));
    for line in facts(sweep) {
        let _ = writeln!(out, "- {line}");
    }
    let (heads, rows) = points(sweep);
    let _ = write!(out, "\n{}", ruled(&heads, &rows));
    out + &origin(&sweep.started, &sweep.command)
}

fn headline(sweep: &Sweep) -> String {
    let mut line = format!(
        "{} over {}, {}",
        sweep.workload,
        sweep.over,
        units::counted(sweep.points.len() as u64, "point")
    );
    if let Some(find) = &sweep.find_max {
        let _ = write!(line, ": largest with {}: {}", find.condition, find.found_in_words());
    }
    if sweep.validity.interrupted {
        line.push_str(", interrupted");
    }
    if !sweep.validity.valid {
        line.push_str(", NOT VALID");
    }
    line
}

/// How many points hold, and of each other one why not, in a few words.
fn hold(sweep: &Sweep) -> String {
    let valid = sweep.points.iter().filter(|point| point.valid).count();
    let mut line = format!("{valid} of {} hold", units::counted(sweep.points.len() as u64, "point"));
    for point in sweep.points.iter().filter(|point| !point.valid) {
        let _ = write!(line, "; {}: {}", point.folder, meaning(point.exit.into()));
    }
    line
}

fn facts(sweep: &Sweep) -> Vec<String> {
    let mut lines = vec![hold(sweep)];
    lines.extend(sweep.validity.wrong.iter().map(|wrong| format!("wrong: {wrong}")));
    if let Some((find, not)) =
        sweep.find_max.as_ref().and_then(|find| Some((find, find.not_measured.as_ref()?)))
    {
        let why = latency::too_few(not.samples, not.needed);
        lines.push(format!("{} is not measured: {} {} {why}", find.condition, sweep.over, not.label));
    }
    if let Some(reference) = &sweep.reference {
        let mode = reference.mode.as_deref().unwrap_or("no");
        let makes = match reference.messages_per_arrival {
            1 => "1 message".to_owned(),
            n => format!("{n} messages"),
        };
        let folder = &reference.folder;
        lines.push(match (reference.rate, &reference.msgs_per_s) {
            (Some(rate), Some(msgs)) => format!(
                "100 %: {} arrivals, as {mode} load does {} and each arrival makes {makes} ({folder}/)",
                units::rate(rate),
                units::rate(msgs.median)
            ),
            _ => format!("100 %: not measured, as {mode} load has no throughput ({folder}/)"),
        });
    }
    if let Some(usl) = &sweep.usl {
        let peak = usl.peak.map_or("none".into(), |peak| format!("at {peak:.1} workers"));
        lines.push(format!(
            "scalability law: one worker {}, contention {:.4}, coherence {:.6}, peak {peak}",
            units::rate(usl.lambda),
            usl.sigma,
            usl.kappa
        ));
    }
    lines
}

fn points(sweep: &Sweep) -> (Vec<String>, Vec<Vec<String>>) {
    let rows = sweep.points.iter().map(|point| {
        let told = |name, estimate: &Option<Estimate>| {
            estimate.as_ref().map_or(NOTHING.into(), |estimate| metric::told(name, estimate.median))
        };
        let response = point.latency_ns.response;
        let cost = sweep.env.get("clock").and_then(|clock| clock["cost_ns"].as_f64()).unwrap_or_default();
        let time = |ns: Option<u64>| ns.map_or(NOTHING.into(), |ns| units::latency(ns, cost));
        let whole = sweep.reference.as_ref().and_then(|reference| reference.rate).filter(|rate| *rate > 0.0);
        let part = whole.map(|whole| format!(" ({:.0} %)", point.x as f64 / whole * 100.0));
        vec![
            point.label.clone() + &part.unwrap_or_default(),
            told("ns_per_msg", &point.ns_per_msg),
            told("msgs_per_s", &point.msgs_per_s),
            told("bytes_per_actor", &point.bytes_per_actor),
            time(response.and_then(|s| s.p50)),
            time(response.and_then(|s| s.p99)),
            time(response.and_then(|s| s.max)),
            if point.valid { "valid".into() } else { format!("NOT VALID ({})", point.exit) },
        ]
    });
    let words = |name| metric::words(name, sweep.counts.as_deref());
    // What came of a rate is one too.
    let over = if sweep.over == "rate" { "rate asked for" } else { &sweep.over };
    let (each, rate) = (words("ns_per_msg"), words("msgs_per_s"));
    let heads = [over, &each, &rate, "an actor", "p50", "p99", "max", ""].map(str::to_owned);
    (heads.into(), rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn sweep(over: &str, counts: &str, find_max: Value) -> Sweep {
        let latencies = json!({"response": null, "service": null, "schedule_lag": null});
        serde_json::from_value(json!({
            "schema": "sweep/1", "command": ["sweep", "mesh"], "started": "2026-01-01", "workload": "mesh", "over": over,
            "counts": counts,
            "reference": {"folder": "saturate", "mode": "saturate", "runs": 1, "exit": 5, "valid": false, "why": null,
                "msgs_per_s": null, "messages_per_arrival": 4, "rate": null},
            "points": [{"x": 10, "label": "10", "folder": "point-1", "runs": 1, "exit": 0, "valid": true, "why": null,
                "msgs_per_s": null, "ns_per_msg": null, "bytes_per_actor": null, "latency_ns": latencies}],
            "find_max": find_max, "usl": null, "validity": {"valid": true, "interrupted": false, "wrong": []}, "env": {},
        }))
        .expect("a sweep")
    }

    #[test]
    fn what_was_asked_for_and_what_came_of_it_have_names_of_their_own() {
        let text = text(&sweep("rate", "arrival", Value::Null));
        let heads = text.lines().find(|line| line.contains("p99")).expect("heads");
        let words: Vec<_> = heads.split("  ").map(str::trim).filter(|word| !word.is_empty()).collect();
        assert_eq!(
            words,
            ["rate asked for", "time an arrival", "arrivals a second", "an actor", "p50", "p99", "max"]
        );
        assert!(text.starts_with("mesh over rate, 1 point\n"), "{text}");
        assert!(
            text.contains("  100 %: not measured, as saturate load has no throughput (saturate/)\n"),
            "{text}"
        );
        let of_workers = markdown(&sweep("workers", "firing", Value::Null));
        assert!(of_workers.contains("| workers | time a firing | firings a second |"), "{of_workers}");
    }

    #[test]
    fn what_was_not_measured_is_no_none() {
        let find = |found: Value, not: Value| json!({"condition": "p99<100us", "found": null, "found_label": found, "tried": 1, "not_measured": not});
        let told = |find: Value| text(&sweep("rate", "arrival", find));
        let few = json!({"label": "10", "samples": 320, "needed": 1_000});
        let text = told(find(Value::Null, few.clone()));
        let line = "  p99<100us is not measured: rate 10 has 320 samples of the 1,000 that it needs: take a longer --duration\n";
        assert!(
            text.starts_with("mesh over rate, 1 point: largest with p99<100us: not measured\n"),
            "{text}"
        );
        assert!(text.contains(line), "{text}");
        // One that was found, and the next point does not tell.
        let text = told(find(json!("5"), few));
        assert!(text.contains("p99<100us: 5\n") && text.contains(line), "{text}");
        let text = told(find(Value::Null, Value::Null));
        assert!(text.contains("p99<100us: none\n") && !text.contains("is not measured"), "{text}");
        let text = told(find(Value::Null, json!({"label": "10", "samples": 0, "needed": 1})));
        assert!(text.contains("rate 10 has no samples: "), "{text}");
    }

    #[test]
    fn a_point_that_does_not_hold_is_named_with_its_reason() {
        let mut missed = sweep("rate", "arrival", Value::Null);
        let mut second = missed.points[0].clone();
        (second.folder, second.exit, second.valid) = ("point-2".into(), 3, false);
        missed.points.push(second);
        let told = text(&missed);
        assert!(told.contains("\n  1 of 2 points hold; point-2: rate missed (3)\n"), "{told}");
        assert!(!told.contains("\n  1 of 2 points hold\n"), "{told}");
    }

    #[test]
    fn the_end_of_the_range_is_told_as_such() {
        let find =
            json!({"condition": "p99<1ms", "found": 8_000, "found_label": "8k", "at_end": true, "tried": 2});
        let told = text(&sweep("rate", "arrival", find));
        let line =
            "mesh over rate, 1 point: largest with p99<1ms: 8k, the end of the range: more was not tried\n";
        assert!(told.starts_with(line), "{told}");
    }
}
