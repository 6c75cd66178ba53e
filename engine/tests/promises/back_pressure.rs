//! R13: back-pressure travels through every topology, holds every stage within its bound, and never deadlocks.
//!
//! The engine's own gauge is of the fullest mailbox of all. Beside it a stage counts what was sent to it (by its senders,
//! before they send) and what it has handled.

use crate::child;
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use throng::{Actor, Address, AskError, Context, Fault, Ledger, Options, Reply, System};

const SOON: Duration = Duration::from_secs(100);

/// What was sent to a stage, what it handled, and the most that lay between.
#[derive(Default)]
struct Gauge {
    sent: AtomicU64,
    handled: AtomicU64,
    most: AtomicU64,
}

impl Gauge {
    fn sending(&self) {
        let sent = self.sent.fetch_add(1, Ordering::SeqCst) + 1;
        // Handled since: then less lies between than is noted, unless it is read first. Too much is never noted.
        let handled = self.handled.load(Ordering::SeqCst);
        self.most.fetch_max(sent.saturating_sub(handled), Ordering::SeqCst);
    }
    fn handling(&self) {
        self.handled.fetch_add(1, Ordering::SeqCst);
    }
    fn most(&self) -> u64 {
        self.most.load(Ordering::SeqCst)
    }
}

/// Where a stage sends on.
#[derive(Clone)]
struct Next {
    to: Address<u64>,
    gauge: Arc<Gauge>,
}

/// Hands on what it gets; the last one works for each message.
struct Stage {
    gauge: Arc<Gauge>,
    next: Option<Next>,
    work: u32,
}

impl Actor for Stage {
    type Msg = u64;
    fn handle(&mut self, n: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.gauge.handling();
        (0..self.work).for_each(|_| std::hint::spin_loop());
        if let Some(next) = &self.next {
            next.gauge.sending();
            cx.send(next.to, n)?;
        }
        Ok(())
    }
}

/// Sends so many, a few in each handler.
struct Producer {
    next: Next,
    left: u64,
    burst: u64,
}

impl Actor for Producer {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..self.burst.min(self.left) {
            self.next.gauge.sending();
            cx.send(self.next.to, self.left)?;
            self.left -= 1;
        }
        if self.left == 0 {
            cx.stop();
        } else {
            let me = cx.me();
            cx.send(me, ())?;
        }
        Ok(())
    }
}

/// A chain of so many stages, last first, the last one slow; gives the way into the first.
fn chain(system: &System, stages: usize, capacity: u32, work: u32) -> (Next, Vec<Arc<Gauge>>) {
    let options = Options::builder().capacity(capacity).build().expect("in range");
    let mut gauges = Vec::new();
    let mut next = None;
    for n in 0..stages {
        let gauge = Arc::new(Gauge::default());
        gauges.push(Arc::clone(&gauge));
        let stage = Stage { gauge: Arc::clone(&gauge), next, work: if n == 0 { work } else { 0 } };
        next = Some(Next { to: system.try_spawn(stage, &options).expect("memory"), gauge });
    }
    (next.expect("a stage"), gauges)
}

fn produce(system: &System, into: &Next, producers: u64, each: u64, burst: u64) -> Ledger {
    for _ in 0..producers {
        let producer = Producer { next: into.clone(), left: each, burst };
        system.spawn(producer).try_send(()).expect("room");
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.refused.total(), ledger.dead.total(), ledger.faults), (0, 0, 0));
    ledger
}

