//! Sending: from a worker, which is fast, and from any other thread, which goes online for it.

use super::ext::Ext;
use super::parcel::{Packing, tag_of};
use crate::cell::arena::{self, CellPool};
use crate::cell::header::{CellPtr, Header, Kind};
use crate::cell::pool::Pool;
use crate::error::{Reason, SendError};
use crate::mailbox::credit::CellNumber;
use crate::mailbox::envelope::Envelope;
use crate::mailbox::latest::Offered;
use crate::mailbox::overflow::Overflow;
use crate::mailbox::queue::{Pushed, Signalled};
use crate::mailbox::word::COUNT_MAX;
use crate::scheduler::drops::{DropCause, Loss};
use crate::scheduler::shared::Shared;
use crate::scheduler::stats::Counters;
use crate::scheduler::watchers::Watchers;
use crate::scheduler::worker::{self, Worker};
use crate::sync::{Mutant, mutant};
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

/// Which actor, whatever it understands: printed and compared like its [`Address`](crate::Address), and good for nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActorId(pub(crate) Raw);

impl std::fmt::Debug for ActorId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ActorId({self})")
    }
}

impl std::fmt::Display for ActorId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0.number(), self.0.generation())
    }
}

/// Up to where a send may fill the mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// The capacity, strictly.
    Capacity,
    /// What the receiver's overflow policy lets an actor's send do.
    Policy,
    /// The same for who cannot be suspended: the capacity where the policy would do that.
    Outside,
    /// As the policy, for what no policy drops.
    Tracked,
    /// The hard limit.
    Hard,
    /// All that the word counts: beyond the hard limit there is a place for each outstanding ask.
    Owed,
}

/// How a message goes to whoever understands it among others.
pub(super) enum Way {
    Within(Bound),
    /// As a notice, which nothing refuses as full. This runs when its turn has come, in it.
    Notice(Box<dyn FnOnce() + Send>),
}

