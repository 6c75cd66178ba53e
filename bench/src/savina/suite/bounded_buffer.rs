//! Bounded buffer: producers bring items to a buffer, an actor, which gives them to consumers. While there is room every producer has
//! one item in the making, and a place kept for it; so there are never more items than places.
//!
//! Verified by the buffer's log, which is played again: never too many inside, the oldest is given first, to the consumer that is free
//! the longest, each item comes in and goes out once, and what each consumer made of its items is what a loop makes of them.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::collections::VecDeque;
use std::mem::take;
use throng::{Actor, Address, Context, Fault, Reply};

/// Each item's terms are drawn anew from this seed, as in the suite.
const SEED: u64 = 25;

/// Savina's `bndbuffer`.
#[derive(Clone, Copy)]
pub(super) struct BoundedBuffer {
    places: usize,
    producers: u32,
    consumers: u32,
    /// Of each producer.
    items: u32,
    /// Draws for each item on either side.
    draws: u32,
}

/// What is added up for an item: logarithms of numbers that are drawn between 0 and 1.
fn terms(draws: u32) -> impl Iterator<Item = f64> {
    let mut seeded = Seeded::new(SEED);
    (0..draws).map(move |_| ((seeded.number() >> 11) as f64 / (1_u64 << 53) as f64 + 0.01).ln())
}

/// An item from the one before. In the order of the terms, so that it is the same wherever it is done.
fn processed(item: f64, terms: impl Iterator<Item = f64>) -> f64 {
    terms.fold(item, |sum, term| sum + term)
}

/// What came of it.
pub(super) struct Answer {
    log: Vec<Event>,
    /// What each consumer made of its items.
    made: Vec<f64>,
}

/// What happened at the buffer.
#[derive(Clone, Copy)]
pub(super) enum Event {
    /// The item of this number came.
    In(u32),
    /// This consumer was given one.
    Out(u32),
    /// This consumer is free again.
    Free(u32),
}

/// What the oracle knows.
pub(super) struct Expected {
    terms: Vec<f64>,
    /// A producer's items, which are those of every other one.
    items: Vec<f64>,
}

/// The buffer, which makes the others.
pub(super) struct Buffer {
    size: BoundedBuffer,
    /// Items that nobody was free for.
    inside: VecDeque<f64>,
    /// Producers that wait for room.
    held: VecDeque<Address<Produce>>,
    consumers: Vec<Address<ToConsumer>>,
    /// Those that wait for an item.
    free: VecDeque<u32>,
    /// Producers that have not gone.
    producing: u32,
    answer: Answer,
    reply: Option<Reply<Answer>>,
}

pub(super) enum ToBuffer {
    Begin(Reply<Answer>),
    /// An item, its value, and who makes another.
    Put(u32, f64, Address<Produce>),
    /// This consumer wants an item, and has made this of those that it had.
    Take(u32, f64),
    /// A producer has no more.
    Gone,
}

impl Actor for Buffer {
    type Msg = ToBuffer;

    fn handle(&mut self, message: ToBuffer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToBuffer::Begin(reply) => {
                self.reply = Some(reply);
                self.begin(cx)
            }
            ToBuffer::Put(item, value, producer) => {
                self.answer.log.push(Event::In(item));
                self.inside.push_back(value);
                self.give(cx)?;
                // Each of the others may have an item in the making.
                if self.inside.len() < self.size.places - self.size.producers as usize {
                    return Ok(cx.send(producer, Produce)?);
                }
                self.held.push_back(producer);
                Ok(())
            }
            ToBuffer::Take(consumer, made) => {
                self.answer.log.push(Event::Free(consumer));
                self.answer.made[consumer as usize] = made;
                self.free.push_back(consumer);
                if self.inside.is_empty() {
                    return self.end(cx);
                }
                self.give(cx)?;
                match self.held.pop_front() {
                    Some(producer) => Ok(cx.send(producer, Produce)?),
                    None => Ok(()),
                }
            }
            ToBuffer::Gone => {
                self.producing -= 1;
                self.end(cx)
            }
        }
    }
}

impl Buffer {
    fn begin(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (BoundedBuffer { producers, consumers, items, draws, .. }, buffer) = (self.size, cx.me());
        for number in 0..consumers {
            self.consumers.push(cx.spawn(Consumer { number, made: 0.0, draws, buffer }));
        }
        self.free.extend(0..consumers);
        for number in 0..producers {
            let (next, end) = (number * items, (number + 1) * items);
            let producer = cx.spawn(Producer { next, end, value: 0.0, draws, buffer });
            cx.send(producer, Produce)?;
        }
        Ok(())
    }

