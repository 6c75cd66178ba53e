//! Fork-join, creation: actors that are made, get one message, do a bit of arithmetic and end. Each must have had its own message,
//! once: the sum of what they computed tells.

use super::busy::squared_sine;
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use throng::{Actor, Address, Context, Fault, Reply};

/// Actors that one handler makes.
const CHUNK: u64 = 256;
/// When so many have not answered, no more are made.
const UNDER_WAY: u64 = 1_024;

/// Savina's `fjcreate`.
pub(super) struct ForkJoinCreate {
    actors: u64,
}

/// Who makes the others, and hears of each.
pub(super) struct Maker {
    actors: u64,
    made: u64,
    /// Whether it makes more once some have answered.
    is_waiting: bool,
    joined: Joined,
    reply: Option<Reply<Joined>>,
}

/// What they came to.
#[derive(Clone, Copy)]
pub(super) struct Joined {
    actors: u64,
    sum: u64,
}

pub(super) enum ToMaker {
    Begin(Reply<Joined>),
    Go,
    Done(u64),
}

struct Fork {
    maker: Address<ToMaker>,
}

struct Work(u64);

/// What an actor computes, and which one it is. It is added up in whole numbers, as that is exact in any order.
fn work(number: u64) -> u64 {
    Seeded::new(number).number() ^ squared_sine().to_bits()
}

impl Actor for Maker {
    type Msg = ToMaker;

    fn handle(&mut self, message: ToMaker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMaker::Begin(reply) => {
                self.reply = Some(reply);
                self.make(cx)?;
            }
            ToMaker::Go => self.make(cx)?,
            ToMaker::Done(computed) => {
                self.joined.actors += 1;
                self.joined.sum = self.joined.sum.wrapping_add(computed);
                if self.is_waiting && self.has_room() {
                    self.is_waiting = false;
                    let me = cx.me();
                    cx.send(me, ToMaker::Go)?;
                }
                if self.joined.actors == self.actors {
                    let reply = asker(&mut self.reply)?;
                    reply.send(self.joined);
                }
            }
        }
        Ok(())
    }
}

impl Maker {
    fn make(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let maker = cx.me();
        let until = self.actors.min(self.made + CHUNK);
        for number in self.made..until {
            let fork = cx.spawn(Fork { maker });
            cx.send(fork, Work(number))?;
        }
        self.made = until;
        if self.made == self.actors {
            return Ok(());
        }
        self.is_waiting = !self.has_room();
        if !self.is_waiting {
            cx.send(maker, ToMaker::Go)?;
        }
        Ok(())
    }

    fn has_room(&self) -> bool {
        self.made - self.joined.actors + CHUNK <= UNDER_WAY
    }
}

impl Actor for Fork {
    type Msg = Work;

    fn handle(&mut self, Work(number): Work, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.send(self.maker, ToMaker::Done(work(number)))?;
        cx.stop();
        Ok(())
    }
}

impl Workload for ForkJoinCreate {
    const NAME: &'static str = "fork-join-create";
    const DIFFERS: &'static str = "each actor answers before it ends; 1,024 at most are under way";

    type Main = Maker;
    type Answer = Joined;
    type Expected = Joined;

    fn of(size: Size) -> Self {
        Self { actors: size.of(3_000, 40_000, 1_000_000) }
    }

    fn words(&self) -> String {
        format!("{} made, each for one message", units::counted(self.actors, "actor"))
    }

    fn messages(&self) -> Messages {
        // The question, who goes on, and one there and back for each.
        Messages::Exactly(1 + (self.actors.div_ceil(CHUNK) - 1) + 2 * self.actors)
    }

    fn expected(&self) -> Joined {
        let sum = (0..self.actors).map(work).fold(0, u64::wrapping_add);
        Joined { actors: self.actors, sum }
    }

    fn main(&self) -> Maker {
        let joined = Joined { actors: 0, sum: 0 };
        Maker { actors: self.actors, made: 0, is_waiting: false, joined, reply: None }
    }

    fn begin(&self, reply: Reply<Joined>) -> ToMaker {
        ToMaker::Begin(reply)
    }

    fn check(&self, expected: &Joined, answer: Joined) -> Result<(), String> {
        same("actors that are done", expected.actors, answer.actors)?;
        same("sum", expected.sum, answer.sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_too_few_and_one_in_place_of_another_are_seen() {
        let workload = ForkJoinCreate { actors: 3 };
        let expected = workload.expected();
        assert_eq!(workload.check(&expected, expected), Ok(()));

        let few = Joined { actors: 2, ..expected };
        assert_eq!(workload.check(&expected, few), Err("actors that are done: 3 was to be, 2 is".into()));

        let sum = [0, 1, 1].map(work).into_iter().fold(0, u64::wrapping_add);
        let why = format!("sum: {} was to be, {sum} is", expected.sum);
        assert_eq!(workload.check(&expected, Joined { sum, ..expected }), Err(why));
    }
}
