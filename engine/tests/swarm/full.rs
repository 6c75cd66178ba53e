//! What a full mailbox does, in virtual time: it drops or refuses if it is full, not before and not after, and drops from the end that
//! its policy says. A send is one step there, so that its mailbox can be looked at before.

use crate::book::{Book, DROPPED, HANDLED, REFUSED, RETURNED, gone, locked};
use crate::cast::Cast;
use crate::deeds::Whom;
use crate::message::Line;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use throng::{Overflow, Reason};

/// Of one mailbox.
#[derive(Default)]
pub(crate) struct Fullness {
    /// Messages that went unheard, and by no policy as far as can be seen.
    pub(crate) odd: AtomicU32,
    /// It has refused somebody as closed.
    closed: AtomicBool,
}

/// A send that is under way: of which message, to whom, and what the mailbox held before.
#[derive(Clone, Copy)]
struct Sending {
    id: u32,
    to: u32,
    held: u64,
    /// It was dropped meanwhile.
    dropped: bool,
}

/// Who sends now.
pub(crate) struct Desk(Mutex<Option<Sending>>);

impl Desk {
    pub(crate) fn new() -> Desk {
        Desk(Mutex::new(None))
    }
}

/// How a send is made, for what it may fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// The capacity, strictly.
    Capacity,
    /// As the policy says; and as it says to one who cannot be suspended.
    Policy,
    Outside,
}

impl Bound {
    /// So many are in the mailbox at most when a message is accepted there that is not dropped.
    fn most(self, cast: &Cast) -> u32 {
        match (cast.overflow, self) {
            (Overflow::Mute, Bound::Policy) => cast.hard,
            (Overflow::DropOldest, Bound::Policy | Bound::Outside) => 2 * cast.capacity,
            // What its turn has taken lies beside the line, and not in it.
            (Overflow::DropOldestExact, _) => u32::MAX,
            _ => cast.capacity,
        }
    }
}

impl Book {
    /// Sends this message to that one, as far as the bound lets it.
    pub(crate) fn sending<E>(
        &self,
        id: u32,
        whom: Whom,
        bound: Bound,
        send: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let most = u64::from(bound.most(self.cast_of(whom.0)));
        let held = if self.simulated { whom.1.pending() } else { 0 };
        let (sent, dropped) = self.sends(id, whom, send, Result::is_ok);
        if sent.is_ok() && held >= most && !dropped {
            let (to, cast) = (whom.0, self.cast_of(whom.0));
            self.wrong(|| {
                format!(
                    "full: message {id} went in at {to}, which held {held} of {most}: {bound:?}, {cast:?}"
                )
            });
        }
        sent
    }

    /// Goes on with what sends this message to that one, if it has not done so.
    pub(crate) fn sending_by<R>(&self, id: u32, whom: Whom, poll: impl FnOnce() -> R) -> R {
        self.sends(id, whom, poll, |_| true).0
    }

    /// Asks that one, by this message.
    pub(crate) fn asking_by<R, E>(
        &self,
        id: u32,
        whom: Whom,
        ask: impl FnOnce() -> Result<R, E>,
    ) -> Result<R, E> {
        self.sends(id, whom, ask, Result::is_ok).0
    }

    /// Runs `send`, which sends this message to that one; `tried` says of its answer that it has. Says whether it was dropped.
    fn sends<R>(
        &self,
        id: u32,
        (to, address): Whom,
        send: impl FnOnce() -> R,
        tried: impl FnOnce(&R) -> bool,
    ) -> (R, bool) {
        let cast = self.cast_of(to);
        if !self.simulated || !(cast.loses() || cast.overflow == Overflow::Signal) {
            return (send(), false);
        }
        let held = address.pending();
        let before = locked(&self.desk.0).replace(Sending { id, to, held, dropped: false });
        let sent = send();
        let sending = std::mem::replace(&mut *locked(&self.desk.0), before);
        let dropped = sending.is_some_and(|sending| sending.dropped);
        if tried(&sent) {
            self.sent_to(to, address, held);
            if dropped {
                self.judge_drop(id, to, held);
            }
        }
        (sent, dropped)
    }

