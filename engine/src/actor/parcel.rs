//! Packing messages into envelopes: where a message lies, what size of block it takes, and the record in front of an
//! envelope that is more than a message.
//!
//! ```text
//! plain:     | link | message ...                         |          64 to 1,024 bytes; larger ones are boxed
//! barrier:   | link | Barrier                             |          link carries the tag BARRIER
//! recorded:  | record, one line | link | its own contents |          link carries the tag REPLY or NOTICE
//! ```

use crate::cell::pool::{EnvelopeClass, Pool};
use crate::mailbox::envelope::{ALIGN, BARRIER, Envelope, REPLY};
use crate::mailbox::pledge::Pledge;
use std::any::TypeId;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// A message of the engine's own that every actor understands: handled, it tells whoever made it. See
/// [`Address::barrier`](crate::Address::barrier).
pub struct Barrier(pub(super) Box<dyn FnOnce() + Send>);

impl std::fmt::Debug for Barrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Barrier")
    }
}

/// The tag under which messages of this type travel.
#[inline(always)]
pub(super) fn tag_of<M: 'static>() -> usize {
    if TypeId::of::<M>() == TypeId::of::<Barrier>() { BARRIER } else { 0 }
}

/// How messages of one type are packed.
pub(super) struct Packing<M>(PhantomData<M>);

impl<M> Packing<M> {
    const INLINE: Option<EnvelopeClass> = {
        if std::mem::align_of::<M>() > ALIGN {
            None
        } else {
            let offset = Envelope::payload_offset(std::mem::align_of::<M>());
            EnvelopeClass::fitting(offset + std::mem::size_of::<M>())
        }
    };
    const BOXED: bool = Self::INLINE.is_none();
    const OFFSET: usize = Envelope::payload_offset(if Self::BOXED { 8 } else { std::mem::align_of::<M>() });
    pub(super) const CLASS: EnvelopeClass = match Self::INLINE {
        Some(class) => class,
        None => match EnvelopeClass::fitting(ALIGN) {
            Some(class) => class,
            None => panic!("one line is the smallest class"),
        },
    };

    /// Puts `message` into a fresh envelope.
    #[inline(always)]
    pub(super) fn seal(pool: &mut Pool, message: M) -> NonNull<Envelope> {
        let envelope = pool.take(Self::CLASS);
        // SAFETY: a fresh block of the class that was chosen for link and payload.
        unsafe {
            envelope.write(Envelope::new(0));
            let at = envelope.cast::<u8>().add(Self::OFFSET);
            if Self::BOXED {
                at.cast::<Box<M>>().write(Box::new(message));
            } else {
                at.cast::<M>().write(message);
            }
        }
        envelope
    }

    /// Moves the message out; the block stays.
    ///
    /// # Safety
    /// The caller owns the envelope, made by `seal` for this type, and its message has not been moved out yet.
    #[inline(always)]
    pub(super) unsafe fn open(envelope: NonNull<Envelope>) -> M {
        // SAFETY: by the caller's promise.
        unsafe {
            let at = envelope.cast::<u8>().add(Self::OFFSET);
            if Self::BOXED { *at.cast::<Box<M>>().read() } else { at.cast::<M>().read() }
        }
    }

    /// The message where it lies.
    ///
    /// # Safety
    /// As for [`Packing::open`]; the envelope is not opened while the answer lasts.
    pub(super) unsafe fn look<'m>(envelope: NonNull<Envelope>) -> &'m M {
        // SAFETY: by the caller's promise.
        unsafe {
            let at = envelope.cast::<u8>().add(Self::OFFSET);
            if Self::BOXED { at.cast::<Box<M>>().as_ref() } else { at.cast::<M>().as_ref() }
        }
    }

    /// Gives the block back.
    ///
    /// # Safety
    /// The caller owns the envelope, made by `seal` for this type; its message was moved out.
    #[inline(always)]
    pub(super) unsafe fn free(pool: &mut Pool, envelope: NonNull<Envelope>) {
        // SAFETY: by the caller's promise.
        unsafe { pool.give(Self::CLASS, envelope) };
    }
}

/// What a record's function shall do with the contents of its envelope.
#[derive(Debug, Clone, Copy)]
pub(super) enum Take {
    /// Write the message to this place, of the asker's message type.
    Into(NonNull<()>),
    /// Drop them.
    Drop,
}

