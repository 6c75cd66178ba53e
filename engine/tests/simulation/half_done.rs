//! Who is made to fail when its handler has run: what it has done is done.

use crate::own_seeds::plays_its_own;
use crate::panicking::panics;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::sim::{self, Faults, Simulation};
use throng::{
    Actor, Address, Atomic, Batch, Becoming, Child, Context, Directive, Fault, Inbox, Next, Options,
    Supervisor, System, Transaction, Transactional,
};

/// What one has kept of its messages, what others got of it, how often it has panicked and returned a fault, and how often of both after
/// its handler.
#[derive(Default)]
struct Seen {
    kept: Vec<u32>,
    passed: Vec<u32>,
    panics: u32,
    errors: u32,
    after: u32,
}

type Shared = Arc<Mutex<Seen>>;

fn with<R>(seen: &Shared, look: impl FnOnce(&mut Seen) -> R) -> R {
    look(&mut seen.lock().expect("nobody panics over it"))
}

/// Keeps what it gets, and passes it on; one that has none to pass to has it from the other.
struct Keeper(Shared, Option<Address<u32>>);

impl Keeper {
    fn keep(&self, n: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match self.1 {
            None => with(&self.0, |seen| seen.passed.push(n)),
            Some(to) => {
                with(&self.0, |seen| seen.kept.push(n));
                cx.send(to, n)?;
            }
        }
        Ok(())
    }
}

impl Actor for Keeper {
    type Msg = u32;

    fn handle(&mut self, n: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.keep(n, cx)
    }

    fn handle_batch(&mut self, batch: &mut Batch<'_, u32>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        // Without asking for one behind the last.
        batch.take(batch.len()).try_for_each(|n| self.keep(n, cx))
    }

    fn failed(&mut self, fault: &Fault, _: &mut Context<'_, Self>) -> Directive {
        let words = fault.to_string();
        assert!(words.contains("made to fail by the simulation"), "{words}");
        let after = u32::from(words.ends_with("by the simulation, after its handler"));
        with(&self.0, |seen| seen.after += after);
        with(&self.0, |seen| *(if fault.is_panic() { &mut seen.panics } else { &mut seen.errors }) += 1);
        Directive::Resume
    }
}

fn keeper(sim: &Simulation, options: &Options) -> (Address<u32>, Shared) {
    let seen = Shared::default();
    let last = sim.spawn(Keeper(Arc::clone(&seen), None));
    let keeper = Keeper(Arc::clone(&seen), Some(last));
    (sim.system().try_spawn(keeper, options).expect("there is room"), seen)
}

fn tell(to: Address<u32>, numbers: std::ops::RangeInclusive<u32>) {
    numbers.for_each(|n| to.try_send(n).expect("there is room"));
}

/// One by one and in batches, also at the last message of one.
#[test]
fn what_was_done_is_done() {
    let fives = Options::builder().gather(5, Duration::ZERO).build().expect("in range");
    for options in [Options::default(), fives] {
        let (mut panics, mut errors) = (0, 0);
        for seed in 0..64 {
            let mut sim = System::simulated(seed);
            let (keeper, seen) = keeper(&sim, &options);
            let nth = 1 + sim.below(7);
            sim.fail_after_at(keeper, nth);
            tell(keeper, 1..=7);
            sim.run_until_idle();
            with(&seen, |seen| {
                assert_eq!(
                    (&*seen.kept, &*seen.passed),
                    (&[1, 2, 3, 4, 5, 6, 7][..], &[1, 2, 3, 4, 5, 6, 7][..])
                );
                assert_eq!(seen.panics + seen.errors, 1, "seed {seed}");
                (panics, errors) = (panics + seen.panics, errors + seen.errors);
            });
            let ledger = sim.system().ledger();
            assert_eq!((ledger.handled, ledger.faults, ledger.check()), (14, 1, Ok(())));
            let trace = sim.trace();
            let made = |how: &str| {
                trace.matches(&format!("handles a message, and is made to {how} after that: u32")).count()
            };
            assert_eq!(
                (made("panic") + made("fail"), trace.matches("handles a message").count()),
                (1, 14),
                "{trace}"
            );
        }
        assert!(panics > 15 && errors > 15, "{panics} panics, {errors} errors");
    }
}

/// Who is replaced has handled that message, and the new one goes on behind it.
#[test]
fn a_child_is_made_anew_after_it() {
    if !plays_its_own("half_done::a_child_is_made_anew_after_it") {
        return;
    }
    struct Fresh(Shared);
    impl Actor for Fresh {
        type Msg = u32;
        fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            with(&self.0, |seen| seen.kept.push(0));
            Ok(())
        }
        fn handle(&mut self, n: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            with(&self.0, |seen| seen.kept.push(n));
            Ok(())
        }
    }
    sim::explore(0..100, |sim| {
        let seen = Shared::default();
        let of = Arc::clone(&seen);
        let child = Child::new("only", move || Fresh(Arc::clone(&of)));
        let tree = sim.system().supervise(Supervisor::new().child(child)).expect("its names differ");
        sim.run_until_idle();
        let child = tree.child("only").expect("it is there");
        sim.fail_after_at(child, 2);
        tell(child, 1..=3);
        sim.run_until_idle();
        with(&seen, |seen| assert_eq!(seen.kept, [0, 1, 2, 0, 3]));
    });
}

