//! What a test can tell a simulation.

use crate::panicking::panics;
use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use throng::sim::{Faults, Simulation};
use throng::{Actor, ActorId, Address, Child, Context, Ended, Fault, Options, Reply, Supervisor, System};

/// Keeps what it gets; passes on what is even.
struct Keeper {
    kept: Vec<u32>,
    next: Option<Address<Msg>>,
}

enum Msg {
    Keep(u32),
    Kept(Reply<Vec<u32>>),
    Later(Duration, u32),
    /// Sends itself this for ever.
    Round,
}

impl Actor for Keeper {
    type Msg = Msg;

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Keep(n) => {
                self.kept.push(n);
                if let Some(next) = self.next.filter(|_| n % 2 == 0) {
                    cx.send(next, Msg::Keep(n))?;
                }
            }
            Msg::Kept(reply) => reply.send(self.kept.clone()),
            Msg::Later(after, n) => _ = cx.after(after, Msg::Keep(n)),
            Msg::Round => cx.send(cx.me(), Msg::Round)?,
        }
        Ok(())
    }
}

fn keeper(sim: &Simulation) -> Address<Msg> {
    sim.spawn(Keeper { kept: Vec::new(), next: None })
}

fn is(n: u32) -> impl Fn(&Msg) -> bool + 'static {
    move |message| matches!(message, Msg::Keep(kept) if *kept == n)
}

/// In the order that the test says, and no other.
#[test]
fn expected_messages_are_handled_one_by_one() {
    let mut sim = System::simulated(1);
    let last = keeper(&sim);
    let first = sim.spawn(Keeper { kept: Vec::new(), next: Some(last) });
    for n in 1..=4 {
        first.try_send(Msg::Keep(n)).expect("there is room");
    }
    assert_eq!((sim.pending(first), sim.pending(last)), (4, 0));
    sim.expect(first, is(1));
    assert_eq!((sim.pending(first), sim.pending(last)), (3, 0));
    assert!(!sim.allow(first, is(1)));
    assert!(!sim.allow(last, is(2)));
    sim.disallow(first, is(3));
    assert!(sim.allow(first, is(2)));
    assert_eq!((sim.pending(first), sim.pending(last)), (2, 1));
    sim.disallow(last, is(1));
    sim.expect(last, is(2));
    assert_eq!(sim.run_until_idle(), 2, "a turn of each");
    let ask = first.ask(Msg::Kept);
    assert_eq!(sim.block_on(ask), Some(Ok(vec![1, 2, 3, 4])));
    let ask = last.ask(Msg::Kept);
    assert_eq!(sim.block_on(ask), Some(Ok(vec![2, 4])));
}

#[test]
fn what_is_not_as_expected_is_told() {
    let mut sim = System::simulated(2);
    let keeper = keeper(&sim);
    sim.run_until_idle();
    let name = "simulation::verbs::Keeper #";
    assert_eq!(panics(|| sim.expect(keeper, is(1))), format!("{name}0 has no message to handle"));
    // One of another simulation's was never seen in this one.
    let stranger = self::keeper(&System::simulated(2));
    let told = panics(|| sim.expect(stranger, is(1)));
    assert_eq!(told, format!("an actor that has ended ({stranger}) has no message to handle"));
    keeper.try_send(Msg::Keep(1)).expect("there is room");
    assert!(panics(|| sim.disallow(keeper, is(1))).contains("must not be there"));
    assert_eq!(
        panics(|| sim.expect(keeper, is(2))),
        format!("the next message of {name}0 is not the expected one")
    );
    keeper.try_send(Msg::Keep(4)).expect("there is room");
    assert_eq!(
        panics(|| sim.disallow(keeper, is(4))),
        format!("the next message of {name}0 is one that must not be there")
    );
    // As in the trace.
    assert!(sim.trace().contains(&format!(" {name}0 handles a message")), "{}", sim.trace());
    assert!(sim.describe().contains(&format!("worker 0 at {name}0: ")), "{}", sim.describe());
    assert!(sim.describe().contains("\nworker 1: "), "{}", sim.describe());
    let urgent = Options::builder().lanes().build().expect("in range");
    let sorted = sim.system().try_spawn(Keeper { kept: Vec::new(), next: None }, &urgent).expect("room");
    sorted.try_send(Msg::Keep(7)).expect("there is room");
    assert!(panics(|| _ = sim.allow(sorted, is(7))).contains("use `expect`"));
    sim.expect(sorted, is(7));
}

#[test]
fn time_passes_when_it_is_told_to() {
    let mut sim = System::simulated(3);
    let keeper = keeper(&sim);
    for (ms, n) in [(30, 3), (10, 1), (20, 2)] {
        keeper.try_send(Msg::Later(Duration::from_millis(ms), n)).expect("there is room");
    }
    sim.advance(Duration::from_millis(20));
    assert_eq!(sim.now(), Duration::from_millis(20));
    let ask = keeper.ask(Msg::Kept);
    assert_eq!(sim.block_on(ask), Some(Ok(vec![1, 2])));
    let ledger = sim.quiesce(Duration::from_secs(1)).expect("one timer is left");
    assert_eq!((ledger.handled, sim.now()), (7, Duration::from_millis(30)));
    sim.advance(Duration::MAX);
    assert_eq!(sim.now(), Duration::from_nanos(u64::MAX));
}

