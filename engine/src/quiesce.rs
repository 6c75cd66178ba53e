//! Quiescence: waiting until nothing is left to do.
//!
//! A worker's `activity` is even while it holds nothing runnable, and changes whenever it takes something up. A scan
//! finds the system at rest if no blocking work and no piped future is under way and no actor is with a thread of its own, all activities are even, injector and deques are empty, no one-shot timer is armed,
//! nobody is muted, and the ledger's sums agree. Two equal scans in a row mean rest: a message that was on its way
//! between the first look and the last has changed a sum or an activity.

use crate::actor::outlook::{self, Stall, for_each_actor};
use crate::actor::outside::wait_in_vain;
use crate::actor_tree::ActorTree;
use crate::cell::arena;
use crate::cell::header::CellPtr;
use crate::error::{Busy, Running};
use crate::ledger::{Dead, Dropped, Ledger, Refused, Returned};
use crate::mailbox::credit::CellNumber;
use crate::mailbox::overflow::Overflow;
use crate::scheduler::shared::Shared;
use crate::scheduler::stats::Totals;
use crate::stall::StallTimes;
use crate::sync::{Ordering, fence};
use std::ptr::NonNull;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

#[derive(PartialEq, Eq)]
struct Scan {
    /// Blocking work that is not over.
    blocking: usize,
    /// Actors handed to their own threads.
    apart: usize,
    activity: Vec<u64>,
    totals: Totals,
}

impl Scan {
    fn take(shared: &Shared) -> Scan {
        // First: what a piece of work told is counted before it is over, and who takes the pool's lock later sees that.
        let blocking = shared.errands.usage().pending();
        // Before the counters too: a turn on an own thread is counted before it is over.
        let apart = shared.own.busy();
        fence(Ordering::SeqCst);
        let activity = shared.desks.iter().map(|d| d.activity.load(Ordering::SeqCst)).collect();
        Scan { blocking, apart, activity, totals: shared.stats.totals() }
    }

    /// Nothing happens any more until a timer fires, or somebody outside does something.
    fn is_still(&self, shared: &Shared) -> bool {
        self.blocking == 0
            && self.apart == 0
            && self.activity.iter().all(|a| a % 2 == 0)
            && shared.injector.is_empty()
            && shared.arriving_count.load(Ordering::SeqCst) == 0
            && shared.desks.iter().all(|d| d.stealer.is_empty())
            && self.totals.pipes == self.totals.pipes_done
    }

    fn at_rest(&self, shared: &Shared) -> bool {
        self.is_still(shared) && self.totals.timers_armed == self.totals.timers_done && self.is_done()
    }

    /// Nobody has anything to handle, or waits for a place.
    fn is_done(&self) -> bool {
        self.are_there() && self.totals.accepted == self.totals.handled + self.gone() + self.kept()
    }

    /// Every send has come to its end, and nobody waits for a place.
    fn are_there(&self) -> bool {
        self.totals.attempts == self.totals.accepted + self.refused()
            && self.totals.muted == self.totals.resumed
    }

    /// In a system that [awaits](Scan::awaits) pauses alone: whether nobody would have anything to handle but for them. Whoever has, and is
    /// not in a turn, waits for a pause, or for one who does; or he is suspended over it, and waits for nobody who comes.
    fn rests_but_for_pauses(&self, shared: &Shared) -> bool {
        self.is_done() || self.are_there() && suspended(shared).is_empty()
    }

    /// Only these timers are waited for, and what waits for them in turn.
    fn awaits(&self, shared: &Shared, pauses: u64) -> bool {
        pauses > 0 && self.timers() == pauses && self.is_still(shared)
    }

    fn refused(&self) -> u64 {
        self.totals.full + self.totals.closed + self.totals.stale
    }

    /// Dead, dropped or returned: by the ledger, so that no cause is forgotten in one of the two.
    fn gone(&self) -> u64 {
        let ledger = sums(&self.totals, 0);
        ledger.dropped.total() + ledger.dead.total() + ledger.returned.total()
    }

    /// In stashes: whether they are ever taken out again is their actors' business.
    fn kept(&self) -> u64 {
        self.totals.stashed.saturating_sub(self.totals.unstashed)
    }

