//! R15: a worker's thread dies. What user code can do to it (nothing else can be done from here): end the thread behind the engine's
//! back, have the C library end it, or panic where the engine cannot go on. It is noticed, its work is taken over, or the
//! process ends with a word why; nobody waits in silence. A panic of the engine itself is in `src/builder.rs`.
#![cfg(target_os = "linux")]

use crate::child::{alone, words};
use crate::watchdog::watch;
use std::os::unix::process::ExitStatusExt;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Address, AskError, Context, Fault, Reason, Reply, System};

const SOON: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_millis(50);
/// For an abort on a machine that is busy with other things. That it takes a second is held by R6.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ends the calling thread and nothing else: no destructor runs, nobody is told.
fn vanish() {
    // SAFETY: the thread is left where it is; whatever it had borrowed is never touched again.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
}

struct Teller(Sender<u32>);

impl Actor for Teller {
    type Msg = u32;
    fn handle(&mut self, n: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.send(n)?;
        Ok(())
    }
}

/// Leaves work behind in every place that its worker has, and takes the worker along.
struct Vanishing(Option<Sender<u32>>);

enum Go {
    Vanish,
    Late,
}

const CHILDREN: u32 = 200;

impl Actor for Vanishing {
    type Msg = Go;
    fn handle(&mut self, go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let Go::Vanish = go else { return Ok(()) };
        if let Some(out) = &self.0 {
            for n in 0..CHILDREN {
                let child = cx.spawn(Teller(out.clone()));
                cx.send(child, n)?;
            }
            let late = cx.spawn(Late(out.clone()));
            cx.send(late, ())?;
        }
        // Its own, which nobody can handle any more.
        cx.after(Duration::from_millis(1), Go::Late);
        vanish();
        Ok(())
    }
}

/// Tells by a timer, which is armed on the worker that took it over.
struct Late(Sender<u32>);

impl Actor for Late {
    type Msg = ();
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.after(Duration::from_millis(2), ());
        Ok(())
    }
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.send(CHILDREN)?;
        Ok(())
    }
}

struct Pong;

impl Actor for Pong {
    type Msg = Reply<()>;
    fn handle(&mut self, reply: Reply<()>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(());
        Ok(())
    }
}

/// How many of this process's threads are workers.
fn workers() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("the kernel's list of threads");
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
    };
    tasks.filter_map(name).filter(|name| name.starts_with("throng-") && !name.contains("abort")).count()
}

/// Whoever waits for rest, or for the end, comes back and is told who it was.
fn it_is_named(system: System, vanishing: Address<Go>) {
    let description = system.describe();
    assert!(description.contains(&format!("Vanishing {vanishing}: working")), "{description}");
    let busy = system.quiesce(MOMENT).expect_err("one is in a turn for good");
    assert!(busy.workers.iter().any(|it| it.actor.ends_with("Vanishing")), "{busy}");
    let began = Instant::now();
    let busy = system.shutdown(MOMENT).expect_err("one is in a turn for good");
    assert!(busy.to_string().contains("Vanishing"), "{busy}");
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
}

fn one_of_two() {
    let system = System::builder().workers(2).build().expect("a system");
    let pongs: Vec<_> = (0..100).map(|_| system.spawn(Pong)).collect();
    let (out, told) = channel();
    let vanishing = system.spawn(Vanishing(Some(out)));
    vanishing.try_send(Go::Vanish).expect("room");
    // What lay behind it, a timer included.
    let mut all: Vec<u32> = (0..=CHILDREN).map(|_| told.recv().expect("each is told")).collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..=CHILDREN), "each once");
    while workers() > 1 {
        std::thread::yield_now();
    }
    for pong in &pongs {
        pong.ask(|reply| reply).wait().expect("an answer of the worker that is left");
    }
    // Those that have waited for it would wait for ever.
    assert!(matches!(vanishing.try_send(Go::Late), Ok(())), "nobody has closed it");
    it_is_named(system, vanishing);
    println!("all noticed");
}

