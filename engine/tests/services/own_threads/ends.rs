//! Its ends: stopped, killed, aborted, with its system, and many of them.

use super::{Blocker, Msg, SOON, all, gone, said, system};
use crate::child::{alone, words};
use crate::gate::gate;
use crate::watchdog::watch;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, System};

#[test]
fn it_is_stopped_killed_and_suspended_as_any() {
    let _dog = watch("it_is_stopped_killed_and_suspended_as_any");
    let system = system(1);
    let (log, heard) = channel();
    let spawn = || system.spawn_on_own_thread(Blocker::new(&log)).expect("a thread");
    let begin = |blocker: Address<Msg>| {
        let (gate, key) = gate();
        blocker.try_send(Msg::Pass(gate)).expect("a place");
        key.wait();
        blocker.try_send(Msg::Say("after")).expect("a place");
        key
    };
    // Orders given while it blocks.
    let drained = spawn();
    let key = begin(drained);
    let _told = drained.stop();
    assert!(drained.try_send(Msg::Say("late")).is_err());
    key.open();
    gone(drained);
    assert_eq!(said(&heard), ["started", "at the gate", "through", "after", "stopped"]);

    let cut = spawn();
    let key = begin(cut);
    let _told = cut.stop_now();
    key.open();
    gone(cut);
    assert_eq!(said(&heard), ["started", "at the gate", "through", "stopped"]);

    let killed = spawn();
    let key = begin(killed);
    let _told = killed.kill();
    key.open();
    gone(killed);
    assert_eq!(said(&heard), ["started", "at the gate", "through"]);

    let held = spawn();
    let key = begin(held);
    assert!(held.suspend());
    key.open();
    while system.quiesce(Duration::from_millis(1)).is_err_and(|busy| !busy.workers.is_empty()) {}
    assert_eq!(said(&heard), ["started", "at the gate", "through"]);
    assert!(held.resume());
    held.barrier().deadline(SOON).wait().expect("told");
    assert_eq!(said(&heard), ["after"]);
    assert!(held.suspend());
    held.try_send(Msg::Panic).expect("a place");
    held.try_send(Msg::Say("never")).expect("a place");
    assert!(held.resume());
    gone(held);
    assert_eq!(said(&heard), ["failed"]);

    let itself = spawn();
    itself.try_send(Msg::Stop).expect("a place");
    gone(itself);
    assert_eq!(said(&heard), ["started", "stopped"]);

    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.spawned, ledger.stopped, ledger.faults), (5, 5, 1));
    assert_eq!((ledger.dead.stopped, ledger.dead.failed), (2, 1));
}

#[test]
fn one_spawns_another_and_both_come_down_with_the_system() {
    let _dog = watch("one_spawns_another_and_both_come_down_with_the_system");
    for abort in [false, true] {
        let system = system(1);
        let (log, heard) = channel();
        let first = system.spawn_on_own_thread(Blocker::new(&log)).expect("a thread");
        let (tell, told) = channel();
        first.try_send(Msg::Spawn(tell)).expect("a place");
        let second = told.recv_timeout(SOON).expect("spawned");
        second.barrier().deadline(SOON).wait().expect("told");
        let ledger = if abort { system.abort() } else { system.shutdown(SOON).expect("rest") };
        ledger.check().expect("the ledger adds up");
        assert!(!first.is_alive() && !second.is_alive());
        assert_eq!((ledger.spawned, ledger.stopped), (2, 2));
        let heard = all(&heard);
        assert_ne!(heard[0].1, heard[1].1, "each has its own");
        assert_eq!(heard.len(), if abort { 2 } else { 4 }, "{heard:?}");
    }
}

#[test]
fn an_abort_gives_up_on_one_that_blocks_after_a_second() {
    let _dog = watch("an_abort_gives_up_on_one_that_blocks_after_a_second");
    let output = alone("own_threads::ends::an_abort_gives_up_on_one_that_blocks_after_a_second", || {
        let system = system(1);
        let (log, heard) = channel();
        let blocker = system.spawn_on_own_thread(Blocker::new(&log)).expect("a thread");
        let (gate, key) = gate();
        blocker.try_send(Msg::Pass(gate)).expect("a place");
        key.wait();
        let started = Instant::now();
        system.abort();
        let took = started.elapsed();
        assert!(took >= Duration::from_millis(900) && took < Duration::from_secs(10), "{took:?}");
        assert!(blocker.is_alive(), "its turn is not over");
        key.open();
        // The rest is done when the handler has returned.
        gone(blocker);
        assert_eq!(said(&heard), ["started", "at the gate", "through"]);
    });
    assert!(output.status.success(), "{}", words(&output));
    assert!(words(&output).contains("on its own thread; its system is left until"), "{}", words(&output));
}

#[test]
fn a_system_dropped_inside_its_own_thread_comes_down() {
    let _dog = watch("a_system_dropped_inside_its_own_thread_comes_down");
    struct Owner(Option<System>, Sender<bool>);
    impl Actor for Owner {
        type Msg = System;
        fn handle(&mut self, system: System, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            drop(system);
            let _ = self.1.send(true);
            self.0 = None;
            Ok(())
        }
    }
    let system = system(1);
    let (done, over) = channel();
    let owner = system.spawn_on_own_thread(Owner(None, done)).expect("a thread");
    let started = Instant::now();
    owner.try_send(system).expect("a place");
    assert!(over.recv_timeout(SOON).expect("it is dropped"));
    assert!(started.elapsed() < Duration::from_millis(900), "nobody waited for himself");
    gone(owner);
}

#[test]
fn many_come_and_go() {
    let _dog = watch("many_come_and_go");
    let system = system(2);
    let (log, _heard) = channel();
    for _ in 0..10 {
        let blockers: Vec<_> =
            (0..20).map(|_| system.spawn_on_own_thread(Blocker::new(&log)).expect("a thread")).collect();
        for blocker in &blockers {
            blocker.try_send(Msg::Say("here")).expect("a place");
            let _told = blocker.stop();
        }
        blockers.into_iter().for_each(gone);
    }
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.handled, ledger.spawned, ledger.stopped), (200, 200, 200));
}
