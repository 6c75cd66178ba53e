//! The envelope: a message with the link that makes it a list node.
//!
//! Who may touch what: the sender owns an envelope until its push succeeds; from then on the owner of the mailbox does.
//! The link is plain memory. It is published by the Release half of the push and read after the owner's Acquire.

use crate::sync::UnsafeCell;
use std::ptr::NonNull;

/// Envelopes start on a cache line, which leaves the low six bits of their address to the word and to link tags.
pub(crate) const ALIGN: usize = 64;

/// The head of every envelope; the message follows at [`payload_offset`].
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Envelope {
    link: UnsafeCell<*mut Envelope>,
}

/// In the low bits of a link: the message is the outcome of an ask, and its block carries the ask's own record.
pub(crate) const REPLY: usize = 1;
/// In the low bits of a link: no message, but the news that asks of this actor may have passed their deadline.
pub(crate) const EXPIRY: usize = 2;
/// In the low bits of a link: the message is the engine's own, and asks to be told when its turn has come.
pub(crate) const BARRIER: usize = 3;
/// In the low bits of a link: no message, but the news that a batch has waited long enough.
pub(crate) const FLUSH: usize = 4;
/// In the low bits of a link: an item of a flow.
pub(crate) const ITEM: usize = 5;
/// In the low bits of a link: no message, but a flow that begins.
pub(crate) const OPEN: usize = 6;
/// In the low bits of a link: no message, but a flow that has ended.
pub(crate) const FINISH: usize = 7;
/// In the low bits of a link: the message is a notice, which came through the system lane, and its block carries a record.
pub(crate) const NOTICE: usize = 8;
/// In the low bits of a link: a plain message that was made of the news of a dead letter.
pub(crate) const OBITUARY: usize = 9;
/// In the low bits of a link: a message whose sender hears of it if it makes its receiver fail.
pub(crate) const TRACKED: usize = 10;
const TAGS: usize = ALIGN - 1;

impl Envelope {
    /// An envelope that is not linked, with `tag` (zero, [`REPLY`] or [`EXPIRY`]).
    pub(crate) fn new(tag: usize) -> Self {
        debug_assert!(tag & !TAGS == 0);
        Self { link: UnsafeCell::new(std::ptr::without_provenance_mut(tag)) }
    }

    /// Where a message of this alignment lies behind the head, in bytes.
    pub(crate) const fn payload_offset(align: usize) -> usize {
        let head = std::mem::size_of::<Envelope>();
        if align > head { align } else { head }
    }

    /// The next envelope, without tags.
    ///
    /// # Safety
    /// The caller owns `this` or has acquired the word that published it.
    #[inline(always)]
    pub(crate) unsafe fn next(this: NonNull<Envelope>) -> *mut Envelope {
        // SAFETY: by the caller's promise nobody writes the link meanwhile.
        unsafe { this.as_ref().link.with(|link| *link).map_addr(|a| a & !TAGS) }
    }

    /// The tag bits of the link.
    ///
    /// # Safety
    /// As for [`Envelope::next`].
    #[inline(always)]
    pub(crate) unsafe fn tag(this: NonNull<Envelope>) -> usize {
        // SAFETY: by the caller's promise nobody writes the link meanwhile.
        unsafe { this.as_ref().link.with(|link| *link).addr() & TAGS }
    }

    /// Links `this` before `next`, with `tag`.
    ///
    /// # Safety
    /// The caller owns `this` alone.
    #[inline(always)]
    pub(crate) unsafe fn link(this: NonNull<Envelope>, next: *mut Envelope, tag: usize) {
        // SAFETY: the caller is the only one who can reach the link.
        unsafe { this.as_ref().link.with_mut(|link| *link = next.map_addr(|a| a | tag)) }
    }

    /// Links `this` before `next`, keeping the tags.
    ///
    /// # Safety
    /// The caller owns `this` alone.
    #[inline(always)]
    pub(crate) unsafe fn set_next(this: NonNull<Envelope>, next: *mut Envelope) {
        // SAFETY: the caller is the only one who can reach the link.
        unsafe { this.as_ref().link.with_mut(|link| *link = next.map_addr(|a| a | ((*link).addr() & TAGS))) }
    }
}

/// Envelopes in the order in which they were sent, owned by the holder.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) first: *mut Envelope,
}

impl Chain {
    pub(crate) const EMPTY: Chain = Chain { first: std::ptr::null_mut() };

