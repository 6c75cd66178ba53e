//! Bounded buffer: producers bring items to a buffer, an actor, which gives them to consumers. A producer is asked for an item only
//! when there is a place for it, which is its own from then on; so there are never more items than places.
//!
//! Verified by the buffer's log, which is played again: never too many inside, the oldest is given first, each item comes in and goes
//! out once, and what each consumer made of its items is what a loop makes of them.

use super::busy::busy;
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use std::collections::VecDeque;
use std::mem::take;
use throng::{Actor, Address, Context, Fault, Reply};

/// Draws for each item on either side: the suite has a cost of 25, of a hundred draws each.
const COST: u32 = 2_500;

/// Savina's `bndbuffer`.
#[derive(Clone, Copy)]
pub(super) struct BoundedBuffer {
    places: usize,
    producers: u32,
    consumers: u32,
    /// Of each producer.
    items: u32,
}

/// What came of it.
pub(super) struct Answer {
    log: Vec<Event>,
    /// What each consumer made of its items.
    made: Vec<u64>,
}

/// What happened at the buffer.
#[derive(Clone, Copy)]
pub(super) enum Event {
    /// The item of this number came.
    In(u32),
    /// This consumer was given one.
    Out(u32),
}

/// The buffer, which makes the others.
pub(super) struct Buffer {
    size: BoundedBuffer,
    inside: VecDeque<u64>,
    /// Places that producers were told of, and have not filled yet.
    promised: usize,
    /// Producers that were told of no place yet.
    held: VecDeque<Address<Produce>>,
    consumers: Vec<Address<ToConsumer>>,
    /// Those that wait for an item.
    idle: VecDeque<u32>,
    /// Items that are still to come.
    left: u32,
    /// Consumers that have not told what they made.
    busy: u32,
    answer: Answer,
    reply: Option<Reply<Answer>>,
}

pub(super) enum ToBuffer {
    Begin(Reply<Answer>),
    /// An item, its value, and who makes another.
    Put(u32, u64, Option<Address<Produce>>),
    /// This consumer wants an item.
    Take(u32),
    /// What this consumer made.
    Made(u32, u64),
}

impl Actor for Buffer {
    type Msg = ToBuffer;

    fn handle(&mut self, message: ToBuffer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToBuffer::Begin(reply) => {
                self.reply = Some(reply);
                self.begin(cx);
                self.promise(cx)
            }
            ToBuffer::Put(item, value, producer) => {
                self.promised -= 1;
                self.left -= 1;
                self.answer.log.push(Event::In(item));
                self.inside.push_back(value);
                self.held.extend(producer);
                self.give(cx)
            }
            ToBuffer::Take(consumer) => {
                self.idle.push_back(consumer);
                self.give(cx)
            }
            ToBuffer::Made(consumer, made) => {
                self.answer.made[consumer as usize] = made;
                self.busy -= 1;
                if self.busy == 0 {
                    let reply = asker(&mut self.reply)?;
                    reply.send(Answer { log: take(&mut self.answer.log), made: take(&mut self.answer.made) });
                }
                Ok(())
            }
        }
    }
}

impl Buffer {
    fn begin(&mut self, cx: &mut Context<'_, Self>) {
        let (BoundedBuffer { producers, consumers, items, .. }, buffer) = (self.size, cx.me());
        for number in 0..consumers {
            self.consumers.push(cx.spawn(Consumer { number, made: 0, buffer }));
        }
        self.idle.extend(0..consumers);
        for number in 0..producers {
            let (next, end) = (number * items, (number + 1) * items);
            self.held.push_back(cx.spawn(Producer { next, end, buffer }));
        }
    }

    /// Has items made for the places that are free.
    fn promise(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        while self.inside.len() + self.promised < self.size.places {
            let Some(producer) = self.held.pop_front() else { break };
            self.promised += 1;
            cx.send(producer, Produce)?;
        }
        Ok(())
    }

    /// Gives items to who waits for one.
    fn give(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        while let (Some(&consumer), Some(&value)) = (self.idle.front(), self.inside.front()) {
            self.idle.pop_front();
            self.inside.pop_front();
            self.answer.log.push(Event::Out(consumer));
            cx.send(self.consumers[consumer as usize], ToConsumer::Item(value))?;
        }
        if self.left == 0 && self.idle.len() == self.consumers.len() {
            return self.consumers.iter().try_for_each(|&each| Ok(cx.send(each, ToConsumer::Close)?));
        }
        self.promise(cx)
    }
}

struct Producer {
    next: u32,
    end: u32,
    buffer: Address<ToBuffer>,
}

/// There is a place for another item.
pub(super) struct Produce;

impl Actor for Producer {
    type Msg = Produce;

    fn handle(&mut self, _: Produce, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let item = self.next;
        self.next += 1;
        let is_last = self.next == self.end;
        let me = (!is_last).then(|| cx.me());
        cx.send(self.buffer, ToBuffer::Put(item, busy(item.into(), COST), me))?;
        if is_last {
            cx.stop();
        }
        Ok(())
    }
}

struct Consumer {
    number: u32,
    made: u64,
    buffer: Address<ToBuffer>,
}

enum ToConsumer {
    Item(u64),
    Close,
}