#[test]
fn rest_is_not_waited_for_longer_than_is_said() {
    let mut sim = System::simulated(4);
    let keeper = keeper(&sim);
    keeper.try_send(Msg::Later(Duration::from_secs(2), 1)).expect("there is room");
    let busy = sim.quiesce(Duration::from_secs(1)).expect_err("a timer is armed");
    assert_eq!((busy.timers, busy.waited), (1, Duration::from_secs(1)));
    keeper.suspend();
    keeper.try_send(Msg::Keep(1)).expect("there is room");
    let busy = sim.shutdown(Duration::from_secs(5)).expect_err("it is suspended over a message");
    assert_eq!((busy.suspended, busy.ledger.dead.aborted), (1, 2));
    busy.ledger.check().expect("the ledger adds up");
}

#[test]
fn who_goes_on_for_ever_is_stopped_and_named() {
    let mut sim = System::simulated(5);
    let keeper = keeper(&sim);
    keeper.try_send(Msg::Round).expect("there is room");
    sim.limit(1_000);
    let words = panics(|| _ = sim.run_until_idle());
    assert!(words.starts_with("still at it after 1000 steps, the limit of this simulation: "), "{words}");
    assert!(words.contains(" of simulation::verbs::Keeper #0, in which it handled "), "{words}");
    assert!(words.contains("`Simulation::limit`"), "{words}");
    assert!(sim.trace().contains("handles a message"), "{}", sim.trace());
}

#[test]
fn what_can_never_be_ready_is_given_up() {
    let mut sim = System::simulated(6);
    assert_eq!(sim.block_on(std::future::pending::<()>()), None);
    let keeper = keeper(&sim);
    keeper.suspend();
    // Its deadline is a timer.
    let ask = keeper.ask(Msg::Kept).deadline(Duration::from_secs(3));
    assert!(matches!(sim.block_on(ask), Some(Err(throng::AskError::Timeout))));
    assert_eq!(sim.now(), Duration::from_secs(3));
}

#[test]
fn it_comes_down_in_good_order_or_at_once() {
    let mut sim = System::simulated(7);
    for n in 0..10 {
        keeper(&sim).try_send(Msg::Keep(n)).expect("there is room");
    }
    let ledger = sim.shutdown(Duration::ZERO).expect("nothing takes time");
    assert_eq!((ledger.handled, ledger.spawned, ledger.stopped), (10, 10, 10));
    let mut sim = System::simulated(7);
    keeper(&sim).try_send(Msg::Keep(1)).expect("there is room");
    let ledger = sim.abort();
    assert_eq!((ledger.handled, ledger.dead.aborted), (0, 1));
    ledger.check().expect("the ledger adds up");
}

/// One in the handler of another takes the thread over, and gives it back.
#[test]
fn a_simulation_in_the_handler_of_another() {
    struct Host;
    impl Actor for Host {
        type Msg = u64;
        fn handle(&mut self, seed: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            let mut inner = System::simulated(seed);
            keeper(&inner).try_send(Msg::Keep(1))?;
            inner.run_until_idle();
            assert_eq!(inner.system().ledger().handled, 1);
            if seed > 0 {
                cx.send(cx.me(), seed - 1)?;
            }
            Ok(())
        }
    }
    let mut outer = System::simulated(8);
    outer.spawn(Host).try_send(5_u64).expect("there is room");
    outer.run_until_idle();
    let ledger = outer.shutdown(Duration::ZERO).expect("nothing takes time");
    assert_eq!((ledger.handled, ledger.faults), (6, 0));
}

/// Whatever the seed: the one that is named, and nobody else.
#[test]
fn a_message_that_is_expected_is_handled_alone() {
    for seed in 0..64 {
        let mut sim = System::simulated(seed);
        let second = Duration::from_secs(1);
        // Each strikes wherever it may.
        sim.faults(Faults::none().panics(1).stops(1).slow_handlers(1, second).frozen_workers(1, second));
        let [a, b] = [keeper(&sim), keeper(&sim)];
        for actor in [a, b] {
            for n in 0..32 {
                actor.try_send(Msg::Keep(n)).expect("there is room");
            }
        }
        for n in 0..16 {
            sim.expect(a, is(n));
            assert_eq!((sim.pending(a), sim.pending(b), sim.now()), (31 - n as u64, 32, Duration::ZERO));
        }
        let ended = sim.stopped().len() + sim.killed().len();
        assert_eq!((ended, sim.system().ledger().faults), (0, 0), "seed {seed}");
        assert!(!sim.trace().contains("stands still"), "{}", sim.trace());
        // What was named is the one thing that strikes.
        sim.fail_at(a, 2);
        for n in 16..18 {
            sim.expect(a, is(n));
            assert_eq!(sim.system().ledger().faults, u64::from(n >= 17), "seed {seed}");
        }
    }
}

