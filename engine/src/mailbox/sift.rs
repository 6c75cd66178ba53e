//! Taking some messages out of a mailbox, and leaving the others where they are.

use super::drain::Drain;
use super::envelope::{Chain, Envelope, Line};
use super::queue::Mailbox;
use std::ptr::NonNull;

/// Takes out what `goes`, oldest first. Its credit is still to go back.
///
/// # Safety
/// The caller is the owner, has settled its cursor, and the actor has begun.
pub(crate) unsafe fn sift(mailbox: &Mailbox, mut goes: impl FnMut(NonNull<Envelope>) -> bool) -> Line {
    let (mut gone, mut kept) = (Line::EMPTY, Line::EMPTY);
    // SAFETY: the caller is the owner, whose the private queue is; and the stack, once it is taken.
    unsafe {
        let mut chain = Chain { first: mailbox.fifo.with(|fifo| *fifo) };
        chain.append_reversed(Drain::new().take_stack(mailbox), std::ptr::null_mut());
        while let Some(envelope) = chain.pop() {
            if goes(envelope) { &mut gone } else { &mut kept }.push(envelope);
        }
        mailbox.fifo.with_mut(|fifo| *fifo = kept.into_chain().first);
    }
    gone
}
