//! A system without threads: its actors run when its owner says so, on the machine's time or on one that its owner sets.

use crate::actor::address::Address;
use crate::actor::behavior::Actor;
use crate::blocking;
use crate::function::inbox::Inbox;
use crate::function::join::Join;
use crate::scheduler::worker::Worker;
use crate::sync::Ordering;
use crate::system::System;
use crate::time::nanos;
use std::future::Future;
use std::time::Duration;

/// A system without threads: its actors run on the thread that calls [`Inline::run_until_idle`] or [`Inline::advance`], the same
/// code in the same order each time. Made by [`Builder::inline`](crate::Builder::inline), or, with a clock that stands still until
/// it is told, by [`Builder::inline_virtual`](crate::Builder::inline_virtual).
#[derive(Debug)]
pub struct Inline {
    pub(crate) worker: Option<Box<Worker>>,
    system: System,
}

impl Inline {
    pub(crate) fn new(worker: Worker, system: System) -> Self {
        worker.sit_down();
        // Nothing runs between two calls.
        worker.desk().activity.fetch_add(1, Ordering::SeqCst);
        Self { worker: Some(Box::new(worker)), system }
    }

    /// Spawns an actor.
    ///
    /// # Panics
    /// As [`System::spawn`].
    pub fn spawn<A: Actor>(&self, actor: A) -> Address<A::Msg> {
        self.system.spawn(actor)
    }

    /// Spawns an actor from a function; see [`System::spawn_fn`].
    ///
    /// # Panics
    /// As [`System::spawn`].
    pub fn spawn_fn<M, F, Fut, T>(&self, f: F) -> (Address<M>, Join<T>)
    where
        M: Send + 'static,
        F: FnOnce(Inbox<M>) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.system.spawn_fn(f)
    }

    /// Runs turns until nothing is runnable, no timer is due and no [blocking work](crate::Context::blocking) is left, which it
    /// runs too; gives the number of turns.
    pub fn run_until_idle(&mut self) -> u64 {
        let Some(worker) = &mut self.worker else { return 0 };
        let mut turns = worker.run_until_idle();
        // One piece at a time, as each makes actors runnable.
        while blocking::run_here(self.system.shared()) {
            turns += worker.run_until_idle();
        }
        turns
    }

    /// Lets time pass: runs what is runnable now, then sets the clock to the time of each timer that is due within `by`, in
    /// order, and runs what follows from it, and sets it to the end at last. Gives the number of turns.
    ///
    /// A timer fires at its very time, and what it starts is done before the next one fires. Timers of one time fire in the
    /// order in which they were made, and one without delay fires a nanosecond later. A message that finds its mailbox at the hard limit is tried again each millisecond or so, and
    /// each try is a step. Otherwise the cost is in what is due, not in how far the clock goes.
    ///
    /// # Panics
    /// If the clock is the machine's ([`Builder::inline`](crate::Builder::inline)), which nobody can set.
    pub fn advance(&mut self, by: Duration) -> u64 {
        let clock = &self.system.shared().clock;
        assert!(
            clock.is_virtual(),
            "`advance` on the machine's clock: make the system with `Builder::inline_virtual`"
        );
        let until = clock.now().saturating_add(nanos(by));
        let mut turns = self.run_until_idle();
        while let Some(due) = self.first_due().filter(|due| *due <= until) {
            self.system.shared().clock.go_to(due);
            turns += self.run_until_idle();
        }
        self.system.shared().clock.go_to(until);
        turns
    }

    fn first_due(&self) -> Option<u64> {
        self.worker.as_ref().and_then(|worker| worker.first_due())
    }

    /// How long the clock has gone since the system was made.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.system.shared().clock.now())
    }

    /// The system: for its ledger and options. What waits for others on this thread ([`Ask::wait`](crate::Ask::wait),
    /// [`System::quiesce`], [`Join::wait`]) waits its time out by the machine's clock: nothing runs meanwhile, so it is for what other
    /// threads do.
    pub fn system(&self) -> &System {
        &self.system
    }
}

impl Drop for Inline {
    fn drop(&mut self) {
        // The worker first: the sweep demands that none is left.
        self.worker = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::behavior::Context;
    use crate::actor::exit::Exit;
    use crate::actor::fault::Fault;
    use crate::actor::spawn;
    use crate::supervisor::child::{Child, Supervisor};
    use crate::supervisor::tree::found;
    use crate::sync::Arc;

    struct NeverStarts;

    impl Actor for NeverStarts {
        type Msg = ();
        fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Err(Fault::msg("it never does"))
        }
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Ok(())
        }
    }

    /// A worker may be that quick, and whoever starts the tree that slow: here the tree is over before its root is known.
    #[test]
    fn a_tree_that_gives_up_at_once_says_why() {
        let mut inline = System::builder().inline();
        let shared = Arc::clone(inline.system().shared());
        let root =
            Supervisor::new().intensity(0, Duration::from_secs(5)).child(Child::new("a", || NeverStarts));
        let tree = found(root, &shared, |root, options, onlooker| {
            let root = spawn::seen_from_outside(&shared, root, options, onlooker).ok();
            inline.run_until_idle();
            root
        });
        let exit = tree.expect("there is room").exit();
        assert!(
            matches!(&exit, Some(Exit::Failed(why)) if why.to_string().contains("it never does")),
            "{exit:?}"
        );
    }
}
