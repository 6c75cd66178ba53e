use super::*;
use throng::{Actor, Context};

/// Ten messages, all handled.
fn whole() -> Ledger {
    let mut ledger = Ledger::default();
    (ledger.attempts, ledger.accepted, ledger.handled) = (10, 10, 10);
    ledger
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
            "the ledger: accepted 10 != handled 9 + dropped 0 + dead 0 + queued 0",
            "9 messages handled, 10 expected"
        ]
    );
    // Handled twice, and once counted so.
    assert_eq!(
        found(|ledger| ledger.handled = 11),
        [
            "the ledger: accepted 10 != handled 11 + dropped 0 + dead 0 + queued 0",
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
        ["2 messages became dead letters"]
    );
    assert_eq!(
        found(|ledger| (ledger.attempts, ledger.accepted, ledger.dropped.oldest) = (12, 12, 2)),
        ["2 messages dropped, 0 expected"]
    );
    assert_eq!(found(|ledger| ledger.faults = 3), ["3 handlers failed"]);
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
