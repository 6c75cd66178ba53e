//! One message round a ring of actors, in the order in which they were started or in another.

use crate::arbiters::{Arbiters, all_ended, tell};
use actix::prelude::*;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{Latch, heard};
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;

/// One of the ring.
struct One {
    place: u64,
    next: Option<Addr<One>>,
    hops: u64,
    there: Arc<Latch>,
    last: Sender<(Instant, u64)>,
    told: Sender<u64>,
}

/// Its place and who comes after it.
#[derive(Message)]
#[rtype(result = "()")]
struct Link(u64, Addr<One>);

/// The message, with the hops that are left, this one among them.
#[derive(Message)]
#[rtype(result = "()")]
struct Token(u64);

#[derive(Message)]
#[rtype(result = "()")]
struct Stop;

impl Actor for One {
    type Context = Context<Self>;

    fn stopped(&mut self, _: &mut Context<Self>) {
        tell(&self.told, self.hops);
    }
}

impl Handler<Link> for One {
    type Result = ();

    fn handle(&mut self, Link(place, next): Link, _: &mut Context<Self>) {
        self.place = place;
        self.next = Some(next);
        self.there.count_down(place);
    }
}

impl Handler<Token> for One {
    type Result = ();

    fn handle(&mut self, Token(left): Token, _: &mut Context<Self>) {
        self.hops += 1;
        match &self.next {
            Some(next) if left > 1 => next.do_send(Token(left - 1)),
            _ => tell(&self.last, (Instant::now(), self.place)),
        }
    }
}

impl Handler<Stop> for One {
    type Result = ();

    fn handle(&mut self, _: Stop, cx: &mut Context<Self>) {
        cx.stop();
    }
}

pub(crate) fn ring(arbiters: &Arbiters, task: Task) -> Result<Iteration, Spoiled> {
    let (there, all_there) = Latch::new(task.actors);
    let (last, ended) = channel();
    let (told, counted) = channel();
    let all = arbiters.start_all(task.actors, move |_| {
        let (there, last, told) = (Arc::clone(&there), last.clone(), told.clone());
        One { place: 0, next: None, hops: 0, there, last, told }
    })?;
    let count = all.len();
    let mut order: Vec<usize> = (0..count).collect();
    if task.work == Work::RingShuffled {
        Seeded::new(1).shuffle(&mut order);
    }
    for place in 0..count {
        let next = all[order[(place + 1) % count]].clone();
        all[order[place]].do_send(Link(place as u64, next));
    }
    all_there.ended()?;
    let first = all[order[0]].clone();
    let began = arbiters.inside(move || {
        let began = Instant::now();
        first.do_send(Token(task.messages));
        began
    })?;
    let (last, place) = heard(&ended)?;
    for one in &all {
        one.do_send(Stop);
    }
    let mut hops = 0;
    for _ in 0..count {
        hops += heard(&counted)?;
    }
    all_ended(&counted)?;
    Ok(Iteration { took: last - began, counts: vec![hops, place], disorder: 0 })
}
