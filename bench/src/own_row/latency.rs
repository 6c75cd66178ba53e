//! Ping-pong and ask, stamped per thousand: one trip is far below ten times what a stamp costs.

use super::{Budget, counted, told};
use crate::clock::Clock;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Outcome, Reply, System};

/// Trips between two stamps.
const BATCH: u64 = 1_000;

/// Counts by value in tenths of a nanosecond per message: sparse, as few values occur.
#[derive(Debug, Default)]
struct Sparse(BTreeMap<u64, u64>);

impl Sparse {
    fn record(&mut self, tenths: u64) {
        *self.0.entry(tenths).or_default() += 1;
    }

    fn json(&self) -> Value {
        self.0.iter().map(|(tenths, count)| json!([*tenths as f64 / 10.0, count])).collect()
    }
}

/// Stamps every thousand trips until its time is up.
struct Stopwatch {
    clock: Clock,
    since: u64,
    until_ns: u64,
    started: u64,
    in_batch: u64,
    messages_per_trip: u64,
    samples: Sparse,
    trips: u64,
}

impl Stopwatch {
    fn new(time: Duration, messages_per_trip: u64) -> Self {
        let clock = Clock::calibrated();
        let now = clock.ticks();
        Self {
            clock,
            since: now,
            until_ns: time.as_nanos() as u64,
            started: now,
            in_batch: 0,
            messages_per_trip,
            samples: Sparse::default(),
            trips: 0,
        }
    }

    fn start(&mut self) {
        self.started = self.clock.ticks();
        self.since = self.started;
    }

    /// One trip is over; true when the time is.
    #[inline]
    fn trip(&mut self) -> bool {
        self.in_batch += 1;
        self.in_batch == BATCH && self.stamp()
    }

    #[inline(never)]
    fn stamp(&mut self) -> bool {
        let now = self.clock.ticks();
        let ns = self.clock.ns_between(self.since, now);
        self.samples.record(ns * 10 / (BATCH * self.messages_per_trip));
        self.trips += BATCH;
        self.in_batch = 0;
        self.since = now;
        self.clock.ns_between(self.started, now) >= self.until_ns
    }
}

enum Ball {
    Serve(Address<Ball>),
    Hit(u64),
    Count(Reply<u64>),
}

struct Player {
    partner: Option<Address<Ball>>,
    hits: u64,
    watch: Option<(Stopwatch, Sender<(Sparse, u64)>)>,
}

impl Actor for Player {
    type Msg = Ball;

    fn handle(&mut self, ball: Ball, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match ball {
            Ball::Serve(partner) => {
                self.partner = Some(partner);
                if let Some((watch, _)) = &mut self.watch {
                    watch.start();
                    cx.send(partner, Ball::Hit(0))?;
                }
            }
            Ball::Hit(n) => {
                self.hits += 1;
                if let Some((watch, _)) = &mut self.watch
                    && watch.trip()
                {
                    if let Some((watch, report)) = self.watch.take() {
                        report.send((watch.samples, watch.trips))?;
                    }
                    return Ok(());
                }
                if let Some(partner) = self.partner {
                    cx.send(partner, Ball::Hit(n + 1))?;
                }
            }
            Ball::Count(reply) => reply.send(self.hits),
        }
        Ok(())
    }
}

/// Half of a round trip between two actors.
pub(super) fn one_way(budget: Budget) -> Result<Value, String> {
    let system = System::start().map_err(told)?;
    let (report, reported) = channel();
    let watch = Stopwatch::new(budget.time, 2);
    let ping = system.spawn(Player { partner: None, hits: 0, watch: Some((watch, report)) });
    let pong = system.spawn(Player { partner: None, hits: 0, watch: None });
    pong.try_send(Ball::Serve(ping)).map_err(told)?;
    system.quiesce(Duration::from_secs(60)).map_err(told)?;
    ping.try_send(Ball::Serve(pong)).map_err(told)?;
    let (samples, trips) = reported.recv().map_err(told)?;
    let hits = ping.ask(Ball::Count).wait().map_err(told)? + pong.ask(Ball::Count).wait().map_err(told)?;
    let ledger = system.shutdown(Duration::from_secs(60)).map_err(told)?;
    ledger.check()?;
    let mut answer = counted(2 * trips, hits);
    answer["histogram"] = samples.json();
    answer["batch"] = json!(BATCH);
    Ok(answer)
}

enum Question {
    Go,
    Heard(Outcome<u64>),
}

struct Oracle {
    answered: u64,
}

enum Riddle {
    Riddle(u64, Reply<u64>),
    Count(Reply<u64>),
}

impl Actor for Oracle {
    type Msg = Riddle;

    fn handle(&mut self, riddle: Riddle, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match riddle {
            Riddle::Riddle(n, reply) => {
                self.answered += 1;
                reply.send(n + 1);
            }
            Riddle::Count(reply) => reply.send(self.answered),
        }
        Ok(())
    }
}

struct Asker {
    oracle: Address<Riddle>,
    asked: u64,
    watch: Option<(Stopwatch, Sender<(Sparse, u64)>)>,
}

impl Actor for Asker {
    type Msg = Question;

    fn handle(&mut self, message: Question, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Question::Go => {
                if let Some((watch, _)) = &mut self.watch {
                    watch.start();
                }
            }
            Question::Heard(outcome) => {
                if outcome? != self.asked {
                    return Err(Fault::msg("an answer to another question"));
                }
                if let Some((watch, _)) = &mut self.watch
                    && watch.trip()
                {
                    if let Some((watch, report)) = self.watch.take() {
                        report.send((watch.samples, watch.trips))?;
                    }
                    return Ok(());
                }
            }
        }
        let n = self.asked;
        self.asked += 1;
        cx.ask(self.oracle, |reply| Riddle::Riddle(n, reply), Question::Heard)?;
        Ok(())
    }
}

/// Request and reply between two actors, through the engine's ask.
pub(super) fn ask(budget: Budget) -> Result<Value, String> {
    let system = System::start().map_err(told)?;
    let (report, reported) = channel();
    let oracle = system.spawn(Oracle { answered: 0 });
    let watch = Some((Stopwatch::new(budget.time, 1), report));
    system.spawn(Asker { oracle, asked: 0, watch }).try_send(Question::Go).map_err(told)?;
    let (samples, asks) = reported.recv().map_err(told)?;
    let answered = oracle.ask(Riddle::Count).wait().map_err(told)?;
    let ledger = system.shutdown(Duration::from_secs(60)).map_err(told)?;
    ledger.check()?;
    let mut answer = counted(asks, answered);
    answer["histogram"] = samples.json();
    answer["batch"] = json!(BATCH);
    Ok(answer)
}
