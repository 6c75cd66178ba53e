//! The mailbox that drops its oldest message exactly: whenever it is full, the oldest goes as the newest comes in.
//!
//! Only the owner may take from the stack of the word, so this one keeps its messages in a line of its own, behind a lock
//! that is held for a few instructions and never over user code. The word still says who owns the actor: a sender puts its
//! message into the line, then rouses the owner by RMW; the owner that finds the line empty goes idle *under the lock*. So
//! either it sees the message, or the sender finds it idle and schedules it.
//!
//! The line is closed under the lock by the owner: what was accepted before is in it, and after that nothing is.

use super::envelope::Envelope;
use crate::sync::{Mutant, Mutex, mutant};
use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::PoisonError;

/// The newest messages of an actor.
#[derive(Debug)]
pub(crate) struct Latest(Mutex<Line>);

#[derive(Debug)]
struct Line {
    envelopes: VecDeque<NonNull<Envelope>>,
    capacity: usize,
    closed: bool,
}

// SAFETY: envelopes hold only `Send` messages, and belong to the line while they are in it.
unsafe impl Send for Line {}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Offered {
    /// It is in, and the line holds so many; rouse the owner.
    In { count: u32 },
    /// It is in, and this one, the oldest, is out and the caller's.
    Instead(NonNull<Envelope>),
    /// It is not in: the line is full.
    Full,
    /// It is not in: closed for good.
    Closed,
}

impl Latest {
    pub(crate) fn new(capacity: u32) -> Self {
        Self(Mutex::new(Line { envelopes: VecDeque::new(), capacity: capacity as usize, closed: false }))
    }

    fn with<R>(&self, f: impl FnOnce(&mut Line) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts a message in; where there is no place, in the place of the oldest if `push_out`. The envelope is the caller's
    /// until it is in, and the line's then.
    pub(crate) fn offer(&self, envelope: NonNull<Envelope>, push_out: bool) -> Offered {
        self.with(|line| {
            if line.closed {
                return Offered::Closed;
            }
            let full = line.envelopes.len() >= line.capacity;
            if full && !push_out {
                return Offered::Full;
            }
            let last = mutant(Mutant::DropWrongEnd);
            let mut out = || if last { line.envelopes.pop_back() } else { line.envelopes.pop_front() };
            let oldest = if full { out() } else { None };
            line.envelopes.push_back(envelope);
            oldest.map_or(Offered::In { count: line.envelopes.len() as u32 }, Offered::Instead)
        })
    }

    /// The oldest.
    pub(crate) fn take(&self) -> Option<NonNull<Envelope>> {
        self.with(|line| line.envelopes.pop_front())
    }

    /// Runs `f`, which goes idle, if the line is empty.
    pub(crate) fn if_empty<R>(&self, f: impl FnOnce() -> R) -> Option<R> {
        if mutant(Mutant::IdleOutsideTheLock) {
            let empty = self.with(|line| line.envelopes.is_empty());
            return empty.then(f);
        }
        self.with(|line| line.envelopes.is_empty().then(f))
    }

    /// Everything, oldest first; the line stays open.
    pub(crate) fn take_all(&self) -> VecDeque<NonNull<Envelope>> {
        self.with(|line| std::mem::take(&mut line.envelopes))
    }

    /// Closes the line if it is empty; says whether it did.
    pub(crate) fn close_if_empty(&self) -> bool {
        self.with(|line| {
            line.closed |= line.envelopes.is_empty();
            line.closed
        })
    }

    /// Closes the line, and gives what is left, oldest first.
    pub(crate) fn end(&self) -> VecDeque<NonNull<Envelope>> {
        self.with(|line| {
            line.closed = true;
            std::mem::take(&mut line.envelopes)
        })
    }

    /// How many it holds.
    pub(crate) fn len(&self) -> u32 {
        self.with(|line| line.envelopes.len() as u32)
    }
}