impl Actor for Consumer {
    type Msg = ToConsumer;

    fn handle(&mut self, message: ToConsumer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToConsumer::Item(value) => {
                self.made = with(self.made, busy(value, COST));
                cx.send(self.buffer, ToBuffer::Take(self.number))?;
            }
            ToConsumer::Close => {
                cx.send(self.buffer, ToBuffer::Made(self.number, self.made))?;
                cx.stop();
            }
        }
        Ok(())
    }
}

/// One more, where the order matters.
fn with(made: u64, more: u64) -> u64 {
    made.wrapping_mul(31).wrapping_add(more)
}

impl Workload for BoundedBuffer {
    const NAME: &'static str = "bounded-buffer";
    const DIFFERS: &'static str = "";

    type Main = Buffer;
    type Answer = Answer;
    /// What is made of each item.
    type Expected = Vec<u64>;

    fn of(size: Size) -> Self {
        let (places, producers, consumers) = size.of((3, 5, 4), (50, 40, 40), (50, 40, 40));
        Self { places, producers, consumers, items: size.of(20, 1_000, 10_000) }
    }

    fn words(&self) -> String {
        let producers = units::counted(self.producers.into(), "producer");
        let consumers = units::counted(self.consumers.into(), "consumer");
        let (items, places) = (units::counted(self.items.into(), "item"), self.places);
        format!("{producers} of {items} each, and {consumers}, at a buffer with {places} places")
    }

    fn messages(&self) -> Messages {
        Messages::Exactly(
            1 + 4 * u64::from(self.producers) * u64::from(self.items) + 2 * u64::from(self.consumers),
        )
    }

    fn expected(&self) -> Vec<u64> {
        (0..u64::from(self.producers * self.items)).map(|item| busy(busy(item, COST), COST)).collect()
    }

    fn main(&self) -> Buffer {
        let total = self.producers * self.items;
        let log = Vec::with_capacity(2 * total as usize);
        Buffer {
            size: *self,
            inside: VecDeque::with_capacity(self.places),
            promised: 0,
            held: VecDeque::new(),
            consumers: Vec::new(),
            idle: VecDeque::new(),
            left: total,
            busy: self.consumers,
            answer: Answer { log, made: vec![0; self.consumers as usize] },
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Answer>) -> ToBuffer {
        ToBuffer::Begin(reply)
    }

    fn check(&self, expected: &Vec<u64>, answer: Answer) -> Result<(), String> {
        let mut inside = VecDeque::new();
        let mut next: Vec<u32> = (0..self.producers).map(|producer| producer * self.items).collect();
        let mut made = vec![0; self.consumers as usize];
        let (mut came, mut went) = (0, 0);
        for event in answer.log {
            match event {
                Event::In(item) => {
                    let next = next.get_mut((item / self.items) as usize);
                    let next = next.ok_or_else(|| format!("there is no item {item}"))?;
                    same(format_args!("the next item of producer {}", item / self.items), *next, item)?;
                    (*next, came) = (*next + 1, came + 1);
                    inside.push_back(item);
                    if inside.len() > self.places {
                        return Err(format!(
                            "items inside: {} at most were to be, {} are",
                            self.places,
                            inside.len()
                        ));
                    }
                }
                Event::Out(consumer) => {
                    let item = inside.pop_front();
                    let item =
                        item.ok_or_else(|| format!("consumer {consumer} is given what is not there"))?;
                    let made = made.get_mut(consumer as usize);
                    let made = made.ok_or_else(|| format!("there is no consumer {consumer}"))?;
                    (*made, went) = (with(*made, expected[item as usize]), went + 1);
                }
            }
        }
        same("items in", expected.len(), came)?;
        same("items out", expected.len(), went)?;
        same("consumers", made.len(), answer.made.len())?;
        for (consumer, (made, got)) in made.into_iter().zip(answer.made).enumerate() {
            same(format_args!("what consumer {consumer} made"), made, got)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Event::{In, Out};
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let workload = BoundedBuffer { places: 2, producers: 2, consumers: 2, items: 2 };
        let expected = vec![1, 10, 100, 1_000];
        let right = [In(0), Out(0), In(2), In(1), Out(1), Out(0), In(3), Out(0)];
        let checked = |log: &[Event], made: [u64; 2]| {
            workload.check(&expected, Answer { log: log.to_vec(), made: made.to_vec() })
        };
        let made = [(31 + 10) * 31 + 1_000, 100];
        assert_eq!(checked(&right, made), Ok(()));
        let refused = |log: &[Event], words: &str| assert_eq!(checked(log, made), Err(words.into()));
        refused(&right[..7], "items out: 4 was to be, 3 is");
        refused(&right[..6], "items in: 4 was to be, 3 is");
        refused(&[In(1)], "the next item of producer 0: 0 was to be, 1 is");
        refused(&[In(0), In(0)], "the next item of producer 0: 1 was to be, 0 is");
        refused(&[In(0), In(1), In(2)], "items inside: 2 at most were to be, 3 are");
        refused(&[Out(1)], "consumer 1 is given what is not there");
        refused(&[In(4)], "there is no item 4");
        assert_eq!(checked(&right, [2_271, 10]), Err("what consumer 1 made: 100 was to be, 10 is".into()));
    }
}
