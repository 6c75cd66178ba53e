//! Fibonacci: an actor for a number makes two for the two numbers before it, adds up what they answer, and answers its own parent.
//! The number at the top must be that of a loop.

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
    reply: Option<Reply<u32>>,
}

pub(super) enum ToAsker {
    Begin(Reply<u32>),
    Value(Value),
}

/// The number that was asked for.
pub(super) struct Value(u32);

/// `M` is what its parent understands.
struct Node<M> {
    parent: Address<M>,
    sum: u32,
    /// Children that have not answered.
    missing: u8,
}

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
            ToAsker::Value(Value(number)) => {
                let reply = asker(&mut self.reply)?;
                reply.send(number);
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
            ToNode::Value(Value(number)) => {
                self.sum += number;
                self.missing -= 1;
            }
        }
        if self.missing == 0 {
            cx.send(self.parent, Value(self.sum))?;
            cx.stop();
        }
        Ok(())
    }
}

/// Makes a child that answers by the number for `n`.
fn spawn_for<A: Actor<Msg: From<Value> + Sync>>(n: u32, cx: &mut Context<'_, A>) -> Result<(), Fault> {
    let child = cx.spawn(Node { parent: cx.me(), sum: 0, missing: 0 });
    Ok(cx.send(child, ToNode::Compute(n))?)
}

impl Workload for Fibonacci {
    const NAME: &'static str = "fibonacci";
    const DIFFERS: &'static str = "";

    type Main = Asker;
    type Answer = u32;
    type Expected = u32;

    fn of(size: Size) -> Self {
        Self { n: size.of(14, 25, 32) }
    }

    fn words(&self) -> String {
        format!("Fibonacci number {}, by an actor for each sum and each one", units::count(u64::from(self.n)))
    }

    fn messages(&self) -> Messages {
        // The ends of the tree add up ones to the number; there is one sum less than ends. Each is asked, and answers.
        let actors = 2 * u64::from(self.expected()) - 1;
        Messages::Exactly(1 + 2 * actors)
    }

    fn expected(&self) -> u32 {
        let (mut number, mut next) = (0, 1);
        for _ in 0..self.n {
            (number, next) = (next, number + next);
        }
        number
    }

    fn main(&self) -> Asker {
        Asker { n: self.n, reply: None }
    }

    fn begin(&self, reply: Reply<u32>) -> ToAsker {
        ToAsker::Begin(reply)
    }

    fn check(&self, expected: &u32, answer: u32) -> Result<(), String> {
        same("Fibonacci number", *expected, answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_number_is_seen() {
        let numbers = [1, 2, 3, 4, 25, 32].map(|n| Fibonacci { n }.expected());
        assert_eq!(numbers, [1, 1, 2, 3, 75_025, 2_178_309]);
        let workload = Fibonacci::of(Size::Default);
        assert_eq!(workload.check(&75_025, 75_025), Ok(()));
        let why = "Fibonacci number: 75025 was to be, 75024 is";
        assert_eq!(workload.check(&75_025, 75_024), Err(why.into()));
    }
}
