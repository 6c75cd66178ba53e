//! The certificate of a run as tables: whatever the JSON holds, nested objects under their own head.

use std::fmt::Write;

use serde_json::Value;

use super::escape::escape;
use crate::units;

/// What stands over the plain values of a certificate.
pub const MACHINE: &str = "Machine and build";

/// Tables for every value of `env`, or a line that says there are none. `head` stands over those that are not nested.
pub fn html(head: &str, env: &Value) -> String {
    let Value::Object(fields) = env else {
        return "<p class=\"none\">not recorded</p>".to_owned();
    };
    if fields.is_empty() {
        return "<p class=\"none\">not recorded</p>".to_owned();
    }
    let mut out = String::from("<div class=\"environment\">");
    let nested = |value: &Value| matches!(value, Value::Object(_));
    if fields.values().any(|value| !nested(value)) {
        section(&mut out, head, |out| {
            fields
                .iter()
                .filter(|(_, value)| !nested(value))
                .for_each(|(name, value)| rows(out, name, name, value));
        });
    }
    for (name, value) in fields.iter().filter(|(_, value)| nested(value)) {
        section(&mut out, name, |out| rows(out, "", name, value));
    }
    out.push_str("</div>");
    out
}

/// What the options of a run are called, and what of it is worth other words.
const OPTIONS: [(&str, &str); 11] = [
    ("batch", "messages a turn"),
    ("duration_ns", "measured time"),
    ("freeze_ns", "one handler stands still for"),
    ("hops", "messages of each arrival"),
    ("mailbox", "mailbox, messages"),
    ("overflow", "a full mailbox"),
    ("payload", "bytes of a message"),
    ("probe", "hops probed"),
    ("sample_every", "stamped"),
    ("service_ns", "work for each message"),
    ("warmup", "warm-up"),
];

/// The options of a run as a table, in words. What a run does not say of is left open: older ones did not say what was used
/// where nothing was given.
pub fn options(head: &str, options: &Value) -> String {
    let Value::Object(fields) = options else { return html(head, options) };
    let mut out = String::from("<div class=\"environment\">");
    section(&mut out, head, |out| {
        for (name, value) in fields {
            let words = OPTIONS.iter().find(|(option, _)| option == name).map(|(_, words)| *words);
            let text = match (name.as_str(), value) {
                (_, Value::Null) => "-".to_owned(),
                ("sample_every", every) if every == 1 => "all".to_owned(),
                ("sample_every", every) => format!("1 in {every}"),
                ("warmup", Value::String(auto)) if auto == "auto" => "until steady".to_owned(),
                ("warmup" | "duration_ns" | "service_ns" | "freeze_ns", value) => match value.as_f64() {
                    Some(0.0) => "none".to_owned(),
                    _ => text("_ns", value),
                },
                (name, value) => text(name, value),
            };
            row(out, words.unwrap_or(name), &text);
        }
    });
    out.push_str("</div>");
    out
}

fn section(out: &mut String, head: &str, fill: impl FnOnce(&mut String)) {
    let _ = write!(out, "<section><h3>{}</h3><table>", escape(head));
    fill(out);
    out.push_str("</table></section>");
}

/// The rows of `value`: `label` is its name within the section, `path` the whole one, which tells its unit.
fn rows(out: &mut String, label: &str, path: &str, value: &Value) {
    let joined = |a: &str, b: &str| if a.is_empty() { b.to_owned() } else { format!("{a}.{b}") };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                rows(out, &joined(label, name), &joined(path, name), value);
            }
        }
        Value::Array(items) if items.iter().any(|i| i.is_object() || i.is_array()) => {
            for (i, value) in items.iter().enumerate() {
                let name = (i + 1).to_string();
                rows(out, &joined(label, &name), &joined(path, &name), value);
            }
        }
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().map(|i| text(path, i)).collect();
            row(out, label, &texts.join(", "));
        }
        scalar => row(out, label, &text(path, scalar)),
    }
}

fn row(out: &mut String, label: &str, text: &str) {
    let _ = write!(out, r#"<tr><th scope="row">{}</th><td>{}</td></tr>"#, escape(label), escape(text));
}

/// A value that is neither object nor array. Numbers take the unit that some part of their path ends with.
fn text(path: &str, value: &Value) -> String {
    let unit = |suffix: &str| path.split('.').any(|part| part.ends_with(suffix));
    match value {
        Value::Null => "not available".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(n) => match n.as_f64() {
            Some(ns) if unit("_ns") => units::time(ns),
            Some(bytes) if unit("_bytes") => units::bytes(bytes),
            _ => n.to_string(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nested_objects_become_rows_with_their_units() {
        let html = html(
            MACHINE,
            &json!({
                "kernel": "6.1 <smp>",
                "hypervisor": null,
                "invariant_tsc": true,
                "cores": 2,
                "load": [0.1, 0.2, 0.3],
                "memory_bytes": 25_769_803_776_u64,
                "cross_core_ns": {"before": 64.2, "after": 227},
                "limits": {"line": {"owned_ns": 5.3}, "steps": [{"name": "cas", "ns": 1}]},
            }),
        );
        for (label, text) in [
            ("kernel", "6.1 &lt;smp&gt;"),
            ("hypervisor", "not available"),
            ("invariant_tsc", "yes"),
            ("cores", "2"),
            ("load", "0.1, 0.2, 0.3"),
            ("memory_bytes", "24.0 GiB"),
            ("before", "64.2 ns"),
            ("after", "227 ns"),
            ("line.owned_ns", "5.30 ns"),
            ("steps.1.name", "cas"),
        ] {
            let row = format!(r#"<tr><th scope="row">{label}</th><td>{text}</td></tr>"#);
            assert!(html.contains(&row), "{row} is missing in {html}");
        }
        for head in [MACHINE, "cross_core_ns", "limits"] {
            assert!(html.contains(&format!("<h3>{head}</h3>")), "{head}");
        }
    }

    #[test]
    fn options_are_in_words() {
        let html = options(
            "Options",
            &json!({"workers": 2, "hops": 4, "service_ns": 0, "warmup": "auto", "sample_every": 64, "order": null}),
        );
        for (label, text) in [
            ("workers", "2"),
            ("messages of each arrival", "4"),
            ("work for each message", "none"),
            ("warm-up", "until steady"),
            ("stamped", "1 in 64"),
            ("order", "-"),
        ] {
            let row = format!(r#"<tr><th scope="row">{label}</th><td>{text}</td></tr>"#);
            assert!(html.contains(&row), "{row} is missing in {html}");
        }
        let html = options("Options", &json!({"sample_every": 1, "warmup": 200_000_000}));
        assert!(html.contains("<td>all</td>") && html.contains("<td>200 ms</td>"), "{html}");
    }

    #[test]
    fn nothing_recorded_is_said() {
        for env in [Value::Null, json!({}), json!("text")] {
            assert!(html(MACHINE, &env).contains("not recorded"));
        }
    }
}
