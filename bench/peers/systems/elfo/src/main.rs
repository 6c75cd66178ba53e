//! elfo beside throng: see `system`.

mod parts;

mod node;

mod pairs;

mod spread;

mod spawned;

mod ring;

mod big;

mod idle;

mod outside;

mod groups;

mod system;

use mimalloc::MiMalloc;
use std::process::ExitCode;
use system::System;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    throng_bench::peers::program::main::<System>(std::env::args_os().skip(1))
}
