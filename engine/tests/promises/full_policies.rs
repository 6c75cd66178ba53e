//! Every way into a full mailbox, under every policy.

use crate::gate::{Gate, Key, gate};
use crate::payload::{Book, Entry};
use crate::policies::{ALL, under};
use crate::watchdog::watch;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context as Poll0, Poll, Waker};
use std::time::Duration;
use throng::{Actor, Address, AskError, Context, Fault, Outcome, Overflow, Reason, Reply, System};

pub(crate) const SOON: Duration = Duration::from_secs(100);

pub(crate) fn system(workers: usize) -> System {
    System::builder().workers(workers).build().expect("a system")
}

pub(crate) enum Note {
    Entry(Entry),
    Hold(Gate),
    /// Arm this many timers, and wait at the gate.
    Arm(usize, Gate),
    Tick(usize),
    Question(Reply<u64>),
}

impl From<Entry> for Note {
    fn from(entry: Entry) -> Note {
        Note::Entry(entry)
    }
}

/// Its conversion panics.
#[derive(Debug)]
struct Bad;

impl From<Bad> for Note {
    fn from(_: Bad) -> Note {
        resume_unwind(Box::new("as told"));
    }
}

#[derive(Clone, Default)]
pub(crate) struct Taker {
    got: Arc<Mutex<Vec<usize>>>,
    ticks: Arc<Mutex<Vec<usize>>>,
}

impl Taker {
    fn got(&self) -> Vec<usize> {
        self.got.lock().expect("nobody panics").clone()
    }
}

impl Actor for Taker {
    type Msg = Note;
    fn handle(&mut self, message: Note, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Note::Entry(entry) => {
                entry.handled();
                self.got.lock().expect("nobody panics").push(entry.id);
            }
            Note::Hold(gate) => gate.pass(),
            Note::Arm(timers, gate) => {
                (0..timers).for_each(|n| _ = cx.after(Duration::from_millis(1), Note::Tick(n)));
                gate.pass();
            }
            Note::Tick(n) => self.ticks.lock().expect("nobody panics").push(n),
            Note::Question(reply) => reply.send(7),
        }
        Ok(())
    }
}

pub(crate) fn hold(to: Address<Note>) -> Key {
    let (gate, key) = gate();
    to.send_timeout(Note::Hold(gate), SOON).expect("room");
    key.wait();
    key
}

/// An actor at its gate, with a full mailbox: entries 0 to the answer lie in it.
pub(crate) fn full(to: Address<Note>, book: &Book) -> (Key, usize) {
    let key = hold(to);
    let mut n = 0;
    while to.try_send(book.entry(n)).is_ok() {
        n += 1;
    }
    (key, n)
}

#[test]
fn strict_sends_into_a_full_mailbox_are_handed_back_and_drop_nothing() {
    let _dog = watch("strict_sends_into_a_full_mailbox_are_handed_back_and_drop_nothing");
    for overflow in ALL {
        for capacity in [1, 2, 1_024] {
            let system = system(2);
            let book = Book::new(3_000);
            let taker = Taker::default();
            let options = under(&system, overflow, capacity).build().expect("in range");
            let to = system.try_spawn(taker.clone(), &options).expect("memory");
            let (key, n) = full(to, &book);
            let before = system.ledger();
            let refused = to.try_send(book.entry(2_000)).expect_err("full").into_parts();
            assert!(matches!(refused, (Reason::Full, Note::Entry(Entry { id: 2_000, .. }))), "{overflow:?}");
            let refused = to.recipient::<Entry>().try_send(book.entry(2_001)).expect_err("full").into_parts();
            assert!(matches!(refused, (Reason::Full, Entry { id: 2_001, .. })), "{overflow:?}");
            let ledger = system.ledger();
            assert_eq!(ledger.refused.full, before.refused.full + 2, "{overflow:?}: both are counted");
            // News of pressure may have been on its way.
            assert!(ledger.queued == before.queued || overflow == Overflow::Signal, "{overflow:?}");
            drop((refused, key));
            let ledger = system.quiesce(SOON).expect("rest");
            ledger.check().expect("the ledger adds up");
            assert_eq!((taker.got(), ledger.dropped.total()), ((0..n).collect(), 0), "{overflow:?}");
            // One that stops hands back as well, from every side.
            let key = hold(to);
            let _told = to.stop();
            let closed = to.recipient::<Entry>().try_send(book.entry(2_002)).expect_err("it is stopping");
            assert_eq!(closed.reason(), Reason::Closed, "{overflow:?}");
            assert_eq!(
                to.send(book.entry(2_003)).err().map(|e| e.reason()),
                Some(Reason::Closed),
                "{overflow:?}"
            );
            key.open();
            let ledger = system.shutdown(SOON).expect("rest");
            ledger.check().expect("the ledger adds up");
            assert_eq!((ledger.refused.closed, ledger.dead.total()), (2, 0), "{overflow:?}");
        }
    }
}