    /// Takes the first envelope off.
    pub(crate) fn pop(&mut self) -> Option<NonNull<Envelope>> {
        let first = NonNull::new(self.first)?;
        // SAFETY: the chain is owned by its holder.
        self.first = unsafe { Envelope::next(first) };
        Some(first)
    }

    /// [`Mutant::OrderSwapped`](crate::sync::Mutant): the first two change places.
    ///
    /// # Safety
    /// The caller owns the chain.
    pub(crate) unsafe fn misplace(&mut self) {
        let Some(first) = NonNull::new(self.first) else { return };
        // SAFETY: owned, by the caller's promise.
        unsafe {
            let Some(second) = NonNull::new(Envelope::next(first)) else { return };
            Envelope::set_next(first, Envelope::next(second));
            Envelope::set_next(second, first.as_ptr());
            self.first = second.as_ptr();
        }
    }

    /// Turns a stack (newest first) into sending order, and puts it behind what the chain holds. The envelope `skip`,
    /// if it is the bottom of the stack, is left out: it was handled in place.
    ///
    /// # Safety
    /// The caller owns the whole stack.
    pub(crate) unsafe fn append_reversed(&mut self, stack: *mut Envelope, skip: *mut Envelope) {
        let mut done: *mut Envelope = std::ptr::null_mut();
        let mut rest = stack;
        while let Some(envelope) = NonNull::new(rest) {
            if rest == skip {
                break;
            }
            // SAFETY: owned, by the caller's promise.
            unsafe {
                rest = Envelope::next(envelope);
                Envelope::set_next(envelope, done);
            }
            done = envelope.as_ptr();
        }
        match NonNull::new(self.first) {
            None => self.first = done,
            Some(mut last) => {
                // SAFETY: the chain is owned; its envelopes are linked only among themselves.
                unsafe {
                    while let Some(next) = NonNull::new(Envelope::next(last)) {
                        last = next;
                    }
                    Envelope::set_next(last, done);
                }
            }
        }
    }
}

/// A chain that can be put to at both ends, and that knows its length.
#[derive(Debug)]
pub(crate) struct Line {
    first: *mut Envelope,
    last: *mut Envelope,
    pub(crate) len: u32,
}

impl Line {
    pub(crate) const EMPTY: Line = Line { first: std::ptr::null_mut(), last: std::ptr::null_mut(), len: 0 };

    /// The same as a chain.
    pub(crate) fn into_chain(self) -> Chain {
        Chain { first: self.first }
    }

    /// The first envelope, which stays.
    pub(crate) fn first(&self) -> Option<NonNull<Envelope>> {
        NonNull::new(self.first)
    }

    /// Puts an envelope at the end.
    ///
    /// # Safety
    /// The caller owns the envelope, and gives it away.
    pub(crate) unsafe fn push(&mut self, envelope: NonNull<Envelope>) {
        // SAFETY: the envelope is the caller's, and the last one the line's.
        unsafe {
            Envelope::set_next(envelope, std::ptr::null_mut());
            match NonNull::new(self.last) {
                Some(last) => Envelope::set_next(last, envelope.as_ptr()),
                None => self.first = envelope.as_ptr(),
            }
        }
        self.last = envelope.as_ptr();
        self.len += 1;
    }

    /// Puts an envelope at the beginning.
    ///
    /// # Safety
    /// The caller owns the envelope, and gives it away.
    pub(crate) unsafe fn push_front(&mut self, envelope: NonNull<Envelope>) {
        // SAFETY: the envelope is the caller's.
        unsafe { Envelope::set_next(envelope, self.first) };
        if self.first.is_null() {
            self.last = envelope.as_ptr();
        }
        self.first = envelope.as_ptr();
        self.len += 1;
    }

    /// Its envelopes, and behind them this chain.
    ///
    /// # Safety
    /// The chain is the caller's.
    pub(crate) unsafe fn before(self, chain: *mut Envelope) -> *mut Envelope {
        let Some(last) = NonNull::new(self.last) else { return chain };
        // SAFETY: the line owns its envelopes.
        unsafe { Envelope::set_next(last, chain) };
        self.first
    }

    /// Takes the first envelope off.
    pub(crate) fn pop(&mut self) -> Option<NonNull<Envelope>> {
        let first = NonNull::new(self.first)?;
        // SAFETY: the line owns its envelopes.
        self.first = unsafe { Envelope::next(first) };
        if self.first.is_null() {
            self.last = std::ptr::null_mut();
        }
        self.len -= 1;
        Some(first)
    }
}

#[cfg(not(any(throng_loom, throng_shuttle)))]
const _: () = assert!(std::mem::size_of::<Envelope>() == 8);
