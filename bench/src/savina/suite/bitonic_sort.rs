//! Bitonic sort: Batcher's sorting network with an actor for each comparator. It gets two values, gives the lower to one wire and the
//! higher to the other, and ends. What comes out is compared with the values sorted by the standard library.

use super::values::{drawn, same_sequence};
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use throng::{Actor, Address, Context, Fault, Reply};

const SEED: u64 = 2_048;
const BOUND: u64 = 1 << 60;

/// Savina's `bitonicsort`.
pub(super) struct BitonicSort {
    /// A power of two.
    values: u32,
}

/// Makes the network, and has the ends of its wires.
pub(super) struct Network {
    to_come: u32,
    sorted: Vec<u64>,
    reply: Option<Reply<Vec<u64>>>,
}

pub(super) enum ToNetwork {
    Begin(Reply<Vec<u64>>),
    Sorted { wire: u32, value: u64 },
}

struct Comparator {
    lower: To,
    higher: To,
    first: Option<u64>,
}

/// Where a wire leads to. On which of its two wires a comparator has a value from makes no difference to it.
#[derive(Clone, Copy)]
enum To {
    Comparator(Address<u64>),
    End(Address<ToNetwork>, u32),
}

impl To {
    fn send<A: Actor>(self, value: u64, cx: &mut Context<'_, A>) -> Result<(), Fault> {
        match self {
            Self::Comparator(comparator) => cx.send(comparator, value)?,
            Self::End(network, wire) => cx.send(network, ToNetwork::Sorted { wire, value })?,
        }
        Ok(())
    }
}

impl Actor for Comparator {
    type Msg = u64;

    fn handle(&mut self, value: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match self.first {
            None => self.first = Some(value),
            Some(first) => {
                self.lower.send(first.min(value), cx)?;
                self.higher.send(first.max(value), cx)?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Network {
    /// Makes all comparators, the last first: each knows where its wires lead to. Gives the beginnings of the wires.
    fn wired(&self, cx: &mut Context<'_, Self>) -> Vec<To> {
        let wires = self.sorted.len();
        let mut leads: Vec<To> = (0..wires as u32).map(|wire| To::End(cx.me(), wire)).collect();
        let mut merged = wires;
        // Runs of `merged` values are made of two of half that length, which are sorted one upwards and one downwards.
        while merged > 1 {
            let mut apart = 1;
            while apart < merged {
                for one in (0..wires).filter(|wire| wire & apart == 0) {
                    let other = one + apart;
                    let upwards = one & merged == 0;
                    let (lower, higher) = if upwards { (one, other) } else { (other, one) };
                    let (lower, higher) = (leads[lower], leads[higher]);
                    let comparator = To::Comparator(cx.spawn(Comparator { lower, higher, first: None }));
                    leads[one] = comparator;
                    leads[other] = comparator;
                }
                apart *= 2;
            }
            merged /= 2;
        }
        leads
    }
}

impl Actor for Network {
    type Msg = ToNetwork;

    fn handle(&mut self, message: ToNetwork, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToNetwork::Begin(reply) => {
                self.reply = Some(reply);
                let wires = self.wired(cx);
                // No comparator gets more than its two.
                for (wire, value) in wires.into_iter().zip(drawn(self.to_come.into(), BOUND, SEED)) {
                    wire.send(value, cx)?;
                }
            }
            ToNetwork::Sorted { wire, value } => {
                self.sorted[wire as usize] = value;
                self.to_come -= 1;
                if self.to_come == 0 {
                    let reply = asker(&mut self.reply)?;
                    reply.send(std::mem::take(&mut self.sorted));
                }
            }
        }
        Ok(())
    }
}

impl BitonicSort {
    fn comparators(&self) -> u64 {
        // Stage k of log n has k columns, each of them half as many comparators as wires.
        let stages = u64::from(self.values.ilog2());
        u64::from(self.values) / 2 * (stages * (stages + 1) / 2)
    }
}

impl Workload for BitonicSort {
    const NAME: &'static str = "bitonic-sort";
    const DIFFERS: &'static str = "";

    type Main = Network;
    type Answer = Vec<u64>;
    type Expected = Vec<u64>;

    fn of(size: Size) -> Self {
        Self { values: size.of(64, 4_096, 32_768) }
    }

    fn words(&self) -> String {
        let comparators = units::counted(self.comparators(), "comparator");
        format!("{} values through a network of {comparators}", units::count(self.values.into()))
    }

    fn messages(&self) -> Messages {
        // Begin, two for each comparator, and the sorted ones.
        Messages::Exactly(1 + 2 * self.comparators() + u64::from(self.values))
    }

    fn expected(&self) -> Vec<u64> {
        let mut values = drawn(self.values.into(), BOUND, SEED);
        values.sort_unstable();
        values
    }

    fn main(&self) -> Network {
        Network { to_come: self.values, sorted: vec![0; self.values as usize], reply: None }
    }

    fn begin(&self, reply: Reply<Vec<u64>>) -> ToNetwork {
        ToNetwork::Begin(reply)
    }

    fn check(&self, expected: &Vec<u64>, answer: Vec<u64>) -> Result<(), String> {
        same_sequence("values", expected, &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_values_that_changed_places_are_refused() {
        let workload = BitonicSort::of(Size::Small);
        let sorted = workload.expected();
        assert_eq!(workload.check(&sorted, sorted.clone()), Ok(()));
        let mut wrong = sorted.clone();
        wrong.swap(10, 11);
        let refused = workload.check(&sorted, wrong);
        let (was, is) = (sorted[10], sorted[11]);
        assert_eq!(refused, Err(format!("values, at 10: {was} was to be, {is} is")));
    }
}
