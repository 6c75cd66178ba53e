//! ractor, as the comparison uses it: an actor is a task of tokio with an unbounded mailbox, and with channels of its own for being
//! stopped, being killed and supervising, which it looks at before each message.

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
#[cfg(test)]
mod tests;

use crowd::Greeting;
use peer_runtime::Runtime;
use ractor::{Actor, ActorRef, SpawnErr};
use std::process::ExitCode;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::{Iteration, Peer};
use throng_bench::peers::program;
use throng_bench::peers::sink::Sink;
use throng_bench::peers::task::{Task, Work};
use tokio::runtime::Handle;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// So many messages in a row are sent to a mailbox before the tasks that have work have their turn: none says that it is full.
/// It is how many messages tokio lets a task receive in one turn.
const BURST: u64 = 128;
/// So many, where they go to many mailboxes in turns, each of which then has some to handle at once.
const SPREAD: u64 = 1_024;
/// So many actors are made before those that have been are to work and end: the next ones have what they leave.
const BROOD: u64 = 32;

fn main() -> ExitCode {
    program::main::<Ractor>(std::env::args_os().skip(1))
}

/// The runtime, and the actors that stay.
struct Ractor {
    runtime: Runtime,
    crowd: Vec<ActorRef<Greeting>>,
}

impl Peer for Ractor {
    const NAME: &'static str = "ractor";
    const CRATE: &'static str = "ractor";
    const HOW: &'static str = "cast and call on tokio's multi-thread runtime, with one worker on a current_thread runtime on a thread of \
                               its own; without the default feature that sends a span with each message; as mailboxes are unbounded, who \
                               sends many yields after 128 (in turns to many: 1,024), who makes many after 32";
    const FIFO: bool = true;

    type Inlet = open::Casts;

    fn start(workers: usize) -> Result<Self, Spoiled> {
        Ok(Self { runtime: Runtime::start(workers)?, crowd: Vec::new() })
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
        work(self.runtime.handle(), task)
    }

    fn crowd(&mut self, actors: u64) -> Result<(), Spoiled> {
        self.crowd.extend(crowd::gather(self.runtime.handle(), actors)?);
        Ok(())
    }

    fn open(&mut self, sinks: Vec<Sink>) -> Result<open::Casts, Spoiled> {
        open::casts(self.runtime.handle(), sinks)
    }

    fn end(self) -> Result<(), Spoiled> {
        for idle in &self.crowd {
            idle.stop(None);
        }
        Ok(())
    }
}

/// Waits for one actor, made from the thread that calls.
fn made<A: Actor>(runtime: &Handle, actor: A, arguments: A::Arguments) -> Result<ActorRef<A::Msg>, Spoiled> {
    Ok(runtime.block_on(A::spawn(None, actor, arguments))?.0)
}

/// Waits for actors that a task of the runtime makes, where each new one needs no waking of a worker.
fn all_made<A: Actor>(
    runtime: &Handle,
    actors: impl IntoIterator<Item = (A, A::Arguments), IntoIter: Send + 'static>,
) -> Result<Vec<ActorRef<A::Msg>>, Spoiled> {
    let actors = actors.into_iter();
    let making = async move {
        let mut made = Vec::with_capacity(actors.size_hint().0);
        for (actor, arguments) in actors {
            made.push(A::spawn(None, actor, arguments).await?.0);
            if (made.len() as u64).is_multiple_of(BURST) {
                tokio::task::yield_now().await;
            }
        }
        Ok::<_, SpawnErr>(made)
    };
    Ok(runtime.block_on(runtime.spawn(making))??)
}
