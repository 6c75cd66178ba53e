//! Bitonic sort: Batcher's sorting network with an actor for each comparator, and others that lead the values to them and bring them
//! into an order again. What comes out is compared with the values sorted by the standard library.

use super::stream::{Go, Source, chunks, mailboxes};
use super::values::{Drawn, same_sequence};
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use std::collections::VecDeque;
use std::iter::{once, successors};
use std::sync::Arc;
use throng::{Actor, Address, Context, Fault, Options, Reply};

/// Savina's `bitonicsort`, which is StreamIt's.
pub(super) struct BitonicSort {
    /// A power of two of them.
    values: Drawn,
    mailboxes: Options,
}

/// Has the network made, and gets what comes out of it.
pub(super) struct Sink {
    values: Arc<[u64]>,
    mailboxes: Options,
    sorted: Vec<u64>,
    reply: Option<Reply<Vec<u64>>>,
}

pub(super) enum ToSink {
    Begin(Reply<Vec<u64>>),
    Out(Wire),
}

/// What goes from one actor to the next.
#[derive(Clone, Copy)]
pub(super) enum Wire {
    Value(u64),
    End,
}

impl From<Wire> for ToSink {
    fn from(wire: Wire) -> Self {
        Self::Out(wire)
    }
}

/// Where values come into a part of the network, which it makes.
struct Entrance {
    part: Part,
    /// Behind the part until that is made, then its first actor.
    next: Address<Wire>,
    mailboxes: Options,
}

#[derive(Clone, Copy)]
enum Part {
    /// Stages, each of which merges sorted runs into such of twice the length.
    Network { values: u32 },
    /// Merges into runs of so many, upwards and downwards by turns: by steps, each with groups of half the length of the last.
    Stage { values: u32, merged: u32 },
    /// Parts each group into a half that is less, and one that is greater.
    Step { values: u32, merged: u32, group: u32 },
    /// The same for one group.
    Partition { group: u32, upwards: bool },
}

/// Gives each receiver by turns so many values.
struct Splitter {
    receivers: Vec<Address<Wire>>,
    each: u32,
    turn: usize,
    given: u32,
}

/// Takes from each giver by turns so many values.
struct Joiner {
    waiting: Vec<VecDeque<u64>>,
    each: u32,
    turn: usize,
    taken: u32,
    to_end: usize,
    next: Address<Wire>,
}

enum ToJoiner {
    Value { from: u32, value: u64 },
    End,
}

struct Comparator {
    at: u32,
    upwards: bool,
    first: Option<u64>,
    joiner: Address<ToJoiner>,
}

/// Says where a value comes from.
struct Tag {
    at: u32,
    joiner: Address<ToJoiner>,
}

/// Passes on to one that understands `M`.
struct Adapter<M>(Address<M>);

impl Entrance {
    /// An entrance to one more part, before `next`.
    fn to(
        part: Part,
        next: Address<Wire>,
        mailboxes: Options,
        cx: &mut Context<'_, impl Actor>,
    ) -> Result<Address<Wire>, Fault> {
        Ok(cx.try_spawn(Self { part, next, mailboxes }, &mailboxes)?)
    }

