//! Blocking offload: no worker is held, the outcome comes once, and what becomes of work whose actor or system ends.

use crate::child::{alone, words};
use crate::gate::{Gate, gate};
use crate::watchdog::watch;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::{Duration, Instant};
use throng::{
    Actor, Address, BlockingError, BuildError, Context, Fault, Options, OptionsBuilder, Overflow, Pin, System,
};

const SOON: Duration = Duration::from_secs(60);

type Work = Box<dyn FnOnce() -> u64 + Send>;
type Outcome = Result<u64, BlockingError>;

/// Has work done, and says what comes of it.
struct Office(Sender<Outcome>);

enum Msg {
    Do(Work),
    Done(Outcome),
    Ping(Sender<ThreadId>),
    Fail,
}

impl Actor for Office {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Do(work) => cx.blocking(work, Msg::Done),
            Msg::Done(outcome) => drop(self.0.send(outcome)),
            Msg::Ping(answer) => answer.send(std::thread::current().id())?,
            Msg::Fail => return Err(Fault::msg("told to")),
        }
        Ok(())
    }
}

fn system(workers: usize, threads: usize) -> System {
    System::builder().workers(workers).blocking_threads(threads).build().expect("a system")
}

fn work(work: impl FnOnce() -> u64 + Send + 'static) -> Msg {
    Msg::Do(Box::new(work))
}

/// Work that stands at a gate.
fn at(gate: Gate) -> Msg {
    work(move || {
        gate.pass();
        7
    })
}

fn worker_of(office: Address<Msg>) -> ThreadId {
    let (answer, answers) = channel();
    office.try_send(Msg::Ping(answer)).expect("a place");
    answers.recv_timeout(SOON).expect("an answer")
}

/// Counts how often it is dropped.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_worker_is_not_held_while_work_blocks() {
    let _dog = watch("a_worker_is_not_held_while_work_blocks");
    let system = system(1, 4);
    let (outcomes, outcome) = channel();
    let office = system.spawn(Office(outcomes));
    let (gate, key) = gate();
    office.try_send(at(gate)).expect("a place");
    key.wait();
    // The one worker runs this actor and others all the while.
    let (_, other_outcome) = channel::<Outcome>();
    let other = system.spawn(Office(channel().0));
    for _ in 0..100 {
        assert_eq!(worker_of(office), worker_of(other));
    }
    drop(other_outcome);
    let busy = system.quiesce(Duration::from_millis(20)).expect_err("the work is not done");
    assert_eq!((busy.blocking, busy.unhandled), (1, 0), "{busy}");
    assert!(outcome.try_recv().is_err());
    key.open();
    assert_eq!(outcome.recv_timeout(SOON).expect("an outcome").expect("a result"), 7);
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.handled, ledger.faults), (202, 0));
}

#[test]
fn work_runs_on_no_worker_and_its_thread_has_a_name() {
    let _dog = watch("work_runs_on_no_worker_and_its_thread_has_a_name");
    let system = system(1, 4);
    let office = system.spawn(Office(channel().0));
    let worker = worker_of(office);
    let (seen, see) = channel();
    office
        .try_send(work(move || {
            let here = std::thread::current();
            seen.send((here.id(), here.name().map(str::to_owned))).map_or(0, |()| 1)
        }))
        .expect("a place");
    let (id, name) = see.recv_timeout(SOON).expect("it runs");
    assert_ne!(id, worker);
    assert_eq!(name.as_deref(), Some("throng-blocking"));
}

#[test]
fn a_panic_comes_as_a_fault_and_harms_nobody() {
    let _dog = watch("a_panic_comes_as_a_fault_and_harms_nobody");
    let system = system(1, 1);
    let (outcomes, outcome) = channel();
    let office = system.spawn(Office(outcomes));
    office.try_send(work(|| panic!("no such file"))).expect("a place");
    let error = outcome.recv_timeout(SOON).expect("an outcome").expect_err("it panicked");
    assert_eq!(error.to_string(), "blocking work panicked: no such file");
    assert!(matches!(error, BlockingError::Panicked(fault) if fault.is_panic()));
    // The one thread and the actor go on.
    office.try_send(work(|| 8)).expect("a place");
    assert_eq!(outcome.recv_timeout(SOON).expect("an outcome").expect("a result"), 8);
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.handled, ledger.faults, ledger.dead.total()), (4, 0, 0));
}

