//! L6: what a mailbox may hold, of each actor by its capacity, its policy and its own senders.

use crate::book::Book;
use crate::plan::{Aim, Deed, Plan, Way};
use std::sync::atomic::Ordering;
use throng::{Overflow, System};

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
    pub(crate) fn look(&self, slot: u32) {
        let Some(address) = self.slot(slot).address.get() else { return };
        self.looked(slot, address.pending());
    }

    fn looked(&self, slot: u32, pending: u64) {
        let seat = self.slot(slot);
        if seat.peak.fetch_max(pending, Ordering::AcqRel) >= pending {
            return;
        }
        let cast = seat.cast.load(Ordering::Acquire) as usize;
        let bound = self.bound(cast);
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
        for slot in 0..self.seats().len() as u32 {
            self.look(slot);
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
    let fullest = system.activity().fullest;
    if fullest > most {
        book.wrong(|| format!("L6: a mailbox has held {fullest}, and none can hold more than {most}"));
    }
}
