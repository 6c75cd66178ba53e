//! Numbers that many threads count, each its own, and what their sums prove.
//!
//! *Who lives.* Sums are read one counter after another, while others count. That of the lives that have ended is taken first, then that
//! of those that have begun ([`living`]). Say X are those whose ends were read, and Y those whose beginnings were. Who has ended has begun
//! before, on whatever thread: X is a part of Y, since each end is published behind its beginning. So the difference is never less than
//! the number of those that had begun before the reading and ended after it; and if there is none, X is Y. Then nobody lives whom an
//! actor has begun, either: his spawner would be in X, had spawned before he ended, and so the other would be in Y. Read the other way
//! round, or both at one go, an end may be counted whose beginning was read over, and stand in for one who lives.

use crate::sync::{AtomicU64, Mutant, Ordering, fence, mutant};

/// A counter with one writer (`add`) or several (`add_shared`).
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// By the one thread that writes it.
    #[inline(always)]
    pub(crate) fn add(&self, n: u64) {
        // Relaxed throughout: quiescence reads the sums twice, and equal scans mean that nothing moved between.
        self.0.store(self.0.load(Ordering::Relaxed) + n, Ordering::Relaxed);
    }

    /// By any thread.
    pub(crate) fn add_shared(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Raises a peak, by the one thread that writes it.
    #[inline(always)]
    pub(crate) fn raise(&self, n: u64) {
        if n > self.0.load(Ordering::Relaxed) {
            self.0.store(n, Ordering::Relaxed);
        }
    }

    /// Raises a peak, by any thread.
    pub(crate) fn raise_shared(&self, n: u64) {
        if n > self.0.load(Ordering::Relaxed) {
            self.0.fetch_max(n, Ordering::Relaxed);
        }
    }

    /// As [`Counter::add`], and for who counts what is over: whoever reads it, and fences, sees whatever was counted before.
    #[inline(always)]
    pub(crate) fn publish(&self, n: u64) {
        // Release pairs with the fence in `living`. One thread writes it: each store publishes those before it too.
        self.0.store(self.0.load(Ordering::Relaxed) + n, published());
    }

    /// The same, by any thread.
    pub(crate) fn publish_shared(&self, n: u64) {
        // As above; an exchange goes on publishing what those before it did.
        self.0.fetch_add(n, published());
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

fn published() -> Ordering {
    if mutant(Mutant::EndUnpublished) { Ordering::Relaxed } else { Ordering::Release }
}

/// Those that have begun and not ended, by two sums: `ended` of counters that are published, and `begun`.
pub(crate) fn living(begun: impl FnOnce() -> u64, ended: impl FnOnce() -> u64) -> u64 {
    if mutant(Mutant::BeginningsFirst) {
        let begun = begun();
        return begun.saturating_sub(ended());
    }
    let ended = ended();
    // Acquire pairs with the Release of those that were read.
    fence(Ordering::Acquire);
    begun().saturating_sub(ended)
}
