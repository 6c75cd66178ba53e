//! One message round a ring.

use crate::alone::spoiled::Spoiled;
use crate::peers::latch::{Latch, heard};
use crate::peers::peer::Iteration;
use crate::peers::task::Task;
use crate::seeded::Seeded;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng::{Actor, Address, Context, Fault, System};

/// What all of a ring share, and look at once, or at the last hop.
struct Ring {
    told: Sender<(Instant, u64)>,
    /// Hops that each says at its end to have had.
    hops: AtomicU64,
    /// Each knows its next; each has ended.
    linked: Arc<Latch>,
    ended: Arc<Latch>,
}

/// It knows who it is and who is next, and counts: it lies in its mailbox's line.
struct Node {
    next: Option<Address<Token>>,
    place: u32,
    hops: u32,
}

enum Token {
    Next(Address<Token>, Arc<Ring>),
    Hop(u64, Arc<Ring>),
    End(Arc<Ring>),
}

impl Actor for Node {
    type Msg = Token;

    fn handle(&mut self, token: Token, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match token {
            Token::Next(next, ring) => {
                self.next = Some(next);
                ring.linked.count_down(self.place.into());
            }
            Token::Hop(left, ring) => {
                self.hops += 1;
                if left == 1 {
                    ring.told.send((Instant::now(), self.place.into()))?;
                    return Ok(());
                }
                let next = self.next.ok_or_else(|| Fault::msg("a token, and nobody is next"))?;
                cx.send(next, Token::Hop(left - 1, ring))?;
            }
            Token::End(ring) => {
                // Relaxed: the latch publishes it.
                ring.hops.fetch_add(self.hops.into(), Ordering::Relaxed);
                ring.ended.count_down(self.place.into());
                cx.stop();
            }
        }
        Ok(())
    }
}

/// An order that is drawn, and the same each time.
pub(super) fn shuffled(actors: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..actors).collect();
    Seeded::new(1).shuffle(&mut order);
    order
}

/// `order[place]` is which of the actors, in the order in which they are made, has this place.
pub(super) fn ring(system: &System, task: Task, order: Vec<usize>) -> Result<Iteration, Spoiled> {
    let (told, over) = channel();
    let (linked, all_linked) = Latch::new(task.actors);
    let (ended, all_ended) = Latch::new(task.actors);
    let ring = Arc::new(Ring { told, hops: AtomicU64::new(0), linked, ended });
    let mut places = vec![0; order.len()];
    for (place, made) in order.iter().enumerate() {
        places[*made] = place as u32;
    }
    let nodes: Vec<_> =
        places.iter().map(|place| system.spawn(Node { next: None, place: *place, hops: 0 })).collect();
    for (place, made) in order.iter().enumerate() {
        let next = nodes[order[(place + 1) % order.len()]];
        nodes[*made].try_send(Token::Next(next, Arc::clone(&ring)))?;
    }
    all_linked.ended()?;
    let begun = Instant::now();
    nodes[order[0]].try_send(Token::Hop(task.messages, Arc::clone(&ring)))?;
    let (ended, last) = heard(&over)?;
    for node in nodes {
        node.try_send(Token::End(Arc::clone(&ring)))?;
    }
    all_ended.ended()?;
    let hops = ring.hops.load(Ordering::Relaxed);
    Ok(Iteration { took: ended - begun, counts: vec![hops, last], disorder: 0 })
}
