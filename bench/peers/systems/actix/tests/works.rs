//! Every work, small, as the comparison asks for it.

use peer_actix::Actix;
use std::process::Command;
use throng_bench::peers::answer::Answer;
use throng_bench::peers::peer::Peer;
use throng_bench::peers::task::{Task, Work};

#[test]
fn every_work() {
    for workers in [1, 2] {
        let mut peer = Actix::start(workers).expect("starts");
        peer.crowd(100).expect("handles its messages");
        for work in Work::ALL {
            for (actors, messages) in [(1, 1), (7, 3_000), (100, 50), (130, 20_000)] {
                let task = Task::new(work, actors, messages);
                let iteration = peer.run(task).unwrap_or_else(|why| panic!("{task:?}: {why:?}"));
                assert_eq!(iteration.counts, task.counts(), "{task:?} by {workers}");
                assert_eq!(iteration.disorder, 0, "{task:?} by {workers}");
                assert!(!iteration.took.is_zero(), "{task:?} by {workers}");
            }
        }
        peer.crowd(1_000).expect("handles its messages");
        peer.end().expect("ends");
    }
}

#[test]
fn the_program_answers() {
    let words = "2 100 0 50 open:4:10000 memory:1000:1 ping-pong:2:10000 open:3:1000";
    let output = Command::new(env!("CARGO_BIN_EXE_actix")).args(words.split(' ')).output().expect("runs");
    let said = String::from_utf8(output.stdout).expect("is text");
    let answer: Answer =
        serde_json::from_str(said.lines().last().expect("says something")).expect("is an answer");
    assert_eq!(answer.peer, "actix");
    assert!(!answer.version.is_empty());
    for row in answer.rows {
        assert_eq!(row.why, None, "{}", row.asked);
    }
}
