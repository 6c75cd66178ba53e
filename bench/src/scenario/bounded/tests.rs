use super::*;

/// Ten attempts of which eight were accepted and two refused, and a step each.
fn counted() -> Counted {
    Counted { attempts: 10, accepted: 8, refused: 2, beside: 10, handled: 8, high: 1, low: 1, bound: 4 }
}

/// The ledger that fits.
fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    (ledger.attempts, ledger.accepted, ledger.handled, ledger.refused.full) = (20, 18, 18, 2);
    ledger
}

/// What is found under `overflow` when harm was done to either.
fn found(overflow: Overflow, harm: impl FnOnce(&mut Counted, &mut Ledger, &mut Activity)) -> Vec<String> {
    let (mut counted, mut ledger, mut activity) = (counted(), ledger(), Activity::default());
    activity.fullest = 4;
    harm(&mut counted, &mut ledger, &mut activity);
    counted.wrong(overflow, &Ledger::default(), &ledger, &activity)
}

/// Two of those accepted were dropped by this cause, and nothing was refused.
fn dropping(overflow: Overflow, oldest: bool) -> Vec<String> {
    found(overflow, |counted, ledger, _| {
        (counted.accepted, counted.refused) = (10, 0);
        (ledger.accepted, ledger.refused.full) = (20, 0);
        *(if oldest { &mut ledger.dropped.oldest } else { &mut ledger.dropped.newest }) = 2;
    })
}

#[test]
fn what_a_policy_may_do_is_nothing_wrong() {
    for overflow in [Overflow::Fail, Overflow::Signal] {
        assert_eq!(found(overflow, |_, _, _| {}), [""; 0]);
    }
    for (overflow, oldest) in [
        (Overflow::DropNewest, false),
        (Overflow::DropOldest, true),
        (Overflow::DropOldest, false),
        (Overflow::DropOldestExact, true),
    ] {
        assert_eq!(dropping(overflow, oldest), [""; 0]);
    }
    // The hard limit may refuse where the mailbox is as large as can be.
    assert_eq!(
        found(Overflow::Mute, |counted, _, _| counted.bound = u64::from(Options::CAPACITY_MAX)),
        [""; 0]
    );
}

#[test]
fn what_it_may_not_is_told() {
    let none = "sends refused by a policy that refuses none: 2, not 0";
    assert_eq!(found(Overflow::Mute, |_, _, _| {}), [none]);
    assert_eq!(found(Overflow::DropNewest, |_, _, _| {}), [none]);
    assert_eq!(dropping(Overflow::DropNewest, true), ["oldest dropped in place of the newest: 2, not 0"]);
    assert_eq!(
        dropping(Overflow::DropOldestExact, false),
        ["newest dropped in place of the oldest: 2, not 0"]
    );
    assert_eq!(dropping(Overflow::Fail, true), ["messages dropped by a policy that drops none: 2, not 0"]);
    assert_eq!(
        found(Overflow::Fail, |_, _, activity| activity.fullest = 5),
        ["a mailbox held 5 messages, 4 at most are promised"]
    );
    assert_eq!(
        found(Overflow::Signal, |counted, _, _| counted.low = 0),
        ["mailboxes told to have sunk to the low mark: 0, not 1"]
    );
    assert_eq!(
        found(Overflow::Fail, |counted, _, _| counted.attempts = 11),
        ["attempts in the ledger: 20, not 21"]
    );
    // One that was accepted and is nowhere.
    assert_eq!(
        found(Overflow::Fail, |counted, _, _| counted.handled = 7),
        ["dropped in the ledger: 0, not 1"]
    );
}
