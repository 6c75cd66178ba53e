//! Thread ring: a token goes round a ring of actors, so many hops; and, where the machine's caches are to be seen too, as many round
//! the same actors in an order that is shuffled. Then a word goes round once, after which they end. Who had the token at last, and which
//! hops each had, must be as counting round the ring says.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::mem::take;
use std::sync::{Arc, OnceLock};
use throng::{Actor, Address, Context, Fault, Reply};

/// Actors that one handler makes, or tells who is next.
const CHUNK: usize = 1_024;
const SEED: u64 = 1;

/// Savina's `threadring`.
pub(super) struct ThreadRing {
    actors: usize,
    hops: u64,
    is_shuffled: bool,
    /// Drawn once.
    rings: OnceLock<Arc<[Ring]>>,
}

/// Who is after whom: the first has the token at first.
type Ring = Vec<u32>;

impl ThreadRing {
    fn new(actors: usize, hops: u64, is_shuffled: bool) -> Self {
        Self { actors, hops, is_shuffled, rings: OnceLock::new() }
    }

    /// Each is gone round in its turn.
    fn rings(&self) -> &Arc<[Ring]> {
        self.rings.get_or_init(|| {
            let in_order: Ring = (0..self.actors as u32).collect();
            if !self.is_shuffled {
                return Arc::new([in_order]);
            }
            let mut shuffled = in_order.clone();
            Seeded::new(SEED).shuffle(&mut shuffled);
            Arc::new([in_order, shuffled])
        })
    }
}

/// Who builds the ring.
pub(super) struct Builder {
    nodes: Vec<Address<ToNode>>,
    rings: Arc<[Ring]>,
    /// Which of them, and how many of its nodes know who is next.
    ring: usize,
    linked: usize,
    hops: u64,
    answer: Answer,
    reply: Option<Reply<Answer>>,
}

/// What came of it.
#[derive(Clone, Default, PartialEq, Debug)]
pub(super) struct Answer {
    /// Who had the token last, of each ring.
    last: Vec<u32>,
    farewell: Farewell,
}

/// What the word has gathered when it is round.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub(super) struct Farewell {
    actors: u64,
    /// How often somebody had the token.
    tokens: u64,
    /// A digest of what each says of its tokens, in the order of the ring.
    digest: u64,
}

impl Farewell {
    /// With one node more, which had so many tokens, with this digest.
    fn with(self, tokens: u64, digest: u64) -> Self {
        Self { actors: self.actors + 1, tokens: self.tokens + tokens, digest: digested(self.digest, digest) }
    }
}

/// With one more, where the order matters.
fn digested(digest: u64, more: u64) -> u64 {
    digest.wrapping_mul(31).wrapping_add(more + 1)
}

pub(super) enum ToBuilder {
    Begin(Reply<Answer>),
    Go,
    /// This one has the token, and it is not to go on.
    Last(u32),
    Done(Farewell),
}

struct Node {
    builder: Address<ToBuilder>,
    next: Option<Address<ToNode>>,
    number: u32,
    tokens: u64,
    /// Of the hops that each token had left.
    digest: u64,
}

pub(super) enum ToNode {
    Next(Address<ToNode>),
    Token {
        left: u64,
    },
    /// To so many more.
    Farewell {
        left: u64,
        farewell: Farewell,
    },
}

impl Actor for Builder {
    type Msg = ToBuilder;

    fn handle(&mut self, message: ToBuilder, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToBuilder::Begin(reply) => {
                self.reply = Some(reply);
                self.go(cx)
            }
            ToBuilder::Go => self.go(cx),
            ToBuilder::Last(number) => {
                self.answer.last.push(number);
                (self.ring, self.linked) = (self.ring + 1, 0);
                if self.ring < self.rings.len() {
                    return self.go(cx);
                }
                let first = self.node(0);
                let (left, farewell) = (self.nodes.len() as u64 - 1, Farewell::default());
                Ok(cx.send(first, ToNode::Farewell { left, farewell })?)
            }
            ToBuilder::Done(farewell) => {
                self.answer.farewell = farewell;
                let reply = asker(&mut self.reply)?;
                reply.send(take(&mut self.answer));
                Ok(())
            }
        }
    }
}

impl Builder {
    /// Makes the nodes, then tells each who is next; and then there is a token.
    fn go(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (me, all) = (cx.me(), self.rings[0].len());
        let made = self.nodes.len();
        if made < all {
            for number in made..all.min(made + CHUNK) {
                let number = number as u32;
                self.nodes.push(cx.spawn(Node { builder: me, next: None, number, tokens: 0, digest: 0 }));
            }
            return Ok(cx.send(me, ToBuilder::Go)?);
        }
        let until = all.min(self.linked + CHUNK);
        for at in self.linked..until {
            cx.send(self.node(at), ToNode::Next(self.node(at + 1)))?;
        }
        self.linked = until;
        if self.linked < all {
            return Ok(cx.send(me, ToBuilder::Go)?);
        }
        Ok(cx.send(self.node(0), ToNode::Token { left: self.hops })?)
    }

