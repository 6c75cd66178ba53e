//! actix.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    throng_bench::peers::program::main::<peer_actix::Actix>(std::env::args_os().skip(1))
}
