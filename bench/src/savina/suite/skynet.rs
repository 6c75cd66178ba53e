//! Skynet: an actor makes ten, each of them ten more, down to leaves that answer their number; the others answer the sum of what their
//! children answer. The sum at the top must be that of all numbers.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use throng::{Actor, Address, Context, Fault, Reply};

/// Children of each actor but the leaves.
const CHILDREN: u8 = 10;

/// The skynet benchmark, which is not in the paper.
pub(super) struct Skynet {
    leaves: u64,
}

/// Who wants to know.
pub(super) struct Asker {
    leaves: u64,
    reply: Option<Reply<u64>>,
}

pub(super) enum ToAsker {
    Begin(Reply<u64>),
    Sum(Sum),
}

/// Of the numbers that were asked for.
pub(super) struct Sum(u64);

/// `M` is what its parent understands.
struct Node<M> {
    parent: Address<M>,
    sum: u64,
    /// Children that have not answered.
    missing: u8,
}

enum ToNode {
    /// The sum of so many numbers, from the first one on.
    Add {
        first: u64,
        numbers: u64,
    },
    Sum(Sum),
}

impl From<Sum> for ToAsker {
    fn from(sum: Sum) -> Self {
        Self::Sum(sum)
    }
}

impl From<Sum> for ToNode {
    fn from(sum: Sum) -> Self {
        Self::Sum(sum)
    }
}

impl Actor for Asker {
    type Msg = ToAsker;

    fn handle(&mut self, message: ToAsker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToAsker::Begin(reply) => {
                self.reply = Some(reply);
                spawn_for(0, self.leaves, cx)?;
            }
            ToAsker::Sum(Sum(sum)) => {
                let reply = asker(&mut self.reply)?;
                reply.send(sum);
            }
        }
        Ok(())
    }
}

impl<M: From<Sum> + Send + Sync + 'static> Actor for Node<M> {
    type Msg = ToNode;

    fn handle(&mut self, message: ToNode, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToNode::Add { first, numbers: 1 } => self.sum = first,
            ToNode::Add { first, numbers } => {
                self.missing = CHILDREN;
                let each = numbers / u64::from(CHILDREN);
                for child in 0..u64::from(CHILDREN) {
                    spawn_for(first + child * each, each, cx)?;
                }
                return Ok(());
            }
            ToNode::Sum(Sum(sum)) => {
                self.sum += sum;
                self.missing -= 1;
            }
        }
        if self.missing == 0 {
            cx.send(self.parent, Sum(self.sum))?;
            cx.stop();
        }
        Ok(())
    }
}

/// Makes a child that answers by the sum of so many numbers from `first` on.
fn spawn_for<A: Actor<Msg: From<Sum> + Sync>>(
    first: u64,
    numbers: u64,
    cx: &mut Context<'_, A>,
) -> Result<(), Fault> {
    let child = cx.spawn(Node { parent: cx.me(), sum: 0, missing: 0 });
    Ok(cx.send(child, ToNode::Add { first, numbers })?)
}

impl Workload for Skynet {
    const NAME: &'static str = "skynet";
    const DIFFERS: &'static str = "not of the suite: the skynet benchmark, by its own rules";

    type Main = Asker;
    type Answer = u64;
    type Expected = u64;

    fn of(size: Size) -> Self {
        Self { leaves: size.of(1_000, 1_000_000, 10_000_000) }
    }

    fn words(&self) -> String {
        let (leaves, children) = (units::count(self.leaves), units::count(u64::from(CHILDREN)));
        format!("a tree of actors with {leaves} leaves, each other one has {children} children")
    }

    fn messages(&self) -> Messages {
        // Each is asked, and answers.
        let levels = std::iter::successors(Some(self.leaves), |level| Some(level / u64::from(CHILDREN)));
        Messages::Exactly(1 + 2 * levels.take_while(|level| *level > 0).sum::<u64>())
    }

    fn expected(&self) -> u64 {
        (0..self.leaves).sum()
    }

    fn main(&self) -> Asker {
        Asker { leaves: self.leaves, reply: None }
    }

    fn begin(&self, reply: Reply<u64>) -> ToAsker {
        ToAsker::Begin(reply)
    }

    fn check(&self, expected: &u64, answer: u64) -> Result<(), String> {
        same("sum", *expected, answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_leaf_is_seen() {
        let workload = Skynet::of(Size::Default);
        let expected = workload.expected();
        assert_eq!(expected, 499_999_500_000);
        assert_eq!(workload.messages(), Messages::Exactly(1 + 2 * 1_111_111));
        assert_eq!(workload.check(&expected, expected), Ok(()));
        let why = "sum: 499999500000 was to be, 499999499993 is";
        assert_eq!(workload.check(&expected, expected - 7), Err(why.into()));
    }
}
