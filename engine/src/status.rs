//! What a system and its actors look like from outside: glances, of which none need agree with the next.

use crate::cell::arena;
use crate::scheduler::shared::Shared;
use crate::sync::Ordering;

/// What the workers of a system did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Activity {
    /// Turns run; to hand an actor to a thread of its own is one too.
    pub turns: u64,
    /// Messages given to a handler. [`System::ledger`] tells so too, and looks into every mailbox for it.
    pub handled: u64,
    /// Sends that a full mailbox refused.
    pub refused: u64,
    /// Actors taken from another worker: from its deque, or from behind a long handler.
    pub steals: u64,
    /// Of those, the ones taken from behind a long handler.
    pub rescued: u64,
    /// Times a worker slept.
    pub parks: u64,
    /// Times a worker woke another.
    pub wakes: u64,
    /// Times an actor was suspended on a full mailbox.
    pub muted: u64,
    /// Bytes of ended actors that wait until nobody can reach them; it grows while a worker is inside one long turn.
    pub retired_bytes: u64,
    /// Bytes of slots, in the whole process, that are out of generations and not used again.
    pub spent_bytes: u64,
    /// Ticks of periodic timers left out because the one before was not handled in time.
    pub ticks_missed: u64,
    /// Timer messages that found a mailbox at its hard limit and were tried again.
    pub timers_late: u64,
    /// Envelopes without a message that entered a mailbox: the engine's own news of expired asks and of batches, and the beginnings
    /// and ends of flows. No ledger counts them.
    pub news: u64,
    /// The most messages that any mailbox has held at once, those being handled included, as each send found it (of a flow too):
    /// timers, outcomes of asks and news of pressure, which enter above any bound, raise it only by the next send.
    pub fullest: u64,
}

/// What the workers did so far.
pub(crate) fn activity(shared: &Shared) -> Activity {
    let totals = shared.stats.totals();
    let limbo = shared.desks.iter().map(|d| d.limbo_bytes.load(Ordering::Relaxed)).sum();
    Activity {
        turns: totals.turns,
        handled: totals.handled,
        refused: totals.full,
        steals: totals.steals + totals.seized,
        rescued: totals.seized,
        parks: totals.parks,
        wakes: totals.wakes,
        muted: totals.muted,
        retired_bytes: limbo,
        spent_bytes: arena::spent_bytes(),
        ticks_missed: totals.ticks_missed,
        timers_late: totals.timers_late,
        news: totals.news,
        fullest: totals.fullest,
    }
}
