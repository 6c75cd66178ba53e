//! Works of one actor and many: fork-join and fan-in.

use crate::arbiters::{Arbiters, all_ended, tell};
use crate::flow::Flow;
use actix::prelude::*;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{Latch, heard};
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

/// Who sends to each in turns, and tells when it began.
struct Fork {
    each: u64,
    counters: Arc<[Addr<Counter>]>,
    told: Sender<Instant>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Begin;

impl Actor for Fork {
    type Context = Context<Self>;
}

impl Handler<Begin> for Fork {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Begin, _: &mut Context<Self>) -> ResponseFuture<()> {
        let (each, counters, told) = (self.each, Arc::clone(&self.counters), self.told.clone());
        Box::pin(async move {
            tell(&told, Instant::now());
            let mut flow = Flow::new();
            for _ in 0..each {
                for counter in counters.iter() {
                    counter.do_send(Increment);
                    flow.on().await;
                }
            }
        })
    }
}

/// Who counts, and tells what at its end.
struct Counter {
    number: u64,
    each: u64,
    count: u64,
    there: Arc<Latch>,
    done: Arc<Latch>,
    told: Sender<(u64, u64)>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Increment;

impl Actor for Counter {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Context<Self>) {
        self.there.count_down(self.number);
    }

    fn stopped(&mut self, _: &mut Context<Self>) {
        tell(&self.told, (self.number, self.count));
    }
}

impl Handler<Increment> for Counter {
    type Result = ();

    fn handle(&mut self, _: Increment, _: &mut Context<Self>) {
        self.count += 1;
        if self.count == self.each {
            self.done.count_down(self.number);
        }
    }
}

pub(crate) fn fork_join(arbiters: &Arbiters, task: Task) -> Result<Iteration, Spoiled> {
    let (there, all_there) = Latch::new(task.actors);
    let (done, all_done) = Latch::new(task.actors);
    let (told, counted) = channel();
    let (began_told, begun) = channel();
    let each = task.each();
    let counters = arbiters.start_all(task.actors, move |number| {
        let (there, done, told) = (Arc::clone(&there), Arc::clone(&done), told.clone());
        Counter { number, each, count: 0, there, done, told }
    })?;
    all_there.ended()?;
    let counters: Arc<[_]> = counters.into();
    let fork = arbiters.start(0, Fork { each, counters: Arc::clone(&counters), told: began_told });
    fork.do_send(Begin);
    let began = heard(&begun)?;
    let took = all_done.ended()? - began;
    drop((fork, counters));
    let mut counts = vec![0; task.actors as usize];
    for _ in 0..task.actors {
        let (number, count) = heard(&counted)?;
        counts[number as usize] = count;
    }
    all_ended(&begun)?;
    all_ended(&counted)?;
    Ok(Iteration { took, counts, disorder: 0 })
}

/// One of those who send in fan-in.
struct FromOne {
    number: u64,
    each: u64,
    receiver: Addr<Receiver>,
    there: Arc<Latch>,
    _told: Sender<()>,
}

impl Actor for FromOne {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Context<Self>) {
        self.there.count_down(self.number);
    }
}

impl Handler<Begin> for FromOne {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Begin, _: &mut Context<Self>) -> ResponseFuture<()> {
        let (sender, each, receiver) = (self.number as u32, self.each, self.receiver.clone());
        Box::pin(async move {
            let mut flow = Flow::new();
            for number in 0..each {
                receiver.do_send(Numbered { sender, number: number as u32 });
                flow.on().await;
            }
        })
    }
}

/// Who counts what comes of each sender, and what comes after a later one; and tells it at the last one.
struct Receiver {
    messages: u64,
    handled: u64,
    counts: Vec<u64>,
    expected: Vec<u32>,
    disorder: u64,
    there: Arc<Latch>,
    told: Sender<(Vec<u64>, u64, Instant)>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Numbered {
    sender: u32,
    number: u32,
}

impl Actor for Receiver {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Context<Self>) {
        // After the senders' numbers.
        self.there.count_down(self.counts.len() as u64);
    }
}

impl Handler<Numbered> for Receiver {
    type Result = ();

    fn handle(&mut self, Numbered { sender, number }: Numbered, _: &mut Context<Self>) {
        let expected = &mut self.expected[sender as usize];
        self.disorder += u64::from(number < *expected);
        *expected = number + 1;
        self.counts[sender as usize] += 1;
        self.handled += 1;
        if self.handled == self.messages {
            tell(&self.told, (std::mem::take(&mut self.counts), self.disorder, Instant::now()));
        }
    }
}

pub(crate) fn fan_in(arbiters: &Arbiters, task: Task) -> Result<Iteration, Spoiled> {
    let (there, all_there) = Latch::new(task.actors + 1);
    let (told, received) = channel();
    let (_told, sending) = channel();
    let (each, senders) = (task.each(), task.actors as usize);
    let receiver = Receiver {
        messages: task.messages,
        handled: 0,
        counts: vec![0; senders],
        expected: vec![0; senders],
        disorder: 0,
        there: Arc::clone(&there),
        told,
    };
    let receiver = arbiters.start(0, receiver);
    let to_receiver = receiver.clone();
    let senders = arbiters.start_all(task.actors, move |number| {
        let (receiver, there, _told) = (to_receiver.clone(), Arc::clone(&there), _told.clone());
        FromOne { number, each, receiver, there, _told }
    })?;
    all_there.ended()?;
    let (began, senders) = arbiters.inside(move || {
        let began = Instant::now();
        for sender in &senders {
            sender.do_send(Begin);
        }
        (began, senders)
    })?;
    let (counts, disorder, last) = heard(&received)?;
    drop((senders, receiver));
    all_ended(&sending)?;
    all_ended(&received)?;
    Ok(Iteration { took: last - began, counts, disorder })
}
