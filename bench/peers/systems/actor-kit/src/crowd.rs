//! Idle actors.

use crate::handlers::Handles;
use crate::kit::{Kit, SIGN};
use actor_kit::Message;
use std::sync::Arc;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;

/// Handles its message, and has nothing to do.
struct Idle {
    number: u64,
    handled: u64,
    /// Whom to tell that it was: no message can bring it.
    latch: Option<Arc<Latch>>,
}

impl Handles for Idle {
    fn handle(&mut self, _: &Message) {
        self.handled += 1;
        if let Some(latch) = self.latch.take() {
            latch.count_down(self.number);
        }
    }
}

pub(crate) fn make(kit: &Kit, actors: u64) -> Result<(), Spoiled> {
    let (latch, waiting) = Latch::new(actors);
    for number in 0..actors {
        let actor = kit.make(|_| Idle { number, handled: 0, latch: Some(latch.clone()) })?;
        kit.send(None, actor, SIGN);
    }
    drop(latch);
    waiting.ended().map(drop)
}
