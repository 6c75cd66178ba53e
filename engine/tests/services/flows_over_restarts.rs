//! R9 over supervision, on threads: whatever ends or restarts either side of a flow, its credit is all there afterwards (free + held +
//! in flight = window, and no window is taken that no flow has), and each item was handled, lost or handed back, once.

use crate::payload::{Book, Entry};
use crate::seed;
use crate::watchdog::watch;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{
    Actor, Address, Child, Context, Demand, Directory, Fault, FlowError, FlowRefused, Inlet, Mail, Options,
    Outlet, Supervisor, System, Tree,
};

const SOON: Duration = Duration::from_secs(100);

/// For two flows: that of a state ends when the consumer has seen its end, and its successor's begins before.
const WINDOWS: u32 = 2 * WINDOW;

const WINDOW: u32 = 8;

/// Items of a round: more than a window, so that whoever sends them hears if nobody takes them any more.
const QUOTA: u64 = 100;

/// What both ends have seen.
struct Seen {
    book: Book,
    /// The next item.
    next: AtomicUsize,
    /// Of each, whether it came back from [`Outlet::send`], and whether from the mailbox of a restarted consumer.
    refused: Vec<AtomicU8>,
    returned: Vec<AtomicU8>,
    /// The consumer panics in the next item.
    trip: AtomicBool,
    /// So many more are to be sent.
    quota: AtomicU64,
    /// Of the flow that there is, when the producer looked: what it held, and had sent.
    held: Mutex<Option<(u32, u64)>>,
    /// Windows that were left then.
    left: AtomicU64,
    /// What the consumer could have granted, when it looked.
    free: Mutex<Option<u32>>,
}

impl Seen {
    fn new(items: usize) -> Arc<Self> {
        let none = || (0..items).map(|_| AtomicU8::new(0)).collect();
        Arc::new(Self {
            book: Book::new(items),
            next: AtomicUsize::new(0),
            refused: none(),
            returned: none(),
            trip: AtomicBool::new(false),
            quota: AtomicU64::new(0),
            held: Mutex::default(),
            left: AtomicU64::new(0),
            free: Mutex::default(),
        })
    }
}

enum Take {
    Item(Entry),
    Look,
    Fail,
    Panic,
}

struct Consumer {
    demand: Demand,
    inlet: Option<Inlet>,
    taken: u64,
    seen: Arc<Seen>,
}

impl Actor for Consumer {
    type Msg = Take;
    fn flow_opened(&mut self, inlet: &Inlet, cx: &mut Context<'_, Self>) -> Demand {
        if self.demand == Demand::ByHand {
            inlet.grant(cx, inlet.window()).expect("all of it is free");
            self.inlet = Some(inlet.clone());
        }
        self.demand
    }
    fn handle(&mut self, take: Take, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match take {
            Take::Item(entry) => {
                entry.handled();
                self.taken += 1;
                if self.seen.trip.swap(false, Ordering::SeqCst) {
                    resume_unwind(Box::new("as told"));
                }
                // Not each for itself: so a part of the window is free at rest.
                if let (Some(inlet), 0) = (&self.inlet, self.taken % 3) {
                    let free = free(inlet, cx);
                    match inlet.grant(cx, free) {
                        // Of a flow that has ended, and is not let go of before the next one opens.
                        Ok(()) | Err(FlowRefused::Demand { given: 0, .. }) => {}
                        Err(refused) => return Err(Fault::msg(refused.to_string())),
                    }
                }
            }
            Take::Look => {
                let free = self.inlet.as_ref().map(|inlet| free(inlet, cx));
                *self.seen.free.lock().expect("no panic") = free;
            }
            Take::Fail => return Err(Fault::msg("as told")),
            Take::Panic => resume_unwind(Box::new("as told")),
        }
        Ok(())
    }
}

/// Zero is never granted, and the refusal says how much could be.
fn free(inlet: &Inlet, cx: &mut Context<'_, Consumer>) -> u32 {
    match inlet.grant(cx, 0) {
        Err(FlowRefused::Demand { most, .. }) => most,
        other => panic!("zero was granted, or cancelled: {other:?}"),
    }
}

enum Go {
    /// Sends what is left of the quota, by a new flow if there is none.
    On,
    Look,
    Fail,
    Panic,
}

