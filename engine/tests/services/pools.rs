//! Elastic pools: when they grow and shrink, to the nanosecond; that nothing is lost then; and what a failing worker does.

use crate::seed;
use crate::watchdog::watch;
use crate::worker::{Job, Notes, Worker, noted};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Inline, Options, Overflow, Pool, Stopping, System};

const IDLE: Duration = Duration::from_secs(10);
const NANO: Duration = Duration::from_nanos(1);

/// A worker that the test can reach.
struct Known(Worker, Arc<Mutex<Vec<Address<Job>>>>, Arc<AtomicU32>);

impl Actor for Known {
    type Msg = Job;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.1.lock().expect("no panic").push(cx.me());
        Ok(())
    }
    fn handle(&mut self, job: Job, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match job {
            Job::Note(n) => self.0.1.lock().expect("no panic").push((self.0.0, n)),
            Job::Fail => return Err(Fault::msg("as told")),
            Job::Stop => cx.stop(),
            Job::Pass(..) | Job::Uncloned(_) => {}
        }
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.2.fetch_add(1, Ordering::Relaxed);
    }
}

/// A pool, whom its workers note what they are given with, and the workers that have started.
struct Kit {
    inline: Inline,
    pool: Address<Job>,
    notes: Notes,
    started: Arc<Mutex<Vec<Address<Job>>>>,
    /// Whose last hook has run.
    stopped: Arc<AtomicU32>,
}

impl Kit {
    fn new(min: u32, max: u32, change: impl FnOnce(Pool<Known>) -> Pool<Known>) -> Self {
        let inline = System::builder().inline_virtual();
        let (notes, started, stopped) = (Notes::default(), Arc::default(), Arc::default());
        let (to, list, ends) = (Arc::clone(&notes), Arc::clone(&started), Arc::clone(&stopped));
        let mut number = 0;
        let make = move || {
            number += 1;
            Known(Worker(number, Arc::clone(&to)), Arc::clone(&list), Arc::clone(&ends))
        };
        let pool = inline.spawn(change(Pool::new(min, max, IDLE, make).expect("in range")));
        let mut kit = Self { inline, pool, notes, started, stopped };
        kit.inline.run_until_idle();
        kit
    }

    fn send(&mut self, jobs: impl IntoIterator<Item = Job>) {
        jobs.into_iter().for_each(|job| self.pool.try_send(job).expect("room"));
        self.inline.run_until_idle();
    }

    fn workers(&self) -> Vec<Address<Job>> {
        let all = self.started.lock().expect("no panic").clone();
        all.into_iter().filter(|one| one.is_alive()).collect()
    }

    fn check(&self) {
        self.inline.system().ledger().check().expect("it adds up");
    }
}

fn notes(from: u64, to: u64) -> impl Iterator<Item = Job> {
    (from..to).map(Job::Note)
}

#[test]
fn it_grows_when_all_have_work_and_shrinks_when_some_have_had_none() {
    let mut kit = Kit::new(1, 4, |pool| pool);
    assert_eq!(kit.workers().len(), 1);
    // One at a time is no load.
    for n in 0..10 {
        kit.send(notes(n, n + 1));
    }
    assert_eq!((kit.workers().len(), noted(&kit.notes).len()), (1, 10));
    // Three that wait together want three workers, and ten no more than the most.
    kit.send(notes(10, 13));
    assert_eq!(kit.workers().len(), 3);
    kit.inline.advance(Duration::from_secs(4));
    kit.send(notes(13, 23));
    assert_eq!(kit.workers().len(), 4);
    let busy: Vec<_> = noted(&kit.notes).into_iter().filter(|(_, n)| *n >= 13).map(|(who, _)| who).collect();
    assert_eq!([1, 2, 3, 4].map(|who| busy.iter().filter(|of| **of == who).count()), [3, 3, 2, 2]);
    // The first has some work again: the other three have had none since.
    kit.inline.advance(Duration::from_secs(5));
    let first = kit.workers()[0];
    kit.send(notes(23, 24));
    kit.inline.advance(Duration::from_secs(5) - NANO);
    assert_eq!(kit.workers().len(), 4);
    kit.inline.advance(NANO);
    assert_eq!(kit.workers(), [first]);
    assert_eq!(kit.stopped.load(Ordering::Relaxed), 3, "they stop in good order");
    // The least stay, for as long as it takes.
    kit.inline.advance(100 * IDLE);
    assert_eq!((kit.workers().len(), noted(&kit.notes).len()), (1, 24));
    kit.check();
}

