//! Two lanes: urgent first, each in order, and nobody starves.

use crate::gate::{Gate, Key, gate};
use crate::watchdog::watch;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{Actor, Address, Batch, Context, Fault, Lane, Options, OptionsBuilder, Overflow, System};

const SOON: Duration = Duration::from_secs(100);
/// Urgent messages in a row while others wait.
const STREAK: usize = 16;

#[derive(Debug)]
enum Msg {
    Urgent(usize),
    Normal(usize),
    /// Its lane panics.
    Bad(usize),
    Hold(Hold),
    Ask,
    Answer,
}

struct Hold(Gate);

impl std::fmt::Debug for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hold")
    }
}

/// Writes down the order: urgent ones as they are, others above a million.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<usize>>>);

const NORMAL: usize = 1_000_000;
const ANSWER: usize = 2_000_000;

impl Log {
    fn take(&self) -> Vec<usize> {
        std::mem::take(&mut *self.0.lock().expect("nobody panics"))
    }
    fn add(&self, n: usize) {
        self.0.lock().expect("nobody panics").push(n);
    }
}

/// Answers at once.
struct Oracle;

impl Actor for Oracle {
    type Msg = throng::Reply<()>;
    fn handle(&mut self, reply: throng::Reply<()>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(());
        Ok(())
    }
}

struct Sorter {
    log: Log,
    oracle: Option<Address<throng::Reply<()>>>,
}

impl Actor for Sorter {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Urgent(n) => self.log.add(n),
            Msg::Normal(n) | Msg::Bad(n) => self.log.add(NORMAL + n),
            Msg::Hold(Hold(gate)) => gate.pass(),
            Msg::Ask => {
                let oracle = self.oracle.ok_or_else(|| Fault::msg("nobody to ask"))?;
                cx.ask(oracle, |reply| reply, |_| Msg::Answer)?;
            }
            Msg::Answer => self.log.add(ANSWER),
        }
        Ok(())
    }
    fn lane(&self, message: &Msg) -> Lane {
        match message {
            Msg::Urgent(_) => Lane::Urgent,
            Msg::Bad(_) => resume_unwind(Box::new("as told")),
            _ => Lane::Normal,
        }
    }
    fn handle_batch(&mut self, batch: &mut Batch<'_, Msg>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for message in batch {
            self.handle(message, cx)?;
        }
        Ok(())
    }
}

fn sorter(system: &System, log: &Log, options: OptionsBuilder) -> Address<Msg> {
    let oracle = Some(system.spawn(Oracle));
    let options = options.lanes().build().expect("in range");
    system.try_spawn(Sorter { log: log.clone(), oracle }, &options).expect("memory")
}

fn system(workers: usize) -> System {
    System::builder().workers(workers).build().expect("a system")
}

fn hold(to: Address<Msg>) -> Key {
    let (gate, key) = gate();
    to.send_timeout(Msg::Hold(Hold(gate)), SOON).expect("room");
    key.wait();
    key
}

/// The order that the rule demands: after sixteen urgent ones in a row, one of the others.
fn expected(urgent: usize, normal: usize) -> Vec<usize> {
    let (mut u, mut n, mut streak, mut all) = (0, 0, 0, Vec::new());
    while u < urgent || n < normal {
        if u < urgent && (streak < STREAK || n == normal) {
            all.push(u);
            (u, streak) = (u + 1, streak + 1);
        } else {
            all.push(NORMAL + n);
            (n, streak) = (n + 1, 0);
        }
    }
    all
}

#[test]
fn urgent_first_each_lane_in_order_and_the_bound_is_sixteen() {
    let _dog = watch("urgent_first_each_lane_in_order_and_the_bound_is_sixteen");
    let overflows = [Overflow::Mute, Overflow::Fail, Overflow::DropNewest, Overflow::DropOldest];
    for overflow in overflows {
        for (urgent, normal, batch) in
            [(100, 20, 128), (16, 1, 128), (17, 1, 1), (1_000, 3, 7), (0, 50, 128), (40, 0, 3)]
        {
            let system = system(2);
            let log = Log::default();
            let to = sorter(&system, &log, Options::builder().capacity(2_000).overflow(overflow).turn(batch));
            let key = hold(to);
            // The normal ones first, so that the lanes alone put the others before them.
            (0..normal).for_each(|n| to.try_send(Msg::Normal(n)).expect("room"));
            (0..urgent).for_each(|n| to.try_send(Msg::Urgent(n)).expect("room"));
            key.open();
            let ledger = system.shutdown(SOON).expect("rest");
            ledger.check().expect("the ledger adds up");
            assert_eq!(
                log.take(),
                expected(urgent, normal),
                "{urgent} urgent, {normal} normal, turns of {batch}"
            );
        }
    }
}

/// What comes while it is at work is sorted before the next message.
#[test]
fn an_urgent_one_overtakes_all_that_wait() {
    let _dog = watch("an_urgent_one_overtakes_all_that_wait");
    let system = system(2);
    let log = Log::default();
    let to = sorter(&system, &log, Options::builder().capacity(100));
    let first = hold(to);
    (0..3).for_each(|n| to.try_send(Msg::Normal(n)).expect("room"));
    let (gate, second) = gate();
    to.try_send(Msg::Hold(Hold(gate))).expect("room");
    (3..6).for_each(|n| to.try_send(Msg::Normal(n)).expect("room"));
    first.open();
    second.wait();
    to.try_send(Msg::Urgent(7)).expect("room");
    second.open();
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    let n = NORMAL;
    assert_eq!(log.take(), [n, n + 1, n + 2, 7, n + 3, n + 4, n + 5]);
}