    fn unhandled(&self) -> u64 {
        self.totals.accepted.saturating_sub(self.totals.handled + self.gone() + self.kept())
    }

    fn timers(&self) -> u64 {
        self.totals.timers_armed.saturating_sub(self.totals.timers_done)
    }

    fn pipes(&self) -> u64 {
        self.totals.pipes.saturating_sub(self.totals.pipes_done)
    }

    fn muted(&self) -> u64 {
        self.totals.muted.saturating_sub(self.totals.resumed)
    }
}

/// Looks at a ledger that does not add up although the sums do, before it is believed.
const LOOKS: u32 = 1_000;

/// Waits for rest, for `deadline` at most.
#[track_caller]
pub(crate) fn quiesce(shared: &Shared, deadline: Duration) -> Result<Ledger, Busy> {
    match wait(shared, deadline, || 0, false)? {
        Settled::Rest(ledger) => Ok(ledger),
        _ => unreachable!("rest alone is waited for"),
    }
}

/// What a system that comes down has come to.
pub(crate) enum Settled {
    Rest(Ledger),
    /// Nothing is waited for but pauses of those that come down first, and what waits for them in turn; `rest` says that there would be
    /// rest without them.
    Pauses {
        rest: bool,
    },
    /// Nothing happens any more, and these are suspended over something to handle.
    Suspended(Vec<(CellNumber, u32)>),
}

/// The same in a system that comes down; `rested` says that it has been at rest since, so that whatever a suspended actor has to handle
/// was brought upon it by that.
#[track_caller]
pub(crate) fn settle(shared: &Shared, deadline: Duration, rested: bool) -> Result<Settled, Busy> {
    wait(shared, deadline, || shared.pauses(), rested)
}

#[track_caller]
fn wait(
    shared: &Shared,
    deadline: Duration,
    pauses: impl Fn() -> u64,
    rested: bool,
) -> Result<Settled, Busy> {
    let started = Instant::now();
    let mut looks = 0;
    // Every cell is looked at for them: once for each state that lasts.
    let mut searched = None;
    shared.quiet_wanted.fetch_add(1, Ordering::SeqCst);
    let result = loop {
        let first = Scan::take(shared);
        if first.at_rest(shared) {
            let second = Scan::take(shared);
            if second == first && second.at_rest(shared) {
                let ledger = ledger(shared);
                // A timer of the engine's own may have put news into a mailbox just now: that is handled at once. What
                // stays is a place that somebody outside was granted and has not used, and that is rest.
                looks += 1;
                if ledger.check().is_ok() || looks > LOOKS || started.elapsed() >= deadline {
                    break Ok(Settled::Rest(ledger));
                }
                std::thread::yield_now();
            }
            if started.elapsed() < deadline {
                continue;
            }
        }
        if first.awaits(shared, pauses()) {
            let second = Scan::take(shared);
            if second == first && second.awaits(shared, pauses()) {
                break Ok(Settled::Pauses { rest: second.rests_but_for_pauses(shared) });
            }
        }
        if rested && first.unhandled() > 0 && first.is_still(shared) && searched.as_ref() != Some(&first) {
            let suspended = suspended(shared);
            // One scan proves nothing: sums that agree may have been read beside what changes both.
            if !suspended.is_empty() && Scan::take(shared) == first && first.is_still(shared) {
                break Ok(Settled::Suspended(suspended));
            }
            searched = Some(first);
            continue;
        }
        let waited = started.elapsed();
        if waited >= deadline {
            break Err(busy(shared, &first, waited));
        }
        if shared.is_stepped_here() {
            shared.quiet_wanted.fetch_sub(1, Ordering::SeqCst);
            wait_in_vain("System::quiesce", "`Simulation::quiesce`");
        }
        nap(shared, deadline - waited);
    };
    shared.quiet_wanted.fetch_sub(1, Ordering::SeqCst);
    result
}

/// Waits until workers run out of work, which they tell who is on `quiet_wanted`, but for a millisecond at most: that covers one that
/// did so just before.
pub(crate) fn nap(shared: &Shared, most: Duration) {
    let nap = most.min(Duration::from_millis(1));
    let held = shared.quiet_waiters.lock().unwrap_or_else(PoisonError::into_inner);
    drop(shared.quiet.wait_timeout(held, nap).unwrap_or_else(PoisonError::into_inner));
}

