//! What a model looks at when all its threads are done: that nobody is stranded, and where each message went.

use super::stage::{Seat, Stage};
use crate::mailbox::credit::CellNumber;
use crate::mailbox::word::{SCHEDULED, Word};

impl Stage {
    /// At the end, with every thread joined: each actor is idle and empty, or has ended.
    pub(super) fn settled(&self) {
        for (at, part) in self.parts.iter().enumerate() {
            let cell = at + 1;
            let word = part.mailbox.peek();
            let ended = self.seat(cell as CellNumber, |seat| seat.ended);
            assert!(ended || !word.has(SCHEDULED), "actor {cell} is stranded: {word:?}");
            let expected = if ended { Word::ended() } else { Word::IDLE };
            assert!(word == expected, "actor {cell} is left with {word:?}");
            let waiting = part.credit.take_waiters().next(self);
            assert!(waiting.is_none(), "{waiting:?} is muted on actor {cell}, which is idle");
        }
    }

    pub(super) fn seat<R>(&self, cell: CellNumber, look: impl FnOnce(&Seat) -> R) -> R {
        // SAFETY: loom checks that nobody writes.
        self.part(cell).seat.with(|seat| look(unsafe { &*seat }))
    }

    pub(super) fn handled(&self, cell: CellNumber) -> Vec<u32> {
        self.seat(cell, |seat| seat.handled.clone())
    }

    /// What was handled and what was left, in order of their numbers.
    pub(super) fn accounted(&self, cell: CellNumber) -> Vec<u32> {
        self.seat(cell, |seat| {
            let late = self.part(cell).late.lock().expect("no panic");
            let mut all = [&seat.handled[..], &seat.dead[..], &late[..]].concat();
            all.sort_unstable();
            all
        })
    }
}
