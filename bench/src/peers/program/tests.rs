//! Programs of a system that does nothing, and says what a test wants.

use super::*;
use crate::peers::sink::{Inlet, Sink, Stamp};

/// Counts what it is to count, cannot ask, and ends as its workers say: 1 wrong, 2 with no ledger, else well.
struct Pretending(usize);

struct Nowhere;

impl Inlet for Nowhere {
    fn send(&mut self, _: usize, _: Stamp) -> Result<(), Spoiled> {
        Ok(())
    }

    fn end(self) -> Result<(), Spoiled> {
        Ok(())
    }
}

impl Peer for Pretending {
    const NAME: &'static str = "pretending";
    const CRATE: &'static str = "none";
    const HOW: &'static str = "not at all";
    const FIFO: bool = true;

    type Inlet = Nowhere;

    fn start(workers: usize) -> Result<Self, Spoiled> {
        Ok(Self(workers))
    }

    fn cannot(&self, task: Task) -> Option<String> {
        (task.work == Work::Ask).then(|| "it cannot ask".into())
    }

    fn run(&mut self, task: Task) -> Result<Iteration, Spoiled> {
        Ok(Iteration { took: Duration::from_micros(1), counts: task.counts(), disorder: 0 })
    }

    fn crowd(&mut self, _: u64) -> Result<(), Spoiled> {
        Ok(())
    }

    fn open(&mut self, _: Vec<Sink>) -> Result<Nowhere, Spoiled> {
        Ok(Nowhere)
    }

    fn end(self) -> Result<(), Spoiled> {
        match self.0 {
            1 => Err(Spoiled::Wrong("dead letters: 0 were to be, 3 are".into())),
            2 => Err(Spoiled::Failed("it does not end".into())),
            _ => Ok(()),
        }
    }
}

fn answered(workers: &str) -> Result<Answer, Spoiled> {
    let words = [workers, "0", "0", "5", "ping-pong:2:20", "ask:2:2", "big:2:8"].map(str::to_owned);
    answer::<Pretending>(&Orders::read(&words).expect("orders"))
}

#[test]
fn what_is_wrong_at_the_end_is_wrong_of_all_that_was_done() {
    let told = |workers| -> Vec<_> {
        let answer = answered(workers).expect("an answer");
        answer.rows.into_iter().map(|row| (row.messages, row.why, row.wrong)).collect()
    };
    let (dead, ask) =
        (Some("dead letters: 0 were to be, 3 are".to_owned()), Some("it cannot ask".to_owned()));
    assert_eq!(told("1"), [(20, dead.clone(), true), (0, ask.clone(), false), (8, dead, true)]);
    assert_eq!(told("3"), [(20, None, false), (0, ask, false), (8, None, false)]);
    assert_eq!(answered("2"), Err(Spoiled::Failed("it does not end".into())));
}
