//! actor-kit: workers take messages, each with the name of its actor, from a queue that all share; who handles what is the embedder's.

mod big;
mod counting;
mod create;
mod crowd;
mod fan_in;
mod fork_join;
mod handlers;
mod kit;
mod news;
mod open;
mod ping_pong;
mod ring;
mod room;

use kit::Kit;
use std::process::ExitCode;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::{Iteration, Peer};
use throng_bench::peers::sink::Sink;
use throng_bench::peers::task::{Task, Work};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why an actor asks nothing.
const NO_ASK: &str = "an actor cannot ask: its handler is not async, and the call of its RPC is only for who can await the answer";

struct ActorKit {
    kit: Kit,
    idle: u64,
}

impl Peer for ActorKit {
    const NAME: &'static str = "actor-kit";
    const CRATE: &'static str = "actor-kit";
    const HOW: &'static str = "an ActorExecutor with a lock for each actor, as a worker may handle a message of it while another does; \
                               try_send, and send_batch from one to one; mailboxes of 64, as in its bench of round trips: all have the \
                               same and take their memory at once, of 1,024 each actor 133 kB";
    // Not promised: two workers may take two messages of an actor in the order that they were sent, and handle them in another.
    const FIFO: bool = false;

    type Inlet = open::Inlet;

    fn start(workers: usize) -> Result<Self, Spoiled> {
        Ok(Self { kit: Kit::start(workers)?, idle: 0 })
    }

    fn cannot(&self, task: Task) -> Option<String> {
        match task.work {
            Work::Ask => Some(NO_ASK.into()),
            Work::Ring | Work::RingShuffled | Work::Big => room::too_little_for(self.idle + task.actors),
            _ => None,
        }
    }

    fn run(&mut self, task: Task) -> Result<Iteration, Spoiled> {
        match task.work {
            Work::PingPong => ping_pong::run(&self.kit, task),
            Work::Counting => counting::run(&self.kit, task),
            Work::ForkJoin => fork_join::run(&self.kit, task),
            Work::Create => create::run(&self.kit, task),
            Work::Ring | Work::RingShuffled => ring::run(&self.kit, task),
            Work::Big => big::run(&self.kit, task),
            Work::FanIn => fan_in::run(&self.kit, task),
            Work::Ask => Err(Spoiled::Failed(NO_ASK.into())),
        }
    }

    fn crowd(&mut self, actors: u64) -> Result<(), Spoiled> {
        self.idle += actors;
        if let Some(why) = room::too_little_for(self.idle) {
            return Err(Spoiled::Failed(why));
        }
        crowd::make(&self.kit, actors)
    }

    fn open(&mut self, sinks: Vec<Sink>) -> Result<Self::Inlet, Spoiled> {
        open::Inlet::new(&self.kit, sinks)
    }

    fn end(self) -> Result<(), Spoiled> {
        self.kit.end();
        Ok(())
    }
}

fn main() -> ExitCode {
    throng_bench::peers::program::main::<ActorKit>(std::env::args_os().skip(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(system: &mut ActorKit, task: Task) -> bool {
        if let Some(why) = system.cannot(task) {
            assert_eq!(why, NO_ASK);
            return false;
        }
        match system.run(task) {
            Ok(iteration) => {
                assert_eq!(iteration.counts, task.counts(), "{task:?}");
                assert!(!iteration.took.is_zero(), "{task:?}");
                true
            }
            Err(why) => panic!("{task:?}: {why:?}"),
        }
    }

    #[test]
    fn every_work_counts_what_it_is_to_count() {
        for workers in [1, 2] {
            let mut system = ActorKit::start(workers).expect("starts");
            for round in 0..3 {
                for work in Work::ALL {
                    for actors in [1, 2, 7, 100] {
                        let task = Task::new(work, actors, 5_000);
                        assert_eq!(done(&mut system, task), work != Work::Ask, "{task:?}");
                    }
                }
                if round == 0 {
                    system.crowd(1_000).expect("made");
                }
                assert_eq!(system.kit.actors(), 1_000, "after each only the idle ones are left");
            }
            system.end().expect("ends");
        }
    }

    #[test]
    fn more_actors_than_there_is_memory_for_are_refused() {
        let mut system = ActorKit::start(1).expect("starts");
        let Err(Spoiled::Failed(why)) = system.crowd(100_000_000) else { panic!("there cannot be so many") };
        assert!(why.contains("100000000 actors"), "{why}");
    }
}
