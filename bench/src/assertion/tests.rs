use super::*;
use serde_json::json;

fn run() -> Value {
    json!({
        "facts": {"hop_ns": {"queued": {"count": 3, "p50": 40}}},
        "elapsed_ns": 2_000_000_000_u64,
        "ns_per_msg": 12.5,
        "msgs_per_s": 5_000_001.5,
        "bytes_per_actor": null,
        "rss_peak_bytes": 3 << 20,
        "load": {"rate_actual": 99_950.25},
        "ledger": {
            "attempts": 110, "accepted": 100, "refused": {"full": 7, "closed": 2, "stale": 1},
            "handled": 80, "dropped": {"newest": 4, "oldest": 5},
            "dead": {"stopped": 1, "failed": 2, "closed": 3, "aborted": 0}, "returned": {}, "queued": 5
        },
        "latency_ns": {
            "response": {"count": 5_000, "saturated": 0, "p50": 900, "p90": 4_000, "p99": 10_004, "p99_9": null, "max": 70_000},
            "service": {"count": 5_000, "saturated": 1, "p50": 300, "p90": 301, "p99": 302, "p99_9": 303, "max": 60_028_878_847_u64},
            "schedule_lag": null
        }
    })
}

#[test]
fn every_metric_is_found_where_it_is() {
    for holds in [
        "response.p50==900ns",
        "response.p90==4us",
        "response.p99==10004ns",
        "response.max==70us",
        "response.count==5k",
        "service.p99.9==303ns",
        "p50==0.9us",
        "p99>10us",
        "max==0.07ms",
        "throughput==5000001.5",
        "throughput==5000001.5/s",
        "ns_per_msg==12.5ns",
        "rate==99950.25/s",
        "lost==0",
        "refused==10",
        "dropped==9",
        "dead==6",
        "handled==80",
        "rss_peak_bytes==3MiB",
        "rss_peak_bytes==3072KiB",
        "elapsed==2s",
        "elapsed_ns==2s",
        "msgs_per_s==5000001.5",
        "service.p99_9==303ns",
        "load.rate_actual==99950.25/s",
        "ledger.queued==5",
        "ledger.refused.full==7",
        "facts.hop_ns.queued.p50==40ns",
        "facts.hop_ns.queued.count==3",
        "elapsed<1m",
    ] {
        let assertions = parse(holds).expect(holds);
        assert_eq!(failed(&assertions, &run()), [""; 0], "{holds}");
        let (metric, _) = holds.split_once(['=', '<', '>']).expect(holds);
        let (_, value) = holds.rsplit_once(['=', '<', '>']).expect(holds);
        let unequal =
            if holds.contains("==") { format!("{metric}!={value}") } else { format!("{metric}=={value}") };
        assert_eq!(failed(&parse(&unequal).expect(&unequal), &run()).len(), 1, "{unequal}");
    }
}

#[test]
fn a_figure_is_told_by_what_the_run_counts() {
    for (given, words) in [
        ("throughput", "arrivals a second"),
        ("ns_per_msg", "time an arrival"),
        ("p99.9", "response p99.9"),
        ("lag.max", "schedule lag max"),
        ("engine.steals", "engine.steals"),
    ] {
        assert_eq!(Metric::parse(given).expect(given).words("arrival"), words);
    }
}

#[test]
fn operators_are_what_they_say() {
    for (operator, below, equal, above) in [
        ("<", true, false, false),
        ("<=", true, true, false),
        (">", false, false, true),
        (">=", false, true, true),
        ("==", false, true, false),
        ("!=", true, false, true),
    ] {
        for (value, holds) in [(81, below), (80, equal), (79, above)] {
            let text = format!(" handled {operator} {value} ");
            let assertions = parse(&text).expect(&text);
            assert_eq!(failed(&assertions, &run()).is_empty(), holds, "{text}");
        }
    }
}

#[test]
fn what_fails_says_what_was_asked_and_what_was_found() {
    let asked = "response.p99<10us, response.p90<10us,throughput>=6M/s,lag.p50<1s,schedule_lag.max<1s,\
                 response.p99.9<1s,bytes_per_actor<1KiB,handled>1k,ns_per_msg<10ns,service.max<=60s,rss_peak_bytes<1MiB";
    assert_eq!(
        failed(&parse(asked).expect("it fits"), &run()),
        [
            "response.p99<10us does not hold: found 10.0 µs (10004 ns)",
            "throughput>=6M/s does not hold: found 5.00 M/s (5000001.5/s)",
            "lag.p50<1s does not hold: not measured",
            "schedule_lag.max<1s does not hold: not measured",
            "response.p99.9<1s does not hold: not measured",
            "bytes_per_actor<1KiB does not hold: not measured",
            "handled>1k does not hold: found 80",
            "ns_per_msg<10ns does not hold: found 12.5 ns",
            "service.max<=60s does not hold: found 60.0 s (60028878847 ns)",
            "rss_peak_bytes<1MiB does not hold: found 3.00 MiB (3145728 B)",
        ]
    );
    assert_eq!(failed(&parse("rate>0").expect("it fits"), &json!({"load": null})).len(), 1);
}

