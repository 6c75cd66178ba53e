//! Actors as tasks of tokio, with unbounded channels.

use peer_tokio::Tokio;
use peer_tokio::mailboxes::Unbounded;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    throng_bench::peers::program::main::<Tokio<Unbounded>>(std::env::args_os().skip(1))
}
