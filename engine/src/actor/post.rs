//! Sending: from a worker, which is fast, and from any other thread, which goes online for it.

use super::parcel::{Packing, tag_of};
use crate::cell::arena::{self, CellPool};
use crate::cell::header::{CellPtr, Kind, Sent};
use crate::cell::pool::Pool;
use crate::error::{Reason, SendError};
use crate::mailbox::credit::CellNumber;
use crate::mailbox::envelope::{EXPIRY, Envelope, REPLY};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::scheduler::shared::Shared;
use crate::scheduler::stats::Counters;
use crate::scheduler::worker::{self, Worker};
use std::cell::RefCell;
use std::ptr::NonNull;

/// An address without its type: the cell's number above, the generation below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Raw(pub(crate) std::num::NonZeroU64);

impl Raw {
    #[inline(always)]
    pub(crate) fn new(number: CellNumber, generation: u32) -> Self {
        debug_assert_ne!(number, 0);
        // SAFETY: cell numbers start at one.
        Self(unsafe { std::num::NonZeroU64::new_unchecked(u64::from(number) << 32 | u64::from(generation)) })
    }

    #[inline(always)]
    pub(crate) fn number(self) -> CellNumber {
        (self.0.get() >> 32) as CellNumber
    }

    #[inline(always)]
    pub(crate) fn generation(self) -> u32 {
        self.0.get() as u32
    }

    #[inline(always)]
    pub(crate) fn cell(self) -> CellPtr {
        // SAFETY: raw addresses are made from cells of the arena.
        unsafe { arena::cell(self.number()) }
    }
}

/// Up to where a send may fill the mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// The capacity, strictly.
    Capacity,
    /// What the receiver's overflow policy lets an actor's send do.
    Policy,
    /// The hard limit.
    Hard,
    /// All that the word counts: beyond the hard limit there is a place for each outstanding ask.
    Owed,
}

impl Bound {
    #[inline(always)]
    pub(super) fn limit(self, kind: &Kind) -> u32 {
        match self {
            Bound::Capacity => kind.limits.capacity,
            Bound::Policy => kind.limits.entry,
            Bound::Hard => kind.limits.hard,
            Bound::Owed => COUNT_MAX,
        }
    }
}

/// A thread that is not a worker, or a worker on an errand in a foreign system.
#[derive(Debug)]
pub(super) struct Stranger {
    pub(super) pool: Pool,
    pub(super) cells: CellPool,
}

thread_local! {
    static STRANGER: RefCell<Stranger> = RefCell::new(Stranger::new());
}

impl Stranger {
    fn new() -> Self {
        Self { pool: Pool::new(), cells: CellPool::new() }
    }
}

/// Runs `f` in an online section of the calling thread. `f` calls no user code.
pub(super) fn as_stranger<R>(f: impl FnOnce(&mut Stranger) -> R) -> R {
    fn run<R>(stranger: &mut Stranger, f: impl FnOnce(&mut Stranger) -> R) -> R {
        stranger.cells.online();
        let result = f(stranger);
        stranger.cells.offline();
        result
    }
    // The thread may be ending, and dropping what it kept in thread-locals of its own: ours is gone already.
    if STRANGER.try_with(|_| ()).is_err() {
        return run(&mut Stranger::new(), f);
    }
    STRANGER.with_borrow_mut(|stranger| run(stranger, f))
}

/// How full the receiver is after a send by an actor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entered {
    pub(super) count: u32,
    /// Above this the sender has something to mind.
    pub(super) mark: u32,
}

impl Entered {
    /// Nobody need mind.
    pub(super) const WITHIN: Entered = Entered { count: 0, mark: u32::MAX };
}

/// Counts a refusal.
#[cold]
pub(super) fn count_refusal(counters: &Counters, reason: Reason, shared: bool) {
    let counter = match reason {
        Reason::Full | Reason::WouldBlock | Reason::Timeout => &counters.full,
        Reason::Closed => &counters.closed,
        Reason::Stale => &counters.stale,
    };
    if shared { counter.add_shared(1) } else { counter.add(1) }
}

