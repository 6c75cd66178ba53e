//! What the two ends of a flow share; see [`super::flow`], which says who may touch what.

use crate::mailbox::grants::{Granted, Grants, Look};
use crate::panics::contained;
use crate::sync::{Arc, AtomicBool, Ordering, UnsafeCell};
use std::fmt;
use std::ptr::NonNull;

/// What the two ends of a flow share.
pub(super) struct Link {
    pub(super) grants: Grants,
    pub(super) window: u32,
    /// The consumer's address, as a number.
    pub(super) consumer: u64,
    pub(super) intake: UnsafeCell<Intake>,
    pub(super) look: Look,
    /// The consumer has seen the end: the producer wants no news.
    pub(super) finished: AtomicBool,
    /// Sends the producer that news.
    pub(super) tell: Box<dyn Fn(Arc<Link>) + Send + Sync>,
}

// SAFETY: `intake` is touched by the consumer's owner alone; ownership is handed over by Release/Acquire.
unsafe impl Sync for Link {}
// SAFETY: as above.
unsafe impl Send for Link {}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("window", &self.window)
            .field("consumer", &self.consumer)
            .finish_non_exhaustive()
    }
}

/// What the consumer reckons with.
#[derive(Debug)]
pub(super) struct Intake {
    /// Of the window: neither granted, nor on its way, nor with the producer.
    pub(super) spent: u32,
    pub(super) demand: Demand,
    pub(super) cancelled: bool,
}

/// Who grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Demand {
    /// The engine: the whole window at first, and what was consumed whenever that is half of it.
    #[default]
    Automatic,
    /// The consumer, by [`Inlet::grant`].
    ByHand,
}

/// An item on its way.
pub(super) struct Item<M> {
    pub(super) link: NonNull<Link>,
    pub(super) message: M,
}

/// So many items of this link are to be granted again.
pub(super) type Due = (Arc<Link>, u32);

impl Drop for Link {
    fn drop(&mut self) {
        // The producer's user code: wherever the last pointer goes, it must not take anybody else down.
        contained(|| drop(std::mem::replace(&mut self.tell, Box::new(|_| {}))));
    }
}

impl Link {
    /// Grants what was spent, or a part of it.
    pub(super) fn grant(self: &Arc<Self>, n: u32) {
        if self.grants.grant(n) == Granted::Tell {
            self.tell_producer();
        }
    }

    /// Sends the producer the news that it may try again.
    pub(super) fn tell_producer(self: &Arc<Self>) {
        if self.look.tell() {
            (self.tell)(Arc::clone(self));
        }
    }

    /// The consumer wants no more.
    ///
    /// # Safety
    /// The caller is the consumer's own turn.
    pub(super) unsafe fn cancel(self: &Arc<Self>) {
        // SAFETY: by the caller's promise.
        self.intake.with_mut(|intake| unsafe { (*intake).cancelled = true });
        self.abandon();
    }

    /// The consumer ends: nothing is granted any more.
    pub(super) fn abandon(self: &Arc<Self>) {
        if self.grants.cancel() == Granted::Tell {
            self.tell_producer();
        }
    }
}

/// The consumer's end of a flow: given to [`Actor::flow_opened`](crate::Actor::flow_opened). Good for granting by hand and for
/// cancelling. Where credit is granted by hand, dropping the last of its clones cancels the flow: nobody could grant any more.
#[derive(Debug, Clone)]
pub struct Inlet {
    pub(super) hand: Arc<Hand>,
}

/// What all clones of an inlet share.
#[derive(Debug)]
pub(super) struct Hand {
    pub(super) link: Arc<Link>,
    /// Nobody else grants.
    alone: AtomicBool,
}

impl Inlet {
    pub(super) fn new(link: &Arc<Link>) -> Self {
        Self { hand: Arc::new(Hand { link: Arc::clone(link), alone: AtomicBool::new(false) }) }
    }

    /// Credit is granted by hand.
    pub(super) fn grants_alone(&self) {
        // Relaxed: whoever drops the last clone has synchronised with all others by their count.
        self.hand.alone.store(true, Ordering::Relaxed);
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        if self.alone.load(Ordering::Relaxed) && !self.link.finished.load(Ordering::Relaxed) {
            self.link.abandon();
        }
    }
}
