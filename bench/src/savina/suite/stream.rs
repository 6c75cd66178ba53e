//! What streaming workloads share: who sends a stream, a chunk at a time, and the mailboxes that it goes through.

use crate::savina::size::Size;
use std::iter::Peekable;
use throng::{Actor, Address, Context, Fault, Options};

/// What one handler sends of a stream: behind it the sender can be held up.
pub(super) const CHUNK: usize = 128;

/// The default mailboxes; at small size such small ones that they are full at times.
pub(super) fn mailboxes(size: Size) -> Options {
    Options::builder().capacity(size.of(2, 1_024, 1_024)).build().unwrap_or_default()
}

/// How many messages a source of so many items has.
pub(super) fn chunks(items: u64) -> u64 {
    items.div_ceil(CHUNK as u64)
}

/// Sends items to an actor, in their order, and ends.
pub(super) struct Source<I: Iterator> {
    items: Peekable<I>,
    to: Address<I::Item>,
}

/// The next chunk.
pub(super) struct Go;

impl<I: Iterator> Source<I> {
    /// Of items that are messages to this actor; it begins by [`Go`].
    pub(super) fn new(items: I, to: Address<I::Item>) -> Self {
        Self { items: items.peekable(), to }
    }
}

impl<I> Actor for Source<I>
where
    I: Iterator<Item: Send + Sync + 'static> + Send + 'static,
{
    type Msg = Go;

    fn handle(&mut self, Go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for item in self.items.by_ref().take(CHUNK) {
            cx.send(self.to, item)?;
        }
        if self.items.peek().is_none() {
            cx.stop();
        } else {
            cx.send(cx.me(), Go)?;
        }
        Ok(())
    }
}
