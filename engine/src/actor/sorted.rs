//! Turns of actors whose messages are sorted: lanes, batches, and mailboxes that drop their oldest. What happens when is the
//! mailbox floor's ([`lanes`]).

use super::behavior::{Actor, Batch, Context, Fault};
use super::ext::Ext;
use super::parcel::Packing;
use super::seat;
use super::turn::attend;
use crate::cell::header::{CellPtr, Header};
use crate::mailbox::drain::Drain;
use crate::mailbox::envelope::Envelope;
use crate::mailbox::lanes::{self, Lane, Lanes, Sorted, Sorting, Wait};
use crate::mailbox::overflow::Overflow;
use crate::mailbox::turn::{Halt, Wish};
use crate::panics::{caught, contained};
use crate::scheduler::drops::DropCause;
use crate::scheduler::worker::Worker;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Runs one turn; the `sorted` of a kind's table.
///
/// # Safety
/// `worker` is the worker of this thread, and `cell` has a tenant of type `A` that the caller owns.
pub(super) unsafe fn turn<A: Actor>(worker: NonNull<()>, cell: CellPtr) {
    let worker: NonNull<Worker> = worker.cast();
    // SAFETY: by the caller's promise; cells are never unmapped.
    let header: &'static Header = unsafe { &*cell.as_ptr() };
    header.credit.resumed();
    let mut cx: Context<'_, A> = Context { worker, cell, wish: Wish::NOTHING, lifetime: PhantomData };
    let limits = *cx.limits();
    let ext = Ext::of_or_new(header);
    let exact = limits.overflow == Overflow::DropOldestExact;
    let line = exact.then(|| ext.latest(&limits));
    let sorting = Sorting {
        keep: (limits.overflow == Overflow::DropOldest).then_some(limits.capacity),
        gather: (limits.gather > 0).then_some(limits.gather),
    };
    // SAFETY: the turn owns the actor.
    let lanes = unsafe { ext.lanes() };
    let mut drain = Drain::new();
    let mut left = limits.batch;
    loop {
        // SAFETY: the caller's promise, handed on.
        let run = caught(|| unsafe {
            lanes::stretch(&mut cx, &header.mailbox, lanes, line, &mut drain, &mut left, sorting)
        });
        // SAFETY: the lanes are the turn's as long as it owns the actor, which it does unless it is gone.
        let go_on = match run.unwrap_or_else(|payload| Halt::Failed(Fault::from_panic(payload))) {
            Halt::Gone => false,
            halt => unsafe {
                // Of a batch that panicked.
                drain.handled_more((*lanes.as_ptr()).take_given());
                // At the end of its turn too it looks once more whom to drop, before it waits for a worker.
                attend(&mut cx, header, &mut drain, halt, left.max(1))
            },
        };
        if !go_on {
            return;
        }
    }
}

impl<A: Actor> Sorted for Context<'_, A> {
    unsafe fn lane(&mut self, envelope: NonNull<Envelope>) -> Lane {
        if !self.limits().lanes {
            return Lane::Normal;
        }
        let mut lane = Lane::Normal;
        let asked = contained(|| {
            // SAFETY: the turn owns the actor; the message stays where it is.
            lane = unsafe { seat::state::<A>(self.cell).as_ref().lane(Packing::<A::Msg>::look(envelope)) };
        });
        if !asked {
            self.worker().counters().faults.add(1);
        }
        lane
    }

    unsafe fn drop_oldest(&mut self, envelope: NonNull<Envelope>) {
        self.worker().counters().dropped_oldest.add(1);
        let watchers = self.worker().shared.drops.watchers();
        watchers.tell(self.raw().0.get(), std::any::type_name::<A>(), DropCause::Oldest);
        // SAFETY: by the caller's promise.
        let message = unsafe {
            let message = Packing::<A::Msg>::open(envelope);
            Packing::<A::Msg>::free(&mut self.worker().pool, envelope);
            message
        };
        if !contained(|| drop(message)) {
            self.worker().counters().faults.add(1);
        }
    }

    fn wait(&mut self, first: bool) -> Wait {
        self.wait_for_batch(first)
    }

    unsafe fn handle_batch(&mut self, lanes: NonNull<Lanes>) -> Result<(), Fault> {
        let mut batch = Batch { lanes, worker: self.worker, messages: PhantomData };
        // SAFETY: as below.
        let state = unsafe { seat::state::<A>(self.cell) }.as_ptr();
        let before = batch.len();
        // SAFETY: the turn owns the actor.
        unsafe { &mut *state }.handle_batch(&mut batch, self)?;
        if batch.len() == before
            && let Some(first) = batch.next()
        {
            // SAFETY: as above.
            return unsafe { &mut *state }.handle(first, self);
        }
        Ok(())
    }
}