impl Bound {
    #[inline(always)]
    pub(super) fn limit(self, kind: &Kind) -> u32 {
        let lossy = matches!(self, Bound::Policy | Bound::Outside);
        match self {
            _ if mutant(Mutant::DropEarly) && lossy && kind.limits.overflow == Overflow::DropNewest => 1,
            Bound::Capacity => kind.limits.strict,
            Bound::Policy if mutant(Mutant::BoundOver) && kind.limits.overflow == Overflow::Fail => {
                kind.limits.entry + 1
            }
            Bound::Policy => kind.limits.entry,
            Bound::Outside if kind.limits.overflow == Overflow::Mute => kind.limits.capacity,
            Bound::Outside => kind.limits.entry,
            Bound::Tracked => match kind.limits.overflow {
                Overflow::DropOldest => kind.limits.capacity,
                // The word counts what does not lie in the line.
                Overflow::DropOldestExact => kind.limits.hard,
                _ => kind.limits.entry,
            },
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

/// What became of a message that did not go in where a send looks first. Whoever is told drops it, or tells others, outside
/// any borrow of the worker: that is user code.
#[derive(Debug)]
pub(super) enum Out<M> {
    /// In all the same.
    In(Entered),
    Refused(SendError<M>),
    /// Refused as full by one who is to be told of pressure.
    Pressed(M),
    /// Accepted and dropped: this one, or another that it pushed out.
    Dropped(Lost<M>),
}

/// A message that an overflow policy drops, and who is told of it.
#[derive(Debug)]
pub(super) struct Lost<M> {
    pub(super) message: M,
    pub(super) cause: DropCause,
    pub(super) actor: &'static str,
    pub(super) watchers: Watchers<Loss>,
}

/// What the overflow policy makes of a message that found the mailbox full.
enum Overflowed<M> {
    /// Nothing: it is refused.
    Full(M),
    /// It is in all the same, in a line of its own.
    In {
        first: bool,
        pushed_out: Option<Lost<M>>,
    },
    Dropped(Lost<M>),
    Closed(M),
}

/// Looks what the receiver's policy is for a full mailbox. Counts, but for a refusal.
///
/// # Safety
/// The caller is online since it found the tenant, owns the envelope, and sealed an `M` in it, which is what the tenant takes.
#[cold]
#[inline(never)]
unsafe fn overflow<M: 'static>(
    pool: &mut Pool,
    header: &Header,
    kind: &Kind,
    counters: &Counters,
    envelope: NonNull<Envelope>,
    bound: Bound,
) -> Overflowed<M> {
    // SAFETY: by the caller's promise: the envelopes in the tenant's line are of its messages too, and an `M` is exactly such a one, as
    // `Address` is invariant.
    let mut open = |envelope| unsafe {
        let message = Packing::<M>::open(envelope);
        Packing::<M>::free(pool, envelope);
        message
    };
    // SAFETY: online since the kind was found.
    let shared = unsafe { Shared::of(kind) };
    let lost = |message, cause| Lost {
        message,
        cause,
        actor: (kind.table.type_name)(),
        watchers: shared.drops.watchers(),
    };
    let lossy = matches!(bound, Bound::Policy | Bound::Outside);
    // What is the engine's own is not for the policy.
    let plain = tag_of::<M>() == 0;
    match kind.limits.overflow {
        Overflow::DropNewest | Overflow::DropOldest if lossy && plain => {
            counters.accepted.add_shared(1);
            counters.dropped_newest.add_shared(1);
            Overflowed::Dropped(lost(open(envelope), DropCause::Newest))
        }
        Overflow::DropOldestExact if lossy || bound == Bound::Capacity => {
            if !plain {
                // SAFETY: the envelope is the caller's.
                let pushed = unsafe { header.mailbox.push(envelope, tag_of::<M>(), kind.limits.hard) };
                let first = match pushed {
                    Pushed::First { .. } => true,
                    Pushed::Queued { .. } => false,
                    Pushed::Full => return Overflowed::Full(open(envelope)),
                    Pushed::Closed => return Overflowed::Closed(open(envelope)),
                };
                counters.accepted.add_shared(1);
                return Overflowed::In { first, pushed_out: None };
            }
            let pushed_out = match Ext::of_or_new(header).latest(&kind.limits).offer(envelope, lossy) {
                Offered::In { count } => {
                    counters.fullest.raise_shared(u64::from(count));
                    None
                }
                Offered::Instead(oldest) => {
                    counters.dropped_oldest.add_shared(1);
                    Some(lost(open(oldest), DropCause::Oldest))
                }
                Offered::Full => return Overflowed::Full(open(envelope)),
                Offered::Closed => return Overflowed::Closed(open(envelope)),
            };
            counters.accepted.add_shared(1);
            Overflowed::In { first: header.mailbox.rouse() == Signalled::First, pushed_out }
        }
        _ => Overflowed::Full(open(envelope)),
    }
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
) -> Result<Entered, Out<M>> {
    let cell = to.cell();
    // SAFETY: cells are never unmapped; the worker is online.
    let header = unsafe { cell.as_ref() };
    let counters = worker.counters();
    if header.generation() != to.generation() {
        counters.attempts.add(1);
        count_refusal(counters, Reason::Stale, false);
        return Err(Out::Refused(SendError::Stale(message)));
    }
    // SAFETY: the generation was checked and the worker is online.
    let kind = unsafe { header.kind() };
    if kind.home != worker.home {
        return Err(abroad(to, message, bound));
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
        // SAFETY: refused, so the envelope is still ours, with the message in it.
        Pushed::Full => return Err(unsafe { full(worker, cell, kind, envelope, bound) }),
        Pushed::Closed => {
            count_refusal(counters, Reason::Closed, false);
            // SAFETY: as above.
            let message = unsafe {
                let message = Packing::open(envelope);
                Packing::<M>::free(&mut worker.pool, envelope);
                message
            };
            return Err(Out::Refused(SendError::Closed(message)));
        }
    };
    counters.accepted.add(1);
    counters.fullest.raise(u64::from(count));
    Ok(Entered { count, mark: kind.limits.mark })
}

/// Ends a send from a worker into a full mailbox.
///
/// # Safety
/// As for [`overflow`]; the tenant is of the worker's system.
#[cold]
#[inline(never)]
unsafe fn full<M: 'static>(
    worker: &mut Worker,
    cell: CellPtr,
    kind: &Kind,
    envelope: NonNull<Envelope>,
    bound: Bound,
) -> Out<M> {
    let counters = worker.counters();
    // SAFETY: by the caller's promise.
    let overflowed = unsafe { overflow(&mut worker.pool, cell.as_ref(), kind, counters, envelope, bound) };
    let (message, reason) = match overflowed {
        Overflowed::In { first, pushed_out } => {
            if first {
                worker.schedule(cell);
            }
            return pushed_out.map_or(Out::In(Entered::WITHIN), Out::Dropped);
        }
        Overflowed::Dropped(message) => return Out::Dropped(message),
        Overflowed::Full(message) => (message, Reason::Full),
        Overflowed::Closed(message) => (message, Reason::Closed),
    };
    count_refusal(counters, reason, false);
    refused(kind, reason, message)
}

fn refused<M>(kind: &Kind, reason: Reason, message: M) -> Out<M> {
    if reason == Reason::Full && kind.limits.overflow == Overflow::Signal {
        return Out::Pressed(message);
    }
    Out::Refused(SendError::new(reason, message))
}

#[cold]
#[inline(never)]
fn abroad<M: 'static>(to: Raw, message: M, bound: Bound) -> Out<M> {
    // A worker cannot be muted on another system's actor.
    let bound = if bound == Bound::Policy { Bound::Outside } else { bound };
    from_stranger(to, message, bound).map_or_else(|out| out, Out::In)
}

