//! Every message is accounted for: through narrower addresses, over an abort, at a barrier, and by those who come last.

use crate::payload::{Book, Entry};
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use throng::{
    Actor, Address, AskError, Context, Fault, Options, Reason, Recipient, SendError, System, describe_all,
};

const SOON: Duration = Duration::from_secs(60);

fn system(workers: usize) -> System {
    System::builder().workers(workers).build().expect("a system")
}

struct Sink;

/// What the sink understands; made from an entry, which stops the sink first if it is told to.
struct Wide(Entry);

/// An entry on its way through a narrower address.
struct Narrow(Entry, Option<Address<Wide>>);

impl From<Narrow> for Wide {
    fn from(Narrow(entry, stop): Narrow) -> Self {
        if let Some(sink) = stop {
            let _ = sink.stop();
            // Until the next tenant could be there.
            while sink.is_alive() {
                std::thread::yield_now();
            }
        }
        Wide(entry)
    }
}

impl Actor for Sink {
    type Msg = Wide;
    fn handle(&mut self, Wide(entry): Wide, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        entry.handled();
        Ok(())
    }
}

#[test]
fn a_narrow_message_to_one_that_ends_meanwhile_is_a_dead_letter() {
    let _dog = watch("a_narrow_message_to_one_that_ends_meanwhile_is_a_dead_letter");
    let (system, book) = (system(2), Book::new(3));
    let sink = system.spawn(Sink);
    let narrow: Recipient<Narrow> = sink.recipient();
    narrow.try_send(Narrow(book.entry(0), None)).expect("room");
    narrow.try_send(Narrow(book.entry(1), Some(sink))).expect("a place was reserved");
    let refused = narrow.try_send(Narrow(book.entry(2), None)).expect_err("it has ended");
    assert_eq!(refused.reason(), Reason::Stale);
    drop(refused);
    assert_eq!([book.fate(0), book.fate(1), book.fate(2)], [(1, 1), (0, 1), (0, 1)]);
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.accepted, ledger.handled, ledger.dead.closed), (2, 1, 1));
}

/// Works for each message.
struct Slow;

impl Actor for Slow {
    type Msg = u64;
    fn handle(&mut self, _: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        (0..200).for_each(|_| std::hint::spin_loop());
        Ok(())
    }
}

/// Sends so many through a narrower address, one in each handler.
struct Producer(Recipient<u64>, u64);

impl Actor for Producer {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.send_to(self.0, self.1)?;
        self.1 -= 1;
        if self.1 > 0 {
            let me = cx.me();
            cx.send(me, ())?;
        }
        Ok(())
    }
}

#[test]
fn back_pressure_reaches_through_narrow_addresses() {
    let _dog = watch("back_pressure_reaches_through_narrow_addresses");
    for workers in [1, 2] {
        let system = system(workers);
        let options = Options::builder().capacity(16).build().expect("in range");
        let slow = system.try_spawn(Slow, &options).expect("memory");
        for _ in 0..4 {
            system.spawn(Producer(slow.recipient(), 5_000)).try_send(()).expect("room");
        }
        let ledger = system.quiesce(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        assert_eq!(ledger.handled, 40_000);
        let activity = system.activity();
        assert!(activity.muted > 0 && activity.fullest <= 16 + 4, "{activity:?}");
        system.shutdown(SOON).expect("rest");
    }
}

/// Waits in its handler for a word.
struct Gate(Sender<()>, Receiver<()>);

impl Actor for Gate {
    type Msg = Entry;
    fn handle(&mut self, entry: Entry, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        let _ = self.0.send(());
        let _ = self.1.recv();
        entry.handled();
        Ok(())
    }
}

#[test]
fn a_barrier_comes_after_what_was_sent_before() {
    let _dog = watch("a_barrier_comes_after_what_was_sent_before");
    let (system, book) = (system(2), Book::new(1_000));
    // Capacity 2: the barrier waits for its place as well.
    let options = Options::builder().capacity(2).build().expect("in range");
    let sink = system.try_spawn(Sink, &options).expect("memory");
    for id in 0..1_000 {
        sink.send_timeout(Wide(book.entry(id)), SOON).expect("room in time");
        if id % 10 == 0 {
            assert_eq!(sink.barrier().wait(), Ok(()));
            assert_eq!(book.fate(id), (1, 1), "the barrier overtook it");
        }
    }
    let _ = sink.stop();
    assert!(matches!(sink.barrier().wait(), Err(AskError::Refused(Reason::Closed | Reason::Stale))));
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.handled, ledger.dead.total()), (1_100, 0));
}

#[test]
fn a_barrier_at_one_that_is_stopped_at_once_is_dropped() {
    let _dog = watch("a_barrier_at_one_that_is_stopped_at_once_is_dropped");
    let (system, book) = (system(2), Book::new(1));
    let ((inside, is_inside), (go, gate)) = (channel(), channel());
    let held = system.spawn(Gate(inside, gate));
    held.try_send(book.entry(0)).expect("room");
    is_inside.recv().expect("it is in its handler");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| held.barrier().wait());
        while system.ledger().attempts < 2 {
            std::thread::yield_now();
        }
        let _ = held.stop_now();
        go.send(()).expect("it waits");
        assert_eq!(waiting.join().expect("no panic"), Err(AskError::Dropped));
    });
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.handled, ledger.dead.stopped), (1, 1));
}

