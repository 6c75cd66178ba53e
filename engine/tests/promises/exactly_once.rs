//! R1, R3: a panic in the midst of a batch. Every accepted message is handled or dead, never both, and the mailbox's credit
//! is whole afterwards.

use crate::payload::{Book, Entry};
use crate::seed::{self, Random};
use crate::watchdog::watch;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::time::Duration;
use throng::{Actor, Address, Context, Directive, Fault, Options, System};

const SOON: Duration = Duration::from_secs(60);
const RECEIVERS: usize = 150;
/// Messages from each of the two actors and the one thread that send to a receiver.
const EACH: usize = 60;
const PER_RECEIVER: usize = 3 * EACH;

enum Msg {
    Entry(Entry),
    Hold(Sender<()>, Receiver<()>),
    Nothing,
}

struct Receiving {
    directive: Directive,
    /// Panics, or fails, at the messages with these marks.
    panics: Vec<bool>,
    first: usize,
}

impl Actor for Receiving {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Entry(entry) => {
                entry.handled();
                let at = entry.id - self.first;
                if self.panics[at] {
                    if at.is_multiple_of(2) {
                        resume_unwind(Box::new("as told"));
                    }
                    return Err(Fault::msg("as told"));
                }
            }
            Msg::Hold(inside, go) => {
                let _ = inside.send(());
                let _ = go.recv();
            }
            Msg::Nothing => {}
        }
        Ok(())
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        self.directive
    }
}

/// Sends its entries, some in each handler, and counts what was accepted.
struct Sending {
    to: Address<Msg>,
    book: Book,
    next: usize,
    end: usize,
    burst: usize,
    accepted: Arc<AtomicU64>,
}

impl Actor for Sending {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..self.burst {
            if self.next == self.end {
                cx.stop();
                return Ok(());
            }
            if cx.send(self.to, Msg::Entry(self.book.entry(self.next))).is_ok() {
                self.accepted.fetch_add(1, Ordering::SeqCst);
            }
            self.next += 1;
        }
        let me = cx.me();
        cx.send(me, ())?;
        Ok(())
    }
}

fn round(capacity: u32, directive: Directive, random: &mut Random) {
    let system = System::builder().workers(2).build().expect("a system");
    let options = Options::builder().capacity(capacity).build().expect("in range");
    let book = Book::new(RECEIVERS * PER_RECEIVER);
    let accepted = Arc::new(AtomicU64::new(0));
    let mut receivers = Vec::new();
    let mut others = 0;
    for n in 0..RECEIVERS {
        let first = n * PER_RECEIVER;
        // From every message to hardly any.
        let one_in = 1 << random.below(8);
        let panics = (0..PER_RECEIVER).map(|_| random.below(one_in) == 0).collect();
        let to = system.try_spawn(Receiving { directive, panics, first }, &options).expect("memory");
        receivers.push(to);
        for sender in 0..2 {
            let next = first + sender * EACH;
            let sending = Sending {
                to,
                book: book.clone(),
                next,
                end: next + EACH,
                burst: 1 + random.below(20) as usize,
                accepted: Arc::clone(&accepted),
            };
            system.spawn(sending).try_send(()).expect("room");
            others += 1;
        }
        for id in first + 2 * EACH..first + 3 * EACH {
            if to.try_send(Msg::Entry(book.entry(id))).is_ok() {
                accepted.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    let mut handled = 0;
    for id in 0..RECEIVERS * PER_RECEIVER {
        let (times, drops) = book.fate(id);
        assert!(times <= 1 && drops == 1, "message {id}: handled {times} times, dropped {drops} times");
        handled += u64::from(times);
    }
    let accepted = accepted.load(Ordering::SeqCst);
    let dead = ledger.dead.total();
    assert_eq!(accepted, handled + dead, "capacity {capacity}, {directive:?}: {ledger:?}");
    if directive == Directive::Resume {
        assert_eq!((dead, ledger.stopped), (0, others), "nobody dies of a fault that is resumed");
        for to in &receivers {
            assert_eq!(places(*to), capacity - 1, "the credit is whole");
        }
    }
    system.quiesce(SOON).expect("rest").check().expect("the ledger adds up");
}

/// Places that are free while one message is being handled.
fn places(of: Address<Msg>) -> u32 {
    let (inside, is_inside) = channel();
    let (go, gate) = channel();
    of.try_send(Msg::Hold(inside, gate)).expect("an idle actor has room");
    is_inside.recv().expect("it is handled");
    let mut free = 0;
    while of.try_send(Msg::Nothing).is_ok() {
        free += 1;
    }
    drop(go);
    free
}

#[test]
fn r03_panic_mid_batch_stop() {
    let _dog = watch("r03_panic_mid_batch_stop");
    let mut random = seed::random();
    for capacity in [1, 4, 64] {
        round(capacity, Directive::Stop, &mut random);
    }
}

#[test]
fn r03_panic_mid_batch_resume() {
    let _dog = watch("r03_panic_mid_batch_resume");
    let mut random = seed::random();
    for capacity in [1, 4, 64] {
        round(capacity, Directive::Resume, &mut random);
    }
}

/// Comes out of its handler when the other one is in his.
struct Meeting(Arc<Barrier>);

impl Actor for Meeting {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.wait();
        Ok(())
    }
}

#[test]
fn r01_everybody_panics_on_the_third_of_six() {
    const ACTORS: usize = if cfg!(throng_sanitize) { 3_000 } else { 100_000 };
    let _dog = watch("r01_everybody_panics_on_the_third_of_six");
    let system = System::builder().workers(2).build().expect("a system");
    let book = Book::new(ACTORS * 6);
    let mut accepted = 0;
    for n in 0..ACTORS {
        let panics = (0..6).map(|at| at == 2).collect();
        let to = system.spawn(Receiving { directive: Directive::Stop, panics, first: n * 6 });
        accepted += (0..6).filter(|k| to.try_send(Msg::Entry(book.entry(n * 6 + k))).is_ok()).count() as u64;
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.faults, ledger.stopped), (ACTORS as u64, ACTORS as u64));
    assert_eq!((ledger.handled, ledger.accepted), (3 * ACTORS as u64, accepted));
    for n in 0..ACTORS {
        for k in 0..6 {
            assert_eq!(book.fate(n * 6 + k), (u8::from(k < 3), 1), "actor {n}, message {k}");
        }
    }
    let both = Arc::new(Barrier::new(2));
    (0..2).for_each(|_| system.spawn(Meeting(Arc::clone(&both))).try_send(()).expect("room"));
    system.quiesce(SOON).expect("two handlers at once: both workers live");
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}
