//! Two actors: ping-pong, counting and asking.

use crate::main_loop::{MainLoop, become_ready, ready};
use peer_tally::{Count, Tally};
use stakker::{Actor, CX, Ret, actor_new, call, ret, ret_nop, ret_some_to};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

/// What is sent before others get their turn: with the receiver's work on it, it stays in the nearest cache.
pub(crate) const CHUNK: u64 = 128;

struct Ping {
    pong: Actor<Pong>,
    left: u64,
    pongs: Count,
    ended: Sender<Instant>,
}

struct Pong {
    ping: Actor<Ping>,
    pings: Count,
}

impl Ping {
    fn serve(&mut self, _: CX![]) {
        self.left -= 1;
        call!([self.pong], ping());
    }

    fn pong(&mut self, cx: CX![]) {
        self.pongs.up();
        if self.left > 0 {
            self.serve(cx);
        } else {
            let _ = self.ended.send(Instant::now());
        }
    }
}

impl Pong {
    fn ping(&mut self, _: CX![]) {
        self.pings.up();
        call!([self.ping], pong());
    }
}

pub(crate) fn ping_pong(main_loop: &MainLoop, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(2);
    let (ended, news) = channel();
    let began = main_loop.play(move |stakker| {
        let ping = actor_new!(stakker, Ping, ret_nop!());
        let pong = ready(stakker, Pong { ping: ping.clone(), pings: tally.count(1) });
        let served = Ping { pong: pong.clone(), left: task.each(), pongs: tally.count(0), ended };
        become_ready(stakker, &ping, served);
        let began = Instant::now();
        call!([ping], serve());
        (Box::new((ping, pong)), began)
    })?;
    let took = heard(&news)? - began;
    main_loop.clear()?;
    Ok(Iteration { took, counts: told.counts()?, disorder: 0 })
}

struct Producer {
    counter: Actor<Counter>,
    left: u64,
}

struct Counter {
    all: u64,
    total: Count,
    ended: Sender<Instant>,
}

impl Producer {
    fn produce(&mut self, cx: CX![]) {
        let chunk = self.left.min(CHUNK);
        self.left -= chunk;
        for _ in 0..chunk {
            call!([self.counter], increment());
        }
        if self.left > 0 {
            call!([cx], produce());
        }
    }
}

impl Counter {
    fn increment(&mut self, _: CX![]) {
        self.total.up();
        if self.total.count() == self.all {
            let _ = self.ended.send(Instant::now());
        }
    }
}

pub(crate) fn counting(main_loop: &MainLoop, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(1);
    let (ended, news) = channel();
    let began = main_loop.play(move |stakker| {
        let counter = ready(stakker, Counter { all: task.each(), total: tally.count(0), ended });
        let producer = ready(stakker, Producer { counter: counter.clone(), left: task.each() });
        let began = Instant::now();
        call!([producer], produce());
        (Box::new((producer, counter)), began)
    })?;
    let took = heard(&news)? - began;
    main_loop.clear()?;
    Ok(Iteration { took, counts: told.counts()?, disorder: 0 })
}

struct Asker {
    knows: Actor<Knows>,
    questions: u64,
    answers: Count,
    sum: Count,
    ended: Sender<Instant>,
}

struct Knows;

impl Asker {
    fn ask(&mut self, cx: CX![]) {
        let answer = ret_some_to!([cx], answered() as (u64));
        call!([self.knows], question(self.answers.count(), answer));
    }

    fn answered(&mut self, cx: CX![], answer: u64) {
        self.answers.up();
        self.sum.add(answer);
        if self.answers.count() < self.questions {
            self.ask(cx);
        } else {
            let _ = self.ended.send(Instant::now());
        }
    }
}

impl Knows {
    fn question(&mut self, _: CX![], number: u64, answer: Ret<u64>) {
        ret!([answer], number + 1);
    }
}

pub(crate) fn ask(main_loop: &MainLoop, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(2);
    let (ended, news) = channel();
    let began = main_loop.play(move |stakker| {
        let knows = ready(stakker, Knows);
        let (answers, sum) = (tally.count(0), tally.count(1));
        let asks = Asker { knows: knows.clone(), questions: task.each(), answers, sum, ended };
        let asker = ready(stakker, asks);
        let began = Instant::now();
        call!([asker], ask());
        (Box::new((asker, knows)), began)
    })?;
    let took = heard(&news)? - began;
    main_loop.clear()?;
    Ok(Iteration { took, counts: told.counts()?, disorder: 0 })
}
