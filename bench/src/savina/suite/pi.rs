//! Pi: workers compute terms of the series of Bailey, Borwein and Plouffe, ten of them under way to each, which a master adds until one
//! is too small to matter. The digits are compared with those that Machin's formula gives in a loop, and the first fifty with what is
//! known.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use num_bigint::BigUint;
use throng::{Actor, Address, Context, Fault, Reply};

const KNOWN: &str = "314159265358979323846264338327950288419716939937510";
/// Binary digits beyond what the decimal ones take. Each part of a term is cut off behind them: that makes it wrong by fewer than four
/// units of the last one, upwards or downwards.
const GUARD_BITS: u64 = 64;
/// A term of so few bits is the last: what would come behind it is less, and so is what all terms are wrong by. Digits are wrong only
/// where nothing but nines or nothing but zeros stands behind them in the upper half of the guard.
const LAST_BITS: u64 = GUARD_BITS / 2;
/// Terms that a worker is asked for ahead.
const AHEAD: u64 = 10;

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

/// Adds the terms.
pub(super) struct Master {
    digits: u32,
    to_make: usize,
    workers: Vec<Address<ToWorker>>,
    asked: u64,
    added: u64,
    sum: BigUint,
    /// A term was too small to matter.
    enough: bool,
    ended: usize,
    reply: Option<Reply<BigUint>>,
}

pub(super) enum ToMaster {
    Begin(Reply<BigUint>),
    Term { term: BigUint, worker: usize },
    Ended,
}

struct Worker {
    at: usize,
    bits: u64,
    master: Address<ToMaster>,
}

pub(super) enum ToWorker {
    Term(u64),
    End,
}

impl Master {
    fn ask_for_next(&mut self, worker: usize, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.send(self.workers[worker], ToWorker::Term(self.asked))?;
        self.asked += 1;
        Ok(())
    }

    fn add(&mut self, term: &BigUint, worker: usize, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.sum += term;
        self.added += 1;
        self.enough |= term.bits() <= LAST_BITS;
        if !self.enough {
            self.ask_for_next(worker, cx)?;
        }
        if self.added == self.asked {
            self.workers.iter().try_for_each(|&worker| cx.send(worker, ToWorker::End))?;
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
                let (master, bits) = (cx.me(), bits(self.digits));
                self.workers = (0..self.to_make).map(|at| cx.spawn(Worker { at, bits, master })).collect();
                for ahead in 0..u64::from(self.digits).min(AHEAD * self.to_make as u64) {
                    self.ask_for_next(ahead as usize % self.to_make, cx)?;
                }
            }
            ToMaster::Term { term, worker } => self.add(&term, worker, cx)?,
            ToMaster::Ended => {
                self.ended += 1;
                if self.ended == self.workers.len() {
                    let reply = asker(&mut self.reply)?;
                    reply.send(std::mem::take(&mut self.sum));
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
                let message = ToMaster::Term { term: term(k, self.bits), worker: self.at };
                cx.send(self.master, message)?;
            }
            ToWorker::End => {
                cx.send(self.master, ToMaster::Ended)?;
                cx.stop();
            }
        }
        Ok(())
    }
}

