//! Works of two actors, both on one thread, as each is slower between two: ping-pong, counting and ask.

use crate::arbiters::{Arbiters, all_ended, tell};
use crate::flow::Flow;
use actix::prelude::*;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

/// Who serves, and counts what comes back.
struct Server {
    each: u64,
    pongs: u64,
    began: Instant,
    answerer: Option<Addr<Answerer>>,
    told: Sender<(Duration, u64)>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Serve(Addr<Answerer>);

#[derive(Message)]
#[rtype(result = "()")]
struct Pong(u64);

impl Actor for Server {
    type Context = Context<Self>;
}

impl Server {
    fn serve(&self, n: u64) {
        if let Some(answerer) = &self.answerer {
            answerer.do_send(Ping(n));
        }
    }
}

impl Handler<Serve> for Server {
    type Result = ();

    fn handle(&mut self, Serve(answerer): Serve, _: &mut Context<Self>) {
        self.answerer = Some(answerer);
        self.began = Instant::now();
        self.serve(0);
    }
}

impl Handler<Pong> for Server {
    type Result = ();

    fn handle(&mut self, Pong(n): Pong, cx: &mut Context<Self>) {
        self.pongs += 1;
        if self.pongs == self.each {
            tell(&self.told, (self.began.elapsed(), self.pongs));
            cx.stop();
        } else {
            self.serve(n + 1);
        }
    }
}

/// Who sends back what comes, until nobody serves any more.
struct Answerer {
    pings: u64,
    server: Addr<Server>,
    told: Sender<u64>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Ping(u64);

impl Actor for Answerer {
    type Context = Context<Self>;

    fn stopped(&mut self, _: &mut Context<Self>) {
        tell(&self.told, self.pings);
    }
}

impl Handler<Ping> for Answerer {
    type Result = ();

    fn handle(&mut self, Ping(n): Ping, _: &mut Context<Self>) {
        self.pings += 1;
        self.server.do_send(Pong(n));
    }
}

pub(crate) fn ping_pong(arbiters: &Arbiters, task: Task) -> Result<Iteration, Spoiled> {
    let (told, served) = channel();
    let (answered_told, answered) = channel();
    let server = Server { each: task.each(), pongs: 0, began: Instant::now(), answerer: None, told };
    let server = arbiters.start(0, server);
    let answerer = Answerer { pings: 0, server: server.clone(), told: answered_told };
    server.do_send(Serve(arbiters.start(0, answerer)));
    let (took, pongs) = heard(&served)?;
    let pings = heard(&answered)?;
    all_ended(&served)?;
    all_ended(&answered)?;
    Ok(Iteration { took, counts: vec![pongs, pings], disorder: 0 })
}

/// Who sends increments, and tells when it began.
struct Producer {
    each: u64,
    counter: Addr<Counter>,
    told: Sender<Instant>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Produce;

impl Actor for Producer {
    type Context = Context<Self>;
}

impl Handler<Produce> for Producer {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Produce, _: &mut Context<Self>) -> ResponseFuture<()> {
        let (each, counter, told) = (self.each, self.counter.clone(), self.told.clone());
        Box::pin(async move {
            tell(&told, Instant::now());
            let mut flow = Flow::new();
            for _ in 0..each {
                counter.do_send(Increment);
                flow.on().await;
            }
        })
    }
}

/// Who counts, and tells the total and when it was reached.
struct Counter {
    each: u64,
    total: u64,
    told: Sender<(u64, Instant)>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Increment;

impl Actor for Counter {
    type Context = Context<Self>;
}

impl Handler<Increment> for Counter {
    type Result = ();

    fn handle(&mut self, _: Increment, _: &mut Context<Self>) {
        self.total += 1;
        if self.total == self.each {
            tell(&self.told, (self.total, Instant::now()));
        }
    }
}

pub(crate) fn counting(arbiters: &Arbiters, task: Task) -> Result<Iteration, Spoiled> {
    let (told, counted) = channel();
    let (began_told, begun) = channel();
    let counter = arbiters.start(0, Counter { each: task.each(), total: 0, told });
    let producer =
        arbiters.start(0, Producer { each: task.each(), counter: counter.clone(), told: began_told });
    producer.do_send(Produce);
    let began = heard(&begun)?;
    let (total, ended) = heard(&counted)?;
    drop((producer, counter));
    all_ended(&begun)?;
    all_ended(&counted)?;
    Ok(Iteration { took: ended - began, counts: vec![total], disorder: 0 })
}

/// Who asks one question after the other, and tells how long it took, how many answers there were, and their sum.
struct Asker {
    each: u64,
    asked: Addr<Asked>,
    told: Sender<Result<(Duration, u64, u64), MailboxError>>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Ask;

impl Actor for Asker {
    type Context = Context<Self>;
}

impl Handler<Ask> for Asker {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Ask, _: &mut Context<Self>) -> ResponseFuture<()> {
        let (each, asked, told) = (self.each, self.asked.clone(), self.told.clone());
        Box::pin(async move { tell(&told, ask_all(each, &asked).await) })
    }
}

async fn ask_all(each: u64, asked: &Addr<Asked>) -> Result<(Duration, u64, u64), MailboxError> {
    let (mut answers, mut sum) = (0, 0);
    let began = Instant::now();
    for n in 0..each {
        sum += asked.send(Question(n)).await?;
        answers += 1;
    }
    Ok((began.elapsed(), answers, sum))
}

/// Who is asked.
struct Asked {
    _told: Sender<()>,
}

#[derive(Message)]
#[rtype(result = "u64")]
struct Question(u64);

impl Actor for Asked {
    type Context = Context<Self>;
}

impl Handler<Question> for Asked {
    type Result = u64;

    fn handle(&mut self, Question(n): Question, _: &mut Context<Self>) -> u64 {
        n + 1
    }
}

pub(crate) fn ask(arbiters: &Arbiters, task: Task) -> Result<Iteration, Spoiled> {
    let (told, news) = channel();
    let (_told, answering) = channel();
    let asked = arbiters.start(0, Asked { _told });
    let asker = arbiters.start(0, Asker { each: task.each(), asked, told });
    asker.do_send(Ask);
    let (took, answers, sum) = heard(&news)??;
    drop(asker);
    all_ended(&news)?;
    all_ended(&answering)?;
    Ok(Iteration { took, counts: vec![answers, sum], disorder: 0 })
}
