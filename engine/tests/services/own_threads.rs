//! Actors with a thread of their own: always that one, in which they may block; else they are as any other.

use crate::child::{alone, words};
use crate::gate::{Gate, gate};
use crate::watchdog::watch;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::{Duration, Instant};
use throng::{
    Actor, Address, Context, Directive, Fault, Options, Outcome, Overflow, Pin, Reply, SpawnError, System,
};

const SOON: Duration = Duration::from_secs(60);

/// Blocks, and tells where it runs.
struct Blocker {
    log: Sender<(&'static str, ThreadId)>,
    resumes: bool,
}

enum Msg {
    Say(&'static str),
    Pass(Gate),
    Where(Reply<usize>),
    Panic,
    Ask(Address<Msg>),
    Answered(Outcome<usize>),
    Later,
    Send(Address<Msg>, u32),
    Spawn(Sender<Address<Msg>>),
    Stop,
}

impl Blocker {
    fn new(log: &Sender<(&'static str, ThreadId)>) -> Self {
        Blocker { log: log.clone(), resumes: false }
    }

    fn say(&self, what: &'static str) {
        let _ = self.log.send((what, std::thread::current().id()));
    }
}

impl Actor for Blocker {
    type Msg = Msg;

    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.say("started");
        Ok(())
    }

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Say(what) => self.say(what),
            Msg::Pass(gate) => {
                self.say("at the gate");
                gate.pass();
                self.say("through");
            }
            Msg::Where(reply) => reply.send(cx.worker_index()),
            Msg::Panic => panic!("told to"),
            Msg::Ask(other) => cx.ask(other, Msg::Where, Msg::Answered)?,
            Msg::Answered(outcome) => self.say(if outcome == Ok(0) { "answered" } else { "not answered" }),
            Msg::Later => _ = cx.after(Duration::from_millis(5), Msg::Say("later")),
            Msg::Send(to, times) => {
                for _ in 0..times {
                    cx.send(to, Msg::Say("sent"))?;
                }
            }
            Msg::Spawn(tell) => tell.send(cx.try_spawn(Blocker::new(&self.log), &own())?)?,
            Msg::Stop => cx.stop(),
        }
        Ok(())
    }

    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.say("stopped");
    }

    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        self.say("failed");
        if self.resumes { Directive::Resume } else { Directive::Stop }
    }
}

fn own() -> Options {
    Options::builder().own_thread().build().expect("in range")
}

fn system(workers: usize) -> System {
    System::builder().workers(workers).build().expect("a system")
}

fn all(log: &Receiver<(&'static str, ThreadId)>) -> Vec<(&'static str, ThreadId)> {
    log.try_iter().collect()
}

fn said(log: &Receiver<(&'static str, ThreadId)>) -> Vec<&'static str> {
    log.try_iter().map(|(what, _)| what).collect()
}

fn gone<M: Send + 'static>(address: Address<M>) {
    while address.is_alive() {
        std::thread::yield_now();
    }
}

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
    let output = alone("own_threads::an_abort_gives_up_on_one_that_blocks_after_a_second", || {
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

#[cfg(target_os = "linux")]
#[test]
fn its_thread_is_named_not_pinned_and_ends_with_it() {
    let _dog = watch("its_thread_is_named_not_pinned_and_ends_with_it");
    /// Looks at its thread.
    struct Looker;
    impl Actor for Looker {
        type Msg = Reply<(Option<String>, usize)>;
        fn handle(&mut self, reply: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            let name = std::thread::current().name().map(str::to_owned);
            reply.send((name, core_affinity::get_core_ids().map_or(0, |ids| ids.len())));
            Ok(())
        }
    }
    let output = alone("own_threads::its_thread_is_named_not_pinned_and_ends_with_it", || {
        let threads = || std::fs::read_dir("/proc/self/task").expect("Linux").count();
        let processors = core_affinity::get_core_ids().map_or(0, |ids| ids.len());
        let system = System::builder().workers(1).pin(Pin::Compact).build().expect("a system");
        assert!(system.pinned());
        let before = threads();
        // By a handler, whose thread is pinned.
        struct Spawner;
        impl Actor for Spawner {
            type Msg = Reply<Address<<Looker as Actor>::Msg>>;
            fn handle(&mut self, reply: Self::Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
                reply.send(cx.try_spawn(Looker, &own()).expect("a thread"));
                Ok(())
            }
        }
        let spawner = system.spawn(Spawner);
        for _ in 0..20 {
            let looker = spawner.ask(|reply| reply).wait().expect("a thread");
            assert_eq!(looker.ask(|reply| reply).wait(), Ok((Some("Looker".into()), processors)));
            let _told = looker.stop();
            gone(looker);
        }
        // Each leaves once its actor has ended.
        while threads() > before {
            std::thread::yield_now();
        }
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
        println!("named and free");
    });
    assert!(words(&output).contains("named and free"), "{}", words(&output));
}

#[cfg(target_os = "linux")]
#[test]
fn where_no_thread_can_be_had_the_actor_comes_back() {
    let _dog = watch("where_no_thread_can_be_had_the_actor_comes_back");
    let output = alone("own_threads::where_no_thread_can_be_had_the_actor_comes_back", || {
        let system = system(1);
        let (log, _) = channel();
        let first = system.spawn(Blocker::new(&log));
        assert_eq!(first.ask(Msg::Where).wait(), Ok(0));
        let unlimited = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
        // No address range for another stack.
        let limit = libc::rlimit { rlim_cur: 0, ..unlimited };
        // SAFETY: limits of this process, which does nothing else.
        let refused = unsafe {
            assert_eq!(libc::setrlimit(libc::RLIMIT_AS, &raw const limit), 0);
            let refused = system.spawn_on_own_thread(Blocker::new(&log));
            libc::setrlimit(libc::RLIMIT_AS, &raw const unlimited);
            refused
        };
        let error: SpawnError<Blocker> = refused.expect_err("no thread");
        assert!(error.thread().is_some());
        println!("{error}");
        let again = system.spawn_on_own_thread(error.into_inner()).expect("a thread");
        assert_eq!(again.ask(Msg::Where).wait(), Ok(1));
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    });
    assert!(words(&output).contains("no thread for an actor"), "{}", words(&output));
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
