//! Actors as tasks of tokio: each owns the receiver of a channel, and whoever has a sender of it can send to it.

pub mod mailboxes;

mod inside;

mod pairs;

mod crews;

mod rings;

mod crowds;

pub mod sinks;

use crowds::Greeting;
use mailboxes::Mailboxes;
use peer_runtime::Runtime;
use sinks::Outside;
use std::thread;
use std::time::Instant;
use throng_bench::alone::spoiled::{Spoiled, same};
use throng_bench::peers::latch::LONGEST;
use throng_bench::peers::peer::{Iteration, Peer};
use throng_bench::peers::sink::Sink;
use throng_bench::peers::task::{Task, Work};

/// A runtime, with one of the two kinds of mailboxes for its actors.
#[derive(Debug)]
pub struct Tokio<M: Mailboxes> {
    // Before the runtime, so that those who are idle have ended when that ends.
    idle: Vec<M::Address<Greeting>>,
    runtime: Runtime,
}

impl<M: Mailboxes> Peer for Tokio<M> {
    const NAME: &'static str = M::NAME;
    const CRATE: &'static str = "tokio";
    const HOW: &'static str = M::HOW;
    const FIFO: bool = true;

    type Inlet = Outside<M>;

    fn start(workers: usize) -> Result<Self, Spoiled> {
        Ok(Self { idle: Vec::new(), runtime: Runtime::start(workers)? })
    }

    fn run(&mut self, task: Task) -> Result<Iteration, Spoiled> {
        let work = match task.work {
            Work::PingPong => pairs::ping_pong::<M>,
            Work::Counting => pairs::counting::<M>,
            Work::ForkJoin => crews::fork_join::<M>,
            Work::Create => crowds::create::<M>,
            Work::Ring | Work::RingShuffled => rings::ring::<M>,
            Work::Big => crowds::big::<M>,
            Work::FanIn => crews::fan_in::<M>,
            Work::Ask => pairs::ask::<M>,
        };
        let iteration = work(self.runtime.handle(), task)?;
        self.only_idle_left()?;
        Ok(iteration)
    }

    fn crowd(&mut self, actors: u64) -> Result<(), Spoiled> {
        self.idle.append(&mut crowds::idle::<M>(self.runtime.handle(), actors)?);
        Ok(())
    }

    fn open(&mut self, sinks: Vec<Sink>) -> Result<Outside<M>, Spoiled> {
        Ok(Outside::new(self.runtime.handle(), sinks))
    }

    fn end(mut self) -> Result<(), Spoiled> {
        self.idle.clear();
        self.only_idle_left()
    }
}

impl<M: Mailboxes> Tokio<M> {
    /// Waits until no task is left but those who are idle: one that has told what it did is a moment from its end.
    fn only_idle_left(&self) -> Result<(), Spoiled> {
        let (idle, metrics, began) = (self.idle.len(), self.runtime.handle().metrics(), Instant::now());
        while metrics.num_alive_tasks() > idle && began.elapsed() < LONGEST {
            thread::yield_now();
        }
        same("tasks left", idle as u64, metrics.num_alive_tasks() as u64)
    }
}
