//! Credit: three producers into one consumer, who grants at half a window and wants no more of the last at some time.

use crate::mailbox::credit::CellNumber;
use crate::mailbox::grants::{Fetched, Granted, Grants};
use crate::mailbox::model::driver::play;
use crate::mailbox::model::stage::{Cx, Stage, Wish, Worker, part};
use crate::mailbox::queue::Pushed;
use crate::model::{demand_found, explore, note};
use crate::sync::{Mutant, UnsafeCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const CONSUMER: CellNumber = 1;
const PRODUCERS: std::ops::RangeInclusive<u32> = 2..=4;
const ITEMS: u32 = 5;
const WINDOW: u32 = 2;
/// Of the last producer: after so many items the consumer has had enough.
const ENOUGH: u32 = 2;
const OPEN: u32 = 99;

/// One link.
struct Link {
    grants: Grants,
    /// The producer's: fetched and not used up, and the next item.
    credit: UnsafeCell<(u32, u32)>,
    /// The consumer's: handled and not granted again, and whether it has cancelled.
    intake: UnsafeCell<(u32, bool)>,
    // These only count.
    granted: AtomicU32,
    sent: AtomicU32,
    news: AtomicU32,
    cancelled: AtomicU32,
}

// SAFETY: the cells belong to the producer's and the consumer's owner, and say so if not.
unsafe impl Sync for Link {}
// SAFETY: as above.
unsafe impl Send for Link {}

impl Link {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            grants: Grants::hungry(),
            credit: UnsafeCell::new((0, 0)),
            intake: UnsafeCell::new((WINDOW, false)),
            granted: AtomicU32::new(0),
            sent: AtomicU32::new(0),
            news: AtomicU32::new(0),
            cancelled: AtomicU32::new(0),
        })
    }

    /// The consumer's turn: an item was handled, or the link was opened.
    fn consumed(&self, worker: &mut Worker<'_>, producer: CellNumber, item: bool, enough: bool) {
        // SAFETY: the consumer's owner.
        let (again, cancel) = self.intake.with_mut(|intake| unsafe {
            let (spent, cancelled) = &mut *intake;
            *spent += u32::from(item);
            let cancel = enough && !std::mem::replace(cancelled, enough);
            let due = !*cancelled && *spent >= WINDOW.div_ceil(2);
            (if due { std::mem::take(spent) } else { 0 }, cancel)
        });
        let mut told = Granted::Noted;
        if again > 0 {
            self.granted.fetch_add(again, Ordering::Relaxed);
            told = self.grants.grant(again);
        } else if cancel {
            told = self.grants.cancel();
        }
        if told == Granted::Tell {
            note("told");
            let nth = self.news.fetch_add(1, Ordering::Relaxed);
            let _: Pushed = worker.reply(producer, 1_000 + nth, 0);
        }
    }

    /// The producer's turn: sends what it can.
    fn produce(&self, cx: &mut Cx<'_, '_>) {
        // SAFETY: the producer's owner.
        self.credit.with_mut(|credit| unsafe {
            let (credit, next) = &mut *credit;
            while *next < ITEMS {
                if *credit == 0 {
                    match self.grants.fetch() {
                        Fetched::Some { credit: fetched } => *credit = fetched,
                        Fetched::None => return note("hungry"),
                        Fetched::Cancelled => return self.cancelled.store(1, Ordering::Relaxed),
                    }
                }
                *credit -= 1;
                let sent = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
                assert!(sent <= self.granted.load(Ordering::Relaxed), "demand exceeded");
                let _: Pushed = cx.worker.reply(CONSUMER, 100 * cx.me + *next, 0);
                *next += 1;
            }
        });
    }
}

fn three_into_one(workers: usize) {
    let links: Arc<Vec<_>> = Arc::new(PRODUCERS.map(|_| Link::new()).collect());
    let of = |links: &Arc<Vec<Arc<Link>>>, producer: u32| Arc::clone(&links[producer as usize - 2]);
    let all = Arc::clone(&links);
    let mut parts = vec![part(16, 128, move |cx, message| {
        let (producer, nth) = (message / 100, message % 100);
        let enough = producer == *PRODUCERS.end() && nth != OPEN && nth + 1 >= ENOUGH;
        of(&all, producer).consumed(cx.worker, producer, nth != OPEN, enough);
        Wish::Go
    })];
    parts.extend(PRODUCERS.map(|producer| {
        let link = of(&links, producer);
        part(16, 128, move |cx, _| {
            link.produce(cx);
            Wish::Go
        })
    }));
    let stage = Stage::shared(parts);
    for producer in PRODUCERS {
        let _: Pushed = stage.worker().reply(CONSUMER, 100 * producer + OPEN, 0);
    }
    play(&stage, workers, &[]);
    stage.settled();
    for producer in PRODUCERS {
        let link = of(&links, producer);
        let handled = stage.handled(CONSUMER).into_iter();
        let items: Vec<u32> = handled.filter(|m| m / 100 == producer && m % 100 != OPEN).collect();
        let sent = link.sent.load(Ordering::Relaxed);
        assert_eq!(
            items,
            (0..sent).map(|nth| 100 * producer + nth).collect::<Vec<_>>(),
            "all, in order, once"
        );
        if producer < *PRODUCERS.end() {
            assert_eq!(sent, ITEMS, "hungry, and told of nothing");
        } else {
            assert_eq!(sent, link.granted.load(Ordering::Relaxed), "at most what was outstanding");
            assert!(sent >= ENOUGH && sent <= ENOUGH + WINDOW, "{sent} sent");
            let done = sent == ITEMS || link.cancelled.load(Ordering::Relaxed) == 1;
            assert!(done, "cancelled, and told of nothing");
        }
    }
}

#[test]
fn three_producers_into_one() {
    let seen = explore(|| three_into_one(2));
    assert!(seen.contains("told") && seen.contains("hungry"));
}

#[test]
fn three_producers_into_one_on_three_workers() {
    let seen = explore(|| three_into_one(3));
    assert!(seen.contains("told") && seen.contains("hungry"));
}

#[test]
fn finds_hunger_apart() {
    demand_found(Mutant::HungerApart, || three_into_one(2));
}
