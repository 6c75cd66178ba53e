//! One message round a ring of actors, in the order in which they were made or in another.

use crate::inside::{Actor, ended, inside};
use crate::mailboxes::{Address, Mailbox, Mailboxes};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{Latch, heard};
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;
use tokio::runtime::Handle;

/// The message, with the hops that are left, this one among them.
struct Token(u64);

/// When the last hop was, and the place of the actor that it came to.
type Last = (Instant, u64);

/// What all of a ring share, and look at once, or at the last hop.
struct Ring {
    there: Arc<Latch>,
    told: Sender<Last>,
}

pub(crate) fn ring<M: Mailboxes>(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let (there, all_there) = Latch::new(task.actors);
    let (told, news) = channel();
    let ring = Arc::new(Ring { there, told });
    let (first, actors) = inside(runtime, async move { Ok(linked::<M>(task, &ring)) })?;
    all_there.ended()?;
    let began = inside(runtime, async move {
        let began = Instant::now();
        first.send(Token(task.messages)).await?;
        Ok(began)
    })?;
    let (last, place) = heard(&news)?;
    let hops = inside(runtime, ended(actors))?;
    let hops = hops.into_iter().map(u64::from).sum();
    Ok(Iteration { took: last - began, counts: vec![hops, place], disorder: 0 })
}

/// All actors, each with the address of the next, and the address of the one at place 0.
fn linked<M: Mailboxes>(task: Task, ring: &Arc<Ring>) -> (M::Address<Token>, Vec<Actor<u32>>) {
    let count = task.actors as usize;
    let mut order: Vec<usize> = (0..count).collect();
    if task.work == Work::RingShuffled {
        Seeded::new(1).shuffle(&mut order);
    }
    let mut places = vec![0; count];
    for (place, actor) in order.iter().enumerate() {
        places[*actor] = place;
    }
    let (addresses, tokens): (Vec<M::Address<Token>>, Vec<_>) = (0..count).map(|_| M::mailbox()).unzip();
    let hand_over = |(tokens, place): (M::Mailbox<Token>, usize)| {
        let next = addresses[order[(place + 1) % count]].clone();
        tokio::spawn(one::<M>(place as u32, tokens, next, Arc::clone(ring)))
    };
    let actors = tokens.into_iter().zip(places).map(hand_over).collect();
    (addresses[order[0]].clone(), actors)
}

/// Counts the hops to it, and holds little else: a task that is cold costs its lines. What all share is not in the token: a mailbox takes
/// memory for 32 messages at once, so that with messages twice as long each actor would take 256 bytes more for the 8 that it has here. The
/// one with the last hop ends, and with that nobody is left who could send to the next, which ends too.
async fn one<M: Mailboxes>(
    place: u32,
    mut tokens: M::Mailbox<Token>,
    next: M::Address<Token>,
    ring: Arc<Ring>,
) -> Result<u32, Spoiled> {
    ring.there.count_down(place.into());
    let mut hops = 0;
    while let Some(Token(left)) = tokens.next().await {
        hops += 1;
        if left == 1 {
            ring.told.send((Instant::now(), place.into()))?;
            break;
        }
        next.send(Token(left - 1)).await?;
    }
    Ok(hops)
}
