use super::*;
use crate::options::Options;
use crate::run;
use crate::scenario::plan::Drain;
use std::ffi::OsString;
use std::sync::Arc;

fn finished(line: &str) -> Run {
    let options = Options::read(line.split_whitespace().map(OsString::from)).expect("fits");
    run::execute(&options, &Arc::default()).expect("a run").run
}

#[test]
fn the_figure_comes_first_and_the_rest_is_told() {
    let run = finished("counting --messages 20k --workers 1");
    let text = text(&run);
    let first = text.lines().next().expect("a line");
    assert!(first.starts_with("counting, saturate, 1 worker: ") && first.ends_with("/s)"), "{first}");
    for part in
        ["20,000 messages in", "queueing at saturation", "sends per handler: 128", "0 refused", "crossing"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let markdown = markdown(&run);
    assert!(markdown.starts_with(&format!("# {first}\n")), "{markdown}");
    assert!(
        markdown
            .lines()
            .skip(2)
            .all(|line| line.starts_with("| ") || line.starts_with("|-") || line == "| | |")
    );
}

#[test]
fn what_a_policy_did_is_told() {
    for (overflow, parts) in [
        ("mute", ["8 producers; mailbox 4, mute: ", " suspensions)", " held at most", " 0 refused"]),
        (
            "drop-newest",
            ["mailbox 4, drop-newest: ", " dropped as the newest, 0 left", "accepted: 4,000", " 0 refused"],
        ),
        (
            "drop-oldest",
            [
                "mailbox 4, drop-oldest: ",
                " dropped as the newest (came beyond twice the capacity), ",
                " dropped as the oldest, 0 left",
                "occupancy limit: 8",
            ],
        ),
        ("signal", ["mailbox 4, signal: ", "news: high ", "; low ", "sends per handler: 16"]),
    ] {
        let line = format!("bounded --overflow {overflow} --mailbox 4 --messages 4k --workers 1 --pin none");
        let text = text(&finished(&line));
        assert!(text.lines().next().is_some_and(|first| first.contains(" an attempt (")), "{text}");
        assert!(text.contains("resident") && text.contains("service: "), "{text}");
        for part in parts {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn a_flow_tells_of_its_credit() {
    let text = text(&finished("flow --mailbox 16 --messages 4k --workers 1 --pin none"));
    for part in [
        "flow, saturate, 1 worker: ",
        " a message (",
        "8 producers, windows of 2; mailbox 16: ",
        " waits for credit)",
        "credit: free ",
        "; windows 16",
        " 0 refused",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn latencies_that_the_clock_cannot_tell_are_upper_bounds() {
    let mut run = finished("ping-pong --messages 20k --workers 1");
    run.latency_ns["response"] = serde_json::json!(
        {"count": 100, "saturated": 0, "p50": 99, "p90": 100, "p99": null, "p99_9": null, "max": 5_000}
    );
    run.env.insert("clock".into(), serde_json::json!({"source": "tsc", "cost_ns": 10.0}));
    assert!(
        text(&run).contains("p50 <= 99.0 ns, p90 100 ns, max 5.00 µs (round trip; 100 samples)"),
        "{}",
        text(&run)
    );
}

#[test]
fn what_is_wrong_is_not_hidden() {
    let mut run = finished("ask --messages 10 --workers 1");
    run.validity = serde_json::json!({"valid": false, "interrupted": true, "wrong": ["one was lost"]});
    let text = text(&run);
    assert!(text.contains("interrupted, NOT VALID") && text.contains("wrong        one was lost"), "{text}");
}

#[test]
fn an_open_load_is_told_by_its_response_and_its_plan() {
    let run = finished("mesh --rate 2k --duration 100ms --warmup 20ms --workers 1 --pin none");
    let text = text(&run);
    let first = text.lines().next().expect("a line");
    assert!(first.starts_with("mesh, open, 1 worker: response p50 ") && first.contains("/s"), "{first}");
    for part in [
        "load         poisson 2.00 k/s: ",
        // A generator that is late begins to measure late.
        " sent; warm-up 2",
        " ms, measured 100 ms",
        "from planned to done: until the last of its 4 messages was handled",
        "service      p50 ",
        "lag          p50 ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_load_is_steady_only_where_it_was_kept() {
    let mut run = finished("mesh --rate 2k --duration 50ms --warmup 20ms --workers 1 --pin none");
    for (overloaded, missed, steady, says) in [
        (false, false, Some(true), "warm-up 20.0 ms, then steady, measured"),
        (false, false, Some(false), "warm-up 20.0 ms, NEVER STEADY, measured"),
        (false, false, None, "warm-up 20.0 ms, measured"),
        (true, true, Some(true), "warm-up 20.0 ms, OVERLOADED: the rate was not kept, measured"),
        (
            true,
            false,
            Some(true),
            "warm-up 20.0 ms, OVERLOADED: 1,234 arrivals more came than were done, measured",
        ),
    ] {
        let load = run.load.as_mut().expect("it is open");
        (load.overloaded, load.missed, load.steady, load.backlog_grew) = (overloaded, missed, steady, 1_234);
        load.warmup_ns = 20_000_000;
        assert!(text(&run).contains(says), "{says}: {}", text(&run));
    }
}

#[test]
fn what_was_drained_is_told_where_it_is_much() {
    let mut run = finished("mesh --messages 4k --workers 1 --pin none");
    assert_eq!(run.drain, None, "no time ends it");
    let told = |run: &Run| text(run).lines().find(|line| line.starts_with("  drain ")).map(str::to_owned);
    run.messages = 990;
    for (messages, line) in [
        (10, None),
        (
            1_001,
            Some(
                "  drain        1,001 messages handled after the measured time, in 2.00 s: not counted above",
            ),
        ),
    ] {
        run.drain = Some(Drain { messages, lasted_ns: 2_000_000_000 });
        assert_eq!(told(&run).as_deref(), line);
    }
}

#[test]
fn what_an_overload_achieved_and_what_it_turned_away_is_told() {
    let mut run = finished("mesh --rate 2k --duration 50ms --warmup 0 --workers 1 --pin none");
    run.latency_ns["response"] = serde_json::json!(
        {"count": 100, "saturated": 0, "p50": 1_180_000_000, "p90": null, "p99": null, "p99_9": null, "max": 2_000_000_000}
    );
    run.ledger["dropped"]["newest"] = 0.into();
    let load = run.load.as_mut().expect("it is open");
    (load.overloaded, load.missed, load.rate_actual, load.backlog_grew) = (true, false, Some(104.0), 72);
    (load.refused, load.not_sent, load.offered, load.drain_ns) = (1, 0, 100, 0);
    run.msgs_per_s = Some(32.2);
    let told = text(&run);
    let first = told.lines().next().expect("a line");
    assert_eq!(first, "mesh, open, 1 worker: response p50 1.18 s at 104 /s sent, 32.2 /s done");
    assert!(
        told.contains(": 104 /s sent, 32.2 /s done, 1 arrival refused; no warm-up, OVERLOADED: 72 "),
        "{told}"
    );
    assert!(!told.contains("drained"), "{told}");
    // More than a hundredth is no small matter.
    let load = run.load.as_mut().expect("it is open");
    (load.overloaded, load.refused, load.not_sent, load.drain_ns) = (false, 2, 1_480, 3_000);
    run.ledger["dropped"]["newest"] = 25.into();
    let told = text(&run);
    let first = told.lines().next().expect("a line");
    assert!(first.ends_with(" at 104 /s, 2.0 % of 100 arrivals refused, 25.0 % dropped"), "{first}");
    let row = ": 104 /s sent, 2 arrivals refused, 25 dropped, 1,480 not sent; no warm-up";
    assert!(told.contains(row) && told.contains(", drained 3.00 µs"), "{told}");
    // Of the ledger's refused sends those that cost no arrival are told apart.
    for (full, again, says) in [
        (2, 0, " sends, 2 refused, "),
        (40, 40, " sends, 40 refused (each of an arrival that was kept, to be tried again), "),
        (42, 40, " sends, 42 refused (40 of them of arrivals that were kept, to be tried again), "),
    ] {
        run.ledger["refused"]["full"] = full.into();
        run.load.as_mut().expect("it is open").tried_again = again;
        let told = text(&run);
        assert!(told.contains(says), "{told}");
    }
    // Without a plan it is a share of what the load tried: its actors' words to themselves are in the ledger too.
    run.load = None;
    run.messages = 980;
    run.ledger["attempts"] = 2_000.into();
    run.ledger["refused"]["full"] = 20.into();
    for (offered, says) in [
        (None, ", 2.0 % of 1,000 sends refused, 2.5 % dropped"),
        (Some((200, "attempt")), ", 10.0 % of 200 attempts refused, 12.5 % dropped"),
    ] {
        run.offered = offered;
        assert!(text(&run).lines().next().is_some_and(|first| first.ends_with(says)), "{}", text(&run));
    }
    run.counts = "arrival";
    run.messages = 1;
    assert!(text(&run).contains("work         1 arrival in "), "{}", text(&run));
}

#[test]
fn what_was_turned_away_is_a_share_of_what_was_tried() {
    let all = |value: &Value| -> u64 {
        value.as_object().expect("causes").values().map(|n| n.as_u64().expect("a number")).sum()
    };
    for (line, what, tried) in [
        ("bounded --overflow drop-newest --messages 4k", "dropped", "4,000 attempts"),
        ("bounded --overflow fail --messages 4k", "refused", "4,000 attempts"),
        ("mesh --mode saturate --overflow fail --messages 4k --hops 4", "refused", "1,000 arrivals"),
        ("mesh --mode saturate --overflow drop-newest --messages 4k --hops 4", "dropped", "1,000 arrivals"),
        ("pubsub --overflow fail --messages 1k --subscribers 3", "refused", "3,000 deliveries"),
        ("pubsub --overflow drop-newest --messages 1k --subscribers 3", "dropped", "3,000 deliveries"),
        ("counting --overflow fail --messages 4k", "refused", ""),
        ("supervise --crash 1/4 --messages 4k", "refused", ""),
    ] {
        let run = finished(&format!("{line} --mailbox 4 --workers 1 --pin none"));
        // Whose senders try again until so many were accepted.
        let again = units::counted(4_000 + all(&run.ledger["refused"]), "send");
        let tried = if tried.is_empty() { again.as_str() } else { tried };
        let number: f64 = tried.split(' ').next().expect("a number").replace(',', "").parse().expect("it is");
        let share = all(&run.ledger[what]) as f64 * 100.0 / number;
        let text = text(&run);
        let first = text.lines().next().expect("a line");
        assert!(share > 1.0 && share <= 100.0, "{line}: {share} % of {tried}: {text}");
        assert!(first.ends_with(&format!(", {share:.1} % of {tried} {what}")), "{line}: {share} %: {first}");
    }
}

#[test]
fn what_is_told_one_by_one_is_short_in_words_and_whole_in_json() {
    let rows =
        |run: &Run| text(run).lines().skip(1).map(|line| line.trim_start().to_owned()).collect::<Vec<_>>();
    let mut run = finished(
        "pools --messages 2k --burst 500 --members 1..4 --pause 30ms --leave 5ms --workers 1 --pin none",
    );
    let whole = run.facts["members_over_time"].as_array().expect("changes").len();
    assert!(whole >= 4 && rows(&run).iter().all(|row| row.len() < 200), "{}", text(&run));
    let at = |ns: u64, members: u64| serde_json::json!([ns, members]);
    let told = |run: &Run| rows(run).into_iter().find(|row| row.starts_with("members over time: "));
    for (changes, says) in [
        (
            vec![at(2_000, 1), at(3_000, 2), at(9_000, 5), at(12_000, 0), at(15_500, 3)],
            "members over time: 1 at 2.00 µs, 0 at least, 5 at most, 3 at 15.5 µs; 5 changes, each of them in JSON",
        ),
        (vec![at(2_000, 1)], "members over time: 1 at 2.00 µs; 1 change, in JSON"),
        (vec![], "members over time: no change"),
        (
            (0..1_000).map(|n| at(n, 7 + n % 2)).collect(),
            "members over time: 7 at 0.00 ns, 7 at least, 8 at most, 8 at 999 ns; the first 1,000 changes, each of them in JSON",
        ),
    ] {
        run.facts["members_over_time"] = changes.into();
        assert_eq!(told(&run).as_deref(), Some(says));
    }
    for (seen, says) in [
        (4, "members seen most: 4"),
        (7, "members seen most: 7, with those that were leaving while others took their places"),
    ] {
        run.facts["members_seen_most"] = seen.into();
        assert!(rows(&run).iter().any(|row| row == says), "{says}: {}", text(&run));
    }
    // By subscriber only where somebody refused something.
    let run = finished("pubsub --messages 400 --workers 1 --pin none");
    let refused: Vec<_> = rows(&run).into_iter().filter(|row| row.starts_with("refused")).collect();
    assert_eq!(refused, ["refused: 0"], "{}", text(&run));
    assert!(rows(&run).iter().any(|row| row == "service: none"), "{}", text(&run));
    assert_eq!(run.facts["refused_by_subscriber"].as_array().map(Vec::len), Some(32));
    let run = finished("pubsub --messages 400 --overflow fail --mailbox 4 --workers 1 --pin none");
    let refused: Vec<_> = rows(&run).into_iter().filter(|row| row.starts_with("refused")).collect();
    let of = |name: &str| units::count(run.facts[name].as_u64().expect(name));
    let each =
        format!("{} to {} by a subscriber, each of them in JSON", of("refused_least"), of("refused_most"));
    assert_eq!(refused, [format!("refused: {}, {each}", of("refused"))], "{}", text(&run));
}
