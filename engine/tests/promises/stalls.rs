//! The wait-for view: who is suspended on whom, since when; and how long it took in the end.

use crate::gate::{Gate, Key, gate};
use crate::watchdog::watch;
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, Options, Stall, System};

const SOON: Duration = Duration::from_secs(100);

enum Msg {
    Hold(Gate),
    Nothing,
}

struct Slow;

impl Actor for Slow {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Msg::Hold(gate) = message {
            gate.pass();
        }
        Ok(())
    }
}

/// Hands on what it gets, several for one.
struct Relay {
    to: Address<Msg>,
    times: u64,
}

impl Actor for Relay {
    type Msg = Msg;
    fn handle(&mut self, _: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..self.times {
            cx.send(self.to, Msg::Nothing)?;
        }
        Ok(())
    }
}

/// As a relay, under another name.
struct Source(Relay);

impl Actor for Source {
    type Msg = Msg;
    fn handle(&mut self, _: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..self.0.times {
            cx.send(self.0.to, Msg::Nothing)?;
        }
        Ok(())
    }
}

fn hold(to: Address<Msg>) -> Key {
    let (gate, key) = gate();
    to.send_timeout(Msg::Hold(gate), SOON).expect("room");
    key.wait();
    key
}

fn until(system: &System, what: impl Fn(&[Stall]) -> bool) -> Vec<Stall> {
    let began = Instant::now();
    loop {
        let stalls = system.stalls();
        if what(&stalls) {
            return stalls;
        }
        assert!(began.elapsed() < SOON, "in vain: {stalls:?}");
        std::thread::yield_now();
    }
}

#[test]
fn stalls_name_who_waits_on_whom_and_since_when() {
    let _dog = watch("stalls_name_who_waits_on_whom_and_since_when");
    let system = System::builder().workers(2).build().expect("a system");
    let narrow = Options::builder().capacity(1).build().expect("in range");
    let slow = system.try_spawn(Slow, &narrow).expect("memory");
    let relay = system.try_spawn(Relay { to: slow, times: 1 }, &narrow).expect("memory");
    let source = system.try_spawn(Source(Relay { to: relay, times: 2 }), &narrow).expect("memory");
    assert!(system.stalls().is_empty() && system.stall_times().is_empty());
    let began = Instant::now();
    let key = hold(slow);
    // The relay goes over the capacity of the one at the gate, and the source over that of the relay.
    source.try_send(Msg::Nothing).expect("room");
    let stalls = until(&system, |stalls| stalls.len() == 2);
    let of = |who: Address<Msg>| *stalls.iter().find(|stall| stall.who == who.id()).expect("it waits");
    let (first, second) = (of(relay), of(source));
    assert_eq!((first.on, second.on), (slow.id(), relay.id()));
    assert!(first.actor.ends_with("Relay") && first.on_actor.ends_with("Slow"), "{first:?}");
    assert!(second.actor.ends_with("Source") && second.on_actor.ends_with("Relay"), "{second:?}");
    assert!(first.waited <= began.elapsed() && second.waited <= began.elapsed());
    // It grows as long as it lasts.
    until(&system, |stalls| stalls.iter().all(|stall| stall.waited > Duration::from_millis(3)));
    assert!(system.stall_times().is_empty(), "none is over");
    key.open();
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert!(system.stalls().is_empty());
    let times = system.stall_times();
    assert_eq!(times.iter().map(|times| times.count()).sum::<u64>(), ledger.mutes);
    assert_eq!(times.iter().map(|times| times.total()).sum::<Duration>(), ledger.stalled);
    assert!(times.iter().all(|times| times.longest() > Duration::from_millis(3)));
    assert_eq!(times.len(), 2, "of two types: {times:?}");
    system.shutdown(SOON).expect("rest");
}

