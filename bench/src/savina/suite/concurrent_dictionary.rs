//! Concurrent dictionary: workers read and write one dictionary, an actor, and wait for each answer. Verified by a table that is asked
//! the same in the order in which the dictionary has served, answer by answer and at the end entry by entry.

use super::clients::{Answer, Load, Main, Store, ToMain};
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload};
use crate::seeded::Seeded;
use crate::units;
use std::collections::HashMap;
use std::sync::OnceLock;
use throng::Reply;

/// Writes in a hundred requests.
const WRITES: u64 = 10;
/// For a key that is not there, which does not happen.
const MISSING: u32 = u32::MAX;

/// Savina's `concdict`: in the beginning each key below the limit has itself for a value.
pub(super) struct ConcurrentDictionary {
    load: Load,
    /// Made once, as making it takes as long as all requests together; each iteration has a copy.
    filled: OnceLock<Dictionary>,
}

#[derive(Clone, Default)]
pub(super) struct Dictionary(HashMap<u32, u32>);

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Request {
    Read(u32),
    Write(u32, u32),
}

impl Store for Dictionary {
    type Request = Request;

    fn draw(seeded: &mut Seeded, limit: u32) -> Request {
        let writes = seeded.below(100) < WRITES;
        let mut below = || seeded.below(u64::from(limit)) as u32;
        if writes { Request::Write(below(), below()) } else { Request::Read(below()) }
    }

    /// The value, of a write the one before.
    fn answer(&mut self, request: Request) -> u32 {
        match request {
            Request::Read(key) => self.0.get(&key).copied(),
            Request::Write(key, value) => self.0.insert(key, value),
        }
        .unwrap_or(MISSING)
    }
}

impl Workload for ConcurrentDictionary {
    const NAME: &'static str = "concurrent-dictionary";
    const DIFFERS: &'static str = "the dictionary logs what it served, and workers what they heard";

    type Main = Main<Dictionary>;
    type Answer = Answer<Dictionary>;
    type Expected = Vec<Vec<Request>>;

    fn of(size: Size) -> Self {
        // The limit is the suite's: the largest `int` of Java by 4,096.
        let limit = size.of(64, 524_287, 524_287);
        let (clients, requests) = size.of((5, 100), (20, 10_000), (20, 100_000));
        Self { load: Load { clients, requests, limit }, filled: OnceLock::new() }
    }

    fn words(&self) -> String {
        let Load { clients, requests, limit } = self.load;
        let (clients, requests) =
            (units::counted(clients.into(), "worker"), units::counted(requests.into(), "request"));
        let keys = units::count(limit.into());
        format!("{clients}, {requests} each, {WRITES} % of them writes, to a dictionary of {keys} keys")
    }

    fn messages(&self) -> Messages {
        Messages::Exactly(self.load.messages())
    }

    fn expected(&self) -> Vec<Vec<Request>> {
        self.load.draws::<Dictionary>()
    }

    fn main(&self) -> Main<Dictionary> {
        let fill = || Dictionary((0..self.load.limit).map(|key| (key, key)).collect());
        Main::new(self.load, self.filled.get_or_init(fill).clone())
    }

    fn begin(&self, reply: Reply<Answer<Dictionary>>) -> ToMain<Dictionary> {
        ToMain::Begin(reply)
    }

    fn check(&self, expected: &Vec<Vec<Request>>, answer: Answer<Dictionary>) -> Result<(), String> {
        let mut table: Vec<u32> = (0..self.load.limit).collect();
        answer.check(expected, |request| match request {
            Request::Read(key) => table[key as usize],
            Request::Write(key, value) => std::mem::replace(&mut table[key as usize], value),
        })?;
        same("entries", table.len(), answer.store.0.len())?;
        for (key, value) in (0..).zip(table) {
            let got = answer.store.0.get(&key).copied().unwrap_or(MISSING);
            same(format_args!("the value of {key} in the end"), value, got)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload() -> ConcurrentDictionary {
        ConcurrentDictionary { load: Load { clients: 2, requests: 2, limit: 3 }, filled: OnceLock::new() }
    }

    /// Of the first a write and a read, of the second two reads, between them.
    fn right() -> (Vec<Vec<Request>>, Answer<Dictionary>) {
        let draws =
            vec![vec![Request::Write(1, 2), Request::Read(1)], vec![Request::Read(1), Request::Read(0)]];
        let log =
            [(1, Request::Read(1)), (0, Request::Write(1, 2)), (0, Request::Read(1)), (1, Request::Read(0))];
        let store = Dictionary(HashMap::from([(0, 0), (1, 2), (2, 2)]));
        (draws, Answer { log: log.into(), heard: vec![vec![1, 2], vec![1, 0]], store })
    }

    #[test]
    fn what_is_wrong_is_named() {
        let checked = |spoil: fn(&mut Answer<Dictionary>)| {
            let (draws, mut answer) = right();
            spoil(&mut answer);
            workload().check(&draws, answer)
        };
        assert_eq!(checked(|_| ()), Ok(()));
        let refused = |spoil, words: &str| assert_eq!(checked(spoil), Err(words.into()));
        refused(|answer| answer.heard[0][1] = 1, "answer 1 to client 0: 2 was to be, 1 is");
        refused(
            |answer| answer.log.swap(1, 2),
            "request 0 of client 0: Some(Write(1, 2)) was to be, Read(1) is",
        );
        refused(|answer| answer.log.swap(0, 1), "answer 0 to client 1: 2 was to be, 1 is");
        refused(|answer| answer.log.truncate(3), "requests of client 1 that were served: 2 was to be, 1 is");
        refused(|answer| answer.log.push((2, Request::Read(0))), "there is no client 2");
        refused(|answer| answer.heard[1].push(0), "answers to client 1: 2 was to be, 3 is");
        refused(
            |answer| {
                answer.store.0.insert(2, 0);
            },
            "the value of 2 in the end: 2 was to be, 0 is",
        );
    }
}
