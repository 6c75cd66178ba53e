//! A bell: many may ring for an actor's turn, and one errand comes of it.
//!
//! Who may touch what: everybody rings, by exchange; the owner quiets it, by exchange, in the errand, *before* it looks what was
//! wanted. Who rings has written what it has to say before. So either its exchange comes before the owner's, which then sees
//! what was written, or it finds the bell quiet, and puts an errand anew.

use crate::sync::{AtomicBool, Mutant, Ordering, mutant};

/// Whether an errand is under way already.
#[derive(Debug)]
pub(crate) struct Bell(AtomicBool);

/// What is left to do for who has rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Rung {
    /// Put the errand.
    First,
    /// One is under way, and will see what was written before.
    Already,
}

impl Bell {
    pub(crate) fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// From any thread.
    pub(crate) fn ring(&self) -> Rung {
        if mutant(Mutant::BellByGlance) && self.0.load(Ordering::Relaxed) {
            return Rung::Already;
        }
        // Release, also where it is rung already, pairs with the Acquire in `hear`.
        if self.0.swap(true, Ordering::AcqRel) { Rung::Already } else { Rung::First }
    }

    /// The errand: quiets the bell, and looks.
    pub(crate) fn hear<R>(&self, look: impl FnOnce() -> R) -> R {
        if mutant(Mutant::BellQuietedLate) {
            let looked = look();
            self.0.swap(false, Ordering::AcqRel);
            return looked;
        }
        // Acquire pairs with the Release in `ring`.
        self.0.swap(false, Ordering::AcqRel);
        look()
    }
}
