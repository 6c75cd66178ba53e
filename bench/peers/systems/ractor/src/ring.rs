//! Ring: one message round a ring of actors, in the order in which they were made or in one that was drawn.

use crate::all_made;
use peer_tally::own::{Tallies, Tally};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{Latch, heard};
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;
use tokio::runtime::Runtime;

struct Member;

struct Linked {
    place: u64,
    next: Option<ActorRef<ToMember>>,
    hops: Tally<u64>,
    linked: Arc<Latch>,
    ended: Sender<(Instant, u64)>,
}

enum ToMember {
    Link(ActorRef<ToMember>),
    /// With how many hops are left after this one.
    Token(u64),
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
        _: ActorRef<ToMember>,
        message: ToMember,
        linked: &mut Linked,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            ToMember::Link(next) => {
                linked.next = Some(next);
                linked.linked.count_down(linked.place);
            }
            ToMember::Token(left) => {
                linked.hops.count += 1;
                match left.checked_sub(1) {
                    Some(left) => {
                        linked.next.as_ref().ok_or("a token before the link")?.cast(ToMember::Token(left))?
                    }
                    None => linked.ended.send((Instant::now(), linked.place))?,
                }
            }
        }
        Ok(())
    }
}

pub(crate) fn run(runtime: &Runtime, task: Task) -> Result<Iteration, Spoiled> {
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
        (Member, Linked { place: *place, next: None, hops, linked, ended })
    };
    let members: Vec<_> = places.iter().map(member).collect();
    drop((linked, ended));
    let members = all_made(runtime, members)?;
    let mut ring: Vec<_> = places.iter().zip(&members).collect();
    ring.sort_unstable_by_key(|(place, _)| **place);
    for (at, (_, member)) in ring.iter().enumerate() {
        member.cast(ToMember::Link(ring[(at + 1) % ring.len()].1.clone()))?;
    }
    waiting.ended()?;
    let began = Instant::now();
    ring[0].1.cast(ToMember::Token(task.messages - 1))?;
    let (at, place) = heard(&news)?;
    for member in &members {
        member.stop(None);
    }
    let hops = tallies.all()?.iter().sum();
    Ok(Iteration { took: at.duration_since(began), counts: vec![hops, place], disorder: 0 })
}
