//! The scheduler floor: who runs what, when somebody sleeps, and who wakes whom. The protocols are in README.md beside
//! this file.

pub(crate) mod lease;

pub(crate) mod idle;

pub(crate) mod wheel;

pub(crate) mod run_queue;

pub(crate) mod peer;

pub(crate) mod search;

pub(crate) mod thread_pool;

pub(crate) mod handover;

pub(crate) mod counter;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod pin;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod stats;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod watchers;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod drops;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod upsets;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod own_thread;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod shared;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod current;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod worker;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod queues;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod timers;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod apart;

#[cfg(all(feature = "sim", not(any(throng_loom, throng_shuttle))))]
pub(crate) mod director;

#[cfg(all(feature = "sim", not(any(throng_loom, throng_shuttle))))]
pub(crate) mod stepping;

#[cfg(all(test, throng_loom))]
mod model;