#[test]
#[cfg_attr(throng_sanitize, ignore = "a sanitizer takes what such a thread leaves for leaked")]
fn r15_a_worker_that_vanishes_is_named_and_the_other_takes_its_work_over() {
    let _dog = watch("r15_a_worker_that_vanishes_is_named_and_the_other_takes_its_work_over");
    let output = alone("r15_a_worker_that_vanishes_is_named_and_the_other_takes_its_work_over", one_of_two);
    let words = words(&output);
    assert!(output.status.success() && words.contains("all noticed"), "{words}");
    assert!(words.contains("Vanishing") && words.contains("is still inside its handler"), "{words}");
}

/// Nobody is left to take over: whoever waits is told so when his time is up.
fn the_only_one() {
    let system = System::builder().workers(1).build().expect("a system");
    let pong = system.spawn(Pong);
    pong.ask(|reply| reply).wait().expect("an answer before");
    let vanishing = system.spawn(Vanishing(None));
    vanishing.try_send(Go::Vanish).expect("room");
    while workers() > 0 {
        std::thread::yield_now();
    }
    assert_eq!(pong.ask(|reply| reply).deadline(MOMENT).wait(), Err(AskError::Timeout));
    while vanishing.try_send(Go::Late).is_ok() {}
    let refused = vanishing.send_timeout(Go::Late, MOMENT).expect_err("nobody makes room");
    assert_eq!(refused.reason(), Reason::Timeout);
    it_is_named(system, vanishing);
    println!("all noticed");
}

#[test]
#[cfg_attr(throng_sanitize, ignore = "a sanitizer takes what such a thread leaves for leaked")]
fn r15_the_only_worker_vanishes_and_whoever_waits_is_told_in_time() {
    let _dog = watch("r15_the_only_worker_vanishes_and_whoever_waits_is_told_in_time");
    let output = alone("r15_the_only_worker_vanishes_and_whoever_waits_is_told_in_time", the_only_one);
    let words = words(&output);
    assert!(output.status.success() && words.contains("all noticed"), "{words}");
}

struct Leaving;

impl Actor for Leaving {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        // SAFETY: unwinds the thread by force, which no Rust frame may survive: that is what is looked at.
        unsafe { libc::pthread_exit(std::ptr::null_mut()) }
    }
}

/// The C library unwinds the thread, which cannot be caught as a panic is.
#[test]
#[cfg_attr(throng_sanitize, ignore = "a sanitizer reports it in its own words")]
fn r15_a_thread_that_is_unwound_by_force_ends_the_process() {
    let _dog = watch("r15_a_thread_that_is_unwound_by_force_ends_the_process");
    let output = alone("r15_a_thread_that_is_unwound_by_force_ends_the_process", || {
        let system = System::builder().workers(2).build().expect("a system");
        system.spawn(Leaving).try_send(()).expect("room");
        let _ = system.quiesce(SOON);
    });
    let words = words(&output);
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{words}");
    assert!(words.contains("exception"), "{words}");
}

/// Sends to itself for ever.
struct Restless;

impl Actor for Restless {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let me = cx.me();
        cx.send(me, ())?;
        Ok(())
    }
}

/// In the midst of one of the engine's own operations, where a task may be in nobody's hands.
#[test]
#[cfg_attr(throng_sanitize, ignore = "a sanitizer reports it in its own words")]
fn r15_a_panic_where_no_task_is_whole_ends_the_process() {
    let _dog = watch("r15_a_panic_where_no_task_is_whole_ends_the_process");
    let output = alone("r15_a_panic_where_no_task_is_whole_ends_the_process", || {
        let system = System::builder().workers(2).build().expect("a system");
        let guard = crossbeam_epoch::pin();
        guard.defer(|| panic!("what was deferred"));
        guard.flush();
        drop(guard);
        // No handler pins: whoever collects does so in an operation on a deque.
        (0..100).for_each(|_| system.spawn(Restless).try_send(()).expect("room"));
        let _ = system.quiesce(SOON);
    });
    let words = words(&output);
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{words}");
    assert!(words.contains("has panicked on a worker: no way to go on"), "{words}");
}