/// What was drawn is counted in the turns that nobody has asked for.
#[test]
fn messages_that_are_expected_bring_no_drawn_failure_nearer() {
    // At which of its own turns' messages it is made to fail, after so many that were asked for.
    let fails_at = |seed: u64, expected: u32| {
        let mut sim = System::builder().workers(1).simulated(seed);
        sim.faults(Faults::none().panics(1));
        let keeper = keeper(&sim);
        for n in 0..48 {
            keeper.try_send(Msg::Keep(n)).expect("there is room");
        }
        for n in 0..expected {
            sim.expect(keeper, is(n));
        }
        sim.run_until_idle();
        let trace = sim.trace();
        let mut messages =
            trace.lines().filter(|line| line.contains(" at a message") || line.contains("handles"));
        messages.position(|line| line.contains("is made to")).expect("within sixteen") - expected as usize
    };
    let mut drawn = HashSet::new();
    for seed in 0..50 {
        let first = fails_at(seed, 0);
        assert_eq!(fails_at(seed, 20), first, "seed {seed}");
        drawn.insert(first);
    }
    assert!(drawn.len() > 8 && drawn.iter().all(|n| *n < 16), "{drawn:?}");
}

/// Nobody knows what becomes of the message.
#[test]
fn an_order_comes_before_what_might_be_allowed() {
    for order in [|actor: Address<Msg>| _ = actor.suspend(), |actor: Address<Msg>| _ = actor.kill()] {
        let mut sim = System::simulated(9);
        let keeper = keeper(&sim);
        sim.run_until_idle();
        keeper.try_send(Msg::Keep(1)).expect("there is room");
        order(keeper);
        assert!(!sim.allow(keeper, is(1)));
        sim.disallow(keeper, is(1));
        // Of one that has ended too.
        let told = panics(|| sim.expect(keeper, is(1)));
        assert_eq!(told, "simulation::verbs::Keeper #0 has no message to handle");
    }
}

/// What is the engine's own is no message.
#[test]
fn what_reaches_no_handler_is_gone_past() {
    let mut sim = System::simulated(10);
    let keeper = keeper(&sim);
    let mut barrier = std::pin::pin!(keeper.barrier());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(barrier.as_mut().poll(&mut cx).is_pending());
    keeper.try_send(Msg::Keep(1)).expect("there is room");
    sim.expect(keeper, is(1));
    assert!(barrier.as_mut().poll(&mut cx).is_ready());
}

#[test]
fn what_a_look_panics_with_is_the_test_s() {
    let mut sim = System::simulated(11);
    let keeper = keeper(&sim);
    keeper.try_send(Msg::Keep(1)).expect("there is room");
    let words = panics(|| sim.expect(keeper, |_: &Msg| panic!("it is {}", "not so")));
    assert_eq!((words.as_str(), sim.system().ledger().faults), ("it is not so", 0));
}

#[test]
fn a_limit_that_is_just_reached_is_kept() {
    let mut sim = System::simulated(12);
    keeper(&sim);
    sim.limit(1);
    assert_eq!(sim.run_until_idle(), 1);
    keeper(&sim);
    assert!(panics(|| _ = sim.run_until_idle()).starts_with("still at it after 1 steps"));
    // One that is raised holds for what is left.
    sim.limit(2);
    assert_eq!(sim.run_until_idle(), 1);
}

/// What a shutdown itself brings upon a suspended actor holds nothing up: it is stopped, as all are, and handles it then.
#[test]
fn who_is_suspended_hears_of_the_trees_that_come_down_and_goes_too() {
    struct Watcher(Vec<ActorId>, Arc<AtomicU32>);
    impl Actor for Watcher {
        type Msg = Ended;
        fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            for (n, whom) in self.0.iter().enumerate() {
                if n % 2 == 0 {
                    cx.watch(*whom, |ended| ended);
                } else {
                    cx.link_trapped(*whom, |ended| ended);
                }
            }
            Ok(())
        }
        fn handle(&mut self, _: Ended, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            self.1.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
    }
    for seed in 0..20 {
        let mut sim = System::simulated(seed);
        let child = |name: &'static str| Child::new(name, || Keeper { kept: Vec::new(), next: None });
        let root = Supervisor::new().child(child("a")).child(child("b"));
        let tree = sim.system().supervise(root).expect("its names differ");
        sim.run_until_idle();
        let children = ["a", "b"].map(|name| tree.child::<Msg>(name).expect("it has started").id());
        let heard = Arc::new(AtomicU32::new(0));
        let watchers: Vec<_> =
            (0..3).map(|_| sim.spawn(Watcher(children.to_vec(), Arc::clone(&heard)))).collect();
        sim.run_until_idle();
        watchers.iter().for_each(|watcher| assert!(watcher.suspend()));
        // The one that takes the trees down too.
        assert!(seed % 2 == 0 || tree.address().suspend());
        let ledger =
            sim.shutdown(Duration::from_secs(5)).unwrap_or_else(|busy| panic!("seed {seed}: {busy}"));
        ledger.check().expect("the ledger adds up");
        assert_eq!((heard.load(Ordering::Relaxed), ledger.queued, ledger.dead.total()), (6, 0, 0));
    }
}
