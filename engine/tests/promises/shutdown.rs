//! R6: coming down under load: drained, aborted, from inside a handler, twice, from several threads at once.

use crate::child;
use crate::executor::block_on;
use crate::payload::{Book, Entry};
use crate::watchdog::watch;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::task::{Context as Poll0, Waker};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, Options, Reason, Reply, System};

/// For any one abort on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(20);
const SOON: Duration = Duration::from_secs(60);

fn system(workers: usize) -> System {
    System::builder().workers(workers).build().expect("a system")
}

/// Counts living states and `stopped` hooks.
#[derive(Clone, Default)]
struct Lives {
    alive: Arc<AtomicU64>,
    hooks: Arc<AtomicU64>,
}

struct Life(Lives);

impl Lives {
    fn one(&self) -> Life {
        self.alive.fetch_add(1, Ordering::SeqCst);
        Life(self.clone())
    }
    fn alive(&self) -> u64 {
        self.alive.load(Ordering::SeqCst)
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Sink(Life);

impl Actor for Sink {
    type Msg = Entry;
    fn handle(&mut self, entry: Entry, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        entry.handled();
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.0.0.hooks.fetch_add(1, Ordering::SeqCst);
    }
}

/// Sends to itself for ever, and an entry to the sink each time.
struct Endless {
    to: Address<Entry>,
    book: Book,
    next: usize,
    _life: Life,
}

impl Actor for Endless {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let _ = cx.send(self.to, self.book.entry(self.next));
        let me = cx.me();
        cx.send(me, ())?;
        Ok(())
    }
}

/// Fifty actors that flood a sink without end.
fn endless(system: &System, lives: &Lives, book: &Book) {
    let options = Options::builder().capacity(8).build().expect("in range");
    let to = system.try_spawn(Sink(lives.one()), &options).expect("memory");
    for next in 0..50 {
        let endless = Endless { to, book: book.clone(), next, _life: lives.one() };
        system.spawn(endless).try_send(()).expect("room");
    }
}

#[test]
fn r06_drain_handles_everything() {
    let _dog = watch("r06_drain_handles_everything");
    let (system, lives) = (system(2), Lives::default());
    let book = Book::new(100_000);
    let sinks: Vec<_> = (0..100).map(|_| system.spawn(Sink(lives.one()))).collect();
    for id in 0..100_000 {
        sinks[id % 100].send_timeout(book.entry(id), SOON).expect("room in time");
    }
    let ledger = system.shutdown(SOON).expect("rest in time");
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.handled, ledger.dead.total(), ledger.stopped), (100_000, 0, 100));
    assert_eq!((lives.alive(), lives.hooks.load(Ordering::SeqCst)), (0, 100));
    assert!((0..100_000).all(|id| book.fate(id) == (1, 1)));
}

/// Senders that go on until they are refused: each waits for its message to be handled before the next, so that the system
/// comes to rest between two.
#[test]
fn r06_drain_beside_senders() {
    let _dog = watch("r06_drain_beside_senders");
    for _ in 0..20 {
        let (system, lives) = (system(2), Lives::default());
        let (book, next) = (Book::new(1_000_000), AtomicU64::new(0));
        let sinks: Vec<_> = (0..10).map(|_| system.spawn(Sink(lives.one()))).collect();
        let sender = || {
            let mut accepted = Vec::new();
            loop {
                let id = next.fetch_add(1, Ordering::Relaxed) as usize;
                match sinks[id % 10].try_send(book.entry(id)) {
                    Ok(()) => accepted.push(id),
                    Err(refused) => {
                        assert!(matches!(refused.reason(), Reason::Closed | Reason::Stale), "{refused}");
                        return accepted;
                    }
                }
                while book.fate(id) != (1, 1) {
                    std::thread::yield_now();
                }
            }
        };
        let accepted: Vec<_> = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..3).map(|_| scope.spawn(sender)).collect();
            while next.load(Ordering::Relaxed) < 300 {
                std::thread::yield_now();
            }
            let ledger = system.shutdown(SOON).expect("rest in time");
            ledger.check().expect("the ledger adds up");
            assert_eq!((ledger.dead.total(), ledger.stopped), (0, 10));
            senders.into_iter().flat_map(|sender| sender.join().expect("no panic")).collect()
        });
        assert!(accepted.len() >= 200, "{}", accepted.len());
        assert_eq!((lives.alive(), lives.hooks.load(Ordering::SeqCst)), (0, 10));
    }
}

