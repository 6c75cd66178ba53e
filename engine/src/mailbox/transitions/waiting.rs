//! Who waits for whom: muting, going on, taking oneself off, and circles, step by step on cells without a scheduler.

use crate::mailbox::credit::{
    CellNumber, Cells, Credit, LowMark, Mute, NOBODY, Resumed, mute, signalled, wake,
};
use crate::mailbox::queue::{Close, Mailbox, Signalled};
use crate::mailbox::word::{WAITERS, Word};
use crate::sync::Ordering;
use std::cell::Cell;

/// Low at two; places for those who wait up to nine.
const LOW: LowMark = LowMark::new(2, 10);

struct Actor {
    mailbox: Mailbox,
    credit: Credit,
    drains: Cell<bool>,
    kept: Cell<u32>,
}

/// Numbered from one.
struct Actors(Vec<Actor>);

impl Cells for Actors {
    fn mailbox(&self, cell: CellNumber) -> &Mailbox {
        &self.0[cell as usize].mailbox
    }
    fn credit(&self, cell: CellNumber) -> &Credit {
        &self.0[cell as usize].credit
    }
    fn drains(&self, cell: CellNumber) -> bool {
        self.0[cell as usize].drains.get()
    }
    fn kept(&self, cell: CellNumber) -> u32 {
        self.0[cell as usize].kept.get()
    }
}

impl Actors {
    fn new(n: u32) -> Self {
        let actor = |_| Actor {
            mailbox: Mailbox::vacant(),
            credit: Credit::new(),
            drains: Cell::new(true),
            kept: Cell::new(0),
        };
        let actors = Self((0..=n).map(actor).collect());
        (1..=n).for_each(|cell| actors.hold(cell, 5));
        actors
    }

    /// So many are counted in its mailbox, which is open.
    fn hold(&self, cell: CellNumber, count: u32) {
        let mut word = Word::of_flags(self.mailbox(cell).peek().0.addr() & WAITERS);
        (0..count).for_each(|_| word = word.reserved());
        self.mailbox(cell).word.store(word.0, Ordering::Relaxed);
    }

    fn all(&self, mut resumed: Resumed) -> Vec<CellNumber> {
        std::iter::from_fn(|| resumed.next(self)).collect()
    }

    /// Who goes on at once, if it shall not wait.
    fn mute(&self, me: CellNumber, on: CellNumber) -> Option<Vec<CellNumber>> {
        match mute(self, me, on, LOW) {
            Mute::Held => None,
            Mute::Withdrawn(resumed) => Some(self.all(resumed)),
        }
    }

    fn is_asked(&self, cell: CellNumber) -> bool {
        self.mailbox(cell).peek().has(WAITERS)
    }
}

#[test]
fn who_waits_goes_on_at_the_low_mark() {
    let actors = Actors::new(4);
    assert_eq!((actors.mute(1, 4), actors.mute(2, 4), actors.mute(3, 4)), (None, None, None));
    assert_eq!((actors.credit(1).muted_on(), actors.is_asked(4)), (4, true));
    // As the owner does, which clears the flag first.
    actors.hold(4, 2);
    let woken = wake(&actors, 4, LOW);
    assert!(!woken.is_nobody());
    assert_eq!(actors.all(woken), [3, 2, 1]);
    assert!(wake(&actors, 4, LOW).is_nobody());
    actors.credit(1).resumed();
    assert_eq!((actors.credit(1).muted_on(), actors.credit(2).muted_on()), (NOBODY, 4));
}

#[test]
fn where_there_is_nothing_to_wait_for_nobody_waits() {
    let actors = Actors::new(2);
    // At the low mark; at the mark that what is kept raises, and not above it.
    actors.hold(2, 2);
    assert_eq!(actors.mute(1, 2), Some(vec![1]));
    actors.hold(2, 5);
    actors.0[2].kept.set(3);
    assert_eq!(actors.mute(1, 2), Some(vec![1]));
    actors.0[2].kept.set(2);
    assert_eq!(actors.mute(1, 2), None);
    let off = signalled(&actors, 1);
    assert_eq!(actors.all(off), [1]);
    // On one that does not drain, or is closed.
    actors.0[2].drains.set(false);
    assert_eq!(actors.mute(1, 2), Some(vec![1]));
    actors.0[2].drains.set(true);
    assert_eq!(actors.mailbox(2).close(false), Close::First);
    assert_eq!(actors.mute(1, 2), Some(vec![1]));
    // Who has orders of its own.
    actors.hold(2, 5);
    assert_eq!(actors.mailbox(1).signal(), Signalled::First);
    assert_eq!(actors.mute(1, 2), Some(vec![1]));
    actors.hold(1, 5);
    assert_eq!(actors.mailbox(1).close(false), Close::First);
    assert_eq!(actors.mute(1, 2), Some(vec![1]));
}

