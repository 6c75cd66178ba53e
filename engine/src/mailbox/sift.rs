//! Taking some messages out of a mailbox, and leaving the others where they are; looking what comes next.

use super::drain::Drain;
use super::envelope::{Chain, Envelope, Line};
use super::queue::Mailbox;
use std::ptr::NonNull;

/// Takes out everything, oldest first: what `goes`, whose credit is still to go back, and what is kept. That the caller puts where the
/// owner looks: [back](put_back), or, where messages are sorted, into the [lanes](super::lanes::Lanes::keep).
///
/// # Safety
/// The caller is the owner, has settled its cursor, and the actor has begun.
pub(crate) unsafe fn sift(
    mailbox: &Mailbox,
    mut goes: impl FnMut(NonNull<Envelope>) -> bool,
) -> (Line, Line) {
    let (mut gone, mut kept) = (Line::EMPTY, Line::EMPTY);
    // SAFETY: the caller is the owner, whose the private queue is; and the stack, once it is taken.
    unsafe {
        let mut chain = Chain { first: mailbox.fifo.with(|fifo| *fifo) };
        chain.append_reversed(Drain::new().take_stack(mailbox), std::ptr::null_mut());
        while let Some(envelope) = chain.pop() {
            if goes(envelope) { &mut gone } else { &mut kept }.push(envelope);
        }
        mailbox.fifo.with_mut(|fifo| *fifo = std::ptr::null_mut());
    }
    (gone, kept)
}

/// Puts what was kept back, where messages are not sorted.
///
/// # Safety
/// The caller is the owner, whose these are, and the private queue is empty.
pub(crate) unsafe fn put_back(mailbox: &Mailbox, kept: Line) {
    // SAFETY: the same promise.
    unsafe { mailbox.fifo.with_mut(|fifo| *fifo = kept.into_chain().first) };
}

/// What the owner will find next, where messages are not sorted.
///
/// # Safety
/// The caller is the owner, has settled its cursor, and the actor has begun.
pub(crate) unsafe fn next(mailbox: &Mailbox) -> Option<NonNull<Envelope>> {
    // SAFETY: the caller is the owner, whose the private queue is; and the stack, once it is taken.
    unsafe {
        if mailbox.fifo.with(|fifo| (*fifo).is_null()) {
            let mut chain = Chain::EMPTY;
            chain.append_reversed(Drain::new().take_stack(mailbox), std::ptr::null_mut());
            mailbox.fifo.with_mut(|fifo| *fifo = chain.first);
        }
        NonNull::new(mailbox.fifo.with(|fifo| *fifo))
    }
}
