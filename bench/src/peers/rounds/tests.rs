//! Comparisons of programs that answer what a test wants.

use super::{Outcome, Plan, drawn, run};
use crate::alone::stand_in::Scratch;
use crate::peers::plan::{Setting, processes};
use crate::peers::system::{Invocation, SYSTEMS, find};
use crate::peers::task::Asked;
use crate::peers::text;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Answers in the name of `$me` what `deed` says of each that is asked, which is `$w`.
fn answers(deed: &str) -> String {
    format!(
        r#"shift 5; rows=; for w; do {deed}; rows="$rows,{{\"asked\":\"$w\",$row}}"; done
           echo "{{\"peer\":\"$me\",\"version\":\"1.2\",\"how\":\"so\",\"rows\":[${{rows#,}}],\"peak_bytes\":4096}}""#
    )
}

const TEN: &str = r#"row='"ns":[90,100,9e9],"messages":10'"#;
const THIRTY: &str = r#"row='"ns":[300],"messages":10'"#;

fn compared(
    name: &str,
    deeds: &[&str],
    asked: &[&str],
    idle: &[u64],
    rounds: u32,
) -> (Outcome, Vec<Vec<String>>) {
    stopped(name, deeds, asked, idle, rounds, &AtomicBool::new(false), &mut |_| {})
}

/// The first systems of the list do these deeds; the one behind them is not there.
fn stopped(
    name: &str,
    deeds: &[&str],
    asked: &[&str],
    idle: &[u64],
    rounds: u32,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(&str),
) -> (Outcome, Vec<Vec<String>>) {
    let scratches: Vec<Scratch> =
        (0..deeds.len()).map(|n| Scratch::new(&format!("peers-{name}-{n}"))).collect();
    let mut systems = Vec::new();
    for (n, (scratch, deed)) in scratches.iter().zip(deeds).enumerate() {
        let path = scratch.program("stand-in", &format!("me={}; {deed}", SYSTEMS[n].name)).path;
        systems.push((&SYSTEMS[n], Ok(Invocation { path, before: vec!["peer".into()] })));
    }
    systems.push((&SYSTEMS[deeds.len()], Err("not built".into())));
    let asked: Vec<Asked> = asked.iter().map(|text| Asked::parse(text).expect(text)).collect();
    let processes = processes(&Setting::ALL, &asked, 1, idle, Duration::ZERO, Duration::from_millis(5));
    let plan =
        Plan { systems, processes, rounds, seed: 7, command: vec!["peers".into()], crossing: || Some(64.0) };
    let outcome = run(plan, stop, progress);
    let asked = scratches.iter().map(Scratch::asked).collect();
    (outcome, asked)
}

#[test]
fn a_ratio_is_to_throng_in_the_same_round() {
    let (ten, thirty) = (answers(TEN), answers(THIRTY));
    let (outcome, asked) = compared("ratio", &[&ten, &thirty], &["ping-pong:2:10"], &[], 2);
    assert_eq!(outcome.exit, 0, "{:?}", outcome.peers.validity);
    assert_eq!(asked[0], ["peer 1 0 0 5 ping-pong:2:10"; 4], "twice in each round");
    assert_eq!(asked[1], ["peer 1 0 0 5 ping-pong:2:10"; 2]);
    let contest = &outcome.peers.contests[0];
    let [own, other, away] = &contest.standings[..] else { panic!("three systems") };
    assert_eq!(own.value.as_ref().expect("two rounds").each, [Some(10.0), Some(10.0)]);
    assert_eq!(other.ratio.as_ref().expect("two rounds").each, [Some(3.0), Some(3.0)]);
    assert_eq!((own.differs, other.differs, away.differs), (Some(false), Some(true), None));
    assert_eq!(other.peak_bytes.as_ref().expect("alone").over_rounds.median, 4_096.0);
    assert_eq!((own.iterations, own.messages), (6, 10));
    assert_eq!(other.cross_core_ns.as_ref().expect("probed").each, [Some(64.0), Some(64.0)]);
    let systems = &outcome.peers.systems;
    assert_eq!((systems[1].version.as_deref(), systems[1].how.as_deref()), (Some("1.2"), Some("so")));
    assert_eq!(systems[2].why.as_deref(), Some("not built"));
    assert_eq!(outcome.iterations.lines().count(), 1 + 6 + 2, "throng's second figures are not among them");
    assert!(
        outcome.iterations.contains("throng,1,0,false,ping-pong:2:10,2,3,9000000000\n"),
        "{}",
        outcome.iterations
    );
    let summary = text::markdown(&outcome.peers);
    assert!(
        summary.starts_with(
            "# peers, 2 rounds: 2 of 3 systems; None of others' 1 figure is better than throng's by the protocol, by 2 rounds: the protocol asks \
             for 5\n"
        ),
        "{summary}"
    );
    for line in [
        "| throng | 10.0 ns |",
        "| tokio-bounded | 3.00 |",
        "- tokio-bounded 1.2 (Rust): so",
        "- not run: tokio-unbounded: not built",
    ] {
        assert!(summary.contains(line), "{line} is missing in {summary}");
    }
}