/// (4 / (8k + 1) - 2 / (8k + 4) - 1 / (8k + 5) - 1 / (8k + 6)) / 16^k, in units of the last of so many binary digits.
fn term(k: u64, bits: u64) -> BigUint {
    let Some(shift) = bits.checked_sub(4 * k) else { return BigUint::ZERO };
    let one = BigUint::from(1_u32) << shift;
    let negative = (&one << 1) / (8 * k + 4) + &one / (8 * k + 5) + &one / (8 * k + 6);
    (one << 2) / (8 * k + 1) - negative
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

impl Pi {
    /// Terms that are asked for in any case: in their order, until one comes that is the last, or one behind it.
    fn terms_least(&self) -> u64 {
        let bits = bits(self.digits);
        // A term is a 16th of the one before, or less: the first ones, and those that are large yet, are not looked at.
        let unlikely = (bits - LAST_BITS) / 4;
        let from = unlikely.saturating_sub(16);
        1 + (from..).find(|&k| term(k, bits).bits() <= LAST_BITS).unwrap_or(0)
    }
}

impl Workload for Pi {
    const NAME: &'static str = "pi";
    const DIFFERS: &'static str = "terms are binary fractions, which get shorter: a 16th is a shift; the last one is 32 bits smaller than \
                                   a digit, for certain digits";

    type Main = Master;
    type Answer = BigUint;
    type Expected = String;

    fn of(size: Size) -> Self {
        Self { digits: size.of(100, 5_000, 20_000), workers: size.of(5, 20, 20) }
    }

    fn words(&self) -> String {
        let terms = units::counted(self.terms_least(), "term");
        let workers = units::counted(self.workers as u64, "worker");
        format!("{} digits as a sum of {terms} or more by {workers}", units::count(self.digits.into()))
    }

    fn messages(&self) -> Messages {
        // Begin, each term there and back, and the workers' ends there and back. How many terms are under way when the last one comes, and
        // whether it does before the one that is asked for first, says the order of turns.
        Messages::AtLeast(1 + 2 * self.terms_least() + 2 * self.workers as u64)
    }

    fn expected(&self) -> String {
        // Machin, 1706: in decimal digits, some more than are asked for.
        let more = 20;
        let one = BigUint::from(10_u32).pow(self.digits + more);
        let pi = arctan(5, &one) * 16_u32 - arctan(239, &one) * 4_u32;
        (pi / BigUint::from(10_u32).pow(more)).to_string()
    }

    fn main(&self) -> Master {
        Master {
            digits: self.digits,
            to_make: self.workers,
            workers: Vec::new(),
            asked: 0,
            added: 0,
            sum: BigUint::ZERO,
            enough: false,
            ended: 0,
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<BigUint>) -> ToMaster {
        ToMaster::Begin(reply)
    }

    fn check(&self, expected: &String, answer: BigUint) -> Result<(), String> {
        let digits = ((answer * BigUint::from(10_u32).pow(self.digits)) >> bits(self.digits)).to_string();
        same("digits, the first among them", expected.len(), digits.len())?;
        same("the first digits", KNOWN, &digits[..KNOWN.len()])?;
        let mut pairs = expected.chars().zip(digits.chars()).enumerate();
        pairs.try_for_each(|(at, (expected, got))| same(format_args!("digit {at}"), expected, got))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_that_is_missing_or_came_twice_is_refused() {
        let workload = Pi::of(Size::Small);
        let digits = workload.expected();
        assert!(digits.ends_with("70679"), "the hundredth is a 9: {digits}");
        let bits = bits(workload.digits);
        let sum: BigUint = (0..workload.terms_least()).map(|k| term(k, bits)).sum();
        assert_eq!(workload.check(&digits, sum.clone()), Ok(()));
        let refused = workload.check(&digits, &sum - term(0, bits));
        assert_eq!(refused, Err("digits, the first among them: 101 was to be, 98 is".into()));
        let refused = workload.check(&digits, &sum + term(1, bits));
        assert!(refused.is_err_and(|why| why.starts_with("the first digits: 31415")));
        let refused = workload.check(&digits, &sum - term(60, bits));
        assert!(refused.as_ref().is_err_and(|why| why.starts_with("digit 7")), "{refused:?}");
        // Two of the hundredth digit, and some more.
        let refused = workload.check(&digits, sum - (BigUint::from(1_u32) << (GUARD_BITS + 2)));
        assert_eq!(refused, Err("digit 100: 9 was to be, 7 is".into()));
    }

    #[test]
    fn terms_get_smaller_up_to_the_last() {
        for size in Size::ALL {
            let workload = Pi::of(size);
            let (bits, terms) = (bits(workload.digits), workload.terms_least());
            let sizes = [terms - 2, terms - 1].map(|k| term(k, bits).bits());
            assert!(sizes[0] > LAST_BITS && sizes[1] <= LAST_BITS, "{}: {sizes:?}", size.name());
            assert_eq!(term(bits, bits), BigUint::ZERO);
        }
        let sizes: Vec<u64> = (0..100).map(|k| term(k, 464).bits()).collect();
        assert!(sizes.is_sorted_by(|earlier, later| earlier > later), "{sizes:?}");
    }
}
