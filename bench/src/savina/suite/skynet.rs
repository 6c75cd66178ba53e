//! Skynet: an actor makes ten, each of them ten more, down to leaves that answer their number; the others answer the sum of what their
//! children answer. The sum at the top must be that of all numbers; and what every actor answers, by a digest that goes up with the sum,
//! the sum of its own.

use super::digest::Digest;
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
    reply: Option<Reply<Sum>>,
}

pub(super) enum ToAsker {
    Begin(Reply<Sum>),
    Sum(Sum),
}

/// What was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    /// Of the numbers.
    sum: u64,
    /// Of the sums that each actor answers.
    digest: Digest,
}

/// `M` is what its parent understands.
struct Node<M> {
    parent: Address<M>,
    sum: Sum,
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

// With the digest no larger than without: the other message is as large.
const _: () = assert!(size_of::<ToNode>() == 24);

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
            ToAsker::Sum(sum) => {
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
            ToNode::Add { first, numbers: 1 } => self.sum.sum = first,
            ToNode::Add { first, numbers } => {
                self.missing = CHILDREN;
                let each = numbers / u64::from(CHILDREN);
                for child in 0..u64::from(CHILDREN) {
                    spawn_for(first + child * each, each, cx)?;
                }
                return Ok(());
            }
            ToNode::Sum(Sum { sum, digest }) => {
                self.sum.sum += sum;
                self.sum.digest.merge(digest);
                self.missing -= 1;
            }
        }
        if self.missing == 0 {
            self.sum.digest.add(self.sum.sum);
            cx.send(self.parent, self.sum)?;
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
    let child = cx.spawn(Node { parent: cx.me(), sum: Sum::default(), missing: 0 });
    Ok(cx.send(child, ToNode::Add { first, numbers })?)
}

impl Workload for Skynet {
    const NAME: &'static str = "skynet";
    const DIFFERS: &'static str = "not of the suite: the skynet benchmark, by its own rules; a digest of all \
        sums is answered beside the sum";

    type Main = Asker;
    type Answer = Sum;
    type Expected = Sum;

    fn of(size: Size) -> Self {
        Self { leaves: size.of(1_000, 1_000_000, 10_000_000) }
    }

    fn words(&self) -> String {
        let (leaves, children) = (units::count(self.leaves), units::count(u64::from(CHILDREN)));
        format!("a tree of actors with {leaves} leaves, each other one has {children} children")
    }

    fn messages(&self) -> Messages {
        // Each is asked, and answers.
        Messages::Exactly(1 + 2 * self.levels().sum::<u64>())
    }

    fn expected(&self) -> Sum {
        let mut digest = Digest::default();
        for level in self.levels() {
            let numbers = self.leaves / level;
            // The mean of the numbers of one actor is half of its first and last.
            (0..level).for_each(|at| digest.add((2 * at * numbers + numbers - 1) * numbers / 2));
        }
        Sum { sum: (0..self.leaves).sum(), digest }
    }

    fn main(&self) -> Asker {
        Asker { leaves: self.leaves, reply: None }
    }

    fn begin(&self, reply: Reply<Sum>) -> ToAsker {
        ToAsker::Begin(reply)
    }

    fn check(&self, expected: &Sum, answer: Sum) -> Result<(), String> {
        same("sum", expected.sum, answer.sum)?;
        same("the digest of all sums", expected.digest, answer.digest)
    }
}

impl Skynet {
    /// Actors of each level, from the leaves up.
    fn levels(&self) -> impl Iterator<Item = u64> {
        let levels = std::iter::successors(Some(self.leaves), |level| Some(level / u64::from(CHILDREN)));
        levels.take_while(|level| *level > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_leaf_is_seen() {
        let workload = Skynet::of(Size::Default);
        let expected = workload.expected();
        assert_eq!(expected.sum, 499_999_500_000);
        assert_eq!(workload.messages(), Messages::Exactly(1 + 2 * 1_111_111));
        assert_eq!(workload.check(&expected, expected), Ok(()));
        let why = "sum: 499999500000 was to be, 499999499993 is";
        assert_eq!(workload.check(&expected, Sum { sum: expected.sum - 7, ..expected }), Err(why.into()));
    }

    #[test]
    fn leaves_that_make_up_for_each_other_are_seen() {
        let workload = Skynet { leaves: 100 };
        let expected = workload.expected();
        // All that each actor answers, by leaves that answer so.
        let of = |leaves: &[u64]| {
            let (mut level, mut digest) = (leaves.to_vec(), Digest::default());
            loop {
                level.iter().for_each(|sum| digest.add(*sum));
                if let [sum] = level[..] {
                    return Sum { sum, digest };
                }
                level = level.chunks(10).map(|ten| ten.iter().sum()).collect();
            }
        };
        let mut leaves: Vec<u64> = (0..100).collect();
        assert_eq!(workload.check(&expected, of(&leaves)), Ok(()));
        // Of the same parent, so that all sums above are right.
        (leaves[42], leaves[43]) = (41, 44);
        let wrong = of(&leaves);
        assert_eq!(wrong.sum, expected.sum);
        let why = format!("the digest of all sums: {} was to be, {} is", expected.digest, wrong.digest);
        assert_eq!(workload.check(&expected, wrong), Err(why));
    }
}
