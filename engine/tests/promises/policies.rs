//! R8: what every overflow policy does with a full mailbox: which message is dropped, which handed back, and that each is
//! accounted for once, also when the actor ends in the midst of it.

use crate::gate::{Gate, Key, gate};
use crate::payload::{Book, Entry};
use crate::seed;
use crate::watchdog::watch;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Options, OptionsBuilder, Overflow, Pressed, Reason, System};

pub(crate) const SOON: Duration = Duration::from_secs(100);

pub(crate) const ALL: [Overflow; 6] = [
    Overflow::Mute,
    Overflow::Fail,
    Overflow::DropNewest,
    Overflow::DropOldest,
    Overflow::DropOldestExact,
    Overflow::Signal,
];

/// An upstream that nobody asks.
struct Deaf;

impl Actor for Deaf {
    type Msg = Pressed;
    fn handle(&mut self, _: Pressed, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

/// Options with this policy, and whom it needs.
pub(crate) fn under(system: &System, overflow: Overflow, capacity: u32) -> OptionsBuilder {
    let options = Options::builder().capacity(capacity).overflow(overflow);
    if overflow == Overflow::Signal { options.upstream(system.spawn(Deaf).recipient()) } else { options }
}

pub(crate) fn system(workers: usize) -> System {
    System::builder().workers(workers).build().expect("a system")
}

pub(crate) enum Note {
    Entry(Entry),
    Hold(Gate),
}

impl From<Entry> for Note {
    fn from(entry: Entry) -> Note {
        Note::Entry(entry)
    }
}

/// Writes down what it gets.
#[derive(Clone, Default)]
pub(crate) struct Taker {
    got: Arc<Mutex<Vec<usize>>>,
}

impl Taker {
    pub(crate) fn got(&self) -> Vec<usize> {
        self.got.lock().expect("nobody panics").clone()
    }
}

impl Actor for Taker {
    type Msg = Note;
    fn handle(&mut self, message: Note, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Note::Entry(entry) => {
                entry.handled();
                self.got.lock().expect("nobody panics").push(entry.id);
            }
            Note::Hold(gate) => gate.pass(),
        }
        Ok(())
    }
}

/// Brings the actor to a gate.
fn hold(to: Address<Note>) -> Key {
    let (gate, key) = gate();
    to.send_timeout(Note::Hold(gate), SOON).expect("room");
    key.wait();
    key
}

/// How messages are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Outside,
    Actor,
    Recipient,
}

/// Sends so many entries in one handler.
struct Burst {
    to: Address<Note>,
    book: Book,
    messages: usize,
    by_recipient: bool,
    refused: Arc<Mutex<Vec<usize>>>,
}

impl Actor for Burst {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for id in 0..self.messages {
            let entry = self.book.entry(id);
            let refused = if self.by_recipient {
                cx.send_to(self.to.recipient(), entry).err().map(|refused| refused.into_parts())
            } else {
                let sent = cx.send(self.to, entry).err().map(|refused| refused.into_parts());
                sent.map(|(reason, back)| match back {
                    Note::Entry(entry) => (reason, entry),
                    _ => unreachable!("it was an entry"),
                })
            };
            if let Some((reason, back)) = refused {
                assert_eq!((reason, back.id), (Reason::Full, id));
                self.refused.lock().expect("nobody panics").push(id);
            }
        }
        Ok(())
    }
}

