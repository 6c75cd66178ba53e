//! Actors that are made, handle one message and end.

use crate::node::{Node, Part};
use crate::parts::Actor;
use elfo::prelude::*;
use elfo::routers::{MapRouter, Outcome};
use elfo::{Addr, Local};
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

/// Made before those that are there get their turn.
const TURN: u64 = 64;

#[message]
struct Make {
    first_key: u64,
    all: u64,
    latch: Local<Arc<Latch>>,
}

/// To the group: its router makes an actor with this key, which gets the message.
#[message]
struct WorkOnce {
    key: u64,
    number: u64,
    latch: Local<Arc<Latch>>,
}

pub(crate) async fn maker(mut actor: Actor, made: Addr) {
    let Some(envelope) = actor.recv().await else { return };
    let (first_key, all, latch) = msg!(match envelope {
        Make { first_key, all, latch } => (first_key, all, latch),
        _ => return,
    });
    for number in 0..all {
        if actor
            .send_to(made, WorkOnce { key: first_key + number, number, latch: latch.clone() })
            .await
            .is_err()
        {
            return;
        }
        if (number + 1) % TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) fn made() -> Blueprint {
    ActorGroup::new()
        .router(MapRouter::new(|envelope| {
            msg!(match envelope {
                WorkOnce { key, .. } => Outcome::Unicast(*key),
                _ => Outcome::Default,
            })
        }))
        .exec(|actor| Box::pin(work(actor)))
}

async fn work(mut actor: Actor) {
    let Some(envelope) = actor.recv().await else { return };
    msg!(match envelope {
        WorkOnce { number, latch, .. } => {
            drop(actor);
            latch.count_down(number);
        }
    });
}

pub(crate) fn create(node: &Node, task: Task) -> Result<Iteration, Spoiled> {
    let (latch, waiting) = Latch::new(task.messages);
    let maker = node.cast_one(Part::Maker)?;
    let make = Make { first_key: node.keys(task.messages), all: task.messages, latch: latch.clone().into() };

    let began = Instant::now();
    node.send(maker, make)?;
    let took = waiting.ended()? - began;
    Ok(Iteration { took, counts: vec![latch.counted()], disorder: 0 })
}