/// A message that is lost before it is handled is not counted; each is drawn anew by itself.
#[test]
fn both_can_be_asked_for() {
    let mut sim = System::simulated(5);
    let (keeper, seen) = keeper(&sim, &Options::default());
    sim.fail_at(keeper, 2);
    sim.fail_after_at(keeper, 2);
    tell(keeper, 1..=5);
    sim.run_until_idle();
    with(&seen, |seen| {
        assert_eq!((&*seen.kept, seen.panics + seen.errors, seen.after), (&[1, 3, 4, 5][..], 2, 1));
    });
    // In turns that a test asks for too.
    sim.fail_after_at(keeper, 1);
    tell(keeper, 6..=6);
    sim.expect(keeper, |n| *n == 6);
    with(&seen, |seen| assert_eq!((seen.kept.last(), seen.panics + seen.errors), (Some(&6), 3)));
}

#[test]
fn it_strikes_at_the_rate_that_was_asked_for() {
    let mut sim = System::simulated(1);
    sim.faults(Faults::none().panics_after(4));
    let all: Vec<_> = (0..200).map(|_| keeper(&sim, &Options::default())).collect();
    all.iter().for_each(|(keeper, _)| tell(*keeper, 1..=40));
    sim.run_until_idle();
    let faults = sim.system().ledger().faults;
    // Of 400 actors with 40 messages, one in four fails within 16, and is drawn for anew.
    assert!((60..=200).contains(&faults), "{faults}");
    assert_eq!(sim.system().ledger().handled, 400 * 40);
    assert!(all.iter().all(|(_, seen)| with(seen, |seen| seen.kept.len() == 40 && seen.passed.len() == 40)));
}

/// What it has failed with by itself is what is told.
#[test]
fn its_own_fault_comes_first() {
    struct Unlucky(Arc<Mutex<Vec<String>>>);
    impl Actor for Unlucky {
        type Msg = ();
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Err(Fault::msg("no luck"))
        }
        fn handle_batch(
            &mut self,
            batch: &mut Batch<'_, ()>,
            _: &mut Context<'_, Self>,
        ) -> Result<(), Fault> {
            batch.next().map_or(Ok(()), |()| Err(Fault::msg("no luck")))
        }
        fn failed(&mut self, fault: &Fault, _: &mut Context<'_, Self>) -> Directive {
            self.0.lock().expect("nobody panics over it").push(fault.to_string());
            Directive::Resume
        }
    }
    let twos = Options::builder().gather(2, Duration::ZERO).build().expect("in range");
    for options in [Options::default(), twos] {
        for seed in 0..20 {
            let mut sim = System::simulated(seed);
            let faults = Arc::default();
            let actor =
                sim.system().try_spawn(Unlucky(Arc::clone(&faults)), &options).expect("there is room");
            sim.fail_after_at(actor, 1);
            actor.try_send(()).expect("there is room");
            sim.run_until_idle();
            assert_eq!(*faults.lock().expect("nobody panics over it"), ["no luck"], "seed {seed}");
        }
    }
}

#[derive(Clone)]
struct Sum(u32, Shared);

impl Transactional for Sum {
    type Msg = u32;
    fn handle(&mut self, n: u32, _: &mut Transaction<'_, '_, Self>) -> Result<(), Fault> {
        self.0 += n;
        with(&self.1, |seen| seen.kept.push(self.0));
        Ok(())
    }
}

/// What has kept the state, become another or given a result when the handler in it has run cannot fail of that handler any more.
#[test]
fn what_wraps_a_handler_is_left_out() {
    for seed in 0..50 {
        let mut sim = System::simulated(seed);
        sim.faults(Faults::none().panics_after(1));
        let seen = Shared::default();
        let sum = sim.spawn(Atomic::new(Sum(0, Arc::clone(&seen))));
        let becoming = sim.spawn(Becoming::new((), |(), _: u32, _| Ok(Next::Same)));
        let (function, done) = sim.spawn_fn(async |mut inbox: Inbox<u32>| inbox.recv().await.is_ok());
        let failing = Shared::default();
        let plain = sim.spawn(Keeper(Arc::clone(&failing), None));
        for to in [sum, becoming, plain] {
            tell(to, 1..=20);
        }
        tell(function, 1..=1);
        sim.run_until_idle();
        let failed = with(&failing, |seen| seen.panics + seen.errors);
        assert!(failed > 0 && sim.system().ledger().faults == u64::from(failed), "seed {seed}: {failed}");
        with(&seen, |seen| assert_eq!((seen.kept.len(), seen.kept.last()), (20, Some(&210))));
        assert!(matches!(sim.block_on(done), Some(Ok(true))));
    }
    let mut sim = System::simulated(1);
    let sum = sim.spawn(Atomic::new(Sum(0, Shared::default())));
    let words = panics(|| sim.fail_after_at(sum, 1));
    assert!(words.starts_with("throng::atomic::Atomic<") && words.contains("`fail_at`"), "{words}");
}
