//! The deadlines of an actor's asks: a timer brings news into the mailbox, and the actor in its turn ends what has
//! expired.

use super::ask::{give, let_go};
use super::behavior::{Actor, Context};
use super::ext::{Asks, Ext};
use super::parcel::Record;
use super::post::Raw;
use super::tagged::{self, Given};
use crate::mailbox::envelope::{ALIGN, EXPIRY};
use crate::mailbox::pledge::{Claim, Pledge};
use crate::scheduler::shared::{Fire, Fired};
use crate::scheduler::worker::Worker;
use crate::sync::{Mutant, Ordering, mutant};
use crate::time::Nanos;
use std::ptr::NonNull;

impl<A: Actor> Context<'_, A> {
    /// Sees to it that the actor hears of asks that expire at `due` or before.
    #[inline(always)]
    pub(super) fn watch_asks(&mut self, asks: &mut Asks, due: Nanos) {
        if asks.watch_at == 0 || due < asks.watch_at {
            asks.watch_at = due;
            arm(self.worker(), self.raw(), due);
        }
    }

    /// At the news of a deadline: ends what has expired. The outcomes come as messages.
    pub(super) fn expire_asks(&mut self) {
        // SAFETY: a turn owns its cell.
        let Some(ext) = Ext::of(unsafe { self.cell.as_ref() }) else { return };
        // Before the clock is read: whoever finds news on its way counts on this look. Acquire pairs with the Release
        // of its swap, so that this look comes after its deadline.
        ext.news.swap(false, Ordering::AcqRel);
        let early = if mutant(Mutant::DeadlineEarly) { 1_000_000 } else { 0 };
        let now = self.worker().shared.clock.now() + early;
        let mut expired = Vec::new();
        // SAFETY: `asks` and its records belong to the owner; no user code runs inside.
        unsafe {
            ext.asks.with_mut(|asks| {
                let mut next_watch = Nanos::MAX;
                (*asks).watch_at = 0;
                let mut at = (*asks).first;
                while let Some(record) = NonNull::new(at) {
                    at = (*record.as_ptr()).next;
                    let deadline = (*record.as_ptr()).deadline;
                    if deadline > now {
                        next_watch = next_watch.min(deadline);
                    } else if Record::pledge(record).take() == Claim::Won {
                        expired.push(record);
                    }
                }
                if next_watch != Nanos::MAX {
                    self.watch_asks(&mut *asks, next_watch);
                }
            });
        }
        for record in expired {
            // SAFETY: won above, and listed.
            unsafe { self.time_out(ext, record) };
        }
    }

    /// Turns an expired ask into an envelope of its own, which takes its place on the list, and lets go of the block
    /// that the answerer knows.
    ///
    /// # Safety
    /// The ask is on this actor's list, and its pledge was won for the asker.
    unsafe fn time_out(&mut self, ext: &Ext, record: NonNull<Record>) {
        // SAFETY: the pledge was won, so the contents are ours; they move into a fresh block that nobody answers. The
        // list is the owner's.
        unsafe {
            let class = (*record.as_ptr()).class;
            let fresh = self.worker().pool.take(class).cast::<u8>();
            // Envelope and contents; the record's own line belongs to the answerer too.
            fresh.add(ALIGN).copy_from_nonoverlapping(record.cast::<u8>().add(ALIGN), class.bytes() - ALIGN);
            let fresh: NonNull<Record> = fresh.cast();
            let (take, expire) = ((*record.as_ptr()).take, (*record.as_ptr()).expire);
            let epoch = (*record.as_ptr()).epoch;
            // On the list: who cannot deliver it lets go of it first.
            fresh.write(Record { pledge: Pledge::answered(), ..Record::of_its_own(class, epoch, take) });
            ext.asks.with_mut(|asks| {
                (*asks).unlink(record);
                (*asks).link(fresh);
            });
            let_go(record);
            expire(fresh);
            let _: Given = give(self.raw(), fresh);
        }
    }
}

#[cold]
#[inline(never)]
fn arm(worker: &mut Worker, actor: Raw, due: Nanos) {
    worker.arm(due, Box::new(Expiry(actor)));
}

/// Tells an actor that asks of its may have expired.
#[derive(Debug)]
struct Expiry(Raw);

impl Fire for Expiry {
    unsafe fn fire(&mut self, worker: NonNull<()>, _: Nanos) -> Fired {
        // SAFETY: by the caller's promise.
        let worker = unsafe { worker.cast::<Worker>().as_mut() };
        // SAFETY: cells are never unmapped; the worker is online.
        let header = unsafe { self.0.cell().as_ref() };
        if header.generation() != self.0.generation() {
            return Fired::Done;
        }
        let Some(ext) = Ext::of(header) else { return Fired::Done };
        // News that is on its way does for this deadline too. Release pairs with the Acquire in `expire_asks`.
        if ext.news.swap(true, Ordering::AcqRel) {
            return Fired::Done;
        }
        let given = tagged::push_word(worker, self.0, EXPIRY);
        if given != Given::In {
            ext.news.store(false, Ordering::Relaxed);
        }
        if given == Given::Full { Fired::Full } else { Fired::Done }
    }
}
