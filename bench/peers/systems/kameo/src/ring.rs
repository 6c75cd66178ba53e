//! Ring: one message round a ring of actors, in the order in which they were made or in one that was drawn.

use crate::system::{Refused, System, tell, tell_from_outside};
use kameo::Actor;
use kameo::actor::ActorRef;
use kameo::message::{Context, Message};
use peer_tally::own::{Tallies, Tally};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{Latch, heard};
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;

#[derive(Actor)]
struct Member {
    place: u64,
    next: Option<ActorRef<Member>>,
    hops: Tally<u64>,
    linked: Arc<Latch>,
    ended: Sender<(Instant, u64)>,
}

struct Link(ActorRef<Member>);

impl Message<Link> for Member {
    type Reply = ();

    async fn handle(&mut self, Link(next): Link, _: &mut Context<Self, Self::Reply>) {
        self.next = Some(next);
        self.linked.count_down(self.place);
    }
}

/// With how many hops are left after this one.
struct Token(u64);

impl Message<Token> for Member {
    type Reply = Result<(), Refused>;

    async fn handle(&mut self, Token(left): Token, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        self.hops.count += 1;
        if left > 0 {
            return tell(self.next.as_ref().ok_or(Refused)?, Token(left - 1)).await;
        }
        self.ended.send((Instant::now(), self.place)).map_err(|_| Refused)
    }
}

pub(crate) fn run(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    // The place in the ring of each, in the order in which they are made.
    let mut places: Vec<u64> = (0..task.actors).collect();
    if task.work == Work::RingShuffled {
        Seeded::new(1).shuffle(&mut places);
    }
    let mut tallies = Tallies::new();
    let (linked, waiting) = Latch::new(task.actors);
    let (ended, news) = channel();
    let member = |place: &u64| {
        let (hops, linked, ended) = (tallies.tally(), linked.clone(), ended.clone());
        Member { place: *place, next: None, hops, linked, ended }
    };
    let members: Vec<_> = places.iter().map(member).collect();
    drop((linked, ended));
    let members = system.all_made(members)?;
    let mut ring: Vec<_> = places.iter().zip(&members).collect();
    ring.sort_unstable_by_key(|(place, _)| **place);
    for (at, (_, member)) in ring.iter().enumerate() {
        tell_from_outside(member, Link(ring[(at + 1) % ring.len()].1.clone()))?;
    }
    waiting.ended()?;
    let began = Instant::now();
    tell_from_outside(ring[0].1, Token(task.messages - 1))?;
    let (at, place) = heard(&news)?;
    // Each is held by the one before it.
    system.stopped(&members)?;
    let hops = tallies.all()?.iter().sum();
    Ok(Iteration { took: at.duration_since(began), counts: vec![hops, place], disorder: 0 })
}
