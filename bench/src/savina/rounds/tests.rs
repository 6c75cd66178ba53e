//! Suites by programs that answer what a test wants.

use crate::alone::asking::Program;
use crate::alone::stand_in::Scratch;
use crate::savina::rounds::{Outcome, Plan, run};
use crate::savina::size::Size;
use crate::savina::suite::SUITE;
use crate::savina::text;
use crate::settled::Settled;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// `tell NS [SETTLED]` answers three iterations, the median of which is that, of ten messages each.
const TELL: &str = r#"tell() { echo "{\"iterations\":[1,$1,9e9],\"messages\":10,\"warm_up\":4,\"settled\":\"${2:-steady}\",\"ledger\":{\"handled\":7},\"mutes\":2,\"fullest\":9}"; }"#;
/// With one worker it takes twice as long.
const GOOD: &str = r#"case "$*" in *" 1 250") tell 2000;; *) tell $((1000 * n));; esac"#;

fn program(scratch: &Scratch, deed: &str) -> Program {
    scratch.program("workload", &format!("{TELL}\n{deed}"))
}

fn of(program: &Program, workers: usize, rounds: u32) -> Outcome {
    let entries = SUITE.iter().take(2).collect();
    let time = Duration::from_millis(250);
    let plan =
        Plan { program, entries, size: Size::Small, workers, rounds, time, command: vec!["savina".into()] };
    run(plan, &AtomicBool::new(false), &mut |_| {})
}

#[test]
fn rounds_go_there_and_back() {
    let scratch = Scratch::new("savina-rounds");
    let outcome = of(&program(&scratch, GOOD), 3, 2);
    assert_eq!(outcome.exit, 0, "{:?}", outcome.suite.validity);
    let [a, b] = [SUITE[0].name, SUITE[1].name];
    let there =
        [format!("{a} small 3"), format!("{a} small 1"), format!("{b} small 3"), format!("{b} small 1")];
    let asked: Vec<String> =
        there.iter().chain(there.iter().rev()).map(|line| format!("workload {line} 250")).collect();
    assert_eq!(scratch.asked(), asked);

    // All workers: the first asked, and the last, which is the eighth.
    let row = &outcome.suite.rows[0];
    let (all, one) = (row.all.as_ref().expect("measured"), row.one.as_ref().expect("measured"));
    assert_eq!(all.ns_per_iteration.each, [Some(1_000.0), Some(8_000.0)]);
    assert_eq!(one.ns_per_iteration.each, [Some(2_000.0), Some(2_000.0)]);
    assert_eq!(all.ns_per_msg.each, [Some(100.0), Some(800.0)]);
    assert_eq!(one.msgs_per_s.each, [Some(5e6), Some(5e6)]);
    assert_eq!(row.speed_up.as_ref().expect("of both").each, [Some(2.0), Some(0.25)]);
    assert_eq!((row.iterations, row.warm_up, row.mutes, row.messages), (12, 16, Some(2.0), Some(10.0)));
    assert!(row.verified && row.settled == Some(Settled::Steady) && row.ledger["handled"] == 7);

    let lines: Vec<&str> = outcome.iterations.lines().collect();
    assert_eq!(
        lines[..3],
        ["workload,workers,round,iteration,ns", &format!("{a},3,1,1,1"), &format!("{a},3,1,2,1000")]
    );
    assert_eq!(lines.len(), 1 + 8 * 3);
    let summary = text::markdown(&outcome.suite);
    assert!(summary.starts_with("# savina, size small, 2 rounds: 2 of 2 verified\n"), "{summary}");
    let cells = format!(
        "| {a} | 4.50 µs (1.00 µs to 8.00 µs) | 2.00 µs (2.00 µs to 2.00 µs) | 1.12 x (0.25 x to 2.00 x) | 10 |"
    );
    assert!(summary.contains(&cells) && summary.contains("SMALL"), "{summary}");
    assert!(summary.contains("; the fullest mailbox held 9\n"), "{summary}");
}

