//! R17, R22 and what parallelism is promised: threads that cannot be had, sleeping and waking, and work that spreads.

use crate::child;
use crate::pong::Pong;
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Address, BuildError, Context, Fault, System};

const SOON: Duration = Duration::from_secs(60);

/// There is range for a few stacks and not for all: what was started goes home.
#[test]
#[cfg(target_os = "linux")]
#[cfg_attr(throng_sanitize, ignore = "a sanitizer wants more addresses than are left, and ends the process")]
fn r17_threads_that_the_system_does_not_give_are_an_error_before_the_start() {
    let _dog = watch("r17_threads_that_the_system_does_not_give_are_an_error_before_the_start");
    // A stack is the only thing that is large: what is left when there is none for one more is enough for all the rest, which whoever
    // starts a thread and the threads themselves want at the same time.
    let variables =
        [("RUST_MIN_STACK", "67108864"), ("MALLOC_ARENA_MAX", "1"), ("MALLOC_TOP_PAD_", "16777216")];
    let output = child::alone_with(
        "r17_threads_that_the_system_does_not_give_are_an_error_before_the_start",
        &variables,
        || {
            let unlimited = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
            let pages = std::fs::read_to_string("/proc/self/statm").expect("the kernel's own figures");
            let pages: u64 = pages.split(' ').next().and_then(|n| n.parse().ok()).expect("a number");
            let limit = libc::rlimit { rlim_cur: pages * 4_096 + (300 << 20), ..unlimited };
            // SAFETY: limits of this process, which does nothing else.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
            let error = match System::builder().workers(1_024).build() {
                Err(BuildError::Thread(error)) => BuildError::Thread(error),
                Err(other) => panic!("{other}"),
                Ok(_) => panic!("64 GB of stacks were given"),
            };
            println!("{error}");
            let tasks =
                || std::fs::read_dir("/proc/self/task").expect("the kernel's list of threads").count();
            // The runner's main thread, this one, and the one that watches over it.
            while tasks() > 3 {
                std::thread::yield_now();
            }
            // SAFETY: as above.
            assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const unlimited) }, 0);
            let system = System::builder().workers(2).build().expect("a system");
            assert!(system.spawn(Pong).ask(|reply| reply).wait().is_ok());
            system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
            println!("and goes on");
        },
    );
    let words = child::words(&output);
    assert!(output.status.success() && words.contains("and goes on"), "{words}");
    assert!(words.contains("no thread for a worker: "), "{words}");
}

#[test]
fn r17_absurd_numbers_of_workers_are_refused() {
    for given in [0, 1_025, usize::MAX] {
        let error = System::builder().workers(given).build().expect_err("out of range");
        assert!(matches!(error, BuildError::Workers { given: g, most: 1_024 } if g == given));
        assert!(error.to_string().contains(&given.to_string()), "{error}");
    }
}

