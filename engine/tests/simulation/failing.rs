//! An actor that fails by itself fails the run, with its words and their place; one that is made to fail does not, nor one of which the
//! test says that it may.

use crate::own_seeds::plays_its_own;
use crate::panicking::panics;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use throng::sim::{self, Failed, Faults, Simulation};
use throng::{Actor, Address, Child, Context, Directive, Exit, Fault, Stopping, Supervisor, System};

/// In each of its ways; goes on, where it is asked.
struct Frail(Arc<AtomicU32>);

enum Order {
    Nothing,
    Assert(u32),
    Return,
    /// What is dropped with it panics.
    Burst(Bomb),
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a bomb");
    }
}

impl Actor for Frail {
    type Msg = Order;

    fn handle(&mut self, order: Order, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.fetch_add(1, Ordering::Relaxed);
        match order {
            Order::Assert(n) => {
                assert!(n < 2, "{n} are too many");
                Ok(())
            }
            Order::Return => Err(Fault::msg("no luck")),
            Order::Nothing | Order::Burst(Bomb) => Ok(()),
        }
    }

    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        Directive::Resume
    }
}

fn frail(sim: &Simulation) -> (Address<Order>, Arc<AtomicU32>) {
    let handled = Arc::new(AtomicU32::new(0));
    (sim.spawn(Frail(Arc::clone(&handled))), handled)
}

fn run(test: impl Fn(&mut Simulation)) -> Option<Failed> {
    sim::run_one(System::simulated(7), test)
}

fn sends(order: fn() -> Order) -> impl Fn(&mut Simulation) {
    move |sim| {
        let (actor, _) = frail(sim);
        actor.try_send(order()).expect("there is room");
        sim.run_until_idle();
        sim.note("it went on");
        unreachable!("the step in which it fails is the last");
    }
}

#[test]
fn an_assertion_of_an_actor_s_own_fails_the_run() {
    let failed = run(sends(|| Order::Assert(2))).expect("it fails");
    assert_eq!(failed.words, "simulation::failing::Frail #0 panicked: 2 are too many");
    assert!(failed.place.as_deref().is_some_and(|place| place.contains("failing.rs:")), "{failed}");
    assert_eq!(failed.seed, Some(7));
    let told = failed.to_string();
    assert!(told.starts_with("seed 7 fails: ") && told.ends_with(&failed.words), "{told}");
    // The last that it did.
    let last = failed.trace.lines().last().expect("it did something");
    assert!(last.contains("panicked: 2 are too many, at ") && last.contains("failing.rs:"), "{last}");
    let again = sim::run_one(System::builder().replayed(failed.choices.clone()), sends(|| Order::Assert(2)));
    let again = again.expect("it fails");
    assert!(again.is_like(&failed) && again.seed.is_none() && again.trace_hash == failed.trace_hash);
    let other = run(sends(|| Order::Return)).expect("it fails");
    assert!(!other.is_like(&failed));
}

#[test]
fn a_fault_that_is_returned_fails_it_too() {
    let failed = run(sends(|| Order::Return)).expect("it fails");
    assert_eq!(failed.words, "simulation::failing::Frail #0 returned the fault \"no luck\"");
    assert_eq!(failed.place, None);
}

/// Of the test's own panics and the actors', what came first is the reason.
#[test]
fn exploring_tells_of_the_actor_and_not_of_what_came_of_it() {
    if !plays_its_own("failing::exploring_tells_of_the_actor_and_not_of_what_came_of_it") {
        return;
    }
    let explored = || {
        sim::explore(0..100, |sim| {
            let (actor, handled) = frail(sim);
            for n in 0..3 {
                actor.try_send(Order::Assert(n)).expect("there is room");
            }
            let rested = sim.quiesce(Duration::from_secs(1));
            assert!(rested.is_ok() && handled.load(Ordering::Relaxed) == 4, "it has not handled four");
        });
    };
    let told = panics(explored);
    let first = told.lines().next().expect("a line");
    assert!(first.starts_with("seed 0 fails at ") && first.contains("failing.rs:"), "{told}");
    assert!(first.ends_with("Frail #0 panicked: 2 are too many"), "{told}");
    assert!(told.contains("`Simulation::tolerate`"), "{told}");
    assert!(told.contains("made small, from ") && told.contains("again: CHOICES=0 "), "{told}");
}

/// Turns that a test asks for are looked at too.
#[test]
fn a_failure_under_the_eyes_of_the_test_fails_it() {
    let failed = run(|sim| {
        let (actor, _) = frail(sim);
        actor.try_send(Order::Assert(5)).expect("there is room");
        sim.expect(actor, |order| matches!(order, Order::Assert(5)));
        unreachable!("it is told at once");
    });
    assert!(failed.is_some_and(|failed| failed.words.ends_with("Frail #0 panicked: 5 are too many")));
}

