//! Where each child is, and how far along a restart is: what the machine keeps.

use super::command::{Outcome, Role};
use crate::time::Nanos;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not there: not made yet, or ended.
    Gone,
    Starting,
    Running,
    /// It failed, and waits.
    Held,
    Vacating,
    Vacant,
    /// Told to end.
    Ending,
}

#[derive(Debug)]
pub(super) struct Post {
    pub(super) role: Role,
    pub(super) phase: Phase,
    /// No restart brings it back.
    pub(super) removed: bool,
    pub(super) killed: bool,
    /// It has been there before.
    pub(super) known: bool,
    /// The serial of its deadline.
    pub(super) deadline: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// All from here on are down.
    Down(usize),
    Pause {
        serial: u64,
    },
    /// All before this one are up.
    Up(usize),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    pub(super) first: usize,
    pub(super) step: Step,
}

/// Those that are restarted together, and how they fared.
#[derive(Debug, Default)]
pub(super) struct Lot {
    pub(super) round: Option<Round>,
    /// Pauses since it was quiet.
    pub(super) attempts: u32,
    /// When the last round was over.
    pub(super) settled: Option<Nanos>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Winding {
    pub(super) outcome: Outcome,
    /// All from here on are gone.
    pub(super) cursor: usize,
}
