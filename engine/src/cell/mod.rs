//! The cell floor: one actor's memory, where it comes from, and when it may be used again.

pub(crate) mod grace;

pub(crate) mod header;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod pool;

pub(crate) mod orphans;

pub(crate) mod limbo;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod poison;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod arena;

#[cfg(all(test, throng_loom))]
mod model;

#[cfg(all(test, not(any(throng_loom, throng_shuttle))))]
mod slots;

#[cfg(all(test, not(any(throng_loom, throng_shuttle))))]
mod tables;
