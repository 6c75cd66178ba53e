//! Blocks from wherever the caller is: a worker's own pool, or the pool of a thread outside.

use super::parcel::{Barrier, Packing, Record};
use super::post;
use crate::cell::pool::{EnvelopeClass, Pool};
use crate::mailbox::envelope::{BARRIER, Envelope, NOTICE, REPLY};
use crate::scheduler::worker;
use std::ptr::NonNull;

/// Gives a block back.
///
/// # Safety
/// The block is of this class, and the caller's.
#[inline]
pub(super) unsafe fn free(class: EnvelopeClass, block: NonNull<Envelope>) {
    // SAFETY: by the caller's promise; the borrow of the worker ends with the call.
    unsafe {
        match worker::current() {
            Some(mut worker) => worker.as_mut().pool.give(class, block),
            None => free_outside(class, block),
        }
    }
}

/// # Safety
/// As for [`free`].
#[cold]
#[inline(never)]
unsafe fn free_outside(class: EnvelopeClass, block: NonNull<Envelope>) {
    // SAFETY: by the caller's promise.
    post::as_stranger(|stranger| unsafe { stranger.pool.give(class, block) });
}

/// Gives the block of a plain envelope back.
///
/// # Safety
/// The envelope is the caller's, was sealed for this type, and its message was moved out.
pub(super) unsafe fn free_plain<M>(envelope: NonNull<Envelope>) {
    // SAFETY: by the caller's promise.
    unsafe { free(Packing::<M>::CLASS, envelope) };
}

/// Gives the block of a tagged envelope back.
///
/// # Safety
/// The envelope is the caller's, is what its tag says, and its contents are gone.
#[cold]
pub(super) unsafe fn free_tagged(envelope: NonNull<Envelope>) {
    // SAFETY: by the caller's promise.
    unsafe {
        let (class, block) = tagged_block(envelope);
        free(class, block);
    }
}

/// As [`free_tagged`], to this pool.
///
/// # Safety
/// As for [`free_tagged`].
#[cold]
pub(super) unsafe fn free_tagged_to(pool: &mut Pool, envelope: NonNull<Envelope>) {
    // SAFETY: by the caller's promise.
    unsafe {
        let (class, block) = tagged_block(envelope);
        pool.give(class, block);
    }
}

/// The block that a tagged envelope lies in.
///
/// # Safety
/// The envelope is what its tag says.
#[inline(always)]
unsafe fn tagged_block(envelope: NonNull<Envelope>) -> (EnvelopeClass, NonNull<Envelope>) {
    // SAFETY: by the caller's promise; the class was written when the block was taken.
    unsafe {
        match Envelope::tag(envelope) {
            REPLY | NOTICE => {
                let record = Record::of(envelope);
                ((*record.as_ptr()).class, record.cast())
            }
            BARRIER => (Packing::<Barrier>::CLASS, envelope),
            _ => (Packing::<()>::CLASS, envelope),
        }
    }
}

/// Gives the block of a recorded envelope back.
///
/// # Safety
/// The caller alone can reach it, and its contents are gone.
pub(super) unsafe fn free_recorded(record: NonNull<Record>) {
    // SAFETY: by the caller's promise; the class was written when the block was taken.
    unsafe { free((*record.as_ptr()).class, record.cast()) };
}

/// Drops the message of a plain envelope and frees the block.
///
/// # Safety
/// The envelope is the caller's and holds an `M`.
pub(super) unsafe fn discard<M>(envelope: NonNull<Envelope>) {
    // SAFETY: by the caller's promise. The block is freed before the message is dropped, as that may panic.
    unsafe {
        let message = Packing::<M>::open(envelope);
        free_plain::<M>(envelope);
        drop(message);
    }
}