/// A message that waits for its place, as a future or a thread; where the policy drops, nobody waits.
#[test]
fn patient_senders_and_barriers_at_a_full_mailbox() {
    let _dog = watch("patient_senders_and_barriers_at_a_full_mailbox");
    for overflow in ALL {
        for capacity in [1, 2, 64] {
            let system = system(2);
            let book = Book::new(3_000);
            let taker = Taker::default();
            let options = under(&system, overflow, capacity).build().expect("in range");
            let to = system.try_spawn(taker.clone(), &options).expect("memory");
            let (key, _) = full(to, &book);
            if overflow == Overflow::DropOldest {
                // To where it drops the newest.
                (0..capacity as usize).for_each(|n| to.send(book.entry(1_000 + n)).expect("accepted"));
            }
            let drops = !matches!(overflow, Overflow::Mute | Overflow::Fail | Overflow::Signal);
            let sent = to.send_timeout(book.entry(2_000), Duration::from_millis(5));
            assert_eq!(
                sent.map_err(|e| e.reason()),
                if drops { Ok(()) } else { Err(Reason::Timeout) },
                "{overflow:?}"
            );
            let mut poll = Poll0::from_waker(Waker::noop());
            let mut later = to.send_async(book.entry(2_001));
            let polled = Pin::new(&mut later).poll(&mut poll);
            assert_eq!(matches!(polled, Poll::Ready(Ok(()))), drops, "{overflow:?}: {polled:?}");
            let barrier = std::thread::spawn(move || to.barrier().deadline(SOON).wait());
            // It is one more attempt, or waits; either way it is told in the end.
            std::thread::yield_now();
            key.open();
            // First come, first served: the place that it is granted is used before the barrier gets one.
            if !drops {
                while Pin::new(&mut later).poll(&mut poll).is_pending() {
                    std::thread::yield_now();
                }
            }
            assert_eq!(barrier.join().expect("no panic"), Ok(()), "{overflow:?}");
            let ledger = system.shutdown(SOON).expect("rest");
            ledger.check().expect("the ledger adds up");
            let got = taker.got();
            assert_eq!(
                got.contains(&2_001),
                !matches!(overflow, Overflow::DropNewest | Overflow::DropOldest),
                "{overflow:?}"
            );
            assert_eq!(book.fate(2_000).1, 1);
        }
    }
}

#[test]
fn timers_of_an_actor_whose_mailbox_is_full() {
    let _dog = watch("timers_of_an_actor_whose_mailbox_is_full");
    for overflow in ALL {
        for capacity in [1_u32, 2, 16] {
            let system = system(2);
            let book = Book::new(3_000);
            let taker = Taker::default();
            let options = under(&system, overflow, capacity).build().expect("in range");
            let to = system.try_spawn(taker.clone(), &options).expect("memory");
            let (gate, key) = gate();
            to.try_send(Note::Arm(3, gate)).expect("room");
            key.wait();
            let mut n = 0;
            while to.try_send(book.entry(n)).is_ok() {
                n += 1;
            }
            // In above the capacity.
            let all = 1 + n as u64 + 3;
            while system.ledger().accepted < all {
                std::thread::yield_now();
            }
            key.open();
            let ledger = system.shutdown(SOON).expect("rest");
            ledger.check().expect("the ledger adds up");
            let ticks = taker.ticks.lock().expect("nobody panics").len() as u64;
            // Where the oldest go they count as any other message.
            assert_eq!(
                ticks + taker.got().len() as u64 + ledger.dropped.oldest,
                3 + n as u64,
                "{overflow:?}"
            );
            if overflow == Overflow::DropOldest {
                assert_eq!(ticks, 3.min(u64::from(capacity)), "the newest are handled");
            } else {
                assert_eq!((ticks, ledger.dropped.total()), (3, 0), "{overflow:?}");
            }
        }
    }
}

/// Asks once, and tells the test how it ended.
struct Asker(Address<Note>, Sender<Outcome<u64>>);

enum Asking {
    Go,
    Outcome(Outcome<u64>),
}

impl Actor for Asker {
    type Msg = Asking;
    fn handle(&mut self, message: Asking, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Asking::Go => cx.ask_within(SOON, self.0, Note::Question, Asking::Outcome)?,
            Asking::Outcome(outcome) => self.1.send(outcome)?,
        }
        Ok(())
    }
}

