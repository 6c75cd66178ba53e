//! Futures into messages: what a future gives comes once, however full the mailbox is, and not to one that has ended.

use super::watchdog::watch;
use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context as Poll0, Poll, Waker};
use std::time::Duration;
use throng::{Actor, Context, Failure, Fault, Options, PipedFuture, System};

const LONG: Duration = Duration::from_secs(30);

/// Gives what it was sent, once it was.
#[derive(Clone, Default)]
struct Later(Arc<Mutex<(Option<u32>, Option<Waker>)>>, Arc<AtomicU32>);

impl Later {
    fn give(&self, value: u32) {
        let waker = {
            let mut later = self.0.lock().expect("no panic inside");
            later.0 = Some(value);
            later.1.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    /// A future that counts its drop.
    fn future(&self) -> impl Future<Output = u32> + Send + use<> {
        struct Dropped(Arc<AtomicU32>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let (later, dropped) = (Arc::clone(&self.0), Dropped(Arc::clone(&self.1)));
        poll_fn(move |cx| {
            let _ = &dropped;
            let mut later = later.lock().expect("no panic inside");
            match later.0 {
                Some(u32::MAX) => {
                    drop(later);
                    panic!("as told")
                }
                Some(value) => Poll::Ready(value),
                None => {
                    later.1 = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
    }

    fn drops(&self) -> u32 {
        self.1.load(Ordering::SeqCst)
    }
}

type Tasks = Arc<Mutex<Vec<PipedFuture>>>;

/// Pipes what it is told to, and tells what comes of it.
struct Piper {
    tell: mpsc::Sender<String>,
    /// In place of a runtime.
    tasks: Tasks,
}

enum Msg {
    Pipe(Later),
    PipeOn(Later),
    Piped(Result<u32, Failure>),
    Nothing,
}

impl Msg {
    fn pipe(later: &Later, on_runtime: bool) -> Msg {
        let later = later.clone();
        if on_runtime { Msg::PipeOn(later) } else { Msg::Pipe(later) }
    }
}

impl Actor for Piper {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Pipe(later) => cx.pipe(later.future(), Msg::Piped),
            Msg::PipeOn(later) => {
                let tasks = Arc::clone(&self.tasks);
                cx.pipe_on(
                    |task| tasks.lock().expect("no panic inside").push(task),
                    later.future(),
                    Msg::Piped,
                );
            }
            Msg::Piped(Ok(n)) => self.tell.send(n.to_string())?,
            Msg::Piped(Err(failure)) => self.tell.send(failure.to_string())?,
            Msg::Nothing => {}
        }
        Ok(())
    }
}

fn piper() -> (Piper, mpsc::Receiver<String>, Tasks) {
    let (tell, told) = mpsc::channel();
    let tasks = Tasks::default();
    (Piper { tell, tasks: Arc::clone(&tasks) }, told, tasks)
}

/// Polls all tasks once; those that are done go.
fn poll_all(tasks: &Tasks) {
    let mut all = std::mem::take(&mut *tasks.lock().expect("no panic inside"));
    all.retain_mut(|task| task.as_mut().poll(&mut Poll0::from_waker(Waker::noop())).is_pending());
    tasks.lock().expect("no panic inside").extend(all);
}

#[test]
fn what_it_gives_comes_once_above_the_bound() {
    for on_runtime in [false, true] {
        let mut inline = System::builder().inline_virtual();
        let (piper, told, tasks) = piper();
        let options = Options::builder().capacity(1).build().expect("in range");
        let to = inline.system().try_spawn(piper, &options).expect("there is room");
        let later = Later::default();
        assert!(to.try_send(Msg::pipe(&later, on_runtime)).is_ok());
        inline.run_until_idle();
        poll_all(&tasks);
        assert!(inline.system().quiesce(Duration::ZERO).is_err_and(|busy| busy.pipes == 1));
        // Full, and held there.
        assert!(to.suspend());
        assert!(to.try_send(Msg::Nothing).is_ok());
        assert!(to.try_send(Msg::Nothing).is_err());
        inline.run_until_idle();
        later.give(5);
        inline.run_until_idle();
        poll_all(&tasks);
        assert_eq!(later.drops(), 1);
        assert!(told.try_recv().is_err());
        assert!(to.resume());
        inline.run_until_idle();
        assert_eq!(told.try_iter().collect::<Vec<_>>(), ["5"]);
        let ledger = inline.system().quiesce(Duration::ZERO).expect("at rest");
        ledger.check().expect("it adds up");
        assert_eq!(ledger.spawned - ledger.stopped, 1, "the piper alone is left");
    }
}

#[test]
fn one_that_is_ready_at_once() {
    let mut inline = System::builder().inline();
    let (piper, told, _) = piper();
    let to = inline.spawn(piper);
    let later = Later::default();
    later.give(3);
    assert!(to.try_send(Msg::Pipe(later)).is_ok());
    inline.run_until_idle();
    assert_eq!(told.try_iter().collect::<Vec<_>>(), ["3"]);
}

#[test]
fn a_panic_comes_as_a_failure() {
    for on_runtime in [false, true] {
        let mut inline = System::builder().inline();
        let (piper, told, tasks) = piper();
        let to = inline.spawn(piper);
        let later = Later::default();
        assert!(to.try_send(Msg::pipe(&later, on_runtime)).is_ok());
        inline.run_until_idle();
        later.give(u32::MAX);
        inline.run_until_idle();
        poll_all(&tasks);
        inline.run_until_idle();
        assert_eq!(told.try_iter().collect::<Vec<_>>(), ["panicked: as told"]);
        assert_eq!(later.drops(), 1);
        assert!(to.is_alive());
        inline.system().quiesce(Duration::ZERO).expect("at rest").check().expect("it adds up");
    }
}

#[test]
fn when_its_actor_ends_it_is_dropped() {
    for on_runtime in [false, true] {
        for kills in [false, true] {
            let mut inline = System::builder().inline();
            let (piper, told, tasks) = piper();
            let to = inline.spawn(piper);
            let later = Later::default();
            assert!(to.try_send(Msg::pipe(&later, on_runtime)).is_ok());
            inline.run_until_idle();
            poll_all(&tasks);
            let _ = if kills { to.kill() } else { to.stop() };
            inline.run_until_idle();
            poll_all(&tasks);
            assert_eq!(later.drops(), 1);
            assert!(tasks.lock().expect("no panic inside").is_empty());
            later.give(1);
            inline.run_until_idle();
            assert!(told.try_recv().is_err());
            let ledger = inline.system().quiesce(Duration::ZERO).expect("at rest");
            assert_eq!(ledger.spawned, ledger.stopped);
            ledger.check().expect("it adds up");
        }
    }
}

#[test]
fn a_runtime_that_drops_it_is_told_of() {
    let mut inline = System::builder().inline();
    let (piper, told, tasks) = piper();
    let to = inline.spawn(piper);
    let later = Later::default();
    assert!(to.try_send(Msg::PipeOn(later.clone())).is_ok());
    inline.run_until_idle();
    tasks.lock().expect("no panic inside").clear();
    inline.run_until_idle();
    assert_eq!(told.try_iter().collect::<Vec<_>>(), ["the future was dropped before it was done"]);
    assert_eq!(later.drops(), 1);
    inline.system().quiesce(Duration::ZERO).expect("at rest").check().expect("it adds up");
}

#[test]
fn one_that_outlives_its_system() {
    let (piper, told, tasks) = piper();
    let (later, other) = (Later::default(), Later::default());
    let mut inline = System::builder().inline();
    let to = inline.spawn(piper);
    assert!(to.try_send(Msg::PipeOn(later.clone())).is_ok());
    assert!(to.try_send(Msg::Pipe(other.clone())).is_ok());
    inline.run_until_idle();
    poll_all(&tasks);
    drop(inline);
    assert_eq!((later.drops(), other.drops()), (0, 1));
    later.give(1);
    other.give(1);
    poll_all(&tasks);
    assert_eq!((later.drops(), other.drops()), (1, 1));
    assert!(told.try_recv().is_err());
}

/// Many, woken from threads outside, on workers.
#[test]
fn many_from_many_threads() {
    const MANY: u32 = 1_000;
    let _watchdog = watch("many_from_many_threads");
    let system = System::builder().workers(2).build().expect("a system");
    let (piper, told, _) = piper();
    let to = system.spawn(piper);
    let laters: Vec<_> = (0..MANY).map(|_| Later::default()).collect();
    let givers: Vec<_> = (0..2)
        .map(|half| {
            let laters = laters.clone();
            std::thread::spawn(move || {
                for (n, later) in laters.iter().enumerate().filter(|(n, _)| n % 2 == half) {
                    assert!(to.send_timeout(Msg::Pipe(later.clone()), LONG).is_ok());
                    later.give(n as u32);
                }
            })
        })
        .collect();
    for giver in givers {
        giver.join().expect("all are given");
    }
    system.quiesce(LONG).expect("at rest");
    let mut got: Vec<u32> = told.try_iter().map(|word| word.parse().expect("a number")).collect();
    got.sort_unstable();
    assert_eq!(got, (0..MANY).collect::<Vec<_>>());
    assert!(laters.iter().all(|later| later.drops() == 1));
    system.shutdown(LONG).expect("down").check().expect("it adds up");
}
