//! What few actors need, allocated on first use: outstanding asks, and threads or futures that wait for a place.
//!
//! Who may touch what: `asks`, `lanes`, `links`, `due`, `patience` and `stash` belong to the actor's owner. `outside` is for anyone
//! online; `notices` say themselves. `news` is set by whoever fires the timer, and cleared by the owner.

use super::kin::Kin;
use super::link::{Due, Link};
use super::parcel::Record;
use crate::cell::header::{Extension, Header, Limits};
use crate::mailbox::lanes::Lanes;
use crate::mailbox::latest::Latest;
use crate::mailbox::lobby::Lobby;
use crate::mailbox::notices::Notices;
use crate::mailbox::pressure::{Level, Pressure};
use crate::mailbox::stash::{Kept, Stash};
use crate::scheduler::own_thread::OwnThread;
use crate::sync::{Arc, AtomicBool, AtomicU32, AtomicU64, Ordering, UnsafeCell};
use crate::time::Nanos;
use std::ptr::NonNull;
use std::sync::OnceLock;

/// The extension of a cell.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Ext {
    head: Extension,
    pub(super) asks: UnsafeCell<Asks>,
    /// How many are outstanding. Written by the owner, looked at by anyone.
    outstanding: AtomicU32,
    /// The news of a deadline is in the mailbox, or about to be.
    pub(super) news: AtomicBool,
    pub(super) outside: Lobby,
    /// What is told through the system lane.
    pub(super) notices: Notices,
    /// Since when the actor has been muted, by its system's clock; zero if it is not.
    pub(super) muted_since: Since,
    /// Who is told of pressure.
    pub(super) pressing: OnceLock<Box<Pressing>>,
    /// The thread that its turns run on, if it has one of its own. Set by its spawner.
    pub(super) own_thread: OnceLock<Arc<OwnThread>>,
    /// Flows into this actor. The owner's.
    pub(super) links: UnsafeCell<Vec<Arc<Link>>>,
    /// Grants that wait for the credit of what they are for. The owner's.
    pub(super) due: UnsafeCell<Vec<Due>>,
    /// What their windows come to.
    pub(super) windows: AtomicU32,
    /// How long a batch may wait to become full. The owner's.
    pub(super) patience: UnsafeCell<Patience>,
    /// What was taken off the stack of an actor whose messages are sorted. The owner's.
    lanes: UnsafeCell<Option<Box<Lanes>>>,
    /// The line of an actor that drops its oldest exactly.
    latest: OnceLock<Box<Latest>>,
    /// What ties it to others.
    kin: OnceLock<Box<Kin>>,
    /// Which state sits in the cell: raised by the owner when it is replaced. What is still to come to the old one is void.
    pub(super) epoch: Epoch,
    /// When it had its last turn, if that is noted.
    pub(super) turns: Turns,
    /// Messages that it keeps for later, once it does. The owner's.
    stash: UnsafeCell<Option<Box<Stash>>>,
}

/// The number of a state in its cell.
#[derive(Debug)]
pub(super) struct Epoch(AtomicU32);

impl Epoch {
    /// Of what is for any state.
    pub(super) const ANY: u16 = u16::MAX;

    #[inline]
    pub(super) fn get(&self) -> u16 {
        // Relaxed: for the owner its own write; others compare it with what they have from the owner.
        self.0.load(Ordering::Relaxed) as u16
    }

    /// The next state comes: by the owner.
    pub(super) fn raise(&self) {
        self.0.store(u32::from(self.get() + 1) % u32::from(Self::ANY), Ordering::Relaxed);
    }

    /// Whether what bears this number is for a state that is gone.
    #[inline]
    pub(super) fn is_past(&self, epoch: u16) -> bool {
        epoch != Self::ANY && epoch != self.get()
    }
}

/// Where the pressure of one actor is told.
pub(super) struct Pressing {
    pub(super) pressure: Pressure,
    pub(super) tell: Arc<dyn Fn(Level) + Send + Sync>,
}

impl std::fmt::Debug for Pressing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pressing").field("pressure", &self.pressure).finish_non_exhaustive()
    }
}

/// A time of the system's clock, or zero. Set by the actor's owner, looked at by anyone.
#[derive(Debug)]
pub(super) struct Since(AtomicU64);

impl Since {
    pub(super) fn get(&self) -> u64 {
        // Relaxed: a glance; for the owner its own write, or one that the hand-over of the actor has ordered.
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, at: u64) {
        self.0.store(at, Ordering::Relaxed);
    }
}

