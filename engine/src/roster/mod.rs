//! Lists of actors that those leave by themselves who end: what registry, groups, topics and routers stand on.

pub(crate) mod listing;

pub(crate) mod members;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub(crate) mod onlookers;

#[cfg(all(test, any(throng_loom, throng_shuttle)))]
mod model;
