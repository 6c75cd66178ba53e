//! Timers and deadlines: none early, and none late where nothing but the clock decides.

use crate::book::{Book, Slot, locked};
use crate::judge::is_here;
use std::sync::atomic::Ordering;
use std::time::Duration;
use throng::System;

/// Of virtual time, in which nothing passes but from one timer to the next.
const SLACK: Duration = Duration::from_micros(1);

impl Book {
    /// Something has come at `now` that was due then. `what` it is, and the slot it came to.
    pub(crate) fn timed(&self, what: &str, number: u32, slot: u32, due: Duration, now: Duration) {
        if now < due {
            self.wrong(|| {
                format!("{what} {number} of {slot} came at {now:?}, and was due at {due:?}: early")
            });
        } else if now > due + SLACK && self.is_prompt(slot) {
            self.wrong(|| format!("{what} {number} of {slot} came at {now:?}, and was due at {due:?}: late"));
        }
    }

    /// Whether all that keeps this actor from what is due is other actors' turns, which take no time.
    fn is_prompt(&self, slot: u32) -> bool {
        let cast = self.cast_of(slot);
        // At the hard limit a timer is tried again.
        self.punctual.load(Ordering::Acquire)
            && cast.tree.is_none()
            && self.slot(slot).peak.load(Ordering::Acquire) < u64::from(cast.hard)
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
    if let Some(stall) = system.stalls().first() {
        book.wrong(|| format!("liveness: {stall:?} when nothing was left to do at {now:?}"));
    }
    let prompt = |slot: u32| book.is_prompt(slot) && !book.cast_of(slot).loses();
    let is_late = |by: (u32, u32), due: Duration| {
        due + SLACK < now && prompt(by.0) && is_here(book, by) && !is_kept(book.slot(by.0))
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
