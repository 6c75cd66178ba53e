//! One message round a ring of actors, in the order in which they were started or in another.

use crate::arbiters::Arbiters;
use actix::prelude::*;
use peer_tally::ring::Ring;
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;

/// One of the ring. It holds little else than what a hop needs: one that is cold costs its lines.
struct One {
    next: Option<Addr<One>>,
    place: u32,
    hops: u32,
}

/// Its place and who comes after it.
#[derive(Message)]
#[rtype(result = "()")]
struct Link(u32, Addr<One>, Arc<Ring>);

/// The message, with the hops that are left, this one among them.
#[derive(Message)]
#[rtype(result = "()")]
struct Token(u64, Arc<Ring>);

#[derive(Message)]
#[rtype(result = "()")]
struct Stop(Arc<Ring>);

impl Actor for One {
    type Context = Context<Self>;
}

impl Handler<Link> for One {
    type Result = ();

    fn handle(&mut self, Link(place, next, ring): Link, _: &mut Context<Self>) {
        self.place = place;
        self.next = Some(next);
        ring.linked(place);
    }
}

impl Handler<Token> for One {
    type Result = ();

    fn handle(&mut self, Token(left, ring): Token, _: &mut Context<Self>) {
        self.hops += 1;
        match &self.next {
            Some(next) if left > 1 => next.do_send(Token(left - 1, ring)),
            _ => ring.last(self.place),
        }
    }
}

impl Handler<Stop> for One {
    type Result = ();

    fn handle(&mut self, Stop(ring): Stop, cx: &mut Context<Self>) {
        ring.ended(self.place, self.hops);
        cx.stop();
    }
}

pub(crate) fn ring(arbiters: &Arbiters, task: Task) -> Result<Iteration, Spoiled> {
    let (shared, round) = Ring::new(task.actors);
    let all = arbiters.start_all(task.actors, |_| One { next: None, place: 0, hops: 0 })?;
    let count = all.len();
    let mut order: Vec<usize> = (0..count).collect();
    if task.work == Work::RingShuffled {
        Seeded::new(1).shuffle(&mut order);
    }
    for place in 0..count {
        let next = all[order[(place + 1) % count]].clone();
        all[order[place]].do_send(Link(place as u32, next, shared.clone()));
    }
    round.linked()?;
    let (first, ring) = (all[order[0]].clone(), shared.clone());
    let began = arbiters.inside(move || {
        let began = Instant::now();
        first.do_send(Token(task.messages, ring));
        began
    })?;
    let (last, place) = round.last()?;
    for one in &all {
        one.do_send(Stop(shared.clone()));
    }
    let hops = round.ended()?;
    Ok(Iteration { took: last - began, counts: vec![hops, place], disorder: 0 })
}
