//! One worker among its peers: how it makes actors runnable, takes them up, and tells the others what they may take.
//!
//! The protocol is here and in [`super::search`], once: [`Peer`] names what it needs of a worker, and provides the rest.
//! The worker of the engine is a peer whose deque and injector are crossbeam's, which loom cannot run; the peers of the
//! models have stand-ins for these two, for the clock and for the kernel's sleep, and nothing else of their own.

use super::idle::Idle;
use super::lease::Lease;
use super::run_queue::{RunQueue, Task};
use crate::cell::header::CellPtr;
use crate::sync::{AtomicU64, spin_loop};
use crate::time::Nanos;
use crossbeam_deque::Steal;
use std::time::Duration;

/// What the protocol needs of a worker.
pub(crate) trait Peer {
    /// A timer.
    type Timer;

    /// Which of the workers it is.
    fn index(&self) -> usize;
    /// How many there are.
    fn workers(&self) -> usize;
    /// Who sleeps.
    fn idle(&self) -> &Idle;
    /// Whether all shall leave.
    fn is_ending(&self) -> bool;
    /// The queue under a worker's lease, and this worker's own.
    fn queue(&self, worker: usize) -> &Lease<RunQueue<Self::Timer>>;
    fn own(&self) -> &Lease<RunQueue<Self::Timer>>;
    /// Even while a worker holds nothing runnable.
    fn activity(&self, worker: usize) -> &AtomicU64;
    /// Turns that a worker ended since this was last asked.
    fn turns_since(&mut self, worker: usize) -> u64;
    /// Whether this long has passed since the others were looked at last; if so, they are now.
    fn is_time_to_look(&mut self, now: Nanos, after: Nanos) -> bool;

    /// Whether there is anything in the injector or in anybody's deque.
    fn anything_common(&self) -> bool;
    /// Publishes a task through the injector, and wakes whom [`Idle::publish`] says.
    fn inject(&self, cell: CellPtr);
    /// Takes a task from the injector, and maybe more into the own deque.
    fn steal_injected(&mut self) -> Steal<Task>;
    /// The same from another's deque.
    fn steal_from(&mut self, victim: usize) -> Steal<Task>;
    /// Puts a task into the own deque, where others can take it. Tells nobody.
    fn push_deque(&self, task: Task);
    /// Takes one back.
    fn pop_deque(&mut self) -> Option<Task>;

    /// Whether its wheel may hold timers, and whether some made outside wait for a wheel.
    fn has_timers(&self) -> bool;
    fn timers_arrive(&self) -> bool;
    /// Fires what is due on the own wheel; runs no user code.
    fn fire_own(&mut self);
    /// Fires what was taken from another's.
    fn fire_seized(&mut self, due: Vec<Self::Timer>, now: Nanos);
    /// Whether timers are over and must be disposed of before anything else.
    fn has_spent(&self) -> bool;

    /// The time of the system's clock.
    fn now(&self) -> Nanos;
    /// Lets another thread have the processor, if one wants it.
    fn give_way(&self);
    /// Until when it looks only once before it sleeps: others want its processor.
    fn crowded_until(&mut self) -> &mut Nanos;
    /// Sleeps until woken, or for so long.
    fn doze(&mut self, at_most: Option<Duration>);
    /// Ends a worker's sleep.
    fn unpark(&self, worker: usize);
    /// The worker holds nothing runnable from here on; it tells who waits for that.
    fn at_rest(&mut self);
    /// Begins and ends an online section; see [`crate::cell::grace`].
    fn online(&self);
    fn offline(&self);
    /// Counters.
    fn count_park(&self);
    fn count_seized(&self, tasks: usize);

    /// Makes an actor run next: it was sent a message, or has credit again.
    #[inline(always)]
    fn schedule_next(&mut self, cell: CellPtr) {
        // SAFETY: this is the owner's thread, and nothing inside `enter` calls back.
        let entered = unsafe { self.own().enter(|queue| queue.push_slot(Task(cell))) };
        if entered.is_none() {
            self.inject(cell);
        }
        self.watch_over();
    }

    /// Puts an actor at the end of the line: its turn is over and it has more to do, or it was just born.
    #[inline(always)]
    fn schedule_last(&mut self, cell: CellPtr) {
        // SAFETY: as in `schedule_next`.
        let entered = unsafe { self.own().enter(|queue| queue.push_back(Task(cell))) };
        if entered.is_none() {
            self.inject(cell);
        }
        self.watch_over();
    }

    /// Something may come to wait behind the handler that runs here: somebody must watch.
    #[inline(always)]
    fn watch_over(&mut self) {
        if self.idle().is_unguarded() {
            call_sentinel(self);
        }
    }

    /// Takes the next from the own queue, and how many are left. None means that it is empty: one that is seized is waited
    /// for, as who holds nothing may be taken to be at rest, and the seizer is inside for the length of a few moves.
    #[inline(always)]
    fn pop(&self) -> Option<(Task, usize)> {
        loop {
            // SAFETY: as in `schedule_next`.
            match unsafe { self.own().enter(RunQueue::pop) } {
                Some(popped) => return popped,
                None => spin_loop(),
            }
        }
    }
}

#[cold]
#[inline(never)]
fn call_sentinel(peer: &mut (impl Peer + ?Sized)) {
    if let Some(worker) = peer.idle().call_sentinel() {
        peer.unpark(worker);
    }
}

/// Gives the older half of what waits to whoever looks for work, or wakes somebody for it.
pub(super) fn share(peer: &impl Peer) {
    let mut tasks = Vec::new();
    // SAFETY: as in `schedule_next`.
    unsafe { peer.own().enter(|queue| queue.take_half(|task| tasks.push(task))) };
    let given = !tasks.is_empty();
    // Outside the lease, as pushing may run user code.
    tasks.into_iter().for_each(|task| peer.push_deque(task));
    if given && let Some(worker) = peer.idle().published() {
        peer.unpark(worker);
    }
}
