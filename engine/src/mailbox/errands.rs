//! Errands: what others have the owner of an actor do, at once and before anything else. A guard's orders, and what a
//! future that the actor waits for has to say.
//!
//! Who may touch what: `put` is for everybody, by compare-and-swap; taking is the owner's, by exchange. How the owner hears of them is
//! [`super::control`]'s. When the actor ends, its owner closes the list, and what comes later goes back to who puts it. One who
//! made the list beside an ending actor, whose owner did not know of it, closes it in its place: whoever takes an errand off
//! has it alone, and dropping it is the answer that the actor has ended.

use crate::sync::{AtomicPtr, Ordering};

/// In place of the list: the actor has ended.
const ENDED: usize = 1;

/// The errands for one actor. Dropped before [`Errands::end`], it leaks what is there.
#[derive(Debug)]
pub(crate) struct Errands<T> {
    /// Newest first.
    put: AtomicPtr<Node<T>>,
}

/// An errand on the list. Written before it is published, and not after.
struct Node<T> {
    next: *mut Node<T>,
    errand: T,
}

const _: () = assert!(std::mem::align_of::<Node<u8>>() > ENDED);

/// Errands taken off, oldest first. Dropped, it drops them.
#[derive(Debug)]
pub(crate) struct Taken<T>(*mut Node<T>);

// SAFETY: a list of what is `Send`, which is its holder's alone.
unsafe impl<T: Send> Send for Taken<T> {}

impl<T> Errands<T> {
    pub(crate) fn new() -> Self {
        Self { put: AtomicPtr::new(std::ptr::null_mut()) }
    }

    /// Puts an errand: from any thread.
    ///
    /// # Errors
    /// The errand: the actor has ended.
    pub(crate) fn put(&self, errand: T) -> Result<(), T> {
        let mut node = Box::new(Node { next: std::ptr::null_mut(), errand });
        let mut seen = self.put.load(Ordering::Relaxed);
        loop {
            if seen.addr() == ENDED {
                return Err(node.errand);
            }
            node.next = seen;
            let next = Box::into_raw(node);
            // Release publishes the errand to the Acquire in `take` and `end`.
            match self.put.compare_exchange_weak(seen, next, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                // SAFETY: made above, and not published.
                Err(other) => (node, seen) = unsafe { (Box::from_raw(next), other) },
            }
        }
    }

    /// Takes what is there. The owner's, once it has cleared the flag.
    pub(crate) fn take(&self) -> Taken<T> {
        self.swap(std::ptr::null_mut())
    }

    /// The actor ends: takes what is there, and nothing is put any more.
    pub(crate) fn end(&self) -> Taken<T> {
        self.swap(std::ptr::without_provenance_mut(ENDED))
    }

    /// Whether any is there, by a glance.
    pub(crate) fn is_put(&self) -> bool {
        self.put.load(Ordering::Relaxed).addr() > ENDED
    }

    fn swap(&self, instead: *mut Node<T>) -> Taken<T> {
        // An RMW also where nothing is seen. Acquire pairs with the Release in `put`.
        let mut newest = self.put.swap(instead, Ordering::Acquire);
        if newest.addr() == ENDED {
            newest = std::ptr::null_mut();
        }
        let mut oldest: *mut Node<T> = std::ptr::null_mut();
        while !newest.is_null() {
            // SAFETY: the list is ours.
            let next = unsafe { std::mem::replace(&mut (*newest).next, oldest) };
            (oldest, newest) = (newest, next);
        }
        Taken(oldest)
    }
}

impl<T> Iterator for Taken<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: made by `put`, and ours.
        let node = unsafe { Box::from_raw(self.0) };
        self.0 = node.next;
        Some(node.errand)
    }
}

impl<T> Drop for Taken<T> {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}

#[cfg(all(test, not(any(throng_loom, throng_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn taken_in_the_order_in_which_they_were_put() {
        let errands = Errands::new();
        assert_eq!(errands.take().count(), 0);
        (1..=3).for_each(|n| errands.put(n).expect("it has not ended"));
        assert!(errands.is_put());
        assert_eq!(errands.take().collect::<Vec<_>>(), [1, 2, 3]);
        assert!(!errands.is_put());
    }

    #[test]
    fn nothing_is_put_after_the_end_and_nothing_leaks() {
        let errands = Errands::new();
        let counted = std::sync::Arc::new(());
        errands.put(std::sync::Arc::clone(&counted)).expect("it has not ended");
        let mut taken = errands.end();
        assert!(errands.put(std::sync::Arc::clone(&counted)).is_err());
        assert!(!errands.is_put() && taken.next().is_some() && taken.next().is_none());
        errands.end().for_each(drop);
        drop(taken);
        assert_eq!(std::sync::Arc::strong_count(&counted), 1);
    }
}