fn busy(shared: &Shared, scan: &Scan, waited: Duration) -> Busy {
    Busy {
        ledger: Box::new(ledger(shared)),
        waited,
        unhandled: scan.unhandled(),
        timers: scan.timers(),
        muted: scan.muted(),
        pipes: scan.pipes(),
        suspended: suspended(shared).len() as u64,
        blocking: scan.blocking as u64,
        lasting: 0,
        actors: if scan.unhandled() > 0 { named(shared, pending) } else { Box::default() },
        workers: (0..shared.desks.len())
            .filter(|worker| scan.activity[*worker] % 2 == 1)
            .map(|worker| running(shared, worker))
            .chain(
                shared.own.all().iter().filter_map(|own| Some(at(shared, shared.desks.len(), own.inside()?))),
            )
            .collect(),
    }
}

/// What is left where neither time nor what was done about it has brought rest.
pub(crate) fn held_up(shared: &Shared) -> Busy {
    busy(shared, &Scan::take(shared), Duration::ZERO)
}

/// Suspended actors over something to handle.
fn suspended(shared: &Shared) -> Vec<(CellNumber, u32)> {
    let mut all = Vec::new();
    for_each_actor(shared, |cell, generation| {
        if outlook::is_held_back(cell, generation) {
            all.push((arena::number(cell), generation));
        }
    });
    all
}

/// So many actors are named.
const NAMED: usize = 16;

/// Actors by type and address, each with what `words` says about it; those are left out about which it says nothing.
fn named(shared: &Shared, words: impl Fn(CellPtr, u32) -> Option<String>) -> Box<[String]> {
    let mut names = Vec::new();
    for_each_actor(shared, |cell, generation| {
        if names.len() < NAMED
            && let Some(words) = words(cell, generation)
        {
            let Running { actor, number, .. } = at(shared, 0, cell);
            names.push(format!("{actor} {number}.{generation}{words}"));
        }
    });
    names.into()
}

fn pending(cell: CellPtr, generation: u32) -> Option<String> {
    let pending = outlook::queued(cell, generation);
    (pending > 0).then(|| format!(", {pending} pending"))
}

/// At rest, and actors are left all the same: they do not end, or came as fast as they were stopped.
pub(crate) fn not_down(shared: &Shared, ledger: &Ledger, waited: Duration) -> Busy {
    Busy {
        waited,
        unhandled: 0,
        timers: 0,
        muted: 0,
        pipes: 0,
        suspended: 0,
        blocking: 0,
        workers: Vec::new(),
        lasting: shared.stats.living(),
        actors: named(shared, |_, _| Some(String::new())),
        ledger: Box::new(*ledger),
    }
}

/// The actor whose turn a worker is in, or was in last.
pub(crate) fn running(shared: &Shared, worker: usize) -> Running {
    let cell = NonNull::new(shared.desks[worker].running.load(Ordering::Relaxed));
    let Some(cell) = cell else { return Running { worker, actor: "none yet", number: 0, generation: 0 } };
    at(shared, worker, cell)
}

/// The actor in a cell that a thread of this system runs or ran.
pub(crate) fn at(shared: &Shared, worker: usize, cell: CellPtr) -> Running {
    // SAFETY: cells are never unmapped.
    let header = unsafe { cell.as_ref() };
    if !header.was_settled() {
        // It has its first tenant just now.
        return Running { worker, actor: "one that begins", number: arena::number(cell), generation: 0 };
    }
    // The cell may serve another system by now, or have served one that is gone: only a kind of this system's own is
    // known to be there.
    let actor = shared.type_of(header.kind_address()).unwrap_or("one that has ended");
    Running { worker, actor, number: arena::number(cell), generation: header.generation() }
}

/// What everybody is doing, by glances: a line for the system and one for each worker.
pub(crate) fn describe(shared: &Shared) -> String {
    describe_as(shared, |running| {
        let Running { actor, number, generation, .. } = running;
        format!("{actor} {number}.{generation}")
    })
}

