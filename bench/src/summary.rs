//! A run in words: for a terminal, and as Markdown.

mod facts;

use crate::latency::Summary;
use crate::machine::words;
use crate::run::Run;
use crate::scenario::plan::LoadFacts;
use crate::units;
use facts::fact;
use serde_json::Value;
use std::fmt::Write;

/// For a terminal: the figure first.
pub fn text(run: &Run) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", headline(run));
    for (name, value) in rows(run) {
        let _ = writeln!(out, "  {name:<12} {value}");
    }
    out
}

/// For a document: the same as a table.
pub fn markdown(run: &Run) -> String {
    let mut out = format!("# {}\n\n| | |\n|---|---|\n", headline(run));
    for (name, value) in rows(run) {
        let _ = writeln!(out, "| {name} | {} |", value.replace('|', "\\|"));
    }
    out
}

fn headline(run: &Run) -> String {
    let workers = run.engine["workers"].as_u64().unwrap_or_default();
    let workers = if workers == 1 { "1 worker".into() } else { format!("{workers} workers") };
    let mut line = format!("{}, {}, {workers}", run.workload, run.mode);
    if let Some(load) = &run.load {
        let response: Option<Summary> = serde_json::from_value(run.latency_ns["response"].clone()).ok();
        let cost = run.env["clock"]["cost_ns"].as_f64().unwrap_or_default();
        let at = |name, ns: Option<u64>| ns.map(|ns| format!("{name} {}", units::latency(ns, cost)));
        // What a rate is given, it has: the response is what is asked for.
        let figures = response
            .map_or(Vec::new(), |r| [at("p50", r.p50), at("p99", r.p99)].into_iter().flatten().collect());
        if let (Some(rate), false) = (load.rate_actual, figures.is_empty()) {
            let _ = write!(line, ": response {} at {}", figures.join(", "), units::rate(rate));
            if let Some(done) = run.msgs_per_s.filter(|_| load.overloaded) {
                let _ = write!(line, " sent, {} done", units::rate(done));
            }
        }
    } else if let (Some(ns), Some(rate)) = (run.ns_per_msg, run.msgs_per_s) {
        let _ = write!(line, ": {} {} ({})", units::time(ns), units::a(run.counts), units::rate(rate));
    }
    let (offered, what) = tried(run);
    let mut of = format!(" of {}", units::counted(offered, what));
    for (what, n) in [("refused", refused(run)), ("dropped", dropped(run))] {
        // What was turned away was soon done: no figure is to be read without it.
        if n > offered / 100 {
            let _ = write!(line, ", {:.1} %{of} {what}", n as f64 * 100.0 / offered as f64);
            of.clear();
        }
    }
    if run.validity["interrupted"] == true {
        line.push_str(", interrupted");
    }
    if run.validity["valid"] != true {
        line.push_str(", NOT VALID");
    }
    line
}

/// A figure of the ledger.
fn told(run: &Run, name: &str) -> u64 {
    run.ledger[name].as_u64().unwrap_or_default()
}

/// All causes of one kind in the ledger.
fn causes(run: &Run, name: &str) -> u64 {
    run.ledger[name].as_object().map_or(0, |causes| causes.values().filter_map(Value::as_u64).sum())
}

/// What the load tried to send, accepted or not, and the word for it. Not the ledger's sends: the actors' words to themselves
/// are among those, and every hop of an arrival, and nobody refuses or drops them.
fn tried(run: &Run) -> (u64, &'static str) {
    match (&run.load, run.offered) {
        (Some(load), _) => (load.offered, "arrival"),
        (None, Some(offered)) => offered,
        // Who was refused tried again.
        (None, None) => (run.messages + refused(run), "send"),
    }
}

/// Arrivals that full mailboxes refused for good; refused sends of a load without a plan.
fn refused(run: &Run) -> u64 {
    // A generator that waits for its place is refused many times, and sends its arrival in the end.
    run.load.as_ref().map_or_else(|| causes(run, "refused"), |load| load.refused)
}

/// Those that a policy dropped.
fn dropped(run: &Run) -> u64 {
    causes(run, "dropped")
}

