//! All workloads, in the order of the paper, and skynet.

mod counting;
mod fork_join_create;
mod fork_join_throughput;
mod ping_pong;
mod thread_ring;

use super::entry::Entry;

/// Each of them.
pub const SUITE: [Entry; 5] = [
    Entry::of::<ping_pong::PingPong>(),
    Entry::of::<counting::Counting>(),
    Entry::of::<fork_join_throughput::ForkJoinThroughput>(),
    Entry::of::<fork_join_create::ForkJoinCreate>(),
    Entry::of::<thread_ring::ThreadRing>(),
];

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    SUITE.iter().find(|entry| entry.name == name)
}
