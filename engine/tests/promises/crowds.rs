//! R8 at its size: many senders into one full mailbox, under every policy; and an actor that fills its own.

use crate::payload::{Book, Entry};
use crate::policies::{ALL, Note, SOON, Taker, system, under};
use crate::watchdog::watch;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use throng::{Actor, Address, Context, Fault, Options, Overflow, Reason};

const PRODUCERS: usize = 8;
const EACH: u64 = 250_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Numbered {
    producer: usize,
    number: u64,
}

/// What came, per producer, must grow.
struct Sink {
    next: [u64; PRODUCERS],
    handled: Arc<AtomicU64>,
    wrong: Arc<AtomicU64>,
}

impl Actor for Sink {
    type Msg = Numbered;
    fn handle(&mut self, message: Numbered, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        let next = &mut self.next[message.producer];
        if message.number < *next {
            self.wrong.fetch_add(1, Ordering::Relaxed);
        }
        *next = message.number + 1;
        self.handled.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

const BURST: u64 = 5;

struct Producer {
    to: Address<Numbered>,
    next: Numbered,
    refused: Arc<AtomicU64>,
}

impl Actor for Producer {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..BURST {
            if self.next.number == EACH {
                cx.stop();
                return Ok(());
            }
            if let Err(refused) = cx.send(self.to, self.next) {
                assert_eq!(refused.into_parts(), (Reason::Full, self.next));
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
            self.next.number += 1;
        }
        let me = cx.me();
        cx.send(me, ())?;
        Ok(())
    }
}

fn eight_producers(overflow: Overflow) {
    for capacity in [1, 2, 1_024] {
        let system = system(2);
        let options = under(&system, overflow, capacity).build().expect("in range");
        let (handled, wrong) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let sink = Sink { next: [0; PRODUCERS], handled: Arc::clone(&handled), wrong: Arc::clone(&wrong) };
        let to = system.try_spawn(sink, &options).expect("memory");
        let refused = Arc::new(AtomicU64::new(0));
        for producer in 0..PRODUCERS {
            let next = Numbered { producer, number: 0 };
            let producer = Producer { to, next, refused: Arc::clone(&refused) };
            // Their own mailboxes must not be the fullest: in turns of one message an ordinary one holds two, and a line
            // that keeps the newest one. Under mute the bound is above both.
            let turns = Options::builder().turn(1);
            let turns = match overflow {
                Overflow::Mute => turns,
                _ => turns.capacity(1).overflow(Overflow::DropOldestExact),
            };
            let turns = turns.build().expect("in range");
            system.try_spawn(producer, &turns).expect("memory").try_send(()).expect("room");
        }
        let ledger = system.quiesce(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        let what = format!("{overflow:?}, capacity {capacity}: {ledger:?}");
        let (handled, refused) = (handled.load(Ordering::Relaxed), refused.load(Ordering::Relaxed));
        let all = PRODUCERS as u64 * EACH;
        assert_eq!(handled + refused + ledger.dropped.total(), all, "{what}");
        assert_eq!((wrong.load(Ordering::Relaxed), ledger.faults), (0, 0), "{what}");
        assert_eq!((ledger.refused.full, ledger.refused.total()), (refused, refused), "{what}");
        let capacity = u64::from(capacity);
        let bound = match overflow {
            Overflow::Mute => capacity + PRODUCERS as u64 * BURST,
            Overflow::DropOldest => 2 * capacity,
            _ => capacity,
        };
        let fullest = system.activity().fullest;
        assert!(fullest <= bound, "{fullest} > {bound}: {what}");
        match overflow {
            Overflow::Mute => assert_eq!((refused, ledger.dropped.total()), (0, 0), "{what}"),
            Overflow::Fail | Overflow::Signal => assert_eq!(ledger.dropped.total(), 0, "{what}"),
            Overflow::DropOldestExact => assert_eq!((refused, ledger.dropped.newest), (0, 0), "{what}"),
            _ => assert_eq!(refused, 0, "{what}"),
        }
        assert!(overflow == Overflow::Mute || ledger.mutes == 0, "{what}");
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    }
}

#[test]
fn r08_eight_producers_mute() {
    let _dog = watch("r08_eight_producers_mute");
    eight_producers(Overflow::Mute);
}

#[test]
fn r08_eight_producers_fail() {
    let _dog = watch("r08_eight_producers_fail");
    eight_producers(Overflow::Fail);
}

#[test]
fn r08_eight_producers_drop_newest() {
    let _dog = watch("r08_eight_producers_drop_newest");
    eight_producers(Overflow::DropNewest);
}

#[test]
fn r08_eight_producers_drop_oldest() {
    let _dog = watch("r08_eight_producers_drop_oldest");
    eight_producers(Overflow::DropOldest);
}

#[test]
fn r08_eight_producers_drop_oldest_exact() {
    let _dog = watch("r08_eight_producers_drop_oldest_exact");
    eight_producers(Overflow::DropOldestExact);
}

#[test]
fn r08_eight_producers_signal() {
    let _dog = watch("r08_eight_producers_signal");
    eight_producers(Overflow::Signal);
}

/// Sends one message and ends.
struct OneShot(Address<Note>, Option<Entry>, Arc<AtomicU64>);

impl Actor for OneShot {
    type Msg = ();
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let entry = self.1.take().ok_or_else(|| Fault::msg("started twice"))?;
        let id = entry.id;
        if let Err(refused) = cx.send(self.0, entry) {
            let (Reason::Full, Note::Entry(back)) = refused.into_parts() else {
                return Err(Fault::msg("not full"));
            };
            assert_eq!(back.id, id);
            self.2.fetch_add(1, Ordering::Relaxed);
        }
        cx.stop();
        Ok(())
    }
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

struct Spawner(Address<Note>, Book, usize, Arc<AtomicU64>);

impl Actor for Spawner {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for id in 0..self.2 {
            cx.spawn(OneShot(self.0, Some(self.1.entry(id)), Arc::clone(&self.3)));
        }
        cx.stop();
        Ok(())
    }
}

#[test]
fn r08_a_hundred_thousand_one_shot_senders_under_every_policy() {
    const SENDERS: usize = 100_000;
    let _dog = watch("r08_a_hundred_thousand_one_shot_senders_under_every_policy");
    for overflow in ALL {
        for capacity in [1, 2, 1_024] {
            let system = system(2);
            let taker = Taker::default();
            let options = under(&system, overflow, capacity).build().expect("in range");
            let to = system.try_spawn(taker.clone(), &options).expect("memory");
            let (book, refused) = (Book::new(SENDERS), Arc::new(AtomicU64::new(0)));
            let spawner = Spawner(to, book.clone(), SENDERS, Arc::clone(&refused));
            system.spawn(spawner).try_send(()).expect("room");
            let ledger = system.quiesce(SOON).expect("rest");
            ledger.check().expect("the ledger adds up");
            let handled = taker.got().len() as u64;
            let refused = refused.load(Ordering::Relaxed);
            assert_eq!(
                handled + refused + ledger.dropped.total(),
                SENDERS as u64,
                "{overflow:?}: {ledger:?}"
            );
            assert_eq!((ledger.refused.total(), ledger.faults), (refused, 0), "{overflow:?}");
            for id in 0..SENDERS {
                let (times, drops) = book.fate(id);
                assert!(
                    times <= 1 && drops == 1,
                    "{overflow:?}: {id} handled {times} times, dropped {drops}"
                );
            }
            system.shutdown(SOON).expect("rest");
        }
    }
}

enum Own {
    Go(usize),
    Entry(Entry),
}

/// Sends to itself while it is full.
struct Selfish {
    book: Book,
    got: Arc<Mutex<Vec<usize>>>,
    refused: Arc<AtomicU64>,
}

impl Actor for Selfish {
    type Msg = Own;
    fn handle(&mut self, message: Own, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let me = cx.me();
        match message {
            Own::Go(burst) => {
                for id in 0..burst {
                    if let Err(refused) = cx.send(me, Own::Entry(self.book.entry(id))) {
                        assert_eq!(refused.reason(), Reason::Full);
                        self.refused.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
            Own::Entry(entry) => self.got.lock().expect("nobody panics").push(entry.id),
        }
        Ok(())
    }
}

#[test]
fn r08_sending_to_oneself_while_full_under_every_policy() {
    let _dog = watch("r08_sending_to_oneself_while_full_under_every_policy");
    for overflow in ALL {
        for c in [1_usize, 2, 16] {
            let system = system(1);
            let options = under(&system, overflow, c as u32).build().expect("in range");
            let (book, got, refused) = (Book::new(100), Arc::default(), Arc::new(AtomicU64::new(0)));
            let selfish =
                Selfish { book: book.clone(), got: Arc::clone(&got), refused: Arc::clone(&refused) };
            let to = system.try_spawn(selfish, &options).expect("memory");
            let kept = match overflow {
                Overflow::Mute => 0..100,
                Overflow::DropOldest => c - 1..2 * c - 1,
                Overflow::DropOldestExact => 100 - c..100,
                _ => 0..c - 1,
            };
            for _ in 0..2 {
                to.try_send(Own::Go(100)).expect("room: the credit is whole");
                let ledger = system.quiesce(SOON).expect("nobody waits for himself");
                ledger.check().expect("the ledger adds up");
                let got = std::mem::take(&mut *got.lock().expect("nobody panics"));
                assert_eq!(got, kept.clone().collect::<Vec<_>>(), "{overflow:?}, capacity {c}: {ledger:?}");
                assert_eq!(ledger.faults, 0);
            }
            assert!(
                (0..100).all(|id| book.fate(id).1 == 2),
                "{overflow:?}: each was dropped as often as it was made"
            );
        }
    }
}
