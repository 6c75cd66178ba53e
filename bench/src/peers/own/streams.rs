//! Streams as fast as back-pressure lets them: to one, to many, and from many.

use crate::alone::spoiled::Spoiled;
use crate::peers::latch::{Latch, heard};
use crate::peers::peer::Iteration;
use crate::peers::task::Task;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng::{Actor, Address, Context, Fault, System};

/// What one handler sends; behind it the sender can be suspended.
const CHUNK: u64 = 128;

/// The next chunk.
struct Go;

struct One;

/// Counts, and tells how many when it has had so many.
struct Counter {
    number: u64,
    end: u64,
    count: u64,
    latch: Arc<Latch>,
    told: Sender<(u64, u64)>,
}

impl Actor for Counter {
    type Msg = One;

    fn handle(&mut self, One: One, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.count += 1;
        if self.count == self.end {
            self.latch.count_down(self.number);
            self.told.send((self.number, self.count))?;
            cx.stop();
        }
        Ok(())
    }
}

/// Sends to each of them in turns.
struct Sending {
    to: Box<[Address<One>]>,
    /// To whom the next goes.
    next: usize,
    left: u64,
}

impl Actor for Sending {
    type Msg = Go;

    fn handle(&mut self, Go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..self.left.min(CHUNK) {
            cx.send(self.to[self.next], One)?;
            self.next += 1;
            if self.next == self.to.len() {
                self.next = 0;
            }
        }
        self.left = self.left.saturating_sub(CHUNK);
        if self.left == 0 {
            cx.stop();
            return Ok(());
        }
        let me = cx.me();
        Ok(cx.send(me, Go)?)
    }
}

pub(super) fn counting(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    fork(system, 1, task.messages)
}

pub(super) fn fork_join(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    fork(system, task.actors, task.each())
}

fn fork(system: &System, actors: u64, each: u64) -> Result<Iteration, Spoiled> {
    let (latch, waiting) = Latch::new(actors);
    let (told, counted) = channel();
    let counter = |number| {
        let (latch, told) = (Arc::clone(&latch), told.clone());
        system.spawn(Counter { number, end: each, count: 0, latch, told })
    };
    let to = (0..actors).map(counter).collect();
    drop(told);
    let sender = system.spawn(Sending { to, next: 0, left: actors * each });
    let begun = Instant::now();
    sender.try_send(Go)?;
    let ended = waiting.ended()?;
    let mut counts = vec![0; actors as usize];
    for _ in 0..actors {
        let (number, count) = heard(&counted)?;
        counts[number as usize] = count;
    }
    Ok(Iteration { took: ended - begun, counts, disorder: 0 })
}

/// From which sender, and its number there.
struct Item(u32, u32);

struct Numbering {
    to: Address<Item>,
    sender: u32,
    next: u32,
    end: u32,
}

impl Actor for Numbering {
    type Msg = Go;

    fn handle(&mut self, Go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let end = self.end.min(self.next + CHUNK as u32);
        for number in self.next..end {
            cx.send(self.to, Item(self.sender, number))?;
        }
        self.next = end;
        if self.next == self.end {
            cx.stop();
            return Ok(());
        }
        let me = cx.me();
        Ok(cx.send(me, Go)?)
    }
}

/// Looks that each sender's come in order.
struct Merging {
    counts: Vec<u64>,
    next: Vec<u32>,
    left: u64,
    disorder: u64,
    told: Sender<(Instant, Vec<u64>, u64)>,
}

impl Actor for Merging {
    type Msg = Item;

    fn handle(&mut self, Item(sender, number): Item, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let sender = sender as usize;
        self.counts[sender] += 1;
        self.disorder += u64::from(number < self.next[sender]);
        self.next[sender] = self.next[sender].max(number + 1);
        self.left -= 1;
        if self.left == 0 {
            self.told.send((Instant::now(), std::mem::take(&mut self.counts), self.disorder))?;
            cx.stop();
        }
        Ok(())
    }
}

pub(super) fn fan_in(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    let (told, over) = channel();
    let senders = task.actors as usize;
    let (counts, next) = (vec![0; senders], vec![0; senders]);
    let to = system.spawn(Merging { counts, next, left: task.messages, disorder: 0, told });
    let end = u32::try_from(task.each())?;
    let numbering = |sender| system.spawn(Numbering { to, sender, next: 0, end });
    let all: Vec<_> = (0..senders as u32).map(numbering).collect();
    let begun = Instant::now();
    for sender in all {
        sender.try_send(Go)?;
    }
    let (ended, counts, disorder) = heard(&over)?;
    Ok(Iteration { took: ended - begun, counts, disorder })
}
