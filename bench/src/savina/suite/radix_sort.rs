//! Radix sort: a pipeline of one actor per bit, the lowest first, through which the values go one by one. An actor passes on what has
//! a 0 there, and keeps what has a 1 until it has seen all. What comes out is compared with the values sorted by the standard library.

use super::values::{drawn, same_sequence};
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use throng::{Actor, Address, Context, Fault, Reply};

const SEED: u64 = 2_048;
/// Values that are sent by one handler: behind it the sender can be held up.
const CHUNK: usize = 128;

/// Savina's `radixsort`.
pub(super) struct RadixSort {
    values: u64,
    bits: u32,
}

/// At the end of the pipeline.
pub(super) struct Collector {
    values: u64,
    bits: u32,
    sorted: Vec<u64>,
    reply: Option<Reply<Vec<u64>>>,
}

pub(super) enum ToCollector {
    Begin(Reply<Vec<u64>>),
    Value(u64),
}

/// At its beginning.
struct Source {
    values: std::vec::IntoIter<u64>,
    first: Address<ToBit>,
}

/// The next chunk.
struct Go;

/// Brings what has a 0 at its bit before what has a 1, and keeps the order otherwise. `M` is what the next understands.
struct Bit<M> {
    bit: u32,
    next: Address<M>,
    to_come: u64,
    ones: Vec<u64>,
    passed: usize,
}

enum ToBit {
    Value(u64),
    /// To itself: the next of the ones.
    Ones,
}

impl From<u64> for ToBit {
    fn from(value: u64) -> Self {
        Self::Value(value)
    }
}

impl From<u64> for ToCollector {
    fn from(value: u64) -> Self {
        Self::Value(value)
    }
}

impl Actor for Collector {
    type Msg = ToCollector;

    fn handle(&mut self, message: ToCollector, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToCollector::Begin(reply) => {
                self.reply = Some(reply);
                let last = Bit::new(self.bits - 1, cx.me(), self.values);
                let mut first = cx.spawn(last);
                for bit in (0..self.bits - 1).rev() {
                    first = cx.spawn(Bit::new(bit, first, self.values));
                }
                let values = drawn(self.values, 1 << self.bits, SEED).into_iter();
                let source = cx.spawn(Source { values, first });
                cx.send(source, Go)?;
            }
            ToCollector::Value(value) => {
                self.sorted.push(value);
                if self.sorted.len() as u64 == self.values {
                    let reply = asker(&mut self.reply)?;
                    reply.send(std::mem::take(&mut self.sorted));
                }
            }
        }
        Ok(())
    }
}

impl Actor for Source {
    type Msg = Go;

    fn handle(&mut self, Go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for value in self.values.by_ref().take(CHUNK) {
            cx.send(self.first, value)?;
        }
        if self.values.len() == 0 {
            cx.stop();
        } else {
            cx.send(cx.me(), Go)?;
        }
        Ok(())
    }
}

impl<M: From<u64> + Send + Sync + 'static> Bit<M> {
    fn new(bit: u32, next: Address<M>, to_come: u64) -> Self {
        Self { bit, next, to_come, ones: Vec::new(), passed: 0 }
    }

    /// Passes a chunk of the ones on, and ends with the last.
    fn pass_ones(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let until = self.ones.len().min(self.passed + CHUNK);
        for &value in &self.ones[self.passed..until] {
            cx.send(self.next, value)?;
        }
        self.passed = until;
        if until == self.ones.len() {
            cx.stop();
        } else {
            cx.send(cx.me(), ToBit::Ones)?;
        }
        Ok(())
    }
}

impl<M: From<u64> + Send + Sync + 'static> Actor for Bit<M> {
    type Msg = ToBit;

    fn handle(&mut self, message: ToBit, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToBit::Value(value) => {
                if (value >> self.bit) & 1 == 0 {
                    cx.send(self.next, value)?;
                } else {
                    self.ones.push(value);
                }
                self.to_come -= 1;
                if self.to_come == 0 {
                    self.pass_ones(cx)?;
                }
            }
            ToBit::Ones => self.pass_ones(cx)?,
        }
        Ok(())
    }
}

impl Workload for RadixSort {
    const NAME: &'static str = "radix-sort";
    const DIFFERS: &'static str = "";

    type Main = Collector;
    type Answer = Vec<u64>;
    type Expected = Vec<u64>;

    fn of(size: Size) -> Self {
        // Small: few bits, so that values are there twice, and several chunks are kept.
        Self { values: size.of(600, 100_000, 1_000_000), bits: size.of(12, 60, 60) }
    }

    fn words(&self) -> String {
        let (values, bits) = (units::count(self.values), units::counted(self.bits.into(), "bit"));
        format!("{values} values of {bits}, an actor for each bit")
    }

    fn messages(&self) -> Messages {
        // Begin, the source's chunks, and each value at each bit and at the end.
        Messages::AtLeast(1 + self.values.div_ceil(CHUNK as u64) + self.values * (u64::from(self.bits) + 1))
    }

    fn expected(&self) -> Vec<u64> {
        let mut values = drawn(self.values, 1 << self.bits, SEED);
        values.sort_unstable();
        values
    }

    fn main(&self) -> Collector {
        Collector {
            values: self.values,
            bits: self.bits,
            sorted: Vec::with_capacity(self.values as usize),
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Vec<u64>>) -> ToCollector {
        ToCollector::Begin(reply)
    }

    fn check(&self, expected: &Vec<u64>, answer: Vec<u64>) -> Result<(), String> {
        same_sequence("values", expected, &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_out_of_order_is_refused() {
        let workload = RadixSort::of(Size::Small);
        let sorted = workload.expected();
        assert_eq!(workload.check(&sorted, sorted.clone()), Ok(()));
        let mut wrong = sorted.clone();
        wrong[77] += 1;
        let (was, is) = (sorted[77], wrong[77]);
        let refused = workload.check(&sorted, wrong);
        assert_eq!(refused, Err(format!("values, at 77: {was} was to be, {is} is")));
    }
}