/// Keeps what it is given.
struct Keeper(Vec<Result<Dropped, BlockingError>>);

enum Keep {
    Do(Arc<AtomicUsize>, Gate),
    Kept(Result<Dropped, BlockingError>),
}

impl Actor for Keeper {
    type Msg = Keep;
    fn handle(&mut self, message: Keep, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Keep::Do(drops, gate) => cx.blocking(
                move || {
                    gate.pass();
                    Dropped(drops)
                },
                Keep::Kept,
            ),
            Keep::Kept(outcome) => self.0.push(outcome),
        }
        Ok(())
    }
}

#[test]
fn a_result_whose_actor_has_ended_is_dropped_and_counted_dead() {
    let _dog = watch("a_result_whose_actor_has_ended_is_dropped_and_counted_dead");
    for slot_used_again in [false, true] {
        let system = system(1, 2);
        let drops = Arc::new(AtomicUsize::new(0));
        let keeper = system.spawn(Keeper(Vec::new()));
        let (gate, key) = gate();
        keeper.try_send(Keep::Do(Arc::clone(&drops), gate)).expect("a place");
        key.wait();
        let _told = keeper.kill();
        while keeper.is_alive() {
            std::thread::yield_now();
        }
        if slot_used_again {
            for _ in 0..1_000 {
                system.spawn(Keeper(Vec::new()));
            }
        }
        key.open();
        let ledger = system.quiesce(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        assert_eq!(drops.load(Ordering::SeqCst), 1, "at rest the result is gone");
        assert_eq!((ledger.dead.closed, ledger.dead.total(), ledger.refused.total()), (1, 1, 0));
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    }
}

#[test]
fn a_result_for_an_actor_that_stops_is_dead_too() {
    let _dog = watch("a_result_for_an_actor_that_stops_is_dead_too");
    // Told while the actor lives, and left when it fails before its turn has come.
    let mut inline = System::builder().inline();
    let (outcomes, outcome) = channel();
    let office = inline.spawn(Office(outcomes));
    office.try_send(work(|| 1)).expect("a place");
    office.try_send(Msg::Fail).expect("a place");
    inline.run_until_idle();
    let ledger = inline.system().ledger();
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.handled, ledger.dead.closed, ledger.faults), (2, 1, 1));
    assert!(outcome.try_recv().is_err());
}

#[test]
fn an_inline_system_runs_work_when_nothing_else_is_runnable() {
    let mut inline = System::builder().inline();
    let (outcomes, outcome) = channel();
    let office = inline.spawn(Office(outcomes));
    let here = std::thread::current().id();
    for n in 0..3 {
        office
            .try_send(work(move || n + u64::from(std::thread::current().id() == here) * 10))
            .expect("a place");
    }
    inline.run_until_idle();
    let all: Vec<_> = outcome.try_iter().map(|outcome| outcome.expect("a result")).collect();
    assert_eq!(all, [10, 11, 12], "in order, on the calling thread");
    let ledger = inline.system().quiesce(SOON).expect("rest");
    assert_eq!((ledger.handled, ledger.queued), (6, 0));
}

#[test]
fn a_thousand_pieces_with_four_threads() {
    let _dog = watch("a_thousand_pieces_with_four_threads");
    let system = system(2, 4);
    let (outcomes, outcome) = channel();
    // Smaller than what comes back: outcomes are not refused.
    let small = Options::builder().capacity(8).build().expect("in range");
    let offices: Vec<_> =
        (0..10).map(|_| system.try_spawn(Office(outcomes.clone()), &small).expect("memory")).collect();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let threads = Arc::new(Mutex::new(HashSet::new()));
    for n in 0..1_000_u64 {
        let (now, most, threads) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&threads));
        let piece = work(move || {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            threads.lock().expect("nobody panics").insert(std::thread::current().id());
            std::thread::yield_now();
            now.fetch_sub(1, Ordering::SeqCst);
            n
        });
        offices[n as usize % 10].send_timeout(piece, SOON).expect("a place");
    }
    system.quiesce(SOON).expect("rest").check().expect("the ledger adds up");
    let mut all: Vec<_> = outcome.try_iter().map(|outcome| outcome.expect("a result")).collect();
    all.sort_unstable();
    assert_eq!(all, (0..1_000).collect::<Vec<_>>(), "each once, and all of them at rest");
    assert!((1..=4).contains(&most.load(Ordering::SeqCst)), "{most:?} at once");
    assert!(threads.lock().expect("nobody panics").len() <= 4);
    let ledger = system.shutdown(SOON).expect("rest");
    assert_eq!((ledger.handled, ledger.dead.total()), (2_000, 0));
}