#[test]
fn one_worker_alone_has_no_speed_up() {
    let scratch = Scratch::new("savina-one");
    let outcome = of(&program(&scratch, "tell 1000 drifting"), 1, 1);
    assert_eq!(scratch.asked().len(), 2);
    let row = &outcome.suite.rows[0];
    assert!(
        row.one.is_none()
            && row.speed_up.is_none()
            && row.all.is_some()
            && row.settled == Some(Settled::Drifting)
    );
    let text = text::text(&outcome.suite);
    assert!(text.contains("drifting") && !text.contains("speed-up"), "{text}");
}

#[test]
fn what_is_wrong_is_told_and_the_others_are_measured() {
    for (name, deed, code, why) in [
        (
            "said",
            "echo 'throng: workload: pings: 9 was to be, 8 is' >&2; exit 5",
            5,
            "pings: 9 was to be, 8 is",
        ),
        ("broken", "exit 1", 1, "exit status: 1"),
        ("silent", "", 1, "an answer that cannot be read: "),
        ("nothing", "tell -1", 1, "an answer that cannot be read: {\"iterations\":[1,-1,9e9]"),
    ] {
        let scratch = Scratch::new(&format!("savina-{name}"));
        let bad = SUITE[0].name;
        let deed = format!("case \"$2\" in {bad}) {deed};; *) tell 1000;; esac");
        let outcome = of(&program(&scratch, &deed), 2, 2);
        assert_eq!(outcome.exit, code, "{name}");
        let suite = &outcome.suite;
        let told = format!("round 1 of 2: {bad}, workers 2: {why}");
        assert!(
            suite.validity.wrong.len() == 1 && suite.validity.wrong[0].starts_with(&told),
            "{:?}",
            suite.validity
        );
        let verified: Vec<bool> = suite.rows.iter().map(|row| row.verified).collect();
        assert_eq!(verified, [false, true], "{name}");
        // The wrong one once, the other four times.
        assert_eq!(scratch.asked().len(), 5, "{name}");
        let kept = scratch.0.join("kept");
        outcome.save(&kept, &text::markdown(suite)).expect("writable");
        for file in ["env.json", "summary.md", "iterations.csv", "run.json"] {
            assert!(
                kept.join(format!("{file}.FAIL")).exists() && !kept.join(file).exists(),
                "{name}: {file}"
            );
        }
        let remark = if code == 5 { "WRONG" } else { "no figure" };
        let summary = fs::read_to_string(kept.join("summary.md.FAIL")).expect("it is there");
        assert!(summary.contains("1 of 2 verified, NOT VALID") && summary.contains(remark), "{summary}");
    }
}

#[test]
fn what_was_measured_before_an_interrupt_is_kept() {
    let scratch = Scratch::new("savina-interrupted");
    let program = program(&scratch, GOOD);
    let stop = AtomicBool::new(false);
    let entries = SUITE.iter().take(2).collect();
    let time = Duration::from_millis(250);
    let plan =
        Plan { program: &program, entries, size: Size::Small, workers: 2, rounds: 9, time, command: vec![] };
    let second = format!("round 1 of 9: {}, workers 2", SUITE[1].name);
    let outcome = run(plan, &stop, &mut |place| {
        if place == second {
            stop.store(true, Ordering::Relaxed);
        }
    });
    assert_eq!((outcome.exit, outcome.suite.validity.interrupted), (130, true));
    assert!(outcome.suite.validity.valid, "{:?}", outcome.suite.validity);
    let [first, other] = &outcome.suite.rows[..] else { panic!("two rows") };
    assert!(first.verified && first.speed_up.is_some());
    assert!(!other.verified && other.all.is_none() && other.why.is_none());
    let text = text::text(&outcome.suite);
    assert!(text.contains("1 of 2 verified, interrupted") && text.contains("not run"), "{text}");
}
