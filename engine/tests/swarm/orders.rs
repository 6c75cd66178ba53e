//! Orders: who is suspended handles nothing until it is resumed, and who is told to end at once nothing more. Each may still begin
//! with the one message (or batch) that its turn had taken by then.

use crate::book::Book;
use crate::deeds::Whom;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Begun handlers are counted below, in which resume it was above.
const BEGUN: u32 = 32;

/// What an actor has been told that stands.
#[derive(Default)]
pub(crate) struct Orders {
    /// Resumes that were begun, and those that are under way.
    resumes: AtomicU32,
    resuming: AtomicU32,
    /// Since how many resumes it is suspended, and one more; and how many handlers have begun since.
    suspended: AtomicU64,
    /// The same of one that is to end at once: one more than have begun since.
    ending: AtomicU32,
    /// In its last handler: by how much it has gone beyond a capacity at most, and above that whose.
    exceeded: AtomicU64,
}

impl Book {
    /// Suspends it.
    pub(crate) fn suspend(&self, (slot, address): Whom) {
        let orders = &self.slot(slot).orders;
        // In this order: a resume that is neither in the one nor in the other has not begun, and takes the mark away.
        let before = orders.resumes.load(Ordering::SeqCst);
        let alone = orders.resuming.load(Ordering::SeqCst) == 0;
        if address.suspend() && alone {
            let mark = u64::from(before) + 1;
            orders.suspended.store(mark << BEGUN | u64::from(self.is_in_handler(slot)), Ordering::SeqCst);
        }
    }

    /// Lets it go on; says whether it was suspended.
    pub(crate) fn resume(&self, (slot, address): Whom) -> bool {
        let orders = &self.slot(slot).orders;
        orders.resuming.fetch_add(1, Ordering::SeqCst);
        orders.resumes.fetch_add(1, Ordering::SeqCst);
        let was_suspended = address.resume();
        orders.resuming.fetch_sub(1, Ordering::SeqCst);
        was_suspended
    }

    /// It was told to end at once.
    pub(crate) fn told_to_end(&self, slot: u32) {
        let begun = u32::from(self.is_in_handler(slot));
        let orders = &self.slot(slot).orders;
        let _again = orders.ending.compare_exchange(0, 1 + begun, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Whether it has begun with what its turn has taken. On threads it may be at its next turn, whatever is seen.
    fn is_in_handler(&self, slot: u32) -> bool {
        self.simulated && self.slot(slot).is_inside()
    }

    /// A handler of this actor begins.
    pub(crate) fn begins(&self, slot: u32) {
        let orders = &self.slot(slot).orders;
        orders.exceeded.store(0, Ordering::Release);
        if orders.ending.load(Ordering::SeqCst) > 0 && orders.ending.fetch_add(1, Ordering::SeqCst) > 1 {
            self.wrong(|| {
                format!("orders: {slot} was told to end at once, and handles more than it had taken")
            });
        }
        let mark = u64::from(orders.resumes.load(Ordering::SeqCst)) + 1;
        let seen = orders.suspended.load(Ordering::SeqCst);
        if seen >> BEGUN != mark {
            return;
        }
        // Marked anew meanwhile, that counts from the beginning.
        let counted =
            orders.suspended.compare_exchange(seen, seen + 1, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if counted && seen & u64::from(u32::MAX) > 0 && !self.is_stopping(slot) {
            self.wrong(|| {
                format!("orders: {slot} is suspended and was not resumed, and handles more than it had taken")
            });
        }
    }

    /// A handler of this actor has sent to another, whose mailbox holds so many now.
    pub(crate) fn fills(&self, slot: u32, to: u32, held: u64) {
        let excess = held.saturating_sub(u64::from(self.cast_of(to).capacity));
        let exceeded = &self.slot(slot).orders.exceeded;
        // Its own alone writes it.
        if excess > exceeded.load(Ordering::Acquire) & u64::from(u32::MAX) {
            exceeded.store(u64::from(to) << 32 | excess, Ordering::Release);
        }
    }

    /// Whose capacity its last handler went beyond: on whom it was muted, if that was to be.
    pub(crate) fn exceeded(&self, slot: u32) -> Option<u32> {
        let exceeded = self.slot(slot).orders.exceeded.load(Ordering::Acquire);
        (exceeded > 0).then_some((exceeded >> 32) as u32)
    }

    /// Whether its mailbox is closed, or it has ended: a stop lifts a suspension.
    pub(crate) fn is_stopping(&self, slot: u32) -> bool {
        let status = self.slot(slot).address.get().and_then(|address| address.status());
        status.is_none_or(|status| status.stopping)
    }
}
