//! Counters: each number is counted where it happens, by plain adds of one thread, and summed when somebody asks.

use super::counter::{self, Counter};
use crate::sync::{Arc, AtomicUsize, Ordering};
use crossbeam_utils::CachePadded;
use std::sync::{Mutex, MutexGuard, PoisonError};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)* ; $($(#[$of:meta])* $peak:ident,)*) => {
        /// One thread's counters, or a stripe shared by threads outside the engine.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $($(#[$doc])* pub(crate) $name: Counter,)*
            $($(#[$of])* pub(crate) $peak: Counter,)*
        }

        /// Sums, and peaks, over all threads.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub(crate) struct Totals {
            $(pub(crate) $name: u64,)*
            $(pub(crate) $peak: u64,)*
        }

        impl Totals {
            pub(crate) fn add(&mut self, counters: &Counters) {
                $(self.$name += counters.$name.get();)*
                $(self.$peak = self.$peak.max(counters.$peak.get());)*
            }
        }
    };
}

counters! {
    /// Sends tried.
    attempts,
    /// Sends that entered a mailbox.
    accepted,
    /// Refused because the mailbox was full.
    full,
    /// Refused because the mailbox was closed.
    closed,
    /// Refused because the address was stale.
    stale,
    /// Messages given to a handler.
    handled,
    /// Accepted, and dropped as the mailbox was full.
    dropped_newest,
    /// Accepted, and dropped to make room for newer ones.
    dropped_oldest,
    /// Accepted, and left when the actor was stopped at once.
    dead_stopped,
    /// Accepted, and left when the actor failed.
    dead_failed,
    /// Accepted into a reserved place, and found closed.
    dead_closed,
    /// Accepted, and left when the system was aborted.
    dead_aborted,
    /// Accepted, and left by a state that was replaced.
    dead_restarted,
    /// Accepted, and handed back when the state was replaced.
    returned_restart,
    /// Accepted, and handed back to its sender, as it made its receiver fail.
    returned_poison,
    /// Messages that their actor has put into its stash ...
    stashed,
    /// ... and of those, the ones that it got back, or left there when it ended.
    unstashed,
    /// Notices accepted.
    noticed,
    /// Notices that came into the mailbox, or were left outside it when the actor ended.
    admitted,
    /// Envelopes without a message that entered a mailbox: the ledger knows nothing of them.
    news,
    /// Of those, taken out.
    news_done,
    /// Replies that came after their ask had ended.
    late,
    /// Actors begun.
    spawned,
    /// Actors ended. Published, for [`Stats::living`].
    stopped,
    /// Handlers that panicked or returned an error.
    faults,
    /// Turns.
    turns,
    /// Actors taken from another worker's deque.
    steals,
    /// Actors taken from behind another worker's long handler.
    seized,
    /// Times a worker slept.
    parks,
    /// Times a worker woke another.
    wakes,
    /// Actors suspended on a full mailbox.
    muted,
    /// Actors resumed from that.
    resumed,
    /// One-shot timers armed.
    timers_armed,
    /// One-shot timers fired or given up; those cancelled are counted beside.
    timers_done,
    /// Futures piped.
    pipes,
    /// Of those, the ones that are over.
    pipes_done,
    /// Timer messages that found the mailbox at its hard limit and were tried again.
    timers_late,
    /// Ticks of periodic timers left out because the one before was not handled yet.
    ticks_missed,
    ;
    /// The most messages that a send found or left in a mailbox. A send that left one counts in `accepted` only.
    fullest,
}

/// Counts one-shot timers of one worker that were cancelled, by whoever did it.
pub(crate) type Cancelled = Arc<CachePadded<Counter>>;

/// The counters of an actor's own thread.
pub(crate) type OwnCounters = Arc<CachePadded<Counters>>;

/// All that there are, and those of threads that have left.
#[derive(Debug, Default)]
struct Own {
    all: Vec<OwnCounters>,
    spare: Vec<OwnCounters>,
}

/// Stripes for threads outside the engine.
const STRIPES: usize = 16;

