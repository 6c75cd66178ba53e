use super::*;

/// Two topics of two subscribers each; five and three publications, of which one subscriber refused two.
fn counted() -> Counted {
    let part = |topic, taken, refused| Part { topic, taken, refused, handled: taken };
    Counted {
        topics: vec![
            OfTopic { published: 5, taken: 8, refused: 2 },
            OfTopic { published: 3, taken: 6, refused: 0 },
        ],
        parts: vec![part(0, 5, 0), part(0, 3, 2), part(1, 3, 0), part(1, 3, 0)],
        steps: 2,
    }
}

fn found(overflow: Overflow, harm: impl FnOnce(&mut Counted, &mut Ledger)) -> Vec<String> {
    let (mut counted, mut ledger) = (counted(), Ledger::default());
    ledger.refused.full = 2;
    harm(&mut counted, &mut ledger);
    counted.wrong(overflow, 2, &Ledger::default(), &ledger)
}

#[test]
fn what_agrees_is_nothing_wrong() {
    assert_eq!(found(Overflow::Fail, |_, _| {}), [""; 0]);
    let dropped = found(Overflow::DropNewest, |counted, ledger| {
        counted.parts[0].handled = 4;
        ledger.dropped.newest = 1;
    });
    assert_eq!(dropped, [""; 0]);
}

#[test]
fn each_count_that_does_not_agree_is_told() {
    let all = "handled, refused and dropped by all subscribers: 15, not 16";
    assert_eq!(
        found(Overflow::Fail, |counted, _| counted.parts[0].handled = 4),
        [all, "dropped in the ledger: 0, not 1"],
        "lost"
    );
    assert_eq!(
        found(Overflow::Fail, |counted, _| counted.parts[0].handled = 6),
        ["handled, refused and dropped by all subscribers: 17, not 16", "handled by subscriber 0: 6, not 5"],
        "twice"
    );
    // One that had less makes up for one that had more: each is found by itself.
    let swapped = found(Overflow::Fail, |counted, _| {
        (counted.parts[0].taken, counted.parts[0].handled) = (4, 4);
        (counted.parts[1].taken, counted.parts[1].handled) = (4, 4);
    });
    assert_eq!(
        swapped,
        ["taken and refused by subscriber 0: 4, not 5", "taken and refused by subscriber 1: 6, not 5"]
    );
    assert_eq!(
        found(Overflow::Fail, |counted, _| counted.topics[1].taken = 5),
        ["taken of topic 1: 6, not 5"]
    );
    assert_eq!(
        found(Overflow::Fail, |_, ledger| ledger.refused.full = 1),
        ["refused as full in the ledger: 1, not 2"]
    );
    assert_eq!(found(Overflow::Mute, |_, _| {}), ["refused by a policy that refuses none: 2, not 0"]);
    let fewer = found(Overflow::Fail, |counted, _| _ = counted.parts.pop());
    assert!(fewer.contains(&"subscribers: 3, not 4".into()), "{fewer:?}");
}
