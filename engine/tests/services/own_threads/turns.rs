//! Its turns: where they run, who waits for them, and what its options say.

use super::{Blocker, Msg, SOON, all, gone, said, system};
use crate::gate::{Gate, gate};
use crate::watchdog::watch;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Options, Overflow, System};

#[test]
fn all_turns_run_on_one_thread_that_is_no_worker() {
    let _dog = watch("all_turns_run_on_one_thread_that_is_no_worker");
    let system = system(2);
    let (log, heard) = channel();
    let blocker = system.spawn_on_own_thread(Blocker { log: log.clone(), resumes: true }).expect("a thread");
    let (other_log, other_heard) = channel();
    let other = system.spawn(Blocker::new(&other_log));
    for _ in 0..20 {
        blocker.try_send(Msg::Say("here")).expect("a place");
        other.try_send(Msg::Say("there")).expect("a place");
        system.quiesce(SOON).expect("rest");
    }
    for message in [Msg::Ask(other), Msg::Later, Msg::Panic, Msg::Ask(other)] {
        blocker.try_send(message).expect("a place");
        system.quiesce(SOON).expect("rest");
    }
    assert_eq!(blocker.ask(Msg::Where).wait(), Ok(2), "the number of workers");
    let _told = blocker.stop();
    gone(blocker);
    let heard = all(&heard);
    let mut order: Vec<_> = heard.iter().map(|(what, _)| *what).collect();
    order.dedup();
    let rest = &order[2..];
    assert_eq!(order[..2], ["started", "here"]);
    assert!(rest.contains(&"later") && rest.contains(&"failed"), "{rest:?}");
    assert_eq!(order.last(), Some(&"stopped"));
    let thread = heard[0].1;
    assert!(heard.iter().all(|(_, at)| *at == thread), "one thread");
    assert!(all(&other_heard).iter().all(|(_, at)| *at != thread), "and no worker");
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.faults, ledger.spawned, ledger.stopped), (1, 2, 2));
}

#[test]
fn while_it_blocks_nobody_else_waits() {
    let _dog = watch("while_it_blocks_nobody_else_waits");
    // One worker: what is runnable only by the blocked thread would never run.
    let system = system(1);
    let (log, heard) = channel();
    let blocker = system.spawn_on_own_thread(Blocker::new(&log)).expect("a thread");
    let (other_log, other_heard) = channel();
    let other = system.spawn(Blocker::new(&other_log));
    let (gate, key) = gate();
    // What it makes runnable before it blocks, in the same turn; and a timer.
    assert!(blocker.suspend());
    for message in [Msg::Send(other, 3), Msg::Ask(other), Msg::Later, Msg::Pass(gate)] {
        blocker.try_send(message).expect("a place");
    }
    assert!(blocker.resume());
    key.wait();
    for n in 0..100 {
        assert_eq!(other.ask(Msg::Where).wait(), Ok(0), "{n}");
    }
    let sent = std::iter::repeat_with(|| other_heard.recv_timeout(SOON).expect("it goes on")).take(4);
    assert_eq!(sent.map(|(what, _)| what).collect::<Vec<_>>(), ["started", "sent", "sent", "sent"]);
    let busy = system.quiesce(Duration::from_millis(30)).expect_err("it blocks");
    assert!(busy.workers.iter().any(|at| at.worker == 1 && at.actor.contains("Blocker")), "{busy}");
    assert!(system.describe().contains("own thread at"), "{}", system.describe());
    key.open();
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    let said = said(&heard);
    assert_eq!(said[..3], ["started", "at the gate", "through"]);
    assert!(said.contains(&"answered") && said.contains(&"later"), "{said:?}");
}

#[test]
fn a_turn_that_only_starts_counts_as_work() {
    let _dog = watch("a_turn_that_only_starts_counts_as_work");
    /// Blocks before its first message.
    struct Slow(Gate, Arc<AtomicUsize>);
    impl Actor for Slow {
        type Msg = ();
        fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            self.0.pass();
            self.1.store(1, Ordering::SeqCst);
            Ok(())
        }
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Ok(())
        }
    }
    let system = system(1);
    let over = Arc::new(AtomicUsize::new(0));
    let (gate, key) = gate();
    let slow = system.spawn_on_own_thread(Slow(gate, Arc::clone(&over))).expect("a thread");
    key.wait();
    assert!(system.quiesce(Duration::from_millis(20)).is_err());
    key.open();
    system.quiesce(SOON).expect("rest");
    assert_eq!(over.load(Ordering::SeqCst), 1);
    assert!(slow.is_alive());
}

#[test]
fn messages_stay_in_order_through_a_small_mailbox() {
    let _dog = watch("messages_stay_in_order_through_a_small_mailbox");
    const EACH: u32 = 5_000;
    struct Sink(Arc<Mutex<Vec<(usize, u32)>>>);
    impl Actor for Sink {
        type Msg = (usize, u32);
        fn handle(&mut self, message: (usize, u32), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            self.0.lock().expect("nobody panics").push(message);
            Ok(())
        }
    }
    /// Sends to the next with a number, in small lots.
    struct Source(Address<(usize, u32)>, usize, u32);
    impl Actor for Source {
        type Msg = ();
        fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            for _ in 0..10 {
                cx.send(self.0, (self.1, self.2))?;
                self.2 += 1;
            }
            if self.2 < EACH {
                cx.send(cx.me(), ())?;
            }
            Ok(())
        }
    }
    let system = system(2);
    let got = Arc::new(Mutex::new(Vec::new()));
    // Full all the time: who sends is muted, also one on a thread of its own.
    let small = Options::builder().capacity(4).turn(8).own_thread().build().expect("in range");
    let sink = system.try_spawn(Sink(Arc::clone(&got)), &small).expect("a thread");
    for n in 0..4 {
        let source = Source(sink, n, 0);
        let source = if n % 2 == 0 {
            system.spawn(source)
        } else {
            system.spawn_on_own_thread(source).expect("a thread")
        };
        source.try_send(()).expect("a place");
    }
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    let got = got.lock().expect("nobody panics");
    for n in 0..4 {
        let of: Vec<_> = got.iter().filter(|(from, _)| *from == n).map(|(_, at)| *at).collect();
        assert_eq!(of, (0..EACH).collect::<Vec<_>>(), "source {n}");
    }
    assert!(ledger.mutes > 0);
}

#[test]
fn exact_dropping_and_an_upstream_go_with_it() {
    let _dog = watch("exact_dropping_and_an_upstream_go_with_it");
    let system = system(1);
    let (log, heard) = channel();
    let options = Options::builder().capacity(2).overflow(Overflow::DropOldestExact).own_thread();
    let blocker =
        system.try_spawn(Blocker::new(&log), &options.build().expect("in range")).expect("a thread");
    let (gate, key) = gate();
    blocker.send(Msg::Pass(gate)).expect("a place");
    key.wait();
    for what in ["one", "two", "three"] {
        blocker.send(Msg::Say(what)).expect("accepted");
    }
    key.open();
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.dropped.oldest, 1);
    assert_eq!(said(&heard), ["started", "at the gate", "through", "two", "three", "stopped"]);
}

#[test]
fn in_an_inline_system_it_is_as_any_other() {
    let mut inline = System::builder().inline();
    let (log, heard) = channel();
    let blocker = inline.system().spawn_on_own_thread(Blocker::new(&log)).expect("no thread is needed");
    blocker.try_send(Msg::Say("here")).expect("a place");
    assert!(inline.run_until_idle() > 0);
    let here = std::thread::current().id();
    assert_eq!(all(&heard), [("started", here), ("here", here)]);
}
