//! The plainest uses of each public part.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use throng::{
    Actor, Address, AskError, Context, Fault, Options, Overflow, Reply, SendError, Stopping, System,
};

const SOON: Duration = Duration::from_secs(20);

struct Counter {
    sum: u64,
    seen: Arc<AtomicU64>,
}

enum Msg {
    Add(u64),
    Get(Reply<u64>),
    Forget(Reply<u64>),
    Keep(Reply<u64>),
    Panic,
    Fail,
}

impl Actor for Counter {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Add(n) => {
                self.sum += n;
                self.seen.fetch_add(1, Ordering::Relaxed);
            }
            Msg::Get(reply) => reply.send(self.sum),
            Msg::Forget(reply) => drop(reply),
            Msg::Keep(reply) => std::mem::forget(reply),
            Msg::Panic => panic!("as told"),
            Msg::Fail => return Err(Fault::msg("as told")),
        }
        let _ = cx.me();
        Ok(())
    }
}

fn system(workers: usize) -> System {
    System::builder().workers(workers).build().expect("a system")
}

#[test]
fn counts_and_answers() {
    for workers in [1, 2] {
        let system = system(workers);
        let counter = system.spawn(Counter { sum: 0, seen: Arc::default() });
        for n in 0..100_u64 {
            counter.send_timeout(Msg::Add(n), SOON).expect("room in time");
        }
        assert_eq!(counter.ask(Msg::Get).wait(), Ok(4_950));
        let ledger = system.shutdown(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        assert_eq!((ledger.handled, ledger.spawned, ledger.stopped), (101, 1, 1));
    }
}

#[test]
fn asks_end_once_each_way() {
    let system = system(2);
    let counter = system.spawn(Counter { sum: 1, seen: Arc::default() });
    assert_eq!(counter.ask(Msg::Get).wait(), Ok(1));
    assert_eq!(counter.ask(Msg::Forget).wait(), Err(AskError::Dropped));
    assert_eq!(counter.ask(Msg::Keep).deadline(Duration::from_millis(20)).wait(), Err(AskError::Timeout));
    assert_eq!(counter.stop(), Stopping::Told);
    assert!(matches!(counter.ask(Msg::Get).wait(), Err(AskError::Refused(_) | AskError::Dropped)));
    system.quiesce(SOON).expect("rest").check().expect("the ledger adds up");
    assert_eq!(counter.stop(), Stopping::Already);
    assert!(!counter.is_alive());
    assert!(matches!(counter.try_send(Msg::Add(1)), Err(SendError::Stale(Msg::Add(1)))));
}

#[test]
fn a_panic_harms_its_actor_alone() {
    for poison in [|| Msg::Panic, || Msg::Fail] {
        let system = system(2);
        let seen = Arc::new(AtomicU64::new(0));
        let bad = system.spawn(Counter { sum: 0, seen: Arc::clone(&seen) });
        let good = system.spawn(Counter { sum: 0, seen: Arc::clone(&seen) });
        bad.try_send(Msg::Add(1)).expect("room");
        bad.try_send(poison()).expect("room");
        good.try_send(Msg::Add(1)).expect("room");
        let ledger = system.quiesce(SOON).expect("rest");
        assert_eq!((seen.load(Ordering::Relaxed), ledger.faults, ledger.stopped), (2, 1, 1));
        assert_eq!(good.ask(Msg::Get).wait(), Ok(1));
        assert!(!bad.is_alive() && good.is_alive());
    }
}

/// Sends `left` messages to `to`, one a turn.
struct Producer {
    to: Address<Msg>,
    left: u64,
}

impl Actor for Producer {
    type Msg = ();
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.handle((), cx)
    }
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.left == 0 {
            cx.stop();
            return Ok(());
        }
        self.left -= 1;
        cx.send(self.to, Msg::Add(1))?;
        let me = cx.me();
        cx.send(me, ())?;
        Ok(())
    }
}

#[test]
fn back_pressure_holds_producers_and_loses_nothing() {
    const EACH: u64 = if cfg!(throng_sanitize) { 400 } else { 2_000 };
    for workers in [1, 2] {
        for capacity in [1, 2, 64] {
            let system = system(workers);
            let options = Options::builder().capacity(capacity).build().expect("in range");
            let counter =
                system.try_spawn(Counter { sum: 0, seen: Arc::default() }, &options).expect("memory");
            for _ in 0..20 {
                system.spawn(Producer { to: counter, left: EACH });
            }
            let ledger = system.quiesce(SOON).expect("rest");
            ledger.check().expect("the ledger adds up");
            assert_eq!(ledger.refused.total(), 0);
            assert_eq!(counter.ask(Msg::Get).wait(), Ok(20 * EACH));
            assert_eq!(system.ledger().stopped, 20);
        }
    }
}

#[test]
fn a_full_mailbox_refuses_strictly() {
    let system = system(1);
    let options = Options::builder().capacity(3).overflow(Overflow::Fail).build().expect("in range");
    struct Blocked(std::sync::mpsc::Receiver<()>);
    impl Actor for Blocked {
        type Msg = u32;
        fn handle(&mut self, _: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            self.0.recv()?;
            Ok(())
        }
    }
    let (go, gate) = std::sync::mpsc::channel();
    let blocked = system.try_spawn(Blocked(gate), &options).expect("memory");
    let sent = (0..10_u32).filter(|n| blocked.try_send(*n).is_ok()).count();
    assert_eq!(sent, 3);
    assert!(matches!(blocked.try_send(7_u32), Err(SendError::Full(7))));
    assert!(matches!(blocked.send_timeout(8_u32, Duration::from_millis(5)), Err(SendError::Timeout(8))));
    drop(go);
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.handled + ledger.dead.total(), 3);
}