#[test]
fn r13_a_thousand_producers_a_relay_and_a_slow_sink() {
    let _dog = watch("r13_a_thousand_producers_a_relay_and_a_slow_sink");
    for workers in [1, 2] {
        // Where each sends one at a time, a mailbox of 1,024 never fills: a receiver runs as soon as it is sent to. So
        // there, a second time, fewer send more at once than it holds.
        let shapes =
            [(1_u32, 1_000, 100, 1), (64, 1_000, 100, 1), (1_024, 1_000, 100, 1), (1_024, 100, 2_200, 1_100)];
        for (capacity, producers, each, burst) in shapes {
            let system = System::builder().workers(workers).build().expect("a system");
            let (relay, gauges) = chain(&system, 2, capacity, 50);
            produce(&system, &relay, producers, each, burst);
            let (sink, relay) = (&gauges[0], &gauges[1]);
            assert_eq!(sink.handled.load(Ordering::SeqCst), producers * each);
            let capacity = u64::from(capacity);
            assert!(relay.most() <= capacity + producers * burst, "relay: {} at {capacity}", relay.most());
            assert!(sink.most() <= capacity + 1, "sink: {} at {capacity}", sink.most());
            let fullest = system.activity().fullest;
            assert!(fullest <= capacity + producers * burst, "{fullest} at {capacity}");
            if producers * burst > capacity || capacity < 1_000 {
                assert!(system.activity().muted > 0, "nobody was held up at {capacity}");
            }
            system.shutdown(SOON).expect("rest");
        }
    }
}

#[test]
fn r13_sixteen_stages() {
    let _dog = watch("r13_sixteen_stages");
    let system = System::builder().workers(2).build().expect("a system");
    let (first, gauges) = chain(&system, 16, 16, 50);
    produce(&system, &first, 1, 100_000, 1);
    assert_eq!(gauges[0].handled.load(Ordering::SeqCst), 100_000);
    let most: Vec<_> = gauges.iter().map(|gauge| gauge.most()).collect();
    assert!(most.iter().all(|most| *most <= 17), "{most:?}");
    assert!(system.activity().fullest <= 17, "{:?}", system.activity());
    system.shutdown(SOON).expect("rest");
}

#[test]
fn r13_a_slow_consumer_and_eight_fast_producers() {
    let _dog = watch("r13_a_slow_consumer_and_eight_fast_producers");
    let system = System::builder().workers(2).build().expect("a system");
    let (sink, gauges) = chain(&system, 1, 100, 200);
    produce(&system, &sink, 8, 20_000, 1);
    assert_eq!(gauges[0].handled.load(Ordering::SeqCst), 160_000);
    assert!(gauges[0].most() <= 108, "{}", gauges[0].most());
    assert!(system.activity().fullest <= 108, "{:?}", system.activity());
    system.shutdown(SOON).expect("rest");
}

/// The most resident memory so far, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the kernel's own figures");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().expect("a number of KiB");
    kib * 1_024
}

/// Ten loads one after the other through the same stages. What could pile up in each of them takes 12 MB and more; what
/// leaked a word a message would take as much over all ten.
fn flat(stages: usize, capacity: u32, work: u32, producers: u64) {
    const MESSAGES: u64 = 200_000;
    let system = System::builder().workers(2).build().expect("a system");
    let (first, gauges) = chain(&system, stages, capacity, work);
    // The actors and threads themselves are there, and their pools.
    produce(&system, &first, producers, 1, 1);
    let before = peak();
    let windows: Vec<_> = (0..10)
        .map(|_| {
            produce(&system, &first, producers, MESSAGES / producers, 1);
            peak() - before
        })
        .collect();
    assert_eq!(gauges[0].handled.load(Ordering::SeqCst), producers + 10 * MESSAGES);
    println!("growth of the peak by window: {windows:?} bytes");
    assert!(windows[9] <= 8 << 20, "growth of the peak by window: {windows:?} bytes");
    system.shutdown(SOON).expect("rest");
}

#[test]
#[cfg_attr(throng_sanitize, ignore = "a sanitizer keeps memory of its own")]
fn r13_flat_memory_of_producers_a_relay_and_a_slow_sink() {
    let _dog = watch("r13_flat_memory_of_producers_a_relay_and_a_slow_sink");
    let output =
        child::alone("r13_flat_memory_of_producers_a_relay_and_a_slow_sink", || flat(2, 64, 50, 1_000));
    assert!(output.status.success(), "{}", child::words(&output));
}

#[test]
#[cfg_attr(throng_sanitize, ignore = "a sanitizer keeps memory of its own")]
fn r13_flat_memory_of_sixteen_stages() {
    let _dog = watch("r13_flat_memory_of_sixteen_stages");
    let output = child::alone("r13_flat_memory_of_sixteen_stages", || flat(16, 16, 50, 1));
    assert!(output.status.success(), "{}", child::words(&output));
}

