//! Concurrent sorted list: workers insert into one sorted list, an actor, look values up and ask for its size, and wait for each
//! answer. Verified by a count of each value that is kept in the order in which the list has served.
//!
//! The list of the suite is linked, and each of its operations goes through half of it, which is nearly all of the time. Here it is
//! sorted in one piece of memory and searched by halves, so that the messages are seen beside it.

use super::clients::{Answer, Load, Main, Store, ToMain};
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload};
use crate::seeded::Seeded;
use crate::units;
use throng::Reply;

/// In a hundred requests.
const WRITES: u64 = 10;
const SIZES: u64 = 1;

/// Savina's `concsll`.
pub(super) struct ConcurrentSortedList {
    load: Load,
}

/// Sorted; a value may be there several times.
#[derive(Default)]
pub(super) struct List(Vec<u32>);

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Request {
    Insert(u32),
    Contains(u32),
    Size,
}

impl Store for List {
    type Request = Request;

    fn draw(seeded: &mut Seeded, limit: u32) -> Request {
        let kind = seeded.below(100);
        let value = seeded.below(u64::from(limit)) as u32;
        match kind {
            kind if kind < SIZES => Request::Size,
            kind if kind < SIZES + WRITES => Request::Insert(value),
            _ => Request::Contains(value),
        }
    }

    /// The size, or 1 where the value was there.
    fn answer(&mut self, request: Request) -> u32 {
        match request {
            Request::Insert(value) => {
                let found = self.0.binary_search(&value);
                let (Ok(at) | Err(at)) = found;
                self.0.insert(at, value);
                u32::from(found.is_ok())
            }
            Request::Contains(value) => u32::from(self.0.binary_search(&value).is_ok()),
            Request::Size => self.0.len() as u32,
        }
    }
}

impl Workload for ConcurrentSortedList {
    const NAME: &'static str = "concurrent-sorted-list";
    const DIFFERS: &'static str = "the list is one piece of memory, searched by halves, where the suite's is linked and gone through; values \
 are below 65,536, where they may be any there; the list logs what it served, and workers what they heard";

    type Main = Main<List>;
    type Answer = Answer<List>;
    type Expected = Vec<Vec<Request>>;

    fn of(size: Size) -> Self {
        // So few values that a fifth of those that are looked up is there in the end.
        let limit = size.of(200, 65_536, 655_360);
        let (clients, requests) = size.of((5, 100), (20, 8_000), (20, 80_000));
        Self { load: Load { clients, requests, limit } }
    }

    fn words(&self) -> String {
        let Load { clients, requests, limit } = self.load;
        let (clients, requests) =
            (units::counted(clients.into(), "worker"), units::counted(requests.into(), "request"));
        let kinds = format!("{WRITES} % of them insertions and {SIZES} % for the size");
        format!(
            "{clients}, {requests} each, {kinds}, to a sorted list of values below {}",
            units::count(limit.into())
        )
    }

    fn messages(&self) -> Messages {
        Messages::Exactly(self.load.messages())
    }

    fn expected(&self) -> Vec<Vec<Request>> {
        self.load.draws::<List>()
    }

    fn main(&self) -> Main<List> {
        Main::new(self.load, List::default())
    }

    fn begin(&self, reply: Reply<Answer<List>>) -> ToMain<List> {
        ToMain::Begin(reply)
    }

    fn check(&self, expected: &Vec<Vec<Request>>, answer: Answer<List>) -> Result<(), String> {
        let mut times = vec![0_u32; self.load.limit as usize];
        let mut all = 0;
        answer.check(expected, |request| match request {
            Request::Insert(value) => {
                let before = times[value as usize];
                (times[value as usize], all) = (before + 1, all + 1);
                before.min(1)
            }
            Request::Contains(value) => times[value as usize].min(1),
            Request::Size => all,
        })?;
        same("values in the end", all as usize, answer.store.0.len())?;
        let sorted = (0..).zip(times).flat_map(|(value, times)| (0..times).map(move |_| value));
        for (at, (value, &got)) in sorted.zip(&answer.store.0).enumerate() {
            same(format_args!("value {at} in the end"), value, got)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right() -> (Vec<Vec<Request>>, Answer<List>) {
        let draws = vec![
            vec![Request::Insert(2), Request::Size, Request::Insert(2)],
            vec![Request::Contains(2), Request::Insert(1), Request::Contains(1)],
        ];
        let log = [(0, 0), (1, 0), (1, 1), (0, 1), (1, 2), (0, 2)];
        let log = log.map(|(client, at): (u32, usize)| (client, draws[client as usize][at]));
        let heard = vec![vec![0, 2, 1], vec![1, 0, 1]];
        (draws, Answer { log: log.into(), heard, store: List(vec![1, 2, 2]) })
    }

    #[test]
    fn what_is_wrong_is_named() {
        let checked = |spoil: fn(&mut Answer<List>)| {
            let (draws, mut answer) = right();
            spoil(&mut answer);
            ConcurrentSortedList { load: Load { clients: 2, requests: 3, limit: 3 } }.check(&draws, answer)
        };
        assert_eq!(checked(|_| ()), Ok(()));
        let refused = |spoil, words: &str| assert_eq!(checked(spoil), Err(words.into()));
        refused(|answer| answer.heard[0][1] = 1, "answer 1 to client 0: 2 was to be, 1 is");
        refused(|answer| answer.log.swap(0, 1), "answer 0 to client 1: 0 was to be, 1 is");
        refused(|answer| answer.store.0.truncate(2), "values in the end: 3 was to be, 2 is");
        refused(|answer| answer.store.0.swap(0, 1), "value 0 in the end: 1 was to be, 2 is");
    }
}