/// Sends from a worker's thread.
#[inline(always)]
pub(super) fn from_worker<M: 'static>(
    worker: &mut Worker,
    to: Raw,
    message: M,
    bound: Bound,
) -> Result<Entered, SendError<M>> {
    let cell = to.cell();
    // SAFETY: cells are never unmapped; the worker is online.
    let header = unsafe { cell.as_ref() };
    let counters = worker.counters();
    if header.generation() != to.generation() {
        counters.attempts.add(1);
        count_refusal(counters, Reason::Stale, false);
        return Err(SendError::Stale(message));
    }
    // SAFETY: the generation was checked and the worker is online.
    let kind = unsafe { header.kind() };
    if kind.home != worker.home {
        return abroad(to, message, bound);
    }
    counters.attempts.add(1);
    let envelope = Packing::seal(&mut worker.pool, message);
    // SAFETY: the envelope was just made; online since the check.
    let pushed = unsafe { header.mailbox.push(envelope, tag_of::<M>(), bound.limit(kind)) };
    let count = match pushed {
        Pushed::Queued { count } => count,
        Pushed::First { count } => {
            worker.schedule(cell);
            if count == 1 {
                // Alone: within every capacity, and no peak to count.
                counters.accepted.add(1);
                return Ok(Entered::WITHIN);
            }
            count
        }
        Pushed::Full | Pushed::Closed => {
            let reason = if pushed == Pushed::Full { Reason::Full } else { Reason::Closed };
            count_refusal(counters, reason, false);
            // SAFETY: refused, so the envelope is still ours, with the message in it.
            let message = unsafe {
                let message = Packing::open(envelope);
                Packing::<M>::free(&mut worker.pool, envelope);
                message
            };
            return Err(SendError::new(reason, message));
        }
    };
    counters.accepted.add(1);
    counters.fullest.raise(u64::from(count));
    Ok(Entered { count, mark: kind.limits.mark })
}

#[cold]
#[inline(never)]
fn abroad<M: 'static>(to: Raw, message: M, bound: Bound) -> Result<Entered, SendError<M>> {
    // A worker cannot be muted on another system's actor: capacity is the bound there.
    let bound = if bound == Bound::Policy { Bound::Capacity } else { bound };
    from_stranger(to, message, bound).map(|()| Entered::WITHIN)
}

/// Sends from a thread that is not a worker of the receiver's system.
pub(super) fn from_stranger<M: 'static>(to: Raw, message: M, bound: Bound) -> Result<(), SendError<M>> {
    as_stranger(|stranger| {
        let cell = to.cell();
        // SAFETY: cells are never unmapped; we are online.
        let header = unsafe { cell.as_ref() };
        if header.generation() != to.generation() {
            return Err(SendError::Stale(message));
        }
        // SAFETY: the generation was checked and we are online.
        let kind = unsafe { header.kind() };
        // SAFETY: online since the kind was found.
        let shared = unsafe { Shared::of(kind) };
        let counters = shared.outside();
        // Counted before it is published, so that a scan never finds it handled but not accepted.
        counters.attempts.add_shared(1);
        let envelope = Packing::seal(&mut stranger.pool, message);
        // SAFETY: just made; online since the check.
        match unsafe { header.mailbox.push(envelope, tag_of::<M>(), bound.limit(kind)) } {
            entered @ (Pushed::First { count } | Pushed::Queued { count }) => {
                counters.accepted.add_shared(1);
                counters.fullest.raise_shared(u64::from(count));
                if matches!(entered, Pushed::First { .. }) {
                    shared.inject(cell);
                }
                Ok(())
            }
            refused @ (Pushed::Full | Pushed::Closed) => {
                let reason = if refused == Pushed::Full { Reason::Full } else { Reason::Closed };
                count_refusal(counters, reason, true);
                // SAFETY: refused, so the envelope is still ours, with the message in it.
                let message = unsafe {
                    let message = Packing::open(envelope);
                    Packing::<M>::free(&mut stranger.pool, envelope);
                    message
                };
                Err(SendError::new(reason, message))
            }
        }
    })
}

/// Sends from wherever the caller is.
#[inline]
pub(super) fn from_anywhere<M: 'static>(to: Raw, message: M, bound: Bound) -> Result<(), SendError<M>> {
    match worker::current() {
        // SAFETY: the current worker of this thread; the borrow ends with the call, which runs no user code.
        Some(mut worker) => from_worker(unsafe { worker.as_mut() }, to, message, bound).map(|_| ()),
        None => from_stranger(to, message, bound),
    }
}

