//! What follows from an actor's options and from the size of its state, against tables; and the epochs of a grace period, step by step.

use super::grace::Domain;
use super::header::{CellClass, Limits};
use crate::mailbox::overflow::Overflow;

const PLAIN: Limits = Limits {
    capacity: 8,
    low: 4,
    high: 7,
    strict: 0,
    entry: 0,
    mark: 0,
    hard: 40,
    asks: 3,
    batch: 5,
    step: 2,
    overflow: Overflow::Mute,
    sorted: false,
    flows: 6,
    lanes: false,
    gather: 0,
    within: 0,
    away: false,
    noted: false,
};

#[test]
fn what_follows_from_a_policy() {
    let none = u32::MAX;
    for (overflow, away, strict_entry_mark, sorted, room) in [
        (Overflow::Mute, false, (8, 40, 8), false, 7),
        // Nobody is muted on one that will not drain.
        (Overflow::Mute, true, (8, 8, none), false, 7),
        (Overflow::Fail, false, (8, 8, none), false, 7),
        (Overflow::DropNewest, false, (8, 8, none), false, 7),
        (Overflow::DropOldest, false, (8, 16, none), true, 7),
        (Overflow::DropOldestExact, false, (1, 1, none), true, 39),
        (Overflow::Signal, false, (8, 8, 6), false, 7),
    ] {
        let limits = Limits { overflow, away, ..PLAIN }.settled();
        assert_eq!((limits.strict, limits.entry, limits.mark), strict_entry_mark, "{overflow:?}");
        assert_eq!(limits.sorted, sorted, "{overflow:?}");
        // The low mark, raised by what is kept, and below the last place.
        let mark = limits.low_mark();
        assert_eq!((mark.with(0), mark.with(2), mark.with(99)), (4, 6, room), "{overflow:?}");
    }
    assert!(Limits { lanes: true, ..PLAIN }.settled().sorted);
    assert!(Limits { gather: 1, ..PLAIN }.settled().sorted);
}

#[test]
fn limits_are_equal_by_what_was_asked_for() {
    use std::hash::BuildHasher;
    let hash =
        |limits: &Limits| std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::new().hash_one(limits);
    let follow = Limits { strict: 1, entry: 1, mark: 1, step: 1, sorted: true, ..PLAIN };
    assert_eq!((follow, hash(&follow)), (PLAIN, hash(&PLAIN)));
    for other in [
        Limits { capacity: 9, ..PLAIN },
        Limits { low: 3, ..PLAIN },
        Limits { high: 6, ..PLAIN },
        Limits { hard: 41, ..PLAIN },
        Limits { asks: 4, ..PLAIN },
        Limits { batch: 6, ..PLAIN },
        Limits { overflow: Overflow::Fail, ..PLAIN },
        Limits { flows: 7, ..PLAIN },
        Limits { lanes: true, ..PLAIN },
        Limits { gather: 1, ..PLAIN },
        Limits { within: 1, ..PLAIN },
        Limits { away: true, ..PLAIN },
        Limits { noted: true, ..PLAIN },
    ] {
        assert_ne!(other, PLAIN);
    }
    assert_ne!(hash(&Limits { capacity: 9, ..PLAIN }), hash(&PLAIN));
}

#[test]
fn the_class_that_a_state_fits_in() {
    // Of a line of 64 bytes the header takes 48, or all of it where the state is to lie on a line.
    let class = |size, align| CellClass::fitting(size, align).map(CellClass::bytes);
    assert_eq!([0, 16, 17, 80, 81, 208].map(|size| class(size, 8)), [64, 64, 128, 128, 256, 256].map(Some));
    assert_eq!([209, 464, 465, 976].map(|size| class(size, 16)), [512, 512, 1024, 1024].map(Some));
    assert_eq!([0, 1, 64, 65].map(|size| class(size, 64)), [64, 128, 128, 256].map(Some));
    assert_eq!([class(977, 8), class(961, 64), class(0, 128)], [None; 3]);
}

#[test]
fn a_stamp_is_passed_once_nobody_is_left_from_before_it() {
    let domain = Domain::new();
    let (one, other) = (domain.join(), domain.join());
    let first = domain.stamp();
    assert_eq!(domain.passed(), first, "nobody is online");
    one.online(&domain);
    other.online(&domain);
    let stamp = domain.stamp();
    assert!(first < stamp && domain.passed() < stamp, "both are");
    one.quiescent(&domain);
    assert!(domain.passed() < stamp, "one still is from before");
    other.offline();
    assert_eq!(domain.passed(), stamp);
    let next = domain.stamp();
    assert!(stamp < next && domain.passed() < next);
    one.offline();
    assert_eq!(domain.passed(), next);
    domain.leave(&one);
    other.online(&domain);
    let last = domain.stamp();
    assert!(domain.passed() < last, "who is there still counts");
    assert_eq!([&one, &other].map(std::sync::Arc::strong_count), [1, 2], "who has left is forgotten");
}
