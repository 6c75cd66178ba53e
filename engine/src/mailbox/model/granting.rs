//! Credit on its way: a producer that runs out is told of the next grant, and demand is never exceeded.

use crate::mailbox::grants::{Fetched, Granted, Grants};
use crate::model::{demand_found, explore, note};
use crate::sync::{Mutant, thread};
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
