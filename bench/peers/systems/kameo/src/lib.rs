//! kameo, as the comparison uses it: an actor is a task of tokio with one mailbox, bounded or not; each message is boxed, and so is the
//! future of its handler.

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

use crowd::Idle;
use kameo::actor::ActorRef;
use system::{Mailboxes, System};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::{Iteration, Peer};
use throng_bench::peers::sink::Sink;
use throng_bench::peers::task::{Task, Work};

/// With mailboxes that have a capacity, where a sender waits for room.
pub type Bounded = Kameo<true>;
/// With mailboxes that take whatever comes.
pub type Unbounded = Kameo<false>;

/// The system, and the actors that stay.
pub struct Kameo<const BOUNDED: bool> {
    system: System,
    crowd: Vec<ActorRef<Idle>>,
}

impl<const BOUNDED: bool> Peer for Kameo<BOUNDED> {
    const NAME: &'static str = if BOUNDED { "kameo-bounded" } else { "kameo-unbounded" };
    const CRATE: &'static str = "kameo";
    const HOW: &'static str = if BOUNDED {
        "tell and ask with try_send and, where a mailbox of 1,024 is full, send; on tokio's multi-thread runtime, with one worker on a \
         current_thread runtime on a thread of its own; without the default feature tracing; who sends many yields after 128 (in turns \
         to many: 1,024), who makes many after 32"
    } else {
        "tell and ask with try_send, which an unbounded mailbox always takes; on tokio's multi-thread runtime, with one worker on a \
         current_thread runtime on a thread of its own; without the default feature tracing; who sends many yields after 128 (in turns \
         to many: 1,024), who makes many after 32"
    };
    const FIFO: bool = true;

    type Inlet = open::Tells;

    fn start(workers: usize) -> Result<Self, Spoiled> {
        let mailboxes = if BOUNDED { Mailboxes::Bounded } else { Mailboxes::Unbounded };
        Ok(Self { system: System::new(workers, mailboxes)?, crowd: Vec::new() })
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

    fn open(&mut self, sinks: Vec<Sink>) -> Result<open::Tells, Spoiled> {
        open::tells(&self.system, sinks)
    }

    fn end(self) -> Result<(), Spoiled> {
        Ok(())
    }
}
