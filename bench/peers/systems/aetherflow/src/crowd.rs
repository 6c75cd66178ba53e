//! Idle actors: with the smallest mailbox, as each of their messages has been handled when the next one comes.

use crate::news::arrived;
use crate::placing::{Cores, SMALLEST};
use aetherflow::{Actor, ActorRef};
use std::sync::Arc;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;

/// At some 700 bytes each, more than these need more memory than there is.
const MOST: u64 = 20_000_000;

/// Handles its message, and has nothing to do.
pub(crate) struct Idle {
    number: u64,
    handled: u64,
}

/// Whom to tell that it was handled.
pub(crate) struct Wake(Arc<Latch>);

impl Actor for Idle {
    type Message = Wake;

    fn handle(&mut self, Wake(latch): Wake) {
        self.handled += 1;
        if self.handled == 1 {
            latch.count_down(self.number);
        }
    }
}

pub(crate) fn make(cores: Cores<'_>, actors: u64, idle: &mut Vec<ActorRef<Idle>>) -> Result<(), Spoiled> {
    let all = idle.len() as u64 + actors;
    if all > MOST {
        return Err(Spoiled::Failed(format!(
            "{all} actors take too much memory: more than {MOST} are not tried"
        )));
    }
    let (latch, waiting) = Latch::new(actors);
    idle.reserve_exact(actors as usize);
    for number in 0..actors {
        let core = cores.of(number as usize, actors as usize);
        let actor = cores.make_with(core, Idle { number, handled: 0 }, SMALLEST);
        arrived(actor.send_blocking(Wake(latch.clone())))?;
        idle.push(actor);
    }
    drop(latch);
    waiting.ended().map(drop)
}