#[test]
#[cfg_attr(throng_sanitize, ignore = "a sanitizer keeps memory of its own")]
fn r13_flat_memory_of_a_slow_consumer() {
    let _dog = watch("r13_flat_memory_of_a_slow_consumer");
    let output = child::alone("r13_flat_memory_of_a_slow_consumer", || flat(1, 100, 200, 8));
    assert!(output.status.success(), "{}", child::words(&output));
}

enum Flood {
    Meet(Vec<Address<Flood>>),
    Go,
    Drop,
}

/// Floods its peers in turn, several messages in each handler.
struct Flooding {
    peers: Vec<Address<Flood>>,
    left: u64,
    got: Arc<AtomicU64>,
}

impl Actor for Flooding {
    type Msg = Flood;
    fn handle(&mut self, message: Flood, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Flood::Meet(peers) => self.peers = peers,
            Flood::Drop => _ = self.got.fetch_add(1, Ordering::Relaxed),
            Flood::Go => {
                for _ in 0..4_u64.min(self.left) {
                    let to = self.peers[self.left as usize % self.peers.len()];
                    cx.send(to, Flood::Drop)?;
                    self.left -= 1;
                }
                if self.left > 0 {
                    let me = cx.me();
                    cx.send(me, Flood::Go)?;
                }
            }
        }
        Ok(())
    }
}

fn flood(actors: usize, neighbours: impl Fn(usize, &[Address<Flood>]) -> Vec<Address<Flood>>, each: u64) {
    for (workers, capacity) in [(1, 1), (2, 1), (2, 7), (2, 256)] {
        let system = System::builder().workers(workers).build().expect("a system");
        let options = Options::builder().capacity(capacity).build().expect("in range");
        let got = Arc::new(AtomicU64::new(0));
        let all: Vec<_> = (0..actors)
            .map(|_| {
                let flooding = Flooding { peers: Vec::new(), left: each, got: Arc::clone(&got) };
                system.try_spawn(flooding, &options).expect("memory")
            })
            .collect();
        for (n, actor) in all.iter().enumerate() {
            actor.send_timeout(Flood::Meet(neighbours(n, &all)), SOON).expect("room in time");
        }
        for actor in &all {
            actor.send_timeout(Flood::Go, SOON).expect("room in time");
        }
        let ledger = system.quiesce(SOON).expect("no deadlock");
        ledger.check().expect("the ledger adds up");
        assert_eq!(got.load(Ordering::Relaxed), actors as u64 * each);
        assert_eq!((ledger.refused.total() - ledger.refused.full, ledger.faults), (0, 0), "{ledger:?}");
        // A larger mailbox need not have filled.
        assert!(capacity > 7 || system.activity().muted > 0);
        system.shutdown(SOON).expect("rest");
    }
}

#[test]
fn r13_two_actors_flood_each_other() {
    let _dog = watch("r13_two_actors_flood_each_other");
    flood(2, |n, all| vec![all[1 - n]], 50_000);
}

#[test]
fn r13_everybody_floods_everybody() {
    let _dog = watch("r13_everybody_floods_everybody");
    flood(10, |n, all| all.iter().enumerate().filter(|(k, _)| *k != n).map(|(_, to)| *to).collect(), 10_000);
}

/// Passes tokens round until they are worn out.
struct RingNode {
    next: Option<Address<RingMsg>>,
    worn: Arc<AtomicU64>,
}

enum RingMsg {
    Next(Address<RingMsg>),
    Token(u64),
}

impl Actor for RingNode {
    type Msg = RingMsg;
    fn handle(&mut self, message: RingMsg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match (message, self.next) {
            (RingMsg::Next(next), _) => self.next = Some(next),
            (RingMsg::Token(0), _) => _ = self.worn.fetch_add(1, Ordering::Relaxed),
            (RingMsg::Token(left), Some(next)) => cx.send(next, RingMsg::Token(left - 1))?,
            (RingMsg::Token(_), None) => return Err(Fault::msg("a token before the ring was closed")),
        }
        Ok(())
    }
}

