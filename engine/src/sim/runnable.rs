//! The actors that can run, in the order in which they became so. Any of them can be drawn, by its place in that order, in a time that
//! grows with the logarithm of their number.

use crate::cell::header::CellPtr;
use crate::scheduler::run_queue::Task;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// The actors that can run.
#[derive(Debug, Default)]
pub(super) struct Runnable {
    /// In order, with gaps where one has been taken out.
    seats: Vec<Option<Seat>>,
    /// Where each is. Nothing goes by its order.
    at: HashMap<CellPtr, usize>,
    /// Those that are there, and of them those that need not wait.
    all: Ranks,
    ready: Ranks,
    /// When those that wait need not any more. Some of them may have been taken out meanwhile.
    waiting: BinaryHeap<Reverse<(u64, usize)>>,
}

#[derive(Debug)]
struct Seat {
    task: Task,
    /// Left waiting until so many steps have been taken.
    from: u64,
    ready: bool,
}

impl Runnable {
    /// One more, behind all others, which waits until so many steps have been taken.
    pub(super) fn push(&mut self, task: Task, from: u64) {
        if self.seats.len() >= 64 && self.seats.len() >= 2 * self.all.total {
            self.close_ranks();
        }
        let (at, ready) = (self.seats.len(), from == 0);
        self.at.insert(task.0, at);
        self.all.push(true);
        self.ready.push(ready);
        if !ready {
            self.waiting.push(Reverse((from, at)));
        }
        self.seats.push(Some(Seat { task, from, ready }));
    }

    /// Leaves out the gaps.
    fn close_ranks(&mut self) {
        let before = std::mem::take(self);
        for seat in before.seats.into_iter().flatten() {
            let from = if seat.ready { 0 } else { seat.from };
            self.push(seat.task, from);
        }
    }

    pub(super) fn has(&self, cell: CellPtr) -> bool {
        self.at.contains_key(&cell)
    }

    pub(super) fn len(&self) -> usize {
        self.all.total
    }

    /// How many need not wait after so many steps, which are no fewer than the last time.
    pub(super) fn ready(&mut self, steps: u64) -> usize {
        while let Some(&Reverse((from, at))) = self.waiting.peek()
            && from <= steps
        {
            self.waiting.pop();
            if let Some(seat) = &mut self.seats[at] {
                seat.ready = true;
                self.ready.set(at, true);
            }
        }
        self.ready.total
    }

    /// Takes this one out.
    pub(super) fn take(&mut self, cell: CellPtr) -> Option<Task> {
        let at = *self.at.get(&cell)?;
        self.take_at(at)
    }

    /// Takes out the `nth` of them, or the `nth` of those that need not wait, the first being 0.
    pub(super) fn take_nth(&mut self, nth: usize, of_ready: bool) -> Option<Task> {
        let ranks = if of_ready { &self.ready } else { &self.all };
        self.take_at(ranks.find(nth)?)
    }

    fn take_at(&mut self, at: usize) -> Option<Task> {
        let seat = self.seats[at].take()?;
        self.at.remove(&seat.task.0);
        self.all.set(at, false);
        if seat.ready {
            self.ready.set(at, false);
        }
        Some(seat.task)
    }
}

/// A set of places that finds its `nth`: a tree of sums (P. M. Fenwick, "A new data structure for cumulative frequency tables", Software:
/// Practice and Experience 24(3), 1994).
#[derive(Debug, Default)]
struct Ranks {
    /// The one with the number `n`, counted from 1, has the sum of as many places up to `n` as the lowest bit of `n` says.
    sums: Vec<usize>,
    total: usize,
}

impl Ranks {
    /// A place behind all others, in the set or not.
    fn push(&mut self, is_in: bool) {
        let n = self.sums.len() + 1;
        let mut sum = usize::from(is_in);
        let mut below = 1;
        while below < lowest_bit(n) {
            sum += self.sums[n - below - 1];
            below *= 2;
        }
        self.sums.push(sum);
        self.total += usize::from(is_in);
    }

    /// Puts a place into the set that is not in it, or takes one out that is.
    fn set(&mut self, at: usize, is_in: bool) {
        let mut n = at + 1;
        while let Some(sum) = self.sums.get_mut(n - 1) {
            *sum = if is_in { *sum + 1 } else { *sum - 1 };
            n += lowest_bit(n);
        }
        self.total = if is_in { self.total + 1 } else { self.total - 1 };
    }

    /// The `nth` place in the set, the first being 0.
    fn find(&self, nth: usize) -> Option<usize> {
        if nth >= self.total {
            return None;
        }
        let (mut before, mut left) = (0, nth);
        let mut step = (self.sums.len() + 1).next_power_of_two() / 2;
        while step > 0 {
            if let Some(sum) = self.sums.get(before + step - 1)
                && *sum <= left
            {
                left -= sum;
                before += step;
            }
            step /= 2;
        }
        Some(before)
    }
}

fn lowest_bit(n: usize) -> usize {
    n & n.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::super::choices::Choices;
    use super::*;
    use std::ptr::NonNull;

    fn cell(n: u64) -> CellPtr {
        // Nobody looks into it.
        NonNull::new(std::ptr::without_provenance_mut(64 * (n as usize + 1))).expect("not null")
    }

    /// As a list would do it that is walked and moved up each time.
    #[test]
    fn whatever_is_drawn_is_what_a_list_would_have_given() {
        for seed in 0..20 {
            let mut choices = Choices::of_seed(seed);
            let (mut runnable, mut list) = (Runnable::default(), Vec::<(CellPtr, u64)>::new());
            let (mut steps, mut next) = (0, 0);
            for _ in 0..3_000 {
                steps += choices.below(3);
                let ready = runnable.ready(steps);
                assert_eq!(ready, list.iter().filter(|(_, from)| *from <= steps).count());
                assert_eq!(runnable.len(), list.len());
                // Sometimes many come, sometimes many go.
                let coming = if steps / 500 % 2 == 0 { 5 } else { 2 };
                if choices.below(8) < coming {
                    let from = if choices.below(3) == 0 { steps + 1 + choices.below(40) } else { 0 };
                    runnable.push(Task(cell(next)), from);
                    list.push((cell(next), from));
                    next += 1;
                } else if choices.below(4) == 0 && !list.is_empty() {
                    let (named, _) = list.remove(choices.below(list.len() as u64) as usize);
                    assert!(runnable.has(named));
                    assert_eq!(runnable.take(named), Some(Task(named)));
                    assert!(!runnable.has(named) && runnable.take(named).is_none());
                } else {
                    let of_ready = ready > 0;
                    let eligible: Vec<_> =
                        (0..list.len()).filter(|at| !of_ready || list[*at].1 <= steps).collect();
                    let nth = choices.below(eligible.len() as u64) as usize;
                    let expected = eligible.get(nth).map(|at| Task(list.remove(*at).0));
                    assert_eq!(runnable.take_nth(nth, of_ready), expected);
                }
            }
            assert!(runnable.seats.len() <= 64.max(2 * list.len() + 1), "gaps are kept");
        }
    }
}