    /// Gives an item to who is free.
    fn give(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let (Some(&consumer), Some(&value)) = (self.free.front(), self.inside.front()) {
            self.free.pop_front();
            self.inside.pop_front();
            self.answer.log.push(Event::Out(consumer));
            cx.send(self.consumers[consumer as usize], ToConsumer::Item(value))?;
        }
        Ok(())
    }

    /// Closes, once nothing can come any more and nobody is at work.
    fn end(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.producing > 0 || self.free.len() < self.consumers.len() {
            return Ok(());
        }
        for &consumer in &self.consumers {
            cx.send(consumer, ToConsumer::Close)?;
        }
        let reply = asker(&mut self.reply)?;
        reply.send(Answer { log: take(&mut self.answer.log), made: take(&mut self.answer.made) });
        Ok(())
    }
}

struct Producer {
    next: u32,
    end: u32,
    /// The item before.
    value: f64,
    draws: u32,
    buffer: Address<ToBuffer>,
}

/// There is a place for another item.
pub(super) struct Produce;

impl Actor for Producer {
    type Msg = Produce;

    fn handle(&mut self, _: Produce, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.next == self.end {
            cx.send(self.buffer, ToBuffer::Gone)?;
            cx.stop();
            return Ok(());
        }
        self.value = processed(self.value, terms(self.draws));
        let me = cx.me();
        cx.send(self.buffer, ToBuffer::Put(self.next, self.value, me))?;
        self.next += 1;
        Ok(())
    }
}

struct Consumer {
    number: u32,
    made: f64,
    draws: u32,
    buffer: Address<ToBuffer>,
}

enum ToConsumer {
    Item(f64),
    Close,
}

impl Actor for Consumer {
    type Msg = ToConsumer;

    fn handle(&mut self, message: ToConsumer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToConsumer::Item(value) => {
                self.made = processed(self.made + value, terms(self.draws));
                cx.send(self.buffer, ToBuffer::Take(self.number, self.made))?;
            }
            ToConsumer::Close => cx.stop(),
        }
        Ok(())
    }
}

impl Workload for BoundedBuffer {
    const NAME: &'static str = "bounded-buffer";
    const DIFFERS: &'static str = "the buffer logs what comes and goes";

    type Main = Buffer;
    type Answer = Answer;
    type Expected = Expected;

    fn of(size: Size) -> Self {
        let (places, producers, consumers) = size.of((8, 5, 4), (50, 40, 40), (50, 40, 40));
        // The suite has a cost of 25, of a hundred draws each.
        Self {
            places,
            producers,
            consumers,
            items: size.of(30, 1_000, 10_000),
            draws: size.of(50, 2_500, 2_500),
        }
    }

    fn words(&self) -> String {
        let producers = units::counted(self.producers.into(), "producer");
        let consumers = units::counted(self.consumers.into(), "consumer");
        let (items, places) = (units::counted(self.items.into(), "item"), self.places);
        format!("{producers} of {items} each, and {consumers}, at a buffer with {places} places")
    }

    fn messages(&self) -> Messages {
        // An item is asked for, comes, is given, and another one wanted; a producer is asked in vain and goes; a consumer goes.
        let (producers, items) = (u64::from(self.producers), u64::from(self.items));
        Messages::Exactly(1 + producers * (4 * items + 2) + u64::from(self.consumers))
    }

    fn expected(&self) -> Expected {
        let terms: Vec<f64> = terms(self.draws).collect();
        let mut value = 0.0;
        let next = |_| {
            value = processed(value, terms.iter().copied());
            value
        };
        let items = (0..self.items).map(next).collect();
        Expected { terms, items }
    }

