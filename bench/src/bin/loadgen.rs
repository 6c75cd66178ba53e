//! One run of one workload in one fresh process.

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    throng_bench::loadgen::main(std::env::args_os().skip(1))
}
