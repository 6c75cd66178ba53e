//! Who ends an ask, and who frees the block that asker and answerer both point to.
//!
//! ```text
//! open --answer--> answered --(the block travels: the asker's mailbox frees it)
//!      \                    \-- refused: let_go by both, the second frees
//!       \--take--> taken: let_go by both, the second frees
//! ```
//! `answer` and `take` decide who owns the contents: exactly one of them is `Won`. A block that travels through the
//! asker's mailbox belongs to the mailbox, and nobody lets go of it.

use crate::sync::{AtomicU32, Mutant, Ordering, mutant};

const OPEN: u32 = 0;
const ANSWERED: u32 = 1;
const TAKEN: u32 = 2;
const LET_GO: u32 = 3;

/// The state of an ask.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Pledge(AtomicU32);

/// Who ends the ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Claim {
    /// The caller, who owns the contents now.
    Won,
    /// The other side was quicker.
    Lost,
}

/// Whose it is to free the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum LetGo {
    /// The other side's, which still has it.
    First,
    /// The caller's: nobody else can reach it.
    Last,
}

impl Pledge {
    pub(crate) fn open() -> Self {
        Self(AtomicU32::new(OPEN))
    }

    /// The pledge of a block that has its outcome already, and that nobody answers.
    pub(crate) fn answered() -> Self {
        Self(AtomicU32::new(ANSWERED))
    }

    /// The pledge of a block that has an outcome, and that one side alone knows: it is freed when that one lets go.
    pub(crate) fn alone() -> Self {
        Self(AtomicU32::new(LET_GO))
    }

    /// The answerer wants to end the ask.
    pub(crate) fn answer(&self) -> Claim {
        self.claim(ANSWERED)
    }

    /// The asker wants to end the ask: at its deadline, or with itself.
    pub(crate) fn take(&self) -> Claim {
        self.claim(TAKEN)
    }

    fn claim(&self, state: u32) -> Claim {
        // Acquire for the contents, which the asker wrote; what the winner does with them is published by the push or
        // by `let_go`.
        match self.0.compare_exchange(OPEN, state, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => Claim::Won,
            Err(_) => Claim::Lost,
        }
    }

    /// The caller is done with a block that did not travel, and does not touch it again unless it is the last.
    pub(crate) fn let_go(&self) -> LetGo {
        // Release: what this side did with the block; Acquire: what the other did, before it is freed.
        let before = self.0.swap(LET_GO, Ordering::AcqRel);
        if before == LET_GO || mutant(Mutant::EarlyLetGo) { LetGo::Last } else { LetGo::First }
    }
}
