//! All workloads, in the order of the paper, and skynet.

mod big;
mod chameneos;
mod counting;
mod fibonacci;
mod fork_join_create;
mod fork_join_throughput;
mod ping_pong;
mod skynet;
mod thread_ring;

use super::entry::Entry;

/// Each of them.
pub const SUITE: [Entry; 9] = [
    Entry::of::<ping_pong::PingPong>(),
    Entry::of::<counting::Counting>(),
    Entry::of::<fork_join_throughput::ForkJoinThroughput>(),
    Entry::of::<fork_join_create::ForkJoinCreate>(),
    Entry::of::<thread_ring::ThreadRing>(),
    Entry::of::<chameneos::Chameneos>(),
    Entry::of::<big::Big>(),
    Entry::of::<fibonacci::Fibonacci>(),
    Entry::of::<skynet::Skynet>(),
];

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    SUITE.iter().find(|entry| entry.name == name)
}
