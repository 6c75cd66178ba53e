//! Envelopes whose messages are numbers.

use crate::mailbox::envelope::Envelope;
use crate::sync::UnsafeCell;
use std::ptr::NonNull;

/// An envelope whose message is a number.
#[repr(C, align(64))]
pub(super) struct Letter {
    envelope: Envelope,
    pub(super) message: UnsafeCell<u32>,
}

/// All letters of a model, so that they go with it. Not loom's: it is no part of the protocol.
#[derive(Default)]
pub(super) struct Letters(std::sync::Mutex<Vec<NonNull<Letter>>>);

// SAFETY: the letters are dropped with their model, when nobody else has it.
unsafe impl Sync for Letters {}
// SAFETY: as above.
unsafe impl Send for Letters {}

impl Drop for Letters {
    fn drop(&mut self) {
        let letters = self.0.get_mut().expect("no model panics while it holds this");
        // SAFETY: made by `seal`, each once.
        letters.drain(..).for_each(|letter| drop(unsafe { Box::from_raw(letter.as_ptr().cast::<Letter>()) }));
    }
}

impl Letters {
    /// A letter that nobody else knows.
    pub(super) fn seal(&self, message: u32) -> NonNull<Envelope> {
        let letter = Letter { envelope: Envelope::new(0), message: UnsafeCell::new(message) };
        let letter = NonNull::from(Box::leak(Box::new(letter)));
        self.0.lock().expect("no model panics while it holds this").push(letter);
        letter.cast()
    }
}

/// Moves the message out; the block stays.
pub(super) unsafe fn open(envelope: NonNull<Envelope>) -> u32 {
    // SAFETY: every envelope of a model is a letter; the caller owns it.
    unsafe { envelope.cast::<Letter>().as_ref().message.with(|message| *message) }
}

/// Overwrites a block that is given free: loom tells if anybody can still look at it.
pub(super) unsafe fn scrub(envelope: NonNull<Envelope>) {
    // SAFETY: as in `open`.
    unsafe {
        Envelope::link(envelope, std::ptr::null_mut(), 0);
        envelope.cast::<Letter>().as_ref().message.with_mut(|message| *message = u32::MAX);
    }
}
