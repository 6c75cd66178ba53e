//! What an actor of a model has whose messages are sorted: lanes, and a line that drops its oldest.

use crate::mailbox::lanes::{Lane, Lanes, STREAK, Sorting};
use crate::mailbox::latest::Latest;
use crate::sync::UnsafeCell;
use std::ptr::NonNull;

/// What is sorted, how, and by what.
pub(super) struct Order {
    /// The owner's.
    lanes: UnsafeCell<Lanes>,
    pub(super) line: Option<Latest>,
    pub(super) sorting: Sorting,
    pub(super) lane: fn(u32) -> Lane,
}

impl Order {
    /// Two lanes.
    pub(super) fn lanes(lane: fn(u32) -> Lane) -> Self {
        let sorting = Sorting { keep: None, gather: None };
        Self { lanes: UnsafeCell::new(Lanes::new()), line: None, sorting, lane }
    }

    /// A line for so many, which drops its oldest exactly.
    pub(super) fn latest(capacity: u32) -> Self {
        Self { line: Some(Latest::new(capacity)), ..Self::lanes(|_| Lane::Normal) }
    }

    /// For the owner.
    pub(super) fn own_lanes(&self) -> NonNull<Lanes> {
        self.lanes.with_mut(|lanes| NonNull::new(lanes).expect("a cell is somewhere"))
    }
}

/// Odd messages are urgent.
pub(super) fn by_parity(message: u32) -> Lane {
    if message % 2 == 1 { Lane::Urgent } else { Lane::Normal }
}

/// The bound: each of these, which were in the normal lane in this order from the beginning, waited for at most so many
/// urgent ones for itself and for each before it.
pub(super) fn wait_no_longer(handled: &[u32], waiting: &[u32]) {
    for (before, message) in waiting.iter().enumerate() {
        let at = handled.iter().position(|other| other == message).expect("it is handled");
        let urgent = handled[..at].iter().filter(|other| by_parity(**other) == Lane::Urgent).count();
        let most = STREAK as usize * (before + 1);
        assert!(urgent <= most, "message {message} has waited for {urgent} urgent ones, not for {most}");
    }
}