struct Producer {
    directory: Directory,
    outlet: Option<Outlet<Take>>,
    /// By this outlet.
    sent: u64,
    seen: Arc<Seen>,
}

impl Producer {
    fn consumer(&self) -> Option<Address<Take>> {
        self.directory.child("consumer")
    }

    fn send_all(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let seen = Arc::clone(&self.seen);
        while seen.quota.load(Ordering::SeqCst) > 0 {
            let outlet = match &mut self.outlet {
                Some(outlet) => outlet,
                none => {
                    // Later, if it is just being made, or has not yet seen the end of the last flow.
                    let Some(to) = self.directory.child("consumer") else { return Ok(()) };
                    match cx.open_flow(to, WINDOW, || Go::On) {
                        Ok(outlet) => {
                            self.sent = 0;
                            none.insert(outlet)
                        }
                        Err(FlowRefused::Window { .. } | FlowRefused::Consumer(_)) => return Ok(()),
                        Err(refused) => return Err(refused.into()),
                    }
                }
            };
            let id = seen.next.fetch_add(1, Ordering::SeqCst);
            match outlet.send(cx, Take::Item(seen.book.entry(id))) {
                Ok(()) => {
                    self.sent += 1;
                    seen.quota.fetch_sub(1, Ordering::SeqCst);
                }
                Err(refused) => {
                    seen.refused[id].fetch_add(1, Ordering::SeqCst);
                    match refused {
                        FlowError::NoCredit(_) => return Ok(()),
                        FlowError::Cancelled(_) | FlowError::Closed(_) => self.outlet = None,
                        other => return Err(Fault::msg(other.to_string())),
                    }
                }
            }
        }
        Ok(())
    }
}

impl Actor for Producer {
    type Msg = Go;
    fn handle(&mut self, go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match go {
            Go::On => self.send_all(cx)?,
            Go::Look => {
                let held = self.outlet.as_ref().map(|outlet| (outlet.credit(), self.sent));
                *self.seen.held.lock().expect("no panic") = held;
                let to = self.consumer().expect("it is there");
                // More than there can be; and the refusal says how much there is.
                let Err(FlowRefused::Window { most, .. }) = cx.open_flow(to, u32::MAX, || Go::On) else {
                    return Err(Fault::msg("so much is never free"));
                };
                self.seen.left.store(u64::from(most), Ordering::SeqCst);
            }
            Go::Fail => return Err(Fault::msg("as told")),
            Go::Panic => resume_unwind(Box::new("as told")),
        }
        Ok(())
    }
}

/// What befalls an end.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Blow {
    Fail,
    Panic,
    Stop,
    StopNow,
    Kill,
    /// A panic in an item: of the consumer alone.
    Trip,
}

const BLOWS: [Blow; 6] = [Blow::Fail, Blow::Panic, Blow::Stop, Blow::StopNow, Blow::Kill, Blow::Trip];

fn strike<M: Send + 'static>(it: Address<M>, blow: Blow, (fail, panic): (M, M)) {
    let message = match blow {
        Blow::Fail => fail,
        Blow::Panic => panic,
        Blow::Stop => return assert_eq!(it.stop(), throng::Stopping::Told),
        Blow::StopNow => return assert_eq!(it.stop_now(), throng::Stopping::Told),
        Blow::Kill => return assert_eq!(it.kill(), throng::Stopping::Told),
        Blow::Trip => unreachable!("it is no message"),
    };
    assert!(it.send_timeout(message, SOON).is_ok(), "it is there, and takes messages");
}

struct Stage {
    system: System,
    tree: Tree,
    seen: Arc<Seen>,
    demand: Demand,
}

impl Stage {
    fn new(mail: Mail<Take>, demand: Demand, seen: &Arc<Seen>) -> Stage {
        let system = System::builder().workers(2).build().expect("threads");
        let directory = Directory::new();
        let there = Arc::clone(seen);
        let consumer = Child::new("consumer", move || Consumer {
            demand,
            inlet: None,
            taken: 0,
            seen: Arc::clone(&there),
        });
        let options = Options::builder().capacity(64).flows(WINDOWS).build().expect("in range");
        let (there, below) = (Arc::clone(seen), directory.clone());
        let producer = Child::new("producer", move || Producer {
            directory: below.clone(),
            outlet: None,
            sent: 0,
            seen: Arc::clone(&there),
        });
        let root = Supervisor::new()
            .intensity(1_000_000, SOON)
            .directory(&directory)
            .child(consumer.options(options).mail(mail))
            .child(producer);
        let tree = system.supervise(root).expect("names that differ");
        let stage = Stage { system, tree, seen: Arc::clone(seen), demand };
        stage.rest();
        stage
    }

