//! Nanoseconds a message where tracked messages take the place of sends.
//!
//! Actors of their own: a tracked message is copied, and a question cannot be.

use crate::alone::spoiled::{Spoiled, same, told};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Attempts, Context, Fault, Poison, System};

#[derive(Clone)]
enum ToCounter {
    Item(u64),
    /// Whom to tell of each chunk's end.
    Of(Address<ToProducer>),
    /// How many items it has had.
    Count(Sender<u64>),
}

enum ToProducer {
    /// The next chunk.
    Go,
    /// An item has made the counter fail.
    Back(Poison<ToCounter>),
}

/// Counts, and tells the producer of each chunk's end.
struct Counter {
    producer: Option<Address<ToProducer>>,
    chunk: u32,
    left: u32,
    next: u64,
}

impl Actor for Counter {
    type Msg = ToCounter;

    fn handle(&mut self, message: ToCounter, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToCounter::Item(n) if n != self.next => return Err(Fault::msg("not the next")),
            ToCounter::Item(_) => {
                self.next += 1;
                self.left -= 1;
                if self.left == 0 {
                    self.left = self.chunk;
                    if let Some(producer) = self.producer {
                        cx.send(producer, ToProducer::Go)?;
                    }
                }
            }
            ToCounter::Of(producer) => self.producer = Some(producer),
            ToCounter::Count(had) => had.send(self.next)?,
        }
        Ok(())
    }
}

struct Producer {
    to: Address<ToCounter>,
    chunk: u64,
    next: u64,
    items: u64,
    done: Sender<Instant>,
}

impl Actor for Producer {
    type Msg = ToProducer;

    fn handle(&mut self, message: ToProducer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let ToProducer::Back(poison) = message {
            return Err(Fault::msg(poison.failure.to_string()));
        }
        if self.next == self.items {
            self.done.send(Instant::now())?;
            return Ok(());
        }
        let (from, to) = (self.next, self.next + self.chunk);
        self.next = to;
        let mut send = |n| cx.send_tracked(self.to, ToCounter::Item(n), Attempts::Once, ToProducer::Back);
        Ok((from..to).try_for_each(&mut send)?)
    }
}

/// How long `items` took, which are a whole number of chunks. That each arrived, once and in its order, has been looked at.
///
/// # Errors
/// [`Spoiled`].
pub fn run(system: &System, chunk: u32, items: u64) -> Result<Duration, Spoiled> {
    drive(system, Counter { producer: None, chunk, left: chunk, next: 0 }, items)
}

fn drive(system: &System, counter: Counter, items: u64) -> Result<Duration, Spoiled> {
    let chunk = u64::from(counter.chunk);
    let counter = system.spawn(counter);
    let (done, ends) = channel();
    let producer = system.spawn(Producer { to: counter, chunk, next: 0, items, done });
    counter.try_send(ToCounter::Of(producer))?;
    counter.barrier().wait()?;
    let start = Instant::now();
    producer.try_send(ToProducer::Go)?;
    let end = told(system, &ends)?;
    let (counted, had) = channel();
    counter.try_send(ToCounter::Count(counted))?;
    same("items", items, told(system, &had)?)?;
    Ok(end - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_that_is_not_the_next_is_found() {
        let system = System::builder().workers(1).build().expect("a worker");
        let counter = Counter { producer: None, chunk: 4, left: 4, next: 1 };
        let spoiled = drive(&system, counter, 8).expect_err("one is missing");
        assert!(matches!(&spoiled, Spoiled::Wrong(_)), "{spoiled:?}");
    }
}
