//! Big: the actors in equal parts on all cores.

use crate::news::{arrived, heard, last_words};
use crate::placing::{Cores, DEFAULT};
use aetherflow::{Actor, ActorRef, TrySendError};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use throng_bench::seeded::Seeded;

struct Member {
    number: u32,
    /// All of them; nobody, when it is to end.
    all: All,
    drawn: Seeded,
    left: u64,
    pongs: u64,
    answered: u64,
    /// What a full mailbox did not take.
    waiting: VecDeque<(u32, ToMember)>,
    ended: Sender<Instant>,
    counts: Sender<(usize, u64, u64)>,
}

type All = Arc<Vec<ActorRef<Member>>>;

enum ToMember {
    /// Who all are, and whom to tell that it is known.
    All(Box<(All, Arc<Latch>)>),
    Begin,
    Ping(u32),
    Pong,
    Again,
    Leave,
}

impl Member {
    #[inline(always)]
    fn send(&mut self, to: u32, message: ToMember) {
        match self.all[to as usize].try_send(message) {
            Ok(()) => {}
            Err(TrySendError::Full(message)) => self.waiting.push_back((to, message)),
            Err(TrySendError::Closed(_)) => panic!("a member has ended"),
        }
    }

    #[inline(always)]
    fn ping(&mut self) {
        let to = self.drawn.below(self.all.len() as u64) as u32;
        self.send(to, ToMember::Ping(self.number));
    }

    /// Sends what waits, and comes back if some of it waits on.
    #[cold]
    fn again(&mut self) {
        for _ in 0..self.waiting.len() {
            if let Some((to, message)) = self.waiting.pop_front() {
                self.send(to, message);
            }
        }
        if !self.waiting.is_empty() {
            // If there is no place in its own mailbox there are messages, with which it comes here too.
            let _ = self.all[self.number as usize].try_send(ToMember::Again);
        }
    }
}

impl Actor for Member {
    type Message = ToMember;

    fn handle(&mut self, message: ToMember) {
        match message {
            ToMember::Ping(from) => {
                self.answered += 1;
                self.send(from, ToMember::Pong);
            }
            ToMember::Pong => {
                self.pongs += 1;
                self.left -= 1;
                if self.left > 0 {
                    self.ping();
                } else {
                    // Who does not wait for it has been told why.
                    let _ = self.ended.send(Instant::now());
                }
            }
            ToMember::Begin => self.ping(),
            ToMember::All(told) => {
                let (all, latch) = *told;
                self.all = all;
                latch.count_down(u64::from(self.number));
            }
            ToMember::Again => {}
            // An actor ends when nobody can send to it.
            ToMember::Leave => self.all = Arc::default(),
        }
        if !self.waiting.is_empty() {
            self.again();
        }
    }

    fn on_stop(&mut self) {
        let _ = self.counts.send((self.number as usize, self.pongs, self.answered));
    }
}

pub(crate) fn run(cores: Cores<'_>, task: Task) -> Result<Iteration, Spoiled> {
    let many = task.actors as usize;
    let (ended, ends) = channel();
    let (counts, counted) = channel();
    // A ping of each, a pong, and what it begins and ends with: no mailbox is full, unless there are very many.
    let capacity = (many + 4).next_power_of_two().min(DEFAULT);
    let member = |number: usize| {
        let member = Member {
            number: number as u32,
            all: Arc::default(),
            drawn: Seeded::stream(1, number as u64),
            left: task.each(),
            pongs: 0,
            answered: 0,
            waiting: VecDeque::new(),
            ended: ended.clone(),
            counts: counts.clone(),
        };
        cores.make_with(cores.of(number, many), member, capacity)
    };
    let all: All = Arc::new((0..many).map(member).collect());
    drop((ended, counts));
    let (latch, waiting) = Latch::new(task.actors);
    for member in all.iter() {
        arrived(member.send_blocking(ToMember::All(Box::new((all.clone(), latch.clone())))))?;
    }
    waiting.ended()?;
    let began = Instant::now();
    for member in all.iter() {
        arrived(member.send_blocking(ToMember::Begin))?;
    }
    let mut last = began;
    for _ in 0..many {
        last = last.max(heard(&ends)?);
    }
    for member in all.iter() {
        arrived(member.send_blocking(ToMember::Leave))?;
    }
    drop(all);
    let mut counts = vec![0; many + 1];
    last_words(&counted, |(number, pongs, answered)| {
        counts[number] = pongs;
        counts[many] += answered;
    })?;
    Ok(Iteration { took: last - began, counts, disorder: 0 })
}
