//! Flow control that actors ask for by name: how fast a producer may go.

pub(crate) mod rate;
