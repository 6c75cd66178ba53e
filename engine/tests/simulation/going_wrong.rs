//! What is to go wrong does, at about the rate that was asked for, and in each of its ways.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::sim::{Faults, Simulation};
use throng::{Actor, Address, Child, Context, Directive, Fault, Supervisor, System};

/// Counts; goes on after a fault.
struct Counter {
    counts: Arc<Counts>,
    next: Option<Address<u32>>,
}

#[derive(Default)]
struct Counts {
    handled: AtomicU64,
    errors: AtomicU64,
    panics: AtomicU64,
    stopped: AtomicU64,
    /// Who handled which, in order.
    order: Mutex<Vec<u32>>,
}

impl Actor for Counter {
    type Msg = u32;

    fn handle(&mut self, n: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.counts.handled.fetch_add(1, Ordering::Relaxed);
        self.counts.order.lock().expect("nobody panics in it").push(n);
        if let Some(next) = self.next {
            let _gone = cx.send(next, n);
        }
        Ok(())
    }

    fn failed(&mut self, fault: &Fault, _: &mut Context<'_, Self>) -> Directive {
        assert!(fault.to_string().contains("made to fail by the simulation"), "{fault}");
        let count = if fault.is_panic() { &self.counts.panics } else { &self.counts.errors };
        count.fetch_add(1, Ordering::Relaxed);
        Directive::Resume
    }

    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.counts.stopped.fetch_add(1, Ordering::Relaxed);
    }
}

fn load(seed: u64, faults: Faults, actors: u32, messages: u32) -> (Simulation, Arc<Counts>) {
    let mut sim = System::simulated(seed);
    sim.faults(faults);
    let counts = Arc::new(Counts::default());
    for _ in 0..actors {
        let counter = sim.spawn(Counter { counts: Arc::clone(&counts), next: None });
        for n in 0..messages {
            counter.try_send(n).expect("there is room");
        }
    }
    sim.run_until_idle();
    (sim, counts)
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

#[test]
fn nothing_goes_wrong_by_itself() {
    let (sim, counts) = load(1, Faults::none(), 100, 10);
    assert_eq!(read(&counts.handled), 1_000);
    assert_eq!(sim.now(), Duration::ZERO);
    assert_eq!(sim.system().ledger().faults, 0);
}

/// Of 400 actors with 64 messages, one in four fails within 16, and is drawn for anew.
#[test]
fn panics_and_errors_strike() {
    let (sim, counts) = load(2, Faults::none().panics(4), 400, 64);
    let (panics, errors) = (read(&counts.panics), read(&counts.errors));
    assert!((80..=180).contains(&(panics + errors)), "{panics} panics, {errors} errors");
    assert!(panics > 20 && errors > 20, "{panics} panics, {errors} errors");
    let ledger = sim.system().ledger();
    assert_eq!(ledger.faults, panics + errors);
    // Each was taken by its actor, and is gone; its handler never saw it.
    assert_eq!((ledger.handled, read(&counts.handled)), (400 * 64, 400 * 64 - panics - errors));
}

/// For those too who were there before; and what was drawn before is void.
#[test]
fn faults_hold_from_when_they_are_set() {
    for (first, then, faults) in [(0, 1, true), (1, 0, false)] {
        let mut sim = System::simulated(8);
        sim.faults(Faults::none().panics(first));
        let counts = Arc::new(Counts::default());
        let counter = sim.spawn(Counter { counts: Arc::clone(&counts), next: None });
        sim.run_until_idle();
        sim.faults(Faults::none().panics(then));
        for n in 0..50 {
            counter.try_send(n as u32).expect("there is room");
        }
        sim.run_until_idle();
        assert_eq!(sim.system().ledger().faults > 0, faults);
    }
}

#[test]
fn the_message_that_was_named_is_the_one() {
    let mut sim = System::simulated(3);
    let counts = Arc::new(Counts::default());
    let counter = sim.spawn(Counter { counts: Arc::clone(&counts), next: None });
    sim.fail_at(counter, 3);
    for n in 1..=5 {
        counter.try_send(n as u32).expect("there is room");
    }
    sim.run_until_idle();
    assert_eq!(*counts.order.lock().expect("nobody panics in it"), [1, 2, 4, 5]);
}

#[test]
fn slow_handlers_take_time_and_others_run_meanwhile() {
    let most = Duration::from_millis(3);
    let (sim, counts) = load(4, Faults::none().slow_handlers(10, most), 50, 20);
    assert_eq!(read(&counts.handled), 1_000);
    // Some 100 of 1,000 messages, of half of 3 ms.
    assert!(
        sim.now() > Duration::from_millis(75) && sim.now() < Duration::from_millis(300),
        "{:?}",
        sim.now()
    );
    assert!(sim.trace().contains(" takes "), "{}", sim.trace());
}

#[test]
fn who_is_left_waiting_runs_in_the_end() {
    let (sim, counts) = load(5, Faults::none().late_wakeups(2), 50, 20);
    assert_eq!(read(&counts.handled), 1_000);
    assert!(sim.trace().contains("is left waiting for"), "{}", sim.trace());
}

#[test]
fn stops_strike_and_the_ledger_adds_up() {
    let (mut sim, counts) = load(6, Faults::none().stops(20), 100, 20);
    let (stopped, killed) = (sim.stopped(), sim.killed());
    assert!(
        !killed.is_empty() && stopped.len() > killed.len(),
        "told to stop {stopped:?}, killed {killed:?}"
    );
    // Whoever was told to stop first has had its last hook, and whoever was killed first has not.
    let once: HashSet<_> = stopped.iter().filter(|actor| !killed.contains(actor)).collect();
    let both = stopped.iter().collect::<HashSet<_>>().len();
    assert!((once.len()..=both).contains(&(read(&counts.stopped) as usize)), "{stopped:?}, {killed:?}");
    let ledger = sim.abort();
    assert!(ledger.stopped == 100 && read(&counts.stopped) > 10, "{ledger:?}");
    assert!(ledger.dead.stopped + ledger.dead.closed > 0, "{ledger:?}");
    assert!(read(&counts.handled) < 2_000);
    ledger.check().expect("the ledger adds up");
}

/// Its timers are late, never early, and come in the end.
#[test]
fn a_frozen_worker_s_timers_are_late() {
    struct Alarm {
        due: Duration,
        lateness: Arc<Mutex<Vec<Duration>>>,
        clock: Arc<Mutex<Duration>>,
    }
    impl Actor for Alarm {
        type Msg = ();
        fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            cx.after(self.due, ());
            Ok(())
        }
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            let now = *self.clock.lock().expect("nobody panics in it");
            let late = now.checked_sub(self.due).expect("never early");
            self.lateness.lock().expect("nobody panics in it").push(late);
            Ok(())
        }
    }
    let most = Duration::from_millis(200);
    let mut sim = System::simulated(7);
    let (lateness, clock) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Duration::ZERO)));
    for n in 1..=200_u64 {
        let due = Duration::from_millis(n * 5);
        sim.spawn(Alarm { due, lateness: Arc::clone(&lateness), clock: Arc::clone(&clock) });
    }
    sim.run_until_idle();
    sim.faults(Faults::none().frozen_workers(8, most));
    for _ in 0..1_500 {
        sim.advance(Duration::from_millis(1));
        *clock.lock().expect("nobody panics in it") = sim.now() + Duration::from_millis(1);
    }
    let lateness = lateness.lock().expect("nobody panics in it");
    assert_eq!(lateness.len(), 200);
    let late = lateness.iter().filter(|late| **late > Duration::from_millis(2)).count();
    assert!((20..200).contains(&late), "{late} of 200");
    assert!(lateness.iter().all(|late| *late <= most + Duration::from_millis(2)), "{lateness:?}");
}