#[test]
fn r13_a_ring_of_capacity_one() {
    let _dog = watch("r13_a_ring_of_capacity_one");
    // Under a sanitizer six million hops take a minute, and what else runs another.
    let hops = if cfg!(throng_sanitize) { 1_000 } else { 10_000 };
    // Longer than the walk that looks for cycles, too.
    for (nodes, tokens) in [(2_usize, 8_u64), (10, 20), (10, 10), (300, 600)] {
        for workers in [1, 2] {
            let system = System::builder().workers(workers).build().expect("a system");
            let options = Options::builder().capacity(1).build().expect("in range");
            let worn = Arc::new(AtomicU64::new(0));
            let ring: Vec<_> = (0..nodes)
                .map(|_| {
                    let node = RingNode { next: None, worn: Arc::clone(&worn) };
                    system.try_spawn(node, &options).expect("memory")
                })
                .collect();
            for (n, node) in ring.iter().enumerate() {
                let next = RingMsg::Next(ring[(n + 1) % nodes]);
                node.send_timeout(next, SOON).expect("room in time");
            }
            for token in 0..tokens {
                let node = ring[token as usize % nodes];
                node.send_timeout(RingMsg::Token(hops), SOON).expect("room in time");
            }
            let ledger = system.quiesce(SOON).expect("no deadlock");
            ledger.check().expect("the ledger adds up");
            assert_eq!((worn.load(Ordering::Relaxed), ledger.faults), (tokens, 0));
            system.shutdown(SOON).expect("rest");
        }
    }
}

enum Inquiry {
    Meet(Address<Inquiry>),
    Go,
    Question(Reply<u64>),
    Outcome(Result<u64, AskError>),
}

/// Asks its neighbour, again and again, and answers the other one.
struct Inquirer {
    neighbour: Option<Address<Inquiry>>,
    left: u64,
    answers: Arc<AtomicU64>,
}

impl Actor for Inquirer {
    type Msg = Inquiry;
    fn handle(&mut self, message: Inquiry, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Inquiry::Meet(neighbour) => self.neighbour = Some(neighbour),
            Inquiry::Question(reply) => reply.send(self.left),
            Inquiry::Outcome(outcome) => {
                outcome?;
                self.answers.fetch_add(1, Ordering::Relaxed);
                let me = cx.me();
                cx.send(me, Inquiry::Go)?;
            }
            Inquiry::Go => {
                let neighbour = self.neighbour.ok_or_else(|| Fault::msg("asked before it was introduced"))?;
                if self.left > 0 {
                    self.left -= 1;
                    let deadline = Duration::from_secs(60);
                    cx.ask_within(deadline, neighbour, Inquiry::Question, Inquiry::Outcome)?;
                }
            }
        }
        Ok(())
    }
}

#[test]
fn r13_a_cycle_of_asks() {
    const EACH: u64 = 20_000;
    let _dog = watch("r13_a_cycle_of_asks");
    for actors in [2_usize, 3, 10] {
        for workers in [1, 2] {
            let system = System::builder().workers(workers).build().expect("a system");
            let options = Options::builder().capacity(1).build().expect("in range");
            let answers = Arc::new(AtomicU64::new(0));
            let all: Vec<_> = (0..actors)
                .map(|_| {
                    let inquirer = Inquirer { neighbour: None, left: EACH, answers: Arc::clone(&answers) };
                    system.try_spawn(inquirer, &options).expect("memory")
                })
                .collect();
            for (n, actor) in all.iter().enumerate() {
                let meet = Inquiry::Meet(all[(n + 1) % actors]);
                actor.send_timeout(meet, SOON).expect("room in time");
            }
            system.quiesce(SOON).expect("rest");
            for actor in &all {
                actor.send_timeout(Inquiry::Go, SOON).expect("room in time");
            }
            let ledger = system.quiesce(SOON).expect("no deadlock");
            ledger.check().expect("the ledger adds up");
            assert_eq!((answers.load(Ordering::Relaxed), ledger.faults), (actors as u64 * EACH, 0));
            system.shutdown(SOON).expect("rest");
        }
    }
}