/// When an actor had its last turn; see [`super::retire`].
#[derive(Debug)]
pub(super) struct Turns {
    under_way: AtomicU32,
    /// The end of the last, by the system's clock.
    at: AtomicU64,
    /// Messages handled in them.
    handled: AtomicU64,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self { under_way: AtomicU32::new(0), at: AtomicU64::new(0), handled: AtomicU64::new(0) }
    }

    pub(super) fn begin(&self) {
        // Relaxed: a message is in, or its receiver scheduled; that is what a timer sees first.
        self.under_way.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self, now: Nanos, handled: u64) {
        // Relaxed: a number by itself.
        self.handled.fetch_add(handled, Ordering::Relaxed);
        self.raise(now);
        // Release publishes `at` to the Acquire in `idle_since`.
        self.under_way.fetch_sub(1, Ordering::Release);
    }

    /// Messages handled in those that are over.
    pub(super) fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    pub(super) fn raise(&self, now: Nanos) {
        self.at.fetch_max(now, Ordering::Relaxed);
    }

    /// Since when no turn was under way; none if one is.
    pub(super) fn idle_since(&self) -> Option<Nanos> {
        // Acquire pairs with the Release in `end`.
        (self.under_way.load(Ordering::Acquire) == 0).then(|| self.at.load(Ordering::Relaxed))
    }
}

/// How long a batch may wait.
#[derive(Debug)]
pub(super) struct Patience {
    /// When the time of the batch that is gathered is up.
    pub(super) until: u64,
    /// Whether a timer will tell.
    pub(super) armed: bool,
}

/// The outstanding asks of an actor: a list of records, newest first.
#[derive(Debug)]
pub(super) struct Asks {
    pub(super) first: *mut Record,
    /// When the timer that looks after deadlines fires; zero if none is armed.
    pub(super) watch_at: u64,
}

// SAFETY: `asks`, `lanes`, `links`, `due`, `patience` and `stash` are touched by the actor's owner alone; ownership is handed over by
// Release/Acquire.
unsafe impl Sync for Ext {}
// SAFETY: as above; records hold only `Send` contents.
unsafe impl Send for Ext {}

impl Ext {
    /// The cell's extension, if it has one.
    #[inline]
    pub(super) fn of(header: &Header) -> Option<&Ext> {
        // SAFETY: set only by `of_or_new`, which makes nothing but `Ext`, and freed only after a grace period.
        header.control.pointer().map(|ext| unsafe { ext.cast::<Ext>().as_ref() })
    }

    /// The cell's extension, made if it has none.
    #[inline]
    pub(super) fn of_or_new(header: &Header) -> &Ext {
        Self::of(header).unwrap_or_else(|| Self::make(header))
    }

    #[cold]
    #[inline(never)]
    fn make(header: &Header) -> &Ext {
        let fresh = NonNull::from(Box::leak(Box::new(Ext {
            head: Extension { free: Self::free, kept: Kept::new() },
            asks: UnsafeCell::new(Asks { first: std::ptr::null_mut(), watch_at: 0 }),
            outstanding: AtomicU32::new(0),
            news: AtomicBool::new(false),
            outside: Lobby::new(),
            notices: Notices::new(),
            muted_since: Since(AtomicU64::new(0)),
            pressing: OnceLock::new(),
            own_thread: OnceLock::new(),
            links: UnsafeCell::new(Vec::new()),
            due: UnsafeCell::new(Vec::new()),
            windows: AtomicU32::new(0),
            patience: UnsafeCell::new(Patience { until: 0, armed: false }),
            lanes: UnsafeCell::new(None),
            latest: OnceLock::new(),
            kin: OnceLock::new(),
            epoch: Epoch(AtomicU32::new(0)),
            turns: Turns::new(),
            stash: UnsafeCell::new(None),
        })));
        let stands = match header.control.point(fresh.cast()) {
            Ok(()) => fresh,
            Err(stands) => {
                // SAFETY: just made, and nobody else has seen it.
                unsafe { Self::free(fresh.cast()) };
                stands.cast()
            }
        };
        // SAFETY: as in `of`.
        unsafe { stands.as_ref() }
    }

    /// How many asks are outstanding; for all but the owner by a glance.
    pub(super) fn asks_outstanding(&self) -> u32 {
        // Relaxed: for the owner its own write, or one that the hand-over of the actor has ordered.
        self.outstanding.load(Ordering::Relaxed)
    }

    /// One more is, or one less. By the owner.
    pub(super) fn count_asks(&self, now: u32) {
        self.outstanding.store(now, Ordering::Relaxed);
    }

