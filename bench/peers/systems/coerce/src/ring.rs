//! A message round a ring of actors.

use crate::stage::Stage;
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
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;

struct Link(LocalActorRef<Seat>, Arc<Latch>);

impl Message for Link {
    type Result = ();
}

/// With the hops that it has to do after this one.
struct Token(u64);

impl Message for Token {
    type Result = ();
}

struct Seat {
    next: Option<LocalActorRef<Seat>>,
    hops: Count,
    ended: Sender<(Instant, u64)>,
}

impl Actor for Seat {}

#[async_trait]
impl Handler<Link> for Seat {
    async fn handle(&mut self, Link(next, linked): Link, _: &mut ActorContext) {
        self.next = Some(next);
        linked.count_down(self.hops.number());
    }
}

#[async_trait]
impl Handler<Token> for Seat {
    async fn handle(&mut self, Token(left): Token, _: &mut ActorContext) {
        self.hops.up();
        match &self.next {
            Some(next) if left > 0 => {
                let _ = next.notify(Token(left - 1));
            }
            _ => {
                let _ = self.ended.send((Instant::now(), self.hops.number()));
            }
        }
    }
}

pub(crate) fn ring(stage: &Stage, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(task.actors);
    let (ended, news) = channel();
    // The place of each, in the order in which they are made.
    let mut places: Vec<u64> = (0..task.actors).collect();
    if task.work == Work::RingShuffled {
        Seeded::new(1).shuffle(&mut places);
    }
    let seat = |place: &u64| Seat { next: None, hops: tally.count(*place), ended: ended.clone() };
    let seats = stage.make_all(places.iter().map(seat));
    drop((tally, ended));
    let mut at = vec![0; seats.len()];
    for (made, place) in places.iter().enumerate() {
        at[*place as usize] = made;
    }
    let (latch, linked) = Latch::new(task.actors);
    for (place, made) in at.iter().enumerate() {
        let next = seats[at[(place + 1) % at.len()]].clone();
        seats[*made].notify(Link(next, latch.clone()))?;
    }
    drop(latch);
    linked.ended()?;

    let began = Instant::now();
    seats[at[0]].notify(Token(task.messages - 1))?;
    let (last, place) = heard(&news)?;
    for seat in seats {
        seat.notify_stop()?;
    }
    let hops = told.counts()?.iter().sum();
    Ok(Iteration { took: last - began, counts: vec![hops, place], disorder: 0 })
}
