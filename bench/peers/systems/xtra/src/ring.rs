//! Ring: one message round a ring of actors, in the order in which they were made or in one that was drawn.

use crate::system::{System, tell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{Latch, heard};
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;
use xtra::{Address, Context, Error, Handler};

/// What all of a ring share, and look at once, or at the last hop.
struct Ring {
    linked: Arc<Latch>,
    ended: Sender<(Instant, u64)>,
    /// Hops that each says at its end to have had.
    hops: AtomicU64,
    gone: Arc<Latch>,
}

/// Holds little else than what a hop needs: one that is cold costs its lines.
#[derive(xtra::Actor)]
struct Member {
    next: Option<Address<Member>>,
    place: u32,
    hops: u32,
    ring: Arc<Ring>,
}

impl Drop for Member {
    fn drop(&mut self) {
        // Relaxed: the latch publishes it.
        self.ring.hops.fetch_add(self.hops.into(), Ordering::Relaxed);
        self.ring.gone.count_down(self.place.into());
    }
}

struct Link(Address<Member>);

impl Handler<Link> for Member {
    type Return = ();

    async fn handle(&mut self, Link(next): Link, _: &mut Context<Self>) {
        self.next = Some(next);
        self.ring.linked.count_down(self.place.into());
    }
}

/// With how many hops are left after this one.
struct Token(u64);

impl Handler<Token> for Member {
    type Return = Result<(), Error>;

    async fn handle(&mut self, Token(left): Token, _: &mut Context<Self>) -> Self::Return {
        self.hops += 1;
        if left > 0 {
            return tell(self.next.as_ref().ok_or(Error::Disconnected)?, Token(left - 1)).await;
        }
        self.ring.ended.send((Instant::now(), self.place.into())).map_err(|_| Error::Interrupted)
    }
}

struct End;

impl Handler<End> for Member {
    type Return = ();

    async fn handle(&mut self, _: End, context: &mut Context<Self>) {
        context.stop_self();
    }
}

pub(crate) fn run(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    // The place in the ring of each, in the order in which they are made.
    let mut places: Vec<u32> = (0..task.actors as u32).collect();
    if task.work == Work::RingShuffled {
        Seeded::new(1).shuffle(&mut places);
    }
    let (linked, waiting) = Latch::new(task.actors);
    let (gone, all_gone) = Latch::new(task.actors);
    let (ended, news) = channel();
    let shared = Arc::new(Ring { linked, ended, hops: AtomicU64::new(0), gone });
    let member = |place: &u32| Member { next: None, place: *place, hops: 0, ring: shared.clone() };
    let members: Vec<_> = places.iter().map(member).collect();
    let members = system.all_made(members)?;
    let mut ring: Vec<_> = places.iter().zip(&members).collect();
    ring.sort_unstable_by_key(|(place, _)| **place);
    for (at, (_, member)) in ring.iter().enumerate() {
        system.tell(member, Link(ring[(at + 1) % ring.len()].1.clone()))?;
    }
    waiting.ended()?;
    let began = Instant::now();
    system.tell(ring[0].1, Token(task.messages - 1))?;
    let (at, place) = heard(&news)?;
    // Each is held by the one before it, and would not end by itself.
    for member in &members {
        system.tell(member, End)?;
    }
    all_gone.ended()?;
    let hops = shared.hops.load(Ordering::Relaxed);
    Ok(Iteration { took: at.duration_since(began), counts: vec![hops, place], disorder: 0 })
}
