use super::*;
use std::path::Path;
use std::sync::atomic::Ordering;

const GOOD: &str = r#"
actors) echo '{"measure":"actors","sent":5,"received":5,"actors":5,"limit":"target","note":"small"}';;
one_way) echo '{"measure":"one_way","sent":2000,"received":2000,"batch":1000,"histogram":[[10.3,2]],"note":"small"}';;
ask) echo '{"measure":"ask","sent":3,"received":3,"histogram":[[30,3]]}';;
throughput) echo '{"measure":"throughput","sent":9,"received":9,"msgs_per_s":1.5e8}';;
bytes) echo '{"measure":"bytes","sent":5,"received":5,"actors":5,"bytes_per_actor":64.2}';;
speedup) echo '{"measure":"speedup","sent":9,"received":9,"speedup":1.98}';;
"#;

/// A plan of throng's row alone, asked by a shell script: `cases` go before the good answers.
fn plan(cases: &str) -> Plan {
    let script = format!("case $1 in {cases}\n{GOOD} esac");
    Plan {
        profile: Profile::Smoke,
        only: Some(vec![System::Throng]),
        throng: Invocation {
            program: "sh".into(),
            args: vec!["-c".into(), script.into(), "throng".into()],
            env: Vec::new(),
        },
        target_dir: Path::new("/nowhere/target").to_owned(),
        env: serde_json::json!({"cores": 2}),
    }
}

/// Conducts, and gives the only row.
fn row(plan: &Plan) -> (Row, Outcome) {
    let outcome = conduct(plan, &mut |_| {}, &AtomicBool::new(false));
    let [row] = &outcome.table.rows[..] else { panic!("{} rows", outcome.table.rows.len()) };
    (row.clone(), outcome)
}

#[test]
fn every_measure_fills_its_field() {
    let mut lines = Vec::new();
    let outcome = conduct(&plan(""), &mut |line| lines.push(line.to_owned()), &AtomicBool::new(false));
    assert_eq!((outcome.table.schema.as_str(), &outcome.table.env["cores"]), (SCHEMA, &serde_json::json!(2)));
    let row = &outcome.table.rows[0];
    let measured = row.measured.as_ref().expect("all was well");
    assert_eq!((row.name.as_str(), row.note.as_str(), &row.claim), ("throng", "small", &None));
    assert_eq!((measured.actors, measured.actors_limit.as_str()), (5, "target"));
    assert_eq!(measured.one_way_ns.as_ref().map(|l| (l.p50, l.batch, l.count)), Some((None, 1000, 2)));
    assert_eq!(measured.ask_ns.as_ref().map(|l| (l.p50, l.batch, l.count)), Some((None, 1, 3)));
    assert_eq!(measured.msgs_per_s, Some(1.5e8));
    assert_eq!(measured.bytes_per_actor, Some(64.2));
    assert_eq!(measured.speedup, Some(1.98));
    let samples: Vec<_> =
        outcome.samples.iter().map(|s| (s.row, s.column, s.samples.histogram.len())).collect();
    assert_eq!(samples, [("throng", "one_way", 2), ("throng", "ask", 3)]);
    assert!(
        outcome.samples.iter().all(|s| !s.took.is_zero() && s.began.elapsed().is_ok_and(|ago| ago >= s.took))
    );
    assert!(!outcome.interrupted);
    let told: Vec<_> = Measure::ALL.iter().map(|m| format!("[1/1] throng: {}", m.name())).collect();
    assert_eq!(lines, told);
}

#[test]
fn the_budget_reaches_the_program() {
    let (row, _) = row(&plan("actors) echo \"$*\" >&2; exit 1;;"));
    let note = row.note;
    assert!(note.starts_with("actors: actors --seconds 1 --memory-bytes "), "{note}");
    let bytes = note.split(' ').nth(5).expect("a number").parse::<u64>().expect("a number");
    assert!(bytes > 0, "{note}");
}

#[test]
fn a_measure_that_fails_leaves_its_field_empty_and_says_so() {
    for (case, why) in [
        ("ask) echo 'no such thing' >&2; exit 3;;", "ask: no such thing (exit status: 3)"),
        ("ask) echo 'Traceback (most recent call last):';;", "ask: an answer that cannot be read"),
        ("ask) ;;", "ask: no answer on stdout"),
        ("ask) echo '{\"measure\":\"ask\",\"sent\":7,\"received\":6}';;", "ask: 7 messages sent, 6 received"),
        ("ask) kill -9 $$;;", "ask: signal: 9"),
    ] {
        let (row, outcome) = row(&plan(case));
        let measured = row.measured.expect("the others were well");
        assert_eq!(measured.ask_ns, None, "{case}");
        assert!(row.note.contains(why), "{case}: {}", row.note);
        assert_eq!((measured.actors, measured.speedup), (5, Some(1.98)), "{case}");
        assert_eq!(outcome.samples.len(), 1, "{case}");
        assert!(!outcome.interrupted);
    }
}

#[test]
fn without_actors_there_is_no_row_and_nothing_more_is_asked() {
    let mut lines = Vec::new();
    let outcome =
        conduct(&plan("actors) exit 1;;"), &mut |line| lines.push(line.to_owned()), &AtomicBool::new(false));
    let row = &outcome.table.rows[0];
    assert!(row.measured.is_none());
    assert_eq!(row.note, "actors: exit status: 1");
    assert_eq!(lines.len(), 2, "{lines:?}");
}

#[test]
fn a_program_that_is_not_there_is_a_note() {
    let mut plan = plan("");
    plan.throng.program = "/nowhere/throng".into();
    let (row, outcome) = row(&plan);
    assert!(row.measured.is_none() && !outcome.interrupted);
    assert!(row.note.contains("/nowhere/throng"), "{}", row.note);
}

#[test]
fn an_interrupt_keeps_what_was_measured_and_names_the_rest() {
    let stop = AtomicBool::new(false);
    let mut plan = plan("throughput) while :; do sleep 1000; done;;");
    plan.only = Some(vec![System::Throng, System::Throng]);
    let mut raise = |line: &str| {
        if line.ends_with(": throughput") {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let outcome = conduct(&plan, &mut raise, &stop);
    assert!(outcome.interrupted);
    let [first, second] = &outcome.table.rows[..] else { panic!("a row for each") };
    let measured = first.measured.as_ref().expect("what came before");
    assert!(measured.ask_ns.is_some() && measured.msgs_per_s.is_none());
    assert_eq!(first.note, "small; interrupted before throughput, bytes, speedup could be measured");
    assert!(second.measured.is_none());
    assert!(second.note.starts_with("interrupted before actors"), "{}", second.note);
}
