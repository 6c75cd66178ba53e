//! Messages with an identity: a book says of each whether it was handled and how often it was dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const HANDLED: u8 = 1;
const DROPPED: u8 = 1 << 4;

/// What became of each message.
#[derive(Clone)]
pub(crate) struct Book(Arc<Vec<AtomicU8>>);

/// A message that writes down its fate.
pub(crate) struct Entry {
    pub(crate) id: usize,
    book: Book,
}

impl Book {
    /// A book for so many messages.
    pub(crate) fn new(messages: usize) -> Book {
        Book(Arc::new((0..messages).map(|_| AtomicU8::new(0)).collect()))
    }

    /// For how many messages it is.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The message with this number.
    pub(crate) fn entry(&self, id: usize) -> Entry {
        Entry { id, book: self.clone() }
    }

    /// How often it was handled, and how often dropped.
    pub(crate) fn fate(&self, id: usize) -> (u8, u8) {
        let fate = self.0[id].load(Ordering::SeqCst);
        (fate % DROPPED, fate / DROPPED)
    }
}

impl Entry {
    /// To be called by the handler.
    pub(crate) fn handled(&self) {
        self.book.0[self.id].fetch_add(HANDLED, Ordering::SeqCst);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.book.0[self.id].fetch_add(DROPPED, Ordering::SeqCst);
    }
}
