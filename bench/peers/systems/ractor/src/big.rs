//! Big: each of many pings another that it draws, and waits for the pong.

use crate::all_made;
use peer_tally::own::{Tallies, Tally};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use throng_bench::seeded::Seeded;
use tokio::runtime::Handle;

struct Peer;

struct Pinging {
    number: u64,
    left: u64,
    drawn: Seeded,
    peers: Arc<Vec<ActorRef<ToPeer>>>,
    /// Pongs that came, and pings that were answered.
    counts: Tally<(u64, u64)>,
    linked: Arc<Latch>,
    ended: Arc<Latch>,
}

enum ToPeer {
    Meet(Arc<Vec<ActorRef<ToPeer>>>),
    Begin,
    /// With the number of who pings.
    Ping(u64),
    Pong,
}

impl Pinging {
    /// The next ping, if one is left.
    fn ping(&mut self) -> Result<(), ActorProcessingErr> {
        if self.left == 0 {
            self.ended.count_down(self.number);
            return Ok(());
        }
        self.left -= 1;
        let drawn = self.drawn.below(self.peers.len() as u64);
        Ok(self.peers[drawn as usize].cast(ToPeer::Ping(self.number))?)
    }
}

impl Actor for Peer {
    type Msg = ToPeer;
    type State = Pinging;
    type Arguments = Pinging;

    async fn pre_start(&self, _: ActorRef<ToPeer>, pinging: Pinging) -> Result<Pinging, ActorProcessingErr> {
        Ok(pinging)
    }

    async fn handle(
        &self,
        _: ActorRef<ToPeer>,
        message: ToPeer,
        pinging: &mut Pinging,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            ToPeer::Meet(peers) => {
                pinging.peers = peers;
                pinging.linked.count_down(pinging.number);
            }
            ToPeer::Begin => pinging.ping()?,
            ToPeer::Ping(from) => {
                pinging.counts.count.1 += 1;
                pinging.peers[from as usize].cast(ToPeer::Pong)?;
            }
            ToPeer::Pong => {
                pinging.counts.count.0 += 1;
                pinging.ping()?;
            }
        }
        Ok(())
    }
}

pub(crate) fn run(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (linked, linking) = Latch::new(task.actors);
    let (ended, waiting) = Latch::new(task.actors);
    let nobody = Arc::new(Vec::new());
    let pinging = |number| {
        let (peers, counts) = (Arc::clone(&nobody), tallies.tally());
        let (drawn, linked, ended) = (Seeded::stream(1, number), linked.clone(), ended.clone());
        (Peer, Pinging { number, left: task.each(), drawn, peers, counts, linked, ended })
    };
    let peers: Vec<_> = (0..task.actors).map(pinging).collect();
    drop((linked, ended));
    let peers = Arc::new(all_made(runtime, peers)?);
    for peer in peers.iter() {
        peer.cast(ToPeer::Meet(Arc::clone(&peers)))?;
    }
    linking.ended()?;
    let began = Instant::now();
    for peer in peers.iter() {
        peer.cast(ToPeer::Begin)?;
    }
    let took = waiting.ended()?.duration_since(began);
    for peer in peers.iter() {
        peer.stop(None);
    }
    let (mut counts, answered): (Vec<u64>, Vec<u64>) = tallies.all()?.into_iter().unzip();
    counts.push(answered.iter().sum());
    Ok(Iteration { took, counts, disorder: 0 })
}
