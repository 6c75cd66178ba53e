//! Lanes: urgent messages go first, but after so many in a row one of the others does. Judged where each message is taken by itself, in
//! virtual time, by what lay in the mailbox when the handler before was over.

use crate::book::{Book, gone, locked};
use crate::message::{Line, Parcel};
use std::sync::atomic::{AtomicU32, Ordering};

/// As the engine promises.
const STREAK: u32 = 16;

/// Of a mailbox with two lanes.
#[derive(Default)]
pub(crate) struct Lanes {
    /// Messages that had been made when the last handler was over.
    seen: AtomicU32,
    /// Urgent ones that were handled since the last other one.
    streak: AtomicU32,
    /// The same while others waited.
    behind: AtomicU32,
}

impl Book {
    fn are_judged(&self, slot: u32) -> bool {
        let cast = self.cast_of(slot);
        self.simulated && cast.lanes && cast.gather.is_none()
    }

    /// A handler of this actor is over.
    pub(crate) fn handler_over(&self, slot: u32) {
        if self.are_judged(slot) {
            self.slot(slot).lanes.seen.store(self.made(), Ordering::Release);
        }
    }

    /// It handles something of the other lane that is no parcel.
    pub(crate) fn handles_another(&self, slot: u32) {
        self.slot(slot).lanes.streak.store(0, Ordering::Release);
        self.slot(slot).lanes.behind.store(0, Ordering::Release);
    }

    /// A parcel is handled for the first time.
    pub(crate) fn handles(&self, slot: u32, parcel: &Parcel) {
        if !self.are_judged(slot) {
            return;
        }
        let lanes = &self.slot(slot).lanes;
        let (seen, streak) = (lanes.seen.load(Ordering::Acquire), lanes.streak.load(Ordering::Acquire));
        let first = |of: Line| {
            let waits =
                |&(_, to, line, fate): &(usize, u32, Line, u8)| to == slot && line == of && !gone(fate);
            self.parcels().take(seen as usize).find(waits).map(|(id, ..)| id)
        };
        let id = parcel.id;
        // What it was made to fail at counts in the row, or ends it, and nobody has heard of that.
        let whole = self.slot(slot).tripped.load(Ordering::Acquire) == 0;
        if parcel.line == Line::Urgent {
            lanes.streak.store(streak + 1, Ordering::Release);
            let waits = first(Line::Normal);
            let behind = if waits.is_some() { lanes.behind.fetch_add(1, Ordering::AcqRel) + 1 } else { 0 };
            lanes.behind.store(behind, Ordering::Release);
            // What it handles of the engine's own, and nobody hears of, ends the row: a deadline, a flow's beginning or end, what is
            // for a state before.
            let asks = || locked(&self.lists).asks.iter().any(|asked| asked.by.0 == slot);
            let tree = self.cast_of(slot).tree.is_some();
            let hears_all = || whole && !tree && !self.plan.features.flows && !asks();
            if let (true, Some(other)) = (behind > STREAK && hears_all(), waits) {
                self.wrong(|| {
                    format!("lanes: {slot} handles {id}, and {other} waits for {behind} urgent ones in a row")
                });
            }
            return;
        }
        lanes.behind.store(0, Ordering::Release);
        lanes.streak.store(0, Ordering::Release);
        if streak < STREAK
            && whole
            && let Some(other) = first(Line::Urgent)
        {
            self.wrong(|| {
                format!("lanes: {slot} handles {id}, and {other}, which is urgent, waits since before the last handler")
            });
        }
    }
}
