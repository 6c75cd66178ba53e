//! Radix sort: a pipeline of one actor per bit, the lowest first, through which the values go one by one. An actor passes on what has
//! a 0 there, and keeps what has a 1 until it has seen all. What comes out is compared with the values sorted by the standard library;
//! so is the order in which they came to each actor, as a later one would mend what an earlier one has done wrong.

use super::stream::{CHUNK, Go, Source, chunks, mailboxes};
use super::values::{Drawn, same_sequence};
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use std::cell::OnceCell;
use std::sync::Arc;
use throng::{Actor, Address, Context, Fault, Options, Reply};

/// Savina's `radixsort`.
pub(super) struct RadixSort {
    values: Drawn,
    bits: u32,
    mailboxes: Options,
    /// Messages of actors to themselves, by which they pass their ones on.
    to_itself: OnceCell<u64>,
}

/// At the end of the pipeline.
pub(super) struct Collector {
    values: Arc<[u64]>,
    mailboxes: Options,
    sorting: Sorting,
    /// Who has not told the order that its values had.
    untold: u32,
    reply: Option<Reply<Sorting>>,
}

/// What came of it.
#[derive(Clone, Default)]
pub(super) struct Sorting {
    sorted: Vec<u64>,
    /// A hash for each bit, of what came to its actor.
    orders: Vec<u64>,
}

pub(super) enum ToCollector {
    Begin(Reply<Sorting>),
    Value(u64),
    Order { bit: u32, hash: u64 },
}

/// Brings what has a 0 at its bit before what has a 1, and keeps the order otherwise. `M` is what the next understands.
struct Bit<M> {
    bit: u32,
    next: Address<M>,
    collector: Address<ToCollector>,
    to_come: usize,
    order: u64,
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

/// The hash of a sequence with one value more: another one for another order.
fn hashed(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Actor for Collector {
    type Msg = ToCollector;

    fn handle(&mut self, message: ToCollector, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToCollector::Begin(reply) => {
                self.reply = Some(reply);
                return self.make_pipeline(cx);
            }
            ToCollector::Value(value) => self.sorting.sorted.push(value),
            ToCollector::Order { bit, hash } => {
                self.sorting.orders[bit as usize] = hash;
                self.untold -= 1;
            }
        }
        if self.sorting.sorted.len() == self.values.len() && self.untold == 0 {
            let reply = asker(&mut self.reply)?;
            reply.send(std::mem::take(&mut self.sorting));
        }
        Ok(())
    }
}

impl Collector {
    /// Makes the last first: each knows the next.
    fn make_pipeline(&self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (collector, values) = (cx.me(), self.values.clone());
        let last = self.untold - 1;
        let mut first = cx.try_spawn(Bit::new(last, collector, collector, values.len()), &self.mailboxes)?;
        for bit in (0..last).rev() {
            first = cx.try_spawn(Bit::new(bit, first, collector, values.len()), &self.mailboxes)?;
        }
        let values = (0..values.len()).map(move |at| ToBit::Value(values[at]));
        let source = cx.spawn(Source::new(values, first));
        Ok(cx.send(source, Go)?)
    }
}

impl<M: From<u64> + Send + Sync + 'static> Bit<M> {
    fn new(bit: u32, next: Address<M>, collector: Address<ToCollector>, to_come: usize) -> Self {
        Self { bit, next, collector, to_come, order: 0, ones: Vec::new(), passed: 0 }
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
                self.order = hashed(self.order, value);
                if (value >> self.bit) & 1 == 0 {
                    cx.send(self.next, value)?;
                } else {
                    self.ones.push(value);
                }
                self.to_come -= 1;
                if self.to_come == 0 {
                    cx.send(self.collector, ToCollector::Order { bit: self.bit, hash: self.order })?;
                    self.pass_ones(cx)?;
                }
            }
            ToBit::Ones => self.pass_ones(cx)?,
        }
        Ok(())
    }
}

impl RadixSort {
    fn to_itself(&self) -> u64 {
        *self.to_itself.get_or_init(|| {
            let ones = |bit| self.values.values().iter().filter(|value| (*value >> bit) & 1 == 1).count();
            // The first chunk goes with the last value that came.
            (0..self.bits).map(|bit| chunks(ones(bit) as u64).saturating_sub(1)).sum()
        })
    }
}

impl Workload for RadixSort {
    const NAME: &'static str = "radix-sort";
    const DIFFERS: &'static str = "each actor hashes what comes to it; source and actors send in chunks of 128; \
                                   the values are drawn before the time begins";

    type Main = Collector;
    type Answer = Sorting;
    type Expected = Sorting;

    fn of(size: Size) -> Self {
        // Small: few bits, so that values are there twice, and several chunks are kept.
        let bits = size.of(12, 60, 60);
        Self {
            values: Drawn::new(size.of(600, 100_000, 1_000_000), 1 << bits, 2_048),
            bits,
            mailboxes: mailboxes(size),
            to_itself: OnceCell::new(),
        }
    }

    fn words(&self) -> String {
        let (values, bits) = (units::count(self.values.count()), units::counted(self.bits.into(), "bit"));
        format!("{values} values of {bits}, an actor for each bit")
    }

    fn messages(&self) -> Messages {
        // Begin, the source's chunks, each value at each bit and at the end, each bit's chunks and order.
        let (values, bits) = (self.values.count(), u64::from(self.bits));
        Messages::Exactly(1 + chunks(values) + values * (bits + 1) + self.to_itself() + bits)
    }

    fn expected(&self) -> Sorting {
        let mut values = self.values.values().to_vec();
        let mut orders = Vec::new();
        for bit in 0..self.bits {
            orders.push(values.iter().copied().fold(0, hashed));
            // Equal ones keep their order.
            values.sort_by_key(|value| (value >> bit) & 1);
        }
        Sorting { sorted: self.values.sorted(), orders }
    }

    fn main(&self) -> Collector {
        let sorted = Vec::with_capacity(self.values.count() as usize);
        Collector {
            values: self.values.values().clone(),
            mailboxes: self.mailboxes,
            sorting: Sorting { sorted, orders: vec![0; self.bits as usize] },
            untold: self.bits,
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Sorting>) -> ToCollector {
        ToCollector::Begin(reply)
    }

    fn check(&self, expected: &Sorting, answer: Sorting) -> Result<(), String> {
        same_sequence("values", &expected.sorted, &answer.sorted)?;
        same_sequence("hashes of what came to each bit", &expected.orders, &answer.orders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_out_of_order_is_refused() {
        let workload = RadixSort::of(Size::Small);
        let expected = workload.expected();
        assert_eq!(workload.check(&expected, expected.clone()), Ok(()));
        let mut wrong = expected.clone();
        wrong.sorted[77] += 1;
        let (was, is) = (expected.sorted[77], wrong.sorted[77]);
        let refused = workload.check(&expected, wrong);
        assert_eq!(refused, Err(format!("values, at 77: {was} was to be, {is} is")));
    }

    #[test]
    fn a_disorder_that_later_bits_mend_is_refused() {
        let workload = RadixSort::of(Size::Small);
        let expected = workload.expected();
        let mut values = workload.values.values().to_vec();
        assert_eq!(values.iter().copied().fold(0, hashed), expected.orders[0]);
        values.swap(500, 501);
        let swapped = values.iter().copied().fold(0, hashed);
        let mut wrong = expected.clone();
        wrong.orders[0] = swapped;
        let refused = workload.check(&expected, wrong);
        let was = expected.orders[0];
        let why = format!("hashes of what came to each bit, at 0: {was} was to be, {swapped} is");
        assert_eq!(refused, Err(why));
    }
}