#[test]
fn a_system_with_one_thread_stands_beside_all_workers() {
    let one = find("stakker").expect("in the list");
    let scratches = ["threads", "thread"].map(|name| Scratch::new(&format!("peers-one-{name}")));
    let programs = [(&SYSTEMS[0], TEN), (one, THIRTY)].map(|(system, row)| {
        let scratch = &scratches[usize::from(system == one)];
        let path = scratch.program("stand-in", &format!("me={}; {}", system.name, answers(row))).path;
        (system, Ok(Invocation { path, before: vec!["peer".into()] }))
    });
    let asked = [Asked::parse("ask:2:10").expect("known")];
    let processes = processes(&Setting::ALL, &asked, 2, &[], Duration::ZERO, Duration::from_millis(5));
    let plan = Plan {
        systems: programs.into(),
        processes,
        rounds: 1,
        seed: 7,
        command: Vec::new(),
        crossing: || None,
    };
    let outcome = run(plan, &AtomicBool::new(false), &mut |_| {});
    assert_eq!(scratches[1].asked(), ["peer 1 0 0 5 ask:2:10"; 2]);
    let by: Vec<_> = outcome.peers.contests.iter().map(|of| (of.workers, of.standings[1].by())).collect();
    assert_eq!(by, [(2, Some(3.0)), (1, Some(3.0))]);
    assert!(outcome.iterations.contains("stakker,2,0,false,ask:2:10,1,1,300\n"), "{}", outcome.iterations);
}

#[test]
fn every_system_has_its_turn_in_an_order_of_its_own() {
    let mut orders: Vec<_> = (0..20).map(|round| drawn(7, round, 3, 4)).collect();
    assert_eq!(orders[5], drawn(7, 5, 3, 4), "the seed says which");
    for order in &orders {
        let mut places: Vec<_> = order.iter().map(|place| (place.system, place.again)).collect();
        places.sort_unstable();
        assert_eq!(places, [(0, false), (0, true), (1, false), (2, false), (3, false)]);
    }
    orders.dedup();
    assert!(orders.len() > 15, "{} of 20", orders.len());
}

#[test]
fn what_cannot_be_had_is_asked_no_more_and_the_rest_is() {
    let some = format!(
        r#"case "$w$why" in ask*) why=x; row='"why":"3 are missing","wrong":true';; *x) row='"why":"3 are missing"';; *) {TEN};; esac"#
    );
    let asked = ["big:2:80", "ask:2:20", "fan-in:1:10"];
    let (outcome, asked) = compared("some", &[&answers(TEN), &answers(&some)], &asked, &[9], 3);
    let beside: Vec<&str> = asked[1].iter().map(String::as_str).filter(|line| line.contains(" 9 ")).collect();
    assert_eq!(
        beside,
        [
            "peer 1 9 0 5 big:2:80 ask:2:20 fan-in:1:10",
            "peer 1 9 0 5 big:2:80 fan-in:1:10",
            "peer 1 9 0 5 big:2:80 fan-in:1:10"
        ]
    );
    let of = |n: usize| &outcome.peers.contests[3 + n].standings[1];
    let rounds = |n: usize| of(n).value.as_ref().map(|value| value.over_rounds.runs);
    assert_eq!([rounds(0), rounds(1), rounds(2)], [Some(3), None, Some(2)]);
    assert_eq!((of(1).why.as_deref(), of(1).wrong), (Some("3 are missing"), true));
    let wholes: Vec<Option<f64>> = outcome.peers.contests[3..]
        .iter()
        .map(|contest| contest.standings[1].whole_bytes.as_ref().map(|bytes| bytes.over_rounds.median))
        .collect();
    assert_eq!(wholes, [Some(4_096.0), None, None], "the process is one");
    assert!(outcome.peers.contests[..3].iter().all(|contest| contest.standings[0].whole_bytes.is_none()));
    // Somebody else's fault: throng's figures hold.
    assert_eq!((outcome.exit, outcome.peers.validity.valid), (0, true));
    let summary = text::markdown(&outcome.peers);
    assert!(
        summary.contains(
            "- WRONG: tokio-bounded, ask, 1 worker; ask, 1 worker, 9 idle actors beside: 3 are missing"
        ),
        "{summary}"
    );
}

