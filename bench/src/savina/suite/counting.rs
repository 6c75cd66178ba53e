//! Counting: one actor sends increments as fast as it may, the other counts them. The total must be what was sent.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use throng::{Actor, Address, Context, Fault, Reply};

/// Increments of one handler, after which a full mailbox may hold the producer up.
const CHUNK: u64 = 256;

/// Savina's `count`.
pub(super) struct Counting {
    increments: u64,
}

/// Who sends, and asks for the total at last.
pub(super) struct Producer {
    left: u64,
    reply: Option<Reply<u64>>,
}

pub(super) enum ToProducer {
    Begin(Reply<u64>),
    Go(Address<ToCounter>),
    Total(u64),
}

struct Counter {
    total: u64,
}

pub(super) enum ToCounter {
    Increment,
    Retrieve(Address<ToProducer>),
}

impl Actor for Producer {
    type Msg = ToProducer;

    fn handle(&mut self, message: ToProducer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToProducer::Begin(reply) => {
                self.reply = Some(reply);
                let counter = cx.spawn(Counter { total: 0 });
                self.go(counter, cx)?;
            }
            ToProducer::Go(counter) => self.go(counter, cx)?,
            ToProducer::Total(total) => {
                let reply = asker(&mut self.reply)?;
                reply.send(total);
            }
        }
        Ok(())
    }
}

impl Producer {
    fn go(&mut self, counter: Address<ToCounter>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let now = self.left.min(CHUNK);
        for _ in 0..now {
            cx.send(counter, ToCounter::Increment)?;
        }
        self.left -= now;
        let me = cx.me();
        if self.left == 0 {
            cx.send(counter, ToCounter::Retrieve(me))?;
        } else {
            cx.send(me, ToProducer::Go(counter))?;
        }
        Ok(())
    }
}

impl Actor for Counter {
    type Msg = ToCounter;

    fn handle(&mut self, message: ToCounter, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToCounter::Increment => self.total += 1,
            ToCounter::Retrieve(producer) => {
                cx.send(producer, ToProducer::Total(self.total))?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Workload for Counting {
    const NAME: &'static str = "counting";
    const DIFFERS: &'static str = "increments are sent 256 at a time";

    type Main = Producer;
    type Answer = u64;
    type Expected = u64;

    fn of(size: Size) -> Self {
        Self { increments: size.of(5_000, 1_000_000, 10_000_000) }
    }

    fn words(&self) -> String {
        format!("{} from one actor to another", units::counted(self.increments, "increment"))
    }

    fn messages(&self) -> Messages {
        // Besides the increments: the question, who goes on, and the total asked for and told.
        Messages::Exactly(1 + (self.increments.div_ceil(CHUNK) - 1) + self.increments + 2)
    }

    fn expected(&self) -> u64 {
        self.increments
    }

    fn main(&self) -> Producer {
        Producer { left: self.increments, reply: None }
    }

    fn begin(&self, reply: Reply<u64>) -> ToProducer {
        ToProducer::Begin(reply)
    }

    fn check(&self, expected: &u64, answer: u64) -> Result<(), String> {
        same("total", *expected, answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_increment_and_a_doubled_one_are_seen() {
        let workload = Counting::of(Size::Small);
        let expected = workload.expected();
        assert_eq!(workload.check(&expected, 5_000), Ok(()));
        assert_eq!(workload.check(&expected, 4_999), Err("total: 5000 was to be, 4999 is".into()));
        assert_eq!(workload.check(&expected, 5_001), Err("total: 5000 was to be, 5001 is".into()));
    }
}
