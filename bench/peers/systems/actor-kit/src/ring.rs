//! Rings: each knows the name of the next.

use crate::handlers::Handles;
use crate::kit::{Kit, bytes, number};
use crate::news::last_words;
use actor_kit::{ActorId, Message, MessagePayload};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;

/// What all share. A message has bytes, and cannot bring it: it is one address that each holds.
struct Ring {
    kit: Kit,
    /// What the first one begins with.
    messages: u64,
    news: Sender<News>,
}

/// Holds little else than what a hop needs: one that is cold costs its lines.
struct Member {
    ring: Arc<Ring>,
    next: ActorId,
    place: u32,
    hops: u32,
}

/// What a member tells.
enum News {
    /// It has the first hop.
    Began(Instant),
    /// It had the last, at this place.
    Ended(Instant, u64),
    /// It is dropped, and had so many hops.
    Hops(u64),
}

impl Member {
    fn tell(&self, news: News) {
        // Who does not wait for it has been told why.
        let _ = self.ring.news.send(news);
    }
}

impl Handles for Member {
    fn handle(&mut self, message: &Message) {
        let left = if matches!(message.payload, MessagePayload::Start) {
            self.tell(News::Began(Instant::now()));
            self.ring.messages
        } else {
            number(message)
        };
        self.hops += 1;
        if left > 1 {
            self.ring.kit.send(None, self.next, bytes(&(left - 1).to_le_bytes()));
        } else {
            self.tell(News::Ended(Instant::now(), self.place.into()));
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.tell(News::Hops(self.hops.into()));
    }
}

pub(crate) fn run(kit: &Kit, task: Task) -> Result<Iteration, Spoiled> {
    let (news, told) = channel();
    let mut members: Vec<_> = (0..task.actors).map(|_| kit.name()).collect::<Result<_, _>>()?;
    if task.work == Work::RingShuffled {
        Seeded::new(1).shuffle(&mut members);
    }
    let ring = Arc::new(Ring { kit: kit.clone(), messages: task.messages, news });
    for (place, id) in members.iter().enumerate() {
        let next = members[(place + 1) % members.len()];
        kit.behave(*id, Member { ring: ring.clone(), next, place: place as u32, hops: 0 });
    }
    drop(ring);
    kit.send(None, members[0], MessagePayload::Start);
    let unexpected = || Spoiled::Wrong("an actor of the ring ended before the last hop".into());
    let News::Began(began) = heard(&told)? else { return Err(unexpected()) };
    let News::Ended(ended, place) = heard(&told)? else { return Err(unexpected()) };
    members.iter().for_each(|id| kit.kill(id));
    let mut hops = 0;
    last_words(&told, |news| {
        if let News::Hops(of_one) = news {
            hops += of_one;
        }
    })?;
    Ok(Iteration { took: ended - began, counts: vec![hops, place], disorder: 0 })
}
