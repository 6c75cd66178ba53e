//! R12: two actors that send to themselves without end hold up nobody: everybody else runs within a bounded number of
//! turns.

mod watchdog;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use throng::{Actor, Address, Context, Fault, Options, System};
use watchdog::watch;

const OTHERS: u64 = 1_000;
const ROUNDS: u64 = 20;
/// Messages of a turn, by default.
const BATCH: u64 = 128;

/// Sends to itself until told to end, and counts its turns: of one message each.
struct Selfish {
    turns: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Actor for Selfish {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.turns.fetch_add(1, Ordering::Relaxed);
        if self.over.load(Ordering::Relaxed) {
            cx.stop();
        } else {
            let me = cx.me();
            cx.send(me, ())?;
        }
        Ok(())
    }
    fn options() -> Options {
        Options::builder().batch(1).build().expect("in range")
    }
}

/// Notes how many turns the selfish ones had since the message was sent.
struct Other {
    turns: Arc<AtomicU64>,
    longest: Arc<AtomicU64>,
    done: Sender<()>,
}

impl Actor for Other {
    type Msg = u64;
    fn handle(&mut self, sent_at: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.longest.fetch_max(self.turns.load(Ordering::Relaxed) - sent_at, Ordering::Relaxed);
        self.done.send(())?;
        Ok(())
    }
}

/// Sends to all others at once, from a handler.
struct Driver(Vec<Address<u64>>, Arc<AtomicU64>);

impl Actor for Driver {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for other in &self.0 {
            cx.send(*other, self.1.load(Ordering::Relaxed))?;
        }
        Ok(())
    }
}

fn nobody_waits_for_ever(workers: usize, from_outside: bool) {
    let system = System::builder().workers(workers).build().expect("a system");
    let (turns, longest) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let over = Arc::new(AtomicBool::new(false));
    let (done, all_done) = channel();
    let others: Vec<_> = (0..OTHERS)
        .map(|_| {
            let (turns, longest) = (Arc::clone(&turns), Arc::clone(&longest));
            system.spawn(Other { turns, longest, done: done.clone() })
        })
        .collect();
    for _ in 0..2 {
        let selfish = Selfish { turns: Arc::clone(&turns), over: Arc::clone(&over) };
        system.spawn(selfish).try_send(()).expect("room");
    }
    let driver = system.spawn(Driver(others.clone(), Arc::clone(&turns)));
    for _ in 0..ROUNDS {
        if from_outside {
            for other in &others {
                other.try_send(turns.load(Ordering::Relaxed)).expect("room");
            }
        } else {
            driver.try_send(()).expect("room");
        }
        (0..OTHERS).for_each(|_| all_done.recv().expect("an answer from each"));
    }
    over.store(true, Ordering::Relaxed);
    let longest = longest.load(Ordering::Relaxed);
    println!("workers {workers}, from outside: {from_outside}: longest wait {longest} turns");
    assert!(longest <= (OTHERS + 3) * BATCH, "somebody waited for {longest} turns of the selfish actors");
    system.shutdown(std::time::Duration::from_secs(60)).expect("rest").check().expect("the ledger adds up");
}

#[test]
fn r12_messages_from_handlers() {
    let _dog = watch("r12_messages_from_handlers");
    nobody_waits_for_ever(1, false);
    nobody_waits_for_ever(2, false);
}

#[test]
fn r12_messages_from_outside() {
    let _dog = watch("r12_messages_from_outside");
    nobody_waits_for_ever(1, true);
    nobody_waits_for_ever(2, true);
}
