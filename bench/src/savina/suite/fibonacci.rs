//! Fibonacci: an actor for a number makes two for the two numbers before it, adds up what they answer, and answers its own parent.
//! The number at the top must be that of a loop; and the number of every actor, by a digest that goes up beside.

use super::digest::mixed;
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use throng::{Actor, Address, Context, Fault, Reply};

/// Savina's `fib`.
pub(super) struct Fibonacci {
    n: u32,
}

/// Who wants to know.
pub(super) struct Asker {
    n: u32,
    reply: Option<Reply<Value>>,
}

pub(super) enum ToAsker {
    Begin(Reply<Value>),
    Value(Value),
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    number: u32,
    digest: u16,
}

/// `M` is what its parent understands.
struct Node<M> {
    parent: Address<M>,
    sum: u32,
    /// The sum of what the numbers of all below are mixed to.
    digest: u16,
    /// Children that have not answered.
    missing: u8,
}

// No larger than without the digest, which is why that has 16 bits.
const _: () = assert!(size_of::<Node<ToNode>>() == 16);

enum ToNode {
    Compute(u32),
    Value(Value),
}

impl From<Value> for ToAsker {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<Value> for ToNode {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl Actor for Asker {
    type Msg = ToAsker;

    fn handle(&mut self, message: ToAsker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToAsker::Begin(reply) => {
                self.reply = Some(reply);
                spawn_for(self.n, cx)?;
            }
            ToAsker::Value(value) => {
                let reply = asker(&mut self.reply)?;
                reply.send(value);
            }
        }
        Ok(())
    }
}

impl<M: From<Value> + Send + Sync + 'static> Actor for Node<M> {
    type Msg = ToNode;

    fn handle(&mut self, message: ToNode, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToNode::Compute(n) if n > 2 => {
                self.missing = 2;
                spawn_for(n - 1, cx)?;
                return spawn_for(n - 2, cx);
            }
            ToNode::Compute(_) => self.sum = 1,
            ToNode::Value(Value { number, digest }) => {
                self.sum += number;
                self.digest = self.digest.wrapping_add(digest);
                self.missing -= 1;
            }
        }
        if self.missing == 0 {
            let (number, digest) = (self.sum, self.digest.wrapping_add(short(self.sum)));
            cx.send(self.parent, Value { number, digest })?;
            cx.stop();
        }
        Ok(())
    }
}

/// What a digest adds up.
fn short(number: u32) -> u16 {
    mixed(number.into()) as u16
}

/// Makes a child that answers by the number for `n`.
fn spawn_for<A: Actor<Msg: From<Value> + Sync>>(n: u32, cx: &mut Context<'_, A>) -> Result<(), Fault> {
    let child = cx.spawn(Node { parent: cx.me(), sum: 0, digest: 0, missing: 0 });
    Ok(cx.send(child, ToNode::Compute(n))?)
}

impl Workload for Fibonacci {
    const NAME: &'static str = "fibonacci";
    const DIFFERS: &'static str = "a digest of all numbers is answered beside the number";

    type Main = Asker;
    type Answer = Value;
    type Expected = Value;

    fn of(size: Size) -> Self {
        Self { n: size.of(14, 25, 32) }
    }

    fn words(&self) -> String {
        format!("Fibonacci number {}, by an actor for each sum and each one", units::count(u64::from(self.n)))
    }

    fn messages(&self) -> Messages {
        // The ends of the tree add up ones to the number; there is one sum less than ends. Each is asked, and answers.
        let actors = 2 * u64::from(self.expected().number) - 1;
        Messages::Exactly(1 + 2 * actors)
    }

    fn expected(&self) -> Value {
        let (mut before, mut last) = ((0, 0), (1, short(1)));
        for n in 1..self.n {
            let number = before.0 + last.0;
            // The second number is an end of the tree, as the first one is.
            let below = if n == 1 { 0 } else { last.1.wrapping_add(before.1) };
            (before, last) = (last, (number, short(number).wrapping_add(below)));
        }
        Value { number: last.0, digest: last.1 }
    }

    fn main(&self) -> Asker {
        Asker { n: self.n, reply: None }
    }

    fn begin(&self, reply: Reply<Value>) -> ToAsker {
        ToAsker::Begin(reply)
    }

    fn check(&self, expected: &Value, answer: Value) -> Result<(), String> {
        same("Fibonacci number", expected.number, answer.number)?;
        same("the digest of all numbers", expected.digest, answer.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_number_is_seen() {
        let numbers = [1, 2, 3, 4, 25, 32].map(|n| Fibonacci { n }.expected().number);
        assert_eq!(numbers, [1, 1, 2, 3, 75_025, 2_178_309]);
        let workload = Fibonacci::of(Size::Default);
        let expected = workload.expected();
        assert_eq!(workload.check(&expected, expected), Ok(()));
        let why = "Fibonacci number: 75025 was to be, 75024 is";
        assert_eq!(workload.check(&expected, Value { number: 75_024, ..expected }), Err(why.into()));
    }

    /// What an actor for `n` answers, if the ends below answer so in turn: the number, and what all there have answered.
    fn of(n: u32, ends: &mut impl Iterator<Item = u32>, all: &mut Vec<u32>) -> u32 {
        let number =
            if n > 2 { of(n - 1, ends, all) + of(n - 2, ends, all) } else { ends.next().expect("an end") };
        all.push(number);
        number
    }

    fn answer(n: u32, ends: &[u32]) -> Value {
        let mut all = Vec::new();
        let number = of(n, &mut ends.iter().copied(), &mut all);
        Value { number, digest: all.into_iter().fold(0, |digest, each| digest.wrapping_add(short(each))) }
    }

    #[test]
    fn ends_that_make_up_for_each_other_are_seen() {
        let workload = Fibonacci { n: 6 };
        let expected = workload.expected();
        assert_eq!(workload.check(&expected, answer(6, &[1; 8])), Ok(()));
        for ends in [[1, 1, 2, 0, 1, 1, 1, 1], [0, 2, 1, 1, 1, 1, 1, 1], [1, 1, 1, 2, 1, 1, 1, 0]] {
            let wrong = answer(6, &ends);
            assert_eq!(wrong.number, expected.number);
            let (was, is) = (expected.digest, wrong.digest);
            let why = format!("the digest of all numbers: {was} was to be, {is} is");
            assert_eq!(workload.check(&expected, wrong), Err(why));
        }
    }
}
