//! One measurement of what was promised of the engine's scheduling, as a line of JSON. `scripts/acceptance.sh` takes several of each, by
//! hand on a quiet machine, and holds them against their goals; `scripts/instrument.sh`, and so `.ci/run`, only sees each run through:
//! that nothing is lost, and that the producers are suspended. By itself: `cargo run --release -p throng-bench --example acceptance -- sink 2`.
//!
//! `acceptance parallel outside|handler WORKERS`: how long two actors take that compute, spawned from outside or by one
//! handler. `acceptance sink SECONDS`: what eight producers cost while their sink sleeps 1 ms a message.

use serde_json::{Value, json};
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, System};
use throng_bench::machine;

/// Messages of a computing actor, and rounds of arithmetic in each: some milliseconds.
const MESSAGES: u32 = 100;
const ROUNDS: u64 = 4_000_000;
const PRODUCERS: usize = 8;
/// What the sink sleeps, and how long the producers are left to fill its mailbox first.
const SLEEP: Duration = Duration::from_millis(1);
const FILLING: Duration = Duration::from_millis(500);

/// Computes in each message, and sends itself the next.
struct Computing {
    left: u32,
    done: Sender<()>,
}

impl Actor for Computing {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let sum = (0..ROUNDS).fold(1_u64, |sum, n| black_box(sum.wrapping_mul(31).wrapping_add(n)));
        black_box(sum);
        self.left -= 1;
        if self.left == 0 {
            self.done.send(())?;
        } else {
            let me = cx.me();
            cx.send(me, ())?;
        }
        Ok(())
    }
}

/// Spawns both computing actors in one handler.
struct Parent(Sender<()>);

impl Actor for Parent {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..2 {
            let child = cx.spawn(Computing { left: MESSAGES, done: self.0.clone() });
            cx.send(child, ())?;
        }
        Ok(())
    }
}

struct Sink;

impl Actor for Sink {
    type Msg = u64;
    fn handle(&mut self, _: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        std::thread::sleep(SLEEP);
        Ok(())
    }
}

/// Sends to the sink and to itself, without end.
struct Producer(Address<u64>, u64);

impl Actor for Producer {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.1 += 1;
        cx.send(self.0, self.1)?;
        let me = cx.me();
        cx.send(me, ())?;
        Ok(())
    }
}

fn parallel(by_handler: bool, workers: usize) -> Result<Value, Box<dyn std::error::Error>> {
    let system = System::builder().workers(workers).build()?;
    let (done, ends) = channel();
    let start = Instant::now();
    if by_handler {
        system.spawn(Parent(done)).try_send(())?;
    } else {
        for _ in 0..2 {
            system.spawn(Computing { left: MESSAGES, done: done.clone() }).try_send(())?;
        }
    }
    ends.recv()?;
    ends.recv()?;
    let seconds = start.elapsed().as_secs_f64();
    let activity = system.activity();
    let ledger = system.shutdown(Duration::from_secs(10))?;
    ledger.check()?;
    let handled = u64::from(by_handler) + 2 * u64::from(MESSAGES);
    assert_eq!(ledger.handled, handled, "every message is computed");
    Ok(json!({ "seconds": seconds, "steals": activity.steals, "rescued": activity.rescued }))
}

fn sink(seconds: u64) -> Result<Value, Box<dyn std::error::Error>> {
    let system = System::builder().workers(2).build()?;
    let to = system.spawn(Sink);
    for _ in 0..PRODUCERS {
        system.spawn(Producer(to, 0)).try_send(())?;
    }
    std::thread::sleep(FILLING);
    let (cpu, turns, start) = (machine::cpu_ns(), system.activity().turns, Instant::now());
    std::thread::sleep(Duration::from_secs(seconds));
    let (cpu, elapsed) = (machine::cpu_ns() - cpu, start.elapsed());
    let activity = system.activity();
    let handled = system.ledger().handled;
    drop(system);
    if activity.muted == 0 {
        return Err("no producer was suspended on the full mailbox".into());
    }
    Ok(json!({
        "cores": cpu as f64 / elapsed.as_nanos() as f64,
        "turns": activity.turns - turns,
        "muted": activity.muted,
        "handled": handled,
    }))
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse().ok().filter(|n| *n > 0);
    let measured = match words[..] {
        ["parallel", from @ ("outside" | "handler"), workers] if number(workers).is_some() => {
            parallel(from == "handler", number(workers).unwrap_or(1) as usize)
        }
        ["sink", seconds] if number(seconds).is_some() => sink(number(seconds).unwrap_or(1)),
        _ => {
            eprintln!(
                "acceptance: got {words:?}; it takes parallel outside|handler WORKERS, or sink SECONDS"
            );
            return ExitCode::from(2);
        }
    };
    match measured {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("acceptance: {why}");
            ExitCode::FAILURE
        }
    }
}
