//! Stakker, as its documentation uses it: one thread, with the main loop of `stakker_mio`.

use crate::main_loop::MainLoop;
use crate::outside::Outside;
use crate::{big, idle, outside, pairs, ring, spawned, spread};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::{Iteration, Peer};
use throng_bench::peers::sink::Sink;
use throng_bench::peers::task::{Task, Work};

/// Stakker's thread.
pub(crate) struct System(MainLoop);

impl Peer for System {
    const NAME: &'static str = "stakker";
    const CRATE: &'static str = "stakker";
    const HOW: &'static str = "default features, stakker_mio's main loop on one thread; call! to actors, Ret for questions; who sends many does \
                               128 a turn; from outside by sync::Channel";
    const FIFO: bool = true;

    type Inlet = Outside;

    fn start(workers: usize) -> Result<Self, Spoiled> {
        if workers != 1 {
            return Err(Spoiled::Failed(format!("runs on one thread only, not on {workers}")));
        }
        Ok(Self(MainLoop::start()?))
    }

    fn run(&mut self, task: Task) -> Result<Iteration, Spoiled> {
        match task.work {
            Work::PingPong => pairs::ping_pong(&self.0, task),
            Work::Counting => pairs::counting(&self.0, task),
            Work::ForkJoin => spread::fork_join(&self.0, task),
            Work::Create => spawned::create(&self.0, task),
            Work::Ring | Work::RingShuffled => ring::ring(&self.0, task),
            Work::Big => big::big(&self.0, task),
            Work::FanIn => spread::fan_in(&self.0, task),
            Work::Ask => pairs::ask(&self.0, task),
        }
    }

    fn crowd(&mut self, actors: u64) -> Result<(), Spoiled> {
        idle::crowd(&self.0, actors)
    }

    fn open(&mut self, sinks: Vec<Sink>) -> Result<Outside, Spoiled> {
        outside::open(&self.0, sinks)
    }

    fn end(self) -> Result<(), Spoiled> {
        self.0.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_work_is_done_and_counted_on_one_thread_and_more_are_refused() {
        let more = System::start(2).err();
        assert_eq!(more, Some(Spoiled::Failed("runs on one thread only, not on 2".into())));

        let mut system = System::start(1).expect("it starts");
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
        system.end().expect("its thread ends");
    }
}
