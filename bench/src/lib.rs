//! The instrument of throng: what the binaries `throng` and `loadgen` are made of.
//!
//! The order of the modules is the floor plan: a module imports only from those above it.

pub mod latency;

pub mod export;

pub mod units;

pub mod process;

pub mod table;

pub mod report;
