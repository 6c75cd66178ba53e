//! R23: a handler that never ends holds up nobody but its actor; deep recursion ends the process at once.
//!
//! Every wait is for something that must happen; only the watchdog limits it.

use crate::child;
use crate::pong::Pong;
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, Options, System};

const SOON: Duration = Duration::from_secs(60);

/// Tells that it was told.
struct Teller(Sender<&'static str>);

impl Actor for Teller {
    type Msg = &'static str;
    fn handle(&mut self, words: &'static str, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.send(words)?;
        Ok(())
    }
}

enum Lead {
    Timer,
    Endless,
}

/// Spawns, sends and arms timers, then stays in its handler until the flag is up.
struct Endless {
    out: Sender<&'static str>,
    over: Arc<AtomicBool>,
    friend: Address<&'static str>,
}

impl Actor for Endless {
    type Msg = Lead;
    fn handle(&mut self, message: Lead, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let Lead::Endless = message else { return Ok(()) };
        // Everything that is made runnable here lies behind this handler.
        cx.send(self.friend, "sent")?;
        for _ in 0..10 {
            let child = cx.spawn(Teller(self.out.clone()));
            cx.send(child, "spawned")?;
        }
        cx.spawn(Late(self.out.clone()));
        cx.after(Duration::from_millis(1), Lead::Timer);
        while !self.over.load(Ordering::Relaxed) {
            std::hint::spin_loop();
        }
        Ok(())
    }
}

/// Tells by a timer of its own.
struct Late(Sender<&'static str>);

impl Actor for Late {
    type Msg = ();
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.after(Duration::from_millis(2), ());
        Ok(())
    }
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.send("timer")?;
        Ok(())
    }
}

/// Sends to itself until the flag is up: its worker is never idle.
struct Restless(Arc<AtomicBool>);

impl Actor for Restless {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if !self.0.load(Ordering::Relaxed) {
            let me = cx.me();
            cx.send(me, ())?;
        }
        Ok(())
    }
}

