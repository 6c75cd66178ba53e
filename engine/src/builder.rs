//! Building systems, and a list of all that are.

use crate::blocking;
use crate::error::BuildError;
use crate::inline::Inline;
use crate::living;
use crate::scheduler::pin::{self, Pin};
use crate::scheduler::run_queue::Task;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker::Worker;
use crate::sync::Arc;
use crate::system::System;
use crate::time::Clock;
use crossbeam_deque::Worker as Deque;
use std::sync::mpsc;

/// The most workers of one system.
const WORKERS_MAX: usize = 1_024;

/// Collects what a [`System`] is started with.
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    workers: Option<usize>,
    pin: Pin,
    blocking_threads: usize,
}

impl Builder {
    /// Worker threads; by default one for each processor that the process may use.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Where the workers run; by default [`Pin::Compact`].
    pub fn pin(mut self, pin: Pin) -> Self {
        self.pin = pin;
        self
    }

    /// The most threads for [blocking work](crate::Context::blocking), from 1 to 65,536; by default 512. None is started before there
    /// is such work; what finds none free waits.
    pub fn blocking_threads(mut self, threads: usize) -> Self {
        self.blocking_threads = threads;
        self
    }

    /// How many workers were asked for.
    #[cfg(feature = "sim")]
    pub(crate) fn workers_wanted(&self) -> Option<usize> {
        self.workers
    }

    /// Starts the workers.
    ///
    /// A worker that cannot be pinned runs unpinned: a line on stderr says so, and [`System::pinned`] is false.
    ///
    /// # Errors
    /// [`BuildError`] when the number of workers or of blocking threads is out of range, or the system gives no thread.
    pub fn build(self) -> Result<System, BuildError> {
        let workers =
            self.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        if self.blocking_threads == 0 || self.blocking_threads > blocking::THREADS_MAX {
            let (given, most) = (self.blocking_threads, blocking::THREADS_MAX);
            return Err(BuildError::BlockingThreads { given, most });
        }
        let (shared, deques) = share(workers, Clock::start(), self.blocking_threads)?;
        let mut plan = self.pin.plan(workers);
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        if workers > processors && !plan.is_empty() {
            eprintln!("throng: {workers} workers on {processors} processors are not pinned");
            plan.clear();
        }
        let mut system = System::new(Arc::clone(&shared));
        let mut threads = Vec::with_capacity(workers);
        let (ready, started) = mpsc::channel();
        for (index, deque) in deques.into_iter().enumerate() {
            let shared = Arc::clone(&shared);
            let ready = ready.clone();
            let core = plan.get(index).copied();
            let thread = std::thread::Builder::new().name(format!("throng-{index}")).spawn(move || {
                let pinned = core.is_some_and(pin::pin);
                if let (false, Some(core)) = (pinned, core) {
                    eprintln!("throng: worker {index} could not be pinned to processor {}", core.id);
                }
                let worker = Worker::new(shared, index, deque);
                worker.sit_down();
                let _ = ready.send(pinned);
                drop(ready);
                worker.run();
            });
            match thread {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    // Dropping the system sends home those that were started.
                    system.seat(threads, false);
                    return Err(BuildError::Thread(error));
                }
            }
        }
        drop(ready);
        system.seat(threads, started.iter().fold(!plan.is_empty(), |all, pinned| all && pinned));
        Ok(system)
    }

    /// Makes a system without threads, whose actors run on the calling thread when told to. Its clock is the machine's. Options
    /// of threads do not apply.
    pub fn inline(self) -> Inline {
        Self::alone(Clock::start())
    }

    /// As [`Builder::inline`], with a clock that stands still until [`Inline::advance`] sets it: timers, deadlines and rates go
    /// by it, exactly to the nanosecond.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use throng::{Actor, Context, Fault, System};
    ///
    /// struct Alarm;
    ///
    /// impl Actor for Alarm {
    ///     type Msg = u32;
    ///     fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         cx.after(Duration::from_secs(3_600), 1_u32);
    ///         Ok(())
    ///     }
    ///     fn handle(&mut self, _: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut inline = System::builder().inline_virtual();
    /// inline.spawn(Alarm);
    /// inline.advance(Duration::from_secs(3_599));
    /// assert_eq!(inline.system().ledger().handled, 0);
    /// inline.advance(Duration::from_secs(1));
    /// assert_eq!(inline.system().ledger().handled, 1);
    /// assert_eq!(inline.now(), Duration::from_secs(3_600));
    /// ```
    pub fn inline_virtual(self) -> Inline {
        Self::alone(Clock::stopped())
    }

    fn alone(clock: Clock) -> Inline {
        let Ok((shared, mut deques)) = share(1, clock, 0) else { unreachable!("one worker is in range") };
        let Some(deque) = deques.pop() else { unreachable!("a deque for each worker") };
        let worker = Worker::new(Arc::clone(&shared), 0, deque);
        Inline::new(worker, System::new(shared))
    }
}

