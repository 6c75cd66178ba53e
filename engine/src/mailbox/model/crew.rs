//! Workers that share one run queue, as a stand-in for the scheduler, and when they are done: nothing is runnable, and
//! nobody is left who could make something so.

use crate::mailbox::credit::CellNumber;
use crate::sync::{Condvar, Mutex};
use std::collections::VecDeque;

/// The run queue, and who is at work.
pub(super) struct Crew {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    runnable: VecDeque<CellNumber>,
    /// Turns that run, and threads outside that are not done.
    busy: usize,
}

impl Crew {
    pub(super) fn new() -> Self {
        let state = State { runnable: VecDeque::new(), busy: 0 };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    pub(super) fn put(&self, cell: CellNumber) {
        self.state.lock().expect("no panic").runnable.push_back(cell);
        self.changed.notify_one();
    }

    /// So many threads outside begin.
    pub(super) fn begin(&self, outside: usize) {
        self.state.lock().expect("no panic").busy += outside;
    }

    /// A turn is over, or a thread outside is done.
    pub(super) fn done(&self) {
        let mut state = self.state.lock().expect("no panic");
        state.busy -= 1;
        if state.busy == 0 {
            self.changed.notify_all();
        }
    }

    /// Takes an actor that is to run; none if all is done.
    pub(super) fn take(&self) -> Option<CellNumber> {
        let mut state = self.state.lock().expect("no panic");
        loop {
            if let Some(cell) = state.runnable.pop_front() {
                state.busy += 1;
                return Some(cell);
            }
            if state.busy == 0 {
                return None;
            }
            state = self.changed.wait(state).expect("no panic");
        }
    }

    /// Takes the next actor out of the line, while nobody works: it is busy elsewhere.
    pub(super) fn withhold(&self) -> Option<CellNumber> {
        self.state.lock().expect("no panic").runnable.pop_front()
    }
}
