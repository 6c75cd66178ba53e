//! Concurrent sorted list: workers insert into one sorted list, an actor, look values up and ask for its size, and wait for each
//! answer. Verified by a count of each value that is kept in the order in which the list has served.
//!
//! As in the suite the list is linked and walked: to the place of what is inserted, past equal values; to the first equal value or the
//! end for what is looked up, as nothing ends a search early there; and to the end for the size. The walks are nearly all of the time.

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

/// Linked by numbers, from the smallest value on; a value may be there several times.
pub(super) struct List {
    /// In the order in which they came; before them one without a value, the list's [`END`], which links the first.
    nodes: Vec<Node>,
}

#[derive(Clone, Copy)]
struct Node {
    value: u32,
    next: u32,
}

/// What the last node links, too.
const END: u32 = 0;

impl Default for List {
    fn default() -> Self {
        Self { nodes: vec![Node { value: 0, next: END }] }
    }
}

impl List {
    fn after(&self, node: u32) -> Option<(u32, u32)> {
        let next = self.nodes[node as usize].next;
        (next != END).then(|| (next, self.nodes[next as usize].value))
    }

    fn values(&self) -> impl Iterator<Item = u32> {
        let mut at = END;
        std::iter::from_fn(move || {
            let (next, value) = self.after(at)?;
            at = next;
            Some(value)
        })
    }

    /// Behind those that are as large; whether there are any.
    fn insert(&mut self, value: u32) -> bool {
        let (mut before, mut was_there) = (END, false);
        while let Some((next, other)) = self.after(before).filter(|(_, other)| *other <= value) {
            (before, was_there) = (next, other == value);
        }
        let next = self.nodes[before as usize].next;
        self.nodes[before as usize].next = self.nodes.len() as u32;
        self.nodes.push(Node { value, next });
        was_there
    }
}

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
            Request::Insert(value) => self.insert(value).into(),
            Request::Contains(value) => self.values().any(|other| other == value).into(),
            Request::Size => self.values().count() as u32,
        }
    }
}

impl Workload for ConcurrentSortedList {
    const NAME: &'static str = "concurrent-sorted-list";
    const DIFFERS: &'static str = "nodes are linked by numbers, not by pointers; values are below 65,536, where they may be any there; the \
 list logs what it served, and workers what they heard";

    type Main = Main<List>;
    type Answer = Answer<List>;
    type Expected = Vec<Vec<Request>>;

    fn of(size: Size) -> Self {
        // So few values that a fifth of those that are looked up is there in the end.
        let limit = size.of(200, 65_536, 131_072);
        // Not ten times as much at the large size: what is walked grows by the square.
        let (clients, requests) = size.of((5, 100), (20, 8_000), (20, 16_000));
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
        same("values in the end", all as usize, answer.store.values().count())?;
        let sorted = (0..).zip(times).flat_map(|(value, times)| (0..times).map(move |_| value));
        for (at, (value, got)) in sorted.zip(answer.store.values()).enumerate() {
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
        (draws, Answer { log: log.into(), heard, store: linked(&[1, 2, 2]) })
    }

    /// In this order, sorted or not.
    fn linked(values: &[u32]) -> List {
        let mut list = List::default();
        for (&value, at) in values.iter().zip(1..) {
            list.nodes[at as usize - 1].next = at;
            list.nodes.push(Node { value, next: END });
        }
        list
    }

    #[test]
    fn what_is_inserted_is_linked_where_it_belongs() {
        let mut seeded = Seeded::new(7);
        let mut list = List::default();
        let mut model: Vec<u32> = Vec::new();
        for _ in 0..300 {
            let [inserted, sought] = [0, 0].map(|_| seeded.below(100) as u32);
            assert_eq!(list.answer(Request::Insert(inserted)), u32::from(model.contains(&inserted)));
            model.push(inserted);
            assert_eq!(list.answer(Request::Contains(sought)), u32::from(model.contains(&sought)));
            assert_eq!(list.answer(Request::Size), model.len() as u32);
        }
        model.sort_unstable();
        assert!(list.values().eq(model.iter().copied()));
        assert!(!list.nodes[1..].iter().map(|node| node.value).eq(model), "nodes lie as they came");
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
        refused(|answer| answer.store = linked(&[1, 2]), "values in the end: 3 was to be, 2 is");
        refused(|answer| answer.store = linked(&[2, 1, 2]), "value 0 in the end: 1 was to be, 2 is");
    }
}
