//! Quicksort: an actor parts its values at a pivot, has two others sort what is less and what is greater, puts the parts together
//! again, and ends. Few values are sorted at once. The result is compared with the values sorted by the standard library.

use super::values::{drawn, same_sequence};
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use std::cmp::Ordering;
use throng::{Actor, Context, Fault, Recipient, Reply};

const SEED: u64 = 1_024;
const BOUND: u64 = 1 << 60;

/// Savina's `quicksort`.
pub(super) struct Quicksort {
    values: u64,
    /// Fewer are not parted.
    threshold: usize,
}

/// Who has the whole to sort.
pub(super) struct Asker {
    values: u64,
    threshold: usize,
    reply: Option<Reply<Vec<u64>>>,
}

pub(super) enum ToAsker {
    Begin(Reply<Vec<u64>>),
    Sorted(Sorted),
}

pub(super) struct Sorted {
    part: Part,
    values: Vec<u64>,
}

/// What the values are to who had them sorted.
#[derive(Clone, Copy)]
enum Part {
    Whole,
    Less,
    Greater,
}

struct Sorter {
    part: Part,
    /// Who has it sort.
    parent: Recipient<Sorted>,
    threshold: usize,
    /// And how many values are as large.
    pivot: (u64, usize),
    less: Option<Vec<u64>>,
    greater: Option<Vec<u64>>,
}

enum ToSorter {
    Sort(Vec<u64>),
    Sorted(Sorted),
}

impl From<Sorted> for ToSorter {
    fn from(sorted: Sorted) -> Self {
        Self::Sorted(sorted)
    }
}

impl From<Sorted> for ToAsker {
    fn from(sorted: Sorted) -> Self {
        Self::Sorted(sorted)
    }
}

impl Actor for Asker {
    type Msg = ToAsker;

    fn handle(&mut self, message: ToAsker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToAsker::Begin(reply) => {
                self.reply = Some(reply);
                let sorter = cx.spawn(Sorter::new(Part::Whole, cx.me().recipient(), self.threshold));
                cx.send(sorter, ToSorter::Sort(drawn(self.values, BOUND, SEED)))?;
            }
            ToAsker::Sorted(whole) => {
                let reply = asker(&mut self.reply)?;
                reply.send(whole.values);
            }
        }
        Ok(())
    }
}

impl Sorter {
    fn new(part: Part, parent: Recipient<Sorted>, threshold: usize) -> Self {
        Self { part, parent, threshold, pivot: (0, 0), less: None, greater: None }
    }

    /// Has the two parts sorted by others.
    fn part_at_pivot(&mut self, mut values: Vec<u64>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (pivot, mut equal) = (values[values.len() / 2], 0);
        let mut greater = Vec::with_capacity(values.len() / 2);
        // What is less stays where it is: its memory has room for the whole later.
        values.retain(|&value| match value.cmp(&pivot) {
            Ordering::Less => true,
            Ordering::Equal => {
                equal += 1;
                false
            }
            Ordering::Greater => {
                greater.push(value);
                false
            }
        });
        self.pivot = (pivot, equal);
        for (part, values) in [(Part::Less, values), (Part::Greater, greater)] {
            let sorter = cx.spawn(Self::new(part, cx.me().recipient(), self.threshold));
            cx.send(sorter, ToSorter::Sort(values))?;
        }
        Ok(())
    }

    fn done(&mut self, values: Vec<u64>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.send_to(self.parent, Sorted { part: self.part, values })?;
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
            ToSorter::Sorted(Sorted { part: Part::Less, values }) => self.less = Some(values),
            ToSorter::Sorted(Sorted { part: Part::Greater, values }) => self.greater = Some(values),
            ToSorter::Sorted(_) => return Err(Fault::msg("the whole is nobody's part")),
        }
        if let (Some(whole), Some(greater)) = (&mut self.less, &mut self.greater) {
            let (pivot, equal) = self.pivot;
            whole.extend(std::iter::repeat_n(pivot, equal));
            whole.append(greater);
            let whole = std::mem::take(whole);
            self.done(whole, cx)?;
        }
        Ok(())
    }
}

impl Workload for Quicksort {
    const NAME: &'static str = "quicksort";
    const DIFFERS: &'static str = "";

    type Main = Asker;
    type Answer = Vec<u64>;
    type Expected = Vec<u64>;

    fn of(size: Size) -> Self {
        Self { values: size.of(2_000, 1_000_000, 10_000_000), threshold: size.of(32, 2_048, 2_048) }
    }

    fn words(&self) -> String {
        let (values, few) = (units::count(self.values), units::count(self.threshold as u64));
        format!("{values} values, parted down to fewer than {few}")
    }

    fn messages(&self) -> Messages {
        // Of 60 bits hardly a value is there twice. So each who parts its values keeps about one, and the others, one more, have
        // fewer than the threshold each. Who parts has three messages, each other one, the asker two.
        let others = self.values / self.threshold as u64;
        Messages::AtLeast(3 * (others - 1) + others + 2)
    }

    fn expected(&self) -> Vec<u64> {
        let mut values = drawn(self.values, BOUND, SEED);
        values.sort_unstable();
        values
    }

    fn main(&self) -> Asker {
        Asker { values: self.values, threshold: self.threshold, reply: None }
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
}
