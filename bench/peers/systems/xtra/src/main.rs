//! xtra, as the comparison uses it: an actor is a task of tokio with one mailbox, a heap under a lock; each message is boxed with a
//! channel for its reply, and so is the future of its handler.

mod ask;
mod big;
mod counting;
mod create;
mod crowd;
mod fan_in;
mod fork_join;
mod open;
mod ping_pong;
mod ring;
mod system;
#[cfg(test)]
mod tests;

use crowd::Idle;
use std::process::ExitCode;
use system::System;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::{Iteration, Peer};
use throng_bench::peers::program;
use throng_bench::peers::sink::Sink;
use throng_bench::peers::task::{Task, Work};
use xtra::Address;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    program::main::<Xtra>(std::env::args_os().skip(1))
}

/// The system, and the actors that stay.
struct Xtra {
    system: System,
    crowd: Vec<Address<Idle>>,
}

impl Peer for Xtra {
    const NAME: &'static str = "xtra";
    const CRATE: &'static str = "xtra";
    const HOW: &'static str = "send(..).detach() into mailboxes bounded to 1,024, send(..) to ask; on tokio's multi-thread runtime, with one \
                               worker on a current_thread runtime on a thread of its own; breaks its \
                               documentation's promise that what is sent with default priority, as here, is handled in order of sending: \
                               its mailbox is a heap";
    // Promised of what is sent with default priority, by whomever and however; but what is popped of a heap of equals has no order. As
    // `true` there would be no figure of it: the list of systems says that it is promised, and so the findings do that it is broken.
    const FIFO: bool = false;

    type Inlet = open::Sends;

    fn start(workers: usize) -> Result<Self, Spoiled> {
        Ok(Self { system: System::new(workers)?, crowd: Vec::new() })
    }

    fn run(&mut self, task: Task) -> Result<Iteration, Spoiled> {
        let work = match task.work {
            Work::PingPong => ping_pong::run,
            Work::Counting => counting::run,
            Work::ForkJoin => fork_join::run,
            Work::Create => create::run,
            Work::Ring | Work::RingShuffled => ring::run,
            Work::Big => big::run,
            Work::FanIn => fan_in::run,
            Work::Ask => ask::run,
        };
        work(&self.system, task)
    }

    fn crowd(&mut self, actors: u64) -> Result<(), Spoiled> {
        self.crowd.extend(crowd::gather(&self.system, actors)?);
        Ok(())
    }

    fn open(&mut self, sinks: Vec<Sink>) -> Result<open::Sends, Spoiled> {
        open::sends(&self.system, sinks)
    }

    fn end(self) -> Result<(), Spoiled> {
        Ok(())
    }
}
