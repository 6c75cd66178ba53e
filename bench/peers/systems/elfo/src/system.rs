//! elfo, as its own benches use it: messages go by address, and mailboxes have bounds.

use crate::groups::blueprint;
use crate::node::Node;
use crate::outside::Outside;
use crate::{big, idle, outside, pairs, ring, spawned, spread};
use elfo::Addr;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::{Iteration, Peer};
use throng_bench::peers::sink::Sink;
use throng_bench::peers::task::{Task, Work};

/// Of every mailbox; what is not used of it takes no memory.
const CAPACITY: i64 = 1_024;

/// A node of elfo, and the addresses of its idle actors.
pub(crate) struct System {
    node: Node,
    crowds: Vec<Vec<Addr>>,
}

impl Peer for System {
    const NAME: &'static str = "elfo";
    const CRATE: &'static str = "elfo";
    const HOW: &'static str = "Tokio's multi-thread runtime, with one worker a current_thread runtime on a thread of its own; no logger, dumper \
                               or telemeter; mailboxes of 1,024; try_send_to an address, send_to where it is full, request_to to ask; who sends many yields after 512, as its bench does; futures boxed";
    const FIFO: bool = true;

    type Inlet = Outside;

    fn start(workers: usize) -> Result<Self, Spoiled> {
        Ok(Self { node: Node::start(workers, CAPACITY, blueprint)?, crowds: Vec::new() })
    }

    fn run(&mut self, task: Task) -> Result<Iteration, Spoiled> {
        match task.work {
            Work::PingPong => pairs::ping_pong(&self.node, task),
            Work::Counting => pairs::counting(&self.node, task),
            Work::ForkJoin => spread::fork_join(&self.node, task),
            Work::Create => spawned::create(&self.node, task),
            Work::Ring | Work::RingShuffled => ring::ring(&self.node, task),
            Work::Big => big::big(&self.node, task),
            Work::FanIn => spread::fan_in(&self.node, task),
            Work::Ask => pairs::ask(&self.node, task),
        }
    }

    fn crowd(&mut self, actors: u64) -> Result<(), Spoiled> {
        self.crowds.push(idle::crowd(&self.node, actors)?);
        Ok(())
    }

    fn open(&mut self, sinks: Vec<Sink>) -> Result<Outside, Spoiled> {
        outside::open(&self.node, sinks)
    }

    fn end(self) -> Result<(), Spoiled> {
        drop(self.node);
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
            system.end().expect("it ends");
        }
    }
}
