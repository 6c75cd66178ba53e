//! kameo with bounded mailboxes.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    throng_bench::peers::program::main::<peer_kameo::Bounded>(std::env::args_os().skip(1))
}