/// Sends from a thread that is not a worker of the receiver's system.
pub(super) fn from_stranger<M: 'static>(to: Raw, message: M, bound: Bound) -> Result<Entered, Out<M>> {
    as_stranger(|stranger| {
        let cell = to.cell();
        // SAFETY: cells are never unmapped; we are online.
        let header = unsafe { cell.as_ref() };
        if header.generation() != to.generation() {
            return Err(Out::Refused(SendError::Stale(message)));
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
        let overflowed = match unsafe { header.mailbox.push(envelope, tag_of::<M>(), bound.limit(kind)) } {
            entered @ (Pushed::First { count } | Pushed::Queued { count }) => {
                counters.accepted.add_shared(1);
                counters.fullest.raise_shared(u64::from(count));
                if matches!(entered, Pushed::First { .. }) {
                    shared.inject(cell);
                }
                return Ok(Entered { count, mark: kind.limits.mark });
            }
            // SAFETY: refused, so the envelope is still ours, with the message in it.
            Pushed::Full => unsafe { overflow(&mut stranger.pool, header, kind, counters, envelope, bound) },
            // SAFETY: as above.
            Pushed::Closed => unsafe {
                let message = Packing::open(envelope);
                Packing::<M>::free(&mut stranger.pool, envelope);
                Overflowed::Closed(message)
            },
        };
        let (message, reason) = match overflowed {
            Overflowed::In { first, pushed_out } => {
                if first {
                    shared.inject(cell);
                }
                return pushed_out.map_or(Ok(Entered::WITHIN), |oldest| Err(Out::Dropped(oldest)));
            }
            Overflowed::Dropped(message) => return Err(Out::Dropped(message)),
            Overflowed::Full(message) => (message, Reason::Full),
            Overflowed::Closed(message) => (message, Reason::Closed),
        };
        count_refusal(counters, reason, true);
        Err(refused(kind, reason, message))
    })
}

/// Puts a message into the line of an actor that keeps the newest, from wherever the caller is; where there is no place, in
/// that of the oldest, which it gives. Counted as accepted in any case.
///
/// # Errors
/// The message, if the actor has ended meanwhile: as a dead letter.
pub(super) fn into_line<M: 'static>(to: Raw, message: M, shared: &Shared) -> Result<Option<Lost<M>>, M> {
    as_stranger(|stranger| {
        let cell = to.cell();
        // SAFETY: cells are never unmapped; we are online.
        let header = unsafe { cell.as_ref() };
        let counters = shared.outside();
        counters.attempts.add_shared(1);
        let dead = |message| {
            counters.accepted.add_shared(1);
            counters.dead_closed.add_shared(1);
            Err(message)
        };
        if header.generation() != to.generation() {
            return dead(message);
        }
        let envelope = Packing::seal(&mut stranger.pool, message);
        // SAFETY: the generation was checked and we are online; the envelope was just made.
        let overflowed = unsafe {
            overflow(&mut stranger.pool, header, header.kind(), counters, envelope, Bound::Outside)
        };
        match overflowed {
            Overflowed::In { first, pushed_out } => {
                if first {
                    // SAFETY: the message made us the owner; we are online.
                    unsafe { schedule_from_anywhere(shared, cell) };
                }
                Ok(pushed_out)
            }
            Overflowed::Dropped(lost) => Ok(Some(lost)),
            Overflowed::Full(message) | Overflowed::Closed(message) => dead(message),
        }
    })
}

/// Runs `f` on the cell if the address is not stale, in an online section.
pub(super) fn at_tenant<R>(to: Raw, f: impl FnOnce(&Header, &'static Kind) -> R) -> Option<R> {
    as_stranger(|_| {
        let cell = to.cell();
        // SAFETY: cells are never unmapped; we are online.
        let header = unsafe { cell.as_ref() };
        // SAFETY: the generation is checked first, and we are online.
        (header.generation() == to.generation()).then(|| f(header, unsafe { header.kind() }))
    })
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
