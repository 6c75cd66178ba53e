//! All workloads, in the order of the paper, and skynet.

mod ping_pong;

use super::entry::Entry;

/// Each of them.
pub const SUITE: [Entry; 1] = [Entry::of::<ping_pong::PingPong>()];

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    SUITE.iter().find(|entry| entry.name == name)
}
