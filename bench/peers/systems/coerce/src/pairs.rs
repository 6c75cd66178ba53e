//! Two actors: ping-pong, counting and asking.

use crate::stage::{Stage, send_nth};
use async_trait::async_trait;
use coerce::actor::context::ActorContext;
use coerce::actor::message::{Handler, Message};
use coerce::actor::{Actor, LocalActorRef};
use peer_tally::{Count, Tally};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

struct Ball;

impl Message for Ball {
    type Result = ();
}

/// To the one that answers: whom.
struct Meet(LocalActorRef<Ping>);

impl Message for Meet {
    type Result = ();
}

struct Serve;

impl Message for Serve {
    type Result = ();
}

struct Ping {
    pong: LocalActorRef<Pong>,
    left: u64,
    pongs: Count,
    ended: Sender<Instant>,
}

struct Pong {
    ping: Option<LocalActorRef<Ping>>,
    pings: Count,
}

impl Actor for Ping {}

impl Actor for Pong {}

impl Ping {
    fn serve(&mut self) {
        self.left -= 1;
        let _ = self.pong.notify(Ball);
    }
}

#[async_trait]
impl Handler<Serve> for Ping {
    async fn handle(&mut self, _: Serve, _: &mut ActorContext) {
        self.serve();
    }
}

#[async_trait]
impl Handler<Ball> for Ping {
    async fn handle(&mut self, _: Ball, _: &mut ActorContext) {
        self.pongs.up();
        if self.left > 0 {
            self.serve();
        } else {
            let _ = self.ended.send(Instant::now());
        }
    }
}

#[async_trait]
impl Handler<Meet> for Pong {
    async fn handle(&mut self, Meet(ping): Meet, _: &mut ActorContext) {
        self.ping = Some(ping);
    }
}

#[async_trait]
impl Handler<Ball> for Pong {
    async fn handle(&mut self, _: Ball, _: &mut ActorContext) {
        self.pings.up();
        if let Some(ping) = &self.ping {
            let _ = ping.notify(Ball);
        }
    }
}

pub(crate) fn ping_pong(stage: &Stage, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(2);
    let (ended, news) = channel();
    let pong = stage.make(Pong { ping: None, pings: tally.count(1) });
    let ping = Ping { pong: pong.clone(), left: task.each(), pongs: tally.count(0), ended };
    drop(tally);
    let ping = stage.make(ping);
    // It comes before any ball: the first one is sent after this.
    pong.notify(Meet(ping.clone()))?;

    let began = Instant::now();
    ping.notify(Serve)?;
    let took = heard(&news)? - began;
    ping.notify_stop()?;
    pong.notify_stop()?;
    Ok(Iteration { took, counts: told.counts()?, disorder: 0 })
}

struct Produce;

impl Message for Produce {
    type Result = ();
}

struct Increment;

impl Message for Increment {
    type Result = ();
}

struct Producer {
    counter: LocalActorRef<Counter>,
    all: u64,
}

struct Counter {
    all: u64,
    total: Count,
    ended: Sender<Instant>,
}

impl Actor for Producer {}

impl Actor for Counter {}

#[async_trait]
impl Handler<Produce> for Producer {
    async fn handle(&mut self, _: Produce, _: &mut ActorContext) {
        for nth in 1..=self.all {
            if send_nth(nth, &self.counter, Increment).await.is_err() {
                return;
            }
        }
    }
}

#[async_trait]
impl Handler<Increment> for Counter {
    async fn handle(&mut self, _: Increment, _: &mut ActorContext) {
        self.total.up();
        if self.total.count() == self.all {
            let _ = self.ended.send(Instant::now());
        }
    }
}

pub(crate) fn counting(stage: &Stage, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(1);
    let (ended, news) = channel();
    let counter = stage.make(Counter { all: task.each(), total: tally.count(0), ended });
    drop(tally);
    let producer = stage.make(Producer { counter: counter.clone(), all: task.each() });

    let began = Instant::now();
    producer.notify(Produce)?;
    let took = heard(&news)? - began;
    producer.notify_stop()?;
    counter.notify_stop()?;
    Ok(Iteration { took, counts: told.counts()?, disorder: 0 })
}

struct Ask;

impl Message for Ask {
    type Result = ();
}

struct Question(u64);

impl Message for Question {
    type Result = u64;
}

struct Asker {
    knows: LocalActorRef<Knows>,
    questions: u64,
    answers: Count,
    sum: Count,
    ended: Sender<Instant>,
}

struct Knows;

impl Actor for Asker {}

impl Actor for Knows {}

#[async_trait]
impl Handler<Ask> for Asker {
    async fn handle(&mut self, _: Ask, _: &mut ActorContext) {
        for number in 0..self.questions {
            let Ok(answer) = self.knows.send(Question(number)).await else { return };
            self.answers.up();
            self.sum.add(answer);
        }
        let _ = self.ended.send(Instant::now());
    }
}

#[async_trait]
impl Handler<Question> for Knows {
    async fn handle(&mut self, Question(number): Question, _: &mut ActorContext) -> u64 {
        number + 1
    }
}

pub(crate) fn ask(stage: &Stage, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(2);
    let (ended, news) = channel();
    let knows = stage.make(Knows);
    let (answers, sum) = (tally.count(0), tally.count(1));
    drop(tally);
    let asker = stage.make(Asker { knows: knows.clone(), questions: task.each(), answers, sum, ended });

    let began = Instant::now();
    asker.notify(Ask)?;
    let took = heard(&news)? - began;
    asker.notify_stop()?;
    knows.notify_stop()?;
    Ok(Iteration { took, counts: told.counts()?, disorder: 0 })
}