#[test]
fn an_outcome_comes_into_a_full_mailbox() {
    let _dog = watch("an_outcome_comes_into_a_full_mailbox");
    let system = system(1, 1);
    let (outcomes, outcome) = channel();
    let options: OptionsBuilder = Options::builder().capacity(1).max_asks(0).hard(1).overflow(Overflow::Fail);
    let office = system.try_spawn(Office(outcomes), &options.build().expect("in range")).expect("memory");
    let (gate, key) = gate();
    office.try_send(at(gate)).expect("a place");
    key.wait();
    assert!(office.suspend());
    let (answer, answers) = channel();
    // What began the work has its place until its turn is over.
    while office.try_send(Msg::Ping(answer.clone())).is_err() {
        std::thread::yield_now();
    }
    assert!(office.try_send(Msg::Ping(answer.clone())).is_err(), "it is full");
    key.open();
    // Told while nothing is handled.
    while system.quiesce(Duration::from_millis(1)).is_err_and(|busy| busy.blocking > 0) {}
    assert!(office.resume());
    assert_eq!(outcome.recv_timeout(SOON).expect("an outcome").expect("a result"), 7);
    assert_eq!(answers.try_iter().count(), 1, "what was in the mailbox came first");
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

#[test]
fn a_shutdown_waits_for_work_and_an_abort_drops_what_has_not_begun() {
    let _dog = watch("a_shutdown_waits_for_work_and_an_abort_drops_what_has_not_begun");
    // The work sends to its actor's system while that shuts down.
    let fine = system(1, 1);
    let (outcomes, outcome) = channel();
    let office = fine.spawn(Office(outcomes));
    let (first, key) = gate();
    office.try_send(at(first)).expect("a place");
    key.wait();
    let opener = std::thread::spawn(move || {
        std::thread::yield_now();
        key.open();
    });
    let ledger = fine.shutdown(SOON).expect("within the deadline");
    opener.join().expect("no panic");
    assert_eq!((ledger.handled, ledger.dead.total()), (2, 0));
    assert_eq!(outcome.try_recv().expect("an outcome").expect("a result"), 7);

    let cut = system(1, 1);
    let drops = Arc::new(AtomicUsize::new(0));
    let keeper = cut.spawn(Keeper(Vec::new()));
    let (first, key) = gate();
    keeper.try_send(Keep::Do(Arc::clone(&drops), first)).expect("a place");
    key.wait();
    let waiting = Dropped(Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&waiting.0);
    let office = cut.spawn(Office(channel().0));
    office
        .try_send(work(move || {
            drop(waiting);
            0
        }))
        .expect("a place");
    worker_of(office);
    let started = Instant::now();
    // The one thread stands at its gate: the rest is dropped, and the thread is left after a second.
    cut.abort().check().expect("the ledger adds up");
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(900) && took < Duration::from_secs(10), "{took:?}");
    assert_eq!(seen.load(Ordering::SeqCst), 1, "what had not begun is dropped");
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    key.open();
    while drops.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
}

#[test]
fn a_system_may_be_dropped_by_its_own_work() {
    let _dog = watch("a_system_may_be_dropped_by_its_own_work");
    let system = system(1, 2);
    let office = system.spawn(Office(channel().0));
    let (done, over) = channel();
    let started = Instant::now();
    office
        .try_send(work(move || {
            // It cannot wait for itself.
            let refused =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| system.quiesce(SOON).is_ok()));
            drop(system);
            done.send(refused.is_err()).map_or(0, |()| 1)
        }))
        .expect("a place");
    assert!(over.recv_timeout(SOON).expect("it is dropped"));
    assert!(started.elapsed() < Duration::from_millis(900), "nobody waited for himself");
    while office.is_alive() {
        std::thread::yield_now();
    }
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "dropped");
    }
}

