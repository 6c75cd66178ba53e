//! R12: two actors that send to themselves without end hold up nobody: nobody waits longer than as many turns as are runnable,
//! times the messages of one. And who sends to others without end lets them have their turns.

use crate::watchdog::watch;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Weak};
use std::time::Duration;
use throng::{Actor, Address, Batch, Context, Fault, Options, Overflow, System};

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

/// Sends a chunk to another and goes on by a message to itself, so many times.
struct Spout {
    to: Address<u64>,
    sent: u64,
    left: u32,
}

const CHUNK: u64 = 64;
/// Of a turn of the usual length.
const CHUNKS: u32 = 100;
/// What a turn sends beyond which it is looked at, and the messages between two looks.
const MUCH: u64 = 256;
const LOOK: u64 = 4;

impl Actor for Spout {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..CHUNK {
            self.sent += 1;
            cx.send(self.to, self.sent)?;
        }
        self.left -= 1;
        if self.left > 0 {
            let me = cx.me();
            cx.send(me, ())?;
        }
        Ok(())
    }

    fn handle_batch(&mut self, batch: &mut Batch<'_, ()>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        batch.try_for_each(|go| self.handle(go, cx))
    }
}

/// Notes what waits for it when it has its first message.
struct Basin {
    handled: u64,
    told: Sender<u64>,
}

impl Actor for Basin {
    type Msg = u64;
    fn handle(&mut self, number: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.handled += 1;
        assert_eq!(self.handled, number);
        if number == 1 {
            self.told.send(cx.me().pending())?;
        }
        if number == CHUNK * u64::from(CHUNKS) {
            self.told.send(number)?;
        }
        Ok(())
    }
}

/// A turn that sends much is over before its messages are: those to whom it sends have theirs, also where messages are sorted or come in batches.
#[test]
fn who_sends_much_lets_others_have_their_turns() {
    let plain = Options::builder();
    for options in [plain, plain.overflow(Overflow::DropOldest), plain.gather(3, Duration::ZERO)] {
        let options = options.build().expect("in range");
        let deep = Options::builder().capacity(100_000).build().expect("in range");
        let mut inline = System::builder().inline();
        let (told, waiting) = channel();
        let to = inline.system().try_spawn(Basin { handled: 0, told }, &deep).expect("memory");
        let spout = inline.system().try_spawn(Spout { to, sent: 0, left: CHUNKS }, &options).expect("memory");
        spout.try_send(()).expect("room");
        inline.run_until_idle();
        let waited = waiting.try_recv().expect("it had a message");
        assert!(waited <= MUCH + LOOK * CHUNK, "{waited} were waiting");
        assert_eq!(waiting.try_recv(), Ok(CHUNK * u64::from(CHUNKS)));
        inline.system().ledger().check().expect("it adds up");
    }
}
