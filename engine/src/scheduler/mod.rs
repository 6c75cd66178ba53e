//! The scheduler floor: who runs what, when somebody sleeps, and who wakes whom. The protocols are in README.md beside
//! this file.

pub(crate) mod lease;

pub(crate) mod idle;

pub(crate) mod wheel;

pub(crate) mod run_queue;

pub(crate) mod peer;

pub(crate) mod search;

#[cfg(not(throng_loom))]
pub(crate) mod pin;

#[cfg(not(throng_loom))]
pub(crate) mod stats;

#[cfg(not(throng_loom))]
pub(crate) mod drops;

#[cfg(not(throng_loom))]
pub(crate) mod shared;

#[cfg(not(throng_loom))]
pub(crate) mod worker;

#[cfg(not(throng_loom))]
pub(crate) mod queues;

#[cfg(not(throng_loom))]
pub(crate) mod timers;

#[cfg(all(test, throng_loom))]
mod model;
