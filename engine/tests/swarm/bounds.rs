//! L6: what a mailbox may hold, of each actor by its capacity, its policy and its own senders.

use crate::book::{Book, locked};
use crate::plan::{Aim, Deed, Plan, Way};
use std::sync::atomic::{AtomicU64, Ordering};
use throng::{Overflow, System};

/// Flows of one actor of whose credit there may be news in its mailbox, beside its bound: the one that it has, and of those that it
/// has dropped the ones whose last news it may not have heard.
#[derive(Default)]
pub(crate) struct Untold {
    now: AtomicU64,
    most: AtomicU64,
}

impl Untold {
    /// It opens one.
    pub(crate) fn more(&self) {
        let now = self.now.fetch_add(1, Ordering::AcqRel) + 1;
        self.most.fetch_max(now, Ordering::AcqRel);
    }

    /// It has heard the last of one.
    pub(crate) fn less(&self) {
        self.now.fetch_sub(1, Ordering::AcqRel);
    }
}

/// By cast.
pub(crate) fn of(plan: &Plan) -> Box<[u64]> {
    // The news of pressure, a notice, lets whoever is muted go on by a handler.
    let calm = plan.is_calm() && plan.casts.iter().all(|cast| cast.overflow != Overflow::Signal);
    let at = |n: usize| {
        let cast = &plan.casts[n];
        let most = cast.bound(&plan.features);
        if !calm || cast.overflow != Overflow::Mute {
            return most;
        }
        // Senders go in no circle, and nobody lets them go on: each exceeds the capacity by what one handler of its sends.
        let excess: u64 = (0..plan.casts.len()).map(|from| sends(plan, from, n)).sum();
        most.min(u64::from(cast.capacity) + excess)
    };
    (0..plan.casts.len()).map(at).collect()
}

/// What `from` sends to `to` in one handler, at most, without minding whether there is room.
fn sends(plan: &Plan, from: usize, to: usize) -> u64 {
    let known = &plan.neighbours[from];
    let of = |deed: &Deed| match deed {
        Deed::Send { aim: Aim::Neighbour(which), times, way: Way::Send, .. }
            if !known.is_empty() && known[which % known.len()] == to =>
        {
            u64::from(*times)
        }
        _ => 0,
    };
    plan.programs.iter().map(|program| program.deeds.iter().map(of).sum()).max().unwrap_or(0)
}

impl Book {
    /// Looks how full the mailbox of this slot is. Each count that it ever has is at most its bound, so that any look may judge.
    pub(crate) fn look(&self, slot: u32) -> u64 {
        let Some(address) = self.slot(slot).address.get() else { return 0 };
        let pending = address.pending();
        self.looked(slot, pending);
        pending
    }

    fn looked(&self, slot: u32, pending: u64) {
        let seat = self.slot(slot);
        seat.peak.fetch_max(pending, Ordering::AcqRel);
        let cast = seat.cast.load(Ordering::Acquire) as usize;
        let bound = self.bound(cast);
        if pending <= bound {
            return;
        }
        let bound = bound + seat.untold.now.load(Ordering::Acquire);
        if pending > bound {
            self.wrong(|| {
                format!(
                    "L6: the mailbox of {slot} holds {pending} and promises {bound}: {:?}",
                    self.plan.casts[cast]
                )
            });
        }
    }

    /// Looks at everybody's.
    pub(crate) fn look_at_all(&self) {
        for (slot, seat) in self.seats().iter().enumerate() {
            let Some(address) = seat.address.get() else { continue };
            let pending = address.pending();
            self.looked(slot as u32, pending);
            // By the thread that steps: whatever was told is in, and so an empty mailbox has been told all.
            if pending == 0 && seat.untold.now.load(Ordering::Acquire) > 0 {
                let who = (slot as u32, seat.states.load(Ordering::Acquire).wrapping_sub(1));
                let flows = &mut locked(&self.lists).flows;
                flows.iter_mut().filter(|flow| flow.by == who && flow.over).for_each(|flow| flow.told = true);
                let open = flows.iter().filter(|flow| flow.by == who && !flow.over).count();
                seat.untold.now.store(open as u64, Ordering::Release);
            }
        }
    }
}

/// What the engine has counted: nobody's mailbox has held more than the most that anybody's may.
pub(crate) fn peaks(book: &Book, system: &System) {
    // Who is a supervisor, or hears for one, has bounds of its own.
    if !book.plan.trees.is_empty() {
        return;
    }
    let most = (0..book.plan.casts.len()).map(|cast| book.bound(cast)).max().unwrap_or(0);
    let most =
        most + book.seats().iter().map(|seat| seat.untold.most.load(Ordering::Acquire)).max().unwrap_or(0);
    let fullest = system.activity().fullest;
    if fullest > most {
        book.wrong(|| format!("L6: a mailbox has held {fullest}, and none can hold more than {most}"));
    }
}
