//! Loads of the engine's services: supervision, pools, topics.

use super::people::{each_is_found, number};
use super::*;

#[test]
fn what_is_planted_is_found() {
    let supervise = "supervise --actors 3 --producers 2 --messages 6k --crash 1/100";
    let pools = "pools --messages 300 --burst 100 --members 1..3 --pause 1ms --leave 1ms --service 1us";
    let pubsub = "pubsub --messages 2k --topics 2 --subscribers 3 --producers 2";
    each_is_found(&[
        (supervise, Planted::Lost, "out of order: sender 0, message 0 expected, 1 came"),
        (supervise, Planted::Duplicated, "out of order: sender 0, message 1 expected, 0 came"),
        (supervise, Planted::Overtaken, "out of order: sender 0, message 0 expected, 1 came"),
        (supervise, Planted::Overlap, "an actor ran twice at once"),
        (supervise, Planted::Uncounted, "faults told by the supervisor: "),
        (pools, Planted::Lost, "stuck: no actor had a turn for 10 s"),
        (pools, Planted::Duplicated, "message 0 of burst 1 came after that of burst 1"),
        (pools, Planted::Overlap, "an actor ran twice at once"),
        (pubsub, Planted::Lost, "out of order: sender 0, message 0 expected, 1 came"),
        (pubsub, Planted::Duplicated, "out of order: sender 0, message 1 expected, 0 came"),
        (pubsub, Planted::Overtaken, "out of order: sender 0, message 0 expected, 1 came"),
        (pubsub, Planted::Overlap, "an actor ran twice at once"),
        (pubsub, Planted::Uncounted, "handled, refused and dropped by all subscribers: "),
    ]);
}

#[test]
fn what_is_off_is_told_as_off() {
    let line = "supervise --messages 500 --crash 1/100 --workers 1 --pin none";
    for (line, off) in [
        (line.to_owned(), true),
        (format!("{line} --backoff 0"), true),
        (format!("{line} --backoff 1us"), false),
    ] {
        let (code, out) = run(&line);
        assert_eq!(code, Ok(0), "{out}");
        assert_eq!(
            (out.contains("backoff: off\n"), out.contains("not measured")),
            (off, false),
            "{line}: {out}"
        );
    }
}

#[test]
fn every_fault_is_followed_by_a_restart() {
    for line in [
        "--crash 1/50 --messages 10k --actors 4",
        "--crash 1/50 --messages 10k --actors 4 --crash-by error",
        "--crash 1/20 --messages 4k --actors 1 --producers 1 --mailbox 1",
        "--crash 1/100 --messages 10k --actors 5 --strategy one-for-all --producers 3",
        "--crash 1/100 --messages 10k --actors 5 --strategy rest-for-one --producers 3 --crash-by error",
        "--crash 1/100 --messages 10k --actors 4 --mail drop",
        "--crash 1/100 --messages 10k --actors 4 --mail return --mailbox 64",
        "--crash 1/100 --messages 10k --actors 4 --mail drop --strategy one-for-all",
        "--crash 1/500 --messages 10k --actors 4 --backoff 100us..2ms",
        "--crash 1/500 --messages 10k --actors 4 --backoff 1ms --mail return --strategy rest-for-one",
        "--crash 1/1 --messages 500 --actors 2",
        "--crash 1/1G --messages 5k --actors 2",
    ] {
        let mut faults = Vec::new();
        for workers in [1, 2] {
            let run = json(&format!("supervise {line} --workers {workers} --pin none"));
            let (facts, ledger) = (&run["facts"], &run["ledger"]);
            let fact = |name: &str| number(&facts[name]);
            assert_eq!(fact("faults"), number(&run["engine"]["faults"]), "{line}");
            assert_eq!(fact("handled") + fact("returned") + fact("dead"), number(&run["messages"]), "{line}");
            assert_eq!(
                (&facts["dead"], &facts["returned"]),
                (&ledger["dead"]["restarted"], &ledger["returned"]["restart"])
            );
            assert_eq!(
                run["latency_ns"]["response"]["count"].as_u64().unwrap_or(0),
                fact("faults"),
                "{line}"
            );
            if !line.contains("strategy") {
                assert_eq!(
                    (fact("restarts"), fact("children_restarted")),
                    (fact("faults"), fact("faults")),
                    "{line}"
                );
            }
            assert_eq!(fact("faults") == 0, line.contains("1/1G"), "{line}: {facts}");
            if line.contains("--mail ") {
                let lost = fact("returned") + fact("dead");
                assert!(lost > 0, "{line}: a mailbox that was full had something in it: {facts}");
            }
            faults.push((fact("faults"), fact("refused")));
        }
        // The same messages fail, whoever handles them, where all were accepted.
        let [(one, held), (two, held_too)] = faults[..] else { panic!("two runs") };
        assert!(line.contains("--mail ") || held + held_too > 0 || one == two, "{line}: {faults:?}");
    }
    let run = json("supervise --crash 200/s --duration 300ms --workers 2 --pin none --service 1us");
    let (faults, elapsed) = (number(&run["facts"]["faults"]), number(&run["elapsed_ns"]));
    assert!(faults > 5 && faults <= 1 + elapsed / 5_000_000, "{faults} in {elapsed} ns");
    let none = json("supervise --crash 1/50 --messages 5k --sample off --workers 1 --pin none");
    assert_eq!(none["latency_ns"]["response"], Value::Null);
}