fn identity(overflow: Overflow, capacity: usize, way: Way) {
    let system = system(2);
    let options = under(&system, overflow, capacity as u32).build().expect("in range");
    let taker = Taker::default();
    let to = system.try_spawn(taker.clone(), &options).expect("memory");
    let messages = 3 * capacity + 5;
    let book = Book::new(messages);
    let refused = Arc::new(Mutex::new(Vec::new()));
    let key = hold(to);
    if way == Way::Outside {
        for id in 0..messages {
            if let Err(error) = to.send(book.entry(id)) {
                let (Reason::Full, Note::Entry(back)) = error.into_parts() else { panic!("not full") };
                assert_eq!(back.id, id);
                refused.lock().expect("nobody panics").push(id);
            }
        }
    } else {
        let refused = Arc::clone(&refused);
        let by_recipient = way == Way::Recipient;
        let burst = system.spawn(Burst { to, book: book.clone(), messages, by_recipient, refused });
        burst.try_send(()).expect("room");
        // The message that is being handled is one of those that are accepted, and handled only in the end.
        while system.ledger().attempts < 2 + messages as u64 {
            std::thread::yield_now();
        }
    }
    key.open();
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    let c = capacity;
    let (kept, newest, oldest, back) = match overflow {
        Overflow::Mute if way != Way::Outside => (0..messages, 0, 0, 0),
        Overflow::DropNewest => (0..c - 1, messages - (c - 1), 0, 0),
        // Up to twice the capacity gets in, the one in its handler included; of that the newest are handled.
        Overflow::DropOldest => (c - 1..2 * c - 1, messages - (2 * c - 1), c - 1, 0),
        Overflow::DropOldestExact => (messages - c..messages, 0, messages - c, 0),
        _ => (0..c - 1, 0, 0, messages - (c - 1)),
    };
    let what = format!("{overflow:?}, capacity {c}, {way:?}: {ledger:?}");
    assert_eq!(taker.got(), kept.clone().collect::<Vec<_>>(), "{what}");
    assert_eq!((ledger.dropped.newest, ledger.dropped.oldest), (newest as u64, oldest as u64), "{what}");
    assert_eq!(
        *refused.lock().expect("nobody panics"),
        (messages - back..messages).collect::<Vec<_>>(),
        "{what}"
    );
    assert_eq!(ledger.refused.full, back as u64, "{what}");
    for id in 0..messages {
        assert_eq!(book.fate(id), (u8::from(kept.contains(&id)), 1), "{id}: {what}");
    }
    // And the credit is whole: once more the same.
    let key = hold(to);
    let free = (0..2 * c).filter(|_| to.try_send(book.entry(0)).is_ok()).count();
    // In a line of its own the one that is being handled takes no place.
    assert_eq!(free, if overflow == Overflow::DropOldestExact { c } else { c - 1 }, "{what}");
    key.open();
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

#[test]
fn r08_who_is_dropped_and_who_is_handed_back() {
    let _dog = watch("r08_who_is_dropped_and_who_is_handed_back");
    for overflow in ALL {
        for capacity in [1, 2, 4, 1_024] {
            for way in [Way::Outside, Way::Actor, Way::Recipient] {
                identity(overflow, capacity, way);
            }
        }
    }
}

/// Tells of each message, and waits until it may go on.
struct Stepping {
    inside: std::sync::mpsc::Sender<usize>,
    go: std::sync::mpsc::Receiver<()>,
}

impl Actor for Stepping {
    type Msg = usize;
    fn handle(&mut self, id: usize, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        let _ = self.inside.send(id);
        let _ = self.go.recv();
        Ok(())
    }
}

/// As its documentation states it: exact as long as no more than the capacity come in while it is in one handler, or waits
/// for a worker.
#[test]
fn drop_oldest_is_exact_up_to_the_capacity_in_one_handler() {
    let _dog = watch("drop_oldest_is_exact_up_to_the_capacity_in_one_handler");
    let mut random = seed::random();
    for (capacity, batch) in [(1, 128), (2, 1), (4, 3), (4, 128), (8, 128), (33, 5), (1_024, 128)] {
        let system = system(1);
        let options = under(&system, Overflow::DropOldest, capacity).turn(batch).build().expect("in range");
        let ((inside, is_inside), (go, may_go)) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
        let to = system.try_spawn(Stepping { inside, go: may_go }, &options).expect("memory");
        let capacity = capacity as usize;
        let (mut next, mut dropped, mut waiting) = (0, 0, VecDeque::new());
        to.send(next).expect("accepted");
        waiting.push_back(next);
        let mut fill = |waiting: &mut VecDeque<usize>, most: usize| {
            for _ in 0..most {
                next += 1;
                to.send(next).expect("accepted");
                waiting.push_back(next);
            }
        };
        for round in 0..if capacity < 100 { 300 } else { 30 } {
            while waiting.len() > capacity {
                waiting.pop_front();
                dropped += 1;
            }
            let expected = waiting.pop_front();
            let got = is_inside.recv_timeout(SOON).expect("it handles");
            assert_eq!(Some(got), expected, "round {round}, capacity {capacity}, turns of {batch}");
            let most =
                if random.below(3) == 0 { random.below(capacity as u64 + 1) as usize } else { capacity };
            fill(&mut waiting, most.max(1));
            go.send(()).expect("it waits");
        }
        drop(go);
        let ledger = system.shutdown(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        assert_eq!(ledger.dropped.newest, 0, "capacity {capacity}");
        assert!(ledger.dropped.oldest >= dropped);
    }
}

/// The same while it waits for the one worker there is.
#[test]
fn drop_oldest_is_exact_while_it_waits_for_a_worker() {
    let _dog = watch("drop_oldest_is_exact_while_it_waits_for_a_worker");
    for capacity in [1_usize, 2, 16, 1_024] {
        let system = system(1);
        let options =
            under(&system, Overflow::DropOldest, capacity as u32).turn(1).build().expect("in range");
        let taker = Taker::default();
        let to = system.try_spawn(taker.clone(), &options).expect("memory");
        let other = system.spawn(Taker::default());
        let book = Book::new(3 * capacity);
        let fill = |from: usize, to_id: usize| {
            (from..to_id).for_each(|id| to.send(book.entry(id)).expect("accepted"));
        };
        let (first, (second_gate, second)) = (hold(to), gate());
        // As many as it keeps come in while it is in its first handler, in its second, and while it waits after that.
        to.send(Note::Hold(second_gate)).expect("accepted");
        fill(1, capacity);
        first.open();
        second.wait();
        let (gate, other_key) = gate();
        other.try_send(Note::Hold(gate)).expect("room");
        fill(capacity, 2 * capacity);
        second.open();
        // Its turn has ended with that one message, and the other one holds the worker.
        other_key.wait();
        fill(2 * capacity, 3 * capacity);
        other_key.open();
        let ledger = system.quiesce(SOON).expect("rest");
        assert_eq!(ledger.dropped.newest, 0, "capacity {capacity}");
        let got = taker.got();
        let newest = &got[got.len() - capacity..];
        assert_eq!(newest, (2 * capacity..3 * capacity).collect::<Vec<_>>(), "capacity {capacity}");
        ledger.check().expect("the ledger adds up");
    }
}