#[test]
fn an_abort_accounts_for_what_was_left() {
    let _dog = watch("an_abort_accounts_for_what_was_left");
    let (system, book) = (system(1), Book::new(500));
    let ((inside, is_inside), (go, gate)) = (channel(), channel());
    let held = system.spawn(Gate(inside, gate));
    held.try_send(book.entry(0)).expect("room");
    is_inside.recv().expect("it is in its handler");
    let sinks: Vec<_> = (0..10).map(|_| system.spawn(Sink)).collect();
    for id in 1..500 {
        sinks[id % 10].try_send(Wide(book.entry(id))).expect("room");
    }
    let words = describe_all();
    assert!(words.contains("Gate"), "{words}");
    let aborting = std::thread::spawn(move || system.abort());
    go.send(()).expect("it waits");
    let ledger = aborting.join().expect("no panic");
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.accepted, 500);
    let handled = (0..500).filter(|id| book.fate(*id).0 == 1).count() as u64;
    assert_eq!((ledger.handled, ledger.dead.aborted), (handled, 500 - handled));
    assert!((0..500).all(|id| book.fate(id).1 == 1), "each is dropped once");
    assert!(sinks.iter().all(|sink| matches!(sink.try_send(Wide(book.entry(1))), Err(SendError::Stale(_)))));
}

#[test]
fn a_shutdown_past_its_deadline_accounts_for_what_was_left() {
    let _dog = watch("a_shutdown_past_its_deadline_accounts_for_what_was_left");
    let (system, book) = (system(1), Book::new(50));
    let ((inside, is_inside), (go, gate)) = (channel(), channel());
    let held = system.spawn(Gate(inside, gate));
    for id in 0..50 {
        held.try_send(book.entry(id)).expect("room");
    }
    is_inside.recv().expect("it is in its handler");
    // Within the second that the abort waits for a handler.
    let down = std::thread::spawn(move || system.shutdown(Duration::ZERO));
    go.send(()).expect("it waits");
    drop(go);
    let busy = down.join().expect("no panic").expect_err("there was no time");
    busy.ledger.check().expect("the ledger adds up");
    assert_eq!(busy.ledger.accepted, 50);
    assert_eq!(busy.ledger.handled + busy.ledger.dead.aborted, 50, "{busy}");
    assert!((0..50).all(|id| book.fate(id).1 == 1), "each is dropped once");
}

/// Spawns another of itself with its last words, so many times.
struct Dynasty(u64, Arc<AtomicU64>);

impl Actor for Dynasty {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
    fn stopped(&mut self, cx: &mut Context<'_, Self>) {
        self.1.fetch_add(1, Ordering::SeqCst);
        if self.0 > 0 {
            cx.spawn(Dynasty(self.0 - 1, Arc::clone(&self.1)));
        }
    }
}

#[test]
fn a_shutdown_stops_those_who_are_spawned_by_last_words() {
    let _dog = watch("a_shutdown_stops_those_who_are_spawned_by_last_words");
    let (system, hooks) = (system(2), Arc::new(AtomicU64::new(0)));
    system.spawn(Dynasty(5, Arc::clone(&hooks)));
    let ledger = system.shutdown(SOON).expect("rest");
    assert_eq!((ledger.spawned, ledger.stopped, hooks.load(Ordering::SeqCst)), (6, 6, 6));
}

#[test]
fn a_shutdown_of_those_who_never_end_ends() {
    let _dog = watch("a_shutdown_of_those_who_never_end_ends");
    let (system, hooks) = (system(2), Arc::new(AtomicU64::new(0)));
    system.spawn(Dynasty(u64::MAX, Arc::clone(&hooks)));
    let started = Instant::now();
    let busy = system.shutdown(Duration::from_millis(50)).expect_err("a dynasty does not end");
    assert!(busy.ledger.spawned > 1 && busy.ledger.spawned == busy.ledger.stopped, "{busy}");
    assert!(started.elapsed() < SOON);
}

/// Fails as it begins.
struct Stillborn;

impl Actor for Stillborn {
    type Msg = Entry;
    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Err(Fault::msg("as it must"))
    }
    fn handle(&mut self, entry: Entry, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        entry.handled();
        Ok(())
    }
}

#[test]
fn messages_to_one_that_fails_to_start_are_dead_letters() {
    let _dog = watch("messages_to_one_that_fails_to_start_are_dead_letters");
    let book = Book::new(5);
    // On the calling thread, so that nothing runs before all are sent.
    let mut inline = System::builder().inline();
    let stillborn = inline.spawn(Stillborn);
    for id in 0..5 {
        stillborn.try_send(book.entry(id)).expect("room");
    }
    inline.run_until_idle();
    let ledger = inline.system().ledger();
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.handled, ledger.dead.failed, ledger.faults), (0, 5, 1));
    assert!((0..5).all(|id| book.fate(id) == (0, 1)));
}

/// Sends a ball back until it has flown enough.
struct Pong(Option<Address<u64>>);

impl Actor for Pong {
    type Msg = u64;
    fn handle(&mut self, left: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let to = self.0.unwrap_or_else(|| cx.me());
        if left > 0 {
            cx.send(to, left - 1)?;
        }
        Ok(())
    }
}

#[test]
fn nobody_is_woken_for_one_runnable_actor() {
    let _dog = watch("nobody_is_woken_for_one_runnable_actor");
    let system = system(2);
    let there = system.spawn(Pong(None));
    let here = system.spawn(Pong(Some(there)));
    system.quiesce(SOON).expect("rest");
    let before = system.activity().wakes;
    here.try_send(200_000_u64).expect("room");
    let ledger = system.quiesce(SOON).expect("rest");
    assert_eq!(ledger.handled, 200_001);
    // One for the first message, and few by chance: timers, and the sentinel that is called for a long turn.
    let wakes = system.activity().wakes - before;
    assert!(wakes < 200, "{wakes} wake-ups in 200,000 messages");
}
