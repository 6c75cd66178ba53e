//! The conductor: measures the document's table on this machine, and more.

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    throng_bench::conductor::main(std::env::args_os().skip(1))
}