    fn rest(&self) {
        self.system.quiesce(SOON).expect("rest").check().expect("it adds up");
    }

    fn consumer(&self) -> Address<Take> {
        self.tree.child("consumer").expect("it is there")
    }

    fn producer(&self) -> Address<Go> {
        self.tree.child("producer").expect("it is there")
    }

    fn more(&self) {
        self.seen.quota.fetch_add(QUOTA, Ordering::SeqCst);
        self.producer().try_send(Go::On).expect("room");
    }

    /// All that is to be sent is, by a flow that all have heard of; and its credit is all there. Answers what the producer holds.
    fn balance(&self, what: &str) -> u32 {
        self.more();
        for _ in 0..3 {
            self.rest();
            self.producer().try_send(Go::On).expect("room");
        }
        self.rest();
        let seen = &self.seen;
        assert_eq!(seen.quota.load(Ordering::SeqCst), 0, "{what}: the flow stands still");
        self.producer().try_send(Go::Look).expect("room");
        self.consumer().try_send(Take::Look).expect("room");
        self.rest();
        let (held, sent) = seen.held.lock().expect("no panic").expect("a flow");
        let free = match self.demand {
            // It is granted again whenever it is half a window; and nothing is in flight, so all that was sent was taken.
            Demand::Automatic => (sent % u64::from(WINDOW.div_ceil(2))) as u32,
            Demand::ByHand => seen.free.lock().expect("no panic").expect("an inlet"),
        };
        let in_flight = u32::try_from(self.system.ledger().queued).expect("few");
        assert_eq!(in_flight, 0, "{what}");
        assert_eq!(
            free + held + in_flight,
            WINDOW,
            "{what}: free {free} + held {held} + in flight {in_flight}"
        );
        let left = seen.left.load(Ordering::SeqCst);
        assert_eq!(left, u64::from(WINDOWS - WINDOW), "{what}: windows that no flow has are taken");
        held
    }

    /// A blow while items flow, wherever they are by then.
    fn strike(&self, random: &mut seed::Random, blow: Blow, on_consumer: bool) {
        self.more();
        let until = random.below(QUOTA);
        while self.seen.quota.load(Ordering::SeqCst) > until {
            std::thread::yield_now();
        }
        match on_consumer {
            true if blow == Blow::Trip => self.seen.trip.store(true, Ordering::SeqCst),
            true => strike(self.consumer(), blow, (Take::Fail, Take::Panic)),
            false => strike(self.producer(), blow, (Go::Fail, Go::Panic)),
        }
    }

    /// A blow on the consumer while all that the producer held is in flight.
    fn strike_before_items(&self, blow: Blow, held: u32) {
        let consumer = self.consumer();
        assert!(consumer.suspend());
        let is_message = matches!(blow, Blow::Fail | Blow::Panic);
        if is_message {
            strike(consumer, blow, (Take::Fail, Take::Panic));
        }
        self.more();
        let left = QUOTA - u64::from(held);
        while self.seen.quota.load(Ordering::SeqCst) > left {
            std::thread::yield_now();
        }
        self.producer().barrier().wait().expect("it is there");
        assert_eq!(self.seen.quota.load(Ordering::SeqCst), left, "more was sent than was held");
        if is_message {
            assert!(consumer.resume());
        } else {
            strike(consumer, blow, (Take::Fail, Take::Panic));
        }
    }

    /// What became of the items from this one on.
    fn fates(&self, from: usize) -> Fates {
        let seen = &self.seen;
        let mut fates = Fates::default();
        for id in from..seen.next.load(Ordering::SeqCst) {
            let count = |of: &[AtomicU8]| of[id].load(Ordering::SeqCst);
            let (handled, dropped) = seen.book.fate(id);
            let (refused, back) = (count(&seen.refused), count(&seen.returned));
            assert_eq!(dropped, 1, "item {id}");
            let all = handled + refused + back;
            assert!(all <= 1, "item {id}: {handled}, refused {refused}, returned {back}");
            fates.sent += u64::from(refused == 0);
            fates.handled += u64::from(handled);
            fates.returned += u64::from(back);
            fates.lost += u64::from(all == 0);
        }
        fates
    }
}

