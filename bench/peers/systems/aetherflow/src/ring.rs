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

/// Holds little else than what a hop needs: one that is cold costs its lines.
struct Member {
    next: Option<ActorRef<Member>>,
    place: u32,
    hops: u32,
    /// From when it is to end.
    ends: Option<Box<Sender<News>>>,
}

/// Goes round in its box: mailboxes hold messages themselves, and so have them small.
struct Token {
    left: u64,
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
    Next(Box<(ActorRef<Member>, u32, Arc<Latch>)>),
    Begin(Box<Token>),
    Hop(Box<Token>),
    Leave(Box<Sender<News>>),
}

fn tell(told: &Sender<News>, news: News) {
    // Who does not wait for it has been told why.
    let _ = told.send(news);
}

impl Member {
    #[inline(always)]
    fn hop(&mut self, mut token: Box<Token>) {
        self.hops += 1;
        token.left -= 1;
        match &self.next {
            Some(next) if token.left > 0 => certain(next.try_send(ToMember::Hop(token))),
            _ => tell(&token.news, News::Ended(Instant::now(), self.place.into())),
        }
    }
}

impl Actor for Member {
    type Message = ToMember;

    fn handle(&mut self, message: ToMember) {
        match message {
            ToMember::Hop(token) => self.hop(token),
            ToMember::Begin(token) => {
                tell(&token.news, News::Began(Instant::now()));
                self.hop(token);
            }
            ToMember::Next(linked) => {
                let (next, place, latch) = *linked;
                self.next = Some(next);
                self.place = place;
                latch.count_down(place.into());
            }
            // An actor ends when nobody can send to it.
            ToMember::Leave(news) => {
                self.ends = Some(news);
                self.next = None;
            }
        }
    }

    fn on_stop(&mut self) {
        if let Some(news) = &self.ends {
            tell(news, News::Hops(self.hops.into()));
        }
    }
}

pub(crate) fn run(cores: Cores<'_>, task: Task) -> Result<Iteration, Spoiled> {
    let many = task.actors as usize;
    let (news, told) = channel();
    let member = |number| {
        let member = Member { next: None, place: 0, hops: 0, ends: None };
        cores.make_with(cores.of(number, many), member, SMALLEST)
    };
    let mut members: Vec<_> = (0..many).map(member).collect();
    if task.work == Work::RingShuffled {
        Seeded::new(1).shuffle(&mut members);
    }
    let (latch, waiting) = Latch::new(task.actors);
    for (place, member) in members.iter().enumerate() {
        let next = members[(place + 1) % many].clone();
        let linked = Box::new((next, place as u32, latch.clone()));
        arrived(member.send_blocking(ToMember::Next(linked)))?;
    }
    waiting.ended()?;
    arrived(
        members[0]
            .send_blocking(ToMember::Begin(Box::new(Token { left: task.messages, news: news.clone() }))),
    )?;
    let News::Began(began) = heard(&told)? else { return Err(unexpected()) };
    let News::Ended(ended, place) = heard(&told)? else { return Err(unexpected()) };
    for member in members {
        arrived(member.send_blocking(ToMember::Leave(Box::new(news.clone()))))?;
    }
    drop(news);
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
