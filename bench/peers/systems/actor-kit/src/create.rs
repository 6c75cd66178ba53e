//! Create: an actor makes many, some at a time; each ends itself when it has handled its message.

use crate::handlers::Handles;
use crate::kit::{Kit, SIGN};
use crate::news::last_words;
use actor_kit::{ActorId, Message, MessagePayload};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{Latch, heard};
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

const AT_ONCE: u64 = 64;

struct Maker {
    kit: Kit,
    me: ActorId,
    made: u64,
    actors: u64,
    latch: Arc<Latch>,
    began: Sender<Instant>,
}

impl Handles for Maker {
    fn handle(&mut self, message: &Message) {
        if matches!(message.payload, MessagePayload::Start) {
            // Who does not wait for it has been told why.
            let _ = self.began.send(Instant::now());
        }
        for _ in 0..AT_ONCE.min(self.actors - self.made) {
            let (kit, latch) = (self.kit.clone(), self.latch.clone());
            let number = self.made;
            match self.kit.make(|me| Child { kit, me, number, handled: 0, latch }) {
                Ok(child) => self.kit.send(None, child, SIGN),
                Err(error) => panic!("{error}"),
            }
            self.made += 1;
        }
        if self.made < self.actors {
            self.kit.send(None, self.me, SIGN);
        }
    }
}

struct Child {
    kit: Kit,
    me: ActorId,
    number: u64,
    handled: u64,
    latch: Arc<Latch>,
}

impl Handles for Child {
    fn handle(&mut self, _: &Message) {
        self.handled += 1;
        self.kit.kill(&self.me);
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.handled == 1 {
            self.latch.count_down(self.number);
        }
    }
}

pub(crate) fn run(kit: &Kit, task: Task) -> Result<Iteration, Spoiled> {
    let (latch, waiting) = Latch::new(task.messages);
    let (began, begins) = channel();
    let actors = task.messages;
    let maker =
        kit.make(|me| Maker { kit: kit.clone(), me, made: 0, actors, latch: latch.clone(), began })?;
    kit.send(None, maker, MessagePayload::Start);
    let ended = waiting.ended()?;
    let began = heard(&begins)?;
    kit.kill(&maker);
    last_words(&begins, drop)?;
    Ok(Iteration { took: ended - began, counts: vec![latch.counted()], disorder: 0 })
}
