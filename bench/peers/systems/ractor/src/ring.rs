//! Ring: one message round a ring of actors, in the order in which they were made or in one that was drawn.

use crate::all_made;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{Latch, heard};
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;
use tokio::runtime::Handle;

struct Member;

/// What all of a ring share, and look at once, or at the last hop.
struct Ring {
    linked: Arc<Latch>,
    ended: Sender<(Instant, u64)>,
    /// Hops that each says at its end to have had.
    hops: AtomicU64,
    gone: Arc<Latch>,
}

/// Holds little else than what a hop needs: one that is cold costs its lines.
struct Linked {
    next: Option<ActorRef<ToMember>>,
    place: u32,
    hops: u32,
    ring: Arc<Ring>,
}

impl Drop for Linked {
    fn drop(&mut self) {
        // Relaxed: the latch publishes it.
        self.ring.hops.fetch_add(self.hops.into(), Ordering::Relaxed);
        self.ring.gone.count_down(self.place.into());
    }
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
                linked.ring.linked.count_down(linked.place.into());
            }
            ToMember::Token(left) => {
                linked.hops += 1;
                match left.checked_sub(1) {
                    Some(left) => {
                        linked.next.as_ref().ok_or("a token before the link")?.cast(ToMember::Token(left))?
                    }
                    None => linked.ring.ended.send((Instant::now(), linked.place.into()))?,
                }
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
    let (linked, waiting) = Latch::new(task.actors);
    let (gone, all_gone) = Latch::new(task.actors);
    let (ended, news) = channel();
    let shared = Arc::new(Ring { linked, ended, hops: AtomicU64::new(0), gone });
    let member = |place: &u32| (Member, Linked { next: None, place: *place, hops: 0, ring: shared.clone() });
    let members: Vec<_> = places.iter().map(member).collect();
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
    all_gone.ended()?;
    let hops = shared.hops.load(Ordering::Relaxed);
    Ok(Iteration { took: at.duration_since(began), counts: vec![hops, place], disorder: 0 })
}
