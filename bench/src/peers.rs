//! Other systems of actors beside throng, on the same work in the same run.
//!
//! Each system is a program of its own that obeys one protocol (`program`): in Rust it implements `Peer` and the rest is here; in other
//! languages it is written out. throng is one of them (`own`).

pub mod task;

pub mod latch;

pub mod sink;

pub mod answer;

pub mod peer;

pub mod program;

pub mod own;

pub mod system;

pub mod plan;

pub mod rounds;

pub mod text;
