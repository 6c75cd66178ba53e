//! Pi: a master deals the terms of the series of Bailey, Borwein and Plouffe out to workers, one at a time to each, and adds what they
//! give. The digits are compared with those that Machin's formula gives in a loop, and the first fifty with what is known.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use num_bigint::BigUint;
use throng::{Actor, Address, Context, Fault, Reply};

const KNOWN: &str = "314159265358979323846264338327950288419716939937510";
/// Beyond what the digits take: more than all terms are too small by together, as each of their parts is cut off.
const GUARD_BITS: u64 = 64;

/// Savina's `piprecision`.
pub(super) struct Pi {
    digits: u32,
    workers: usize,
}

/// Binary digits behind the point.
fn bits(digits: u32) -> u64 {
    // One decimal digit is 3.3219 of them.
    (u64::from(digits) * 33_220).div_ceil(10_000) + GUARD_BITS
}

/// Of the series: each is four bits smaller than the one before.
fn terms(digits: u32) -> u64 {
    bits(digits).div_ceil(4)
}

/// Adds the terms.
pub(super) struct Master {
    digits: u32,
    workers: usize,
    next: u64,
    to_end: usize,
    sum: BigUint,
    reply: Option<Reply<String>>,
}

pub(super) enum ToMaster {
    Begin(Reply<String>),
    Term { term: BigUint, worker: Address<ToWorker> },
}

struct Worker {
    bits: u64,
    master: Address<ToMaster>,
}

pub(super) enum ToWorker {
    Term(u64),
    End,
}

impl Master {
    /// Gives a worker the next term, or has it end.
    fn deal(&mut self, worker: Address<ToWorker>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.next < terms(self.digits) {
            cx.send(worker, ToWorker::Term(self.next))?;
            self.next += 1;
        } else {
            cx.send(worker, ToWorker::End)?;
            self.to_end -= 1;
        }
        Ok(())
    }
}

impl Actor for Master {
    type Msg = ToMaster;

    fn handle(&mut self, message: ToMaster, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMaster::Begin(reply) => {
                self.reply = Some(reply);
                self.to_end = self.workers;
                for _ in 0..self.workers {
                    let worker = cx.spawn(Worker { bits: bits(self.digits), master: cx.me() });
                    self.deal(worker, cx)?;
                }
            }
            ToMaster::Term { term, worker } => {
                self.sum += term;
                self.deal(worker, cx)?;
                if self.to_end == 0 {
                    let reply = asker(&mut self.reply)?;
                    let digits = (&self.sum * BigUint::from(10_u32).pow(self.digits)) >> bits(self.digits);
                    reply.send(digits.to_string());
                }
            }
        }
        Ok(())
    }
}

impl Actor for Worker {
    type Msg = ToWorker;

    fn handle(&mut self, message: ToWorker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToWorker::Term(k) => {
                // (4 / (8k + 1) - 2 / (8k + 4) - 1 / (8k + 5) - 1 / (8k + 6)) / 16^k
                let one = BigUint::from(1_u32) << (self.bits - 4 * k);
                let negative = (&one << 1) / (8 * k + 4) + &one / (8 * k + 5) + &one / (8 * k + 6);
                let term = (one << 2) / (8 * k + 1) - negative;
                let worker = cx.me();
                cx.send(self.master, ToMaster::Term { term, worker })?;
            }
            ToWorker::End => cx.stop(),
        }
        Ok(())
    }
}

/// The angle whose tangent is one part in `n`, in units of `one`.
fn arctan(n: u32, one: &BigUint) -> BigUint {
    let (mut positive, mut negative) = (BigUint::ZERO, BigUint::ZERO);
    let mut power = one / n;
    let mut at = 1_u32;
    while power != BigUint::ZERO {
        let term = &power / at;
        if at % 4 == 1 {
            positive += term;
        } else {
            negative += term;
        }
        power /= n * n;
        at += 2;
    }
    positive - negative
}

impl Workload for Pi {
    const NAME: &'static str = "pi";
    const DIFFERS: &'static str = "";

    type Main = Master;
    type Answer = String;
    type Expected = String;

    fn of(size: Size) -> Self {
        Self { digits: size.of(100, 5_000, 20_000), workers: size.of(5, 20, 20) }
    }

    fn words(&self) -> String {
        let terms = units::counted(terms(self.digits), "term");
        let workers = units::counted(self.workers as u64, "worker");
        format!("{} digits as a sum of {terms} by {workers}", units::count(self.digits.into()))
    }

    fn messages(&self) -> Messages {
        // Begin, each term there and back, and what ends the workers.
        Messages::Exactly(1 + 2 * terms(self.digits) + self.workers as u64)
    }

    fn expected(&self) -> String {
        // Machin, 1706: in decimal digits, some more than are asked for.
        let more = 20;
        let one = BigUint::from(10_u32).pow(self.digits + more);
        let pi = arctan(5, &one) * 16_u32 - arctan(239, &one) * 4_u32;
        (pi / BigUint::from(10_u32).pow(more)).to_string()
    }

    fn main(&self) -> Master {
        let Self { digits, workers } = *self;
        Master { digits, workers, next: 0, to_end: 0, sum: BigUint::ZERO, reply: None }
    }

    fn begin(&self, reply: Reply<String>) -> ToMaster {
        ToMaster::Begin(reply)
    }

    fn check(&self, expected: &String, answer: String) -> Result<(), String> {
        same("digits, the first among them", expected.len(), answer.len())?;
        same("the first digits", KNOWN, &answer[..KNOWN.len()])?;
        let mut pairs = expected.chars().zip(answer.chars()).enumerate();
        pairs.try_for_each(|(at, (expected, got))| same(format_args!("digit {at}"), expected, got))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_digit_is_refused() {
        let workload = Pi::of(Size::Small);
        let digits = workload.expected();
        assert_eq!(workload.check(&digits, digits.clone()), Ok(()));
        assert!(digits.ends_with("70679"), "the hundredth is a 9: {digits}");
        let refused = workload.check(&digits, format!("{}8", &digits[..100]));
        assert_eq!(refused, Err("digit 100: 9 was to be, 8 is".into()));
        let refused = workload.check(&digits, digits[..100].into());
        assert_eq!(refused, Err("digits, the first among them: 101 was to be, 100 is".into()));
        let refused = workload.check(&digits, digits.replacen("314", "355", 1));
        assert!(refused.is_err_and(|why| why.starts_with("the first digits: 31415")));
    }
}
