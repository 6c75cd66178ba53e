//! Every work at small size, asked for as by the conductor.

use super::*;
use crate::peers::answer::Row;
use crate::peers::program::{self, Orders};
use crate::peers::task::Asked;
use std::time::Duration;

fn rows(workers: u64, idle: u64, used: Duration, asked: &[&str]) -> Vec<Row> {
    let asked: Vec<Asked> = asked.iter().map(|text| Asked::parse(text).expect(text)).collect();
    let orders = Orders { workers, idle, used, time: Duration::from_millis(20), asked };
    let answer = program::answer::<Throng>(&orders).expect("it is there");
    assert_eq!((answer.peer.as_str(), answer.version.as_str()), ("throng", env!("CARGO_PKG_VERSION")));
    answer.rows
}

const ALL: [&str; 9] = [
    "ping-pong:2:2000",
    "counting:2:5000",
    "fork-join:7:7000",
    "create:1000:1000",
    "ring:11:2000",
    "ring-shuffled:300:2000",
    "big:12:2400",
    "fan-in:3:6000",
    "ask:2:1000",
];

#[test]
fn everything_is_done_as_it_is_to_be() {
    for workers in [1, 2] {
        for row in rows(workers, 0, Duration::ZERO, &ALL) {
            assert_eq!(row.why, None, "{}, {workers} workers", row.asked);
            assert!(!row.ns.is_empty() && row.messages > 0 && row.disorder == 0, "{row:?}");
        }
    }
}

#[test]
fn it_is_done_beside_others_and_in_a_used_heap() {
    for row in rows(2, 500, Duration::from_millis(1), &["ping-pong:2:200", "open:4:10000"]) {
        assert_eq!(row.why, None, "{}", row.asked);
        match row.open {
            Some(open) => assert_eq!((open.sent, open.disorder), (800, 0)),
            None => assert!(!row.ns.is_empty()),
        }
    }
}
