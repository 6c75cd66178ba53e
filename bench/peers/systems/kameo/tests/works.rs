//! Every work at a small size, and the programs as the conductor runs them.

use peer_kameo::{Bounded, Unbounded};
use std::process::Command;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::Peer;
use throng_bench::peers::task::{Task, Work};

fn works<P: Peer>(workers: usize) -> Result<(), Spoiled> {
    let mut peer = P::start(workers)?;
    peer.crowd(1_000)?;
    for work in Work::ALL {
        for (actors, messages) in [(1, 1), (2, 7), (9, 1_000), (100, 100_000)] {
            let task = Task::new(work, actors, messages);
            let iteration = peer.run(task)?;
            assert_eq!(iteration.counts, task.counts(), "{task:?}");
            assert_eq!(iteration.disorder, 0, "{task:?}");
            assert!(!iteration.took.is_zero(), "{task:?}");
        }
    }
    peer.crowd(10)?;
    peer.end()
}

#[test]
fn every_work_is_done() {
    for workers in [1, 2] {
        assert_eq!(works::<Bounded>(workers), Ok(()), "{workers} workers");
        assert_eq!(works::<Unbounded>(workers), Ok(()), "{workers} workers");
    }
}

#[test]
fn everything_that_is_asked_has_figures() {
    let asked = ["open:4:10000", "ping-pong:2:10000", "fan-in:8:10000", "memory:1000:1", "open:1:50000"];
    for program in [env!("CARGO_BIN_EXE_kameo-bounded"), env!("CARGO_BIN_EXE_kameo-unbounded")] {
        for workers in ["1", "2"] {
            let words = [workers, "100", "20", "50"];
            let output = Command::new(program).args(words).args(asked).output().expect("it runs");
            let answer = String::from_utf8(output.stdout).expect("JSON");
            assert!(output.status.success(), "{:?}", output.stderr);
            assert_eq!(answer.matches(r#""why":null"#).count(), asked.len(), "{answer}");
        }
    }
}
