//! Quicksort: an actor parts its values at a pivot, has two others sort what is less and what is greater, puts the parts together
//! again, and ends. Few values are sorted at once. The result is compared with the values sorted by the standard library.

use super::values::{Drawn, same_sequence};
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use std::cell::OnceCell;
use std::cmp::Ordering;
use throng::{Actor, Address, Context, Fault, Reply};

/// Savina's `quicksort`.
pub(super) struct Quicksort {
    values: Drawn,
    /// Fewer are not parted.
    threshold: usize,
    /// How often values are.
    parted: OnceCell<u64>,
}

/// Who has the whole to sort.
pub(super) struct Asker {
    values: Vec<u64>,
    threshold: usize,
    reply: Option<Reply<Vec<u64>>>,
}

pub(super) enum ToAsker {
    Begin(Reply<Vec<u64>>),
    Sorted(Vec<u64>),
}

struct Sorter {
    parent: Parent,
    threshold: usize,
    pivot: u64,
    /// Values that are as large.
    equal: usize,
    less: Option<Vec<u64>>,
    greater: Option<Vec<u64>>,
}

/// Who has values sorted.
#[derive(Clone, Copy)]
enum Parent {
    Asker(Address<ToAsker>),
    Sorter(Address<ToSorter>, Part),
}

/// Of a sorter's values.
#[derive(Clone, Copy)]
enum Part {
    Less,
    Greater,
}

enum ToSorter {
    Sort(Vec<u64>),
    Sorted(Part, Vec<u64>),
}

impl Actor for Asker {
    type Msg = ToAsker;

    fn handle(&mut self, message: ToAsker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToAsker::Begin(reply) => {
                self.reply = Some(reply);
                let sorter = cx.spawn(Sorter::new(Parent::Asker(cx.me()), self.threshold));
                cx.send(sorter, ToSorter::Sort(std::mem::take(&mut self.values)))?;
            }
            ToAsker::Sorted(values) => {
                let reply = asker(&mut self.reply)?;
                reply.send(values);
            }
        }
        Ok(())
    }
}

impl Sorter {
    fn new(parent: Parent, threshold: usize) -> Self {
        Self { parent, threshold, pivot: 0, equal: 0, less: None, greater: None }
    }

    /// Has the two parts sorted by others.
    fn part_at_pivot(&mut self, mut values: Vec<u64>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let pivot = values[values.len() / 2];
        let mut greater = Vec::with_capacity(values.len() / 2);
        // What is less stays where it is: its memory has room for the whole later.
        values.retain(|&value| match value.cmp(&pivot) {
            Ordering::Less => true,
            Ordering::Equal => {
                self.equal += 1;
                false
            }
            Ordering::Greater => {
                greater.push(value);
                false
            }
        });
        self.pivot = pivot;
        for (part, values) in [(Part::Less, values), (Part::Greater, greater)] {
            let sorter = cx.spawn(Self::new(Parent::Sorter(cx.me(), part), self.threshold));
            cx.send(sorter, ToSorter::Sort(values))?;
        }
        Ok(())
    }

    fn done(&mut self, values: Vec<u64>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match self.parent {
            Parent::Asker(asker) => cx.send(asker, ToAsker::Sorted(values))?,
            Parent::Sorter(sorter, part) => cx.send(sorter, ToSorter::Sorted(part, values))?,
        }
        cx.stop();
        Ok(())
    }
}

impl Actor for Sorter {
    type Msg = ToSorter;

    fn handle(&mut self, message: ToSorter, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToSorter::Sort(mut values) if values.len() < self.threshold => {
                values.sort_unstable();
                return self.done(values, cx);
            }
            ToSorter::Sort(values) => return self.part_at_pivot(values, cx),
            ToSorter::Sorted(Part::Less, values) => self.less = Some(values),
            ToSorter::Sorted(Part::Greater, values) => self.greater = Some(values),
        }
        if let (Some(whole), Some(greater)) = (&mut self.less, &mut self.greater) {
            whole.extend(std::iter::repeat_n(self.pivot, self.equal));
            whole.append(greater);
            let whole = std::mem::take(whole);
            self.done(whole, cx)?;
        }
        Ok(())
    }
}

/// How often these values are parted, and the parts of them.
fn times_parted(values: &[u64], threshold: usize) -> u64 {
    if values.len() < threshold {
        return 0;
    }
    let pivot = values[values.len() / 2];
    let less: Vec<u64> = values.iter().copied().filter(|value| *value < pivot).collect();
    let greater: Vec<u64> = values.iter().copied().filter(|value| *value > pivot).collect();
    1 + times_parted(&less, threshold) + times_parted(&greater, threshold)
}

impl Workload for Quicksort {
    const NAME: &'static str = "quicksort";
    const DIFFERS: &'static str = "values are parted in one pass and memory is used again; the standard library sorts the few; \
                                   the values are drawn before the time begins";

    type Main = Asker;
    type Answer = Vec<u64>;
    type Expected = Vec<u64>;

    fn of(size: Size) -> Self {
        Self {
            values: Drawn::new(size.of(2_000, 1_000_000, 10_000_000), 1 << 60, 1_024),
            threshold: size.of(32, 2_048, 2_048),
            parted: OnceCell::new(),
        }
    }

    fn words(&self) -> String {
        let (values, few) = (units::count(self.values.count()), units::count(self.threshold as u64));
        format!("{values} values, parted down to fewer than {few}")
    }

    fn messages(&self) -> Messages {
        // Who parts has its values, and two parts back; each other one, one more than those, its values; the asker two.
        let parted = *self.parted.get_or_init(|| times_parted(self.values.values(), self.threshold));
        Messages::Exactly(3 * parted + (parted + 1) + 2)
    }

    fn expected(&self) -> Vec<u64> {
        self.values.sorted()
    }

    fn main(&self) -> Asker {
        Asker { values: self.values.values().to_vec(), threshold: self.threshold, reply: None }
    }

    fn begin(&self, reply: Reply<Vec<u64>>) -> ToAsker {
        ToAsker::Begin(reply)
    }

    fn check(&self, expected: &Vec<u64>, answer: Vec<u64>) -> Result<(), String> {
        same_sequence("values", expected, &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lost_a_value_or_has_a_wrong_one_is_refused() {
        let workload = Quicksort::of(Size::Small);
        let sorted = workload.expected();
        assert_eq!(workload.check(&sorted, sorted.clone()), Ok(()));
        let lost = sorted[1..].to_vec();
        let refused = workload.check(&sorted, lost);
        assert_eq!(refused, Err("values, how many: 2000 was to be, 1999 is".into()));
        let mut doubled = sorted.clone();
        doubled[8] = doubled[7];
        let refused = workload.check(&sorted, doubled);
        let (was, is) = (sorted[8], sorted[7]);
        assert_eq!(refused, Err(format!("values, at 8: {was} was to be, {is} is")));
    }

    #[test]
    fn it_is_known_how_often_values_are_parted() {
        // At 4; what is less at 2, what is greater at 6; the others are alone, and 2 values or more are parted.
        assert_eq!(times_parted(&[1, 2, 3, 4, 5, 6, 7], 2), 3);
        assert_eq!(times_parted(&[5, 5, 5, 5], 2), 1);
        assert_eq!(times_parted(&[1], 2), 0);
    }
}
