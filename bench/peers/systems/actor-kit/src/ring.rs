//! Rings: each knows the name of the next.

use crate::handlers::Handles;
use crate::kit::{Kit, bytes, number};
use crate::news::last_words;
use actor_kit::{ActorId, Message, MessagePayload};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;

struct Member {
    kit: Kit,
    next: ActorId,
    /// Where it is in the ring.
    place: u64,
    /// What the first one begins with.
    messages: u64,
    hops: u64,
    news: Sender<News>,
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
        let _ = self.news.send(news);
    }
}

impl Handles for Member {
    fn handle(&mut self, message: &Message) {
        let left = if matches!(message.payload, MessagePayload::Start) {
            self.tell(News::Began(Instant::now()));
            self.messages
        } else {
            number(message)
        };
        self.hops += 1;
        if left > 1 {
            self.kit.send(None, self.next, bytes(&(left - 1).to_le_bytes()));
        } else {
            self.tell(News::Ended(Instant::now(), self.place));
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.tell(News::Hops(self.hops));
    }
}

pub(crate) fn run(kit: &Kit, task: Task) -> Result<Iteration, Spoiled> {
    let (news, told) = channel();
    let mut members: Vec<_> = (0..task.actors).map(|_| kit.name()).collect::<Result<_, _>>()?;
    if task.work == Work::RingShuffled {
        Seeded::new(1).shuffle(&mut members);
    }
    for (place, id) in members.iter().enumerate() {
        let next = members[(place + 1) % members.len()];
        let (place, messages, news) = (place as u64, task.messages, news.clone());
        kit.behave(*id, Member { kit: kit.clone(), next, place, messages, hops: 0, news });
    }
    drop(news);
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