    /// Makes the parts of its part, the last first: each knows the next.
    fn inside(&self, cx: &mut Context<'_, Self>) -> Result<Address<Wire>, Fault> {
        let Self { part, next, mailboxes } = *self;
        match part {
            Part::Network { values } => {
                let mut merged =
                    successors(Some(values), |merged| Some(merged / 2)).take_while(|merged| *merged > 1);
                merged.try_fold(next, |next, merged| {
                    Self::to(Part::Stage { values, merged }, next, mailboxes, cx)
                })
            }
            Part::Stage { values, merged } => groups(merged).try_fold(next, |next, group| {
                Self::to(Part::Step { values, merged, group }, next, mailboxes, cx)
            }),
            Part::Step { values, merged, group } => {
                let last = merged == values;
                let next = if last { next } else { cx.try_spawn(Adapter(next), &mailboxes)? };
                let many = values / group;
                let joiner = cx.try_spawn(Joiner::new(many, group, next), &mailboxes)?;
                let receivers = (0..many).map(|at| {
                    let upwards = (at * group / merged).is_multiple_of(2);
                    if group == 2 {
                        return Ok(cx.try_spawn(Comparator { at, upwards, first: None, joiner }, &mailboxes)?);
                    }
                    let tag = cx.try_spawn(Tag { at, joiner }, &mailboxes)?;
                    Self::to(Part::Partition { group, upwards }, tag, mailboxes, cx)
                });
                let receivers = receivers.collect::<Result<_, Fault>>()?;
                Ok(cx.try_spawn(Splitter::new(receivers, group), &mailboxes)?)
            }
            Part::Partition { group, upwards } => {
                let many = group / 2;
                let joiner = cx.try_spawn(Joiner::new(many, 1, next), &mailboxes)?;
                let receivers = (0..many)
                    .map(|at| Ok(cx.try_spawn(Comparator { at, upwards, first: None, joiner }, &mailboxes)?));
                let receivers = receivers.collect::<Result<_, Fault>>()?;
                Ok(cx.try_spawn(Splitter::new(receivers, 1), &mailboxes)?)
            }
        }
    }
}

/// How many values stand together in the steps that merge so many, the last step first.
fn groups(merged: u32) -> impl Iterator<Item = u32> {
    successors(Some(2), |group| Some(2 * group)).take_while(move |group| *group <= merged)
}

impl Actor for Entrance {
    type Msg = Wire;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.next = self.inside(cx)?;
        Ok(())
    }

    fn handle(&mut self, wire: Wire, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        pass(wire, self.next, wire, cx)
    }
}

/// Passes on what came, as what the next understands. Behind the end there is nothing.
fn pass<A: Actor, M: Send + Sync + 'static>(
    came: Wire,
    next: Address<M>,
    as_what: M,
    cx: &mut Context<'_, A>,
) -> Result<(), Fault> {
    cx.send(next, as_what)?;
    if matches!(came, Wire::End) {
        cx.stop();
    }
    Ok(())
}

impl<M: From<Wire> + Send + Sync + 'static> Actor for Adapter<M> {
    type Msg = Wire;

    fn handle(&mut self, wire: Wire, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        pass(wire, self.0, wire.into(), cx)
    }
}

impl Actor for Tag {
    type Msg = Wire;

    fn handle(&mut self, wire: Wire, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let tagged = match wire {
            Wire::Value(value) => ToJoiner::Value { from: self.at, value },
            Wire::End => ToJoiner::End,
        };
        pass(wire, self.joiner, tagged, cx)
    }
}

impl Splitter {
    fn new(receivers: Vec<Address<Wire>>, each: u32) -> Self {
        Self { receivers, each, turn: 0, given: 0 }
    }
}

impl Actor for Splitter {
    type Msg = Wire;

    fn handle(&mut self, wire: Wire, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Wire::End = wire {
            self.receivers.iter().try_for_each(|&receiver| cx.send(receiver, Wire::End))?;
            cx.stop();
            return Ok(());
        }
        cx.send(self.receivers[self.turn], wire)?;
        self.given += 1;
        if self.given == self.each {
            (self.given, self.turn) = (0, (self.turn + 1) % self.receivers.len());
        }
        Ok(())
    }
}

impl Joiner {
    fn new(many: u32, each: u32, next: Address<Wire>) -> Self {
        let waiting = vec![VecDeque::new(); many as usize];
        Self { waiting, each, turn: 0, taken: 0, to_end: many as usize, next }
    }
}

impl Actor for Joiner {
    type Msg = ToJoiner;

    fn handle(&mut self, message: ToJoiner, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToJoiner::Value { from, value } => {
                self.waiting[from as usize].push_back(value);
                while let Some(value) = self.waiting[self.turn].pop_front() {
                    cx.send(self.next, Wire::Value(value))?;
                    self.taken += 1;
                    if self.taken == self.each {
                        (self.taken, self.turn) = (0, (self.turn + 1) % self.waiting.len());
                    }
                }
            }
            ToJoiner::End => {
                self.to_end -= 1;
                if self.to_end == 0 {
                    if self.waiting.iter().any(|values| !values.is_empty()) {
                        return Err(Fault::msg("one gave more values than another"));
                    }
                    cx.send(self.next, Wire::End)?;
                    cx.stop();
                }
            }
        }
        Ok(())
    }
}

