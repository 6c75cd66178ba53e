//! What becomes of an actor that is inside a handler, with more to do, when its system is aborted: it ends after that message.

use crate::gate::{Gate, Key, gate};
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Options, Reason, System};

const WAITING: u64 = 99;

/// Passes the gate with its first message, and counts all.
struct Held {
    gate: Option<Gate>,
    handled: Arc<AtomicU64>,
}

impl Actor for Held {
    type Msg = u64;
    fn handle(&mut self, _: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.handled.fetch_add(1, Ordering::SeqCst);
        if let Some(gate) = self.gate.take() {
            gate.pass();
        }
        Ok(())
    }
}

/// A system with one worker, whose actor is inside its first message; the others wait. And one that is idle.
fn held(options: &Options) -> (System, Address<u64>, Address<u64>, Key, Arc<AtomicU64>) {
    let system = System::builder().workers(1).build().expect("a system");
    let (gate, key) = gate();
    let handled = Arc::new(AtomicU64::new(0));
    let idle = system.spawn(Held { gate: None, handled: Arc::default() });
    system.quiesce(Duration::MAX).expect("at rest");
    let held = system
        .try_spawn(Held { gate: Some(gate), handled: Arc::clone(&handled) }, options)
        .unwrap_or_else(|refused| panic!("{refused}"));
    for n in 0..=WAITING {
        held.try_send(n).expect("room");
    }
    key.wait();
    (system, held, idle, key, handled)
}

/// Until it accepts nothing, which is how the abort is seen from outside.
fn until_closed(address: Address<u64>) {
    while address.try_send(0_u64).map_or_else(|refused| refused.reason() == Reason::Full, |()| true) {
        thread::yield_now();
    }
}

fn ends_after_its_message(options: &Options) {
    let (system, held, _, key, handled) = held(options);
    let aborting = thread::spawn(move || system.abort());
    until_closed(held);
    key.open();
    let ledger = aborting.join().expect("no panic");
    ledger.check().expect("the ledger adds up");
    assert_eq!(handled.load(Ordering::SeqCst), 1, "{ledger:?}");
    assert!(ledger.dead.aborted >= WAITING, "{ledger:?}");
    assert_eq!((ledger.handled, ledger.dead.stopped), (1, 0), "{ledger:?}");
}

#[test]
fn a_turn_is_broken_off_by_an_abort() {
    let _watchdog = watch("a turn is broken off");
    ends_after_its_message(&Options::default());
}

#[test]
fn a_turn_on_an_own_thread_is_broken_off_by_an_abort() {
    let options = Options::builder().own_thread().build().expect("options");
    let _watchdog = watch("a turn on an own thread is broken off");
    ends_after_its_message(&options);
}

#[test]
fn after_an_abort_that_could_not_wait_nobody_accepts_anything() {
    let _watchdog = watch("an abort that could not wait");
    let (system, held, idle, key, handled) = held(&Options::default());
    let _ = system.abort();
    for address in [held, idle] {
        let refused = address.try_send(7_u64).expect_err("it accepts");
        assert_eq!(refused.reason(), Reason::Closed);
    }
    key.open();
    // The sweep that comes then ends them all.
    while held.status().is_some() || idle.status().is_some() {
        thread::yield_now();
    }
    assert_eq!(handled.load(Ordering::SeqCst), 1);
}