/// Makes an actor that the caller owns runnable, from wherever the caller is.
///
/// # Safety
/// The caller owns the actor and is online or its worker.
pub(super) unsafe fn schedule_from_anywhere(shared: &Shared, cell: CellPtr) {
    match worker::current() {
        Some(mut worker) => {
            // SAFETY: the current worker of this thread; the borrow ends with the call, which runs no user code.
            let worker = unsafe { worker.as_mut() };
            if std::ptr::eq(&*worker.shared, shared) {
                worker.schedule(cell);
            } else {
                shared.inject(cell);
            }
        }
        None => shared.inject(cell),
    }
}

/// What became of an envelope that is more than a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Given {
    /// It is in the mailbox.
    In,
    /// No place, for now; the envelope is still the caller's.
    Full,
    /// The actor accepts nothing any more; the envelope is still the caller's.
    Ended,
}

impl Given {
    fn of(pushed: Pushed) -> Self {
        match pushed {
            Pushed::First { .. } | Pushed::Queued { .. } => Given::In,
            Pushed::Full => Given::Full,
            Pushed::Closed => Given::Ended,
        }
    }
}

/// Pushes a recorded envelope, an outcome or a tick, from the thread of `worker` if it is one. Counted as a send, like
/// any other.
#[inline(always)]
pub(super) fn push_recorded(
    worker: Option<&mut Worker>,
    to: Raw,
    envelope: NonNull<Envelope>,
    bound: Bound,
) -> Given {
    let Some(worker) = worker else { return push_recorded_outside(to, envelope, bound) };
    let counters = worker.counters();
    // SAFETY: cells are never unmapped; workers are online in turns and when they fire timers.
    let header = unsafe { to.cell().as_ref() };
    if header.generation() != to.generation() {
        counters.attempts.add(1);
        count_refusal(counters, Reason::Stale, false);
        return Given::Ended;
    }
    // SAFETY: the generation was checked and the worker is online.
    let kind = unsafe { header.kind() };
    if kind.home != worker.home {
        return push_recorded_outside(to, envelope, bound);
    }
    counters.attempts.add(1);
    // SAFETY: the envelope is the caller's; online since the check.
    let pushed = unsafe { header.mailbox.push(envelope, REPLY, bound.limit(kind)) };
    match pushed {
        Pushed::First { .. } => {
            worker.schedule(to.cell());
            counters.accepted.add(1);
        }
        Pushed::Queued { .. } => counters.accepted.add(1),
        Pushed::Full => count_refusal(counters, Reason::Full, false),
        Pushed::Closed => count_refusal(counters, Reason::Closed, false),
    }
    Given::of(pushed)
}

/// As a thread that is not a worker of the receiver's system.
#[cold]
#[inline(never)]
fn push_recorded_outside(to: Raw, envelope: NonNull<Envelope>, bound: Bound) -> Given {
    as_stranger(|_| {
        // SAFETY: cells are never unmapped.
        let header = unsafe { to.cell().as_ref() };
        if header.generation() != to.generation() {
            return Given::Ended;
        }
        // SAFETY: the generation was checked and we are online, so kind and system are there; the envelope is the
        // caller's.
        let (shared, pushed) = unsafe {
            let kind = header.kind();
            (Shared::of(kind), header.mailbox.push(envelope, REPLY, bound.limit(kind)))
        };
        let counters = shared.outside();
        counters.attempts.add_shared(1);
        match pushed {
            Pushed::First { .. } => {
                shared.inject(to.cell());
                counters.accepted.add_shared(1);
            }
            Pushed::Queued { .. } => counters.accepted.add_shared(1),
            Pushed::Full => count_refusal(counters, Reason::Full, true),
            Pushed::Closed => count_refusal(counters, Reason::Closed, true),
        }
        Given::of(pushed)
    })
}

/// Pushes an envelope without a message, which no ledger counts.
pub(super) fn push_news(worker: &mut Worker, to: Raw, envelope: NonNull<Envelope>) -> Given {
    // SAFETY: cells are never unmapped; the worker is online.
    let header = unsafe { to.cell().as_ref() };
    // SAFETY: the envelope is the caller's; online since the check.
    match unsafe { header.send_tagged(to.generation(), envelope, EXPIRY, COUNT_MAX) } {
        Sent::Pushed(pushed) => {
            if matches!(pushed, Pushed::First { .. }) {
                worker.schedule(to.cell());
            }
            Given::of(pushed)
        }
        Sent::Stale => Given::Ended,
    }
}
