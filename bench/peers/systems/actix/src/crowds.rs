//! Works of many actors that draw or make each other: big, create, and the idle crowd.

use crate::arbiters::{Arbiters, all_ended, tell};
use crate::flow::Flow;
use actix::prelude::*;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{Latch, heard};
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use throng_bench::seeded::Seeded;

/// One of big.
struct Player {
    number: u64,
    each: u64,
    everyone: Arc<[Addr<Player>]>,
    drawn: Seeded,
    pongs: u64,
    answered: u64,
    there: Arc<Latch>,
    done: Arc<Latch>,
    told: Sender<(u64, u64, u64)>,
}

/// Who there is.
#[derive(Message)]
#[rtype(result = "()")]
struct Meet(Arc<[Addr<Player>]>);

#[derive(Message)]
#[rtype(result = "()")]
struct Begin;

/// From the one with this number.
#[derive(Message)]
#[rtype(result = "()")]
struct Ping(u32);

#[derive(Message)]
#[rtype(result = "()")]
struct Pong;

#[derive(Message)]
#[rtype(result = "()")]
struct Stop;

impl Player {
    fn ping(&mut self) {
        let to = self.drawn.below(self.everyone.len() as u64);
        self.everyone[to as usize].do_send(Ping(self.number as u32));
    }
}

impl Actor for Player {
    type Context = Context<Self>;

    fn stopped(&mut self, _: &mut Context<Self>) {
        tell(&self.told, (self.number, self.pongs, self.answered));
    }
}

impl Handler<Meet> for Player {
    type Result = ();

    fn handle(&mut self, Meet(everyone): Meet, _: &mut Context<Self>) {
        self.everyone = everyone;
        self.there.count_down(self.number);
    }
}

impl Handler<Begin> for Player {
    type Result = ();

    fn handle(&mut self, _: Begin, _: &mut Context<Self>) {
        self.ping();
    }
}

impl Handler<Ping> for Player {
    type Result = ();

    fn handle(&mut self, Ping(from): Ping, _: &mut Context<Self>) {
        self.answered += 1;
        self.everyone[from as usize].do_send(Pong);
    }
}

impl Handler<Pong> for Player {
    type Result = ();

    fn handle(&mut self, _: Pong, _: &mut Context<Self>) {
        self.pongs += 1;
        if self.pongs == self.each {
            self.done.count_down(self.number);
        } else {
            self.ping();
        }
    }
}

impl Handler<Stop> for Player {
    type Result = ();

    fn handle(&mut self, _: Stop, cx: &mut Context<Self>) {
        cx.stop();
    }
}

pub(crate) fn big(arbiters: &Arbiters, task: Task) -> Result<Iteration, Spoiled> {
    let (there, all_there) = Latch::new(task.actors);
    let (done, all_done) = Latch::new(task.actors);
    let (told, counted) = channel();
    let players = arbiters.start_all(task.actors, move |number| Player {
        number,
        each: task.each(),
        everyone: Arc::new([]),
        drawn: Seeded::stream(1, number),
        pongs: 0,
        answered: 0,
        there: Arc::clone(&there),
        done: Arc::clone(&done),
        told: told.clone(),
    })?;
    let everyone: Arc<[_]> = players.into();
    for one in everyone.iter() {
        one.do_send(Meet(Arc::clone(&everyone)));
    }
    all_there.ended()?;
    let beginning = Arc::clone(&everyone);
    let began = arbiters.inside(move || {
        let began = Instant::now();
        for one in beginning.iter() {
            one.do_send(Begin);
        }
        began
    })?;
    let took = all_done.ended()? - began;
    for one in everyone.iter() {
        one.do_send(Stop);
    }
    let (mut counts, mut all_answered) = (vec![0; task.actors as usize], 0);
    for _ in 0..task.actors {
        let (number, pongs, answered) = heard(&counted)?;
        counts[number as usize] = pongs;
        all_answered += answered;
    }
    drop(everyone);
    all_ended(&counted)?;
    counts.push(all_answered);
    Ok(Iteration { took, counts, disorder: 0 })
}

/// Who makes others; and tells when it began, and by its end that all are made.
struct Maker {
    count: u64,
    done: Arc<Latch>,
    told: Sender<Instant>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Make;

impl Actor for Maker {
    type Context = Context<Self>;
}

impl Handler<Make> for Maker {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Make, _: &mut Context<Self>) -> ResponseFuture<()> {
        let (count, done, told) = (self.count, Arc::clone(&self.done), self.told.clone());
        Box::pin(async move {
            tell(&told, Instant::now());
            let mut flow = Flow::new();
            for number in 0..count {
                let made = Made { number, done: Arc::clone(&done) }.start();
                made.do_send(Greeting(number));
                flow.on().await;
            }
        })
    }
}

/// Who is made for one message.
struct Made {
    number: u64,
    done: Arc<Latch>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Greeting(u64);

impl Actor for Made {
    type Context = Context<Self>;

    fn stopped(&mut self, _: &mut Context<Self>) {
        self.done.count_down(self.number);
    }
}

impl Handler<Greeting> for Made {
    type Result = ();

    fn handle(&mut self, Greeting(number): Greeting, cx: &mut Context<Self>) {
        self.number = number;
        cx.stop();
    }
}

pub(crate) fn create(arbiters: &Arbiters, task: Task) -> Result<Iteration, Spoiled> {
    let (done, all_done) = Latch::new(task.messages);
    let (told, begun) = channel();
    let maker = arbiters.start(0, Maker { count: task.messages, done: Arc::clone(&done), told });
    maker.do_send(Make);
    let began = heard(&begun)?;
    let took = all_done.ended()? - began;
    drop(maker);
    all_ended(&begun)?;
    Ok(Iteration { took, counts: vec![done.counted()], disorder: 0 })
}

/// 16 bytes of state, and nothing to do.
pub(crate) struct Idle {
    greeted: u64,
    last: u64,
}

/// What an idle actor has, with its number, and where it says that it has it.
#[derive(Message)]
#[rtype(result = "()")]
struct First(u64, Arc<Latch>);

impl Actor for Idle {
    type Context = Context<Self>;
}

impl Handler<First> for Idle {
    type Result = ();

    fn handle(&mut self, First(number, done): First, _: &mut Context<Self>) {
        self.greeted += 1;
        self.last = number;
        done.count_down(number);
    }
}

/// The addresses of so many idle actors, each of which has handled its message.
pub(crate) fn idle(arbiters: &Arbiters, count: u64) -> Result<Vec<Addr<Idle>>, Spoiled> {
    let (done, all_done) = Latch::new(count);
    let idle = arbiters.start_all(count, |_| Idle { greeted: 0, last: 0 })?;
    for (one, number) in idle.iter().zip(0..) {
        one.do_send(First(number, Arc::clone(&done)));
    }
    all_done.ended()?;
    Ok(idle)
}
