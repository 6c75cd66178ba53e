//! Ping-pong: who gets the ball sends it to whom it is from.

use crate::handlers::Handles;
use crate::kit::{Kit, SIGN};
use crate::news::last_words;
use actor_kit::{ActorId, Message, MessagePayload};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

struct Ping {
    kit: Kit,
    me: ActorId,
    pong: ActorId,
    left: u64,
    pongs: u64,
    began: Option<Instant>,
    took: Sender<Duration>,
    counts: Sender<(usize, u64)>,
}

impl Handles for Ping {
    fn handle(&mut self, message: &Message) {
        if matches!(message.payload, MessagePayload::Start) {
            self.began = Some(Instant::now());
        } else {
            self.pongs += 1;
            self.left -= 1;
        }
        if self.left > 0 {
            self.kit.send(Some(self.me), self.pong, SIGN);
        } else {
            let took = self.began.map(|began| began.elapsed()).unwrap_or_default();
            // Who does not wait for it has been told why.
            let _ = self.took.send(took);
        }
    }
}

impl Drop for Ping {
    fn drop(&mut self) {
        let _ = self.counts.send((0, self.pongs));
    }
}

struct Pong {
    kit: Kit,
    me: ActorId,
    pings: u64,
    counts: Sender<(usize, u64)>,
}

impl Handles for Pong {
    fn handle(&mut self, message: &Message) {
        self.pings += 1;
        if let Some(from) = message.sender {
            self.kit.send(Some(self.me), from, SIGN);
        }
    }
}

impl Drop for Pong {
    fn drop(&mut self) {
        let _ = self.counts.send((1, self.pings));
    }
}

pub(crate) fn run(kit: &Kit, task: Task) -> Result<Iteration, Spoiled> {
    let (took, ended) = channel();
    let (counts, counted) = channel();
    let pong = kit.make(|me| Pong { kit: kit.clone(), me, pings: 0, counts: counts.clone() })?;
    let left = task.each();
    let ping =
        kit.make(|me| Ping { kit: kit.clone(), me, pong, left, pongs: 0, began: None, took, counts })?;
    kit.send(None, ping, MessagePayload::Start);
    let took = heard(&ended)?;
    kit.kill(&ping);
    kit.kill(&pong);
    let mut counts = vec![0; 2];
    last_words(&counted, |(which, count)| counts[which] = count)?;
    Ok(Iteration { took, counts, disorder: 0 })
}
