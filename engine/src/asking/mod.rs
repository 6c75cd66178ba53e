//! Asks as values: several questions asked from outside the engine are one future, or one wait.
//!
//! Whoever waits for several asks owns them. Their questions go out with the first poll, all of them; whoever drops what
//! waits, or has heard enough, drops them, and each withdraws itself: what has not been asked yet will not be, and an
//! answer that comes later is late, counted, and reaches nobody ([`crate::actor::ask_outside`]). Nothing is used again
//! that a late answer could reach.
//!
//! The parts of a large wait are polled only when they ring ([`crate::mailbox::bell`]): so many asks cost so many polls.

pub(crate) mod part;

pub(crate) mod parts;

pub(crate) mod map;

pub(crate) mod join;

pub(crate) mod many;

pub(crate) mod first;

pub(crate) mod asked;
