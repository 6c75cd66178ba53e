//! Ping-pong: both on one core, where a message costs no traffic between caches.

use crate::news::{arrived, certain, heard, last_words};
use crate::placing::Cores;
use aetherflow::{Actor, ActorRef};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

struct Ping {
    pong: ActorRef<Pong>,
    left: u64,
    pongs: u64,
    began: Option<Instant>,
    took: Sender<Duration>,
    counts: Sender<(usize, u64)>,
}

enum ToPing {
    Serve,
    Pong,
}

impl Actor for Ping {
    type Message = ToPing;

    fn handle(&mut self, message: ToPing) {
        match message {
            ToPing::Serve => {
                self.began = Some(Instant::now());
                certain(self.pong.try_send(ToPong::Ping));
            }
            ToPing::Pong => {
                self.pongs += 1;
                self.left -= 1;
                if self.left > 0 {
                    certain(self.pong.try_send(ToPong::Ping));
                } else {
                    let took = self.began.map(|began| began.elapsed()).unwrap_or_default();
                    // Who does not wait for it has been told why.
                    let _ = self.took.send(took);
                    certain(self.pong.try_send(ToPong::Part));
                }
            }
        }
    }

    fn on_stop(&mut self) {
        let _ = self.counts.send((0, self.pongs));
    }
}

struct Pong {
    ping: Option<ActorRef<Ping>>,
    pings: u64,
    counts: Sender<(usize, u64)>,
}

enum ToPong {
    Meet(Box<ActorRef<Ping>>),
    Ping,
    Part,
}

impl Actor for Pong {
    type Message = ToPong;

    fn handle(&mut self, message: ToPong) {
        match message {
            ToPong::Ping => {
                self.pings += 1;
                if let Some(ping) = &self.ping {
                    certain(ping.try_send(ToPing::Pong));
                }
            }
            ToPong::Meet(ping) => self.ping = Some(*ping),
            // An actor ends when nobody can send to it.
            ToPong::Part => self.ping = None,
        }
    }

    fn on_stop(&mut self) {
        let _ = self.counts.send((1, self.pings));
    }
}

pub(crate) fn run(cores: Cores<'_>, task: Task) -> Result<Iteration, Spoiled> {
    let (took, ended) = channel();
    let (counts, counted) = channel();
    let pong = cores.make(0, Pong { ping: None, pings: 0, counts: counts.clone() });
    let ping = Ping { pong: pong.clone(), left: task.each(), pongs: 0, began: None, took, counts };
    let ping = cores.make(0, ping);
    arrived(pong.send_blocking(ToPong::Meet(Box::new(ping.clone()))))?;
    arrived(ping.send_blocking(ToPing::Serve))?;
    let took = heard(&ended)?;
    drop((ping, pong));
    let mut counts = vec![0; 2];
    last_words(&counted, |(which, count)| counts[which] = count)?;
    Ok(Iteration { took, counts, disorder: 0 })
}