/// Whoever is in the turn goes on; with one worker there is nobody else.
#[test]
fn every_worker_but_one_may_stand_still() {
    let most = |workers: usize| {
        let count = |seed: u64| {
            let mut sim = System::builder().workers(workers).simulated(seed);
            // For longer than anything lasts.
            sim.faults(Faults::none().frozen_workers(2, Duration::from_secs(1_000_000)));
            let counter = sim.spawn(Counter { counts: Arc::default(), next: None });
            for n in 0..64_u32 {
                counter.try_send(n).expect("there is room");
            }
            sim.run_until_idle();
            assert_eq!(sim.system().ledger().handled, 64, "one is left");
            sim.trace().matches("stands still").count()
        };
        (0..50).map(count).max().expect("there are seeds")
    };
    assert_eq!([1, 2, 3, 5].map(most), [0, 1, 2, 4]);
}

/// Between two messages of a turn: what follows is handled, as a stop demands, and nothing that came after it.
#[test]
fn others_act_in_the_middle_of_a_turn() {
    let mut overlapped = 0;
    for seed in 0..50 {
        let mut sim = System::simulated(seed);
        let counts = Arc::new(Counts::default());
        let last = sim.spawn(Counter { counts: Arc::clone(&counts), next: None });
        let first = sim.spawn(Counter { counts: Arc::clone(&counts), next: Some(last) });
        for n in 0..10 {
            first.try_send(n as u32).expect("there is room");
        }
        sim.run_until_idle();
        let order = counts.order.lock().expect("nobody panics in it");
        assert_eq!(order.len(), 20);
        // Were turns whole, no `last` would handle before `first` has had a batch.
        overlapped += u32::from(order[..10] != (0..10).collect::<Vec<u32>>()[..]);
    }
    assert!(overlapped > 25, "{overlapped} of 50");
}

#[test]
fn children_that_are_made_to_fail_are_restarted() {
    let mut failed = 0;
    for seed in 0..20 {
        let mut sim = System::simulated(seed);
        sim.faults(Faults::none().panics(2));
        let counts = Arc::new(Counts::default());
        let root = Supervisor::new()
            .intensity(1_000, Duration::from_secs(1))
            .child(Child::new("a", move || Mortal(Arc::clone(&counts))));
        let tree = sim.system().supervise(root).expect("its names differ");
        sim.run_until_idle();
        let address = tree.child::<u32>("a").expect("it has started");
        for n in 0..40 {
            address.try_send(n as u32).expect("there is room");
        }
        let ledger = sim.quiesce(Duration::from_secs(1)).expect("it comes to rest");
        assert_eq!(tree.restarts(), ledger.faults, "the supervisor itself is spared");
        failed += ledger.faults;
        let ledger = sim.shutdown(Duration::from_secs(1)).expect("it comes down");
        ledger.check().expect("the ledger adds up");
    }
    assert!(failed > 10, "{failed}");
}

/// Ends of a fault, and counts.
struct Mortal(Arc<Counts>);

impl Actor for Mortal {
    type Msg = u32;
    fn handle(&mut self, _: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.handled.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