    /// Who is there in the ring that is gone round, or was last.
    fn node(&self, at: usize) -> Address<ToNode> {
        let ring = &self.rings[self.ring.min(self.rings.len() - 1)];
        self.nodes[ring[at % ring.len()] as usize]
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
                self.digest = digested(self.digest, left);
                match left.checked_sub(1) {
                    Some(left) => cx.send(self.next()?, ToNode::Token { left })?,
                    None => cx.send(self.builder, ToBuilder::Last(self.number))?,
                }
            }
            ToNode::Farewell { left, farewell } => {
                let farewell = farewell.with(self.tokens, self.digest);
                match left.checked_sub(1) {
                    Some(left) => cx.send(self.next()?, ToNode::Farewell { left, farewell })?,
                    None => cx.send(self.builder, ToBuilder::Done(farewell))?,
                }
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Workload for ThreadRing {
    const NAME: &'static str = "thread-ring";
    const DIFFERS: &'static str =
        "who has the token last says so to the builder, who sends the farewell round";

    type Main = Builder;
    type Answer = Answer;
    type Expected = Answer;

    fn of(size: Size) -> Self {
        let (actors, hops) = size.of((30, 1_507), (100, 100_000), (1_000_000, 10_000_000));
        Self::new(actors, hops, size != Size::Default)
    }

    fn words(&self) -> String {
        let hops = units::counted(self.hops, "hop");
        let words = format!("{hops} round a ring of {}", units::counted(self.actors as u64, "actor"));
        if self.is_shuffled { words + ", and as many in an order that is shuffled" } else { words }
    }

    fn messages(&self) -> Messages {
        // A ring: each is told who is next, the token is had once more than it hops, and somebody had it last. Then the word goes to
        // each. The first question, the end, and who builds goes on after each piece of work but the last of a ring.
        let (actors, rings) = (self.actors as u64, self.rings().len() as u64);
        let pieces = self.actors.div_ceil(CHUNK) as u64;
        Messages::Exactly(2 + rings * (actors + self.hops + 2) + actors + (rings + 1) * pieces - rings)
    }

    fn expected(&self) -> Answer {
        // Of each, its tokens and their digest.
        let mut had = vec![(0, 0); self.actors];
        let mut last = Vec::new();
        for ring in self.rings().iter() {
            let mut at = 0;
            for hop in 0..=self.hops {
                let (tokens, digest) = &mut had[ring[at] as usize];
                (*tokens, *digest) = (*tokens + 1, digested(*digest, self.hops - hop));
                if hop == self.hops {
                    last.push(ring[at]);
                }
                at = if at + 1 == self.actors { 0 } else { at + 1 };
            }
        }
        let round = self.rings().last().into_iter().flatten();
        let farewell = round.fold(Farewell::default(), |farewell, &number| {
            let (tokens, digest) = had[number as usize];
            farewell.with(tokens, digest)
        });
        Answer { last, farewell }
    }

    fn main(&self) -> Builder {
        let (rings, nodes) = (Arc::clone(self.rings()), Vec::with_capacity(self.actors));
        Builder { nodes, rings, ring: 0, linked: 0, hops: self.hops, answer: Answer::default(), reply: None }
    }

    fn begin(&self, reply: Reply<Answer>) -> ToBuilder {
        ToBuilder::Begin(reply)
    }

    fn check(&self, expected: &Answer, answer: Answer) -> Result<(), String> {
        same("rings", expected.last.len(), answer.last.len())?;
        for (ring, (last, got)) in expected.last.iter().zip(&answer.last).enumerate() {
            same(format_args!("who had the token last in ring {ring}"), last, got)?;
        }
        let (farewell, got) = (expected.farewell, answer.farewell);
        same("actors in the ring", farewell.actors, got.actors)?;
        same("times that the token was had", farewell.tokens, got.tokens)?;
        same("the digest of who had it when", farewell.digest, got.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop_too_few_an_actor_passed_over_and_a_token_of_another_are_seen() {
        let workload = ThreadRing::new(3, 4, false);
        let expected = workload.expected();
        // The tokens of each, by the hops that they had left.
        let digest = |tokens: [&[u64]; 3]| {
            tokens.iter().map(|of| of.iter().copied().fold(0, digested)).fold(0, digested)
        };
        let farewell = Farewell { actors: 3, tokens: 5, digest: digest([&[4, 1], &[3, 0], &[2]]) };
        assert_eq!(expected, Answer { last: vec![1], farewell });
        let check =
            |last: &[u32], farewell| workload.check(&expected, Answer { last: last.to_vec(), farewell });
        assert_eq!(check(&[1], farewell), Ok(()));
        let refused =
            |last: &[u32], farewell, words: &str| assert_eq!(check(last, farewell), Err(words.into()));
        refused(&[0], farewell, "who had the token last in ring 0: 1 was to be, 0 is");
        refused(&[1, 1], farewell, "rings: 1 was to be, 2 is");
        refused(&[1], Farewell { actors: 2, ..farewell }, "actors in the ring: 3 was to be, 2 is");
        refused(&[1], Farewell { tokens: 4, ..farewell }, "times that the token was had: 5 was to be, 4 is");
        let (right, wrong) = (farewell.digest, digest([&[4, 0], &[3, 1], &[2]]));
        let words = format!("the digest of who had it when: {right} was to be, {wrong} is");
        refused(&[1], Farewell { digest: wrong, ..farewell }, &words);
    }

    #[test]
    fn the_second_ring_is_another_with_the_same_actors() {
        let workload = ThreadRing::of(Size::Small);
        let [first, second] = &workload.rings()[..] else { panic!("two rings") };
        assert_ne!(first, second);
        let mut sorted = second.clone();
        sorted.sort_unstable();
        assert_eq!(&sorted, first);
        assert_eq!(workload.expected().farewell.tokens, 2 * 1_508);
    }
}
