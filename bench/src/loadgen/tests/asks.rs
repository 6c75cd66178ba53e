//! Questions by a plan.

use super::*;

/// What a line came to, whether or not it kept its rate, and its exit code.
fn asked(line: &str, fault: Option<Planted>) -> (u8, Value) {
    let mut out = Vec::new();
    let line = format!("ask --warmup 0 --pin none --format json {line}");
    let code = command_with(line.split_whitespace().map(OsString::from), fault, &mut out).expect("it runs");
    (code, serde_json::from_slice(&out).expect("JSON"))
}

#[test]
fn every_question_is_answered_once() {
    for workers in [1, 2] {
        let (code, run) = asked(&format!("--rate 2k --duration 100ms --workers {workers}"), None);
        assert!([0, RATE_MISSED].contains(&code), "{run}");
        let arrivals = run["messages"].as_u64().expect("a number");
        assert!(arrivals > 0 && run["load"]["sent"] == arrivals, "{run}");
        // The arrival, the question and the answer.
        assert_eq!((&run["counts"], &run["ledger"]["handled"]), (&"arrival".into(), &(3 * arrivals).into()));
        for kind in ["response", "service", "schedule_lag"] {
            assert_eq!(run["latency_ns"][kind]["count"], arrivals, "{kind}");
        }
        let max = |kind: &str| run["latency_ns"][kind]["max"].as_u64().expect("samples");
        assert!(max("response") >= max("service"), "{run}");
        assert_eq!(run["options"]["actors"], 2);
    }
}

/// Also where there are more of them than can be answered: what is refused is told, and no place is missing for an answer.
#[test]
fn no_question_is_lost_where_there_are_too_many() {
    for overflow in ["mute", "fail"] {
        for (mailbox, batch) in [(1, 1), (1, 128), (16, 3), (64, 128)] {
            for workers in [1, 2] {
                let line = format!(
                    "--rate 200k --service 20us --duration 60ms --overflow {overflow} --mailbox {mailbox} --batch {batch} --workers {workers}"
                );
                let (code, run) = asked(&line, None);
                assert!([0, RATE_MISSED].contains(&code), "{line}: {}", run["validity"]);
                assert_eq!(run["validity"]["wrong"], serde_json::json!([]), "{line}");
                let (done, sent) = (run["messages"].as_u64(), run["load"]["sent"].as_u64());
                let all = if overflow == "mute" { done == sent } else { done <= sent };
                assert!(done > Some(0) && all, "{line}: {done:?} of {sent:?}");
            }
        }
    }
}

#[test]
fn a_planted_fault_is_found() {
    let dropped = "question 0 ended without an answer: the answerer ended or dropped the question";
    for (fault, said) in [(Planted::Lost, dropped), (Planted::Overlap, "an actor ran twice at once")] {
        for workers in [1, 2] {
            let (code, run) = asked(&format!("--rate 1k --duration 100ms --workers {workers}"), Some(fault));
            let wrong = run["validity"]["wrong"].as_array().expect("what is wrong");
            let found = wrong.iter().any(|line| line.as_str().is_some_and(|line| line.starts_with(said)));
            assert!(code == LOST && found, "{fault:?}: {code}, {wrong:?}");
        }
    }
}

#[test]
fn the_answerer_stands_still_for_as_long_as_it_was_told() {
    let (code, run) = asked("--rate 1k --duration 200ms --freeze 30ms --workers 1", None);
    assert!([0, RATE_MISSED].contains(&code), "{run}");
    assert!(run["facts"]["frozen_ns"].as_u64() >= Some(30_000_000), "{}", run["facts"]);
    assert!(run["latency_ns"]["response"]["max"].as_u64() >= Some(25_000_000), "{}", run["latency_ns"]);
}
