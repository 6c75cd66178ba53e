//! A summons: many may call for an actor's turn, and one errand comes of it.
//!
//! Who may touch what: everybody calls, by exchange; the owner lifts it, by exchange, in the errand, *before* it looks what was
//! wanted. Who calls has written what it has to say before. So either its exchange comes before the owner's, which then sees
//! what was written, or it finds none, and puts an errand anew.

use crate::sync::{AtomicBool, Mutant, Ordering, mutant};

/// Whether an errand is under way already.
#[derive(Debug)]
pub(crate) struct Summons(AtomicBool);

/// What is left to do for who has called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Called {
    /// Put the errand.
    First,
    /// One is under way, and will see what was written before.
    Already,
}

impl Summons {
    pub(crate) fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// From any thread.
    pub(crate) fn call(&self) -> Called {
        if mutant(Mutant::SummonsByGlance) && self.0.load(Ordering::Relaxed) {
            return Called::Already;
        }
        // Release, also where somebody has called already, pairs with the Acquire in `hear`.
        if self.0.swap(true, Ordering::AcqRel) { Called::Already } else { Called::First }
    }

    /// The errand: lifts the summons, and looks.
    pub(crate) fn hear<R>(&self, look: impl FnOnce() -> R) -> R {
        if mutant(Mutant::SummonsLiftedLate) {
            let looked = look();
            self.0.swap(false, Ordering::AcqRel);
            return looked;
        }
        // Acquire pairs with the Release in `call`.
        self.0.swap(false, Ordering::AcqRel);
        look()
    }
}
