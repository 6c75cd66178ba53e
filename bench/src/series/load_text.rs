//! A load in words: for a terminal, and as Markdown.

use super::clusters::{self, State};
use super::load::{Load, Run};
use super::metric::{self, LATENCIES};
use crate::latency::Summary;
use crate::statistics::{Estimate, Interval};
use crate::units;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, TableStyle};
use std::fmt::Write;

/// A line below the heads, and nothing else that is not content.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
/// What stands where nothing was measured.
const NOTHING: &str = "-";

/// A table of text, the first column to the left and the others to the right.
pub fn aligned<Head: AsRef<str>>(heads: &[Head], rows: &[Vec<String>]) -> String {
    let mut drawn = comfy_table::Table::new();
    drawn.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled);
    drawn.set_header(heads.iter().map(AsRef::as_ref));
    for row in rows {
        drawn.add_row(row);
    }
    for n in 1..heads.len() {
        if let Some(column) = drawn.column_mut(n) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    drawn.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The same as Markdown.
pub fn ruled<Head: AsRef<str>>(heads: &[Head], rows: &[Vec<String>]) -> String {
    let names: Vec<_> = heads.iter().map(AsRef::as_ref).collect();
    let mut out = format!("| {} |\n|---|{}\n", names.join(" | "), "---:|".repeat(heads.len() - 1));
    for row in rows {
        let cells: Vec<_> = row.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}

/// For a terminal: the figure first.
pub fn text(load: &Load) -> String {
    let mut out = format!("{}\n", headline(load));
    for (name, fact) in facts(load) {
        let _ = writeln!(out, "  {name:<9} {fact}");
    }
    for (heads, rows) in [latencies(load), over_runs(load), runs(load)] {
        if !rows.is_empty() {
            let _ = write!(out, "\n{}", aligned(&heads, &rows));
        }
    }
    out
}

/// For a document: the same.
pub fn markdown(load: &Load) -> String {
    let mut out = format!("# {}\n\n", headline(load));
    for (name, fact) in facts(load) {
        let _ = writeln!(out, "- {name}: {fact}");
    }
    for (title, (heads, rows)) in [
        ("All samples together", latencies(load)),
        ("Over the runs", over_runs(load)),
        ("Each run", runs(load)),
    ] {
        if !rows.is_empty() {
            let _ = write!(out, "\n## {title}\n\n{}", ruled(&heads, &rows));
        }
    }
    out + &origin(&load.started, &load.command)
}

/// When a series was started, and what repeats it: a line of Markdown.
pub fn origin(started: &str, command: &[String]) -> String {
    let words = command.iter().map(String::as_str);
    // No argument of a process has the one character that a shell cannot be given.
    let line = shlex::try_join(words).unwrap_or_else(|_| command.join(" "));
    format!("\nStarted {started} UTC: `throng {line}`\n")
}

fn headline(load: &Load) -> String {
    let runs = load.runs.len();
    let mut line = load.workload.clone();
    if let Some(mode) = &load.mode {
        let _ = write!(line, ", {mode}");
    }
    let _ = write!(line, ", {runs} {}", if runs == 1 { "run" } else { "runs" });
    let figure = |name: &str| load.over_runs.get(name).copied().flatten();
    // The rate of an open load was asked for: what came of it is its latency.
    let response = load.merged.latency_ns.response.filter(|_| load.load.is_some());
    if let Some(response) = response {
        let told = [("p50", response.p50), ("p90", response.p90), ("p99", response.p99)];
        let told: Vec<_> = told
            .iter()
            .filter_map(|(q, ns)| Some(format!("{q} {}", units::latency((*ns)?, cost(load)))))
            .collect();
        let _ = write!(line, ": response {}", told.join(", "));
    } else if let (Some(ns), Some(rate)) = (figure("ns_per_msg"), figure("msgs_per_s")) {
        let one = units::a(load.counts.as_deref().unwrap_or("message"));
        let _ = write!(line, ": {} {one} ({})", units::time(ns.median), units::rate(rate.median));
    } else if let Some(bytes) = figure("bytes_per_actor") {
        let _ = write!(line, ": {} an actor", units::bytes(bytes.median));
    }
    if let Some(early) = load.ended_early() {
        let _ = write!(line, ", {early}");
    }
    if !load.validity.valid {
        line.push_str(", NOT VALID");
    }
    line
}

/// What stands before the tables, each with its name: whether it holds, what was offered, and what the machine did.
fn facts(load: &Load) -> Vec<(&'static str, String)> {
    let valid = load.runs.iter().filter(|run| run.valid).count();
    let hold = match load.ended_early() {
        None => format!("{valid} of {} runs hold", load.runs.len()),
        Some(early) => format!("{early}; {valid} of {} that were begun hold", load.runs.len()),
    };
    let mut facts = vec![("validity", hold)];
    facts.extend(load.validity.wrong.iter().map(|wrong| ("wrong", wrong.clone())));
    facts.extend(load.dropped().map(|line| ("dropped", line)));
    facts.extend(seeds(load).map(|line| ("seeds", line)));
    if let Some(offered) = &load.load {
        let target = offered
            .rate_target
            .map_or(String::new(), |rate| format!(" {} asked for,", units::rate(rate as f64)));
        let actual = offered.rate_actual.map_or("nothing".into(), |actual| units::rate(actual.median));
        // A warm-up may be steady under a load that the measured time shows to be too much.
        let steady = match (offered.overloaded, offered.steady) {
            (Some(true), _) => "OVERLOADED in some run: more came than was handled",
            (_, None) => "not waited until it was steady",
            (_, Some(true)) => "steady in every run",
            (_, Some(false)) => "NEVER STEADY in some run",
        };
        facts.push(("rate", format!("{},{target} {actual} sent; {steady}", offered.arrival)));
    }
    let drains = load.runs.iter().filter_map(|run| Some((run, run.drain?)));
    if let Some((run, drain)) = drains.max_by_key(|(_, drain)| drain.messages) {
        let drained = units::counted(drain.messages, load.counts.as_deref().unwrap_or("message"));
        let after = units::time(drain.lasted_ns as f64);
        let line =
            format!("{} handled {drained} after the measured time, in {after}: not counted", run.folder);
        facts.push(("drain", line));
    }
    if let Some(tail) = &load.tail {
        let (late, above) = (units::count(tail.later_than), units::time(tail.above_ns as f64));
        let share = tail.explained * 100.0;
        let line = match tail.later_than {
            0 => format!("no response above {above}: there is nothing to explain by its gaps"),
            _ => format!(
                "its gaps explain about {share:.0} % of {late} responses above {above} (a first-order model)"
            ),
        };
        facts.push(("machine", line));
    }
    if let Some(around) = &load.jitter {
        let seen: Vec<_> = [("before", around.before), ("after", around.after)]
            .into_iter()
            .map(|(when, gaps)| {
                let Some(gaps) = gaps else { return format!("not looked for {when}") };
                let longest = gaps.gap_ns.max.map_or("none".into(), |ns| units::time(ns as f64));
                format!("{:.2} % of the time {when} (longest {longest})", gaps.stolen_share * 100.0)
            })
            .collect();
        facts.push(("gaps", seen.join("; ")));
    }
    facts.extend(crossing(load).map(|line| ("crossing", line)));
    facts
}

/// What chance was given to each run.
fn seeds(load: &Load) -> Option<String> {
    let (first, runs) = (load.env.get("seed")?.as_u64()?, load.runs.len() as u64);
    let last = first.wrapping_add(runs.checked_sub(1)?);
    Some(match runs {
        1 => format!("{first} in run-1"),
        _ => format!("{first} in run-1, each next run has the next one, up to {last}"),
    })
}

/// What crossing between the cores cost around the runs: one price, or two where the machine changed its state.
fn crossing(load: &Load) -> Option<String> {
    let prices = |wanted: Option<State>, border| {
        let runs = load.runs.iter().filter(move |run| {
            wanted.is_none_or(|wanted| clusters::state(border, run.cross_core_ns) == wanted)
        });
        let prices =
            runs.clone().flat_map(|run| [run.cross_core_ns.before, run.cross_core_ns.after]).flatten();
        let (low, high) =
            prices.fold((f64::INFINITY, 0.0), |(low, high), ns: f64| (ns.min(low), ns.max(high)));
        (runs.count(), format!("{low:.0} to {high:.0} ns"))
    };
    let all: Vec<f64> = load
        .runs
        .iter()
        .flat_map(|run| [run.cross_core_ns.before, run.cross_core_ns.after])
        .flatten()
        .collect();
    if all.is_empty() {
        return None;
    }
    let Some(border) = clusters::border(&all) else {
        return Some(format!("{} from core to core, one state of the machine", prices(None, None).1));
    };
    let told: Vec<_> = [("cheap", State::Low), ("dear", State::High), ("changing", State::Mixed)]
        .into_iter()
        .map(|(name, state)| (name, prices(Some(state), Some(border))))
        .filter(|(_, (runs, _))| *runs > 0)
        .map(|(name, (runs, span))| format!("{runs} {name} at {span}"))
        .collect();
    Some(format!("TWO STATES of the machine, by run: {}", told.join("; ")))
}

/// How an interval's bounds were had, in words.
pub fn interval(estimate: &Estimate) -> &'static str {
    match estimate.interval {
        Interval::Bootstrap95 => "95 % bootstrap",
        Interval::MinMax => "min to max",
    }
}

fn over_runs(load: &Load) -> (Vec<String>, Vec<Vec<String>>) {
    let told = metric::OVER_RUNS.into_iter().filter_map(|name| {
        let estimate = load.over_runs.get(name)?.as_ref()?;
        let value = |value| metric::told(name, value);
        let bounds = format!("{} .. {}", value(estimate.low), value(estimate.high));
        let of = format!("{} of {}", interval(estimate), estimate.runs);
        let words = metric::words(name, load.counts.as_deref());
        Some(vec![words, value(estimate.median), bounds, of])
    });
    (["over the runs", "median", "interval", "by"].map(str::to_owned).into(), told.collect())
}

fn latencies(load: &Load) -> (Vec<String>, Vec<Vec<String>>) {
    let of = &load.merged.latency_ns;
    let rows = LATENCIES.into_iter().zip([of.response, of.service, of.schedule_lag]);
    let rows = rows.filter_map(|(name, summary)| {
        let s: Summary = summary?;
        let mut row = vec![name.replace('_', " "), units::count(s.count)];
        row.extend([s.p50, s.p90, s.p99, s.p99_9, s.max].map(|ns| time(ns, cost(load))));
        Some(row)
    });
    (["all samples", "count", "p50", "p90", "p99", "p99.9", "max"].map(str::to_owned).into(), rows.collect())
}

fn time(ns: Option<u64>, cost: f64) -> String {
    ns.map_or(NOTHING.into(), |ns| units::latency(ns, cost))
}

/// What a reading of the clock cost, in nanoseconds.
fn cost(load: &Load) -> f64 {
    load.env.get("clock").and_then(|clock| clock["cost_ns"].as_f64()).unwrap_or_default()
}

fn runs(load: &Load) -> (Vec<String>, Vec<Vec<String>>) {
    let rows = load.runs.iter().map(|run: &Run| {
        let told = |name, value: Option<f64>| value.map_or(NOTHING.into(), |v| metric::told(name, v));
        let crossing = [run.cross_core_ns.before, run.cross_core_ns.after]
            .map(|ns| ns.map_or(NOTHING.into(), |ns| format!("{ns:.0}")));
        vec![
            run.folder.clone(),
            told("ns_per_msg", run.ns_per_msg),
            told("msgs_per_s", run.msgs_per_s),
            time(run.latency_ns.response.and_then(|s| s.p50), cost(load)),
            time(run.latency_ns.response.and_then(|s| s.p99), cost(load)),
            crossing.join(" "),
            if run.valid { "valid".into() } else { format!("NOT VALID ({})", run.exit) },
        ]
    });
    let counts = load.counts.as_deref();
    let (each, rate) = (metric::words("ns_per_msg", counts), metric::words("msgs_per_s", counts));
    let heads = ["run", &each, &rate, "p50", "p99", "crossing ns", ""].map(str::to_owned);
    (heads.into(), rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::plan::Drain;
    use serde_json::{Value, json};

    fn load(open: bool, crossing: &[(f64, f64)]) -> Load {
        let latency = json!({"count": 50_000, "saturated": 0, "p50": 3_000, "p90": 4_000, "p99": 90_000, "p99_9": 2_000_000,
            "max": 9_000_000});
        let latencies = json!({"response": latency, "service": null, "schedule_lag": null});
        let runs: Vec<Value> = crossing
            .iter()
            .zip(1..)
            .map(|((before, after), n)| {
                json!({"folder": format!("run-{n}"), "exit": 0, "valid": true, "why": null, "msgs_per_s": 5e4, "ns_per_msg": 2e4,
                    "bytes_per_actor": null, "cross_core_ns": {"before": before, "after": after}, "latency_ns": latencies})
            })
            .collect();
        let estimate = |median: f64| json!({"median": median, "low": median, "high": median, "runs": 5, "interval": "bootstrap95"});
        let gaps = json!({"lasted_ns": 500_000_000, "processors": 2, "stolen_share": 0.021, "gaps": 900, "gap_ns": latency});
        serde_json::from_value(json!({
            "schema": "load/1", "workload": "mesh", "mode": if open { "open" } else { "saturate" },
            "counts": if open { "arrival" } else { "message" }, "command": ["load", "mesh"],
            "started": "2026-01-01", "runs": runs, "merged": {"latency_ns": latencies},
            "load": if open { json!({"arrival": "poisson", "rate_target": 50_000, "rate_actual": estimate(49_900.0), "steady": true}) }
                else { Value::Null },
            "over_runs": {"ns_per_msg": estimate(2e4), "msgs_per_s": estimate(5e4)},
            "validity": {"valid": true, "interrupted": false, "wrong": []},
            "jitter": {"before": gaps, "after": gaps},
            "tail": if open { json!({"above_ns": 2_000_000, "later_than": 50, "explained": 0.62}) } else { Value::Null },
            "env": {"seed": 7},
        }))
        .expect("a load")
    }

    #[test]
    fn an_open_load_leads_with_its_latency_and_a_saturated_one_with_its_cost() {
        let open = text(&load(true, &[(64.0, 68.0), (66.0, 65.0)]));
        for line in [
            "mesh, open, 2 runs: response p50 3.00 µs, p90 4.00 µs, p99 90.0 µs\n",
            "  validity  2 of 2 runs hold\n",
            "  seeds     7 in run-1, each next run has the next one, up to 8\n",
            "  rate      poisson, 50.0 k/s asked for, 49.9 k/s sent; steady in every run\n",
            "  machine   its gaps explain about 62 % of 50 responses above 2.00 ms (a first-order model)\n",
            "  gaps      2.10 % of the time before (longest 9.00 ms); 2.10 % of the time after (longest 9.00 ms)\n",
            "  crossing  64 to 68 ns from core to core, one state of the machine\n",
        ] {
            assert!(open.contains(line), "{line} is missing in\n{open}");
        }
        let mut none_above = load(true, &[(64.0, 68.0)]);
        none_above.tail = none_above.tail.map(|tail| super::super::share::Tail { later_than: 0, ..tail });
        let line = "  machine   no response above 2.00 ms: there is nothing to explain by its gaps\n";
        assert!(text(&none_above).contains(line), "{}", text(&none_above));
        let mut early = load(true, &[(64.0, 68.0), (66.0, 65.0)]);
        (early.validity.interrupted, early.runs_asked, early.runs[1].exit) = (true, Some(5), 130);
        let told = text(&early);
        assert!(told.starts_with("mesh, open, 2 runs: response p50 3.00 µs"), "{told}");
        assert!(told.contains(", interrupted after 1 of 5 runs\n"), "{told}");
        let line = "  validity  interrupted after 1 of 5 runs; 2 of 2 that were begun hold\n";
        assert!(told.contains(line), "{told}");
        let saturated = text(&load(false, &[(64.0, 68.0)]));
        assert!(
            saturated.starts_with("mesh, saturate, 1 run: 20.0 µs a message (50.0 k/s)\n"),
            "{saturated}"
        );
        for (text, here, not) in [(&open, "arrival", "message"), (&saturated, "message", "arrival")] {
            for words in [
                format!("{here}s a second"),
                format!("time a{} {here}", if here == "arrival" { "n" } else { "" }),
            ] {
                // In the table over the runs, and in the one of each run.
                assert_eq!(text.matches(&words).count(), 2, "{words}: {text}");
            }
            assert!(!text.contains(not) && !text.contains("per_msg") && !text.contains("msgs_"), "{text}");
        }
        assert!(!saturated.contains("explain"), "{saturated}");
        for text in [open, saturated] {
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        }
    }

    #[test]
    fn what_was_steady_before_it_was_too_much_is_not_told_as_steady() {
        let mut load = load(true, &[(64.0, 68.0)]);
        let offered = load.load.as_mut().expect("it is open");
        offered.overloaded = Some(true);
        let text = text(&load);
        assert!(
            text.contains("49.9 k/s sent; OVERLOADED in some run: ") && !text.contains("steady"),
            "{text}"
        );
    }

    #[test]
    fn the_most_that_was_drained_is_told() {
        let mut load = load(false, &[(64.0, 68.0), (66.0, 65.0), (66.0, 65.0)]);
        assert!(!text(&load).contains("drain"), "{}", text(&load));
        for (run, messages) in load.runs.iter_mut().skip(1).zip([4_977_323, 99]) {
            run.drain = Some(Drain { messages, lasted_ns: 28_100_000_000 });
        }
        let line =
            "  drain     run-2 handled 4,977,323 messages after the measured time, in 28.1 s: not counted\n";
        assert!(text(&load).contains(line), "{}", text(&load));
    }

    #[test]
    fn what_was_not_looked_for_is_told() {
        let mut load = load(true, &[(64.0, 68.0)]);
        load.jitter.as_mut().expect("it was looked").after = None;
        let text = text(&load);
        let line = "  gaps      2.10 % of the time before (longest 9.00 ms); not looked for after\n";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn two_states_of_the_machine_are_told_apart() {
        let text = markdown(&load(true, &[(64.0, 68.0), (220.0, 231.0), (66.0, 65.0), (64.0, 228.0)]));
        let line = "- crossing: TWO STATES of the machine, by run: 2 cheap at 64 to 68 ns; 1 dear at 220 to 231 ns; 1 \
                    changing at 64 to 228 ns\n";
        assert!(text.contains(line), "{text}");
    }
}
