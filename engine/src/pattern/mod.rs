//! Patterns against failing partners: services on top of asks, timers and the engine's clock, which use nothing that an
//! actor of the user's could not.
//!
//! Who may touch what: a [`breaker::Breaker`] and a [`dedup::Dedup`] are state of one actor. A [`guard::Guard`] is anybody's:
//! its circuit lies behind a lock, under which no user code runs. A question that is repeated for an actor
//! ([`retry::Retry`]) lives in an actor of its own until its one result is told by a notice.

pub(crate) mod circuit;

pub(crate) mod breaker;

pub(crate) mod guard;

pub(crate) mod retry;

pub(crate) mod dedup;
