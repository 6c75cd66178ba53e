//! Routers: sending to one of several actors, by a rule.

mod rendezvous;

pub(crate) mod routes;

pub(crate) mod dispatch;
