//! Every work at a small size.

use super::Xtra;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::Peer;
use throng_bench::peers::task::{Task, Work};

fn works(workers: usize) -> Result<(), Spoiled> {
    let mut peer = Xtra::start(workers)?;
    peer.crowd(1_000)?;
    for work in Work::ALL {
        for (actors, messages) in [(1, 1), (2, 7), (9, 1_000), (100, 100_000)] {
            let task = Task::new(work, actors, messages);
            let iteration = peer.run(task)?;
            assert_eq!(iteration.counts, task.counts(), "{task:?}");
            assert!(iteration.disorder < task.messages, "{task:?}");
            assert!(!iteration.took.is_zero(), "{task:?}");
        }
    }
    peer.crowd(10)?;
    peer.end()
}

#[test]
fn every_work_is_done() {
    for workers in [1, 2] {
        assert_eq!(works(workers), Ok(()), "{workers} workers");
    }
}