#[test]
fn destructors_that_panic_harm_nobody() {
    let _dog = watch("destructors_that_panic_harm_nobody");
    /// Ends before its work does, with what panics on either side.
    struct Hasty;
    impl Actor for Hasty {
        type Msg = Gate;
        fn handle(&mut self, gate: Gate, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            let (bomb, spare) = (Bomb, cx.me());
            let then = move |outcome: Result<Bomb, BlockingError>| {
                std::mem::forget((bomb, outcome));
                unreachable!("{spare} has ended")
            };
            let work = move || {
                gate.pass();
                Bomb
            };
            cx.blocking(work, then);
            cx.stop_now();
            Ok(())
        }
    }
    let system = system(1, 1);
    for n in 1..=3 {
        let hasty = system.spawn(Hasty);
        let (gate, key) = gate();
        hasty.try_send(gate).expect("a place");
        key.wait();
        while hasty.is_alive() {
            std::thread::yield_now();
        }
        key.open();
        let ledger = system.quiesce(SOON).expect("rest");
        assert_eq!((ledger.faults, ledger.dead.closed), (n, n));
    }
    let (outcomes, outcome) = channel();
    system.spawn(Office(outcomes)).try_send(work(|| 8)).expect("a place");
    assert_eq!(outcome.recv_timeout(SOON).expect("an outcome").expect("a result"), 8);
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

#[test]
fn absurd_numbers_of_threads_are_refused() {
    for given in [0, 65_537, usize::MAX] {
        let error = System::builder().workers(1).blocking_threads(given).build().expect_err("out of range");
        assert!(matches!(error, BuildError::BlockingThreads { given: g, most: 65_536 } if g == given));
        assert!(error.to_string().contains(&format!("blocking_threads = {given}")), "{error}");
    }
}

#[cfg(target_os = "linux")]
fn processors() -> Vec<usize> {
    core_affinity::get_core_ids().expect("a mask").iter().map(|core| core.id).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn threads_for_work_are_not_pinned() {
    let _dog = watch("threads_for_work_are_not_pinned");
    let output = alone("blocking::threads_for_work_are_not_pinned", || {
        let all = processors();
        let system = System::builder().workers(1).pin(Pin::Compact).build().expect("a system");
        assert!(system.pinned());
        let (seen, see) = channel();
        let office = system.spawn(Office(channel().0));
        office.try_send(work(move || seen.send(processors()).map_or(0, |()| 1))).expect("a place");
        assert_eq!(see.recv_timeout(SOON).expect("it runs"), all);
        println!("not pinned");
    });
    assert!(words(&output).contains("not pinned"), "{}", words(&output));
}

#[cfg(target_os = "linux")]
#[test]
#[cfg_attr(throng_sanitize, ignore = "a sanitizer wants more addresses than are left, and ends the process")]
fn where_no_thread_can_be_had_the_outcome_says_so() {
    let _dog = watch("where_no_thread_can_be_had_the_outcome_says_so");
    let output = alone("blocking::where_no_thread_can_be_had_the_outcome_says_so", || {
        let system = System::builder().workers(1).blocking_threads(1).build().expect("a system");
        let (outcomes, outcome) = channel();
        let office = system.spawn(Office(outcomes));
        worker_of(office);
        // No address range for another stack.
        let limit = libc::rlimit { rlim_cur: 0, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: a limit of this process, which does nothing else.
        let set = unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) };
        assert_eq!(set, 0);
        office.try_send(work(|| 1)).expect("a place");
        let error = outcome.recv_timeout(SOON).expect("an outcome").expect_err("no thread");
        let rest = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: as above.
        unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const rest) };
        assert!(matches!(error, BlockingError::NoThread(_)), "{error}");
        println!("{error}");
        office.try_send(work(|| 2)).expect("a place");
        assert_eq!(outcome.recv_timeout(SOON).expect("an outcome").expect("a result"), 2);
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    });
    assert!(words(&output).contains("no thread for blocking work"), "{}", words(&output));
}
