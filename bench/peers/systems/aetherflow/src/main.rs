//! aetherflow: a thread a core, which looks at each of its actors in turn and handles one message of each; mailboxes are bounded rings.

mod ask;
mod big;
mod counting;
mod create;
mod crowd;
mod fan_in;
mod fork_join;
mod news;
mod open;
mod ping_pong;
mod placing;
mod pump;
mod ring;

use aetherflow::{ActorRef, System};
use crowd::Idle;
use placing::Cores;
use std::process::ExitCode;
use std::sync::Arc;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::{Iteration, Peer};
use throng_bench::peers::sink::Sink;
use throng_bench::peers::task::{Task, Work};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Aetherflow {
    system: Arc<System>,
    idle: Vec<ActorRef<Idle>>,
}

impl Peer for Aetherflow {
    const NAME: &'static str = "aetherflow";
    const CRATE: &'static str = "aetherflow";
    const HOW: &'static str = "spawn_on: senders and receivers on cores of their own, two that take turns on one, many in equal parts, \
                               what is made with its maker; try_send; mailboxes of 1,024, of 65,536 (as in its bench) for the one that \
                               many messages go to, of 2 where one is on its way; spins, or backs off with a thread for each processor";
    const FIFO: bool = true;

    type Inlet = open::Inlet;

    fn start(workers: usize) -> Result<Self, Spoiled> {
        let system = System::with_cores_idle(workers, placing::idle(workers));
        Ok(Self { system: Arc::new(system), idle: Vec::new() })
    }

    fn cannot(&self, task: Task) -> Option<String> {
        (task.work == Work::Ask && self.system.num_cores() == 1).then(|| ask::ONE_CORE.into())
    }

    fn run(&mut self, task: Task) -> Result<Iteration, Spoiled> {
        let cores = Cores(&self.system);
        match task.work {
            Work::PingPong => ping_pong::run(cores, task),
            Work::Counting => counting::run(cores, task),
            Work::ForkJoin => fork_join::run(cores, task),
            Work::Create => create::run(cores, task),
            Work::Ring | Work::RingShuffled => ring::run(cores, task),
            Work::Big => big::run(cores, task),
            Work::FanIn => fan_in::run(cores, task),
            Work::Ask => ask::run(cores, task),
        }
    }

    fn crowd(&mut self, actors: u64) -> Result<(), Spoiled> {
        crowd::make(Cores(&self.system), actors, &mut self.idle)
    }

    fn open(&mut self, sinks: Vec<Sink>) -> Result<Self::Inlet, Spoiled> {
        Ok(open::Inlet::new(Cores(&self.system), sinks))
    }

    fn end(self) -> Result<(), Spoiled> {
        drop(self.idle);
        // Its threads have ended when this returns: nothing else has a hold of it.
        match Arc::try_unwrap(self.system) {
            Ok(system) => {
                system.shutdown();
                Ok(())
            }
            Err(_) => Err(Spoiled::Wrong("an actor is left that makes actors".into())),
        }
    }
}

fn main() -> ExitCode {
    throng_bench::peers::program::main::<Aetherflow>(std::env::args_os().skip(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(system: &mut Aetherflow, task: Task) -> bool {
        if let Some(why) = system.cannot(task) {
            assert_eq!(why, ask::ONE_CORE);
            return false;
        }
        match system.run(task) {
            Ok(iteration) => {
                assert_eq!(iteration.counts, task.counts(), "{task:?}");
                assert!(!iteration.took.is_zero() && iteration.disorder == 0, "{task:?}");
                true
            }
            Err(why) => panic!("{task:?}: {why:?}"),
        }
    }

    #[test]
    fn every_work_counts_what_it_is_to_count() {
        for workers in [1, 2] {
            let mut system = Aetherflow::start(workers).expect("starts");
            for round in 0..3 {
                for work in Work::ALL {
                    for actors in [1, 2, 7, 100] {
                        let task = Task::new(work, actors, 5_000);
                        assert_eq!(done(&mut system, task), work != Work::Ask || workers > 1, "{task:?}");
                    }
                }
                if round == 0 {
                    system.crowd(1_000).expect("made");
                }
            }
            system.end().expect("ends");
        }
    }

    #[test]
    fn more_than_a_mailbox_holds_are_kept() {
        let mut system = Aetherflow::start(2).expect("starts");
        // Mailboxes of 1,024 are the largest: some of 3,000 who all ping may have to wait.
        assert!(done(&mut system, Task::new(Work::Big, 3_000, 60_000)));
        system.end().expect("ends");
    }
}