#[test]
fn lost_is_what_the_ledger_does_not_account_for() {
    let lost = parse("lost==0").expect("it fits");
    for (handled, found) in [(79, "1"), (83, "3")] {
        let mut run = run();
        run["ledger"]["handled"] = json!(handled);
        assert_eq!(failed(&lost, &run), [format!("lost==0 does not hold: found {found}")]);
    }
    let mut without = run();
    without["ledger"]["queued"] = Value::Null;
    assert_eq!(failed(&lost, &without), ["lost==0 does not hold: not measured"]);
}

#[test]
fn what_cannot_be_read_is_named_with_its_column() {
    for (given, says) in [
        ("", "\"\" at column 1: takes METRIC OPERATOR VALUE, such as response.p99<10us"),
        ("lost==0,", "\"\" at column 9: takes METRIC"),
        ("lost", "\"lost\" at column 1: takes METRIC"),
        (
            "lost==0, µ<1",
            "\"µ<1\" at column 10: takes response, service or lag with .p50 .p90 .p99 .p99.9 .max .count, of which one alone",
        ),
        ("lost==0,µ,x", "\"µ\" at column 9: takes METRIC"),
        ("response<1us", "at column 1: takes response,"),
        ("response.p98<1us", "takes response,"),
        ("response.p99_8<1us", "takes response,"),
        ("engine.<1", "takes response,"),
        ("env.seed<1", "or a number within ledger, engine, stall_ns, facts, load, like engine.steals"),
        ("count==1", "takes response,"),
        ("<1us", "at column 1: takes response,"),
        ("lost=0", "\"lost=0\" at column 5: takes <, <=, >, >=, == or !="),
        ("lost=<0", "at column 5: takes <,"),
        ("lost<>0", "at column 5: takes <,"),
        ("lost==", "at column 7: takes a number (k, M or G may stand behind it)"),
        ("lost==-1", "at column 7: takes a number (k, M or G may stand behind it)"),
        ("lost==0/s", "at column 7: takes a number (k, M or G may stand behind it)"),
        ("lost==1us", "at column 7: takes a number (k, M or G may stand behind it)"),
        (
            "handled>0,response.p99 < 10",
            "\"response.p99 < 10\" at column 26: takes a number and ns, us, ms or s, up to 60s",
        ),
        ("response.p99<10M", "takes a number and ns"),
        ("response.p99<61s", "up to 60s"),
        ("response.p99<2m", "up to 60s"),
        ("response.count>1us", "takes a number (k, M or G may stand behind it)"),
        ("throughput>5us", "takes a number (k, M or G may stand behind it, and /s)"),
        ("throughput>5 M/s", "takes a number (k, M or G may stand behind it, and /s)"),
        ("throughput>.5M", "takes a number (k, M or G may stand behind it, and /s)"),
        ("throughput>5.M", "takes a number (k, M or G may stand behind it, and /s)"),
        ("throughput>1.2.3", "takes a number (k, M or G may stand behind it, and /s)"),
        ("throughput>1e9", "takes a number (k, M or G may stand behind it, and /s)"),
        ("throughput>inf", "takes a number (k, M or G may stand behind it, and /s)"),
        ("elapsed<10", "takes a number and ns, us, ms, s or m"),
        ("rss_peak_bytes<1MB", "takes a number and B, KiB, MiB or GiB"),
        ("rss_peak_bytes<1000", "takes a number and B"),
    ] {
        let why = parse(given).expect_err(given);
        assert!(why.contains(says) && !why.contains('\n'), "{given}: {why}");
    }
    let huge = format!("throughput>{}", "9".repeat(400));
    assert!(parse(&huge).is_err(), "no number of 64 bits");
    let many = vec!["lost==0"; MOST + 1].join(",");
    assert_eq!(parse(&many[..many.len() - 8]).map(|all| all.len()), Ok(MOST));
    assert_eq!(parse(&many), Err("has too many parts: takes up to 64".into()));
}

#[test]
fn a_name_within_a_group_is_one_that_runs_have() {
    let schema = include_str!("../../../reports/schema/run-1.json");
    let schema: Value = serde_json::from_str(schema).expect("JSON");
    for group in ["ledger", "engine", "stall_ns", "load"] {
        let fields = schema["properties"][group]["properties"].as_object().expect(group);
        for (name, field) in fields {
            let text = field["type"].to_string();
            let number = ["integer", "number", "object"].iter().any(|kind| text.contains(kind));
            let metric = Metric::parse(&format!("{group}.{name}"));
            assert_eq!(metric.is_ok(), number, "{group}.{name} is {text}");
        }
        let why = Metric::parse(&format!("{group}.foo")).expect_err(group);
        assert!(why.starts_with(&format!("takes {group}. with ")), "{why}");
    }
    assert_eq!(
        parse("engine.foo<3").expect_err("no such figure").split(": takes").next(),
        Some("\"engine.foo<3\" at column 1")
    );
    assert!(parse("facts.anything.p50<1").is_ok());
}