fn the_others_go_on(restless: bool) {
    let system = System::builder().workers(2).build().expect("a system");
    let (out, words) = channel();
    let over = Arc::new(AtomicBool::new(false));
    let friend = system.spawn(Teller(out.clone()));
    let pongs: Vec<_> = (0..20).map(|_| system.spawn(Pong)).collect();
    for pong in &pongs {
        pong.ask(|reply| reply).wait().expect("an answer before");
    }
    if restless {
        let restless = system.spawn(Restless(Arc::clone(&over)));
        restless.try_send(()).expect("room");
        // Both workers are at work from here on, wherever the endless one begins.
        while system.activity().turns < 100 {
            std::thread::yield_now();
        }
    }
    let endless = system.spawn(Endless { out, over: Arc::clone(&over), friend });
    endless.try_send(Lead::Endless).expect("room");
    // What it sent, whom it spawned, and a timer armed by one of those.
    let mut heard: Vec<_> = (0..12).map(|_| words.recv().expect("everybody goes on")).collect();
    heard.sort_unstable();
    assert_eq!((heard[0], heard[1], heard[10], heard[11]), ("sent", "spawned", "spawned", "timer"));
    for _ in 0..50 {
        for pong in &pongs {
            pong.ask(|reply| reply).wait().expect("an answer meanwhile");
        }
        system.spawn(Pong).ask(|reply| reply).wait().expect("an answer of a new one");
    }
    // By its address.
    let words = system.describe();
    assert!(words.contains(&format!("Endless {endless}:")), "{words}");
    if !restless {
        // On a loaded machine the other worker may still be on its way out of its last turn.
        let began = Instant::now();
        let busy = loop {
            let busy = system.quiesce(Duration::from_millis(20)).expect_err("somebody is stuck");
            if busy.workers.len() == 1 || began.elapsed() > SOON {
                break busy;
            }
        };
        assert_eq!(busy.workers.len(), 1, "{busy}");
        assert!(busy.workers[0].actor.ends_with("Endless"), "{busy}");
        assert!(system.activity().rescued > 0);
    }
    over.store(true, Ordering::Relaxed);
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

#[test]
fn r23_endless_handler() {
    let _dog = watch("r23_endless_handler");
    (0..5).for_each(|_| the_others_go_on(false));
}

#[test]
fn r23_endless_handler_beside_a_worker_that_is_never_idle() {
    let _dog = watch("r23_endless_handler_beside_a_worker_that_is_never_idle");
    (0..5).for_each(|_| the_others_go_on(true));
}

/// Ends at once, and counts.
struct Brief(Arc<AtomicU64>);

impl Actor for Brief {
    type Msg = ();
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.stop();
        Ok(())
    }
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Alone: what is retired, and who holds it back, is the business of the whole process.
#[test]
fn r23_retired_memory_is_held_back_and_comes_free() {
    let _dog = watch("r23_retired_memory_is_held_back_and_comes_free");
    let output = child::alone("r23_retired_memory_is_held_back_and_comes_free", retired_memory);
    assert!(output.status.success(), "{}", child::words(&output));
}

fn retired_memory() {
    const BRIEF: u64 = 20_000;
    let system = System::builder().workers(2).build().expect("a system");
    let (out, words) = channel();
    let over = Arc::new(AtomicBool::new(false));
    let friend = system.spawn(Teller(out.clone()));
    let endless = system.spawn(Endless { out, over: Arc::clone(&over), friend });
    endless.try_send(Lead::Endless).expect("room");
    (0..12).for_each(|_| _ = words.recv().expect("everybody goes on"));
    let ended = Arc::new(AtomicU64::new(0));
    (0..BRIEF).for_each(|_| _ = system.spawn(Brief(Arc::clone(&ended))));
    // The stuck worker may be about to send to any of them: their memory waits for it.
    while ended.load(Ordering::SeqCst) < BRIEF || system.activity().retired_bytes < BRIEF / 2 * 64 {
        std::thread::yield_now();
    }
    over.store(true, Ordering::Relaxed);
    let nudge = system.spawn(Pong);
    while system.activity().retired_bytes > 1_000 * 64 {
        nudge.ask(|reply| reply).wait().expect("an answer");
    }
    system.shutdown(SOON).expect("rest");
}

/// Calls itself without end.
struct Deep;

impl Actor for Deep {
    type Msg = u64;
    fn handle(&mut self, n: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        println!("{}", deeper(n));
        Ok(())
    }
}

#[expect(unconditional_recursion, reason = "that is the point")]
fn deeper(n: u64) -> u64 {
    let frame = std::hint::black_box([n; 64]);
    deeper(n + 1) + frame[n as usize % 64]
}

#[test]
#[cfg_attr(throng_sanitize, ignore = "a sanitizer reports it in its own words")]
fn r23_deep_recursion_ends_the_process() {
    let _dog = watch("r23_deep_recursion_ends_the_process");
    let output = child::alone("r23_deep_recursion_ends_the_process", || {
        let system = System::builder().workers(2).build().expect("a system");
        system.spawn(Deep).try_send(0_u64).expect("room");
        let _ = system.quiesce(SOON);
    });
    let words = child::words(&output);
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(output.status.signal(), Some(6), "{words}");
    assert!(words.contains("has overflowed its stack"), "{words}");
}

/// Arms a timer, and holds its worker until the timer of another has fired.
struct Arming(Sender<usize>);

impl Actor for Arming {
    type Msg = bool;
    fn handle(&mut self, arm: bool, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if arm {
            cx.after(Duration::from_millis(200), false);
        }
        let _ = self.0.send(cx.worker_index());
        Ok(())
    }
}

struct Holding(Sender<usize>, Receiver<()>);

impl Actor for Holding {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let _ = self.0.send(cx.worker_index());
        let _ = self.1.recv();
        Ok(())
    }
}