#[test]
fn asks_into_a_full_mailbox() {
    let _dog = watch("asks_into_a_full_mailbox");
    for overflow in ALL {
        let system = system(2);
        let book = Book::new(3_000);
        let options = under(&system, overflow, 4).build().expect("in range");
        let to = system.try_spawn(Taker::default(), &options).expect("memory");
        let (key, _) = full(to, &book);
        if overflow == Overflow::DropOldest {
            (0..4).for_each(|n| to.send(book.entry(1_000 + n)).expect("accepted"));
        }
        let (out, outcome) = channel();
        let before = system.ledger().attempts;
        system.spawn(Asker(to, out)).try_send(Asking::Go).expect("room");
        let early = match overflow {
            Overflow::Fail | Overflow::Signal => Some(Err(AskError::Refused(Reason::Full))),
            Overflow::DropNewest | Overflow::DropOldest => Some(Err(AskError::Dropped)),
            _ => None,
        };
        match early {
            Some(early) => assert_eq!(outcome.recv_timeout(SOON).expect("an outcome"), early, "{overflow:?}"),
            None => {
                while system.ledger().attempts < before + 2 {
                    std::thread::yield_now();
                }
                key.open();
                assert_eq!(outcome.recv_timeout(SOON).expect("an outcome"), Ok(7), "{overflow:?}");
            }
        }
        drop(key);
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    }
}

/// User code in the midst of a drop: it panics, or sends, and nothing is lost or counted twice.
struct Touchy {
    id: usize,
    to: Option<Address<Touched>>,
    panics: bool,
}

enum Touched {
    Touchy(Touchy),
    Hold(Gate),
    Word(usize),
}

impl Drop for Touchy {
    fn drop(&mut self) {
        if let Some(to) = self.to.take() {
            let _sent = to.send(Touched::Word(self.id));
        }
        if self.panics && !std::thread::panicking() {
            resume_unwind(Box::new("as told"));
        }
    }
}

struct Witness(Arc<Mutex<Vec<usize>>>);

impl Actor for Witness {
    type Msg = Touched;
    fn handle(&mut self, message: Touched, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Touched::Hold(gate) => gate.pass(),
            Touched::Word(id) => self.0.lock().expect("nobody panics").push(id),
            Touched::Touchy(mut touchy) => (touchy.to, touchy.panics) = (None, false),
        }
        Ok(())
    }
}

#[test]
fn drop_of_a_dropped_message_may_send_and_panic() {
    let _dog = watch("drop_of_a_dropped_message_may_send_and_panic");
    for overflow in [Overflow::DropNewest, Overflow::DropOldest, Overflow::DropOldestExact] {
        for back in [false, true] {
            let system = system(1);
            let words = Arc::new(Mutex::new(Vec::new()));
            let other = system.spawn(Witness(Arc::clone(&words)));
            let options = under(&system, overflow, 4).build().expect("in range");
            let to = system.try_spawn(Witness(Arc::default()), &options).expect("memory");
            let (gate, key) = gate();
            to.try_send(Touched::Hold(gate)).expect("room");
            key.wait();
            for id in 0..40 {
                let touchy =
                    Touchy { id, to: Some(if back && id < 30 { to } else { other }), panics: id % 2 == 0 };
                to.send(Touched::Touchy(touchy)).expect("accepted");
            }
            key.open();
            let ledger = system.shutdown(SOON).expect("rest");
            ledger.check().expect("the ledger adds up");
            if !back {
                let dropped = ledger.dropped.total();
                let mut words = words.lock().expect("nobody panics").clone();
                words.sort_unstable();
                words.dedup();
                assert_eq!((words.len() as u64, dropped), (dropped, dropped), "{overflow:?}: {ledger:?}");
                let even = words.iter().filter(|id| **id % 2 == 0).count();
                assert_eq!(ledger.faults, even as u64, "{overflow:?}: {ledger:?}");
            }
        }
    }
}

#[test]
fn a_conversion_that_panics_leaves_the_place() {
    let _dog = watch("a_conversion_that_panics_leaves_the_place");
    for overflow in ALL {
        let system = system(1);
        let book = Book::new(10);
        let options = under(&system, overflow, 2).build().expect("in range");
        let to = system.try_spawn(Taker::default(), &options).expect("memory");
        for _ in 0..10 {
            let sent = std::panic::catch_unwind(|| to.recipient::<Bad>().try_send(Bad));
            assert!(sent.is_err(), "{overflow:?}: it panics, and is not refused");
        }
        let (key, n) = full(to, &book);
        assert_eq!(n, if overflow == Overflow::DropOldestExact { 2 } else { 1 }, "{overflow:?}");
        key.open();
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    }
}
