//! Threads and futures outside the engine that wait for a place in a mailbox.
//!
//! A waiter puts itself on the list, then flags the mailbox; the flag fails if there is nothing to wait for any more.
//! Whoever clears the flag hands out places: it *reserves* one in the mailbox, then marks the waiter as granted. So a
//! woken sender owns a place: its push cannot find the mailbox full. A waiter that goes away takes itself off the list,
//! or gives its granted place back, which may wake the next.
//!
//! Who may touch what: the list is behind its lock. A waiter's state is changed by whoever took it off the list, once,
//! and by nobody after that; lock order is list before state.

use super::queue::{Flagged, Mailbox, Pushed};
use crate::sync::Mutex;
use std::collections::VecDeque;
// Its counting is no part of the protocol, so it need not be the model checker's.
use std::sync::{Arc, PoisonError};
use std::task::Waker;

/// Those who wait for one actor, first come first served.
#[derive(Debug)]
pub(crate) struct Lobby(Mutex<VecDeque<Arc<Waiter>>>);

/// Somebody who waits.
#[derive(Debug)]
pub(crate) struct Waiter(Mutex<State>);

#[derive(Debug)]
enum State {
    /// In the list. The waker is told of the end.
    Waiting(Waker),
    Granted,
    Closed,
}

/// How far a wait has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Wait {
    /// The waker that was left will be told.
    Pending,
    /// A place is reserved in the waiter's name.
    Granted,
    /// The mailbox was closed.
    Closed,
}

/// What became of an attempt to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Listed {
    /// The waiter will be told, or has been already: its state says.
    Yes,
    /// A place may be free, or the mailbox closed: try again.
    TryAgain,
}

impl Waiter {
    pub(crate) fn new(waker: &Waker) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State::Waiting(waker.clone()))))
    }

    /// How far the wait has come; if it goes on, `waker` is the one to be told.
    pub(crate) fn poll(&self, waker: &Waker) -> Wait {
        // Cloning and dropping a waker is user code, and may come back here: outside the lock.
        let mut other = Some(waker.clone());
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            State::Waiting(last) => {
                if let Some(waker) = &mut other {
                    std::mem::swap(last, waker);
                }
                Wait::Pending
            }
            State::Granted => Wait::Granted,
            State::Closed => Wait::Closed,
        }
    }

    /// Whether it has a place that was reserved for it.
    pub(crate) fn has_place(&self) -> bool {
        matches!(*self.0.lock().unwrap_or_else(PoisonError::into_inner), State::Granted)
    }

    fn settle(&self, end: State) -> Option<Waker> {
        match std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), end) {
            State::Waiting(waker) => Some(waker),
            State::Granted | State::Closed => None,
        }
    }
}

impl Lobby {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    /// Waits for `mailbox` to sink to `low`.
    pub(crate) fn enlist(&self, mailbox: &Mailbox, low: impl Fn() -> u32, waiter: &Arc<Waiter>) -> Listed {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(Arc::clone(waiter));
        if mailbox.flag_waiters(low) == Flagged::Yes {
            return Listed::Yes;
        }
        // Not on the list any more: somebody has granted a place or told of the end; the state says which.
        if self.leave(waiter) { Listed::TryAgain } else { Listed::Yes }
    }

    /// Takes the waiter off the list; says whether it was there. Afterwards nobody changes its state any more.
    pub(crate) fn leave(&self, waiter: &Arc<Waiter>) -> bool {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = list.len();
        list.retain(|other| !Arc::ptr_eq(other, waiter));
        list.len() != before
    }

    /// After the flag was cleared: hands out free places. The caller wakes, outside any lock and online section.
    #[must_use]
    pub(crate) fn grant(&self, mailbox: &Mailbox, capacity: u32, low: impl Fn() -> u32) -> Vec<Waker> {
        let mut wakers = Vec::new();
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !list.is_empty() {
            match mailbox.reserve(capacity) {
                Pushed::Queued { .. } | Pushed::First { .. } => {
                    let Some(waiter) = list.pop_front() else { break };
                    wakers.extend(waiter.settle(State::Granted));
                }
                // Full again before all were served: the rest waits for the next time, if there is one to come.
                Pushed::Full => {
                    if mailbox.flag_waiters(&low) == Flagged::Yes {
                        break;
                    }
                }
                // The owner tells them when it ends the mailbox.
                Pushed::Closed => break,
            }
        }
        wakers
    }

    /// Tells everybody that the mailbox is closed: by the owner, after it has ended. The caller wakes.
    #[must_use]
    pub(crate) fn dismiss(&self) -> Vec<Waker> {
        let list = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        list.iter().filter_map(|waiter| waiter.settle(State::Closed)).collect()
    }
}
