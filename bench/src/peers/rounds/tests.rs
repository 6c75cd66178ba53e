//! Comparisons of programs that answer what a test wants.

use super::{Outcome, Plan, drawn, run};
use crate::alone::stand_in::Scratch;
use crate::peers::plan::processes;
use crate::peers::system::{Invocation, SYSTEMS};
use crate::peers::task::Asked;
use crate::peers::text;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// `rows FIELDS` answers each that is asked with these; `deed` may look at `$w`, what is asked.
fn answers(deed: &str) -> String {
    format!(
        r#"shift 5; rows=; for w; do {deed}; rows="$rows,{{\"asked\":\"$w\",$row}}"; done
           echo "{{\"peer\":\"x\",\"version\":\"1.2\",\"how\":\"so\",\"rows\":[${{rows#,}}],\"peak_bytes\":4096}}""#
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
        let path = scratch.program("stand-in", deed).path;
        systems.push((&SYSTEMS[n], Ok(Invocation { path, before: vec!["peer".into()] })));
    }
    systems.push((&SYSTEMS[deeds.len()], Err("not built".into())));
    let asked: Vec<Asked> = asked.iter().map(|text| Asked::parse(text).expect(text)).collect();
    let processes = processes(&asked, 1, idle, Duration::ZERO, Duration::from_millis(5));
    let plan = Plan { systems, processes, rounds, seed: 7, command: vec!["peers".into()] };
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
    assert_eq!((own.iterations, own.messages, contest.cross_core_ns.len()), (6, 10, 2));
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
    assert!(summary.starts_with("# peers, 2 rounds: 2 of 3 systems\n"), "{summary}");
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
    let asked = ["big:2:8", "ask:2:2", "fan-in:1:1"];
    let (outcome, asked) = compared("some", &[&answers(TEN), &answers(&some)], &asked, &[9], 3);
    let beside: Vec<&str> = asked[1].iter().map(String::as_str).filter(|line| line.contains(" 9 ")).collect();
    assert_eq!(
        beside,
        [
            "peer 1 9 0 5 big:2:8 ask:2:2 fan-in:1:1",
            "peer 1 9 0 5 big:2:8 fan-in:1:1",
            "peer 1 9 0 5 big:2:8 fan-in:1:1"
        ]
    );
    let of = |n: usize| &outcome.peers.contests[3 + n].standings[1];
    let rounds = |n: usize| of(n).value.as_ref().map(|value| value.over_rounds.runs);
    assert_eq!([rounds(0), rounds(1), rounds(2)], [Some(3), None, Some(2)]);
    assert_eq!((of(1).why.as_deref(), of(1).wrong), (Some("3 are missing"), true));
    // Somebody else's fault: throng's figures hold.
    assert_eq!((outcome.exit, outcome.peers.validity.valid), (0, true));
    let summary = text::markdown(&outcome.peers);
    assert!(
        summary.contains("- WRONG: tokio-bounded, ask, 1 worker, 9 idle actors beside: 3 are missing"),
        "{summary}"
    );
}

#[test]
fn what_is_no_answer_is_no_figure() {
    let open = |took: u64| {
        answers(&format!(
            r#"row='"open":{{"latency":[[250,99],[9000,1]],"sent":100,"late":0,"took_ns":{took},"disorder":0}}'"#
        ))
    };
    let (kept, missed) = (open(110_000_000), open(200_000_000));
    for (name, deed, why) in [
        ("broken", "echo ouch >&2; exit 3", "ouch (exit status: 3)"),
        ("silent", "", "an answer that cannot be read: "),
        (
            "other",
            r#"echo '{"peer":"x","version":"","how":"","rows":[],"peak_bytes":null}'"#,
            "an answer that cannot be read: {",
        ),
        ("slow", missed.as_str(), "it took 500 /s of 1.00 k/s"),
        ("empty", &answers(r#"row='"ns":[]'"#), "an answer without latencies"),
    ] {
        let (outcome, asked) = compared(name, &[&kept, deed], &["open:1:1000"], &[], 2);
        let [own, other, _] = &outcome.peers.contests[0].standings[..] else { panic!("three systems") };
        assert_eq!(own.latency.map(|latency| (latency.count, latency.p50)), Some((200, Some(250))), "{name}");
        assert!(other.why.as_deref().is_some_and(|told| told.starts_with(why)), "{name}: {:?}", other.why);
        assert_eq!((asked[1].len(), outcome.exit), (1, 0), "{name}: it is not asked again");
        assert!(outcome.latencies.ends_with("open:1:1000,2,9000,1\n"), "{}", outcome.latencies);
    }
}

#[test]
fn a_fault_of_throng_spoils_the_comparison() {
    for (deed, code) in [(answers(r#"row='"why":"2 are missing","wrong":true'"#), 5), ("exit 1".into(), 1)] {
        let (outcome, _) = compared(&format!("fault-{code}"), &[&deed, &answers(TEN)], &["ask:2:2"], &[], 1);
        assert_eq!((outcome.exit, outcome.peers.validity.valid), (code, false));
        assert!(
            outcome.peers.validity.wrong[0].starts_with("throng: ask:2:2: "),
            "{:?}",
            outcome.peers.validity
        );
        let other = &outcome.peers.contests[0].standings[1];
        assert!(other.value.is_some() && other.ratio.is_none());
    }
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
    let (outcome, _) = stopped("interrupted", &[&ten, &thirty], &["ask:2:2"], &[], 9, &stop, &mut count);
    assert_eq!(
        (outcome.exit, outcome.peers.validity.interrupted, outcome.peers.validity.valid),
        (130, true, true)
    );
    assert!(outcome.peers.contests[0].standings[1].value.is_some());
}
