//! Actors that are there and do nothing.

use crate::node::{Node, Part};
use crate::parts::{Actor, Stop};
use elfo::Addr;
use elfo::prelude::*;
use throng_bench::alone::spoiled::Spoiled;

/// It has told its address: that was a message.
pub(crate) async fn idle(mut actor: Actor) {
    let (number, mut more) = (*actor.key(), 0_u64);
    while let Some(envelope) = actor.recv().await {
        msg!(match envelope {
            Stop => return,
            _ => more += number,
        });
    }
    std::hint::black_box(more);
}

pub(crate) fn crowd(node: &Node, actors: u64) -> Result<Vec<Addr>, Spoiled> {
    node.cast(Part::Idle, actors)
}