    /// A send to this one was refused: `held` messages were in its mailbox.
    pub(crate) fn judge_refusal(&self, id: u32, (to, address): Whom, reason: Reason, bound: Bound) {
        if !self.simulated {
            return;
        }
        let cast = self.cast_of(to);
        let held = address.pending();
        match reason {
            Reason::Full => {
                self.pressed_at(to);
                let drops = cast.loses() && bound != Bound::Capacity;
                // Who does not drain has a mailbox that refuses at its capacity.
                let drains =
                    !(self.plan.features.suspensions || self.plan.features.leaves) && cast.tree.is_none();
                let hard = cast.overflow == Overflow::Mute && bound == Bound::Policy && drains;
                let least = if hard { cast.hard } else { cast.capacity };
                if drops || held < u64::from(least) {
                    self.wrong(|| {
                        format!("full: message {id} was refused by {to}, which held {held} of {least}: {bound:?}, {cast:?}")
                    });
                }
            }
            Reason::Closed => self.slot(to).full.closed.store(true, Ordering::Release),
            Reason::Stale if address.is_alive() => {
                self.wrong(|| format!("full: message {id} was refused by {to} as stale, which lives"));
            }
            _ => {}
        }
    }

    /// A message was dropped, and this had become of it before: where nobody has handled it that must follow from what its receiver is.
    pub(crate) fn unheard(&self, id: u32, fate: u8) {
        if !self.simulated || fate & (HANDLED | REFUSED | DROPPED | RETURNED) != 0 {
            return;
        }
        let (to, line) = self.receiver(id);
        let cast = self.cast_of(to);
        if !cast.loses() {
            return;
        }
        let capacity = u64::from(cast.capacity);
        if let Some(sending) = &mut *locked(&self.desk.0)
            && sending.id == id
        {
            sending.dropped = true;
            return;
        }
        let beside = locked(&self.desk.0).filter(|sending| sending.to == to);
        if let (Overflow::DropOldestExact, Some(sending)) = (cast.overflow, beside) {
            self.judge_drop(id, to, sending.held);
            // What its turn has taken is no longer in the line.
            self.is_oldest(id, to, line, cast.gather.map_or(1, |(most, _)| most + 1));
            return;
        }
        if cast.overflow == Overflow::DropOldest {
            self.is_oldest(id, to, line, 0);
            let held = self.slot(to).address.get().map_or(0, |address| address.pending());
            if held > capacity {
                return;
            }
        }
        // It may have been made to fail at it, or have ended: at rest that is known.
        self.slot(to).full.odd.fetch_add(1, Ordering::AcqRel);
    }

    /// This message to it, or another, was dropped by a send to it, which held so many before.
    fn judge_drop(&self, id: u32, to: u32, held: u64) {
        let cast = self.cast_of(to);
        let least = if cast.overflow == Overflow::DropOldest { 2 * cast.capacity } else { cast.capacity };
        // A question that is refused as closed is dropped here too.
        if held < u64::from(least) && !self.is_stopping(to) {
            self.wrong(|| {
                format!("full: message {id} to {to} was dropped, which held {held} of {least}: {cast:?}")
            });
        }
    }

    /// Of those that came before this one in its lane no more are left than its turn may have `taken`.
    fn is_oldest(&self, id: u32, to: u32, line: Line, taken: u32) {
        if !matches!(line, Line::Normal | Line::Urgent) {
            return;
        }
        let waits = |&(_, other, of, fate): &(usize, u32, Line, u8)| other == to && of == line && !gone(fate);
        let before = self.parcels().take(id as usize).filter(waits).count();
        if before > taken as usize {
            self.wrong(|| {
                format!(
                    "full: message {id} to {to} was dropped before {before} older ones: {:?}",
                    self.cast_of(to)
                )
            });
        }
    }
}

/// Everybody has come to rest.
pub(crate) fn judge(book: &Book) {
    for (n, slot) in book.seats().iter().enumerate() {
        let lives = slot.address.get().is_some_and(|address| address.is_alive());
        if lives && slot.full.closed.load(Ordering::Acquire) {
            book.wrong(|| format!("full: {n} has refused a message as closed, and lives at rest"));
        }
        let (odd, tripped) = (slot.full.odd.load(Ordering::Acquire), slot.tripped.load(Ordering::Acquire));
        // Whoever has ended in good order has handled all that was left.
        let whole = slot.states.load(Ordering::Acquire) <= 1 && (lives || !slot.cut.load(Ordering::Acquire));
        if whole && odd > tripped {
            let cast = book.cast_of(n as u32);
            book.wrong(|| {
                format!(
                    "full: {odd} messages to {n} were dropped by no policy, and nobody is to blame: {cast:?}"
                )
            });
        }
    }
}
