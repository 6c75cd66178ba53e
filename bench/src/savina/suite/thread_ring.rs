//! Thread ring: a token goes round a ring of actors, so many hops, and then a word once, after which they end. Who has the token at
//! last, and how often each had it, must be as counting round the ring says.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use throng::{Actor, Address, Context, Fault, Reply};

/// Actors that one handler makes.
const CHUNK: u64 = 1_024;

/// Savina's `threadring`.
pub(super) struct ThreadRing {
    actors: u64,
    hops: u64,
}

/// Who builds the ring.
pub(super) struct Builder {
    /// Nodes that are still to be made, each in front of the one before.
    left: u64,
    hops: u64,
    reply: Option<Reply<Round>>,
}

/// What the word has gathered when it is round.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Round {
    /// Who had the token at last.
    last: u64,
    actors: u64,
    /// How often somebody had it.
    tokens: u64,
    /// The same, each time by the number of who had it.
    weighed: u64,
}

pub(super) enum ToBuilder {
    Begin(Reply<Round>),
    Go { first: Address<ToNode>, tail: Address<ToNode> },
    Done(Round),
}

struct Node {
    builder: Address<ToBuilder>,
    next: Option<Address<ToNode>>,
    number: u64,
    tokens: u64,
}

pub(super) enum ToNode {
    Next(Address<ToNode>),
    Token { left: u64 },
    Farewell(Round),
}

impl Actor for Builder {
    type Msg = ToBuilder;

    fn handle(&mut self, message: ToBuilder, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let me = cx.me();
        match message {
            ToBuilder::Begin(reply) => {
                self.reply = Some(reply);
                self.left -= 1;
                let tail = cx.spawn(Node { builder: me, next: None, number: self.left, tokens: 0 });
                cx.send(me, ToBuilder::Go { first: tail, tail })?;
            }
            ToBuilder::Go { mut first, tail } => {
                for _ in 0..self.left.min(CHUNK) {
                    self.left -= 1;
                    first = cx.spawn(Node { builder: me, next: Some(first), number: self.left, tokens: 0 });
                }
                if self.left > 0 {
                    cx.send(me, ToBuilder::Go { first, tail })?;
                } else {
                    // In the tail's mailbox before there is a token.
                    cx.send(tail, ToNode::Next(first))?;
                    cx.send(first, ToNode::Token { left: self.hops })?;
                }
            }
            ToBuilder::Done(round) => {
                let reply = asker(&mut self.reply)?;
                reply.send(round);
            }
        }
        Ok(())
    }
}

impl Node {
    fn next(&self) -> Result<Address<ToNode>, Fault> {
        self.next.ok_or_else(|| Fault::msg("the ring is not closed"))
    }
}

impl Actor for Node {
    type Msg = ToNode;

    fn handle(&mut self, message: ToNode, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToNode::Next(next) => self.next = Some(next),
            ToNode::Token { left } => {
                self.tokens += 1;
                let onwards = match left.checked_sub(1) {
                    Some(left) => ToNode::Token { left },
                    None => ToNode::Farewell(Round { last: self.number, actors: 0, tokens: 0, weighed: 0 }),
                };
                cx.send(self.next()?, onwards)?;
            }
            ToNode::Farewell(mut round) => {
                round.actors += 1;
                round.tokens += self.tokens;
                round.weighed += self.tokens * self.number;
                if round.last == self.number {
                    cx.send(self.builder, ToBuilder::Done(round))?;
                } else {
                    cx.send(self.next()?, ToNode::Farewell(round))?;
                }
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Workload for ThreadRing {
    const NAME: &'static str = "thread-ring";
    const DIFFERS: &'static str = "";

    type Main = Builder;
    type Answer = Round;
    type Expected = Round;

    fn of(size: Size) -> Self {
        let (actors, hops) = size.of((30, 3_007), (100, 100_000), (1_000_000, 10_000_000));
        Self { actors, hops }
    }

    fn words(&self) -> String {
        format!(
            "{} round a ring of {}",
            units::counted(self.hops, "hop"),
            units::counted(self.actors, "actor")
        )
    }

    fn messages(&self) -> Messages {
        // The token is had once more than it hops; the word goes to each. Then the question, the making, the closing and the end.
        let making = (self.actors - 1).div_ceil(CHUNK).max(1);
        Messages::Exactly(self.hops + 1 + self.actors + making + 3)
    }

    fn expected(&self) -> Round {
        let (mut at, mut weighed) = (0, 0);
        for _ in 0..self.hops {
            at = if at + 1 == self.actors { 0 } else { at + 1 };
            weighed += at;
        }
        Round { last: at, actors: self.actors, tokens: self.hops + 1, weighed }
    }

    fn main(&self) -> Builder {
        Builder { left: self.actors, hops: self.hops, reply: None }
    }

    fn begin(&self, reply: Reply<Round>) -> ToBuilder {
        ToBuilder::Begin(reply)
    }

    fn check(&self, expected: &Round, answer: Round) -> Result<(), String> {
        same("who had the token last", expected.last, answer.last)?;
        same("actors in the ring", expected.actors, answer.actors)?;
        same("times that the token was had", expected.tokens, answer.tokens)?;
        same("the same by who had it", expected.weighed, answer.weighed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop_too_few_and_an_actor_passed_over_are_seen() {
        let workload = ThreadRing { actors: 3, hops: 4 };
        let expected = workload.expected();
        assert_eq!(expected, Round { last: 1, actors: 3, tokens: 5, weighed: 1 + 2 + 1 });
        let check = |round| workload.check(&expected, round);
        assert_eq!(check(expected), Ok(()));
        assert_eq!(
            check(Round { last: 0, ..expected }),
            Err("who had the token last: 1 was to be, 0 is".into())
        );
        assert_eq!(
            check(Round { actors: 2, ..expected }),
            Err("actors in the ring: 3 was to be, 2 is".into())
        );
        assert_eq!(
            check(Round { tokens: 4, ..expected }),
            Err("times that the token was had: 5 was to be, 4 is".into())
        );
        assert_eq!(
            check(Round { weighed: 3, ..expected }),
            Err("the same by who had it: 4 was to be, 3 is".into())
        );
    }
}
