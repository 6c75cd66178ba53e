//! Coerce, as its own benches use it: anonymous actors, and one-way messages by `notify`.

use crate::idle::Idle;
use crate::outside::Outside;
use crate::stage::Stage;
use crate::{big, idle, outside, pairs, ring, spawned, spread};
use coerce::actor::LocalActorRef;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::{Iteration, Peer};
use throng_bench::peers::sink::Sink;
use throng_bench::peers::task::{Task, Work};

/// A system of Coerce, and the references to its idle actors.
pub(crate) struct System {
    stage: Stage,
    crowds: Vec<Vec<LocalActorRef<Idle>>>,
}

impl Peer for System {
    const NAME: &'static str = "coerce";
    const CRATE: &'static str = "coerce";
    const HOW: &'static str = "Tokio's multi-thread runtime, with one worker a current_thread runtime on a thread of its own; anonymous actors, \
                               new_actor_deferred; notify to send, send().await to ask; who sends many waits for every 1,000th, as \
                               its bench does (mailboxes have no bounds)";
    const FIFO: bool = true;

    type Inlet = Outside;

    fn start(workers: usize) -> Result<Self, Spoiled> {
        Ok(Self { stage: Stage::start(workers)?, crowds: Vec::new() })
    }

    fn run(&mut self, task: Task) -> Result<Iteration, Spoiled> {
        match task.work {
            Work::PingPong => pairs::ping_pong(&self.stage, task),
            Work::Counting => pairs::counting(&self.stage, task),
            Work::ForkJoin => spread::fork_join(&self.stage, task),
            Work::Create => spawned::create(&self.stage, task),
            Work::Ring | Work::RingShuffled => ring::ring(&self.stage, task),
            Work::Big => big::big(&self.stage, task),
            Work::FanIn => spread::fan_in(&self.stage, task),
            Work::Ask => pairs::ask(&self.stage, task),
        }
    }

    fn crowd(&mut self, actors: u64) -> Result<(), Spoiled> {
        self.crowds.push(idle::crowd(&self.stage, actors)?);
        Ok(())
    }

    fn open(&mut self, sinks: Vec<Sink>) -> Result<Outside, Spoiled> {
        Ok(outside::open(&self.stage, sinks))
    }

    fn end(self) -> Result<(), Spoiled> {
        self.stage.end();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_work_is_done_and_counted_with_one_worker_and_with_two() {
        for workers in [1, 2] {
            let mut system = System::start(workers).expect("it starts");
            system.crowd(12_345).expect("they are greeted");
            for work in Work::ALL {
                for (actors, messages) in [(1, 1), (7, 3), (60, 10_000)] {
                    let task = Task::new(work, actors, messages);
                    let iteration = system.run(task).unwrap_or_else(|why| panic!("{task:?}: {why:?}"));
                    assert_eq!(iteration.counts, task.counts(), "{task:?}");
                    assert_eq!(iteration.disorder, 0, "{task:?}");
                }
            }
            system.crowd(1).expect("it is greeted");
            system.end().expect("it shuts down");
        }
    }
}
