//! Fork-join, throughput: one actor sends to many in turn, each of which does a bit of arithmetic for a message. Each one's messages
//! must be all that were sent to it, in their order, by a digest of what it computed.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use throng::{Actor, Address, Context, Fault, Reply};

/// Rounds of one handler, in each of which every actor is sent to once.
const ROUNDS_AT_ONCE: u64 = 4;

/// Savina's `fjthrput`.
pub(super) struct ForkJoinThroughput {
    actors: u64,
    rounds: u64,
}

/// Who sends, and gathers what each has done.
pub(super) struct Source {
    actors: u64,
    rounds: u64,
    next: u64,
    sinks: Vec<Address<ToSink>>,
    parts: Vec<Part>,
    told: u64,
    reply: Option<Reply<Vec<Part>>>,
}

/// What one actor has done.
#[derive(Clone, Copy)]
pub(super) struct Part {
    messages: u64,
    digest: u64,
}

pub(super) enum ToSource {
    Begin(Reply<Vec<Part>>),
    Go,
    Done { number: u64, part: Part },
}

struct Sink {
    source: Address<ToSource>,
    number: u64,
    part: Part,
}

pub(super) enum ToSink {
    Work(u64),
    Report,
}

/// What is computed for a message: the square of a sine, as in the suite.
fn work(round: u64) -> u64 {
    (round as f64).sin().powi(2).to_bits()
}

/// The digest of what was computed before, and of this. It depends on the order.
fn digest(before: u64, computed: u64) -> u64 {
    before.rotate_left(1) ^ computed
}

impl Actor for Source {
    type Msg = ToSource;

    fn handle(&mut self, message: ToSource, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let me = cx.me();
        match message {
            ToSource::Begin(reply) => {
                self.reply = Some(reply);
                let none = Part { messages: 0, digest: 0 };
                for number in 0..self.actors {
                    self.sinks.push(cx.spawn(Sink { source: me, number, part: none }));
                    self.parts.push(none);
                }
                cx.send(me, ToSource::Go)?;
            }
            ToSource::Go => {
                let until = self.rounds.min(self.next + ROUNDS_AT_ONCE);
                for round in self.next..until {
                    for sink in &self.sinks {
                        cx.send(*sink, ToSink::Work(round))?;
                    }
                }
                self.next = until;
                if self.next < self.rounds {
                    return Ok(cx.send(me, ToSource::Go)?);
                }
                for sink in &self.sinks {
                    cx.send(*sink, ToSink::Report)?;
                }
            }
            ToSource::Done { number, part } => {
                self.parts[number as usize] = part;
                self.told += 1;
                if self.told == self.actors {
                    let reply = asker(&mut self.reply)?;
                    reply.send(std::mem::take(&mut self.parts));
                }
            }
        }
        Ok(())
    }
}

impl Actor for Sink {
    type Msg = ToSink;

    fn handle(&mut self, message: ToSink, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToSink::Work(round) => {
                self.part.messages += 1;
                self.part.digest = digest(self.part.digest, work(round));
            }
            ToSink::Report => {
                cx.send(self.source, ToSource::Done { number: self.number, part: self.part })?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Workload for ForkJoinThroughput {
    const NAME: &'static str = "fork-join-throughput";
    const DIFFERS: &'static str = "";

    type Main = Source;
    type Answer = Vec<Part>;
    type Expected = Part;

    fn of(size: Size) -> Self {
        let (actors, rounds) = size.of((10, 500), (60, 10_000), (60, 100_000));
        Self { actors, rounds }
    }

    fn words(&self) -> String {
        let (messages, actors) =
            (units::counted(self.rounds, "message"), units::counted(self.actors, "actor"));
        format!("{messages} to each of {actors}, in turn")
    }

    fn messages(&self) -> Messages {
        // Besides those with work: the question, who goes on, and what each is asked and tells.
        Messages::Exactly(
            1 + self.rounds.div_ceil(ROUNDS_AT_ONCE) + self.actors * self.rounds + 2 * self.actors,
        )
    }

    fn expected(&self) -> Part {
        let digest = (0..self.rounds).map(work).fold(0, digest);
        Part { messages: self.rounds, digest }
    }

    fn main(&self) -> Source {
        Source {
            actors: self.actors,
            rounds: self.rounds,
            next: 0,
            sinks: Vec::new(),
            parts: Vec::new(),
            told: 0,
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Vec<Part>>) -> ToSource {
        ToSource::Begin(reply)
    }

    fn check(&self, expected: &Part, answer: Vec<Part>) -> Result<(), String> {
        same("actors", self.actors, answer.len() as u64)?;
        for (number, part) in answer.iter().enumerate() {
            same(format_args!("messages of actor {number}"), expected.messages, part.messages)?;
            same(format_args!("digest of actor {number}"), expected.digest, part.digest)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_message_a_lost_actor_and_another_order_are_seen() {
        let workload = ForkJoinThroughput { actors: 2, rounds: 3 };
        let expected = workload.expected();
        let check = |parts: &[Part]| workload.check(&expected, parts.to_vec());
        assert_eq!(check(&[expected; 2]), Ok(()));
        assert_eq!(check(&[expected]), Err("actors: 2 was to be, 1 is".into()));

        let lost = Part { messages: 2, ..expected };
        assert_eq!(check(&[expected, lost]), Err("messages of actor 1: 3 was to be, 2 is".into()));

        let turned = Part { digest: [0, 2, 1].map(work).into_iter().fold(0, digest), ..expected };
        let (right, wrong) = (expected.digest, turned.digest);
        let why = format!("digest of actor 0: {right} was to be, {wrong} is");
        assert_eq!(check(&[turned, expected]), Err(why));
    }
}
