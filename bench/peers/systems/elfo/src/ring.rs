//! A message round a ring of actors.

use crate::node::{Node, Part};
use crate::parts::{Actor, Stop};
use elfo::prelude::*;
use elfo::{Addr, Local};
use peer_tally::Tally;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{Latch, heard};
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{self, Task};
use throng_bench::seeded::Seeded;

/// What all have to know.
struct Ring {
    tally: Arc<Tally>,
    linked: Arc<Latch>,
    ended: Sender<(Instant, u64)>,
}

#[message]
struct Link {
    place: u64,
    next: Local<Addr>,
    ring: Local<Arc<Ring>>,
}

/// With the hops that it has to do after this one.
#[message]
struct Token {
    left: u64,
}

pub(crate) async fn seat(mut actor: Actor) {
    let Some(envelope) = actor.recv().await else { return };
    let (place, next, ring) = msg!(match envelope {
        Link { place, next, ring } => (place, *next, ring.into_inner()),
        _ => return,
    });
    let mut hops = ring.tally.count(place);
    ring.linked.count_down(place);
    while let Some(envelope) = actor.recv().await {
        msg!(match envelope {
            Token { left } => {
                hops.up();
                if left == 0 {
                    let _ = ring.ended.send((Instant::now(), place));
                } else if actor.try_send_to(next, Token { left: left - 1 }).is_err() {
                    return;
                }
            }
            Stop => return,
        });
    }
}

pub(crate) fn ring(node: &Node, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(task.actors);
    let (latch, linked) = Latch::new(task.actors);
    let (ended, news) = channel();
    let mut seats = node.cast(Part::Seat, task.actors)?;
    if task.work == task::Work::RingShuffled {
        Seeded::new(1).shuffle(&mut seats);
    }
    let ring = Arc::new(Ring { tally, linked: latch, ended });
    for (place, next) in (0..).zip(seats.iter().cycle().skip(1).take(seats.len())) {
        node.send(seats[place as usize], Link { place, next: (*next).into(), ring: ring.clone().into() })?;
    }
    drop(ring);
    linked.ended()?;

    let began = Instant::now();
    node.send(seats[0], Token { left: task.messages - 1 })?;
    let (last, place) = heard(&news)?;
    node.stop(seats)?;
    let hops = told.counts()?.iter().sum();
    Ok(Iteration { took: last - began, counts: vec![hops, place], disorder: 0 })
}
