use super::*;

/// Two children; ten messages, two of which failed, and whose restarts dropped three more.
fn counted() -> Counted {
    Counted {
        children: 2,
        alive: 2,
        accepted: 13,
        refused: 1,
        steps: 4,
        handled: 10,
        returned: 0,
        faults: 2,
        recovered: 2,
        starts: 4,
        restarts: 2,
        started: 2,
        failed: 2,
        restarted: 2,
        ended: 2,
        events: 10,
    }
}

fn found(harm: impl FnOnce(&mut Counted, &mut Ledger, &mut Upkeep)) -> Vec<String> {
    let (mut counted, mut ledger) = (counted(), Ledger::default());
    let mut upkeep = Upkeep { mail: Kept::Drop, ..Upkeep::default() };
    (ledger.dead.restarted, ledger.refused.full) = (3, 1);
    harm(&mut counted, &mut ledger, &mut upkeep);
    counted.wrong(upkeep, &ledger)
}

#[test]
fn what_agrees_is_nothing_wrong() {
    assert_eq!(found(|_, _, _| {}), [""; 0]);
    // One restart for both faults, which took the other child along each time.
    let all = found(|counted, _, upkeep| {
        upkeep.strategy = Strategy::OneForAll;
        (counted.restarts, counted.restarted, counted.starts) = (1, 4, 6);
    });
    assert_eq!(all, [""; 0]);
    let returned = found(|counted, ledger, upkeep| {
        upkeep.mail = Kept::Return;
        counted.returned = 3;
        ledger.dead.restarted = 0;
    });
    assert_eq!(returned, [""; 0]);
}

#[test]
fn each_count_that_does_not_agree_is_told() {
    type Harm = fn(&mut Counted, &mut Ledger, &mut Upkeep);
    let cases: [(Harm, &[&str]); 10] = [
        (|counted, _, _| counted.alive = 1, &["children at the end: 1, not 2"]),
        (|counted, _, _| counted.ended = 1, &["ends told: 1, not 2"]),
        (|counted, _, _| counted.failed = 1, &["faults told by the supervisor: 1, not 2"]),
        (|_, ledger, _| ledger.refused.full = 0, &["refused as full in the ledger: 0, not 1"]),
        (|counted, _, _| counted.recovered = 1, &["starts after a fault: 1, not 2"]),
        (
            |counted, _, _| counted.restarted = 1,
            &["starts of children: 4, not 3", "restarts told by the supervisor: 1, not 2"],
        ),
        (|counted, _, _| counted.restarts = 3, &["restarts of the tree: 3, not 2", "3 restarts of 2 faults"]),
        (|_, ledger, _| ledger.dead.restarted = 2, &["dead letters of restarts in the ledger: 2, not 3"]),
        (
            |_, ledger, upkeep| (ledger.dead.restarted, upkeep.mail) = (3, Kept::Keep),
            &["messages that nobody has: 3, not 0"],
        ),
        (
            |counted, ledger, _| (counted.returned, ledger.dead.restarted) = (3, 0),
            &["messages handed back: 3, not 0"],
        ),
    ];
    for (n, (harm, said)) in cases.into_iter().enumerate() {
        assert_eq!(found(harm), said, "case {n}");
    }
    let twice = found(|counted, _, _| counted.handled = 14);
    assert_eq!(
        twice,
        ["handled, dropped and handed back: 14, not 13", "dead letters of restarts in the ledger: 3, not 0"]
    );
}