impl System {
    /// Starts collecting options.
    pub fn builder() -> Builder {
        Builder { workers: None, pin: Pin::default(), blocking_threads: blocking::THREADS }
    }

    /// Starts one pinned worker for each processor.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn start() -> Result<System, BuildError> {
        Self::builder().build()
    }
}

type Desks = (Arc<Shared>, Vec<Deque<Task>>);

pub(crate) fn share(workers: usize, clock: Clock, blocking_threads: usize) -> Result<Desks, BuildError> {
    if workers == 0 || workers > WORKERS_MAX {
        return Err(BuildError::Workers { given: workers, most: WORKERS_MAX });
    }
    let deques: Vec<_> = (0..workers).map(|_| Deque::new_fifo()).collect();
    let stealers = deques.iter().map(Deque::stealer).collect();
    let shared = Shared::new(stealers, clock, blocking_threads);
    living::enter(&shared);
    Ok((shared, deques))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::behavior::{Actor, Context};
    use crate::actor::fault::Fault;
    use crate::scheduler::shared::{Fire, Fired};
    use crate::time::Nanos;
    use std::process::Command;
    use std::ptr::NonNull;
    use std::sync::mpsc::{Sender, channel};
    use std::time::Duration;

    const MOMENT: Duration = Duration::from_millis(50);
    const CHILD: &str = "THRONG_TEST_BROKEN";

    /// A fault of the engine itself: no user code is called so that its panic comes out here.
    struct Broken(bool);

    impl Fire for Broken {
        unsafe fn fire(&mut self, _: NonNull<()>, _: Nanos) -> Fired {
            assert!(!std::mem::take(&mut self.0), "the engine is broken");
            Fired::Done
        }
    }

    struct Told(Sender<u32>);

    impl Actor for Told {
        type Msg = u32;
        fn handle(&mut self, n: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            self.0.send(n)?;
            Ok(())
        }
    }

    impl Drop for Told {
        fn drop(&mut self) {
            let _ = self.0.send(u32::MAX);
        }
    }

    /// One of so many workers dies; gives the system, when it has.
    fn broken(workers: usize) -> System {
        let system = System::builder().workers(workers).build().expect("threads");
        assert!(system.shared().arm(0, Box::new(Broken(true))).is_ok());
        while !system.shared().desks.iter().any(|desk| desk.gone.load(crate::sync::Ordering::Acquire)) {
            std::thread::yield_now();
        }
        assert_eq!(system.describe().matches(": dead, ").count(), 1, "{}", system.describe());
        system
    }

    fn in_the_child() {
        // The other one does everything.
        let system = broken(2);
        let (out, told) = channel();
        for n in 0..1_000_u32 {
            system.spawn(Told(out.clone())).try_send(n).expect("room");
        }
        let mut all: Vec<_> = (0..1_000).map(|_| told.recv().expect("each is told")).collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..1_000), "each once");
        // What the dead one was at is lost, so that nobody is told that all is at rest.
        let busy = system.quiesce(MOMENT).expect_err("one died at work");
        assert_eq!((busy.unhandled, busy.workers.len()), (0, 1), "{busy}");
        let busy = system.shutdown(MOMENT).expect_err("one died at work");
        busy.ledger.check().expect("it adds up");
        assert_eq!((busy.ledger.handled, busy.ledger.stopped), (1_000, 1_000));
        assert!(told.try_iter().eq([u32::MAX; 1_000]), "each state is dropped once");
        // Nobody is left: whoever waits is told so when his time is up, and what there is is dropped.
        let system = broken(1);
        let to = system.spawn(Told(out));
        to.try_send(1_u32).expect("room");
        let busy = system.quiesce(MOMENT).expect_err("nobody handles it");
        assert_eq!(busy.unhandled, 1, "{busy}");
        let busy = system.shutdown(MOMENT).expect_err("nobody handles it");
        busy.ledger.check().expect("it adds up");
        assert_eq!((busy.ledger.dead.total(), busy.ledger.stopped), (1, 1));
        assert!(told.iter().eq([u32::MAX]), "its state is dropped, and nothing is handled");
        println!("all noticed");
    }

    #[test]
    fn r15_a_worker_that_dies_of_the_engine_itself_is_told_of_at_once() {
        const NAME: &str = "builder::tests::r15_a_worker_that_dies_of_the_engine_itself_is_told_of_at_once";
        if std::env::var_os(CHILD).is_some() {
            return in_the_child();
        }
        let me = std::env::current_exe().expect("the test's own path");
        let output = Command::new(me).args([NAME, "--exact", "--nocapture"]).env(CHILD, "").output();
        let output = output.expect("a child");
        let words =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && words.contains("all noticed"), "{words}");
        assert_eq!(words.matches("has died of a panic of the engine itself").count(), 2, "{words}");
    }
}
