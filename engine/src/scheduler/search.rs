//! A worker without work: where it looks, how long it spins, when it sleeps, and the sentinel that looks after the
//! others while it sleeps with one eye open.
//!
//! The proof sketch is in README.md beside this file; the models run these functions with peers of their own.

use super::idle::Sleep;
use super::peer::Peer;
use super::run_queue::Task;
use crate::sync::{Mutant, Ordering, mutant};
use crate::time::{Nanos, TICK, tick_of};
use crossbeam_deque::Steal;
use std::time::Duration;

/// How long a worker looks before it sleeps: what waking it would cost.
const SPIN: Nanos = 30_000;
/// Who has stepped aside for longer than this was kept off its processor. For so many times as long it sleeps at once where no other worker
/// is about: who is woken has its processor at once, who has yielded when its turn comes.
const KEPT_OFF: Nanos = 100_000;
const SLEEPS_INSTEAD: Nanos = 8;
/// Looks between two of the clock. A model looks once: more of the same finds nothing new.
const LOOKS: u32 = if cfg!(throng_loom) { 1 } else { 16 };
/// The sentinel's nap.
const NAP: Duration = Duration::from_millis(1);
/// The others are looked at this often. What they did in less time says nothing, and so does what they did long ago.
const LOOK: Nanos = 500_000;
const LONG_AGO: Nanos = 8 * LOOK;
/// Naps with everybody asleep after which the sentinel sleeps too.
const QUIET_NAPS: u32 = if cfg!(throng_loom) { 1 } else { 20 };
/// A worker that did more turns than this during a nap needs no help: it shares by itself.
const BRISK_TURNS: u64 = 1_000;

/// How a search ended.
#[derive(Debug)]
#[must_use]
pub(crate) enum Found {
    /// The caller runs this.
    Task(Task),
    /// Nothing was looked for yet: timers are over, and must be disposed of first.
    Spent,
    /// The system ends.
    Ending,
}

/// Looks for work elsewhere; sleeps when there is none.
pub(crate) fn search(peer: &mut impl Peer) -> Found {
    loop {
        // Even: this worker holds nothing. SeqCst: quiescence reads activity, queues and counters in this order.
        peer.activity(peer.index()).fetch_add(1, Ordering::SeqCst);
        peer.at_rest();
        peer.idle().start_spinning();
        peer.offline();
        let found = spin(peer);
        peer.idle().stop_spinning();
        let rescued = !found && !peer.is_ending() && sleep(peer);
        if let Some(found) = rise(peer, rescued) {
            return found;
        }
    }
}

/// After the search, and the sleep if it came to that: takes up what there is. None if there is nothing.
pub(super) fn rise(peer: &mut impl Peer, rescued: bool) -> Option<Found> {
    if !rescued {
        peer.activity(peer.index()).fetch_add(1, Ordering::SeqCst);
    }
    peer.online();
    if peer.is_ending() {
        return Some(Found::Ending);
    }
    peer.idle().at_work();
    peer.fire_own();
    if peer.has_spent() {
        pass_on(peer);
        hand_over(peer);
        return Some(Found::Spent);
    }
    // Who finds nothing after all wakes nobody to watch: it sleeps, and watches itself.
    let task = take_anything(peer)?;
    pass_on(peer);
    hand_over(peer);
    Some(Found::Task(task))
}

/// Whoever still sleeps must be watching, or be woken to watch.
pub(super) fn hand_over(peer: &impl Peer) {
    if let Some(worker) = peer.idle().hand_over(peer.has_timers()) {
        peer.unpark(worker);
    }
}

/// Waits actively for something to appear. Between its looks it steps aside: where workers are pinned to all processors and always
/// find something, a thread outside that sends would have none.
fn spin(peer: &mut impl Peer) -> bool {
    let begun = peer.now();
    if begun < *peer.crowded_until() && !another_is_about(peer) {
        return something_there(peer);
    }
    let until = begun + SPIN;
    loop {
        for _ in 0..LOOKS {
            if something_there(peer) || peer.is_ending() {
                return true;
            }
            std::hint::spin_loop();
        }
        let now = peer.now();
        if now >= until {
            return false;
        }
        if timer_due(peer, now) {
            return true;
        }
        // For its own timer it stays.
        if timer_due(peer, until) {
            continue;
        }
        let here = &*peer;
        if !here.idle().step_aside(|| something_there(here), || here.give_way()) {
            return true;
        }
        let back = peer.now();
        if back.saturating_sub(now) > KEPT_OFF {
            *peer.crowded_until() = back + SLEEPS_INSTEAD * (back - now);
        }
    }
}

/// Whether another worker looks, or is at work, by a glance.
fn another_is_about(peer: &impl Peer) -> bool {
    let is_at_work = |worker| peer.activity(worker).load(Ordering::Relaxed) % 2 == 1;
    peer.idle().others_spin()
        || (0..peer.workers()).any(|worker| worker != peer.index() && is_at_work(worker))
}

/// Whether a look would find anything.
pub(super) fn something_there(peer: &impl Peer) -> bool {
    peer.anything_common()
        || peer.timers_arrive()
        // SAFETY: the owner's thread.
        || unsafe { peer.own().enter(|queue| queue.len() > 0) }.unwrap_or(true)
}

fn timer_due(peer: &impl Peer, now: Nanos) -> bool {
    peer.has_timers() && look_at_timers(peer).flatten().is_some_and(|due| due <= tick_of(now))
}

/// The next due timer of the own wheel, if there is one; None if the queue is seized.
fn look_at_timers(peer: &impl Peer) -> Option<Option<u64>> {
    // SAFETY: the owner's thread.
    unsafe { peer.own().enter(|queue| queue.wheel.next_due()) }
}

