//! Actors that are made, handle one message and end.

use crate::alone::spoiled::Spoiled;
use crate::peers::latch::Latch;
use crate::peers::peer::Iteration;
use crate::peers::task::Task;
use std::sync::Arc;
use std::time::Instant;
use throng::{Actor, Context, Fault, Options, System};

/// Made by one handler.
const CHUNK: u64 = 64;

/// Counts down when it is gone, if it has handled its message.
struct Child {
    number: u64,
    handled: bool,
    latch: Arc<Latch>,
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.handled {
            self.latch.count_down(self.number);
        }
    }
}

struct Told;

impl Actor for Child {
    type Msg = Told;

    fn handle(&mut self, Told: Told, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.handled = true;
        cx.stop();
        Ok(())
    }
}

struct Parent {
    next: u64,
    end: u64,
    latch: Arc<Latch>,
}

struct Go;

impl Actor for Parent {
    type Msg = Go;

    fn handle(&mut self, Go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let end = self.end.min(self.next + CHUNK);
        for number in self.next..end {
            let child = cx.spawn(Child { number, handled: false, latch: Arc::clone(&self.latch) });
            cx.send(child, Told)?;
        }
        self.next = end;
        if self.next == self.end {
            cx.stop();
            return Ok(());
        }
        let me = cx.me();
        Ok(cx.send(me, Go)?)
    }

    /// One chunk a turn: the children get theirs before the next is made.
    fn options() -> Options {
        Options::builder().turn(1).build().unwrap_or_default()
    }
}

pub(super) fn create(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    let (latch, waiting) = Latch::new(task.messages);
    let parent = system.spawn(Parent { next: 0, end: task.messages, latch: Arc::clone(&latch) });
    let begun = Instant::now();
    parent.try_send(Go)?;
    let ended = waiting.ended()?;
    Ok(Iteration { took: ended - begun, counts: vec![latch.counted()], disorder: 0 })
}
