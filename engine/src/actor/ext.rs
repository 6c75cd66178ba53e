//! What few actors need, allocated on first use: outstanding asks, and threads or futures that wait for a place.
//!
//! Who may touch what: `asks` belongs to the actor's owner. `outside` is for anyone online.

use super::parcel::Record;
use crate::cell::header::Header;
use crate::mailbox::lobby::Lobby;
use crate::sync::UnsafeCell;
use std::ptr::NonNull;

/// The extension of a cell.
#[derive(Debug)]
pub(super) struct Ext {
    pub(super) asks: UnsafeCell<Asks>,
    pub(super) outside: Lobby,
}

/// The outstanding asks of an actor: a list of records, newest first.
#[derive(Debug)]
pub(super) struct Asks {
    pub(super) first: *mut Record,
    pub(super) outstanding: u32,
    /// When the timer that looks after deadlines fires; zero if none is armed.
    pub(super) watch_at: u64,
}

// SAFETY: `asks` is touched by the actor's owner alone; ownership is handed over by Release/Acquire.
unsafe impl Sync for Ext {}
// SAFETY: as above; records hold only `Send` contents.
unsafe impl Send for Ext {}

impl Ext {
    /// The cell's extension, if it has one.
    #[inline]
    pub(super) fn of(header: &Header) -> Option<&Ext> {
        // SAFETY: set only by `of_or_new` and freed only after a grace period.
        header.ext().map(|ext| unsafe { ext.cast::<Ext>().as_ref() })
    }

    /// The cell's extension, made if it has none.
    pub(super) fn of_or_new(header: &Header) -> &Ext {
        if let Some(ext) = Self::of(header) {
            return ext;
        }
        let fresh = NonNull::from(Box::leak(Box::new(Ext {
            asks: UnsafeCell::new(Asks { first: std::ptr::null_mut(), outstanding: 0, watch_at: 0 }),
            outside: Lobby::new(),
        })));
        let stands = header.set_ext(fresh.cast()).unwrap_or_else(|stands| {
            // SAFETY: just made, and nobody else has seen it.
            unsafe { Self::free(fresh.cast()) };
            stands
        });
        // SAFETY: as in `of`.
        unsafe { stands.cast().as_ref() }
    }

    /// Frees an extension.
    ///
    /// # Safety
    /// Nobody can reach it any more.
    pub(super) unsafe fn free(ext: NonNull<()>) {
        // SAFETY: made by `of_or_new`.
        drop(unsafe { Box::from_raw(ext.cast::<Ext>().as_ptr()) });
    }
}

impl Asks {
    /// Puts a record on the list.
    ///
    /// # Safety
    /// The caller owns the actor, and the record is on no list.
    pub(super) unsafe fn link(&mut self, mut record: NonNull<Record>) {
        // SAFETY: records on the list are alive: an answerer frees one only after it was taken off.
        unsafe {
            let fields = record.as_mut();
            fields.prev = std::ptr::null_mut();
            fields.next = self.first;
            fields.listed = true;
            if let Some(mut first) = NonNull::new(self.first) {
                first.as_mut().prev = record.as_ptr();
            }
        }
        self.first = record.as_ptr();
        self.outstanding += 1;
    }

    /// Takes a record off the list.
    ///
    /// # Safety
    /// The caller owns the actor, and the record is on this list.
    pub(super) unsafe fn unlink(&mut self, mut record: NonNull<Record>) {
        // SAFETY: as in `link`.
        unsafe {
            let fields = record.as_mut();
            fields.listed = false;
            match NonNull::new(fields.prev) {
                Some(mut prev) => prev.as_mut().next = fields.next,
                None => self.first = fields.next,
            }
            if let Some(mut next) = NonNull::new(fields.next) {
                next.as_mut().prev = fields.prev;
            }
        }
        self.outstanding -= 1;
    }
}
