//! actix: actors on the loops of several threads.

mod arbiters;

mod flow;

mod pairs;

mod crews;

mod rings;

mod crowds;

pub mod sinks;

use actix::prelude::*;
use arbiters::Arbiters;
use crowds::Idle;
use sinks::Outside;
use std::fmt;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::{Iteration, Peer};
use throng_bench::peers::sink::Sink;
use throng_bench::peers::task::{Task, Work};

/// A system with a thread for each worker. That of the system itself does nothing but wait.
pub struct Actix {
    arbiters: Arbiters,
    idle: Vec<Addr<Idle>>,
    _system: SystemRunner,
}

impl fmt::Debug for Actix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Actix")
            .field("arbiters", &self.arbiters)
            .field("idle", &self.idle.len())
            .finish_non_exhaustive()
    }
}

impl Peer for Actix {
    const NAME: &'static str = "actix";
    const CRATE: &'static str = "actix";
    const HOW: &'static str = "actors in equal blocks over an Arbiter for each worker, two alone on one; do_send, which is unbounded; ask by \
         send().await; who sends many in a row yields after 1,024; who makes others has them on its own Arbiter";
    // What is sent is queued, but no document says that it stays in order.
    const FIFO: bool = false;

    type Inlet = Outside;

    fn start(workers: usize) -> Result<Self, Spoiled> {
        let system = System::new();
        Ok(Self { arbiters: Arbiters::new(workers)?, idle: Vec::new(), _system: system })
    }

    fn run(&mut self, task: Task) -> Result<Iteration, Spoiled> {
        let work = match task.work {
            Work::PingPong => pairs::ping_pong,
            Work::Counting => pairs::counting,
            Work::ForkJoin => crews::fork_join,
            Work::Create => crowds::create,
            Work::Ring | Work::RingShuffled => rings::ring,
            Work::Big => crowds::big,
            Work::FanIn => crews::fan_in,
            Work::Ask => pairs::ask,
        };
        work(&self.arbiters, task)
    }

    fn crowd(&mut self, actors: u64) -> Result<(), Spoiled> {
        self.idle.append(&mut crowds::idle(&self.arbiters, actors)?);
        Ok(())
    }

    fn open(&mut self, sinks: Vec<Sink>) -> Result<Outside, Spoiled> {
        Ok(Outside::new(&self.arbiters, sinks))
    }

    fn end(self) -> Result<(), Spoiled> {
        drop(self.idle);
        self.arbiters.end()
    }
}