#[test]
fn r06_drop_aborts_under_load() {
    let _dog = watch("r06_drop_aborts_under_load");
    let abort = |workers| {
        let (system, lives) = (system(workers), Lives::default());
        let book = Book::new(50);
        endless(&system, &lives, &book);
        while system.activity().muted < 1_000 {
            std::thread::yield_now();
        }
        let began = Instant::now();
        drop(system);
        let took = began.elapsed();
        assert!(took < PATIENCE, "an abort of {took:?}");
        assert_eq!((lives.alive(), lives.hooks.load(Ordering::SeqCst)), (0, 0), "no hook runs in an abort");
        took
    };
    for workers in [1, 2, 4] {
        // However busy the machine is, it does not hold up all of them.
        let mut aborts = Vec::new();
        while aborts.last().is_none_or(|took| *took >= Duration::from_secs(1)) {
            assert!(aborts.len() < 3, "{workers} workers: aborts of {aborts:?}");
            aborts.push(abort(workers));
        }
    }
}

#[test]
fn r06_shutdown_past_its_deadline_reports_and_aborts() {
    let _dog = watch("r06_shutdown_past_its_deadline_reports_and_aborts");
    let (system, lives) = (system(2), Lives::default());
    let book = Book::new(50);
    endless(&system, &lives, &book);
    let busy = system.shutdown(Duration::from_millis(50)).expect_err("it never rests");
    assert!(busy.waited >= Duration::from_millis(50), "{busy}");
    assert!(busy.unhandled > 0 && busy.actors.iter().any(|actor| actor.contains("shutdown::")), "{busy}");
    assert_eq!(lives.alive(), 0);
}

#[test]
fn r06_shutdown_without_a_limit() {
    let _dog = watch("r06_shutdown_without_a_limit");
    let (system, lives) = (system(2), Lives::default());
    system.spawn(Sink(lives.one()));
    assert_eq!(system.shutdown(Duration::MAX).expect("rest").stopped, 1);
    assert_eq!(lives.alive(), 0);
}

#[test]
fn r06_an_abort_ends_actors_that_were_told_to_stop() {
    let _dog = watch("r06_an_abort_ends_actors_that_were_told_to_stop");
    let lives = Lives::default();
    let mut inline = System::builder().inline();
    let sinks: Vec<_> = (0..10).map(|_| inline.spawn(Sink(lives.one()))).collect();
    inline.run_until_idle();
    for (n, sink) in sinks.iter().enumerate() {
        let _ = if n % 2 == 0 { sink.stop_now() } else { sink.stop() };
    }
    drop(inline);
    assert_eq!(lives.alive(), 0);
    assert!(sinks.iter().all(|sink| !sink.is_alive()));
}

enum Own {
    System(Box<System>),
    Drop,
    Shutdown,
    Stop,
}

/// Owns the system it lives in.
struct Owner {
    system: Option<Box<System>>,
    ended: Sender<()>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _ = self.ended.send(());
    }
}

impl Actor for Owner {
    type Msg = Own;
    fn handle(&mut self, message: Own, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Own::System(system) => self.system = Some(system),
            Own::Drop => self.system = None,
            Own::Shutdown => {
                let system = self.system.take().expect("it was sent before");
                let _ = system.shutdown(SOON);
            }
            Own::Stop => cx.stop(),
        }
        Ok(())
    }
}

fn from_inside(last: fn() -> Own) {
    for workers in [1, 2] {
        let (system, lives) = (system(workers), Lives::default());
        let book = Book::new(50);
        endless(&system, &lives, &book);
        let (ended, has_ended) = channel();
        let owner = system.spawn(Owner { system: None, ended });
        owner.try_send(Own::System(Box::new(system))).expect("room");
        // A system that is going down may refuse it.
        let _ = owner.try_send(last());
        has_ended.recv().expect("the owner ends with its system");
        while lives.alive() > 0 {
            std::thread::yield_now();
        }
        while owner.is_alive() {
            std::thread::yield_now();
        }
    }
}

