//! The outcomes of several that were asked together, and the right to tell of them, which is used once.
//!
//! ```text
//! opening --(all are asked: open)--> open --(all are there, or one decides)--> told
//!    \                                 \--(the deadline fills the rest)--------> told
//!     \--(given up)--> nobody is told
//! ```
//! Each place takes one outcome: its own, or that of the deadline, whichever is first. Whoever brings what was missing takes the
//! right to tell, and tells outside the lock; whoever opens may find that nothing is missing any more. What comes after that is
//! late.
//!
//! Who may touch what: everything is behind the lock, and no user code runs under it.

use crate::sync::{Mutant, Mutex, MutexGuard, mutant};
use std::sync::PoisonError;

/// What several outcomes have in common. `O` is an outcome, `R` the right to tell.
#[derive(Debug)]
pub(crate) struct Tally<O, R>(Mutex<State<O, R>>);

#[derive(Debug)]
struct State<O, R> {
    outcomes: Vec<Option<O>>,
    missing: usize,
    decided: Option<usize>,
    last: Option<usize>,
    /// Some are still to be asked.
    opening: bool,
    /// None once somebody tells, or nobody shall.
    right: Option<R>,
}

/// It is time to tell: by whoever gets this.
#[derive(Debug)]
#[must_use = "nobody else tells"]
pub(crate) struct Told<O, R> {
    pub(crate) right: R,
    /// All of them, or those until one decided.
    pub(crate) outcomes: Vec<Option<O>>,
    /// Which one decided.
    pub(crate) decided: Option<usize>,
    /// Which one came last.
    pub(crate) last: Option<usize>,
}

impl<O, R> State<O, R> {
    fn complete(&mut self) -> Option<Told<O, R>> {
        let opening = self.opening && !mutant(Mutant::TellWhileOpening);
        let complete = self.missing == 0 || self.decided.is_some();
        if opening || !complete {
            return None;
        }
        let right = self.right.take()?;
        let outcomes = std::mem::take(&mut self.outcomes);
        Some(Told { right, outcomes, decided: self.decided, last: self.last })
    }

    /// Whether this place waits for its outcome.
    fn wants(&self, place: usize) -> bool {
        self.right.is_some() && self.decided.is_none() && self.outcomes[place].is_none()
    }

    fn put(&mut self, place: usize, outcome: O) {
        self.outcomes[place] = Some(outcome);
        self.missing -= 1;
        self.last = Some(place);
    }
}

impl<O, R> Tally<O, R> {
    pub(crate) fn new(places: usize, right: R) -> Self {
        let outcomes = (0..places).map(|_| None).collect();
        let (missing, right) = (places, Some(right));
        Self(Mutex::new(State { outcomes, missing, decided: None, last: None, opening: true, right }))
    }

    fn lock(&self) -> MutexGuard<'_, State<O, R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The outcome of this place, which may decide for all.
    ///
    /// # Errors
    /// The outcome, if it is late.
    pub(crate) fn put(&self, place: usize, outcome: O, decides: bool) -> Result<Option<Told<O, R>>, O> {
        let mut state = self.lock();
        if !state.wants(place) {
            return Err(outcome);
        }
        state.put(place, outcome);
        state.decided = decides.then_some(place);
        Ok(state.complete())
    }

    /// All are asked: what has come meanwhile counts.
    pub(crate) fn open(&self) -> Option<Told<O, R>> {
        let mut state = self.lock();
        state.opening = false;
        if mutant(Mutant::OpenWithoutLook) { None } else { state.complete() }
    }

    /// Whoever has not come will not any more.
    pub(crate) fn fill(&self, outcome: impl Fn() -> O) -> Option<Told<O, R>> {
        let mut state = self.lock();
        for place in 0..state.outcomes.len() {
            if state.wants(place) {
                state.put(place, outcome());
            }
        }
        state.complete()
    }

    /// Nobody shall be told. What has come is the caller's to drop.
    pub(crate) fn give_up(&self) -> (Option<R>, Vec<Option<O>>) {
        let mut state = self.lock();
        (state.right.take(), std::mem::take(&mut state.outcomes))
    }
}
