//! The conductor: measures the document's table on this machine, and more.

use throng_bench::oom::Ending;

#[cfg(feature = "mimalloc")]
use mimalloc::MiMalloc as Allocator;
#[cfg(not(feature = "mimalloc"))]
use std::alloc::System as Allocator;

#[global_allocator]
static ALLOCATOR: Ending<Allocator> = Ending { allocator: Allocator, program: "throng" };

// SAFETY: the C library calls what is in this section once, before `main`; it is of the ABI that it calls by, heeds no argument and
// needs nothing of Rust's runtime.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOKED: extern "C" fn() = throng_bench::stdout::look;

fn main() -> std::process::ExitCode {
    throng_bench::dump::on_signal("throng");
    throng_bench::file_limit::is_an_error("throng");
    throng_bench::conductor::main(std::env::args_os().skip(1))
}