    /// The lanes, made if there are none.
    ///
    /// # Safety
    /// The caller owns the actor; the answer is good as long as it does, or until it takes them.
    pub(super) unsafe fn lanes(&self) -> NonNull<Lanes> {
        // SAFETY: by the caller's promise.
        self.lanes.with_mut(|lanes| unsafe {
            NonNull::from(&mut **(*lanes).get_or_insert_with(|| Box::new(Lanes::new())))
        })
    }

    /// Takes the lanes, if there are any: the actor ends.
    ///
    /// # Safety
    /// The caller owns the actor.
    pub(super) unsafe fn take_lanes(&self) -> Option<Box<Lanes>> {
        // SAFETY: by the caller's promise.
        self.lanes.with_mut(|lanes| unsafe { (*lanes).take() })
    }

    /// How many messages its stash keeps.
    pub(super) fn kept(&self) -> &Kept {
        &self.head.kept
    }

    /// The stash, if there is one.
    ///
    /// # Safety
    /// The caller owns the actor; the answer is good as long as it does, or until it takes it.
    pub(super) unsafe fn stash(&self) -> Option<NonNull<Stash>> {
        // SAFETY: by the caller's promise.
        self.stash.with_mut(|stash| unsafe { (*stash).as_deref_mut().map(NonNull::from) })
    }

    /// The stash, made if there is none.
    ///
    /// # Safety
    /// As for [`Ext::stash`].
    pub(super) unsafe fn stash_or_new(&self) -> NonNull<Stash> {
        // SAFETY: by the caller's promise.
        self.stash.with_mut(|stash| unsafe {
            NonNull::from(&mut **(*stash).get_or_insert_with(|| Box::new(Stash::EMPTY)))
        })
    }

    /// Takes the stash, if there is one: the actor ends.
    ///
    /// # Safety
    /// The caller owns the actor.
    pub(super) unsafe fn take_stash(&self) -> Option<Box<Stash>> {
        // SAFETY: by the caller's promise.
        self.stash.with_mut(|stash| unsafe { (*stash).take() })
    }

    /// The line in which messages lie, made if there is none.
    pub(super) fn latest(&self, limits: &Limits) -> &Latest {
        self.latest.get_or_init(|| Box::new(Latest::new(limits.capacity)))
    }

    /// Its ties, made if there are none.
    pub(super) fn kin_or_new(&self) -> &Kin {
        self.kin.get_or_init(|| Box::new(Kin::new()))
    }

    /// Its ties, if it has any.
    pub(super) fn kin(&self) -> Option<&Kin> {
        self.kin.get().map(|kin| &**kin)
    }

    /// Which state sits in the cell.
    #[inline]
    pub(super) fn epoch_of(header: &Header) -> u16 {
        Self::of(header).map_or(0, |ext| ext.epoch.get())
    }

    /// The line, if there is one.
    pub(super) fn line(&self) -> Option<&Latest> {
        self.latest.get().map(|line| &**line)
    }

    /// Frees an extension.
    ///
    /// # Safety
    /// Nobody can reach it any more.
    unsafe fn free(ext: NonNull<Extension>) {
        // SAFETY: made by `of_or_new`.
        drop(unsafe { Box::from_raw(ext.cast::<Ext>().as_ptr()) });
    }
}

impl Asks {
    /// Puts a record on the list.
    ///
    /// # Safety
    /// The caller owns the actor, and the record is on no list.
    pub(super) unsafe fn link(&mut self, record: NonNull<Record>) {
        let record = record.as_ptr();
        // SAFETY: records on the list are alive: an answerer frees one only after its asker has let go. The fields are
        // the owner's, and are written one by one, as an answerer may be using the pledge.
        unsafe {
            (*record).prev = std::ptr::null_mut();
            (*record).next = self.first;
            (*record).listed = true;
            if !self.first.is_null() {
                (*self.first).prev = record;
            }
        }
        self.first = record;
    }

    /// Takes a record off the list.
    ///
    /// # Safety
    /// The caller owns the actor, and the record is on this list.
    pub(super) unsafe fn unlink(&mut self, record: NonNull<Record>) {
        let record = record.as_ptr();
        // SAFETY: as in `link`.
        unsafe {
            (*record).listed = false;
            let (prev, next) = ((*record).prev, (*record).next);
            if prev.is_null() {
                self.first = next;
            } else {
                (*prev).next = next;
            }
            if !next.is_null() {
                (*next).prev = prev;
            }
        }
    }
}
