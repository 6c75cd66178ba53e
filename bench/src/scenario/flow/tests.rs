use super::*;

/// Seven sent and handled by a window of four, granted again at two: six were granted again.
fn end() -> End {
    End { sender: 0, sent: 7, held: 3, handled: 9 }
}

#[test]
fn a_whole_window_is_nothing_wrong() {
    assert_eq!(wrong(&[end()], &[7], 4), [""; 0]);
    // A window of one is granted again at once.
    assert_eq!(wrong(&[End { held: 1, ..end() }], &[7], 1), [""; 0]);
    assert_eq!(wrong(&[End { sent: 0, held: 5, ..end() }], &[0], 5), [""; 0]);
}

#[test]
fn a_credit_too_few_or_too_many_is_told() {
    for held in [2, 4] {
        let said = format!("sender 0: 1 credits free, {held} held, 0 in flight, of a window of 4");
        assert_eq!(wrong(&[End { held, ..end() }], &[7], 4), [said]);
    }
}

#[test]
fn an_item_that_did_not_arrive_is_told() {
    assert_eq!(
        wrong(&[End { sent: 8, ..end() }], &[7], 4),
        [
            "sender 0: 8 items sent, 7 handled",
            "sender 0: 1 credits free, 3 held, 1 in flight, of a window of 4"
        ]
    );
    assert_eq!(wrong(&[], &[0], 4), ["0 producers of 1 have closed their links"]);
}

#[test]
fn what_is_refused_or_dropped_is_told() {
    let (before, mut after) = (Ledger::default(), Ledger::default());
    assert_eq!(wrong_ledger(&before, &after), [""; 0]);
    after.refused.full = 2;
    after.dropped.oldest = 1;
    assert_eq!(
        wrong_ledger(&before, &after),
        ["2 sends refused, though each had a credit", "1 messages dropped"]
    );
}
