//! How a system comes down once its workers have been told to leave: who is waited for, and how what is left ends.

use crate::actor::{ending, outlook};
use crate::cell::arena::{self, CellPool};
use crate::error::Running;
use crate::panics::contained;
use crate::quiesce;
use crate::scheduler::shared::Shared;
use crate::sync::{Arc, Ordering};
use std::collections::VecDeque;
use std::ptr::NonNull;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long it is waited before it is looked again who is inside a handler.
const LOOK: Duration = Duration::from_millis(5);

/// Has the actors that have a turn end after the message they are in. The phase is set: a worker that is between two turns begins
/// one at most after this, which is why it is done again and again.
fn break_off(shared: &Shared) {
    let working = shared.desks.iter().filter(|desk| desk.activity.load(Ordering::Relaxed) % 2 == 1);
    let on_workers = working.filter_map(|desk| NonNull::new(desk.running.load(Ordering::Relaxed)));
    let on_own = shared.own.all();
    let on_own = on_own.iter().filter_map(|own| own.inside());
    let kinds = shared.kind_addresses();
    for cell in on_workers.chain(on_own) {
        // SAFETY: cells are never unmapped.
        let header = unsafe { cell.as_ref() };
        if let Some((generation, kind)) = header.tenant_at_a_glance()
            && kinds.contains(&kind)
        {
            ending::break_off(arena::number(cell), generation);
        }
    }
}

/// Somebody has not come out of his handler in time: nobody accepts anything any more. Looks at every actor.
pub(crate) fn close_all(shared: &Shared) {
    outlook::for_each_actor(shared, |cell, generation| ending::break_off(arena::number(cell), generation));
}

/// Waits by `gone`, until a time, and breaks off turns meanwhile.
fn wait(shared: &Shared, until: Option<Instant>, mut gone: impl FnMut(Option<Instant>) -> bool) -> bool {
    let Some(until) = until else { return gone(None) };
    loop {
        break_off(shared);
        if gone(Some(until.min(Instant::now() + LOOK))) {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
    }
}

/// Joins workers, until a time. False if one has not left by then; it and those after it stay in the list.
pub(crate) fn join(
    shared: &Shared,
    threads: &mut VecDeque<(usize, JoinHandle<()>)>,
    until: Option<Instant>,
) -> bool {
    while let Some((index, _)) = threads.front() {
        if !wait(shared, until, |until| shared.wait_gone(*index, until)) {
            let running = quiesce::running(shared, *index);
            eprintln!(
                "throng: worker {running} is still inside its handler; its system is left until that ends"
            );
            return false;
        }
        if let Some((_, thread)) = threads.pop_front() {
            // One that has died of a panic has said so.
            drop(thread.join());
        }
    }
    true
}

/// Waits until the own threads of actors have left, until a time at most. False if one has not by then. The workers are gone.
pub(crate) fn join_own(shared: &Shared, until: Option<Instant>) -> bool {
    let mut left = Vec::new();
    let gone = wait(shared, until, |until| shared.own.wait_left(until).map_err(|those| left = those).is_ok());
    if gone {
        return true;
    }
    for cell in left.iter().filter_map(|own| own.cell()) {
        let Running { actor, number, generation, .. } = quiesce::at(shared, 0, cell);
        eprintln!(
            "throng: {actor} {number}.{generation} is still inside its handler, on its own thread; its system is left until \
             that ends"
        );
    }
    false
}

/// Ends whatever is left when no worker runs any more.
pub(crate) fn sweep(shared: &Arc<Shared>) {
    if shared.stats.living() > 0 {
        let mut pool = CellPool::new();
        let mut left = Vec::new();
        outlook::for_each_actor(shared, |cell, _| left.push(cell));
        for cell in left {
            // SAFETY: the workers are gone, this sweep alone ends actors, and the cell has a tenant.
            unsafe { ending::abort(cell, shared, &mut pool) };
        }
    }
    for timer in shared.take_timers() {
        // What it was to deliver is user data, and so is its Drop.
        if !contained(|| drop(timer)) {
            shared.outside().faults.add_shared(1);
        }
    }
    // Somebody may have found a kind of ours just now, in another system's turn or outside: all stays until nobody can be
    // looking at one.
    arena::outlive_readers(Arc::clone(shared));
}