/// Takes a task from the own queue, the injector or another's deque.
fn take_anything(peer: &mut impl Peer) -> Option<Task> {
    if let Some((task, _)) = peer.pop() {
        return Some(task);
    }
    if let Some(task) = peer.pop_deque() {
        return Some(task);
    }
    loop {
        let mut retry = false;
        match peer.steal_injected() {
            Steal::Success(task) => return Some(task),
            Steal::Retry => retry = true,
            Steal::Empty => {}
        }
        for n in 1..peer.workers() {
            match peer.steal_from((peer.index() + n) % peer.workers()) {
                Steal::Success(task) => return Some(task),
                Steal::Retry => retry = true,
                Steal::Empty => {}
            }
        }
        if !retry {
            return None;
        }
    }
}

/// While this worker was looking, publishers counted on it: for what it leaves where others can take it, somebody
/// else must be told.
fn pass_on(peer: &impl Peer) {
    if !mutant(Mutant::NoPassOn)
        && peer.anything_common()
        && let Some(worker) = peer.idle().published()
    {
        peer.unpark(worker);
    }
}

/// Sleeps until woken, until a timer is due, or as sentinel until there is something to do. True if it took work
/// from behind another worker's handler; its activity is odd already then.
fn sleep(peer: &mut impl Peer) -> bool {
    let here = &*peer;
    let sleep = here.idle().park(here.index(), || something_there(here) || here.is_ending());
    if sleep == Sleep::No {
        return false;
    }
    peer.count_park();
    if sleep == Sleep::Sentinel {
        return watch(peer);
    }
    sleep_deeply(peer);
    false
}

/// The sleep of a worker that is registered as parked.
pub(super) fn sleep_deeply(peer: &mut impl Peer) {
    loop {
        let now = peer.now();
        if timer_due(peer, now) || peer.is_ending() {
            break;
        }
        match look_at_timers(peer) {
            Some(Some(due)) => peer.doze(Some(until(due, now))),
            Some(None) => peer.doze(None),
            // Seized just now: the timers must not be slept over.
            None => peer.doze(Some(NAP)),
        }
        if !is_listed(peer) {
            return;
        }
    }
    let _ = peer.idle().awake(peer.index());
}

fn until(due: u64, now: Nanos) -> Duration {
    Duration::from_nanos(due.saturating_mul(TICK).saturating_sub(now))
}

fn is_listed(peer: &impl Peer) -> bool {
    peer.idle().is_parked(peer.index())
}

/// The sentinel's watch.
pub(super) fn watch(peer: &mut impl Peer) -> bool {
    let me = peer.index();
    let now = peer.now();
    if peer.is_time_to_look(now, LONG_AGO) {
        for worker in 0..peer.workers() {
            peer.turns_since(worker);
        }
    }
    let mut quiet = 0;
    let mut rescued = false;
    loop {
        let now = peer.now();
        let nap = match look_at_timers(peer).flatten() {
            Some(due) => NAP.min(until(due, now).max(Duration::from_micros(1))),
            None => NAP,
        };
        peer.doze(Some(nap));
        let now = peer.now();
        let called = !is_listed(peer);
        if called || something_there(peer) || peer.is_ending() {
            break;
        }
        let due = timer_due(peer, now);
        if peer.idle().all_parked() {
            if due {
                break;
            }
            quiet += 1;
            if quiet >= QUIET_NAPS && peer.idle().retire_sentinel() {
                sleep_deeply(peer);
                return false;
            }
            continue;
        }
        quiet = 0;
        // Also with a timer due: one that is every millisecond must not keep the sentinel from its duty.
        if peer.is_time_to_look(now, LOOK) {
            // Odd before anything is taken: quiescence must not find both queues empty.
            peer.activity(me).fetch_add(1, Ordering::SeqCst);
            peer.online();
            rescued = rescue(peer, now, BRISK_TURNS);
            if rescued {
                break;
            }
            peer.offline();
            peer.activity(me).fetch_add(1, Ordering::SeqCst);
        }
        if due {
            break;
        }
    }
    peer.idle().leave_sentinel();
    let _ = peer.idle().awake(me);
    rescued
}

/// Takes what is runnable, and what timers are due, from behind workers that ended `brisk` turns or fewer since
/// the last look. The caller is online, and its activity is odd.
pub(crate) fn rescue(peer: &mut impl Peer, now: Nanos, brisk: u64) -> bool {
    let mut rescued = false;
    for victim in 0..peer.workers() {
        let since = peer.turns_since(victim);
        let working = peer.activity(victim).load(Ordering::Relaxed) % 2 == 1;
        if victim == peer.index() || since > brisk || !working {
            continue;
        }
        let mut tasks = Vec::new();
        let mut due = Vec::new();
        peer.queue(victim).seize(|queue| {
            queue.take_half(|task| tasks.push(task));
            queue.wheel.advance(tick_of(now), |timer| due.push(timer));
        });
        peer.count_seized(tasks.len());
        rescued |= !tasks.is_empty() || !due.is_empty();
        for task in tasks {
            peer.schedule_last(task.0);
        }
        peer.fire_seized(due, now);
        // What it has put where others can take it: those who are idle find it, but nobody may be.
        loop {
            match peer.steal_from(victim) {
                Steal::Success(task) => {
                    rescued = true;
                    peer.schedule_last(task.0);
                    break;
                }
                Steal::Retry => {}
                Steal::Empty => break,
            }
        }
    }
    rescued
}
