//! Credit on its way: a producer that runs out is told of the next grant, and demand is never exceeded.

use crate::mailbox::grants::{Fetched, Granted, Grants, Look};
use crate::model::{demand_found, demand_found_further, explore, explore_further, note};
use crate::sync::{AtomicU32 as Underway, Mutant, thread};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The link, and what its ends did. Not loom's, as it only counts.
struct Link {
    grants: Grants,
    granted: AtomicU32,
    told: AtomicU32,
}

/// The producer fetches until it runs dry, the consumer grants so many times. Then the producer, if it was told, fetches
/// the rest.
fn link(grants: &'static [u32], cancel: bool) {
    let link = Arc::new(Link { grants: Grants::new(1), granted: AtomicU32::new(1), told: AtomicU32::new(0) });
    let consumer = thread::spawn({
        let link = Arc::clone(&link);
        move || {
            let tell = |granted| {
                if granted == Granted::Tell {
                    note("told");
                    link.told.fetch_add(1, Ordering::Relaxed);
                }
            };
            for n in grants {
                link.granted.fetch_add(*n, Ordering::Relaxed);
                tell(link.grants.grant(*n));
            }
            if cancel {
                tell(link.grants.cancel());
            }
        }
    });
    let mut fetched = 0;
    let mut end = fetch_all(&link, &mut fetched);
    consumer.join().expect("no panic");
    if end == Fetched::None {
        let told = link.told.load(Ordering::Relaxed);
        assert_eq!(
            told == 0,
            fetched == link.granted.load(Ordering::Relaxed) && !cancel,
            "told {told} times"
        );
        assert!(told <= 1, "told {told} times of one hunger");
        end = fetch_all(&link, &mut fetched);
    }
    assert_eq!(end, if cancel { Fetched::Cancelled } else { Fetched::None });
    assert_eq!(fetched, link.granted.load(Ordering::Relaxed), "credit is lost or made");
}

fn fetch_all(link: &Link, fetched: &mut u32) -> Fetched {
    loop {
        match link.grants.fetch() {
            Fetched::Some { credit } => *fetched += credit,
            end => return end,
        }
        assert!(*fetched <= link.granted.load(Ordering::Relaxed), "demand exceeded");
    }
}

#[test]
fn grant_against_hunger() {
    assert!(explore(|| link(&[1, 2], false)).contains("told"));
}

#[test]
fn cancel_against_hunger() {
    assert!(explore(|| link(&[1], true)).contains("told"));
}

#[test]
fn finds_hunger_apart() {
    demand_found(Mutant::HungerApart, || link(&[1, 2], false));
}

/// The producer looks whenever it is told to, and one piece of news at a time tells it; so it gets everything in the end.
fn told_to_look() {
    const GRANTS: [u32; 3] = [1, 2, 1];
    let (grants, look) = (Arc::new(Grants::hungry()), Arc::new(Look::new()));
    // News under way. As a mailbox does, it orders what was before it.
    let news = Arc::new(Underway::new(0));
    let consumer = thread::spawn({
        let (grants, look, news) = (Arc::clone(&grants), Arc::clone(&look), Arc::clone(&news));
        move || {
            for n in GRANTS {
                if grants.grant(n) == Granted::Tell {
                    if look.tell() {
                        assert_eq!(news.fetch_add(1, Ordering::AcqRel), 0, "two under way");
                    } else {
                        note("under way already");
                    }
                }
            }
        }
    });
    let mut fetched = 0;
    let mut hear = || {
        if news.load(Ordering::Acquire) > 0 {
            news.fetch_sub(1, Ordering::AcqRel);
            look.heard();
            while let Fetched::Some { credit } = grants.fetch() {
                fetched += credit;
            }
        }
    };
    for _ in 0..2 {
        hear();
        thread::yield_now();
    }
    consumer.join().expect("no panic");
    for _ in 0..GRANTS.len() {
        hear();
    }
    assert_eq!(fetched, GRANTS.iter().sum(), "the producer was not told of all");
}

#[test]
fn a_producer_that_looks_when_told_gets_all() {
    explore_further(told_to_look);
}

#[test]
fn finds_never_heard() {
    demand_found_further(Mutant::NeverHeard, told_to_look);
}
