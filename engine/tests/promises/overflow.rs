//! R8: full mailboxes, muting and refusing. Order is kept, refusals are handed back, nothing is lost, nobody deadlocks.

use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Options, Overflow, SendError, System};

const SOON: Duration = Duration::from_secs(100);
const PRODUCERS: usize = 8;
const EACH: u64 = 250_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Numbered {
    producer: usize,
    number: u64,
}

/// What a sink has seen.
#[derive(Default)]
struct Seen {
    handled: AtomicU64,
    out_of_order: AtomicU64,
}

struct Sink {
    next: [u64; PRODUCERS],
    seen: Arc<Seen>,
}

impl Actor for Sink {
    type Msg = Numbered;
    fn handle(&mut self, message: Numbered, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        let next = &mut self.next[message.producer];
        // Refused numbers are left out; what comes must grow.
        if message.number < *next {
            self.seen.out_of_order.fetch_add(1, Ordering::Relaxed);
        }
        *next = message.number + 1;
        self.seen.handled.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

struct Producer {
    to: Address<Numbered>,
    next: Numbered,
    accepted: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
}

impl Actor for Producer {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..5 {
            if self.next.number == EACH {
                cx.stop();
                return Ok(());
            }
            match cx.send(self.to, self.next) {
                Ok(()) => self.accepted.fetch_add(1, Ordering::Relaxed),
                Err(SendError::Full(back)) => {
                    assert_eq!(back, self.next, "the refused message comes back");
                    self.refused.fetch_add(1, Ordering::Relaxed)
                }
                Err(other) => return Err(Fault::msg(other.to_string())),
            };
            self.next.number += 1;
        }
        let me = cx.me();
        cx.send(me, ())?;
        Ok(())
    }
}

fn eight_producers(overflow: Overflow, capacity: u32) {
    let system = System::builder().workers(2).build().expect("a system");
    let options = Options::builder().capacity(capacity).overflow(overflow).build().expect("in range");
    let seen = Arc::new(Seen::default());
    let sink = Sink { next: [0; PRODUCERS], seen: Arc::clone(&seen) };
    let to = system.try_spawn(sink, &options).expect("memory");
    let (accepted, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    for producer in 0..PRODUCERS {
        let producer = Producer {
            to,
            next: Numbered { producer, number: 0 },
            accepted: Arc::clone(&accepted),
            refused: Arc::clone(&refused),
        };
        system.spawn(producer).try_send(()).expect("room");
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    let (accepted, refused) = (accepted.load(Ordering::Relaxed), refused.load(Ordering::Relaxed));
    assert_eq!(accepted + refused, PRODUCERS as u64 * EACH);
    assert_eq!(seen.handled.load(Ordering::Relaxed), accepted);
    assert_eq!(seen.out_of_order.load(Ordering::Relaxed), 0);
    assert_eq!((ledger.refused.full, ledger.faults), (refused, 0));
    if overflow == Overflow::Mute {
        assert_eq!(refused, 0, "who is muted is not refused");
    }
    system.shutdown(SOON).expect("rest");
}

#[test]
fn r08_mute_eight_producers() {
    let _dog = watch("r08_mute_eight_producers");
    [1, 2, 1_024].into_iter().for_each(|capacity| eight_producers(Overflow::Mute, capacity));
}

#[test]
fn r08_fail_eight_producers() {
    let _dog = watch("r08_fail_eight_producers");
    [1, 2, 1_024].into_iter().for_each(|capacity| eight_producers(Overflow::Fail, capacity));
}

/// Sends one message and ends.
struct OneShot(Address<Numbered>);

impl Actor for OneShot {
    type Msg = ();
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.send(self.0, Numbered { producer: 0, number: 0 })?;
        cx.stop();
        Ok(())
    }
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

struct Spawner(Address<Numbered>, u64);

impl Actor for Spawner {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        (0..self.1).for_each(|_| _ = cx.spawn(OneShot(self.0)));
        cx.stop();
        Ok(())
    }
}

#[test]
fn r08_a_hundred_thousand_one_shot_senders() {
    const SENDERS: u64 = 100_000;
    let _dog = watch("r08_a_hundred_thousand_one_shot_senders");
    for capacity in [1, 2, 1_024] {
        let system = System::builder().workers(2).build().expect("a system");
        let options = Options::builder().capacity(capacity).build().expect("in range");
        let seen = Arc::new(Seen::default());
        let sink = Sink { next: [0; PRODUCERS], seen: Arc::clone(&seen) };
        let to = system.try_spawn(sink, &options).expect("memory");
        system.spawn(Spawner(to, SENDERS)).try_send(()).expect("room");
        let ledger = system.quiesce(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        assert_eq!((seen.handled.load(Ordering::Relaxed), ledger.refused.total()), (SENDERS, 0));
        assert_eq!(ledger.stopped, SENDERS + 1);
        system.shutdown(SOON).expect("rest");
    }
}

/// Holds its mailbox shut, sends to itself, and counts what it gets.
struct Selfish {
    burst: u64,
    sent: Arc<AtomicU64>,
    got: Arc<AtomicU64>,
}

impl Actor for Selfish {
    type Msg = bool;
    fn handle(&mut self, first: bool, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if !first {
            self.got.fetch_add(1, Ordering::SeqCst);
            return Ok(());
        }
        let me = cx.me();
        for _ in 0..self.burst {
            match cx.send(me, false) {
                Ok(()) => self.sent.fetch_add(1, Ordering::SeqCst),
                Err(SendError::Full(false)) => return Ok(()),
                Err(other) => return Err(Fault::msg(other.to_string())),
            };
        }
        Ok(())
    }
}

#[test]
fn r08_sending_to_oneself_while_full() {
    let _dog = watch("r08_sending_to_oneself_while_full");
    let in_range = |builder: throng::OptionsBuilder| builder.build().expect("in range");
    let base = Options::builder();
    // Options, messages tried, messages that enter while the first is being handled in its place.
    let cases = [
        (in_range(base.capacity(1)), 1_000, 1_000),
        (in_range(base.capacity(2)), 1_000, 1_000),
        (in_range(base.capacity(1).hard(10)), 1_000, 9),
        (in_range(base.capacity(1).overflow(Overflow::Fail)), 1_000, 0),
        (in_range(base.capacity(5).overflow(Overflow::Fail)), 1_000, 4),
    ];
    for (options, burst, enter) in cases {
        let system = System::builder().workers(1).build().expect("a system");
        let (sent, got) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let selfish = Selfish { burst, sent: Arc::clone(&sent), got: Arc::clone(&got) };
        let to = system.try_spawn(selfish, &options).expect("memory");
        to.try_send(true).expect("room");
        let ledger = system.quiesce(SOON).expect("nobody waits for himself");
        ledger.check().expect("the ledger adds up");
        assert_eq!((sent.load(Ordering::SeqCst), got.load(Ordering::SeqCst)), (enter, enter), "{options:?}");
        assert_eq!(ledger.faults, 0);
        // And once more: the credit is whole.
        to.try_send(true).expect("room");
        system.quiesce(SOON).expect("nobody waits for himself");
        assert_eq!(got.load(Ordering::SeqCst), 2 * enter, "{options:?}");
    }
}

/// Fills a mailbox by one over its capacity in each handler, and notes what is left in it when it goes on.
struct Filler {
    to: Address<u64>,
    capacity: u64,
    handled: Arc<AtomicU64>,
    sent: u64,
    left: std::sync::mpsc::Sender<u64>,
}

impl Actor for Filler {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let left = self.sent - self.handled.load(Ordering::SeqCst);
        self.left.send(left)?;
        for _ in left..=self.capacity {
            cx.send(self.to, self.sent)?;
            self.sent += 1;
        }
        let me = cx.me();
        if self.sent < 10 * self.capacity {
            cx.send(me, ())?;
        }
        Ok(())
    }
}

struct Counts(Arc<AtomicU64>);

impl Actor for Counts {
    type Msg = u64;
    fn handle(&mut self, _: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// Whoever is muted goes on when the mailbox has sunk to the low mark that was given, and not to another.
#[test]
fn who_is_muted_goes_on_at_the_low_mark_that_was_given() {
    let _dog = watch("who_is_muted_goes_on_at_the_low_mark_that_was_given");
    const CAPACITY: u32 = 16;
    // Credit goes back at a quarter of the capacity at the latest; then two turns of one message may come first.
    const SLACK: u64 = CAPACITY as u64 / 4 + 2;
    for low in [0, 1, 8, 12, 15] {
        let mut inline = System::builder().inline();
        let options = Options::builder().capacity(CAPACITY).low(low).turn(1).build().expect("in range");
        let handled = Arc::new(AtomicU64::new(0));
        let to = inline.system().try_spawn(Counts(Arc::clone(&handled)), &options).expect("memory");
        let (left, lefts) = std::sync::mpsc::channel();
        let filler = Filler { to, capacity: u64::from(CAPACITY), handled, sent: 0, left };
        inline.spawn(filler).try_send(()).expect("room");
        inline.run_until_idle();
        let ledger = inline.system().ledger();
        ledger.check().expect("the ledger adds up");
        // The first finds it empty.
        let lefts: Vec<u64> = lefts.try_iter().skip(1).collect();
        assert!(lefts.len() > 5 && ledger.mutes as usize >= lefts.len(), "low {low}: {lefts:?}");
        let low = u64::from(low);
        assert!(lefts.iter().all(|left| *left <= low && left + SLACK >= low), "low {low}: {lefts:?}");
    }
}

/// Keeps what it is given, in batches where it is to gather.
struct Keeper(std::sync::mpsc::Sender<u64>);

impl Actor for Keeper {
    type Msg = u64;
    fn handle(&mut self, number: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.send(number)?;
        Ok(())
    }
}

#[test]
fn an_idle_actor_with_a_line_counts_and_orders_its_first_message_as_any_other() {
    let exact = Options::builder().capacity(2).overflow(Overflow::DropOldestExact);
    for options in [exact, exact.gather(2, Duration::ZERO)] {
        let mut inline = System::builder().inline();
        let (kept, got) = std::sync::mpsc::channel();
        let to =
            inline.system().try_spawn(Keeper(kept), &options.build().expect("in range")).expect("memory");
        inline.run_until_idle();
        // Twice: the second time finds what the first has left of its credit.
        for _ in 0..2 {
            (1..=3_u64).for_each(|number| to.send(number).expect("accepted"));
            assert!(to.try_send(9_u64).is_err(), "the line is full");
            inline.run_until_idle();
            assert_eq!(got.try_iter().collect::<Vec<_>>(), [2, 3]);
            to.send(4_u64).expect("accepted");
            inline.run_until_idle();
            assert_eq!(got.try_iter().collect::<Vec<_>>(), [4]);
        }
        let ledger = inline.system().ledger();
        ledger.check().expect("the ledger adds up");
        assert_eq!((ledger.dropped.oldest, ledger.dropped.newest, ledger.faults), (2, 0, 0));
    }
}

/// Counts the news of pressure.
struct Upstream(Arc<AtomicU64>);

impl Actor for Upstream {
    type Msg = throng::Pressed;
    fn handle(&mut self, _: throng::Pressed, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn news_of_pressure_are_no_peak_of_what_was_sent() {
    let mut inline = System::builder().inline();
    let news = Arc::new(AtomicU64::new(0));
    let upstream = inline.spawn(Upstream(Arc::clone(&news))).recipient();
    let options = Options::builder().capacity(1).overflow(Overflow::Signal).upstream(upstream);
    let options = options.build().expect("in range");
    // The news of four lie in the upstream's mailbox at once.
    for _ in 0..4 {
        let (kept, _got) = std::sync::mpsc::channel();
        let to = inline.system().try_spawn(Keeper(kept), &options).expect("memory");
        to.send(1_u64).expect("room");
        assert!(to.send(2_u64).is_err(), "full");
    }
    inline.run_until_idle();
    assert_eq!(news.load(Ordering::Relaxed), 8, "high and low of each");
    assert_eq!(inline.system().activity().fullest, 1);
}
