//! Futures that need a runtime, on a real one: tokio's.

use crate::watchdog::watch;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Context, Failure, Fault, System};
use tokio::runtime::{Builder, Handle, Runtime};

const SOON: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("threads")
}

/// Tells when it is dropped.
struct Dropped(Sender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

/// Pipes sleeps, and tells what comes of each.
struct Sleeper {
    on: Handle,
    dropped: Sender<()>,
    told: Sender<Result<u32, String>>,
}

enum Msg {
    /// This one, on the runtime.
    Sleep(u32, Duration),
    /// The same, polled by the engine, where tokio has no clock.
    SleepHere(u32, Duration),
    Slept(Result<u32, Failure>),
}

impl Actor for Sleeper {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let sleep = |id, time| {
            let dropped = Dropped(self.dropped.clone());
            async move {
                let _dropped = dropped;
                tokio::time::sleep(time).await;
                id
            }
        };
        match message {
            Msg::Sleep(id, time) => {
                cx.pipe_on(|task| drop(self.on.spawn(task)), sleep(id, time), Msg::Slept);
            }
            Msg::SleepHere(id, time) => cx.pipe(sleep(id, time), Msg::Slept),
            Msg::Slept(slept) => self.told.send(slept.map_err(|failure| failure.to_string()))?,
        }
        Ok(())
    }
}

fn sleeper(runtime: &Runtime) -> (Sleeper, Receiver<()>, Receiver<Result<u32, String>>) {
    let ((dropped, drops), (told, tells)) = (channel(), channel());
    (Sleeper { on: runtime.handle().clone(), dropped, told }, drops, tells)
}

#[test]
fn what_tokio_has_waited_for_comes_once_and_is_work_until_then() {
    let _dog = watch("what_tokio_has_waited_for_comes_once_and_is_work_until_then");
    const MANY: u32 = 500;
    let (system, runtime) = (System::builder().workers(2).build().expect("threads"), runtime());
    let (sleeper, _drops, told) = sleeper(&runtime);
    let sleeper = system.spawn(sleeper);
    let began = Instant::now();
    for id in 0..MANY {
        let time = Duration::from_micros(u64::from(id) * 40);
        sleeper.send_timeout(Msg::Sleep(id, time), SOON).expect("there comes room");
    }
    let ledger = system.quiesce(SOON).expect("every sleep is over");
    ledger.check().expect("it adds up");
    assert!(began.elapsed() >= Duration::from_micros(u64::from(MANY - 1) * 40), "quiescence has waited");
    let mut all: Vec<_> = told.try_iter().map(|slept| slept.expect("no failure")).collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..MANY));
    system.shutdown(SOON).expect("in time");
}

#[test]
fn when_its_actor_ends_tokio_drops_the_future() {
    let _dog = watch("when_its_actor_ends_tokio_drops_the_future");
    let (system, runtime) = (System::builder().workers(1).build().expect("a thread"), runtime());
    let (sleeper, drops, told) = sleeper(&runtime);
    let sleeper = system.spawn(sleeper);
    sleeper.try_send(Msg::Sleep(0, HOUR)).expect("room");
    sleeper.barrier().wait().expect("it is piped");
    assert_eq!(system.quiesce(Duration::ZERO).expect_err("one sleeps").pipes, 1);
    let _ = sleeper.kill();
    drops.recv_timeout(SOON).expect("the runtime is woken, and drops it");
    assert!(told.try_recv().is_err());
    let ledger = system.shutdown(SOON).expect("nothing is left to wait for");
    ledger.check().expect("it adds up");
    assert_eq!(ledger.spawned, ledger.stopped);
}

#[test]
fn a_runtime_that_is_shut_down_is_told_of() {
    let _dog = watch("a_runtime_that_is_shut_down_is_told_of");
    let (system, runtime) = (System::builder().workers(1).build().expect("a thread"), runtime());
    let (sleeper, _drops, told) = sleeper(&runtime);
    let sleeper = system.spawn(sleeper);
    sleeper.try_send(Msg::Sleep(0, HOUR)).expect("room");
    sleeper.barrier().wait().expect("it is piped");
    drop(runtime);
    let why = "the future was dropped before it was done";
    assert_eq!(told.recv_timeout(SOON), Ok(Err(why.into())));
    // One that comes later, too.
    sleeper.try_send(Msg::Sleep(1, Duration::ZERO)).expect("room");
    assert_eq!(told.recv_timeout(SOON), Ok(Err(why.into())));
    assert!(sleeper.is_alive());
    system.shutdown(SOON).expect("in time").check().expect("it adds up");
}

/// Why there is `pipe_on`.
#[test]
fn polled_by_the_engine_it_fails_and_says_why() {
    let runtime = runtime();
    let mut inline = System::builder().inline();
    let (sleeper, _drops, told) = sleeper(&runtime);
    let sleeper = inline.spawn(sleeper);
    sleeper.try_send(Msg::SleepHere(0, Duration::ZERO)).expect("room");
    inline.run_until_idle();
    let words = told.try_recv().expect("it is told").expect_err("no runtime");
    assert!(words.starts_with("panicked: there is no reactor running"), "{words}");
    assert!(sleeper.is_alive());
}
