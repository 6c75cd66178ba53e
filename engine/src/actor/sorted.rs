//! Turns of actors whose messages are sorted: lanes, batches, and mailboxes that drop their oldest. What happens when is the
//! mailbox floor's ([`lanes`]).

use super::behavior::{Actor, Batch, Context};
use super::ext::Ext;
use super::fault::Fault;
use super::parcel::Packing;
use super::seat;
use crate::cell::header::CellPtr;
use crate::mailbox::drain::Drain;
use crate::mailbox::envelope::Envelope;
use crate::mailbox::lanes::{self, Lane, Lanes, Sorted, Sorting, Wait};
use crate::mailbox::overflow::Overflow;
use crate::mailbox::queue::Mailbox;
use crate::mailbox::tenant::{Halt, NextSorted};
use crate::mailbox::word::SIGNAL;
use crate::panics::contained;
use crate::scheduler::drops::{DropCause, Loss};
use crate::sync::{Mutant, mutant};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// The next message of an actor whose messages are sorted: the tenant's, of this cell.
///
/// # Safety
/// As for [`Tenant::next_sorted`](crate::mailbox::tenant::Tenant::next_sorted).
#[cold]
#[inline(never)]
pub(super) unsafe fn next<T: Sorted<Fault = Fault>>(
    tenant: &mut T,
    cell: CellPtr,
    mailbox: &Mailbox,
    drain: &mut Drain,
    left: &mut u32,
) -> NextSorted<Fault> {
    // SAFETY: the turn owns the actor.
    let header = unsafe { cell.as_ref() };
    // SAFETY: as above.
    let limits = unsafe { header.kind() }.limits;
    let ext = Ext::of_or_new(header);
    // SAFETY: as above.
    if let Some(next) = unsafe { unstashed(ext, mailbox, drain, *left) } {
        return next;
    }
    let exact = limits.overflow == Overflow::DropOldestExact;
    let most = limits.gather + u32::from(mutant(Mutant::BatchOver));
    let line = exact.then(|| ext.latest(&limits));
    let sorting = Sorting {
        keep: (limits.overflow == Overflow::DropOldest).then_some(limits.capacity),
        gather: (limits.gather > 0).then_some(most),
    };
    // SAFETY: the turn owns the actor.
    unsafe { lanes::next(tenant, mailbox, ext.lanes(), line, drain, left, sorting) }
}

/// The next of what was given back from the stash, which comes before all that is sorted.
///
/// # Safety
/// The caller owns the actor.
unsafe fn unstashed(ext: &Ext, mailbox: &Mailbox, drain: &mut Drain, left: u32) -> Option<NextSorted<Fault>> {
    // SAFETY: by the caller's promise; the borrow ends here.
    let mut stash = unsafe { ext.stash() }?;
    // SAFETY: as above.
    let stash = unsafe { stash.as_mut() };
    if !stash.is_ready() {
        return None;
    }
    if mailbox.peek().has(SIGNAL) && !drain.overlooks_signal() {
        return Some(NextSorted::Halt(Halt::Signal));
    }
    if left == 0 {
        return Some(NextSorted::Halt(Halt::Yield));
    }
    let envelope = stash.next_ready()?;
    drain.handled();
    // SAFETY: off the stash, so it is the owner's.
    let tagged = unsafe { Envelope::tag(envelope) } != 0;
    Some(NextSorted::Message { envelope, tagged })
}

/// What a batch that panicked has taken is consumed, and the turn charged with it.
///
/// # Safety
/// The turn owns the actor, whose messages are sorted.
pub(super) unsafe fn interrupted(cell: CellPtr, drain: &mut Drain) {
    // SAFETY: by the caller's promise.
    unsafe { drain.handled_more((*Ext::of_or_new(cell.as_ref()).lanes().as_ptr()).end_batch()) };
}

impl<A: Actor> Sorted for Context<'_, A> {
    unsafe fn lane(&mut self, envelope: NonNull<Envelope>) -> Lane {
        if !self.limits().lanes || mutant(Mutant::UrgentIgnored) {
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
        let actor = std::any::type_name::<A>();
        watchers.tell(Loss { receiver: self.raw().0.get(), actor, cause: DropCause::Oldest });
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
        let mut batch = Batch {
            lanes,
            worker: self.worker,
            #[cfg(feature = "sim")]
            scene: None,
            messages: PhantomData,
        };
        // SAFETY: the turn owns the actor.
        unsafe { seat::state::<A>(self.cell).as_mut().handle_batch(&mut batch, self) }
    }
}
