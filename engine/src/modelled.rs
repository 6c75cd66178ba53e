//! The floors that models run, as a program of their own: `scripts/models.sh` compiles them with loom's primitives and
//! `scripts/shuttle.sh` with shuttle's ([`sync`]), and nothing above them, which would not compile so. Their order is that of
//! `lib.rs`, as `tests/floors.rs` checks; which of their modules are left out, each `mod.rs` says.

#![cfg(any(throng_loom, throng_shuttle))]
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "what only the floors above call, and what lib.rs shows to the world, is unused here"
)]

mod sync;

mod model;

mod time;

mod ledger;

mod stall;

mod error;

mod panics;

mod mailbox;

mod cell;

mod scheduler;

mod roster;
