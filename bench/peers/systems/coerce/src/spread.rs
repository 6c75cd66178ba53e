//! One to many and many to one: fork-join and fan-in.

use crate::stage::{Stage, send_nth};
use async_trait::async_trait;
use coerce::actor::context::ActorContext;
use coerce::actor::message::{Handler, Message};
use coerce::actor::{Actor, LocalActorRef};
use peer_tally::{Count, Tally};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{Latch, heard};
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

struct Begin;

impl Message for Begin {
    type Result = ();
}

struct Work;

impl Message for Work {
    type Result = ();
}

struct Fork {
    joins: Vec<LocalActorRef<Join>>,
    all: u64,
}

struct Join {
    each: u64,
    got: Count,
    latch: Arc<Latch>,
}

impl Actor for Fork {}

impl Actor for Join {}

#[async_trait]
impl Handler<Begin> for Fork {
    async fn handle(&mut self, _: Begin, _: &mut ActorContext) {
        let mut joins = self.joins.iter().cycle();
        for nth in 1..=self.all {
            let Some(join) = joins.next() else { return };
            if send_nth(nth, join, Work).await.is_err() {
                return;
            }
        }
    }
}

#[async_trait]
impl Handler<Work> for Join {
    async fn handle(&mut self, _: Work, _: &mut ActorContext) {
        self.got.up();
        if self.got.count() == self.each {
            self.latch.count_down(self.got.number());
        }
    }
}

pub(crate) fn fork_join(stage: &Stage, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(task.actors);
    let (latch, waiting) = Latch::new(task.actors);
    let join = |number| Join { each: task.each(), got: tally.count(number), latch: latch.clone() };
    let joins = stage.make_all((0..task.actors).map(join));
    drop((tally, latch));
    let fork = stage.make(Fork { joins: joins.clone(), all: task.messages });

    let began = Instant::now();
    fork.notify(Begin)?;
    let took = waiting.ended()? - began;
    fork.notify_stop()?;
    for join in joins {
        join.notify_stop()?;
    }
    Ok(Iteration { took, counts: told.counts()?, disorder: 0 })
}

/// From whom, and the how manyth.
struct Numbered(u32, u32);

impl Message for Numbered {
    type Result = ();
}

struct Feeder {
    receiver: LocalActorRef<Receiver>,
    number: u32,
    each: u32,
}

struct Receiver {
    left: u64,
    /// The next one of each.
    next: Vec<u32>,
    got: Vec<Count>,
    disorder: u64,
    ended: Sender<(Instant, u64)>,
}

impl Actor for Feeder {}

impl Actor for Receiver {}

#[async_trait]
impl Handler<Begin> for Feeder {
    async fn handle(&mut self, _: Begin, _: &mut ActorContext) {
        for n in 0..self.each {
            if send_nth(u64::from(n) + 1, &self.receiver, Numbered(self.number, n)).await.is_err() {
                return;
            }
        }
    }
}

#[async_trait]
impl Handler<Numbered> for Receiver {
    async fn handle(&mut self, Numbered(from, n): Numbered, _: &mut ActorContext) {
        self.got[from as usize].up();
        let next = &mut self.next[from as usize];
        if n < *next {
            self.disorder += 1;
        } else {
            *next = n + 1;
        }
        self.left -= 1;
        if self.left == 0 {
            let _ = self.ended.send((Instant::now(), self.disorder));
        }
    }
}

pub(crate) fn fan_in(stage: &Stage, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(task.actors);
    let (ended, news) = channel();
    let got = (0..task.actors).map(|number| tally.count(number)).collect();
    drop(tally);
    let next = vec![0; task.actors as usize];
    let receiver = stage.make(Receiver { left: task.messages, next, got, disorder: 0, ended });
    let each = u32::try_from(task.each())?;
    let feeder = |number| Feeder { receiver: receiver.clone(), number, each };
    let feeders = stage.make_all((0..task.actors as u32).map(feeder));

    let began = Instant::now();
    for feeder in &feeders {
        feeder.notify(Begin)?;
    }
    let (last, disorder) = heard(&news)?;
    for feeder in feeders {
        feeder.notify_stop()?;
    }
    receiver.notify_stop()?;
    Ok(Iteration { took: last - began, counts: told.counts()?, disorder })
}
