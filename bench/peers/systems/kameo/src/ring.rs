//! Ring: one message round a ring of actors, in the order in which they were made or in one that was drawn.

use crate::system::{Refused, System, tell, tell_from_outside};
use kameo::Actor;
use kameo::actor::ActorRef;
use kameo::message::{Context, Message};
use peer_tally::ring::Ring;
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;

/// Holds little else than what a hop needs: one that is cold costs its lines.
#[derive(Actor)]
struct Member {
    next: Option<ActorRef<Member>>,
    place: u32,
    hops: u32,
}

struct Link(ActorRef<Member>, Arc<Ring>);

impl Message<Link> for Member {
    type Reply = ();

    async fn handle(&mut self, Link(next, ring): Link, _: &mut Context<Self, Self::Reply>) {
        self.next = Some(next);
        ring.linked(self.place);
    }
}

/// With how many hops are left after this one.
struct Token(u64, Arc<Ring>);

impl Message<Token> for Member {
    type Reply = Result<(), Refused>;

    async fn handle(&mut self, Token(left, ring): Token, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        self.hops += 1;
        if left > 0 {
            return tell(self.next.as_ref().ok_or(Refused)?, Token(left - 1, ring)).await;
        }
        ring.last(self.place);
        Ok(())
    }
}

struct End(Arc<Ring>);

impl Message<End> for Member {
    type Reply = ();

    async fn handle(&mut self, End(ring): End, _: &mut Context<Self, Self::Reply>) {
        ring.ended(self.place, self.hops);
    }
}

pub(crate) fn run(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    // The place in the ring of each, in the order in which they are made.
    let mut places: Vec<u32> = (0..task.actors as u32).collect();
    if task.work == Work::RingShuffled {
        Seeded::new(1).shuffle(&mut places);
    }
    let (shared, round) = Ring::new(task.actors);
    let member = |place: &u32| Member { next: None, place: *place, hops: 0 };
    let members: Vec<_> = places.iter().map(member).collect();
    let members = system.all_made(members)?;
    let mut ring: Vec<_> = places.iter().zip(&members).collect();
    ring.sort_unstable_by_key(|(place, _)| **place);
    for (at, (_, member)) in ring.iter().enumerate() {
        tell_from_outside(member, Link(ring[(at + 1) % ring.len()].1.clone(), shared.clone()))?;
    }
    round.linked()?;
    let began = Instant::now();
    tell_from_outside(ring[0].1, Token(task.messages - 1, shared.clone()))?;
    let (at, place) = round.last()?;
    for member in &members {
        tell_from_outside(member, End(shared.clone()))?;
    }
    // Each is held by the one before it.
    system.stopped(&members)?;
    let hops = round.ended()?;
    Ok(Iteration { took: at.duration_since(began), counts: vec![hops, place], disorder: 0 })
}
