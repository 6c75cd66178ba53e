//! What a system and its actors look like from outside: glances, of which none need agree with the next.

use crate::cell::arena;
use crate::ledger::Ledger;
use crate::quiesce;
use crate::scheduler::shared::Shared;
use crate::sync::Ordering;
use std::fmt;
use std::time::Duration;

/// What the workers of a system did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Activity {
    /// Turns run; to hand an actor to a thread of its own is one too.
    pub turns: u64,
    /// Messages given to a handler. [`System::ledger`](crate::System::ledger) tells so too, and looks into every mailbox for it.
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

/// What a system is at; see [`System::status`](crate::System::status).
///
/// [`Display`](fmt::Display) has it in a few lines, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SystemStatus {
    /// Since it was started.
    pub uptime: Duration,
    /// Its workers.
    pub workers: usize,
    /// Of those, the ones that hold something runnable.
    pub working: usize,
    /// Whether every worker is pinned to a processor.
    pub pinned: bool,
    /// Actors that have begun and not ended.
    pub living: u64,
    /// Messages in mailboxes.
    pub pending: u64,
    /// Actors that are suspended on a full mailbox.
    pub muted: u64,
    /// One-shot timers that are armed.
    pub timers: u64,
    /// Threads for [blocking work](crate::Context::blocking), idle ones too.
    pub blocking_threads: usize,
    /// Blocking work that runs.
    pub blocking_running: usize,
    /// Blocking work that waits for a thread.
    pub blocking_queued: usize,
    /// Actors with a [thread of their own](crate::OptionsBuilder::own_thread).
    pub own_threads: usize,
    /// Of those, the ones in a turn.
    pub own_threads_working: usize,
    /// Where its messages went.
    pub ledger: Ledger,
}

impl fmt::Display for SystemStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pinned = if self.pinned { "pinned" } else { "not pinned" };
        writeln!(
            f,
            "up for {:?}; {} of {} workers at work, {pinned}",
            self.uptime, self.working, self.workers
        )?;
        writeln!(
            f,
            "actors: {} living, {} muted, {} timers; {} of {} on own threads at work",
            self.living, self.muted, self.timers, self.own_threads_working, self.own_threads
        )?;
        writeln!(
            f,
            "blocking work: {} running, {} waiting, {} threads",
            self.blocking_running, self.blocking_queued, self.blocking_threads
        )?;
        let (ledger, refused) = (&self.ledger, self.ledger.refused.total());
        write!(
            f,
            "messages: {} pending, {} handled, {refused} refused, {} dropped, {} dead; {} faults",
            self.pending,
            ledger.handled,
            ledger.dropped.total(),
            ledger.dead.total(),
            ledger.faults
        )
    }
}

/// What a system is at.
pub(crate) fn status(shared: &Shared) -> SystemStatus {
    let (ledger, totals, errands) = (quiesce::ledger(shared), shared.stats.totals(), shared.errands.usage());
    let own = shared.own.all();
    SystemStatus {
        uptime: Duration::from_nanos(shared.clock.now()),
        workers: shared.desks.len(),
        working: shared.desks.iter().filter(|desk| desk.activity.load(Ordering::Relaxed) % 2 == 1).count(),
        pinned: shared.pinned.load(Ordering::Relaxed),
        living: shared.stats.living(),
        pending: ledger.queued,
        muted: totals.muted.saturating_sub(totals.resumed),
        timers: totals.timers_armed.saturating_sub(totals.timers_done),
        blocking_threads: errands.threads,
        blocking_running: errands.running,
        blocking_queued: errands.queued,
        own_threads: own.len(),
        own_threads_working: own.iter().filter(|own| own.inside().is_some()).count(),
        ledger,
    }
}