#[test]
fn r06_dropped_from_inside_a_handler() {
    let _dog = watch("r06_dropped_from_inside_a_handler");
    from_inside(|| Own::Drop);
}

#[test]
fn r06_shut_down_from_inside_a_handler() {
    let _dog = watch("r06_shut_down_from_inside_a_handler");
    from_inside(|| Own::Shutdown);
}

#[test]
fn r06_dropped_with_the_state_of_its_own_actor() {
    let _dog = watch("r06_dropped_with_the_state_of_its_own_actor");
    from_inside(|| Own::Stop);
}

#[test]
fn r06_many_threads_wait_and_one_of_them_is_the_last() {
    let _dog = watch("r06_many_threads_wait_and_one_of_them_is_the_last");
    for _ in 0..50 {
        let (system, lives) = (Arc::new(system(2)), Lives::default());
        let sink = system.spawn(Sink(lives.one()));
        let book = Book::new(1_000);
        let start = Arc::new(Barrier::new(5));
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let (system, start, book) = (Arc::clone(&system), Arc::clone(&start), book.clone());
                std::thread::spawn(move || {
                    for id in n * 250..(n + 1) * 250 {
                        sink.send_timeout(book.entry(id), SOON).expect("room in time");
                    }
                    start.wait();
                    let ledger = system.quiesce(SOON).expect("rest");
                    ledger.check().expect("the ledger adds up");
                    // Whoever comes last drops it.
                    Arc::into_inner(system).map(|system| system.shutdown(SOON).expect("rest"))
                })
            })
            .collect();
        drop(system);
        start.wait();
        let ends: Vec<_> = threads.into_iter().filter_map(|t| t.join().expect("no panic")).collect();
        assert_eq!(ends.len(), 1);
        assert_eq!((ends[0].handled, ends[0].stopped, lives.alive()), (1_000, 1, 0));
    }
}