impl Actor for Comparator {
    type Msg = Wire;

    fn handle(&mut self, wire: Wire, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match (wire, self.first.take()) {
            (Wire::Value(value), None) => self.first = Some(value),
            (Wire::Value(value), Some(first)) => {
                let (less, greater) = (first.min(value), first.max(value));
                let both = if self.upwards { [less, greater] } else { [greater, less] };
                for value in both {
                    cx.send(self.joiner, ToJoiner::Value { from: self.at, value })?;
                }
            }
            (Wire::End, None) => {
                cx.send(self.joiner, ToJoiner::End)?;
                cx.stop();
            }
            (Wire::End, Some(_)) => return Err(Fault::msg("one value cannot be compared")),
        }
        Ok(())
    }
}

impl Actor for Sink {
    type Msg = ToSink;

    fn handle(&mut self, message: ToSink, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToSink::Begin(reply) => {
                self.reply = Some(reply);
                let values = self.values.clone();
                let end = cx.try_spawn(Adapter(cx.me()), &self.mailboxes)?;
                let network = Part::Network { values: values.len() as u32 };
                let first = Entrance::to(network, end, self.mailboxes, cx)?;
                let values = (0..values.len()).map(move |at| Wire::Value(values[at]));
                let source = cx.spawn(Source::new(values.chain(once(Wire::End)), first));
                cx.send(source, Go)?;
            }
            ToSink::Out(Wire::Value(value)) => self.sorted.push(value),
            ToSink::Out(Wire::End) => {
                let reply = asker(&mut self.reply)?;
                reply.send(std::mem::take(&mut self.sorted));
            }
        }
        Ok(())
    }
}

impl BitonicSort {
    fn comparators(&self) -> u64 {
        // Stage k of log n has k steps, each of them half as many comparators as values.
        let stages = u64::from(self.values.count().ilog2());
        self.values.count() / 2 * (stages * (stages + 1) / 2)
    }
}

impl Workload for BitonicSort {
    const NAME: &'static str = "bitonic-sort";
    const DIFFERS: &'static str =
        "the source sends in chunks of 128; the values are drawn before the time begins";

    type Main = Sink;
    type Answer = Vec<u64>;
    type Expected = Vec<u64>;

    fn of(size: Size) -> Self {
        let values = Drawn::new(size.of(32, 4_096, 32_768), 1 << 60, 2_048);
        Self { values, mailboxes: mailboxes(size) }
    }

    fn words(&self) -> String {
        let comparators = units::counted(self.comparators(), "comparator");
        format!("{} values through a network of {comparators}", units::count(self.values.count()))
    }

    fn messages(&self) -> Messages {
        // Actors that a value passes: the network's entrance, what is behind it, and the sink. And the ends that actors are told of.
        let (mut passed, mut ends) = (3, 3);
        let values = self.values.count();
        for merged in groups(values as u32) {
            passed += 1;
            ends += 1;
            for group in groups(merged).map(u64::from) {
                // The entrance of the step, its splitter, and what is behind its joiner, except in the last stage.
                let lead = if u64::from(merged) == values { 2 } else { 3 };
                let many = values / group;
                passed += lead + 1;
                ends += lead + many;
                // In each group either a comparator, or entrance, splitter, comparators, joiner and tag.
                let (within, told) = if group == 2 { (1, 1) } else { (5, 3 + 2 * (group / 2)) };
                passed += within;
                ends += many * told;
            }
        }
        Messages::Exactly(1 + chunks(values + 1) + values * passed + ends)
    }

    fn expected(&self) -> Vec<u64> {
        self.values.sorted()
    }

    fn main(&self) -> Sink {
        let values = self.values.values().clone();
        Sink { sorted: Vec::with_capacity(values.len()), values, mailboxes: self.mailboxes, reply: None }
    }

    fn begin(&self, reply: Reply<Vec<u64>>) -> ToSink {
        ToSink::Begin(reply)
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

    #[test]
    fn the_network_is_as_large_as_batchers() {
        assert_eq!(BitonicSort::of(Size::Default).comparators(), 2_048 * 78);
    }
}
