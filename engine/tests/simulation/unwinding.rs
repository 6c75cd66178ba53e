//! A thread that unwinds already steps a simulation, or takes what is left of a batch: neither breaks it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::sim::Simulation;
use throng::{Actor, Address, Batch, Context, Directive, Fault, Options, System};

type Log = Arc<Mutex<Vec<u32>>>;

struct Counter(Log);

impl Actor for Counter {
    type Msg = u32;

    fn handle(&mut self, n: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.lock().expect("nobody panics in it").push(n);
        Ok(())
    }
}

/// Takes what is left of its batch as it is dropped.
struct Rest<'r, 'b> {
    batch: &'r mut Batch<'b, u32>,
    taken: Log,
}

impl Drop for Rest<'_, '_> {
    fn drop(&mut self) {
        for n in &mut *self.batch {
            self.taken.lock().expect("nobody panics in it").push(n);
        }
    }
}

/// Panics in the midst of each batch.
struct Drainer {
    taken: Log,
    other: Address<u32>,
}

impl Actor for Drainer {
    type Msg = u32;

    fn handle(&mut self, _: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }

    fn handle_batch(&mut self, batch: &mut Batch<'_, u32>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        // So that somebody else can run between.
        let _full = cx.try_send(self.other, 7_u32);
        let rest = Rest { batch, taken: Arc::clone(&self.taken) };
        let first = rest.batch.next();
        assert!(first.is_none(), "as it shall");
        Ok(())
    }

    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        Directive::Resume
    }
}

/// A drainer beside a counter, with so many messages each.
fn drainer(sim: &Simulation, messages: u32) -> (Address<u32>, Log) {
    let taken = Log::default();
    let other = sim.spawn(Counter(Log::default()));
    let fives = Options::builder().gather(5, Duration::ZERO).build().expect("within bounds");
    let state = Drainer { taken: Arc::clone(&taken), other };
    let drainer = sim.system().try_spawn(state, &fives).expect("memory");
    for n in 0..messages {
        drainer.try_send(n).expect("room");
        other.try_send(n).expect("room");
    }
    (drainer, taken)
}

#[test]
fn a_batch_is_drained_while_its_handler_unwinds() {
    for seed in 0..64 {
        let mut sim = System::simulated(seed);
        let (_drainer, taken) = drainer(&sim, 20);
        sim.run_until_idle();
        // The first of each batch is lost by the panic.
        assert_eq!(taken.lock().expect("nobody panics in it").len(), 16, "seed {seed}");
    }
}

#[test]
fn what_is_to_fail_while_its_handler_unwinds_is_handled() {
    for seed in 0..16 {
        let mut sim = System::simulated(seed);
        let (drainer, taken) = drainer(&sim, 5);
        sim.fail_at(drainer, 3);
        sim.run_until_idle();
        assert_eq!(*taken.lock().expect("nobody panics in it"), [1, 2, 3, 4], "seed {seed}");
    }
}

#[test]
fn a_simulation_is_stepped_while_its_thread_unwinds() {
    struct Down {
        sim: Simulation,
        idle: Arc<Mutex<bool>>,
    }
    impl Drop for Down {
        fn drop(&mut self) {
            let idle = catch_unwind(AssertUnwindSafe(|| self.sim.run_until_idle())).is_ok();
            *self.idle.lock().expect("nobody panics in it") = idle;
        }
    }
    let (handled, idle) = (Log::default(), Arc::default());
    let test = || {
        let sim = System::simulated(1);
        sim.spawn(Counter(Arc::clone(&handled))).try_send(1_u32).expect("room");
        let _down = Down { sim, idle: Arc::clone(&idle) };
        panic!("the test's own");
    };
    assert!(catch_unwind(AssertUnwindSafe(test)).is_err());
    assert!(*idle.lock().expect("nobody panics in it"));
    assert_eq!(*handled.lock().expect("nobody panics in it"), [1]);
}

#[test]
fn time_is_passed_to_its_end() {
    struct Sleeper;
    impl Actor for Sleeper {
        type Msg = ();
        fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            cx.after(Duration::MAX, ());
            Ok(())
        }
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Ok(())
        }
    }
    let mut sim = System::simulated(1);
    sim.spawn(Sleeper);
    // Nothing else could make it ready: time passes to the last timer there is.
    assert!(sim.block_on(std::future::pending::<()>()).is_none());
}