#[test]
fn a_lane_that_panics_is_normal_and_a_fault() {
    let _dog = watch("a_lane_that_panics_is_normal_and_a_fault");
    for gathered in [false, true] {
        let system = system(1);
        let log = Log::default();
        let options = Options::builder().capacity(100);
        let options = if gathered { options.gather(3, Duration::ZERO) } else { options };
        let to = sorter(&system, &log, options);
        let key = hold(to);
        for message in [Msg::Normal(0), Msg::Bad(1), Msg::Urgent(2), Msg::Bad(3), Msg::Normal(4)] {
            to.try_send(message).expect("room");
        }
        key.open();
        let ledger = system.shutdown(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        assert_eq!(log.take(), [2, NORMAL, NORMAL + 1, NORMAL + 3, NORMAL + 4]);
        assert_eq!((ledger.faults, ledger.handled), (2, 6));
    }
}

/// Outcomes and barriers go through the normal lane: at most sixteen urgent ones for each before them, also where messages
/// are gathered and no batch ends where they stand.
#[test]
fn outcomes_and_barriers_do_not_starve() {
    let _dog = watch("outcomes_and_barriers_do_not_starve");
    for gather in [None, Some(1), Some(5), Some(16), Some(30)] {
        let system = system(2);
        let log = Log::default();
        let options = Options::builder().capacity(4_000);
        let options = gather.map_or(options, |most| options.gather(most, Duration::ZERO));
        let to = sorter(&system, &log, options);
        let (asked, key) = (to, hold(to));
        asked.try_send(Msg::Ask).expect("room");
        let (gate, second) = gate();
        to.try_send(Msg::Hold(Hold(gate))).expect("room");
        key.open();
        second.wait();
        // The outcome lies in the mailbox, before all of these.
        while system.ledger().accepted < 5 {
            std::thread::yield_now();
        }
        (0..1_000).for_each(|n| to.try_send(Msg::Urgent(n)).expect("room"));
        second.open();
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
        let order = log.take();
        let at = order.iter().position(|n| *n == ANSWER).expect("the outcome is handled");
        assert!(at <= STREAK, "after {at} urgent ones, gathered {gather:?}");
        assert_eq!(
            order.iter().copied().filter(|n| *n < NORMAL).collect::<Vec<_>>(),
            (0..1_000).collect::<Vec<_>>()
        );
    }
}

/// A message of which one lane is full of: dropped are the oldest of the normal lane, then of the urgent one.
#[test]
fn with_two_lanes_the_normal_ones_are_dropped_first() {
    let _dog = watch("with_two_lanes_the_normal_ones_are_dropped_first");
    let system = system(2);
    let log = Log::default();
    let to = sorter(&system, &log, Options::builder().capacity(8).overflow(Overflow::DropOldest));
    let key = hold(to);
    (0..5).for_each(|n| to.send(Msg::Urgent(n)).expect("accepted"));
    (0..10).for_each(|n| to.send(Msg::Normal(n)).expect("accepted"));
    key.open();
    let ledger = system.quiesce(SOON).expect("rest");
    assert_eq!((ledger.dropped.oldest, ledger.dropped.newest), (7, 0));
    assert_eq!(log.take(), [0, 1, 2, 3, 4, NORMAL + 7, NORMAL + 8, NORMAL + 9]);
    let key = hold(to);
    (0..15).for_each(|n| to.send(Msg::Urgent(n)).expect("accepted"));
    key.open();
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    assert_eq!(log.take(), (7..15).collect::<Vec<_>>());
}

/// Suspended, killed, stopped with both lanes full.
#[test]
fn orders_with_both_lanes_full() {
    let _dog = watch("orders_with_both_lanes_full");
    for order in ["suspend", "stop", "stop_now", "kill", "abort"] {
        let system = system(2);
        let log = Log::default();
        let to = sorter(&system, &log, Options::builder().capacity(100).turn(4));
        let (first, (gate, second)) = (hold(to), gate());
        (0..20).for_each(|n| to.try_send(Msg::Normal(n)).expect("room"));
        to.try_send(Msg::Hold(Hold(gate))).expect("room");
        (20..40).for_each(|n| to.try_send(Msg::Normal(n)).expect("room"));
        first.open();
        second.wait();
        (0..20).for_each(|n| to.try_send(Msg::Urgent(n)).expect("room"));
        match order {
            "suspend" => assert!(to.suspend()),
            "stop" => _ = to.stop(),
            "stop_now" => _ = to.stop_now(),
            "kill" => _ = to.kill(),
            _ => {
                drop(second);
                let ledger = system.abort();
                ledger.check().expect("the ledger adds up");
                continue;
            }
        }
        second.open();
        if order == "suspend" {
            while !to.resume() {}
        }
        let ledger = system.shutdown(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        let (got, whole) = (log.take(), matches!(order, "suspend" | "stop"));
        assert_eq!((got.len(), ledger.dead.total()), if whole { (60, 0) } else { (20, 40) }, "{order}");
        if whole {
            let rest = &got[20..];
            assert_eq!(rest[..STREAK], (0..STREAK).collect::<Vec<_>>(), "{order}");
            let normal: Vec<_> = got.iter().copied().filter(|n| *n >= NORMAL).collect();
            assert!(normal.is_sorted(), "{order}");
        }
    }
}