#[test]
fn r22_parking_after_every_message_loses_nothing() {
    let _dog = watch("r22_parking_after_every_message_loses_nothing");
    for workers in [1, 2] {
        let system = System::builder().workers(workers).build().expect("a system");
        let pong = system.spawn(Pong);
        for _ in 0..1_500 {
            let parks = system.activity().parks;
            pong.ask(|reply| reply).wait().expect("an answer");
            while system.activity().parks == parks {
                std::thread::yield_now();
            }
        }
        let ledger = system.shutdown(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        assert_eq!(ledger.handled, 1_500);
    }
}

/// Sends the ball back after its worker slept: through a timer, or from the other actor's worker.
struct Sleeper {
    other: Option<Address<Ball>>,
    done: Sender<()>,
}

enum Ball {
    Meet(Address<Ball>),
    Fly(u32),
    Land(u32),
}

impl Actor for Sleeper {
    type Msg = Ball;
    fn handle(&mut self, ball: Ball, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match (ball, self.other) {
            (Ball::Meet(other), _) => self.other = Some(other),
            (Ball::Fly(0), _) => self.done.send(())?,
            // All workers sleep until it is due.
            (Ball::Fly(n), _) => _ = cx.after(Duration::from_micros(500), Ball::Land(n - 1)),
            (Ball::Land(n), Some(other)) => cx.send(other, Ball::Fly(n))?,
            (Ball::Land(_), None) => return Err(Fault::msg("not introduced")),
        }
        Ok(())
    }
}

/// So many balls, each of which flies so often.
fn play(system: &System, pairs: usize, flights: u32) {
    let (done, is_done) = channel();
    for _ in 0..pairs {
        let one = system.spawn(Sleeper { other: None, done: done.clone() });
        let two = system.spawn(Sleeper { other: Some(one), done: done.clone() });
        one.try_send(Ball::Meet(two)).expect("room");
        one.try_send(Ball::Fly(flights)).expect("room");
    }
    (0..pairs).for_each(|_| is_done.recv().expect("the ball comes to an end"));
}

#[test]
fn r22_sleeping_between_timers_loses_nothing() {
    let _dog = watch("r22_sleeping_between_timers_loses_nothing");
    let system = System::builder().workers(2).build().expect("a system");
    play(&system, 10, 500);
    assert!(system.activity().parks > 0);
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

/// Processor time of the whole process.
fn cpu() -> Duration {
    // SAFETY: the kernel fills one rusage, for which zeros are a valid value.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_SELF, &mut usage), 0);
        usage
    };
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1_000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Tells when an idle second is over.
struct Alarm(Sender<()>);

enum Ring {
    Set,
    Off,
}

impl Actor for Alarm {
    type Msg = Ring;
    fn handle(&mut self, ring: Ring, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match ring {
            Ring::Set => _ = cx.after(Duration::from_secs(1), Ring::Off),
            Ring::Off => _ = self.0.send(()),
        }
        Ok(())
    }
}

#[test]
fn r22_an_idle_engine_sleeps() {
    let _dog = watch("r22_an_idle_engine_sleeps");
    let output = child::alone("r22_an_idle_engine_sleeps", || {
        for workers in [1, 2, 4] {
            let system = System::builder().workers(workers).build().expect("a system");
            let pongs: Vec<_> = (0..1_000).map(|_| system.spawn(Pong)).collect();
            for pong in &pongs {
                pong.ask(|reply| reply).wait().expect("an answer");
            }
            // One that has slept and woken all the time comes to rest, too.
            play(&system, 1, 20);
            system.quiesce(SOON).expect("rest");
            let (over, is_over) = channel();
            let alarm = system.spawn(Alarm(over));
            let (before, began) = (cpu(), Instant::now());
            alarm.try_send(Ring::Set).expect("room");
            is_over.recv().expect("the second comes to an end");
            let used = cpu() - before;
            assert!(began.elapsed() >= Duration::from_secs(1), "never early");
            println!("{used:?} in an idle second of {workers} workers");
            assert!(used < Duration::from_millis(20), "{used:?} in an idle second of {workers} workers");
            for pong in &pongs {
                pong.ask(|reply| reply).wait().expect("an answer after sleep");
            }
        }
    });
    assert!(output.status.success(), "{}", child::words(&output));
}

/// How many are at work at once.
#[derive(Default)]
struct AtOnce {
    now: AtomicU64,
    met: AtomicU64,
}

/// Works until it has seen another one at work.
struct Bound(Arc<AtOnce>, Sender<usize>);

impl Actor for Bound {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.now.fetch_add(1, Ordering::SeqCst);
        // Only two handlers that run at the same time get out of here.
        while self.0.now.load(Ordering::SeqCst) < 2 {
            std::hint::spin_loop();
        }
        self.0.met.fetch_add(1, Ordering::SeqCst);
        self.1.send(cx.worker_index())?;
        Ok(())
    }
}

struct Parent(Arc<AtOnce>, Sender<usize>);

impl Actor for Parent {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..2 {
            let child = cx.spawn(Bound(Arc::clone(&self.0), self.1.clone()));
            cx.send(child, ())?;
        }
        Ok(())
    }
}

fn two_at_once(from_one_handler: bool) {
    let mut taken = 0;
    for _ in 0..50 {
        let system = System::builder().workers(2).build().expect("a system");
        let (at_once, (out, workers)) = (Arc::new(AtOnce::default()), channel());
        if from_one_handler {
            system.spawn(Parent(Arc::clone(&at_once), out)).try_send(()).expect("room");
        } else {
            for _ in 0..2 {
                system.spawn(Bound(Arc::clone(&at_once), out.clone())).try_send(()).expect("room");
            }
        }
        let (one, two) = (workers.recv().expect("one ends"), workers.recv().expect("so does the other"));
        assert_ne!(one, two, "two at once on one worker");
        assert_eq!(at_once.met.load(Ordering::SeqCst), 2);
        let activity = system.activity();
        assert!(activity.rescued <= activity.steals);
        taken += activity.steals;
        system.shutdown(SOON).expect("rest");
    }
    // Not in each of them: a worker whose queue is being looked through passes on what it spawns by the injector.
    assert!(!from_one_handler || taken > 0, "nothing was stolen in fifty systems");
}

#[test]
fn two_cpu_bound_actors_run_at_once() {
    let _dog = watch("two_cpu_bound_actors_run_at_once");
    two_at_once(false);
}

#[test]
fn two_cpu_bound_children_of_one_handler_run_at_once() {
    let _dog = watch("two_cpu_bound_children_of_one_handler_run_at_once");
    two_at_once(true);
}