#[test]
fn a_thousand_senders_into_one_all_stall_and_all_go_on() {
    let _dog = watch("a_thousand_senders_into_one_all_stall_and_all_go_on");
    const SENDERS: usize = 1_000;
    for workers in [1, 2] {
        let system = System::builder().workers(workers).build().expect("a system");
        let narrow = Options::builder().capacity(1).build().expect("in range");
        let slow = system.try_spawn(Slow, &narrow).expect("memory");
        let key = if workers > 1 { Some(hold(slow)) } else { None };
        let all: Vec<_> = (0..SENDERS).map(|_| system.spawn(Relay { to: slow, times: 3 })).collect();
        all.iter().for_each(|to| to.try_send(Msg::Nothing).expect("room"));
        if let Some(key) = key {
            let stalls = until(&system, |stalls| stalls.len() == SENDERS);
            assert!(stalls.iter().all(|stall| stall.on == slow.id()));
            // Who is suspended, killed or stopped waits for nobody.
            assert!(all[0].suspend());
            let _told = (all[1].kill(), all[2].stop());
            until(&system, |stalls| {
                stalls.iter().all(|stall| all[..3].iter().all(|to| stall.who != to.id()))
            });
            assert!(all[0].resume());
            key.open();
        }
        let ledger = system.quiesce(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        assert_eq!(ledger.refused.total(), 0);
        assert!(system.stalls().is_empty());
        let times = system.stall_times();
        assert_eq!(times.iter().map(|times| times.count()).sum::<u64>(), ledger.mutes, "workers {workers}");
        system.shutdown(SOON).expect("rest");
    }
}

/// Whoever waited for one that ends waits no more, however it ends.
#[test]
fn stalls_end_with_whom_they_are_on() {
    let _dog = watch("stalls_end_with_whom_they_are_on");
    for order in 0..4 {
        let system = System::builder().workers(2).build().expect("a system");
        let narrow = Options::builder().capacity(1).build().expect("in range");
        let slow = system.try_spawn(Slow, &narrow).expect("memory");
        let key = hold(slow);
        let relay = system.spawn(Relay { to: slow, times: 2 });
        relay.try_send(Msg::Nothing).expect("room");
        until(&system, |stalls| stalls.len() == 1);
        match order {
            0 => _ = slow.stop(),
            1 => _ = slow.stop_now(),
            2 => _ = slow.kill(),
            _ => assert!(slow.suspend()),
        }
        key.open();
        until(&system, <[Stall]>::is_empty);
        let _told = slow.kill();
        let ledger = system.quiesce(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        assert_eq!(system.stall_times().iter().map(|times| times.count()).sum::<u64>(), ledger.mutes);
        system.shutdown(SOON).expect("rest");
    }
}

/// A cycle lets go: nobody stays in the view.
#[test]
fn a_cycle_is_not_a_stall_that_lasts() {
    let _dog = watch("a_cycle_is_not_a_stall_that_lasts");
    enum Ring {
        Next(Address<Ring>),
        Token(u32),
    }
    struct Node(Option<Address<Ring>>);
    impl Actor for Node {
        type Msg = Ring;
        fn handle(&mut self, message: Ring, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            match (message, self.0) {
                (Ring::Next(next), _) => self.0 = Some(next),
                (Ring::Token(left), Some(next)) if left > 0 => cx.send(next, Ring::Token(left - 1))?,
                _ => {}
            }
            Ok(())
        }
    }
    for nodes in [2, 3, 16] {
        let system = System::builder().workers(2).build().expect("a system");
        let narrow = Options::builder().capacity(1).build().expect("in range");
        let ring: Vec<_> =
            (0..nodes).map(|_| system.try_spawn(Node(None), &narrow).expect("memory")).collect();
        for (n, node) in ring.iter().enumerate() {
            node.send_timeout(Ring::Next(ring[(n + 1) % nodes]), SOON).expect("room in time");
        }
        for token in 0..2 * nodes {
            ring[token % nodes].send_timeout(Ring::Token(5_000), SOON).expect("room in time");
        }
        let ledger = system.quiesce(SOON).expect("no deadlock");
        ledger.check().expect("the ledger adds up");
        assert!(ledger.mutes > 0 && system.stalls().is_empty());
        assert_eq!(system.stall_times().iter().map(|times| times.count()).sum::<u64>(), ledger.mutes);
        system.shutdown(SOON).expect("rest");
    }
}
