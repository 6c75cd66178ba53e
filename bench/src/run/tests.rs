use super::*;
use crate::options::Warmup;
use std::ffi::OsString;
use std::time::Duration;
use throng::{Actor, Context};

/// Ten messages, all handled.
fn whole() -> Ledger {
    let mut ledger = Ledger::default();
    (ledger.attempts, ledger.accepted, ledger.handled) = (10, 10, 10);
    ledger
}

fn finished(line: &str) -> Finished {
    let options = Options::read(line.split_whitespace().map(OsString::from)).expect(line);
    execute(&options, &Arc::default()).expect(line)
}

/// What `verify` finds in a whole ledger to which `harm` was done.
fn found(harm: impl FnOnce(&mut Ledger)) -> Vec<String> {
    let (mut ledger, mut outcome) = (whole(), Outcome { handled: 10, ..Outcome::default() });
    harm(&mut ledger);
    verify(&ledger, &mut outcome);
    outcome.wrong
}

#[test]
fn a_whole_ledger_holds_and_a_refused_send_is_nothing_wrong() {
    assert_eq!(found(|_| {}), [""; 0]);
    assert_eq!(found(|ledger| (ledger.attempts, ledger.refused.full) = (13, 3)), [""; 0]);
}

#[test]
fn every_demand_is_told_by_its_own_line() {
    // Accepted, and then gone.
    assert_eq!(
        found(|ledger| ledger.handled = 9),
        [
            "the ledger: accepted 10 != handled 9 + dropped 0 + dead 0 + returned 0 + queued 0",
            "9 messages handled, 10 expected"
        ]
    );
    // Handled twice, and once counted so.
    assert_eq!(
        found(|ledger| ledger.handled = 11),
        [
            "the ledger: accepted 10 != handled 11 + dropped 0 + dead 0 + returned 0 + queued 0",
            "11 messages handled, 10 expected"
        ]
    );
    // Tried, and neither accepted nor refused.
    assert_eq!(found(|ledger| ledger.attempts = 11), ["the ledger: attempts 11 != accepted 10 + refused 0"]);
    // Sent twice: the ledger is whole, the number is not.
    assert_eq!(
        found(|ledger| (ledger.attempts, ledger.accepted, ledger.handled) = (11, 11, 11)),
        ["11 messages handled, 10 expected"]
    );
    assert_eq!(
        found(|ledger| (ledger.attempts, ledger.accepted, ledger.queued) = (11, 11, 1)),
        ["1 messages left in mailboxes"]
    );
    assert_eq!(
        found(|ledger| (ledger.attempts, ledger.accepted, ledger.dead.failed) = (12, 12, 2)),
        ["2 messages became dead letters, 0 expected"]
    );
    assert_eq!(
        found(|ledger| (ledger.attempts, ledger.accepted, ledger.returned.restart) = (12, 12, 2)),
        ["2 messages were handed back, 0 expected"]
    );
    assert_eq!(
        found(|ledger| (ledger.attempts, ledger.accepted, ledger.dropped.oldest) = (12, 12, 2)),
        ["2 messages dropped, 0 expected"]
    );
    assert_eq!(found(|ledger| ledger.faults = 3), ["3 handlers failed, 0 expected"]);
}

/// Never rests.
struct Restless;

impl Actor for Restless {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), throng::Fault> {
        let me = cx.me();
        cx.send(me, ())?;
        Ok(())
    }
}

#[test]
fn a_system_that_does_not_come_to_rest_is_wrong() {
    let system = System::builder().workers(1).build().expect("a worker");
    system.spawn(Restless).try_send(()).expect("room");
    // What is wrong already is not waited for long.
    let mut outcome = Outcome { wrong: vec!["known".into()], ..Outcome::default() };
    settle(&system, &mut outcome);
    assert!(outcome.wrong.len() > 1 && outcome.wrong[1].contains("busy"), "{:?}", outcome.wrong);
}

#[test]
fn what_a_time_ends_counts_what_was_handled_in_it() {
    for line in [
        "mesh --duration 60ms --workers 1 --pin none",
        "mesh --duration 60ms --warmup 20ms --workers 1 --pin none",
        "pipeline --duration 60ms --mode closed --tokens 4 --workers 1 --pin none",
    ] {
        let finished = finished(line);
        let run = &finished.run;
        assert!(finished.valid(), "{line}: {}", run.validity);
        let (drain, elapsed) = (run.drain.expect("a time ends it"), run.elapsed_ns.expect("it is timed"));
        // It is looked at by a thread that may come late, and never before.
        assert!(elapsed >= 60_000_000, "{line}: {elapsed}");
        let (handled, before) =
            (run.ledger["handled"].as_u64().expect("a number"), line.contains("--warmup"));
        let in_all = run.messages + drain.messages;
        assert!(
            run.messages > 0 && in_all <= handled && (before || in_all + handled / 4 > handled),
            "{line}: {in_all} of {handled}"
        );
        let rate = run.messages as f64 / elapsed as f64 * 1e9;
        assert!(run.msgs_per_s.is_some_and(|found| (found / rate - 1.0).abs() < 1e-9), "{line}");
    }
    assert_eq!(finished("mesh --messages 4k --workers 1 --pin none").run.drain, None);
}

#[test]
fn more_than_can_be_done_is_an_overload() {
    let line = "counting --rate 200k --service 50us --overflow drop-newest --mailbox 16 --duration 100ms --warmup 20ms \
                --workers 1 --pin none";
    let load = finished(line).run.load.expect("it is open");
    assert!(load.overloaded && load.backlog_grew > 1_000, "{load:?}");
}

