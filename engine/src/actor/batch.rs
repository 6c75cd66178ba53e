//! Messages that are handled together, and the time that a batch waits to become full.

use super::behavior::{Actor, Batch, Context};
use super::ext::Ext;
use super::parcel::Packing;
use super::post::Raw;
use super::tagged::{self, Given};
use crate::mailbox::envelope::FLUSH;
use crate::mailbox::lanes::Wait;
use crate::scheduler::shared::{Fire, Fired};
use crate::scheduler::worker::Worker;
use crate::time::Nanos;
use std::ptr::NonNull;

impl<M> Iterator for Batch<'_, M> {
    type Item = M;

    fn next(&mut self) -> Option<M> {
        #[cfg(feature = "sim")]
        self.pause();
        // SAFETY: the lanes are the turn's that made the batch, and nobody else uses them while it lives.
        let envelope = unsafe { (*self.lanes.as_ptr()).give() }?;
        // SAFETY: the worker of this thread; the borrow ends before user code runs. The envelope holds an `M`: tagged ones are
        // not gathered.
        let message = unsafe {
            let worker = &mut *self.worker.as_ptr();
            let message = Packing::<M>::open(envelope);
            Packing::<M>::free(&mut worker.pool, envelope);
            worker.counters().handled.add(1);
            message
        };
        #[cfg(feature = "sim")]
        if let Some(scene) = &mut self.scene {
            scene.give(&message);
        }
        Some(message)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // SAFETY: as above.
        let left = unsafe { (*self.lanes.as_ptr()).left() };
        (left, Some(left))
    }
}

#[cfg(feature = "sim")]
impl<M> Batch<'_, M> {
    /// In a simulated turn, others may run before the next message.
    fn pause(&mut self) {
        if self.scene.is_none() {
            return;
        }
        let more = self.len() > 0;
        if let Some(scene) = &mut self.scene {
            scene.before(more);
        }
    }
}

impl<M> ExactSizeIterator for Batch<'_, M> {}
impl<M> std::iter::FusedIterator for Batch<'_, M> {}

impl<A: Actor> Context<'_, A> {
    /// Whether to wait for a batch to become full; `first` says that it has just begun.
    pub(super) fn wait_for_batch(&mut self, first: bool) -> Wait {
        let within = self.limits().within;
        if within == 0 {
            return Wait::Over;
        }
        // SAFETY: the turn owns the actor.
        let ext = Ext::of_or_new(unsafe { self.cell.as_ref() });
        let now = self.now();
        // SAFETY: the owner's.
        ext.patience.with_mut(|patience| unsafe {
            if first {
                (*patience).until = now.saturating_add(within);
            } else if now >= (*patience).until {
                return Wait::Over;
            }
            if !first && !(*patience).armed {
                (*patience).armed = true;
                self.worker().arm((*patience).until, Box::new(Flush(self.raw())));
            }
            Wait::On
        })
    }

    /// At the news that a batch has waited long enough: the turn looks at the clock next, and waits on if it was news of an
    /// earlier batch.
    pub(super) fn flush(&mut self) {
        // SAFETY: the turn owns the actor.
        if let Some(ext) = Ext::of(unsafe { self.cell.as_ref() }) {
            // SAFETY: the owner's.
            ext.patience.with_mut(|patience| unsafe { (*patience).armed = false });
        }
    }
}

/// Tells an actor that its batch has waited long enough.
#[derive(Debug)]
struct Flush(Raw);

impl Fire for Flush {
    unsafe fn fire(&mut self, worker: NonNull<()>, _: Nanos) -> Fired {
        // SAFETY: by the caller's promise.
        let worker = unsafe { worker.cast::<Worker>().as_mut() };
        let given = tagged::push_word(worker, self.0, FLUSH);
        if given == Given::Full { Fired::Full } else { Fired::Done }
    }
}
