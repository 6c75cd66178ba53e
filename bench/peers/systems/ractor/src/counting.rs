//! Counting: one actor sends, another counts.

use crate::{BURST, made};
use peer_tally::own::{Tallies, Tally};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use tokio::runtime::Handle;

struct Counter;

struct Counted {
    of: u64,
    increments: Tally<u64>,
    ended: Sender<Instant>,
}

struct Increment;

impl Actor for Counter {
    type Msg = Increment;
    type State = Counted;
    type Arguments = Counted;

    async fn pre_start(
        &self,
        _: ActorRef<Increment>,
        counted: Counted,
    ) -> Result<Counted, ActorProcessingErr> {
        Ok(counted)
    }

    async fn handle(
        &self,
        _: ActorRef<Increment>,
        _: Increment,
        counted: &mut Counted,
    ) -> Result<(), ActorProcessingErr> {
        counted.increments.count += 1;
        if counted.increments.count == counted.of {
            counted.ended.send(Instant::now())?;
        }
        Ok(())
    }
}

struct Producer;

struct Producing {
    counter: ActorRef<Increment>,
    left: u64,
    sent: Tally<u64>,
}

struct Begin;

impl Actor for Producer {
    type Msg = Begin;
    type State = Producing;
    type Arguments = Producing;

    async fn pre_start(
        &self,
        _: ActorRef<Begin>,
        producing: Producing,
    ) -> Result<Producing, ActorProcessingErr> {
        Ok(producing)
    }

    async fn handle(
        &self,
        me: ActorRef<Begin>,
        _: Begin,
        producing: &mut Producing,
    ) -> Result<(), ActorProcessingErr> {
        while producing.left > 0 {
            producing.counter.cast(Increment)?;
            producing.sent.count += 1;
            producing.left -= 1;
            if producing.left.is_multiple_of(BURST) {
                tokio::task::yield_now().await;
            }
        }
        me.stop(None);
        Ok(())
    }
}

pub(crate) fn run(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (ended, news) = channel();
    let counter = made(runtime, Counter, Counted { of: task.messages, increments: tallies.tally(), ended })?;
    let producing = Producing { counter: counter.clone(), left: task.messages, sent: tallies.tally() };
    let producer = made(runtime, Producer, producing)?;
    let began = Instant::now();
    producer.cast(Begin)?;
    let took = heard(&news)?.duration_since(began);
    counter.stop(None);
    let mut counts = tallies.all()?;
    // What was sent.
    counts.pop();
    Ok(Iteration { took, counts, disorder: 0 })
}