/// Whoever takes himself off takes the others too; those whom the mailbox holds up still wait on.
#[test]
fn who_withdraws_leaves_the_others_waiting() {
    let actors = Actors::new(4);
    assert_eq!((actors.mute(1, 4), actors.mute(2, 4)), (None, None));
    assert_eq!(actors.mailbox(3).signal(), Signalled::First);
    assert_eq!(actors.mute(3, 4), Some(vec![3]));
    assert!(actors.is_asked(4));
    // It has filled again between the flag and the look: nobody goes on, but who has orders.
    assert_eq!(actors.mailbox(2).signal(), Signalled::First);
    assert_eq!(actors.all(wake(&actors, 4, LOW)), [2]);
    assert!(actors.is_asked(4));
    assert_eq!(actors.credit(1).muted_on(), 4);
    // It drains no more, or is closed: everybody goes on.
    actors.0[4].drains.set(false);
    assert_eq!(actors.all(wake(&actors, 4, LOW)), [1]);
    actors.0[4].drains.set(true);
    assert_eq!(actors.mute(1, 4), None);
    assert_eq!(actors.mailbox(4).close(false), Close::First);
    assert_eq!(actors.all(wake(&actors, 4, LOW)), [1]);
    // With what is kept the mark is higher.
    actors.hold(4, 5);
    assert_eq!(actors.mute(1, 4), None);
    actors.0[4].kept.set(3);
    assert_eq!(actors.all(wake(&actors, 4, LOW)), [1]);
}

#[test]
fn who_is_told_something_is_taken_off_with_everybody_there() {
    let actors = Actors::new(3);
    assert!(signalled(&actors, 1).is_nobody());
    assert_eq!((actors.mute(1, 3), actors.mute(2, 3)), (None, None));
    assert_eq!(actors.all(signalled(&actors, 1)), [2, 1]);
    assert!(signalled(&actors, 2).is_nobody(), "by a mark that is left behind");
    assert_eq!(actors.mute(1, 3), None);
    assert_eq!(actors.all(actors.credit(3).take_last_waiters()), [1]);
    assert!(actors.credit(3).take_last_waiters().is_nobody());
}

#[test]
fn a_circle_is_not_closed() {
    for length in 2..40 {
        let actors = Actors::new(length);
        (1..length).for_each(|n| assert_eq!(actors.mute(n, n + 1), None));
        assert_eq!(actors.mute(length, 1), Some(vec![length]), "the last of {length}");
        assert_eq!(actors.credit(length).muted_on(), 1, "a mark, which its next turn takes away");
        assert!((1..length).all(|n| actors.credit(n).muted_on() == n + 1));
    }
}

/// Who waits for one that waits for somebody of a circle: the circle goes on, so he may wait.
#[test]
fn a_circle_of_others_holds_up() {
    for length in 2..100 {
        for way in 0..5 {
            let actors = Actors::new(1 + way + length);
            // From the second one along the way into the circle; the marks are all that the walk sees.
            let last = 1 + way + length;
            let first = 2 + way;
            for n in 2..=last {
                let next = if n == last { first } else { n + 1 };
                actors.mark(n, next);
            }
            assert_eq!(actors.mute(1, 2), None, "{length} in a circle, {way} before it");
        }
    }
}

#[test]
fn a_chain_too_long_to_be_followed_counts_as_a_circle() {
    for (length, waits) in [(255, true), (256, true), (257, false), (400, false)] {
        let actors = Actors::new(length + 1);
        (2..=length).for_each(|n| actors.mark(n, n + 1));
        assert_eq!(actors.mute(1, 2).is_none(), waits, "{length} in a row");
    }
}

impl Actors {
    /// It waits for that one, as far as others see.
    fn mark(&self, cell: CellNumber, on: CellNumber) {
        // Whoever would close a circle withdraws, and bears his mark until his next turn.
        let _: Mute = mute(self, cell, on, LOW);
    }
}
