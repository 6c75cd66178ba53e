//! Rings: neighbours of those that were made one after the other share a core, so that a message mostly stays in it.

use crate::news::{arrived, certain, heard, last_words};
use crate::placing::{Cores, SMALLEST};
use aetherflow::{Actor, ActorRef};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::{Task, Work};
use throng_bench::seeded::Seeded;

struct Member {
    next: Option<ActorRef<Member>>,
    hops: u64,
    place: u64,
    news: Sender<News>,
}

/// What a member tells.
enum News {
    /// It has the first hop.
    Began(Instant),
    /// It had the last, at this place.
    Ended(Instant, u64),
    /// It ends, and had so many hops.
    Hops(u64),
}

enum ToMember {
    /// Who comes next, and whom to tell that it is known.
    Next(Box<(ActorRef<Member>, u64, Arc<Latch>)>),
    Begin(u64),
    Hops(u64),
    Leave,
}

impl Member {
    fn tell(&self, news: News) {
        // Who does not wait for it has been told why.
        let _ = self.news.send(news);
    }

    #[inline(always)]
    fn hop(&mut self, left: u64) {
        self.hops += 1;
        match &self.next {
            Some(next) if left > 1 => certain(next.try_send(ToMember::Hops(left - 1))),
            _ => self.tell(News::Ended(Instant::now(), self.place)),
        }
    }
}

impl Actor for Member {
    type Message = ToMember;

    fn handle(&mut self, message: ToMember) {
        match message {
            ToMember::Hops(left) => self.hop(left),
            ToMember::Begin(hops) => {
                self.tell(News::Began(Instant::now()));
                self.hop(hops);
            }
            ToMember::Next(linked) => {
                let (next, place, latch) = *linked;
                self.next = Some(next);
                self.place = place;
                latch.count_down(place);
            }
            // An actor ends when nobody can send to it.
            ToMember::Leave => self.next = None,
        }
    }

    fn on_stop(&mut self) {
        self.tell(News::Hops(self.hops));
    }
}

pub(crate) fn run(cores: Cores<'_>, task: Task) -> Result<Iteration, Spoiled> {
    let many = task.actors as usize;
    let (news, told) = channel();
    let member = |number| {
        let member = Member { next: None, hops: 0, place: 0, news: news.clone() };
        cores.make_with(cores.of(number, many), member, SMALLEST)
    };
    let mut members: Vec<_> = (0..many).map(member).collect();
    drop(news);
    if task.work == Work::RingShuffled {
        Seeded::new(1).shuffle(&mut members);
    }
    let (latch, waiting) = Latch::new(task.actors);
    for (place, member) in members.iter().enumerate() {
        let next = members[(place + 1) % many].clone();
        let linked = Box::new((next, place as u64, latch.clone()));
        arrived(member.send_blocking(ToMember::Next(linked)))?;
    }
    waiting.ended()?;
    arrived(members[0].send_blocking(ToMember::Begin(task.messages)))?;
    let News::Began(began) = heard(&told)? else { return Err(unexpected()) };
    let News::Ended(ended, place) = heard(&told)? else { return Err(unexpected()) };
    for member in members {
        arrived(member.send_blocking(ToMember::Leave))?;
    }
    let mut hops = 0;
    last_words(&told, |news| {
        if let News::Hops(of_one) = news {
            hops += of_one;
        }
    })?;
    Ok(Iteration { took: ended - began, counts: vec![hops, place], disorder: 0 })
}

fn unexpected() -> Spoiled {
    Spoiled::Wrong("an actor of the ring ended before the last hop".into())
}
