//! throng as one of the systems: actors as a user of the engine writes them, through its public API alone.

mod pairs;

mod streams;

mod births;

mod rings;

mod crowds;

use super::latch::LONGEST;
use super::peer::{Iteration, Peer};
use super::sink::{Inlet, Sink, Stamp};
use super::task::{Task, Work};
use crate::alone::spoiled::{Spoiled, same, verified};
use throng::{Actor, Address, Context, Fault, System};

/// The command by which this program is that of throng.
pub const COMMAND: &str = "peer";

/// The engine with its defaults: bounded mailboxes of 1,024, a worker pinned to each processor.
pub struct Throng {
    system: System,
    /// Who is idle beside, and stays.
    idle: Vec<Address<crowds::Mark>>,
}

impl Peer for Throng {
    const NAME: &'static str = "throng";
    const CRATE: &'static str = "throng";
    const HOW: &'static str = "actors with `handle`, the default bounded mailboxes of 1,024, which a handler (here: up to 128 messages) may overfill \
         before its actor is suspended; `ask` by message; each worker pinned to a processor; actors' cells in memory that huge pages are \
         asked for";
    const FIFO: bool = true;

    type Inlet = Outside;

    fn start(workers: usize) -> Result<Self, Spoiled> {
        Ok(Self { system: System::builder().workers(workers).build()?, idle: Vec::new() })
    }

    fn run(&mut self, task: Task) -> Result<Iteration, Spoiled> {
        let system = &self.system;
        match task.work {
            Work::PingPong => pairs::ping_pong(system, task),
            Work::Ask => pairs::ask(system, task),
            Work::Counting => streams::counting(system, task),
            Work::ForkJoin => streams::fork_join(system, task),
            Work::FanIn => streams::fan_in(system, task),
            Work::Create => births::create(system, task),
            Work::Ring => rings::ring(system, task, (0..task.actors as usize).collect()),
            Work::RingShuffled => rings::ring(system, task, rings::shuffled(task.actors as usize)),
            Work::Big => crowds::big(system, task),
        }
    }

    fn crowd(&mut self, actors: u64) -> Result<(), Spoiled> {
        self.idle.extend(crowds::idle(&self.system, actors)?);
        Ok(())
    }

    fn open(&mut self, sinks: Vec<Sink>) -> Result<Outside, Spoiled> {
        Ok(Outside(sinks.into_iter().map(|sink| self.system.spawn(Recording(sink))).collect()))
    }

    fn end(self) -> Result<(), Spoiled> {
        let ledger = self.system.shutdown(LONGEST)?;
        verified(&ledger, 0)?;
        same("dead letters", 0, ledger.dead.total())
    }
}

/// Records what comes from outside.
struct Recording(Sink);

impl Actor for Recording {
    type Msg = Stamp;

    fn handle(&mut self, stamp: Stamp, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.record(stamp);
        Ok(())
    }
}

/// Sends from a thread that is no worker.
pub struct Outside(Vec<Address<Stamp>>);

impl Inlet for Outside {
    fn send(&mut self, sink: usize, stamp: Stamp) -> Result<(), Spoiled> {
        Ok(self.0[sink].send_timeout(stamp, LONGEST)?)
    }

    fn end(self) -> Result<(), Spoiled> {
        for address in self.0 {
            // It handles what it has first.
            let _ = address.stop();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