#[test]
fn the_times_of_each_are_its_own() {
    let mut kit = Kit::new(0, 3, |pool| pool);
    assert_eq!(kit.workers().len(), 0);
    kit.send(notes(0, 3));
    assert_eq!(kit.workers().len(), 3);
    kit.inline.advance(Duration::from_secs(2));
    kit.send(notes(3, 5));
    kit.inline.advance(Duration::from_secs(3));
    kit.send(notes(5, 6));
    // The third since 0, the second since 2, the first since 5.
    for (at, left) in [(10, 2), (12, 1), (15, 0)] {
        let now = kit.inline.now();
        kit.inline.advance(Duration::from_secs(at) - now - NANO);
        assert_eq!(kit.workers().len(), left + 1, "before {at}");
        kit.inline.advance(NANO);
        assert_eq!(kit.workers().len(), left, "at {at}");
    }
    // And again from nothing.
    kit.send(notes(6, 7));
    assert_eq!((kit.workers().len(), noted(&kit.notes).len()), (1, 7));
    kit.check();
}

#[test]
fn a_backlog_says_when_it_grows() {
    let mut kit = Kit::new(1, 8, |pool| pool.backlog(5).expect("in range"));
    for (jobs, workers) in [(5, 1), (6, 2), (10, 2), (11, 3)] {
        kit.inline.advance(2 * IDLE);
        kit.send(notes(0, jobs));
        assert_eq!(kit.workers().len(), workers, "{jobs} jobs");
    }
}

#[test]
fn who_still_has_work_does_not_go_and_loses_nothing() {
    let mut kit = Kit::new(1, 2, |pool| pool);
    kit.send(notes(0, 2));
    let slow = kit.workers()[1];
    assert!(slow.suspend());
    kit.send(notes(2, 6));
    kit.inline.advance(3 * IDLE);
    assert_eq!(kit.workers(), [slow], "the one without work goes, also if it is the older");
    let before = noted(&kit.notes).len();
    assert!(slow.resume());
    kit.inline.run_until_idle();
    assert!(before < 6 && noted(&kit.notes).len() == 6);
    kit.inline.advance(2 * IDLE);
    assert_eq!(kit.workers().len(), 1);
    kit.check();
}

#[test]
fn who_fails_or_goes_is_replaced() {
    for job in [Job::Fail, Job::Stop] {
        let mut kit = Kit::new(2, 4, |pool| pool);
        let before = kit.workers();
        kit.send([job]);
        let after = kit.workers();
        assert_eq!((after.len(), after[0]), (2, before[1]));
        kit.send(notes(0, 10));
        assert_eq!((noted(&kit.notes).len(), kit.workers().len()), (10, 4));
        assert!(kit.pool.is_alive());
        kit.check();
    }
}

#[test]
fn who_is_stopping_is_passed_over() {
    let mut kit = Kit::new(1, 2, |pool| pool);
    let only = kit.workers()[0];
    // The pool has its turn first, and finds the worker stopping.
    notes(0, 4).for_each(|job| kit.pool.try_send(job).expect("room"));
    assert_eq!(only.stop(), Stopping::Told);
    kit.inline.run_until_idle();
    assert!(!only.is_alive());
    assert_eq!(noted(&kit.notes).len(), 4);
    kit.check();
}

#[test]
fn workers_that_always_fail_end_the_pool_and_failures_now_and_then_do_not() {
    struct Broken;
    impl Actor for Broken {
        type Msg = ();
        fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Err(Fault::msg("as told"))
        }
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Ok(())
        }
    }
    let mut inline = System::builder().inline_virtual();
    let pool = inline.spawn(Pool::new(1, 2, IDLE, || Broken).expect("in range"));
    inline.run_until_idle();
    assert!(!pool.is_alive());
    let ledger = inline.system().ledger();
    // The pool and 33 workers: the last fault is the pool's own.
    assert_eq!((ledger.spawned, ledger.stopped, ledger.faults), (34, 34, 34));
    let mut kit = Kit::new(1, 2, |pool| pool);
    for _ in 0..200 {
        kit.send([Job::Fail]);
        kit.inline.advance(Duration::from_millis(40));
    }
    assert!(kit.pool.is_alive());
}

#[test]
fn a_maker_that_panics_leaves_the_work_to_the_others() {
    let mut inline = System::builder().inline_virtual();
    let notes = Notes::default();
    let (to, mut made) = (Arc::clone(&notes), 0);
    let make = move || {
        made += 1;
        assert_eq!(made, 1, "as told");
        Worker(0, Arc::clone(&to))
    };
    let pool = inline.spawn(Pool::new(1, 4, IDLE, make).expect("in range"));
    (0..10_u64).for_each(|n| pool.try_send(n).expect("room"));
    inline.run_until_idle();
    assert_eq!((noted(&notes).len(), pool.is_alive()), (10, true));
    // With nobody left it fails.
    pool.try_send(Job::Stop).expect("room");
    inline.run_until_idle();
    assert!(!pool.is_alive());
    inline.system().ledger().check().expect("it adds up");
}