    fn main(&self) -> Buffer {
        let items = self.producers as usize * self.items as usize;
        let (log, made) = (Vec::with_capacity(3 * items), vec![0.0; self.consumers as usize]);
        Buffer {
            size: *self,
            inside: VecDeque::with_capacity(self.places),
            held: VecDeque::new(),
            consumers: Vec::new(),
            free: VecDeque::new(),
            producing: self.producers,
            answer: Answer { log, made },
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Answer>) -> ToBuffer {
        ToBuffer::Begin(reply)
    }

    fn check(&self, expected: &Expected, answer: Answer) -> Result<(), String> {
        let mut inside = VecDeque::new();
        let mut next: Vec<u32> = (0..self.producers).map(|producer| producer * self.items).collect();
        let mut free: VecDeque<u32> = (0..self.consumers).collect();
        let mut made = vec![0.0; self.consumers as usize];
        // What each consumer has at hand.
        let mut at_hand = vec![None; made.len()];
        let all = expected.items.len() * self.producers as usize;
        let (mut came, mut went, mut done) = (0, 0, 0);
        for event in answer.log {
            match event {
                Event::In(item) => {
                    let next = next.get_mut((item / self.items) as usize);
                    let next = next.ok_or_else(|| format!("there is no item {item}"))?;
                    same(format_args!("the next item of producer {}", item / self.items), *next, item)?;
                    (*next, came) = (*next + 1, came + 1);
                    inside.push_back(item % self.items);
                    let (most, inside) = (self.places, inside.len());
                    if inside > most {
                        return Err(format!("items inside: {most} at most were to be, {inside} are"));
                    }
                }
                Event::Out(consumer) => {
                    let item = inside.pop_front();
                    let item =
                        item.ok_or_else(|| format!("consumer {consumer} is given what is not there"))?;
                    let first = free.pop_front().ok_or_else(|| format!("consumer {consumer} is not free"))?;
                    same("who is free the longest", first, consumer)?;
                    at_hand[consumer as usize] = Some(item);
                    went += 1;
                }
                Event::Free(consumer) => {
                    let item = at_hand.get_mut(consumer as usize).and_then(Option::take);
                    let item =
                        item.ok_or_else(|| format!("consumer {consumer} is free, and had nothing at hand"))?;
                    let made = &mut made[consumer as usize];
                    *made = processed(*made + expected.items[item as usize], expected.terms.iter().copied());
                    free.push_back(consumer);
                    done += 1;
                }
            }
        }
        same("items in", all, came)?;
        same("items out", all, went)?;
        same("items that a consumer was done with", all, done)?;
        same("consumers", made.len(), answer.made.len())?;
        for (consumer, (made, got)) in made.into_iter().zip(answer.made).enumerate() {
            same(format_args!("what consumer {consumer} made"), made, got)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Event::{Free, In, Out};
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let workload = BoundedBuffer { places: 2, producers: 2, consumers: 2, items: 2, draws: 1 };
        // So an item is one more than the one before it, and a consumer adds one to each.
        let expected = Expected { terms: vec![1.0], items: vec![1.0, 2.0] };
        let right =
            [In(0), Out(0), In(2), Out(1), Free(0), In(1), Out(0), Free(1), In(3), Out(1), Free(1), Free(0)];
        let checked = |log: &[Event], made: [f64; 2]| {
            workload.check(&expected, Answer { log: log.to_vec(), made: made.to_vec() })
        };
        let made = [5.0, 5.0];
        assert_eq!(checked(&right, made), Ok(()));
        let refused = |log: &[Event], words: &str| assert_eq!(checked(log, made), Err(words.into()));
        refused(&right[..11], "items that a consumer was done with: 4 was to be, 3 is");
        refused(&right[..9], "items out: 4 was to be, 3 is");
        refused(&right[..8], "items in: 4 was to be, 3 is");
        refused(&[In(1)], "the next item of producer 0: 0 was to be, 1 is");
        refused(&[In(0), In(0)], "the next item of producer 0: 1 was to be, 0 is");
        refused(&[In(0), In(1), In(2)], "items inside: 2 at most were to be, 3 are");
        refused(&[Out(1)], "consumer 1 is given what is not there");
        refused(&[In(4)], "there is no item 4");
        refused(&[In(0), Out(1)], "who is free the longest: 0 was to be, 1 is");
        // One that was doubled.
        refused(&[In(0), Out(0), Free(0), Free(0)], "consumer 0 is free, and had nothing at hand");
        assert_eq!(checked(&right, [5.0, 6.0]), Err("what consumer 1 made: 5 was to be, 6 is".into()));
    }

    #[test]
    fn a_term_is_a_logarithm_between_that_of_a_hundredth_and_of_one() {
        let terms: Vec<f64> = terms(10_000).collect();
        assert!(terms.iter().all(|term| (0.01_f64.ln()..1.01_f64.ln()).contains(term)));
        // The mean is the integral of ln from 0.01 to 1.01: 1.01 ln 1.01 - 0.01 ln 0.01 - 1.
        let mean = terms.iter().sum::<f64>() / 10_000.0;
        assert!((mean - (1.01 * 1.01_f64.ln() - 0.01 * 0.01_f64.ln() - 1.0)).abs() < 0.03, "{mean}");
    }
}
