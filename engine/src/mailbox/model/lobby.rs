//! Threads outside that wait for a place, as `actor/outside.rs` lets them.

use crate::mailbox::queue::{Flagged, Mailbox, Pushed};
use crate::sync::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;

/// How far a wait has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    Waiting,
    Granted,
    Closed,
}

/// A thread that waits.
pub(super) struct Waiter {
    state: Mutex<Wait>,
    // Not `park`: loom's `unpark` frees a thread that is blocked on a lock, too.
    woken: Condvar,
}

impl Waiter {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(Wait::Waiting), woken: Condvar::new() })
    }

    /// Blocks until the wait is over.
    pub(super) fn wait(&self) -> Wait {
        let mut state = self.state.lock().expect("no panic");
        while *state == Wait::Waiting {
            state = self.woken.wait(state).expect("no panic");
        }
        *state
    }

    fn end(&self, state: Wait) {
        if std::mem::replace(&mut *self.state.lock().expect("no panic"), state) == Wait::Waiting {
            self.woken.notify_one();
        }
    }
}

/// Those who wait for one actor.
pub(super) struct Lobby(Mutex<VecDeque<Arc<Waiter>>>);

impl Lobby {
    pub(super) fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    /// False if there is nothing to wait for.
    pub(super) fn enlist(&self, mailbox: &Mailbox, low: u32, waiter: &Arc<Waiter>) -> bool {
        self.0.lock().expect("no panic").push_back(Arc::clone(waiter));
        if mailbox.flag_waiters(low) == Flagged::Yes {
            return true;
        }
        let mut list = self.0.lock().expect("no panic");
        let before = list.len();
        list.retain(|other| !Arc::ptr_eq(other, waiter));
        list.len() == before
    }

    /// After the flag was cleared.
    pub(super) fn grant(&self, mailbox: &Mailbox, capacity: u32, low: u32) {
        let mut list = self.0.lock().expect("no panic");
        while !list.is_empty() {
            match mailbox.reserve(capacity) {
                Pushed::Queued { .. } | Pushed::First { .. } => {
                    let Some(waiter) = list.pop_front() else { break };
                    waiter.end(Wait::Granted);
                }
                Pushed::Full => {
                    if mailbox.flag_waiters(low) == Flagged::Yes {
                        break;
                    }
                }
                Pushed::Closed => break,
            }
        }
    }

    /// After the mailbox has ended.
    pub(super) fn dismiss(&self) {
        let list = std::mem::take(&mut *self.0.lock().expect("no panic"));
        list.iter().for_each(|waiter| waiter.end(Wait::Closed));
    }

    /// The waiter gives up. True if it has a place to give back.
    pub(super) fn leave(&self, waiter: &Arc<Waiter>) -> bool {
        self.0.lock().expect("no panic").retain(|other| !Arc::ptr_eq(other, waiter));
        *waiter.state.lock().expect("no panic") == Wait::Granted
    }
}
