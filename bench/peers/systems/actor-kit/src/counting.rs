//! Counting: as many at once as the mailbox has places for, and then a message to itself.

use crate::handlers::Handles;
use crate::kit::{Kit, SIGN};
use crate::news::last_words;
use actor_kit::{ActorId, Mailbox, Message, MessagePayload};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

struct Counter {
    total: u64,
    last: u64,
    told: Sender<(Instant, u64)>,
}

impl Handles for Counter {
    fn handle(&mut self, _: &Message) {
        self.total += 1;
        if self.total == self.last {
            // Who does not wait for it has been told why.
            let _ = self.told.send((Instant::now(), self.total));
        }
    }
}

struct Producer {
    kit: Kit,
    me: ActorId,
    counter: ActorId,
    mailbox: Arc<Mailbox>,
    left: u64,
    began: Sender<Instant>,
}

impl Handles for Producer {
    fn handle(&mut self, message: &Message) {
        if matches!(message.payload, MessagePayload::Start) {
            let _ = self.began.send(Instant::now());
        }
        // Nobody else sends to it: what there is place for now there is place for when it is sent.
        let places = self.left.min(self.mailbox.remaining_capacity() as u64);
        self.kit.send_batch(self.counter, places as usize);
        self.left -= places;
        if self.left > 0 {
            self.kit.send(None, self.me, SIGN);
        }
    }
}

pub(crate) fn run(kit: &Kit, task: Task) -> Result<Iteration, Spoiled> {
    let (told, total) = channel();
    let (began, begins) = channel();
    let counter = kit.make(|_| Counter { total: 0, last: task.messages, told })?;
    let mailbox = kit.mailbox(&counter)?;
    let left = task.messages;
    let producer = kit.make(|me| Producer { kit: kit.clone(), me, counter, mailbox, left, began })?;
    kit.send(None, producer, MessagePayload::Start);
    let (ended, count) = heard(&total)?;
    let began = heard(&begins)?;
    kit.kill(&producer);
    kit.kill(&counter);
    last_words(&begins, drop)?;
    last_words(&total, drop)?;
    Ok(Iteration { took: ended - began, counts: vec![count], disorder: 0 })
}
