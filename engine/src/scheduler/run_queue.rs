//! A worker's own queue: the LIFO slot, the FIFO behind it, and the worker's timers. It lies under a
//! [lease](super::lease), so that all of it can be taken from behind a long handler.

use super::wheel::Wheel;
use crate::cell::header::CellPtr;
use std::collections::VecDeque;

/// A runnable actor: whoever holds this owns the cell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Task(pub(crate) CellPtr);

// SAFETY: a task is ownership of an actor, whose state and messages are `Send`.
unsafe impl Send for Task {}

/// Actors that may run from the slot in a row while others wait in the FIFO.
const STREAK: u32 = 16;

/// What lies under the lease; `T` is a timer.
#[derive(Debug)]
pub(crate) struct RunQueue<T> {
    slot: Option<Task>,
    streak: u32,
    fifo: VecDeque<Task>,
    pub(crate) wheel: Wheel<T>,
}

impl<T> RunQueue<T> {
    pub(crate) fn new() -> Self {
        Self { slot: None, streak: 0, fifo: VecDeque::with_capacity(64), wheel: Wheel::new(0) }
    }

    /// Runs next: what was to run next goes to the end of the line.
    #[inline(always)]
    pub(crate) fn push_slot(&mut self, task: Task) {
        if let Some(earlier) = self.slot.replace(task) {
            self.fifo.push_back(earlier);
        }
    }

    /// To the end of the line.
    #[inline(always)]
    pub(crate) fn push_back(&mut self, task: Task) {
        self.fifo.push_back(task);
    }

    /// The next to run, and how many are left.
    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Option<(Task, usize)> {
        if self.fifo.is_empty() {
            return self.slot.take().map(|task| (task, 0));
        }
        if self.streak < STREAK
            && let Some(task) = self.slot.take()
        {
            self.streak += 1;
            return Some((task, self.fifo.len()));
        }
        self.streak = 0;
        let left = self.fifo.len() - 1 + usize::from(self.slot.is_some());
        self.fifo.pop_front().map(|task| (task, left))
    }

    pub(crate) fn len(&self) -> usize {
        self.fifo.len() + usize::from(self.slot.is_some())
    }

    /// The older half of what waits, rounded up, oldest first; the slot only where nothing else is there.
    pub(crate) fn take_half(&mut self, mut give: impl FnMut(Task)) -> usize {
        let half = self.fifo.len().div_ceil(2);
        if half == 0 {
            return self.slot.take().map_or(0, |task| {
                give(task);
                1
            });
        }
        self.fifo.drain(..half).for_each(give);
        half
    }
}
