//! Nanoseconds a message where methods of a proxy take the place of sends: the messages, the `match` and the address are written by
//! `throng::proxy`.

use crate::alone::spoiled::{Spoiled, same, told};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, System};

/// Counts, and tells the producer of each chunk's end.
struct Counter {
    producer: Option<Address<Go>>,
    chunk: u32,
    left: u32,
    next: u64,
}

#[throng::proxy]
impl Counter {
    fn item(&mut self, n: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if n != self.next {
            return Err(Fault::msg("not the next"));
        }
        self.next += 1;
        self.left -= 1;
        if self.left == 0 {
            self.left = self.chunk;
            if let Some(producer) = self.producer {
                cx.send(producer, Go)?;
            }
        }
        Ok(())
    }

    fn had(&self) -> u64 {
        self.next
    }

    fn of(&mut self, producer: Address<Go>) {
        self.producer = Some(producer);
    }
}

/// Tells the producer to send the next chunk.
struct Go;

struct Producer {
    to: CounterAddress,
    chunk: u64,
    next: u64,
    items: u64,
    done: Sender<Instant>,
}

impl Actor for Producer {
    type Msg = Go;

    fn handle(&mut self, _: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.next == self.items {
            self.done.send(Instant::now())?;
            return Ok(());
        }
        let (from, to) = (self.next, self.next + self.chunk);
        self.next = to;
        Ok((from..to).try_for_each(|n| self.to.item_from(cx, n))?)
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
    let counter = system.try_spawn(counter, &Counter::options())?;
    let (done, ends) = channel();
    let producer = system.spawn(Producer { to: counter.proxy(), chunk, next: 0, items, done });
    counter.proxy().of(producer)?;
    counter.barrier().wait()?;
    let start = Instant::now();
    producer.try_send(Go)?;
    let end = told(system, &ends)?;
    same("items", items, counter.proxy().had().wait()?)?;
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
