//! One run of one workload in one fresh process.

use throng_bench::oom::Ending;

#[cfg(feature = "mimalloc")]
use mimalloc::MiMalloc as Allocator;
#[cfg(not(feature = "mimalloc"))]
use std::alloc::System as Allocator;

#[global_allocator]
static ALLOCATOR: Ending<Allocator> = Ending { allocator: Allocator, program: "loadgen" };

fn main() -> std::process::ExitCode {
    throng_bench::dump::on_signal("loadgen");
    throng_bench::file_limit::is_an_error("loadgen");
    throng_bench::loadgen::main(std::env::args_os().skip(1))
}