#[test]
fn a_restart_takes_at_least_its_pause() {
    let line = "supervise --crash 1/50 --messages 3k --actors 2 --backoff 3ms --workers 1 --pin none";
    let run = json(line);
    assert!(number(&run["facts"]["faults"]) > 2, "{run}");
    let times = &run["latency_ns"]["response"];
    assert!(number(&times["p50"]) >= 2_900_000, "{times}");
}

#[test]
fn a_pool_grows_under_a_burst_and_shrinks_after_it() {
    for (line, least, most) in [
        ("--members 1..4 --burst 500 --messages 2k --pause 60ms --leave 10ms", 1, 4),
        ("--members 0..2 --burst 300 --messages 700 --pause 60ms --leave 10ms", 0, 2),
        ("--members 3..3 --burst 100 --messages 300 --pause 1ms --mailbox 1", 3, 3),
        ("--members 1..8 --burst 640 --messages 640 --pause 1ms", 1, 8),
    ] {
        for workers in [1, 2] {
            let run = json(&format!("pools {line} --workers {workers} --sample all --pin none"));
            let fact = |name: &str| number(&run["facts"][name]);
            let messages = number(&run["messages"]);
            assert_eq!(number(&run["latency_ns"]["response"]["count"]), messages, "{line}");
            assert_eq!(fact("bursts"), messages.div_ceil(fact("burst")), "{line}");
            // One that leaves may be there for a moment beside the one that takes its place.
            assert!((most..=2 * most).contains(&fact("members_seen_most")), "{line}: {}", run["facts"]);
            assert!(fact("members_seen_fewest") >= least && fact("members_hired") >= most, "{line}");
            let times = run["facts"]["members_over_time"].as_array().expect("changes");
            assert!(times.len() as u64 >= most, "{line}: {times:?}");
            assert!(number(&run["elapsed_ns"]) > 0, "{line}");
        }
    }
}

#[test]
fn what_is_published_is_handled_refused_or_dropped_by_each() {
    for line in [
        "--messages 3k",
        "--messages 3k --topics 1 --subscribers 1 --producers 1 --mailbox 1",
        "--messages 3k --topics 7 --subscribers 3 --producers 4 --batch 3",
        "--messages 3k --mailbox 4 --overflow fail --service 1us",
        "--messages 3k --mailbox 4 --overflow drop-newest --service 1us",
        "--messages 3k --mailbox 4 --overflow drop-oldest --service 1us",
        "--messages 3k --mailbox 4 --overflow drop-oldest-exact",
        "--messages 1 --topics 3",
    ] {
        for workers in [1, 2] {
            let run = json(&format!("pubsub {line} --workers {workers} --sample all --pin none"));
            let fact = |name: &str| number(&run["facts"][name]);
            assert_eq!(
                (&run["messages"], &run["counts"]),
                (&run["facts"]["published"], &"publication".into())
            );
            let dropped =
                number(&run["ledger"]["dropped"]["newest"]) + number(&run["ledger"]["dropped"]["oldest"]);
            let all = fact("published") * fact("subscribers");
            assert_eq!(fact("handled") + fact("refused") + dropped, all, "{line}");
            assert_eq!(number(&run["latency_ns"]["response"]["count"]), fact("handled"), "{line}");
            let each = run["facts"]["refused_by_subscriber"].as_array().expect("few of them");
            assert_eq!(each.iter().map(number).sum::<u64>(), fact("refused"), "{line}");
            let pressed = workers == 1 && line.contains("--mailbox 4");
            assert_eq!(fact("refused") > 0, line.contains("fail") && fact("refused") > 0, "{line}");
            assert!(!pressed || fact("refused") + dropped > 0, "{line}: {}", run["facts"]);
        }
    }
}
