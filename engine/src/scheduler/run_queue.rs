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

#[cfg(all(test, not(any(throng_loom, throng_shuttle))))]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;

    fn task(n: usize) -> Task {
        Task(CellPtr::without_provenance(NonZeroUsize::new(n).expect("from one")))
    }

    fn number(task: &Task) -> usize {
        task.0.addr().get()
    }

    #[derive(Debug, Clone, Copy)]
    enum Act {
        Slot,
        Back,
        Pop,
        Half,
    }

    /// Every course of a few steps, against a line of numbers.
    #[test]
    fn who_runs_next() {
        let acts = [Act::Slot, Act::Back, Act::Pop, Act::Half];
        for course in 0..acts.len().pow(8) {
            let mut queue = RunQueue::<()>::new();
            let (mut slot, mut line) = (None, VecDeque::new());
            for step in 0..8 {
                let n = step as usize + 1;
                match acts[course / acts.len().pow(step) % acts.len()] {
                    Act::Slot => {
                        queue.push_slot(task(n));
                        line.extend(slot.replace(n));
                    }
                    Act::Back => {
                        queue.push_back(task(n));
                        line.push_back(n);
                    }
                    // What is in the slot runs first.
                    Act::Pop => {
                        let first = slot.take().or_else(|| line.pop_front());
                        let popped = queue.pop().map(|(task, left)| (number(&task), left));
                        assert_eq!(popped, first.map(|n| (n, line.len())));
                    }
                    Act::Half => {
                        let half: Vec<_> = match line.len().div_ceil(2) {
                            0 => slot.take().into_iter().collect(),
                            half => line.drain(..half).collect(),
                        };
                        let mut taken = Vec::new();
                        assert_eq!(queue.take_half(|task| taken.push(number(&task))), half.len());
                        assert_eq!(taken, half);
                    }
                }
                assert_eq!(queue.len(), line.len() + usize::from(slot.is_some()));
            }
        }
    }

    #[test]
    fn who_waits_is_passed_over_so_many_times_and_no_more() {
        let mut queue = RunQueue::<()>::new();
        queue.push_back(task(1));
        queue.push_back(task(2));
        // The one that ran before the second line began counts.
        for (waiting, passing) in [(1, STREAK), (2, STREAK - 1)] {
            for n in 100..100 + passing as usize {
                queue.push_slot(task(n));
                assert_eq!(queue.pop().map(|(task, left)| (number(&task), left)), Some((n, 3 - waiting)));
            }
            queue.push_slot(task(99));
            let popped = queue.pop().map(|(task, left)| (number(&task), left));
            assert_eq!(popped, Some((waiting, 3 - waiting)), "the slot counts as left");
            // Who was passed over is the slot's, and runs next.
            assert_eq!(queue.pop().map(|(task, _)| number(&task)), Some(99));
        }
        assert_eq!(queue.len(), 0);
    }
}
