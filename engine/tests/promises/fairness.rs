//! R12: two actors that send to themselves without end hold up nobody: nobody waits longer than as many turns as are runnable,
//! times the messages of one.

use crate::watchdog::watch;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Weak};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Options, System};

const OTHERS: u64 = 1_000;
const ROUNDS: u64 = 20;
/// Messages of a turn, by default.
const BATCH: u64 = 128;

/// Sends to itself until told to end, and counts what it handles: in handled of one message each, or of as many as a turn has.
struct Selfish {
    handled: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Actor for Selfish {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.handled.fetch_add(1, Ordering::Relaxed);
        if self.over.load(Ordering::Relaxed) {
            cx.stop();
        } else {
            let me = cx.me();
            cx.send(me, ())?;
        }
        Ok(())
    }
}

/// Where a system is: how many messages the selfish ones have handled, and how many turns have been run by anybody.
#[derive(Clone)]
struct Place {
    handled: Arc<AtomicU64>,
    system: Weak<System>,
}

impl Place {
    fn now(&self) -> (u64, u64) {
        let turns = self.system.upgrade().expect("it lives as long as its actors").activity().turns;
        (self.handled.load(Ordering::SeqCst), turns)
    }
}

/// Notes where it was when it was run.
struct Other {
    place: Place,
    at: Arc<[AtomicU64; 2]>,
    done: Sender<()>,
}

impl Actor for Other {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (handled, turns) = self.place.now();
        self.at[0].store(handled, Ordering::SeqCst);
        self.at[1].store(turns, Ordering::SeqCst);
        self.done.send(())?;
        Ok(())
    }
}

/// Sends to all others at once, from a handler.
struct Driver(Vec<Address<()>>, Place, Sender<(u64, u64)>);

impl Actor for Driver {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for other in &self.0 {
            cx.send(*other, ())?;
            self.2.send(self.1.now())?;
        }
        Ok(())
    }
}

/// Gives the longest wait, in messages of the selfish ones and in turns.
fn longest_wait(workers: usize, from_outside: bool, turn: &Options) -> (u64, u64) {
    let system = Arc::new(System::builder().workers(workers).build().expect("a system"));
    let place = Place { handled: Arc::new(AtomicU64::new(0)), system: Arc::downgrade(&system) };
    let over = Arc::new(AtomicBool::new(false));
    let (done, all_done) = channel();
    let handled_at: Vec<Arc<[AtomicU64; 2]>> = (0..OTHERS).map(|_| Arc::default()).collect();
    let others: Vec<_> = handled_at
        .iter()
        .map(|at| system.spawn(Other { place: place.clone(), at: Arc::clone(at), done: done.clone() }))
        .collect();
    for _ in 0..2 {
        let selfish = Selfish { handled: Arc::clone(&place.handled), over: Arc::clone(&over) };
        system.try_spawn(selfish, turn).expect("memory").try_send(()).expect("room");
    }
    let (out, sent) = channel();
    let driver = system.spawn(Driver(others.clone(), place.clone(), out));
    let mut longest = (0, 0);
    for _ in 0..ROUNDS {
        // Read after each send: a sender that the kernel holds up in between must not count.
        let sent_at: Vec<_> = if from_outside {
            let send = |other: &Address<()>| {
                other.try_send(()).expect("room");
                place.now()
            };
            others.iter().map(send).collect()
        } else {
            driver.try_send(()).expect("room");
            (0..OTHERS).map(|_| sent.recv().expect("one for each")).collect()
        };
        (0..OTHERS).for_each(|_| all_done.recv().expect("an answer from each"));
        for (sent_at, at) in sent_at.iter().zip(&handled_at) {
            let [handled, turns] = [0, 1].map(|n: usize| at[n].load(Ordering::SeqCst));
            longest.0 = longest.0.max(handled.saturating_sub(sent_at.0));
            longest.1 = longest.1.max(turns.saturating_sub(sent_at.1));
        }
    }
    over.store(true, Ordering::Relaxed);
    println!("workers {workers}, from outside: {from_outside}: longest wait {longest:?} messages, turns");
    let last = system.quiesce(Duration::from_secs(60)).expect("rest");
    last.check().expect("the ledger adds up");
    longest
}

/// With more workers the kernel may hold up one while the other counts on; that everybody answers is the test then.
const TURNS: u64 = (OTHERS + 3) * BATCH;

#[test]
fn r12_messages_from_handlers() {
    let _dog = watch("r12_messages_from_handlers");
    // In turns of one message, and of as many as they may have: not even so many messages are handled before.
    for turn in [Options::builder().turn(1).build().expect("in range"), Options::default()] {
        let (messages, turns) = longest_wait(1, false, &turn);
        assert!(messages <= TURNS && turns <= TURNS, "{messages} messages, {turns} turns");
        longest_wait(2, false, &turn);
    }
}

/// Of what comes from outside a share is taken in every so many turns, whatever is handled in them: in turns of more than one
/// message more of these come before.
#[test]
fn r12_messages_from_outside() {
    let _dog = watch("r12_messages_from_outside");
    for turn in [Options::builder().turn(1).build().expect("in range"), Options::default()] {
        let (messages, turns) = longest_wait(1, true, &turn);
        assert!(turns <= TURNS, "{messages} messages, {turns} turns");
        longest_wait(2, true, &turn);
    }
}