#[test]
fn an_open_load_that_sent_nothing_does_not_hold() {
    let nothing = finished("counting --rate 1 --duration 1us --warmup 0 --seed 1 --workers 1 --pin none");
    assert_eq!(nothing.run.load.as_ref().map(|load| (load.planned, load.sent)), Some((0, 0)));
    assert!(!nothing.on_rate && !nothing.valid());
    assert_eq!(nothing.run.validity["rate_missed"], true);
    // The same with one that is due at once.
    let line = "counting --rate 1 --arrival constant --duration 1ms --warmup 0 --workers 1 --pin none";
    let one = finished(line);
    assert_eq!(one.run.load.as_ref().map(|load| (load.planned, load.sent)), Some((1, 1)));
    assert!(one.valid(), "{:?}", one.run.validity);
}

#[test]
fn what_was_planned_is_what_the_plan_has() {
    for (seed, warmup) in [(1, "0"), (2, "0"), (3, "20ms"), (4, "20ms")] {
        let line = format!(
            "counting --rate 400 --duration 50ms --warmup {warmup} --seed {seed} --workers 1 --pin none"
        );
        let load = finished(&line).run.load.expect("it is open");
        // Of a late generator the measured time may begin with what was planned before.
        assert_eq!(load.planned, load.sent + load.not_sent, "{line}: {load:?}");
    }
    let full =
        "counting --rate 2k --arrival constant --duration 100ms --warmup 0 --overflow fail --mailbox 1";
    let load = finished(&format!("{full} --service 5ms --workers 1 --pin none")).run.load.expect("open");
    assert!(load.refused > 0 && load.planned == 200, "{load:?}");
    // Held up until long after the measured time: those that never left are counted.
    let held =
        "counting --rate 5k --arrival constant --duration 200ms --warmup 0 --freeze 500ms --mailbox 16";
    let load = finished(&format!("{held} --workers 1 --pin none")).run.load.expect("open");
    assert!(load.planned == 1_000 && load.not_sent > 300, "{load:?}");
    assert_eq!(load.sent + load.not_sent, 1_000, "{load:?}");
}

#[test]
fn a_load_without_a_plan_is_not_late_for_it() {
    let run = finished("no-op --messages 1k --workers 1 --pin none");
    assert!(run.lag.is_none() && run.run.latency_ns["schedule_lag"].is_null(), "{}", run.run.latency_ns);
    assert!(run.response.is_some());
    // It begins with its first arrival, not with a plan that begins later.
    for _ in 0..8 {
        let run = finished("no-op --messages 1 --workers 1 --pin none").run;
        assert!(run.elapsed_ns.is_some_and(|ns| (1..1_000_000_000).contains(&ns)), "{:?}", run.elapsed_ns);
    }
}

#[test]
fn options_say_what_was_used() {
    let mesh = "mesh --rate 5k --duration 10ms --warmup 0";
    for (line, options) in [
        (mesh, json!({"hops": 4, "service_ns": 0, "warmup": 0, "tokens": null})),
        ("mesh --messages 400", json!({"hops": 4, "service_ns": 0, "warmup": 0})),
        ("mesh --mode closed --messages 400", json!({"hops": 4, "tokens": 64})),
        ("mesh --mode closed --messages 400 --tokens 3 --hops 2", json!({"hops": 2, "tokens": 3})),
        ("directory --messages 100 --actors 10", json!({"hops": null, "tokens": 64, "warmup": null})),
        ("ring --messages 100 --actors 10", json!({"hops": null, "tokens": 1, "service_ns": null})),
        ("bounded --messages 100", json!({"service_ns": 5_000, "warmup": null, "tokens": null})),
        ("counting --messages 100", json!({"hops": null, "service_ns": null, "warmup": null})),
    ] {
        let run = finished(line).run;
        for (name, used) in options.as_object().expect("names") {
            assert_eq!(&run.options[name], used, "{line}: {name}");
        }
    }
    let options =
        |line: &str| Options::read(line.split_whitespace().map(OsString::from)).expect(line).warms_up();
    assert_eq!(options("mesh --rate 5k"), Some(Warmup::Auto));
    assert_eq!(options("mesh --arrival ramp:1..2"), Some(Warmup::For(Duration::ZERO)));
}

#[test]
fn a_few_actors_are_not_weighed() {
    let Finished { run, .. } = finished("idle --actors 1 --workers 1");
    assert_eq!((run.bytes_per_actor, &run.facts["pss_bytes_per_actor"]), (None, &Value::Null));
    let told = run.notes["bytes_per_actor"].as_str().unwrap_or_default();
    assert!(told.contains("too few actors to weigh: the process has grown by less than 8.00 MiB"), "{told}");
}

/// A generator that is held tries again: sends are refused then, and no arrival.
#[test]
fn sends_that_were_tried_again_are_told_beside_the_arrivals_that_were_refused() {
    for overflow in ["mute", "fail"] {
        let line =
            format!("counting --rate 20k --duration 200ms --warmup 0 --freeze 100ms --overflow {overflow}");
        let run = finished(&format!("{line} --mailbox 64 --workers 1 --pin none")).run;
        let load = run.load.as_ref().expect("it is open");
        let full = run.ledger["refused"]["full"].as_u64().expect("a number");
        assert!(full > 0, "{overflow}: {}", run.ledger);
        let (refused, again) = if overflow == "mute" { (0, full) } else { (full, 0) };
        assert_eq!((load.refused, load.tried_again), (refused, again), "{overflow}: {}", run.ledger);
    }
}