/// In front of a recorded envelope.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Record {
    /// For asks: see [`super::ask`].
    pub(super) pledge: Pledge,
    pub(super) class: EnvelopeClass,
    /// On its actor's list of outstanding asks; owner only.
    pub(super) listed: bool,
    /// For which state of its actor it is; see [`Epoch`](super::ext::Epoch).
    pub(super) epoch: u16,
    pub(super) prev: *mut Record,
    pub(super) next: *mut Record,
    pub(super) deadline: u64,
    pub(super) asker: u64,
    /// Moves the contents out or drops them.
    pub(super) take: unsafe fn(NonNull<Record>, Take),
    /// For asks: stores the outcome "timeout", after `pledge` has been won for it.
    pub(super) expire: unsafe fn(NonNull<Record>),
}

impl Record {
    /// The class of a block with a record, an envelope and contents of type `C`.
    pub(super) const fn class_for<C>() -> Option<EnvelopeClass> {
        if std::mem::align_of::<C>() > ALIGN {
            return None;
        }
        EnvelopeClass::fitting(
            ALIGN + Envelope::payload_offset(std::mem::align_of::<C>()) + std::mem::size_of::<C>(),
        )
    }

    /// The head of what is no ask: nobody answers it, it is on nobody's list, and it does not expire.
    pub(super) fn of_its_own(
        class: EnvelopeClass,
        epoch: u16,
        take: unsafe fn(NonNull<Record>, Take),
    ) -> Record {
        Record {
            pledge: Pledge::alone(),
            class,
            listed: false,
            epoch,
            prev: std::ptr::null_mut(),
            next: std::ptr::null_mut(),
            deadline: 0,
            asker: 0,
            take,
            expire: Self::never,
        }
    }

    /// # Safety
    /// None.
    unsafe fn never(_: NonNull<Record>) {
        unreachable!("only asks expire");
    }

    /// The pledge of an ask. While asker and answerer both point to a record neither borrows all of it: its pledge and
    /// what never changes are for both, the list is the asker's.
    ///
    /// # Safety
    /// The record is not freed while the borrow lasts.
    pub(super) unsafe fn pledge<'r>(record: NonNull<Record>) -> &'r Pledge {
        // SAFETY: by the caller's promise.
        unsafe { &(*record.as_ptr()).pledge }
    }

    /// The envelope behind the record.
    pub(super) fn envelope(record: NonNull<Record>) -> NonNull<Envelope> {
        // SAFETY: a record is one line, and the block goes on behind it.
        unsafe { record.add(1).cast() }
    }

    /// The record in front of an envelope with the tag REPLY or NOTICE.
    ///
    /// # Safety
    /// The envelope is a recorded one.
    pub(super) unsafe fn of(envelope: NonNull<Envelope>) -> NonNull<Record> {
        // SAFETY: by the caller's promise.
        unsafe { envelope.cast::<Record>().sub(1) }
    }

    /// The contents, of type `C`.
    pub(super) fn contents<C>(record: NonNull<Record>) -> NonNull<C> {
        // SAFETY: inside the block, as `class_for` reckoned.
        unsafe {
            Self::envelope(record)
                .cast::<u8>()
                .add(Envelope::payload_offset(std::mem::align_of::<C>()))
                .cast()
        }
    }

    /// A block with a record and an envelope, contents not written.
    pub(super) fn take_block(pool: &mut Pool, class: EnvelopeClass, head: Record) -> NonNull<Record> {
        let record = pool.take(class).cast::<Record>();
        // SAFETY: a fresh block of two lines at least.
        unsafe {
            record.write(head);
            Self::envelope(record).write(Envelope::new(REPLY));
        }
        record
    }

    /// Gives the block back.
    ///
    /// # Safety
    /// The caller is the only one who can reach it, and its contents were moved out or dropped.
    pub(super) unsafe fn free(pool: &mut Pool, record: NonNull<Record>) {
        // SAFETY: by the caller's promise; the class was written when the block was taken.
        unsafe { pool.give((*record.as_ptr()).class, record.cast()) };
    }
}

const _: () = assert!(std::mem::size_of::<Record>() == ALIGN);
