//! A message round a ring of actors.

use crate::node::{Node, Part};
use crate::parts::Actor;
use elfo::prelude::*;
use elfo::{Addr, Local};
use peer_tally::ring::Ring;
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{self, Task};
use throng_bench::seeded::Seeded;

#[message]
struct Link {
    place: u32,
    next: Local<Addr>,
    ring: Local<Arc<Ring>>,
}

/// With the hops that it has to do after this one.
#[message]
struct Token {
    left: u64,
    ring: Local<Arc<Ring>>,
}

#[message]
struct End {
    ring: Local<Arc<Ring>>,
}

/// Holds little else than what a hop needs: one that is cold costs its lines.
pub(crate) async fn seat(mut actor: Actor) {
    let Some(envelope) = actor.recv().await else { return };
    let (place, next) = msg!(match envelope {
        Link { place, next, ring } => {
            ring.linked(place);
            (place, *next)
        }
        _ => return,
    });
    let mut hops = 0;
    while let Some(envelope) = actor.recv().await {
        msg!(match envelope {
            Token { left, ring } => {
                hops += 1;
                if left == 0 {
                    ring.last(place);
                } else if actor.try_send_to(next, Token { left: left - 1, ring }).is_err() {
                    return;
                }
            }
            End { ring } => {
                ring.ended(place, hops);
                return;
            }
        });
    }
}

pub(crate) fn ring(node: &Node, task: Task) -> Result<Iteration, Spoiled> {
    let (ring, round) = Ring::new(task.actors);
    let mut seats = node.cast(Part::Seat, task.actors)?;
    if task.work == task::Work::RingShuffled {
        Seeded::new(1).shuffle(&mut seats);
    }
    for (place, next) in (0..).zip(seats.iter().cycle().skip(1).take(seats.len())) {
        node.send(seats[place as usize], Link { place, next: (*next).into(), ring: ring.clone().into() })?;
    }
    round.linked()?;

    let began = Instant::now();
    node.send(seats[0], Token { left: task.messages - 1, ring: ring.clone().into() })?;
    let (last, place) = round.last()?;
    for seat in seats {
        node.send(seat, End { ring: ring.clone().into() })?;
    }
    let hops = round.ended()?;
    Ok(Iteration { took: last - began, counts: vec![hops, place], disorder: 0 })
}
