//! Pressure: who is upstream of a mailbox hears that it is high once it is, and that it is low once it has sunk, in turns.

use crate::book::{Book, locked};
use crate::judge::is_here;
use crate::message::Message;
use crate::node::Node;
use std::sync::atomic::Ordering;
use throng::{Address, Level, Overflow, Pressed};

/// Who is upstream of all that signal.
const UPSTREAM: (u32, u32) = (0, 0);

/// Whether a mailbox has been at its high mark.
const CALM: u8 = 0;
const PERHAPS: u8 = 1;
const HIGH: u8 = 2;

impl Node {
    pub(crate) fn feel(&mut self, Pressed { actor, level, .. }: Pressed) {
        let book = &self.book;
        book.note(|| format!("{} feels {level:?} of {actor}", self.slot));
        let lists = &mut *locked(&book.lists);
        match lists.levels.iter_mut().find(|(other, _)| *other == actor) {
            Some((_, last)) => {
                // One that it was made to fail at it does not know of.
                let whole = book.slot(self.slot).tripped.load(Ordering::Acquire) == 0;
                if std::mem::replace(last, level) == level && whole {
                    book.wrong(|| {
                        format!("pressure: {} was told {level:?} of {actor} twice in a row", self.slot)
                    });
                }
            }
            None => lists.levels.push((actor, level)),
        }
        // Timers and items take a mailbox to its mark too, and nobody looks at it then.
        let seen = book.simulated && !(book.plan.features.timers || book.plan.features.flows);
        let of =
            book.seats().iter().find(|slot| slot.address.get().is_some_and(|address| address.id() == actor));
        if level == Level::High && seen && of.is_none_or(|slot| slot.pressed.load(Ordering::Acquire) == CALM)
        {
            book.wrong(|| format!("pressure: {} was told High of {actor}, which was not", self.slot));
        }
    }
}

impl Book {
    /// Something was sent to this one, which `held` so many before.
    pub(crate) fn sent_to(&self, to: u32, address: Address<Message>, held: u64) {
        let cast = self.cast_of(to);
        let now = address.pending();
        if cast.overflow != Overflow::Signal || now < u64::from(cast.capacity) {
            return;
        }
        // Of a mark of one it may be told with the first refusal; and what has become of a question its outcome tells.
        if now > held && now > 1 {
            self.pressed_at(to);
        } else {
            self.slot(to).pressed.fetch_max(PERHAPS, Ordering::AcqRel);
        }
    }

    /// The mailbox of this one is at its high mark.
    pub(crate) fn pressed_at(&self, to: u32) {
        self.slot(to).pressed.store(HIGH, Ordering::Release);
    }
}

/// Everybody has come to rest.
pub(crate) fn judge(book: &Book) {
    // One that it was made to fail at it does not know of.
    if !book.simulated || !is_here(book, UPSTREAM) {
        return;
    }
    let levels = &locked(&book.lists).levels;
    for (n, slot) in book.seats().iter().enumerate() {
        let Some(address) = slot.address.get() else { continue };
        let cast = book.cast_of(n as u32);
        if cast.overflow != Overflow::Signal {
            continue;
        }
        let last = levels.iter().find(|(actor, _)| *actor == address.id()).map(|(_, level)| *level);
        if slot.pressed.load(Ordering::Acquire) == HIGH && last.is_none() {
            book.wrong(|| format!("pressure: {n} was at its high mark, and nobody was told: {cast:?}"));
        }
        let held = address.pending();
        if last == Some(Level::High) && held <= u64::from(cast.capacity / 4) {
            book.wrong(|| {
                format!("pressure: {n} holds {held} at rest, and the last that was told is High: {cast:?}")
            });
        }
    }
}