/// Of items, by the number of them.
#[derive(Debug, Default, PartialEq)]
struct Fates {
    sent: u64,
    handled: u64,
    returned: u64,
    lost: u64,
}

fn mail(way: &str, seen: &Arc<Seen>) -> Mail<Take> {
    let seen = Arc::clone(seen);
    match way {
        "keep" => Mail::Keep,
        "drop" => Mail::Drop,
        _ => Mail::Return(Arc::new(move |take| {
            if let Take::Item(entry) = take {
                seen.returned[entry.id].fetch_add(1, Ordering::SeqCst);
            }
        })),
    }
}

/// Each of the blows falls on each end, as often.
fn play(random: &mut seed::Random, way: &str, demand: Demand, times: u64) {
    // On the consumer in two ways, and on the producer.
    let rounds = times * 3 * BLOWS.len() as u64;
    // Each round has two quotas, and of each some that are refused and tried again.
    let seen = Seen::new((rounds * QUOTA * 8) as usize);
    let stage = Stage::new(mail(way, &seen), demand, &seen);
    let mut held = stage.balance("at first");
    let (mut blows, mut faults) = (0, 0);
    for n in 0..rounds {
        let (blow, kind) = (BLOWS[(n / 3 % 6) as usize], n % 3);
        if blow == Blow::Trip && kind != 0 {
            continue;
        }
        let what = format!(
            "mail {way}, {demand:?}, {blow:?} {}",
            ["of the consumer", "before items", "of the producer"][kind as usize]
        );
        let (from, had) = (seen.next.load(Ordering::SeqCst), u64::from(held));
        match kind {
            0 => stage.strike(random, blow, true),
            1 => stage.strike_before_items(blow, held),
            _ => stage.strike(random, blow, false),
        }
        stage.rest();
        held = stage.balance(&what);
        blows += 1;
        faults += u64::from(matches!(blow, Blow::Fail | Blow::Panic | Blow::Trip));
        assert_eq!(stage.tree.restarts(), blows, "{what}: one for each blow");
        let fates = stage.fates(from);
        // What lies in the mailbox goes the way of the mail if the consumer is restarted, and is lost if it ends at once.
        let (returned, lost) = match (kind, blow, way) {
            (2, ..) | (_, Blow::Stop, _) => (0, 0),
            (_, Blow::StopNow | Blow::Kill, _) | (_, _, "drop") => (0, had),
            (.., "return") => (had, 0),
            _ => (0, 0),
        };
        if kind == 1 {
            assert_eq!((fates.returned, fates.lost), (returned, lost), "{what}, which held {had}");
        } else {
            let most = u64::from(WINDOW);
            let is_none = (returned == 0, lost == 0);
            assert!(fates.returned <= if is_none.0 { 0 } else { most }, "{what}: {fates:?}");
            assert!(fates.lost <= if is_none.1 { 0 } else { most }, "{what}: {fates:?}");
        }
        assert_eq!(fates.sent, 2 * QUOTA, "{what}: each of each quota");
    }
    stage.tree.stop(SOON).expect("in time");
    stage.rest();
    let fates = stage.fates(0);
    let ledger = stage.system.shutdown(SOON).expect("rest");
    ledger.check().expect("it adds up");
    assert_eq!((ledger.faults, ledger.spawned), (faults, ledger.stopped));
    println!("mail {way}, {demand:?}, {blows} blows: {fates:?}");
    assert_eq!(fates.sent, fates.handled + fates.returned + fates.lost);
    assert_eq!(ledger.returned.restart, fates.returned);
}

#[test]
fn r03_r09_credit_is_all_there_after_panic_stop_restart_and_kill() {
    let _dog = watch("r03_r09_credit_is_all_there_after_panic_stop_restart_and_kill");
    let mut random = seed::random();
    let times = if cfg!(throng_sanitize) { 2 } else { 10 };
    for way in ["keep", "drop", "return"] {
        for demand in [Demand::Automatic, Demand::ByHand] {
            play(&mut random, way, demand, times);
        }
    }
}
