//! What a thread or a system leaves behind when it ends before a grace period has passed. It lies here until somebody
//! else comes by after that; so nobody waits for a long turn in another system, and nothing is lost to one.

use crate::sync::{AtomicUsize, Mutex, Ordering};
use std::sync::PoisonError;

/// Things that wait for their grace period without an owner.
#[derive(Debug)]
pub(crate) struct Orphans<T> {
    /// How many, so that a look at none is one load.
    count: AtomicUsize,
    left: Mutex<Vec<(u64, T)>>,
}

impl<T> Orphans<T> {
    #[cfg(not(throng_loom))]
    pub(crate) const fn new() -> Self {
        Self { count: AtomicUsize::new(0), left: Mutex::new(Vec::new()) }
    }

    /// None; loom's are not made at compile time.
    #[cfg(throng_loom)]
    pub(crate) fn new() -> Self {
        Self { count: AtomicUsize::new(0), left: Mutex::new(Vec::new()) }
    }

    /// Leaves `what` until `stamp` has passed.
    pub(crate) fn leave(&self, stamp: u64, what: T) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.push((stamp, what));
        self.count.store(left.len(), Ordering::Relaxed);
    }

    /// Gives what nobody can reach any more; `passed` tells the highest stamp that everybody has passed.
    #[inline]
    pub(crate) fn adopt(&self, passed: impl FnOnce() -> u64) -> Vec<T> {
        // Relaxed: whoever sees none just now leaves them to the next.
        if self.count.load(Ordering::Relaxed) == 0 { Vec::new() } else { self.adopt_passed(passed()) }
    }

    #[cold]
    fn adopt_passed(&self, passed: u64) -> Vec<T> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let adopted = left.extract_if(.., |(stamp, _)| *stamp <= passed).map(|(_, what)| what).collect();
        self.count.store(left.len(), Ordering::Relaxed);
        adopted
    }
}

#[cfg(all(test, not(any(throng_loom, throng_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn each_is_adopted_once_and_not_before_its_stamp() {
        let orphans = Orphans::new();
        assert!(orphans.adopt(|| unreachable!("nothing is there")).is_empty());
        orphans.leave(3, 'a');
        orphans.leave(5, 'b');
        orphans.leave(4, 'c');
        assert!(orphans.adopt(|| 2).is_empty());
        assert_eq!(orphans.adopt(|| 4), ['a', 'c']);
        assert_eq!(orphans.adopt(|| 9), ['b']);
        assert!(orphans.adopt(|| unreachable!("nothing is left")).is_empty());
    }
}