/// The same, with actors as `name` has them.
pub(crate) fn describe_as(shared: &Shared, name: impl Fn(&Running) -> String) -> String {
    let mut text = format!("injector {}; {}", shared.injector.len(), shared.idle.describe());
    for (n, desk) in shared.desks.iter().enumerate() {
        let working = desk.activity.load(Ordering::Relaxed) % 2 == 1;
        let state = match (desk.gone.load(Ordering::Acquire) && !shared.is_ending(), working) {
            (true, _) => "dead",
            (false, true) => "working",
            (false, false) => "idle",
        };
        let own = desk.queue.seize(|queue| (queue.len(), queue.wheel.len()));
        let own = own.map_or("own queue in use".into(), |(queue, timers)| {
            format!("own queue {queue}, timers {timers}")
        });
        let turns = shared.stats.workers[n].turns.get();
        // Of a worker that has had no turn nobody is named.
        let begun = !desk.running.load(Ordering::Relaxed).is_null();
        let of = if begun { format!(" at {}", name(&running(shared, n))) } else { String::new() };
        text += &format!("\nworker {n}{of}: {state}, {turns} turns, {own}, deque {}", desk.stealer.len());
    }
    for own in shared.own.all() {
        let state = if own.inside().is_some() { "in a turn" } else { "idle" };
        let Some(cell) = own.cell() else { continue };
        text += &format!("\nown thread at {}: {state}", name(&at(shared, 0, cell)));
    }
    match shared.drops.watching() {
        0 => {}
        watching => text += &format!("\ndrops are told to {watching}"),
    }
    match shared.dead.watching() {
        0 => {}
        watching => text += &format!("\ndead letters are told to {watching}"),
    }
    match shared.faults.watching() {
        0 => {}
        watching => text += &format!("\nfaults are told to {watching}"),
    }
    text
}

/// Who is muted on whom.
pub(crate) fn stalls(shared: &Shared) -> Vec<Stall> {
    let mut all = Vec::new();
    for_each_actor(shared, |cell, generation| all.extend(outlook::stall(shared, cell, generation)));
    all
}

/// Who is whose child.
pub(crate) fn tree(shared: &Shared) -> ActorTree {
    let mut all = Vec::new();
    for_each_actor(shared, |cell, generation| all.extend(outlook::relation(cell, generation)));
    ActorTree::of(all)
}

/// The ledger as it stands: sums of counters, and what lies in mailboxes, counted there.
pub(crate) fn ledger(shared: &Shared) -> Ledger {
    let totals = shared.stats.totals();
    let mut queued = 0;
    // With nobody alive there is no mailbox to look into.
    if shared.stats.living() > 0 {
        let lines = shared.has_kind(|limits| limits.overflow == Overflow::DropOldestExact);
        for_each_actor(shared, |cell, generation| {
            queued += if lines {
                outlook::queued(cell, generation)
            } else {
                // SAFETY: cells are never unmapped.
                u64::from(unsafe { cell.as_ref() }.mailbox.peek().count())
            };
        });
    }
    let stalled = shared.stall_times().iter().map(StallTimes::total).sum();
    Ledger { stalled, ..sums(&totals, queued) }
}

/// The sums, but for how long stalls took.
fn sums(totals: &Totals, counted: u64) -> Ledger {
    // Notices wait outside the mailbox, and the engine's own news is no message.
    let noticed = totals.noticed.saturating_sub(totals.admitted);
    let queued = (counted + noticed).saturating_sub(totals.news.saturating_sub(totals.news_done));
    Ledger {
        attempts: totals.attempts,
        accepted: totals.accepted,
        refused: Refused { full: totals.full, closed: totals.closed, stale: totals.stale },
        handled: totals.handled,
        dropped: Dropped { newest: totals.dropped_newest, oldest: totals.dropped_oldest },
        dead: Dead {
            stopped: totals.dead_stopped,
            failed: totals.dead_failed,
            closed: totals.dead_closed,
            aborted: totals.dead_aborted,
            restarted: totals.dead_restarted,
        },
        returned: Returned { restart: totals.returned_restart, poison: totals.returned_poison },
        queued,
        spawned: totals.spawned,
        stopped: totals.stopped,
        faults: totals.faults,
        mutes: totals.muted,
        stalled: Duration::ZERO,
        late_replies: totals.late,
    }
}
