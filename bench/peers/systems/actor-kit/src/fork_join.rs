//! Fork-join: one to each in turns, while there are places, and then a message to itself.

use crate::handlers::Handles;
use crate::kit::{CAPACITY, Kit, SIGN};
use crate::news::last_words;
use actor_kit::{ActorId, Message, MessagePayload};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

struct Receiver {
    number: usize,
    count: u64,
    last: u64,
    ended: Sender<Instant>,
    counts: Sender<(usize, u64)>,
}

impl Handles for Receiver {
    fn handle(&mut self, _: &Message) {
        self.count += 1;
        if self.count == self.last {
            // Who does not wait for it has been told why.
            let _ = self.ended.send(Instant::now());
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.counts.send((self.number, self.count));
    }
}

struct Sends {
    kit: Kit,
    me: ActorId,
    receivers: Vec<ActorId>,
    turn: usize,
    left: u64,
    began: Sender<Instant>,
}

impl Handles for Sends {
    fn handle(&mut self, message: &Message) {
        if matches!(message.payload, MessagePayload::Start) {
            let _ = self.began.send(Instant::now());
        }
        // All would be full after so many.
        for _ in 0..self.left.min((self.receivers.len() * CAPACITY / 2) as u64) {
            if !self.kit.try_send(None, self.receivers[self.turn], SIGN) {
                break;
            }
            self.left -= 1;
            self.turn += 1;
            if self.turn == self.receivers.len() {
                self.turn = 0;
            }
        }
        if self.left > 0 {
            self.kit.send(None, self.me, SIGN);
        }
    }
}

pub(crate) fn run(kit: &Kit, task: Task) -> Result<Iteration, Spoiled> {
    let many = task.actors as usize;
    let (ended, ends) = channel();
    let (began, begins) = channel();
    let (counts, counted) = channel();
    let receiver = |number| {
        let (ended, counts) = (ended.clone(), counts.clone());
        kit.make(|_| Receiver { number, count: 0, last: task.each(), ended, counts })
    };
    let receivers: Vec<_> = (0..many).map(receiver).collect::<Result<_, _>>()?;
    drop((ended, counts));
    let sends = kit.make(|me| {
        let receivers = receivers.clone();
        Sends { kit: kit.clone(), me, receivers, turn: 0, left: task.messages, began }
    })?;
    kit.send(None, sends, MessagePayload::Start);
    let began = heard(&begins)?;
    let mut last = began;
    for _ in 0..many {
        last = last.max(heard(&ends)?);
    }
    kit.kill(&sends);
    receivers.iter().for_each(|id| kit.kill(id));
    last_words(&begins, drop)?;
    let mut counts = vec![0; many];
    last_words(&counted, |(number, count)| counts[number] = count)?;
    Ok(Iteration { took: last - began, counts, disorder: 0 })
}
