//! A message round a ring of actors.

use crate::stage::Stage;
use async_trait::async_trait;
use coerce::actor::context::ActorContext;
use coerce::actor::message::{Handler, Message};
use coerce::actor::{Actor, LocalActorRef};
use peer_tally::ring::Ring;
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;

struct Link(LocalActorRef<Seat>, Arc<Ring>);

impl Message for Link {
    type Result = ();
}

/// With the hops that it has to do after this one.
struct Token(u64, Arc<Ring>);

impl Message for Token {
    type Result = ();
}

struct End(Arc<Ring>);

impl Message for End {
    type Result = ();
}

/// Holds little else than what a hop needs: one that is cold costs its lines.
struct Seat {
    next: Option<LocalActorRef<Seat>>,
    place: u32,
    hops: u32,
}

impl Actor for Seat {}

#[async_trait]
impl Handler<Link> for Seat {
    async fn handle(&mut self, Link(next, ring): Link, _: &mut ActorContext) {
        self.next = Some(next);
        ring.linked(self.place);
    }
}

#[async_trait]
impl Handler<Token> for Seat {
    async fn handle(&mut self, Token(left, ring): Token, _: &mut ActorContext) {
        self.hops += 1;
        match &self.next {
            Some(next) if left > 0 => {
                let _ = next.notify(Token(left - 1, ring));
            }
            _ => ring.last(self.place),
        }
    }
}

#[async_trait]
impl Handler<End> for Seat {
    async fn handle(&mut self, End(ring): End, _: &mut ActorContext) {
        ring.ended(self.place, self.hops);
    }
}

pub(crate) fn ring(stage: &Stage, task: Task) -> Result<Iteration, Spoiled> {
    let (shared, round) = Ring::new(task.actors);
    // The place of each, in the order in which they are made.
    let mut places: Vec<u32> = (0..task.actors as u32).collect();
    if task.work == Work::RingShuffled {
        Seeded::new(1).shuffle(&mut places);
    }
    let seat = |place: &u32| Seat { next: None, place: *place, hops: 0 };
    let seats = stage.make_all(places.iter().map(seat));
    let mut at = vec![0; seats.len()];
    for (made, place) in places.iter().enumerate() {
        at[*place as usize] = made;
    }
    for (place, made) in at.iter().enumerate() {
        let next = seats[at[(place + 1) % at.len()]].clone();
        seats[*made].notify(Link(next, shared.clone()))?;
    }
    round.linked()?;

    let began = Instant::now();
    seats[at[0]].notify(Token(task.messages - 1, shared.clone()))?;
    let (last, place) = round.last()?;
    for seat in seats {
        seat.notify(End(shared.clone()))?;
        seat.notify_stop()?;
    }
    let hops = round.ended()?;
    Ok(Iteration { took: last - began, counts: vec![hops, place], disorder: 0 })
}