fn rows(run: &Run) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    for wrong in run.validity["wrong"].as_array().into_iter().flatten() {
        rows.push(("wrong", wrong.as_str().unwrap_or_default().to_owned()));
    }
    let took = run.elapsed_ns.map_or(String::new(), |ns| format!(" in {}", units::time(ns as f64)));
    rows.push(("work", format!("{}{took}", units::counted(run.messages, run.counts))));
    if let Some(load) = &run.load {
        rows.push(("load", offered(run, load)));
    }
    if let Some(drain) = run.drain.filter(|drain| drain.is_considerable(run.messages)) {
        let after = units::time(drain.lasted_ns as f64);
        let drained = units::counted(drain.messages, run.counts);
        rows.push((
            "drain",
            format!("{drained} handled after the measured time, in {after}: not counted above"),
        ));
    }
    let latencies = [("response", "response"), ("service", "service"), ("lag", "schedule_lag")];
    rows.extend(latencies.into_iter().filter_map(|(row, name)| Some((row, latency(run, name)?))));
    if let Some(bytes) = run.bytes_per_actor {
        rows.push(("memory", format!("{bytes:.1} B an actor")));
    } else if let Some(why) = run.notes["bytes_per_actor"].as_str() {
        rows.push(("memory", why.to_owned()));
    }
    rows.extend(facts::lines(&run.facts).map(|line| ("", line)));
    if let Some(producers) = run.producers {
        let held = run.occupancy_max.map_or("not told".into(), units::count);
        let mailbox = units::count(run.options["mailbox"].as_u64().unwrap_or_default());
        let overflow = run.options["overflow"].as_str().unwrap_or_default();
        let producers = units::count(producers);
        let senders = match run.window {
            Some(window) => {
                let window = units::count(window.into());
                format!("{producers} producers, windows of {window}; mailbox {mailbox}: {held} held at most")
            }
            None => format!("{producers} producers; mailbox {mailbox}, {overflow}: {held} held at most"),
        };
        rows.push(("senders", senders));
    }
    if let Some(stalls) = &run.stall_ns {
        let times = stalls["count"].as_u64().unwrap_or_default();
        let what = if run.window.is_some() { "waits for credit" } else { "suspensions" };
        rows.push(("stalls", format!("{} ({} {what})", fact("stalls", stalls), units::count(times))));
    }
    if let Some(bytes) = run.rss_peak_bytes {
        rows.push(("resident", format!("{} at most", units::bytes(bytes as f64))));
    }
    let ledger = |name: &str| units::count(told(run, name));
    // Sends, where the load above tells of arrivals.
    let refused = causes(run, "refused");
    let again = match run.load.as_ref().map_or(0, |load| load.tried_again) {
        0 => String::new(),
        n if n == refused => " (each of an arrival that was kept, to be tried again)".into(),
        n => format!(" ({} of them of arrivals that were kept, to be tried again)", units::count(n)),
    };
    let both = run.options["overflow"] == "drop-oldest";
    let dropped: Vec<_> = ["newest", "oldest"]
        .into_iter()
        .filter_map(|cause| Some((cause, run.ledger["dropped"][cause].as_u64()?)))
        .filter(|(_, n)| *n > 0)
        .map(|(cause, n)| {
            let why = if both && cause == "newest" { " (came beyond twice the capacity)" } else { "" };
            format!(", {} dropped as the {cause}{why}", units::count(n))
        })
        .collect();
    rows.push((
        "ledger",
        format!(
            "{} sends, {} refused{again}, {} handled{}, {} left",
            ledger("attempts"),
            units::count(refused),
            ledger("handled"),
            dropped.concat(),
            ledger("queued")
        ),
    ));
    let engine: Vec<_> = ["turns", "muted", "steals", "rescued", "parks", "wakes"]
        .into_iter()
        .map(|name| format!("{} {name}", units::count(run.engine[name].as_u64().unwrap_or_default())))
        .collect();
    rows.push(("engine", engine.join(", ")));
    rows.push(("machine", words::line(&Value::Object(run.env.clone()))));
    rows
}

/// What an open load was to be, and what it was.
fn offered(run: &Run, load: &LoadFacts) -> String {
    let target = load.rate_target.map_or(String::new(), |rate| format!(" {}", units::rate(rate as f64)));
    let actual = load.rate_actual.map_or("nothing".into(), units::rate);
    let warm_up = match load.warmup_ns {
        0 => "no warm-up".into(),
        ns => format!("warm-up {}", units::time(ns as f64)),
    };
    // What was steady while it warmed up is no steady load where more came than was handled.
    let state = match (load.overloaded, load.missed, load.steady) {
        (true, true, _) => ", OVERLOADED: the rate was not kept".into(),
        (true, false, _) => {
            format!(", OVERLOADED: {} more came than were done", units::counted(load.backlog_grew, "arrival"))
        }
        (false, _, None) => String::new(),
        (false, _, Some(true)) => ", then steady".into(),
        (false, _, Some(false)) => ", NEVER STEADY".into(),
    };
    let done = run.msgs_per_s.filter(|_| load.overloaded);
    let done = done.map_or(String::new(), |rate| format!(", {} done", units::rate(rate)));
    let turned_away = match load.refused {
        0 => String::new(),
        n => format!(", {} refused", units::counted(n, "arrival")),
    };
    let lacking: String = [("dropped", dropped(run)), ("not sent", load.not_sent)]
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(what, n)| format!(", {} {what}", units::count(n)))
        .collect();
    let measured = units::time(load.measured_ns as f64);
    let drained = match load.drain_ns {
        0 => String::new(),
        ns => format!(", drained {}", units::time(ns as f64)),
    };
    format!(
        "{}{target}: {actual} sent{done}{turned_away}{lacking}; {warm_up}{state}, measured {measured}{drained}",
        load.arrival
    )
}

fn latency(run: &Run, name: &str) -> Option<String> {
    let summary: Summary = serde_json::from_value(run.latency_ns[name].clone()).ok()?;
    let cost = run.env["clock"]["cost_ns"].as_f64().unwrap_or_default();
    let mut parts = Vec::new();
    for (name, ns) in [("p50", summary.p50), ("p90", summary.p90), ("p99", summary.p99), ("max", summary.max)]
    {
        if let Some(ns) = ns {
            parts.push(format!("{name} {}", units::latency(ns, cost)));
        }
    }
    let what = match name {
        "service" => "from sent to done",
        "schedule_lag" => "from planned to sent",
        _ => run.response_is.as_deref().unwrap_or("response"),
    };
    Some(format!("{} ({what}; {} samples)", parts.join(", "), units::count(summary.count)))
}

#[cfg(test)]
mod tests;
