//! The mailbox floor: one word that links, counts and schedules; what a sender and the owner may do with it.

pub(crate) mod overflow;

pub(crate) mod envelope;

pub(crate) mod word;

pub(crate) mod queue;

pub(crate) mod control;

pub(crate) mod errands;

pub(crate) mod bell;

pub(crate) mod notices;

pub(crate) mod drain;

pub(crate) mod sift;

pub(crate) mod credit;

pub(crate) mod lobby;

pub(crate) mod summons;

pub(crate) mod tally;

pub(crate) mod pressure;

pub(crate) mod latest;

pub(crate) mod grants;

pub(crate) mod tenant;

pub(crate) mod turn;

pub(crate) mod lanes;

pub(crate) mod stash;

pub(crate) mod pledge;

#[cfg(all(test, any(throng_loom, throng_shuttle)))]
mod model;

#[cfg(all(test, not(any(throng_loom, throng_shuttle))))]
mod transitions;
