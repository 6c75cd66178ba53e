//! Several parts of one wait: which of them may have something new, for the one who polls them all.
//!
//! A part *rings* when it was woken; the listener leaves its waker and takes who has rung in one step, and then polls those.
//! So whoever rings after that step finds the waker, and whoever rang before it is polled.
//!
//! Who may touch what: everything is behind the lock, and no user code runs under it. Wakers come and go outside.

use crate::sync::{Mutant, Mutex, mutant};
use std::sync::PoisonError;
use std::task::Waker;

/// Where the parts of one wait ring.
#[derive(Debug)]
pub(crate) struct Bell(Mutex<State>);

#[derive(Debug)]
struct State {
    rung: Vec<usize>,
    listener: Option<Waker>,
}

impl Bell {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State { rung: Vec::new(), listener: None }))
    }

    /// This part may have something new. The caller wakes the answer.
    #[must_use = "the listener is to be woken"]
    pub(crate) fn ring(&self, part: usize) -> Option<Waker> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.rung.push(part);
        state.listener.take()
    }

    /// Leaves a waker for whoever rings from now on, and takes who has rung before.
    #[must_use = "nobody tells of these again"]
    pub(crate) fn listen(&self, waker: &Waker) -> Vec<usize> {
        // Cloning and dropping a waker is user code: outside the lock.
        let mut listener = Some(waker.clone());
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rung = Vec::new();
        if mutant(Mutant::ListenApart) {
            rung = std::mem::take(&mut state.rung);
            drop(state);
            state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut state.listener, &mut listener);
            drop(state);
            return rung;
        }
        std::mem::swap(&mut state.rung, &mut rung);
        std::mem::swap(&mut state.listener, &mut listener);
        drop(state);
        rung
    }
}
