//! What the actors of a workload take of the memory, and how many fit.

use crate::options::Workload;

/// Bytes an actor takes at the least, with its place in the lists of its scenario; `None` where the number of actors
/// is fixed, or where they end as fast as they are made; of skynet by leaves.
pub fn bytes_per_actor(workload: Workload) -> Option<u64> {
    match workload {
        // One line of the cache.
        Workload::Idle | Workload::Crowd => Some(64),
        // And the directory's address of it.
        Workload::Directory => Some(72),
        // And two lists of addresses, and three of numbers.
        Workload::Ring => Some(92),
        // More state, a seed and a sampler for each.
        Workload::Big => Some(290),
        // A leaf and a ninth of another actor, with its message: one worker makes the whole tree before a leaf ends.
        Workload::Skynet => Some(180),
        // Two lines, and a timer, its handle's half and its place in the wheel.
        Workload::Timers => Some(260),
        _ => None,
    }
}

/// How many actors of `workload` fit into `available` bytes: a sixteenth of them is left to everything else. `None`
/// where they are no matter of memory.
pub fn fit(workload: Workload, available: u64) -> Option<u64> {
    Some((available - available / 16) / bytes_per_actor(workload)?)
}