#[test]
fn a_pool_that_ends_takes_its_workers_along_when_they_have_done_their_work() {
    type End = fn(Address<Job>) -> Stopping;
    for end in [Address::stop as End, Address::kill] {
        let mut kit = Kit::new(3, 3, |pool| pool);
        kit.send(notes(0, 3));
        let all = kit.workers();
        all.iter().for_each(|one| assert!(one.suspend()));
        kit.send(notes(3, 9));
        assert_eq!(end(kit.pool), Stopping::Told);
        kit.inline.run_until_idle();
        assert_eq!((kit.workers().len(), noted(&kit.notes).len()), (0, 9));
        let ledger = kit.inline.system().ledger();
        assert_eq!(ledger.spawned, ledger.stopped);
        kit.check();
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let new = |min, max| Pool::new(min, max, IDLE, || Worker(0, Notes::default()));
    let words = new(3, 2).expect_err("max below min").to_string();
    assert!(words.starts_with("max = 2 is out of range: give 3 to"), "{words}");
    assert!(new(0, 0).is_err());
    assert!(new(1, 1).expect("in range").backlog(0).is_err());
    let fails = Options::builder().overflow(Overflow::Fail).build().expect("in range");
    assert!(new(1, 1).expect("in range").members(fails).is_err());
}

/// Full workers suspend the pool, and the pool whoever sends to it.
#[test]
fn back_pressure_travels_through_it() {
    struct Source(Address<Job>, u64);
    impl Actor for Source {
        type Msg = ();
        fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            self.1 += 1;
            cx.send(self.0, Job::Note(self.1))?;
            Ok(())
        }
    }
    let mut inline = System::builder().inline_virtual();
    let (notes, narrow) = (Notes::default(), Options::builder().capacity(2).build().expect("in range"));
    let to = Arc::clone(&notes);
    let pool = Pool::new(1, 2, IDLE, move || Worker(0, Arc::clone(&to))).expect("in range");
    let pool = pool.members(narrow).expect("they mute");
    let pool = inline.system().try_spawn(pool, &narrow).expect("memory");
    let source = inline.spawn(Source(pool, 0));
    (0..200).for_each(|_| source.try_send(()).expect("room"));
    inline.run_until_idle();
    assert_eq!(noted(&notes).len(), 200);
    let ledger = inline.system().ledger();
    ledger.check().expect("it adds up");
    assert_eq!((ledger.refused.full, ledger.faults), (0, 0));
    let held_up: Vec<_> = inline.system().stall_times().iter().map(|times| times.actor()).collect();
    assert!(held_up.iter().any(|actor| actor.contains("Source")), "{held_up:?}");
    assert!(held_up.iter().any(|actor| actor.contains("Pool")), "{held_up:?}");
}

/// Workers come, go and stop by themselves under bursts on real threads: everything that was sent is handled once.
#[test]
fn growing_and_shrinking_under_bursts_loses_nothing() {
    let _watchdog = watch("growing_and_shrinking_under_bursts_loses_nothing");
    let system = System::builder().workers(3).build().expect("workers");
    let (notes, made) = (Notes::default(), Arc::new(AtomicU32::new(0)));
    let (to, hires) = (Arc::clone(&notes), Arc::clone(&made));
    let make = move || {
        hires.fetch_add(1, Ordering::Relaxed);
        Worker(0, Arc::clone(&to))
    };
    let pool = system.spawn(Pool::new(0, 8, Duration::from_millis(1), make).expect("in range"));
    let mut random = seed::random();
    let (mut sent, mut stops) = (0_u64, 0);
    for _ in 0..300 {
        for _ in 0..random.below(60) {
            pool.send_timeout(Job::Note(sent), Duration::from_secs(60)).expect("there comes room");
            sent += 1;
        }
        if random.below(10) == 0 {
            pool.send_timeout(Job::Stop, Duration::from_secs(60)).expect("there comes room");
            stops += 1;
        }
        if random.below(5) == 0 {
            // Until those that are idle have gone, or nearly: the pool and its clock stay.
            let few = 2 + random.below(4);
            loop {
                let ledger = system.ledger();
                if ledger.spawned.saturating_sub(ledger.stopped) <= few {
                    break;
                }
                std::thread::yield_now();
            }
        }
    }
    let ledger = system.shutdown(Duration::from_secs(60)).expect("down");
    ledger.check().expect("it adds up");
    let mut numbers: Vec<_> = noted(&notes).into_iter().map(|(_, n)| n).collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(0..sent), "{} of {sent} were handled, {stops} stops", numbers.len());
    assert!(made.load(Ordering::Relaxed) > 8, "it never shrank");
}
