//! Messages a second into one actor, and what a second core adds.

use super::{Budget, counted, told};
use serde_json::{Value, json};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, Reply, System};

/// Sends in one turn of the producer.
const CHUNK: u64 = 64;
/// The work that a message carries in `speedup`.
const WORK: Duration = Duration::from_micros(1);
/// Turns of all workers and of one, in `speedup`.
const ROUNDS: u32 = 4;

enum Tally {
    One,
    Count(Reply<u64>),
}

struct Counter(u64);

impl Actor for Counter {
    type Msg = Tally;

    fn handle(&mut self, message: Tally, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Tally::One => self.0 += 1,
            Tally::Count(reply) => reply.send(self.0),
        }
        Ok(())
    }
}

struct Producer {
    to: Address<Tally>,
    sent: u64,
    until: Instant,
    report: Sender<u64>,
}

impl Actor for Producer {
    type Msg = ();

    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..CHUNK {
            cx.send(self.to, Tally::One)?;
        }
        self.sent += CHUNK;
        // A look at the clock every 64 chunks.
        if self.sent.is_multiple_of(64 * CHUNK) && Instant::now() >= self.until {
            self.report.send(self.sent)?;
            return Ok(());
        }
        let me = cx.me();
        cx.send(me, ())?;
        Ok(())
    }
}

/// One producer into one counting actor with the default mailbox.
pub(super) fn throughput(budget: Budget) -> Result<Value, String> {
    let system = System::start().map_err(told)?;
    let (report, reported) = channel();
    let counter = system.spawn(Counter(0));
    let start = Instant::now();
    let until = start + budget.time;
    system.spawn(Producer { to: counter, sent: 0, until, report }).try_send(()).map_err(told)?;
    let sent = reported.recv().map_err(told)?;
    // Behind everything that the producer sent: the counter has counted all of it.
    let received = counter.ask(Tally::Count).wait().map_err(told)?;
    let seconds = start.elapsed().as_secs_f64();
    system.shutdown(Duration::from_secs(60)).map_err(told)?.check()?;
    let mut answer = counted(sent, received);
    answer["msgs_per_s"] = json!(received as f64 / seconds);
    Ok(answer)
}

enum Ball {
    Serve(Address<Ball>),
    Hit,
    Count(Reply<(u64, u64)>),
}

/// Works a microsecond on each hit, then hits back until its time is up.
struct Player {
    partner: Option<Address<Ball>>,
    until: Instant,
    sent: u64,
    received: u64,
    done: Sender<()>,
}

impl Actor for Player {
    type Msg = Ball;

    fn handle(&mut self, ball: Ball, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match ball {
            Ball::Serve(partner) => self.partner = Some(partner),
            Ball::Hit => {
                self.received += 1;
                let begun = Instant::now();
                let mut now = begun;
                while now.duration_since(begun) < WORK {
                    std::hint::spin_loop();
                    now = Instant::now();
                }
                match self.partner {
                    Some(partner) if now < self.until => {
                        self.sent += 1;
                        cx.send(partner, Ball::Hit)?;
                    }
                    _ => self.done.send(())?,
                }
            }
            Ball::Count(reply) => reply.send((self.sent, self.received)),
        }
        Ok(())
    }
}

/// Twice as many pairs as cores, on all workers and on one, in turns.
pub(super) fn speedup(budget: Budget) -> Result<Value, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let slice = budget.time / (2 * ROUNDS);
    let (mut sent, mut received) = (0, 0);
    let mut rates = [0.0, 0.0];
    for round in 0..2 * ROUNDS {
        // ABBA: a drift of the machine hits both alike.
        let all = matches!(round % 4, 0 | 3);
        let (s, r, rate) = pairs(if all { cores } else { 1 }, 2 * cores, slice)?;
        sent += s;
        received += r;
        rates[usize::from(all)] += rate;
    }
    let mut answer = counted(sent, received);
    answer["speedup"] = json!(rates[1] / rates[0]);
    answer["cores"] = json!(cores);
    answer["pairs"] = json!(2 * cores);
    Ok(answer)
}

fn pairs(workers: usize, pairs: usize, time: Duration) -> Result<(u64, u64, f64), String> {
    let system = System::builder().workers(workers).build().map_err(told)?;
    let (done, ended) = channel();
    let until = Instant::now() + time;
    let player =
        |done: &Sender<()>| Player { partner: None, until, sent: 0, received: 0, done: done.clone() };
    let mut all = Vec::new();
    for _ in 0..pairs {
        let (a, b) = (system.spawn(player(&done)), system.spawn(player(&done)));
        a.try_send(Ball::Serve(b)).map_err(told)?;
        b.try_send(Ball::Serve(a)).map_err(told)?;
        all.push((a, b));
    }
    let start = Instant::now();
    for (a, _) in &all {
        a.try_send(Ball::Hit).map_err(told)?;
    }
    for _ in 0..pairs {
        ended.recv().map_err(told)?;
    }
    let seconds = start.elapsed().as_secs_f64();
    let (mut sent, mut received) = (pairs as u64, 0);
    for (a, b) in all {
        for player in [a, b] {
            let (s, r) = player.ask(Ball::Count).wait().map_err(told)?;
            sent += s;
            received += r;
        }
    }
    system.shutdown(Duration::from_secs(60)).map_err(told)?.check()?;
    Ok((sent, received, received as f64 / seconds))
}
