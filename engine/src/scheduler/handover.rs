//! Handing an actor to a thread of its own.
//!
//! Protocol. There is one place, for one task: an actor has one owner, so nobody can hand over what lies here already. Who
//! hands over stores the task (Release), then unparks the thread; the thread takes by exchange (Acquire), and parks only after it
//! has found nothing. A parked thread keeps the token of an unpark that came before, so the task is not slept over.

use super::run_queue::Task;
use crate::cell::header::Header;
use crate::sync::{AtomicPtr, Mutant, Ordering, mutant};
use std::ptr::NonNull;

/// Where a worker leaves an actor for its own thread.
#[derive(Debug)]
pub(crate) struct Handover(AtomicPtr<Header>);

impl Handover {
    pub(crate) fn new() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    /// Hands the actor over, and wakes its thread by `unpark`.
    pub(crate) fn put(&self, task: Task, unpark: impl Fn()) {
        let early = mutant(Mutant::UnparkBeforeTask);
        if early {
            unpark();
        }
        // Release pairs with the Acquire in `take`: all that its former owners did.
        let before = self.0.swap(task.0.as_ptr(), Ordering::Release);
        debug_assert!(before.is_null(), "an actor has one owner");
        if !early {
            unpark();
        }
    }

    /// Takes the actor, if it is there. By its own thread.
    pub(crate) fn take(&self) -> Option<Task> {
        let order = if mutant(Mutant::RelaxedTake) { Ordering::Relaxed } else { Ordering::Acquire };
        NonNull::new(self.0.swap(std::ptr::null_mut(), order)).map(Task)
    }
}
