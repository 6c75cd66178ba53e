//! Policies over the end of their actor: stop, stop now, kill, a panic, suspensions and an abort in the midst of it. Every
//! accepted message is handled, dropped or dead, once; its payload is dropped once.

use crate::payload::{Book, Entry};
use crate::policies::{ALL, under};
use crate::seed::{self, Random};
use crate::watchdog::watch;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use throng::{Actor, Address, Batch, Context, Directive, Fault, Lane, Overflow, System};

const SOON: Duration = Duration::from_secs(100);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Stop,
    StopNow,
    Kill,
    Panic,
    Suspend,
    Abort,
}

struct Receiving {
    handled: u64,
    panics_at: u64,
    resumes: bool,
}

impl Receiving {
    fn one(&mut self, entry: &Entry) {
        entry.handled();
        self.handled += 1;
        if self.handled == self.panics_at {
            resume_unwind(Box::new("as told"));
        }
    }
}

impl Actor for Receiving {
    type Msg = Entry;
    fn handle(&mut self, entry: Entry, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.one(&entry);
        Ok(())
    }
    fn handle_batch(&mut self, batch: &mut Batch<'_, Entry>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        for entry in batch.take(7) {
            self.one(&entry);
        }
        Ok(())
    }
    fn lane(&self, entry: &Entry) -> Lane {
        if entry.id.is_multiple_of(3) { Lane::Urgent } else { Lane::Normal }
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        if self.resumes { Directive::Resume } else { Directive::Stop }
    }
}

/// Sends entries, some in each handler, by all ways in turn.
struct Sending {
    to: Address<Entry>,
    book: Book,
    next: usize,
    end: usize,
    burst: usize,
}

impl Actor for Sending {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..self.burst {
            if self.next == self.end {
                cx.stop();
                return Ok(());
            }
            let entry = self.book.entry(self.next);
            match self.next % 4 {
                0 => drop(cx.try_send(self.to, entry)),
                1 => drop(cx.send_to(self.to.recipient(), entry)),
                _ => drop(cx.send(self.to, entry)),
            }
            self.next += 1;
        }
        let me = cx.me();
        cx.send(me, ())?;
        Ok(())
    }
}

fn round(overflow: Overflow, ending: Ending, random: &mut Random) {
    const SENDERS: usize = 3;
    const EACH: usize = 2_000;
    let system = System::builder().workers(2).build().expect("a system");
    let capacity = [1, 2, 8, 64][random.below(4) as usize];
    let mut options = under(&system, overflow, capacity).turn([1, 5, 128][random.below(3) as usize]);
    let lanes = overflow != Overflow::DropOldestExact && random.below(2) == 0;
    if lanes {
        options = options.lanes();
    }
    let gather = random.below(3);
    if gather > 0 {
        let within = Duration::from_micros(1_500 * (gather - 1));
        options = options.gather(1 + random.below(u64::from(capacity)) as u32, within);
    }
    let what = format!("{overflow:?}, {ending:?}, capacity {capacity}, lanes {lanes}, gather {gather}");
    let book = Book::new((SENDERS + 1) * EACH);
    let at = 1 + random.below(1_000);
    let panics_at = if ending == Ending::Panic { at } else { 0 };
    let receiving = Receiving { handled: 0, panics_at, resumes: random.below(2) == 0 };
    let to = system.try_spawn(receiving, &options.build().expect("in range")).expect("memory");
    let sent = Arc::new(AtomicU64::new(0));
    for n in 0..SENDERS {
        let (next, burst) = (n * EACH, 1 + random.below(20) as usize);
        let sending = Sending { to, book: book.clone(), next, end: next + EACH, burst };
        system.spawn(sending).try_send(()).expect("room");
    }
    let outside = std::thread::spawn({
        let (book, sent) = (book.clone(), Arc::clone(&sent));
        move || {
            for id in SENDERS * EACH..(SENDERS + 1) * EACH {
                match id % 3 {
                    0 => drop(to.send(book.entry(id))),
                    1 => drop(to.try_send(book.entry(id))),
                    _ => drop(to.send_timeout(book.entry(id), Duration::from_micros(50))),
                }
                sent.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    while sent.load(Ordering::SeqCst) < at {
        std::hint::spin_loop();
    }
    match ending {
        Ending::Stop => _ = to.stop(),
        Ending::StopNow => _ = to.stop_now(),
        Ending::Kill => _ = to.kill(),
        Ending::Panic => {}
        Ending::Suspend => {
            for _ in 0..50 {
                to.suspend();
                std::thread::yield_now();
                to.resume();
            }
        }
        Ending::Abort => {
            let _ledger = system.abort();
            outside.join().expect("no panic");
            // Whoever sends from outside meanwhile is counted later than the ledger was drawn up.
            fates(&book, &what);
            return;
        }
    }
    outside.join().expect("no panic");
    let ledger = system.quiesce(SOON).unwrap_or_else(|busy| panic!("{what}: {busy}"));
    ledger.check().unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(ledger.faults, u64::from(ledger.faults > 0 && ending == Ending::Panic), "{what}");
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().unwrap_or_else(|error| panic!("{what}: {error}"));
    fates(&book, &what);
}

fn fates(book: &Book, what: &str) {
    for id in 0..8_000 {
        let (times, drops) = book.fate(id);
        // A sender that was aborted has not made all of its own.
        assert!(
            times <= 1 && drops <= 1 && times <= drops,
            "{what}: {id} handled {times} times, dropped {drops}"
        );
        assert!(drops == 1 || what.contains("Abort"), "{what}: {id} was dropped {drops} times");
    }
}

fn endings(ending: Ending) {
    let mut random = seed::random();
    for overflow in ALL {
        (0..if cfg!(throng_sanitize) { 2 } else { 12 }).for_each(|_| round(overflow, ending, &mut random));
    }
}

#[test]
fn policies_over_stop() {
    let _dog = watch("policies_over_stop");
    endings(Ending::Stop);
}

#[test]
fn policies_over_stop_now() {
    let _dog = watch("policies_over_stop_now");
    endings(Ending::StopNow);
}

#[test]
fn policies_over_kill() {
    let _dog = watch("policies_over_kill");
    endings(Ending::Kill);
}

#[test]
fn policies_over_a_panic() {
    let _dog = watch("policies_over_a_panic");
    endings(Ending::Panic);
}

#[test]
fn policies_over_suspensions() {
    let _dog = watch("policies_over_suspensions");
    endings(Ending::Suspend);
}

#[test]
fn policies_over_an_abort() {
    let _dog = watch("policies_over_an_abort");
    endings(Ending::Abort);
}