#[test]
fn what_is_no_answer_is_no_figure() {
    let open = |took: u64| {
        answers(&format!(
            r#"row='"open":{{"latency":[[250,99],[9000,1]],"sent":100,"late":2,"took_ns":{took},"disorder":0}}'"#
        ))
    };
    let (kept, missed) = (open(15_000_000), open(50_000_000));
    for (name, deed, why) in [
        ("broken", "echo ouch >&2; exit 3", "ouch (exit status: 3)"),
        ("silent", "", "an answer that cannot be read: "),
        (
            "other",
            r#"echo '{"peer":"x","version":"","how":"","rows":[],"peak_bytes":null}'"#,
            "an answer that cannot be read: {",
        ),
        ("slow", missed.as_str(), "it took 2.00 k/s of 20.0 k/s"),
        ("empty", &answers(r#"row='"ns":[]'"#), "an answer without latencies"),
        (
            "more",
            &kept.replace("100,", "401,"),
            "open:1:20000: it did 401 messages, where 400 were asked for",
        ),
        ("backwards", &answers(r#"row='"ns":[7,-1]'"#), "open:1:20000: an iteration of -1 ns"),
        ("else", &kept.replace("$me", "go"), "the program of tokio-bounded says that it is \"go\""),
    ] {
        let (outcome, asked) = compared(name, &[&kept, deed], &["open:1:20000"], &[], 2);
        let [own, other, _] = &outcome.peers.contests[0].standings[..] else { panic!("three systems") };
        assert_eq!(own.latency.map(|latency| (latency.count, latency.p50)), Some((200, Some(250))), "{name}");
        assert_eq!(own.late, 4, "of both rounds, and not of throng's second figures");
        assert!(other.why.as_deref().is_some_and(|told| told.starts_with(why)), "{name}: {:?}", other.why);
        assert_eq!((asked[1].len(), outcome.exit), (1, 0), "{name}: it is not asked again");
        let logs = outcome.logs.texts().expect("written");
        assert_eq!(logs.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["open-1-20000-workers-1.hlog"]);
    }
}

#[test]
fn a_fault_of_throng_spoils_the_comparison() {
    for (deed, code) in [(answers(r#"row='"why":"2 are missing","wrong":true'"#), 5), ("exit 1".into(), 1)] {
        let (outcome, _) = compared(&format!("fault-{code}"), &[&deed, &answers(TEN)], &["ask:2:20"], &[], 1);
        assert_eq!((outcome.exit, outcome.peers.validity.valid), (code, false));
        assert!(
            outcome.peers.validity.wrong[0].starts_with("throng: ask:2:20: "),
            "{:?}",
            outcome.peers.validity
        );
        let other = &outcome.peers.contests[0].standings[1];
        assert!(other.value.is_some() && other.ratio.is_none());
    }
}

#[test]
fn a_fault_of_throngs_second_figure_is_throngs() {
    let wrong = r#"row='"why":"2 are missing","wrong":true'"#;
    for (bad, code) in [(r#"row='"ns":[]'"#, 1), (wrong, 5)] {
        // One of the two in the round is the second figure, whichever comes first.
        for n in [1, 2] {
            let deed = answers(&format!("if [ $n = {n} ]; then {bad}; else {TEN}; fi"));
            let name = format!("again-{code}-{n}");
            let (outcome, asked) = compared(&name, &[&deed, &answers(TEN)], &["ask:2:20"], &[], 1);
            assert_eq!((asked[0].len(), outcome.exit), (n, code), "{:?}", outcome.peers.validity);
            let [own, other, _] = &outcome.peers.contests[0].standings[..] else { panic!("three systems") };
            assert!(own.why.is_some() && other.ratio.is_none(), "nothing is set beside what failed: {own:?}");
        }
    }
}

#[test]
fn a_broken_ledger_spoils_all_that_was_done() {
    let deed = answers(r#"row='"ns":[90],"messages":2,"why":"3 dead letters","wrong":true'"#);
    let (outcome, asked) = compared("ledger", &[&deed], &["ask:2:2", "big:2:8"], &[9], 2);
    assert_eq!((outcome.exit, asked[0].len()), (5, 3), "none of it is asked again");
    for contest in &outcome.peers.contests {
        let own = &contest.standings[0];
        assert_eq!((own.why.as_deref(), own.wrong), (Some("3 dead letters"), true));
    }
}

/// How the second system stands beside 9 idle actors.
fn beside(outcome: &Outcome, n: usize) -> (usize, Option<&str>, bool) {
    let all = outcome.peers.contests.iter().filter(|contest| contest.idle == 9);
    let one = &all.map(|contest| &contest.standings[1]).nth(n).expect("a contest");
    (one.value.as_ref().map_or(0, |value| value.over_rounds.runs), one.why.as_deref(), one.wrong)
}

#[test]
fn what_was_not_tried_has_not_failed() {
    // It cannot ask, and loses messages in big; fan-in comes behind that.
    let deed = answers(&format!(
        r#"case "$w$lost" in ask*) row='"why":"it cannot"';; big*) lost=x; row='"why":"3 are missing","wrong":true';; *x) row='"why":"3 are missing","wrong":true';; *) {TEN};; esac"#
    ));
    let all = ["ask:2:20", "big:2:80", "fan-in:1:10", "ring:3:10"];
    let (outcome, asked) = compared("untried", &[&answers(TEN), &deed], &all, &[9], 2);
    let last = asked[1].iter().rfind(|line| line.contains(" 9 "));
    assert_eq!(last.map(String::as_str), Some("peer 1 9 0 5 fan-in:1:10 ring:3:10"));
    assert_eq!(beside(&outcome, 0), (0, Some("it cannot"), false));
    assert_eq!(beside(&outcome, 1), (0, Some("3 are missing"), true));
    assert_eq!([beside(&outcome, 2), beside(&outcome, 3)], [(1, None, false); 2]);
    let (outcome, _) = compared("never", &[&answers(TEN), &deed], &all, &[9], 1);
    assert_eq!(beside(&outcome, 3), (0, Some("not tried: 3 are missing"), false));
}

#[test]
fn where_nothing_can_be_had_twice_no_third_is_asked_for() {
    let deed = answers(r#"row='"why":"no room for the idle"'"#);
    let all = ["ask:2:20", "big:2:80", "fan-in:1:10", "ring:3:10"];
    let (outcome, asked) = compared("nothing", &[&answers(TEN), &deed], &all, &[9], 5);
    assert_eq!(asked[1].iter().filter(|line| line.contains(" 9 ")).count(), 2);
    assert_eq!(beside(&outcome, 1), (0, Some("no room for the idle"), false));
    assert_eq!(beside(&outcome, 3), (0, Some("not tried: no room for the idle"), false));
    let summary = text::markdown(&outcome.peers);
    assert!(
        summary.starts_with("# peers, 5 rounds: 1 of 3 systems; No other system has a figure\n"),
        "{summary}"
    );
}

#[test]
fn what_was_measured_before_an_interrupt_is_kept() {
    let stop = AtomicBool::new(false);
    let mut begun = 0;
    let mut count = |_: &str| {
        begun += 1;
        stop.store(begun == 4, Ordering::Relaxed);
    };
    let (ten, thirty) = (answers(TEN), answers(THIRTY));
    let (outcome, _) = stopped("interrupted", &[&ten, &thirty], &["ask:2:20"], &[], 9, &stop, &mut count);
    assert_eq!(
        (outcome.exit, outcome.peers.validity.interrupted, outcome.peers.validity.valid),
        (130, true, true)
    );
    assert!(outcome.peers.contests[0].standings[1].value.is_some());
}