/// Everybody sleeps deeply, a timer in the wheel of one; a message wakes that one into a handler that ends only when the
/// timer has fired.
#[test]
fn r23_a_timer_is_not_stranded_behind_the_handler_that_its_worker_woke_for() {
    let _dog = watch("r23_a_timer_is_not_stranded_behind_the_handler_that_its_worker_woke_for");
    for _ in 0..8 {
        let system = System::builder().workers(2).build().expect("a system");
        let ((fired, timer), (held, holds), (go, gate)) = (channel(), channel(), channel());
        let arming = system.spawn(Arming(fired));
        let holding = system.spawn(Holding(held, gate));
        system.quiesce(SOON).expect("rest");
        arming.try_send(true).expect("room");
        timer.recv().expect("it is armed");
        // Until the sentinel has retired, or for as long as the timer takes.
        while !system.describe().contains("counted 2, spinning 0, sentinel false")
            && timer.try_recv().is_err()
        {
            std::thread::yield_now();
        }
        holding.try_send(()).expect("room");
        holds.recv().expect("it holds its worker");
        while system.quiesce(Duration::ZERO).is_err_and(|busy| busy.timers > 0) {
            std::thread::yield_now();
        }
        go.send(()).expect("it waits");
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    }
}

/// Goes round for ever, one message a turn; the first that finds both workers busy with its like sits down.
struct Round {
    count: Arc<Rounds>,
    me: usize,
}

struct Rounds {
    turns: Vec<AtomicU64>,
    on: [AtomicU64; 2],
    sitting: AtomicBool,
    over: AtomicBool,
}

impl Actor for Round {
    type Msg = ();
    fn options() -> Options {
        Options::builder().turn(1).build().expect("in range")
    }
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (count, worker) = (&self.count, cx.worker_index());
        count.turns[self.me].fetch_add(1, Ordering::Relaxed);
        count.on[worker].fetch_add(1, Ordering::Relaxed);
        let both = count.on.iter().all(|on| on.load(Ordering::Relaxed) > 40);
        if both && !count.sitting.swap(true, Ordering::SeqCst) {
            while !count.over.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
        }
        if !count.over.load(Ordering::SeqCst) {
            let me = cx.me();
            cx.send(me, ())?;
        }
        Ok(())
    }
}

/// Spawns them all, so that one worker has them and shares.
struct Rounder(Arc<Rounds>);

impl Actor for Rounder {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for me in 0..self.0.turns.len() {
            let child = cx.spawn(Round { count: Arc::clone(&self.0), me });
            cx.send(child, ())?;
        }
        Ok(())
    }
}

/// What a worker has put into its deque for others to take is taken from behind its endless handler, also while nobody is
/// ever idle.
#[test]
fn r23_what_was_shared_is_not_stranded_behind_an_endless_handler() {
    let _dog = watch("r23_what_was_shared_is_not_stranded_behind_an_endless_handler");
    let system = System::builder().workers(2).build().expect("a system");
    let count = Arc::new(Rounds {
        turns: (0..4_000).map(|_| AtomicU64::new(0)).collect(),
        on: [const { AtomicU64::new(0) }; 2],
        sitting: AtomicBool::new(false),
        over: AtomicBool::new(false),
    });
    system.spawn(Rounder(Arc::clone(&count))).try_send(()).expect("room");
    while !count.sitting.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
    let before: Vec<u64> = count.turns.iter().map(|turns| turns.load(Ordering::Relaxed)).collect();
    // All but the one that sits get their turn.
    let still = || {
        let now = count.turns.iter().map(|turns| turns.load(Ordering::Relaxed));
        now.zip(&before).filter(|(now, before)| now == *before).count()
    };
    while still() > 1 {
        std::thread::yield_now();
    }
    count.over.store(true, Ordering::SeqCst);
    system.shutdown(SOON).expect("rest");
}