/// All counters of a system.
#[derive(Debug)]
pub(crate) struct Stats {
    pub(crate) workers: Box<[CachePadded<Counters>]>,
    outside: Box<[CachePadded<Counters>]>,
    /// Those of actors' own threads.
    own: Mutex<Own>,
    /// One for each worker, and one for all own threads. Timers keep it alive, so that one can be cancelled after its system has gone.
    pub(crate) cancelled: Box<[Cancelled]>,
    /// Piped futures that are over, which may happen on any thread, and after the system has gone.
    pub(crate) pipes_done: Arc<CachePadded<Counter>>,
}

impl Stats {
    pub(crate) fn new(workers: usize) -> Self {
        let padded = |n| (0..n).map(|_| CachePadded::new(Counters::default())).collect();
        Self {
            workers: padded(workers),
            outside: padded(STRIPES),
            own: Mutex::default(),
            pipes_done: Arc::default(),
            cancelled: (0..=workers).map(|_| Cancelled::default()).collect(),
        }
    }

    /// Counters for one more own thread: those of one that has left, or new ones.
    pub(crate) fn own_counters(&self) -> OwnCounters {
        let mut own = self.lock_own();
        own.spare.pop().unwrap_or_else(|| {
            own.all.push(OwnCounters::default());
            OwnCounters::clone(&own.all[own.all.len() - 1])
        })
    }

    /// The thread of these has left, and writes no more.
    pub(crate) fn spare(&self, counters: &OwnCounters) {
        self.lock_own().spare.push(Arc::clone(counters));
    }

    fn lock_own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stripe of the calling thread, which is not a worker: use `add_shared` on it.
    pub(crate) fn outside(&self) -> &Counters {
        thread_local!(static STRIPE: usize = {
            static NEXT: AtomicUsize = AtomicUsize::new(0);
            NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES
        });
        &self.outside[STRIPE.with(|stripe| *stripe)]
    }

    /// Actors that live, or have ended while it was looked: never fewer than lived at one moment of that ([`counter::living`]). By
    /// [`Stats::totals`] nobody can tell, as `stopped` may be read there after an end whose beginning was read over.
    pub(crate) fn living(&self) -> u64 {
        counter::living(|| self.sum(|counters| &counters.spawned), || self.sum(|counters| &counters.stopped))
    }

    fn sum(&self, of: impl Fn(&Counters) -> &Counter) -> u64 {
        let mut sum = 0;
        self.each(|counters| sum += of(counters).get());
        sum
    }

    /// Those of workers, of outside, and of own threads, which are as many as there were when their turn comes.
    fn each(&self, mut visit: impl FnMut(&Counters)) {
        self.workers.iter().chain(self.outside.iter()).for_each(|counters| visit(counters));
        self.lock_own().all.iter().for_each(|counters| visit(counters));
    }

    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.each(|counters| totals.add(counters));
        if totals.accepted > 0 {
            totals.fullest = totals.fullest.max(1);
        }
        totals.pipes_done += self.pipes_done.get();
        totals.timers_done += self.cancelled.iter().map(|cancelled| cancelled.get()).sum::<u64>();
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::AtomicBool;

    /// One lives all along, and others begin and end beside it: whenever it is looked somebody lives. One thread is enough to count the
    /// beginnings as a worker does, and the ends as an own thread.
    #[test]
    fn who_lives_is_seen_whatever_ends_beside_it() {
        let stats = Stats::new(1);
        let own = stats.own_counters();
        stats.workers[0].spawned.add(1);
        let over = AtomicBool::new(false);
        let looks = std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..1_000_000 {
                    stats.workers[0].spawned.add(1);
                    own.stopped.publish(1);
                }
                over.store(true, Ordering::Release);
            });
            let looks = (0..).take_while(|_| !over.load(Ordering::Acquire));
            looks.filter(|_| stats.living() == 0).count()
        });
        assert_eq!(looks, 0, "looks at which nobody lived");
        assert_eq!(stats.living(), 1);
    }
}
