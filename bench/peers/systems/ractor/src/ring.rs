//! Ring: one message round a ring of actors, in the order in which they were made or in one that was drawn.

use crate::all_made;
use peer_tally::ring::Ring;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;
use tokio::runtime::Handle;

struct Member;

/// Holds little else than what a hop needs: one that is cold costs its lines.
struct Linked {
    next: Option<ActorRef<ToMember>>,
    place: u32,
    hops: u32,
}

enum ToMember {
    Link(ActorRef<ToMember>, Arc<Ring>),
    /// With how many hops are left after this one.
    Token(u64, Arc<Ring>),
    End(Arc<Ring>),
}

impl Actor for Member {
    type Msg = ToMember;
    type State = Linked;
    type Arguments = Linked;

    async fn pre_start(&self, _: ActorRef<ToMember>, linked: Linked) -> Result<Linked, ActorProcessingErr> {
        Ok(linked)
    }

    async fn handle(
        &self,
        me: ActorRef<ToMember>,
        message: ToMember,
        linked: &mut Linked,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            ToMember::Link(next, ring) => {
                linked.next = Some(next);
                ring.linked(linked.place);
            }
            ToMember::Token(left, ring) => {
                linked.hops += 1;
                match left.checked_sub(1) {
                    Some(left) => {
                        let next = linked.next.as_ref().ok_or("a token before the link")?;
                        next.cast(ToMember::Token(left, ring))?;
                    }
                    None => ring.last(linked.place),
                }
            }
            ToMember::End(ring) => {
                ring.ended(linked.place, linked.hops);
                me.stop(None);
            }
        }
        Ok(())
    }
}

pub(crate) fn run(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    // The place in the ring of each, in the order in which they are made.
    let mut places: Vec<u32> = (0..task.actors as u32).collect();
    if task.work == Work::RingShuffled {
        Seeded::new(1).shuffle(&mut places);
    }
    let (shared, round) = Ring::new(task.actors);
    let member = |place: &u32| (Member, Linked { next: None, place: *place, hops: 0 });
    let members: Vec<_> = places.iter().map(member).collect();
    let members = all_made(runtime, members)?;
    let mut ring: Vec<_> = places.iter().zip(&members).collect();
    ring.sort_unstable_by_key(|(place, _)| **place);
    for (at, (_, member)) in ring.iter().enumerate() {
        member.cast(ToMember::Link(ring[(at + 1) % ring.len()].1.clone(), shared.clone()))?;
    }
    round.linked()?;
    let began = Instant::now();
    ring[0].1.cast(ToMember::Token(task.messages - 1, shared.clone()))?;
    let (at, place) = round.last()?;
    for member in &members {
        member.cast(ToMember::End(shared.clone()))?;
    }
    let hops = round.ended()?;
    Ok(Iteration { took: at.duration_since(began), counts: vec![hops, place], disorder: 0 })
}
