//! Timers and deadlines: none early, and none late where nothing but the clock decides.

use crate::book::{Book, Slot, locked};
use crate::judge::is_here;
use std::sync::atomic::Ordering;
use std::time::Duration;
use throng::{Overflow, System};

/// Of virtual time, in which nothing passes but from one timer to the next.
pub(crate) const SLACK: Duration = Duration::from_micros(1);

impl Book {
    /// Something has come at `now` that was due then. `what` it is, and the slot it came to.
    pub(crate) fn timed(&self, what: &str, number: u32, slot: u32, due: Duration, now: Duration) {
        if now < due {
            self.wrong(|| {
                format!("{what} {number} of {slot} came at {now:?}, and was due at {due:?}: early")
            });
        } else if now > due + SLACK && self.is_prompt(slot, due) {
            self.wrong(|| format!("{what} {number} of {slot} came at {now:?}, and was due at {due:?}: late"));
        }
    }

    /// Whether somebody outside waits, or did after then.
    fn waits_outside(&self, then: Duration) -> bool {
        let until = Duration::from_nanos(self.outside_until.load(Ordering::Acquire));
        self.outside.load(Ordering::Acquire) > 0 || then < until
    }

    /// Time has passed outside.
    pub(crate) fn passed(&self, now: Duration) {
        let nanos = now.as_nanos() as u64;
        self.now.store(nanos, Ordering::Release);
        if self.outside.load(Ordering::Acquire) > 0 {
            self.outside_until.store(nanos, Ordering::Release);
        }
    }

    /// Whether all that keeps this actor from what is due is other actors' turns, which take no time.
    pub(crate) fn is_prompt(&self, slot: u32, due: Duration) -> bool {
        let cast = self.cast_of(slot);
        // At the hard limit a timer is tried again; between two looks so much credit may have gone back.
        let step = u64::from((cast.capacity / 4).max(1));
        // What is dropped before anything is handled was in nobody's sight: such a mailbox may have been at its limit.
        let drops_unseen = matches!(cast.overflow, Overflow::DropOldest | Overflow::DropOldestExact);
        self.punctual.load(Ordering::Acquire)
            && cast.tree.is_none()
            && !drops_unseen
            && !self.waits_outside(due)
            && self.slot(slot).peak.load(Ordering::Acquire) + step < u64::from(cast.hard)
    }
}

/// Whether anything but the clock keeps it from its mail.
fn is_kept(slot: &Slot) -> bool {
    let status = slot.address.get().and_then(|address| address.status());
    status.is_none_or(|status| status.suspended || status.stopping || status.muted.is_some())
}

/// Time has passed, and all that could happen has: what was due before has come.
pub(crate) fn overdue(book: &Book, system: &System, now: Duration) {
    if !book.punctual.load(Ordering::Acquire) {
        return;
    }
    // Whoever has mail has had its turns, so that nobody's mailbox holds up anybody.
    if let Some(stall) = system.stalls().first().filter(|_| !book.waits_outside(now)) {
        book.wrong(|| format!("liveness: {stall:?} when nothing was left to do at {now:?}"));
    }
    let prompt = |slot: u32, due| book.is_prompt(slot, due) && !book.cast_of(slot).loses();
    let is_late = |by: (u32, u32), due: Duration| {
        due + SLACK < now && prompt(by.0, due) && is_here(book, by) && !is_kept(book.slot(by.0))
    };
    let lists = &*locked(&book.lists);
    for (n, alarm) in lists.alarms.iter().enumerate() {
        if alarm.told == 0 && !alarm.cancelled && is_late(alarm.by, alarm.due) {
            book.wrong(|| {
                format!(
                    "timers: alarm {n} of {:?} was due at {:?}, and has not come by {now:?}",
                    alarm.by, alarm.due
                )
            });
        }
    }
    for (n, ticking) in lists.tickers.iter().enumerate() {
        if ticking.left > 0 && is_late(ticking.by, ticking.latest) {
            let (by, due) = (ticking.by, ticking.latest);
            book.wrong(|| {
                format!("timers: a tick of {n} of {by:?} was due at {due:?}, and has not come by {now:?}")
            });
        }
    }
    for (n, asked) in lists.asks.iter().enumerate() {
        if asked.told == 0 && is_late(asked.by, asked.due) {
            book.wrong(|| {
                format!(
                    "asks: question {n} of {:?} was to end by {:?}, and has not by {now:?}",
                    asked.by, asked.due
                )
            });
        }
    }
}
