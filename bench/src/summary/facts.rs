//! The figures that one workload alone has, in words: what JSON tells one by one in a few.

use crate::scenario::pools;
use crate::units;
use serde_json::{Map, Value};

/// A line for each of them that says something.
pub(super) fn lines(facts: &Map<String, Value>) -> impl Iterator<Item = String> {
    facts.iter().filter_map(|(name, value)| {
        let told = match name.as_str() {
            "members_over_time" => course(value),
            "members_seen_most" => seen_most(value, facts),
            "refused" if facts.contains_key("refused_most") => refused(facts),
            // With all that were refused.
            "refused_least" | "refused_most" | "refused_by_subscriber" => return None,
            name => fact(name, value),
        };
        Some(format!("{}: {told}", words(name)))
    })
}

/// How many there were over time: its ends and its bounds.
fn course(changes: &Value) -> String {
    let pair = |change: &Value| Some((change[0].as_u64()?, change[1].as_u64()?));
    let changes: Vec<_> = changes.as_array().into_iter().flatten().filter_map(pair).collect();
    let at = |(ns, n): (u64, u64)| format!("{} at {}", units::count(n), units::time(ns as f64));
    let numbers = || changes.iter().map(|(_, n)| *n);
    match (&changes[..], numbers().min(), numbers().max()) {
        ([first, .., last], Some(least), Some(most)) => {
            let (least, most) = (units::count(least), units::count(most));
            let of = if changes.len() == pools::CHANGES { "the first " } else { "" };
            let many = units::counted(changes.len() as u64, "change");
            let (first, last) = (at(*first), at(*last));
            format!("{first}, {least} at least, {most} at most, {last}; {of}{many}, each of them in JSON")
        }
        ([one], ..) => format!("{}; 1 change, in JSON", at(*one)),
        _ => "no change".into(),
    }
}

/// The most members at once, and why they may be more than a pool takes.
fn seen_most(seen: &Value, facts: &Map<String, Value>) -> String {
    let told = fact("members_seen_most", seen);
    let taken = facts.get("members_most").and_then(Value::as_u64);
    if seen.as_u64() > taken {
        format!("{told}, with those that were leaving while others took their places")
    } else {
        told
    }
}

/// What all subscribers refused, and the bounds of what each did.
fn refused(facts: &Map<String, Value>) -> String {
    let of = |name: &str| facts.get(name).and_then(Value::as_u64).unwrap_or_default();
    let all = units::count(of("refused"));
    if of("refused") == 0 {
        return all;
    }
    let (least, most) = (units::count(of("refused_least")), units::count(of("refused_most")));
    let is_whole = facts.get("refused_by_subscriber").is_some_and(Value::is_array);
    let each = if is_whole { ", each of them in JSON" } else { "" };
    format!("{all}, {least} to {most} by a subscriber{each}")
}

/// A figure of one workload; names that end in `_ns` are times.
pub(super) fn fact(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // Pauses that nobody asked for.
        Value::Null if name == "backoff" => "off".into(),
        Value::Null => "not measured".into(),
        // Handlers that do no work of their own.
        Value::Number(number) if name == "service_ns" && number.as_u64() == Some(0) => "none".into(),
        Value::Number(number) if name.ends_with("_ns") => units::time(number.as_f64().unwrap_or_default()),
        Value::Number(number) => match number.as_u64() {
            Some(whole) => units::count(whole),
            None => format!("{:.2}", number.as_f64().unwrap_or_default()),
        },
        Value::Object(map) if map.contains_key("p50") => {
            let told: Vec<_> = ["p50", "p90", "p99", "max"]
                .into_iter()
                .filter_map(|name| Some(format!("{name} {}", units::time(map.get(name)?.as_f64()?))))
                .collect();
            told.join(" ")
        }
        Value::Object(map) => {
            let parts: Vec<_> =
                map.iter().map(|(name, value)| format!("{} {}", words(name), fact(name, value))).collect();
            parts.join("; ")
        }
        other => other.to_string(),
    }
}

fn words(name: &str) -> String {
    name.trim_end_matches("_ns").replace('_', " ")
}
