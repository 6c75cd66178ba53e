//! Fork-join: one actor sends to many in turns; each counts.

use crate::{SPREAD, all_made, made};
use peer_tally::own::{Tallies, Tally};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use tokio::runtime::Handle;

struct Receiver;

struct Receiving {
    number: u64,
    of: u64,
    parts: Tally<u64>,
    latch: Arc<Latch>,
}

struct Part;

impl Actor for Receiver {
    type Msg = Part;
    type State = Receiving;
    type Arguments = Receiving;

    async fn pre_start(
        &self,
        _: ActorRef<Part>,
        receiving: Receiving,
    ) -> Result<Receiving, ActorProcessingErr> {
        Ok(receiving)
    }

    async fn handle(
        &self,
        _: ActorRef<Part>,
        _: Part,
        receiving: &mut Receiving,
    ) -> Result<(), ActorProcessingErr> {
        receiving.parts.count += 1;
        if receiving.parts.count == receiving.of {
            receiving.latch.count_down(receiving.number);
        }
        Ok(())
    }
}

struct Forker;

struct Forking {
    receivers: Vec<ActorRef<Part>>,
    rounds: u64,
    sent: Tally<u64>,
}

struct Begin;

impl Actor for Forker {
    type Msg = Begin;
    type State = Forking;
    type Arguments = Forking;

    async fn pre_start(&self, _: ActorRef<Begin>, forking: Forking) -> Result<Forking, ActorProcessingErr> {
        Ok(forking)
    }

    async fn handle(
        &self,
        me: ActorRef<Begin>,
        _: Begin,
        forking: &mut Forking,
    ) -> Result<(), ActorProcessingErr> {
        for _ in 0..forking.rounds {
            for receiver in &forking.receivers {
                receiver.cast(Part)?;
                forking.sent.count += 1;
                if forking.sent.count.is_multiple_of(SPREAD) {
                    tokio::task::yield_now().await;
                }
            }
        }
        me.stop(None);
        Ok(())
    }
}

pub(crate) fn run(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (latch, waiting) = Latch::new(task.actors);
    let receiving = |number| {
        (Receiver, Receiving { number, of: task.each(), parts: tallies.tally(), latch: latch.clone() })
    };
    let receivers: Vec<_> = (0..task.actors).map(receiving).collect();
    let receivers = all_made(runtime, receivers)?;
    drop(latch);
    let forking = Forking { receivers: receivers.clone(), rounds: task.each(), sent: tallies.tally() };
    let forker = made(runtime, Forker, forking)?;
    let began = Instant::now();
    forker.cast(Begin)?;
    let took = waiting.ended()?.duration_since(began);
    for receiver in receivers {
        receiver.stop(None);
    }
    let mut counts = tallies.all()?;
    // What was sent.
    counts.pop();
    Ok(Iteration { took, counts, disorder: 0 })
}