/// What decides on nothing is counted by the engine, and found by the count.
#[test]
fn hooks_and_drops_fail_it() {
    struct LastWords;
    impl Actor for LastWords {
        type Msg = ();
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Ok(())
        }
        fn stopped(&mut self, _: &mut Context<'_, Self>) {
            panic!("the last words");
        }
    }
    let failed = run(|sim| {
        let actor = sim.spawn(LastWords);
        sim.run_until_idle();
        let _: Stopping = actor.stop();
        sim.run_until_idle();
        unreachable!("it is told at once");
    });
    let failed = failed.expect("a hook has panicked");
    assert_eq!(
        failed.words,
        "simulation::failing::hooks_and_drops_fail_it::LastWords #0 panicked: the last words"
    );
    assert!(failed.place.is_some_and(|place| place.contains("failing.rs:")));
    let failed = run(|sim| {
        let (actor, _) = frail(sim);
        actor.try_send(Order::Burst(Bomb)).expect("there is room");
        // Before it is handled.
        let _: Stopping = actor.kill();
        sim.run_until_idle();
    });
    let failed = failed.expect("a message has panicked where it was dropped");
    assert_eq!(failed.words, "a closure or a `Drop` of the program panicked: a bomb");
    assert!(failed.place.is_some_and(|place| place.contains("failing.rs:")));
}

#[test]
fn a_function_that_panics_fails_it() {
    let failed = run(|sim| {
        let (actor, _join) = sim.spawn_fn(async |mut inbox: throng::Inbox<u32>| {
            let n = inbox.recv().await;
            assert!(n.is_err(), "a message for a function");
        });
        actor.try_send(1_u32).expect("there is room");
        sim.run_until_idle();
    });
    let failed = failed.expect("it fails");
    assert!(failed.words.ends_with("panicked: a message for a function"), "{failed}");
    assert!(failed.place.is_some_and(|place| place.contains("failing.rs:")));
}

/// Neither does who is made to fail, nor a supervisor that gives up over that.
#[test]
fn what_the_simulation_makes_fails_nothing() {
    if !plays_its_own("failing::what_the_simulation_makes_fails_nothing") {
        return;
    }
    let faults = AtomicU32::new(0);
    let count = |sim: &Simulation| faults.fetch_add(sim.system().ledger().faults as u32, Ordering::Relaxed);
    sim::explore(0..50, |sim| {
        sim.faults(Faults::none().panics(1));
        let (actor, _) = frail(sim);
        for _ in 0..40 {
            actor.try_send(Order::Nothing).expect("there is room");
        }
        let other = sim.spawn(Frail(Arc::default()));
        sim.fail_at(other, 1);
        other.try_send(Order::Nothing).expect("there is room");
        sim.run_until_idle();
        count(sim);
    });
    assert!(faults.swap(0, Ordering::Relaxed) > 100);
    sim::explore(0..50, |sim| {
        let child = Child::new("only", || Mortal);
        let tree =
            sim.system().supervise(Supervisor::new().intensity(1, Duration::from_secs(9)).child(child));
        let tree = tree.expect("its names differ");
        sim.run_until_idle();
        for _ in 0..2 {
            let child = tree.child::<()>("only").expect("it is there");
            sim.fail_at(child, 1);
            child.try_send(()).expect("there is room");
            sim.run_until_idle();
        }
        assert!(matches!(tree.exit(), Some(Exit::Failed(_))), "it gives up");
        count(sim);
    });
    assert_eq!(faults.into_inner(), 3 * 50, "two of the child's, and one of its supervisor's");
}

struct Mortal;

impl Actor for Mortal {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

/// A child that fails as it starts again does so in no turn of a message's.
#[test]
fn a_child_that_cannot_start_again_fails_it() {
    struct Once(Arc<AtomicU32>);
    impl Actor for Once {
        type Msg = ();
        fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            match self.0.fetch_add(1, Ordering::Relaxed) {
                0 => Ok(()),
                _ => Err(Fault::msg("it has started before")),
            }
        }
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Ok(())
        }
    }
    let failed = run(|sim| {
        let starts = Arc::new(AtomicU32::new(0));
        let child = Child::new("only", move || Once(Arc::clone(&starts)));
        let tree = sim.system().supervise(Supervisor::new().child(child)).expect("its names differ");
        sim.run_until_idle();
        let child = tree.child::<()>("only").expect("it is there");
        sim.fail_at(child, 1);
        child.try_send(()).expect("there is room");
        sim.quiesce(Duration::from_secs(9)).expect("it comes to rest");
    });
    let words = failed.expect("it fails").words;
    assert!(words.ends_with("returned the fault \"it has started before\""), "{words}");
}

#[test]
fn what_a_test_says_is_as_it_should_be_fails_nothing() {
    let both = |sim: &mut Simulation| {
        let (actor, handled) = frail(sim);
        for order in [Order::Return, Order::Assert(9), Order::Nothing] {
            actor.try_send(order).expect("there is room");
        }
        sim.run_until_idle();
        assert_eq!((handled.load(Ordering::Relaxed), sim.system().ledger().faults), (3, 2));
    };
    let failed = run(|sim| {
        sim.tolerate(|_| true);
        both(sim);
    });
    assert!(failed.is_none(), "{failed:?}");
    // One of them, by what it is.
    let failed = run(|sim| {
        sim.tolerate(|fault| !fault.is_panic());
        both(sim);
    });
    assert!(failed.is_some_and(|failed| failed.words.contains("9 are too many")));
    let failed = run(|sim| {
        sim.tolerate(Fault::is_panic);
        both(sim);
    });
    assert!(failed.is_some_and(|failed| failed.words.contains("no luck")));
    // It holds until it is said anew, and nobody goes down with who panics over it.
    let failed = run(|sim| {
        sim.tolerate(|_| true);
        sim.tolerate(|_| panic!("of the test's own"));
        both(sim);
    });
    assert!(failed.is_some_and(|failed| failed.words.contains("no luck")));
    // Nobody looks outside of these two.
    both(&mut System::simulated(7));
}
