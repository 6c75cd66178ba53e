//! Fork-join, throughput: one actor sends to many in turn, each of which does a bit of arithmetic for a message. Each one's messages
//! must be all that were sent to it, in their order, by a digest of what it computed; no two are sent the same.

use super::busy::squared_sine;
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use throng::{Actor, Address, Context, Fault, Options, Reply};

/// Rounds of one handler, in each of which every actor is sent to once.
const ROUNDS_AT_ONCE: u64 = 4;

/// Savina's `fjthrput`.
pub(super) struct ForkJoinThroughput {
    actors: u64,
    rounds: u64,
    /// Of the mailboxes.
    capacity: u32,
}

/// Who sends, and gathers what each has done.
pub(super) struct Source {
    actors: u64,
    rounds: u64,
    capacity: u32,
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
    /// The number of the message among those of all.
    Work(u64),
    Report,
}

/// What is computed for a message, and which one it was.
fn work(message: u64) -> u64 {
    message ^ squared_sine().to_bits()
}

/// The digest of what was computed before, and of this. It depends on the order.
fn digest(before: u64, computed: u64) -> u64 {
    before.wrapping_mul(31).wrapping_add(computed)
}

impl Actor for Source {
    type Msg = ToSource;

    fn handle(&mut self, message: ToSource, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToSource::Begin(reply) => {
                self.reply = Some(reply);
                let options = Options::builder().capacity(self.capacity).build()?;
                let (none, source) = (Part { messages: 0, digest: 0 }, cx.me());
                for number in 0..self.actors {
                    self.sinks.push(cx.try_spawn(Sink { source, number, part: none }, &options)?);
                    self.parts.push(none);
                }
                self.go(cx)?;
            }
            ToSource::Go => self.go(cx)?,
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

impl Source {
    fn go(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let until = self.rounds.min(self.next + ROUNDS_AT_ONCE);
        for round in self.next..until {
            for (message, sink) in (round * self.actors..).zip(&self.sinks) {
                cx.send(*sink, ToSink::Work(message))?;
            }
        }
        self.next = until;
        if self.next < self.rounds {
            let me = cx.me();
            return Ok(cx.send(me, ToSource::Go)?);
        }
        self.sinks.iter().try_for_each(|sink| Ok(cx.send(*sink, ToSink::Report)?))
    }
}

impl Actor for Sink {
    type Msg = ToSink;

    fn handle(&mut self, message: ToSink, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToSink::Work(message) => {
                self.part.messages += 1;
                self.part.digest = digest(self.part.digest, work(message));
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
    const DIFFERS: &'static str = "four rounds are sent at a time; each actor tells what it computed";

    type Main = Source;
    type Answer = Vec<Part>;
    type Expected = Vec<Part>;

    fn of(size: Size) -> Self {
        let (actors, rounds) = size.of((10, 500), (60, 10_000), (60, 100_000));
        // So few at the small size that senders are held up there too.
        Self { actors, rounds, capacity: size.of(16, 1_024, 1_024) }
    }

    fn words(&self) -> String {
        let (messages, actors) =
            (units::counted(self.rounds, "message"), units::counted(self.actors, "actor"));
        format!("{messages} to each of {actors}, in turn")
    }

    fn messages(&self) -> Messages {
        // Besides those with work: the question, who goes on, and what each is asked and tells.
        Messages::Exactly(
            1 + (self.rounds.div_ceil(ROUNDS_AT_ONCE) - 1) + self.actors * self.rounds + 2 * self.actors,
        )
    }

    fn expected(&self) -> Vec<Part> {
        let of = |number| {
            let messages = (0..self.rounds).map(|round| round * self.actors + number);
            Part { messages: self.rounds, digest: messages.map(work).fold(0, digest) }
        };
        (0..self.actors).map(of).collect()
    }

    fn main(&self) -> Source {
        Source {
            actors: self.actors,
            rounds: self.rounds,
            capacity: self.capacity,
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

    fn check(&self, expected: &Vec<Part>, answer: Vec<Part>) -> Result<(), String> {
        same("actors", expected.len(), answer.len())?;
        for (number, (expected, part)) in expected.iter().zip(answer).enumerate() {
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
    fn a_lost_message_a_lost_actor_another_order_and_a_message_of_another_are_seen() {
        let workload = ForkJoinThroughput { actors: 2, rounds: 100, capacity: 1 };
        let expected = workload.expected();
        let check = |spoil: fn(&mut Vec<Part>)| {
            let mut parts = expected.clone();
            spoil(&mut parts);
            workload.check(&expected, parts)
        };
        assert_eq!(check(|_| ()), Ok(()));
        assert_eq!(check(|parts| parts.truncate(1)), Err("actors: 2 was to be, 1 is".into()));
        let lost = check(|parts| parts[1].messages = 99);
        assert_eq!(lost, Err("messages of actor 1: 100 was to be, 99 is".into()));
        // Those of the first are the even ones.
        let of = |order: &[u64]| order.iter().map(|&message| work(message)).fold(0, digest);
        let right: Vec<u64> = (0..100).map(|round| 2 * round).collect();
        assert_eq!(of(&right), expected[0].digest);
        let spoiled = |spoil: fn(&mut [u64])| {
            let mut order = right.clone();
            spoil(&mut order);
            let wrong = Part { messages: 100, digest: of(&order) };
            let why = format!("digest of actor 0: {} was to be, {} is", expected[0].digest, wrong.digest);
            assert_eq!(workload.check(&expected, vec![wrong, expected[1]]), Err(why));
        };
        spoiled(|order| order.swap(1, 2));
        spoiled(|order| order.swap(1, 65));
        spoiled(|order| order[7] = 15);
    }
}
