//! Actors that are made, handle one message and end.

use crate::stage::{Stage, made};
use async_trait::async_trait;
use coerce::actor::Actor;
use coerce::actor::context::ActorContext;
use coerce::actor::message::{Handler, Message};
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

/// After so many, one is waited for.
const WAITED: u64 = 64;

struct Make;

impl Message for Make {
    type Result = ();
}

struct Work;

impl Message for Work {
    type Result = ();
}

struct Maker {
    all: u64,
    latch: Arc<Latch>,
}

struct Made {
    number: u64,
    handled: bool,
    latch: Arc<Latch>,
}

impl Actor for Maker {}

impl Actor for Made {}

#[async_trait]
impl Handler<Make> for Maker {
    async fn handle(&mut self, _: Make, context: &mut ActorContext) {
        for number in 0..self.all {
            let actor = Made { number, handled: false, latch: self.latch.clone() };
            let actor = made(context.system(), actor).await;
            let sent = match number % WAITED {
                0 => actor.send(Work).await,
                _ => actor.notify(Work),
            };
            if sent.is_err() {
                return;
            }
        }
        context.stop(None);
    }
}

#[async_trait]
impl Handler<Work> for Made {
    async fn handle(&mut self, _: Work, context: &mut ActorContext) {
        self.handled = true;
        context.stop(None);
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if self.handled {
            self.latch.count_down(self.number);
        }
    }
}

pub(crate) fn create(stage: &Stage, task: Task) -> Result<Iteration, Spoiled> {
    let (latch, waiting) = Latch::new(task.messages);
    let maker = stage.make(Maker { all: task.messages, latch: latch.clone() });

    let began = Instant::now();
    maker.notify(Make)?;
    let took = waiting.ended()? - began;
    Ok(Iteration { took, counts: vec![latch.counted()], disorder: 0 })
}
