//! One to many and many to one: fork-join and fan-in.

use crate::main_loop::{MainLoop, ready};
use crate::pairs::CHUNK;
use peer_tally::{Count, Tally};
use stakker::{Actor, CX, call};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{Latch, heard};
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

struct Fork {
    joins: Vec<Actor<Join>>,
    next: usize,
    left: u64,
}

struct Join {
    each: u64,
    got: Count,
    latch: Arc<Latch>,
}

impl Fork {
    fn send(&mut self, cx: CX![]) {
        let chunk = self.left.min(CHUNK);
        self.left -= chunk;
        for _ in 0..chunk {
            call!([self.joins[self.next]], got());
            self.next += 1;
            if self.next == self.joins.len() {
                self.next = 0;
            }
        }
        if self.left > 0 {
            call!([cx], send());
        }
    }
}

impl Join {
    fn got(&mut self, _: CX![]) {
        self.got.up();
        if self.got.count() == self.each {
            self.latch.count_down(self.got.number());
        }
    }
}

pub(crate) fn fork_join(main_loop: &MainLoop, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(task.actors);
    let (latch, waiting) = Latch::new(task.actors);
    let began = main_loop.play(move |stakker| {
        let join = |number| Join { each: task.each(), got: tally.count(number), latch: latch.clone() };
        let joins: Vec<_> = (0..task.actors).map(|number| ready(stakker, join(number))).collect();
        let known = joins.iter().map(|join| (**join).clone()).collect();
        let fork = ready(stakker, Fork { joins: known, next: 0, left: task.messages });
        let began = Instant::now();
        call!([fork], send());
        (Box::new((fork, joins)), began)
    })?;
    let took = waiting.ended()? - began;
    main_loop.clear()?;
    Ok(Iteration { took, counts: told.counts()?, disorder: 0 })
}

struct Feeder {
    receiver: Actor<Receiver>,
    number: u32,
    next: u32,
    each: u32,
}

struct Receiver {
    left: u64,
    /// The next one of each.
    next: Vec<u32>,
    got: Vec<Count>,
    disorder: u64,
    ended: Sender<(Instant, u64)>,
}

impl Feeder {
    fn send(&mut self, cx: CX![]) {
        let until = self.each.min(self.next + CHUNK as u32);
        for n in self.next..until {
            call!([self.receiver], got(self.number, n));
        }
        self.next = until;
        if until < self.each {
            call!([cx], send());
        }
    }
}

impl Receiver {
    fn got(&mut self, _: CX![], from: u32, n: u32) {
        self.got[from as usize].up();
        let next = &mut self.next[from as usize];
        if n < *next {
            self.disorder += 1;
        } else {
            *next = n + 1;
        }
        self.left -= 1;
        if self.left == 0 {
            let _ = self.ended.send((Instant::now(), self.disorder));
        }
    }
}

pub(crate) fn fan_in(main_loop: &MainLoop, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(task.actors);
    let (ended, news) = channel();
    let each = u32::try_from(task.each())?;
    let began = main_loop.play(move |stakker| {
        let got = (0..task.actors).map(|number| tally.count(number)).collect();
        let next = vec![0; task.actors as usize];
        let receives = Receiver { left: task.messages, next, got, disorder: 0, ended };
        let receiver = ready(stakker, receives);
        let feeder = |number| Feeder { receiver: receiver.clone(), number, next: 0, each };
        let feeders: Vec<_> = (0..task.actors as u32).map(|number| ready(stakker, feeder(number))).collect();
        let began = Instant::now();
        for feeder in &feeders {
            call!([feeder], send());
        }
        (Box::new((feeders, receiver)), began)
    })?;
    let (last, disorder) = heard(&news)?;
    main_loop.clear()?;
    Ok(Iteration { took: last - began, counts: told.counts()?, disorder })
}
