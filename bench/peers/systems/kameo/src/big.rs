//! Big: each of many pings another that it draws, and waits for the pong.

use crate::system::{Refused, System, tell, tell_from_outside};
use kameo::Actor;
use kameo::actor::ActorRef;
use kameo::message::{Context, Message};
use peer_tally::own::{Tallies, Tally};
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use throng_bench::seeded::Seeded;

#[derive(Actor)]
struct Peer {
    number: u64,
    left: u64,
    drawn: Seeded,
    peers: Arc<Vec<ActorRef<Peer>>>,
    /// Pongs that came, and pings that were answered.
    counts: Tally<(u64, u64)>,
    linked: Arc<Latch>,
    ended: Arc<Latch>,
}

impl Peer {
    /// The next ping, if one is left.
    async fn ping(&mut self) -> Result<(), Refused> {
        if self.left == 0 {
            self.ended.count_down(self.number);
            return Ok(());
        }
        self.left -= 1;
        let drawn = self.drawn.below(self.peers.len() as u64);
        tell(&self.peers[drawn as usize], Ping(self.number)).await
    }
}

struct Meet(Arc<Vec<ActorRef<Peer>>>);

impl Message<Meet> for Peer {
    type Reply = ();

    async fn handle(&mut self, Meet(peers): Meet, _: &mut Context<Self, Self::Reply>) {
        self.peers = peers;
        self.linked.count_down(self.number);
    }
}

struct Begin;

impl Message<Begin> for Peer {
    type Reply = Result<(), Refused>;

    async fn handle(&mut self, _: Begin, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        self.ping().await
    }
}

/// With the number of who pings.
struct Ping(u64);

impl Message<Ping> for Peer {
    type Reply = Result<(), Refused>;

    async fn handle(&mut self, Ping(from): Ping, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        self.counts.count.1 += 1;
        tell(&self.peers[from as usize], Pong).await
    }
}

struct Pong;

impl Message<Pong> for Peer {
    type Reply = Result<(), Refused>;

    async fn handle(&mut self, _: Pong, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        self.counts.count.0 += 1;
        self.ping().await
    }
}

pub(crate) fn run(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (linked, linking) = Latch::new(task.actors);
    let (ended, waiting) = Latch::new(task.actors);
    let nobody = Arc::new(Vec::new());
    let peer = |number| {
        let (peers, counts) = (Arc::clone(&nobody), tallies.tally());
        let (drawn, linked, ended) = (Seeded::stream(1, number), linked.clone(), ended.clone());
        Peer { number, left: task.each(), drawn, peers, counts, linked, ended }
    };
    let peers: Vec<_> = (0..task.actors).map(peer).collect();
    drop((linked, ended));
    let peers = Arc::new(system.all_made(peers)?);
    for peer in peers.iter() {
        tell_from_outside(peer, Meet(Arc::clone(&peers)))?;
    }
    linking.ended()?;
    let began = Instant::now();
    for peer in peers.iter() {
        tell_from_outside(peer, Begin)?;
    }
    let took = waiting.ended()?.duration_since(began);
    // Each is held by all.
    system.stopped(&peers)?;
    let (mut counts, answered): (Vec<u64>, Vec<u64>) = tallies.all()?.into_iter().unzip();
    counts.push(answered.iter().sum());
    Ok(Iteration { took, counts, disorder: 0 })
}