#[test]
fn r06_several_systems_at_once() {
    let _dog = watch("r06_several_systems_at_once");
    let lives = Lives::default();
    let start = Arc::new(Barrier::new(4));
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let (lives, start) = (lives.clone(), Arc::clone(&start));
            std::thread::spawn(move || {
                for _ in 0..10 {
                    let system = system(2);
                    let book = Book::new(50);
                    endless(&system, &lives, &book);
                    start.wait();
                    if n % 2 == 0 {
                        drop(system);
                    } else {
                        let _ = system.shutdown(Duration::from_millis(1));
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    assert_eq!(lives.alive(), 0);
}

#[test]
fn r06_senders_outside_survive_the_abort() {
    let _dog = watch("r06_senders_outside_survive_the_abort");
    for _ in 0..30 {
        let (system, lives) = (system(2), Lives::default());
        let sinks: Vec<_> = (0..50).map(|_| system.spawn(Sink(lives.one()))).collect();
        let (book, over) = (Book::new(1), Arc::new(AtomicBool::new(false)));
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (sinks, book, over) = (sinks.clone(), book.clone(), Arc::clone(&over));
                std::thread::spawn(move || {
                    let mut refused = 0_u64;
                    while !over.load(Ordering::SeqCst) {
                        refused +=
                            sinks.iter().filter(|to| to.try_send(book.entry(0)).is_err()).count() as u64;
                    }
                    refused
                })
            })
            .collect();
        while system.activity().turns < 200 {
            std::thread::yield_now();
        }
        drop(system);
        assert_eq!(lives.alive(), 0);
        assert!(sinks.iter().all(|sink| sink.try_send(book.entry(0)).is_err()));
        over.store(true, Ordering::SeqCst);
        threads.into_iter().for_each(|thread| _ = thread.join().expect("no panic"));
    }
}

#[test]
fn r06_as_a_future() {
    let _dog = watch("r06_as_a_future");
    let (system, lives) = (system(2), Lives::default());
    system.spawn(Sink(lives.one()));
    let ledger = block_on(system.shutdown_async(SOON)).expect("rest");
    assert_eq!((ledger.stopped, lives.alive()), (1, 0));
}

struct Stuck(Sender<()>, Receiver<()>);

impl Actor for Stuck {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        let _ = self.0.send(());
        let _ = self.1.recv();
        Ok(())
    }
}

#[test]
fn r06_shutdown_names_who_is_stuck_and_comes_back() {
    let _dog = watch("r06_shutdown_names_who_is_stuck_and_comes_back");
    let limit = Duration::from_millis(20);
    let aborts = [(); 3].map(|()| {
        let system = system(2);
        let (inside, is_inside) = channel();
        let (go, gate) = channel();
        let stuck = system.spawn(Stuck(inside, gate));
        stuck.try_send(()).expect("room");
        is_inside.recv().expect("it is handled");
        let began = Instant::now();
        let busy = system.shutdown(limit).expect_err("somebody is stuck");
        let took = began.elapsed();
        // On a loaded machine the other worker may not have found rest by then.
        let stuck = busy.workers.iter().filter(|worker| worker.actor.ends_with("Stuck")).count();
        assert!(stuck == 1 && busy.to_string().contains("Stuck"), "{busy}");
        drop(go);
        took - limit
    });
    // A second is how long the handler is waited for; however busy the machine is, it does not hold up all of them for another. Then
    // every slot is looked at that actors of any test have had, which takes a sanitizer its time.
    let most = Duration::from_secs(if cfg!(throng_sanitize) { 20 } else { 2 });
    assert!(aborts.iter().any(|took| *took < most), "aborts of {aborts:?}");
}

#[test]
fn r06_all_threads_are_joined() {
    let _dog = watch("r06_all_threads_are_joined");
    fn workers() -> usize {
        let tasks = std::fs::read_dir("/proc/self/task").expect("the kernel's list of threads");
        tasks
            .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
            .filter(|name| name.starts_with("throng-"))
            .count()
    }
    let output = child::alone("r06_all_threads_are_joined", || {
        for n in 0..20 {
            let (system, lives) = (system(4), Lives::default());
            let book = Book::new(50);
            endless(&system, &lives, &book);
            assert_eq!(workers(), 4);
            if n % 2 == 0 {
                drop(system);
            } else {
                let _ = system.shutdown(Duration::from_millis(5));
            }
            // A joined thread may stay on the kernel's list for a moment.
            while workers() > 0 {
                std::thread::yield_now();
            }
        }
    });
    assert!(output.status.success(), "{}", child::words(&output));
}

/// Keeps what it is asked.
struct Keeper(Option<Reply<()>>);

impl Actor for Keeper {
    type Msg = Reply<()>;
    fn handle(&mut self, reply: Reply<()>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0 = Some(reply);
        Ok(())
    }
}

/// An abort gives up on a handler after a second; when that ends at last, everything ends.
#[test]
fn r06_a_system_that_was_left_behind_is_swept_when_its_handler_ends() {
    let _dog = watch("r06_a_system_that_was_left_behind_is_swept_when_its_handler_ends");
    let (system, lives) = (system(2), Lives::default());
    let (inside, is_inside) = channel();
    let (go, gate) = channel();
    let keeper = system.spawn(Keeper(None));
    let mut ask = pin!(keeper.ask(|reply| reply).deadline(SOON));
    let mut cx = Poll0::from_waker(Waker::noop());
    assert!(ask.as_mut().poll(&mut cx).is_pending());
    system.quiesce(Duration::ZERO).ok();
    system.spawn(Sink(lives.one()));
    let stuck = system.spawn(Stuck(inside, gate));
    stuck.try_send(()).expect("room");
    is_inside.recv().expect("it is handled");
    let began = Instant::now();
    drop(system);
    assert!(began.elapsed() < PATIENCE, "an abort of {:?}", began.elapsed());
    assert_eq!(lives.alive(), 1, "left behind with the handler");
    drop(go);
    while lives.alive() > 0 || ask.as_mut().poll(&mut cx).is_pending() {
        std::thread::yield_now();
    }
}
