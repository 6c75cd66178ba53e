//! How a system comes down once its workers have been told to leave: who is waited for, and how what is left ends.

use crate::actor::{ending, outlook};
use crate::cell::arena::{self, CellPool};
use crate::error::Running;
use crate::panics::contained;
use crate::quiesce;
use crate::scheduler::shared::Shared;
use crate::sync::Arc;
use std::collections::VecDeque;
use std::thread::JoinHandle;
use std::time::Instant;

/// Joins workers, until a time. False if one has not left by then; it and those after it stay in the list.
pub(crate) fn join(
    shared: &Shared,
    threads: &mut VecDeque<(usize, JoinHandle<()>)>,
    until: Option<Instant>,
) -> bool {
    while let Some((index, _)) = threads.front() {
        if !shared.wait_gone(*index, until) {
            let running = quiesce::running(shared, *index);
            eprintln!(
                "throng: worker {running} is still inside its handler; its system is left until that ends"
            );
            return false;
        }
        if let Some((index, thread)) = threads.pop_front()
            && thread.join().is_err()
        {
            eprintln!("throng: worker {index} died of a panic");
        }
    }
    true
}

/// Waits until the own threads of actors have left, until a time at most. False if one has not by then. The workers are gone.
pub(crate) fn join_own(shared: &Shared, until: Option<Instant>) -> bool {
    let Err(left) = shared.own.wait_left(until) else { return true };
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
    let totals = shared.stats.totals();
    if totals.spawned != totals.stopped {
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
