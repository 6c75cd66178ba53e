//! Order: what one sends another in one line is handled in the order in which it was sent, and what is put away comes out so.

use crate::book::{Book, locked};
use crate::message::{LINES, Line, Parcel};
use std::collections::VecDeque;

/// What an actor has sent and seen.
#[derive(Default)]
pub(crate) struct Log {
    /// The next number in each line to each slot, and the least that may come in each line from each key.
    next: Vec<u32>,
    seen: Vec<u32>,
    /// What it has put away; of that, what it has given back; and what it gives back in this handler, which comes before that.
    pub(crate) stash: VecDeque<u32>,
    pub(crate) due: VecDeque<u32>,
    pub(crate) back: VecDeque<u32>,
}

impl Book {
    /// The number of the next parcel in this line.
    pub(crate) fn sequence(&self, slot: u32, line: Line, to: u32) -> u32 {
        *counter(&mut locked(&self.slot(slot).log).next, to, line)
    }

    /// That one was used.
    pub(crate) fn sequenced(&self, slot: u32, line: Line, to: u32) {
        *counter(&mut locked(&self.slot(slot).log).next, to, line) += 1;
    }
}

/// A line's counter, of those beside a list of slots or keys.
pub(crate) fn counter(of: &mut Vec<u32>, who: u32, line: Line) -> &mut u32 {
    let at = who as usize * LINES + line as usize;
    if of.len() <= at {
        of.resize(at + 1, 0);
    }
    &mut of[at]
}

impl Log {
    /// A parcel has come for the first time: whether it is in its place behind those before it.
    pub(crate) fn is_in_order(&mut self, parcel: &Parcel) -> bool {
        if parcel.line == Line::Loose {
            return true;
        }
        let least = counter(&mut self.seen, parcel.from, parcel.line);
        let in_order = parcel.sequence >= *least;
        *least = parcel.sequence + 1;
        in_order
    }

    /// The handler is over in which something was given back: it is before what was given back earlier.
    pub(crate) fn put_first(&mut self) {
        while let Some(id) = self.back.pop_back() {
            self.due.push_front(id);
        }
    }

    /// Takes the message that is to come out of the stash now, if it is this one. Some may have gone that nobody has heard of.
    pub(crate) fn takes_out(&mut self, id: u32, gone: bool) -> bool {
        if gone && self.due.contains(&id) {
            while self.due.front() != Some(&id) {
                self.due.pop_front();
            }
        }
        self.due.pop_front() == Some(id)
    }
}
