//! Muting: how back-pressure reaches a sending actor without holding a worker, and why it cannot deadlock.
//!
//! An actor that sent into a mailbox over its capacity is *muted* on it after its handler: it stays SCHEDULED, is on no
//! run queue, and its ownership lies in the target's waiters list until somebody takes it off. Its own mailbox stays
//! open, fills, and mutes its own senders in turn: so back-pressure travels.
//!
//! The muter (owner of `me`), in this order: `muted_on = target`; push `me` on the target's waiters; RMW the target's
//! WAITERS flag, which fails if the count is at the low mark or the mailbox is closed; SeqCst fence; look at its own
//! word for CLOSED or SIGNAL, and whether the target drains at all; follow `muted_on` from the target. If the flag failed,
//! the word carries a flag, the target is away, or the walk comes back to `me`, it *withdraws*: it swaps the waiters list.
//! A walk that ends in a cycle without `me` is none of its business: were it let go as well, a source that feeds a circle
//! of full mailboxes would never be held.
//! Whoever takes an actor off a list owns it; after the push the muter must not rely on any local variable, for another
//! worker may be running the actor already.
//!
//! The waker (owner of the target, once the count has sunk to low) clears the flag by RMW, then swaps the list.
//! The signaller sets the flag in `me`'s word by RMW, SeqCst fence, loads `muted_on`, and swaps *that* list.
//!
//! The waker and who withdraws then look at the count for each on the list: between the flag and the swap the mailbox may
//! have filled again, and others may have been muted on it; they would go beyond the capacity once more. Whom the mailbox
//! still holds up is muted again, as above. So after a moment at which the count was at the low mark each sender gets at
//! most one handler beyond the capacity before it is muted, and nobody who is muted goes on before the next such moment:
//! but for orders and cycles the mailbox holds at most the capacity, and what one handler of each sender sends. The push on
//! the list comes after the sender's messages, so that whoever swaps the list sees them in the count.
//!
//! Dekker pairs, each with a SeqCst fence between store and load on both sides:
//! - muter (`waiters`/`muted_on` then own word) with signaller (own word then `muted_on`);
//! - muter with muter, around a cycle (`muted_on` then the other's `muted_on`): the last to fence sees the whole cycle.
//!
//! Resuming somebody for no reason is harmless: it runs, and is muted again if it sends again. A stale `muted_on` or a
//! recycled target leads at worst to that, as cells are never unmapped.

use super::queue::{Flagged, Mailbox};
use super::word::{CLOSED, SIGNAL};
use crate::sync::{AtomicU32, Mutant, Ordering, fence, mutant};

/// The number of a cell; zero is nobody.
pub(crate) type CellNumber = u32;
/// Nobody.
pub(crate) const NOBODY: CellNumber = 0;

/// A chain of `muted_on` this long counts as a cycle.
const HOPS_MAX: u32 = 256;

/// What an actor's cell holds for muting.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Credit {
    /// Head of the stack of actors muted on this one.
    waiters: AtomicU32,
    /// Whom this actor is muted on.
    muted_on: AtomicU32,
    /// The next on the stack that this actor is on. Written before the push that publishes it, read after the swap.
    next: AtomicU32,
}

/// A mailbox's low mark: those who wait go on when its count has sunk to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LowMark {
    low: u32,
    /// Up to here there are places for those who wait.
    most: u32,
}

impl LowMark {
    const ZERO: LowMark = LowMark { low: 0, most: 1 };

    pub(crate) const fn new(low: u32, most: u32) -> Self {
        debug_assert!(low < most, "nobody who waits would ever find a place");
        Self { low, most }
    }

    /// Where it lies with so many kept in the stash: above them, and below the last place, so that whoever goes on finds one.
    pub(crate) fn with(self, kept: u32) -> u32 {
        (self.low + kept).min(self.most - 1)
    }
}

/// How this floor finds the cells that numbers name.
pub(crate) trait Cells {
    fn mailbox(&self, cell: CellNumber) -> &Mailbox;
    fn credit(&self, cell: CellNumber) -> &Credit;
    /// Whether the actor drains, by a glance.
    fn drains(&self, cell: CellNumber) -> bool;
    /// What it keeps in its stash now: its low mark is raised by that.
    fn kept(&self, cell: CellNumber) -> u32;
}

/// What became of a mute.
#[derive(Debug)]
#[must_use]
pub(crate) enum Mute {
    /// The actor waits, or has been taken off already: either way it is no longer the caller's.
    Held,
    /// It shall not wait: schedule everybody on this list. The actor itself is on it unless somebody was quicker.
    Withdrawn(Resumed),
}

/// Actors taken off a waiters list. The holder owns each of them and must schedule it.
#[derive(Debug)]
#[must_use]
pub(crate) struct Resumed {
    list: CellNumber,
    /// Whose mailbox may hold them up still, if its count is above this.
    on: CellNumber,
    low: LowMark,
    /// Goes on in any case: it would close a cycle.
    free: CellNumber,
}

/// Why an actor shall not wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// There is nothing to wait for, or something else to do.
    Needless,
    Cycle,
}

impl Resumed {
    /// Nobody.
    pub(crate) const NOBODY: Resumed = Resumed::all(NOBODY);

    #[inline(always)]
    pub(crate) fn is_nobody(&self) -> bool {
        self.list == NOBODY
    }

    const fn all(list: CellNumber) -> Self {
        Self { list, on: NOBODY, low: LowMark::ZERO, free: NOBODY }
    }

    /// Takes the next one off. Its link is read before it is handed out: from then on it may run, and be muted anew.
    pub(crate) fn next(&mut self, cells: &impl Cells) -> Option<CellNumber> {
        loop {
            let cell = self.list;
            if cell == NOBODY {
                return None;
            }
            // Relaxed: the swap that gave us the list acquired it.
            self.list = cells.credit(cell).next.load(Ordering::Relaxed);
            let goes_on = cell == self.free
                || !self.holds_up(cells)
                || cells.mailbox(cell).peek().has(CLOSED | SIGNAL)
                || mutant(Mutant::ResumeWithoutLook);
            if goes_on {
                return Some(cell);
            }
            if let Err(refusal) = wait(cells, cell, self.on, self.low) {
                self.take_back(cells, cell, refusal);
            }
        }
    }

    /// Whether their target is not down to its low mark.
    fn holds_up(&self, cells: &impl Cells) -> bool {
        if self.on == NOBODY {
            return false;
        }
        let word = cells.mailbox(self.on).peek();
        word.count() > self.low.with(cells.kept(self.on)) && !word.has(CLOSED) && cells.drains(self.on)
    }

    /// `cell` shall not wait: takes it off the list again, and everybody there.
    fn take_back(&mut self, cells: &impl Cells, cell: CellNumber, refusal: Refusal) {
        let mut back = cells.credit(self.on).waiters.swap(NOBODY, Ordering::AcqRel);
        let mut found = false;
        while back != NOBODY {
            let one = back;
            // Relaxed: acquired with the list.
            back = cells.credit(one).next.load(Ordering::Relaxed);
            found |= one == cell;
            if one != cell {
                self.put_first(cells, one);
            }
        }
        // Unless somebody was quicker.
        if found {
            self.put_first(cells, cell);
        }
        if refusal == Refusal::Cycle {
            self.free = cell;
        }
    }

    fn put_first(&mut self, cells: &impl Cells, cell: CellNumber) {
        // Relaxed: it is ours.
        cells.credit(cell).next.store(self.list, Ordering::Relaxed);
        self.list = cell;
    }
}

impl Credit {
    pub(crate) fn new() -> Self {
        Self {
            waiters: AtomicU32::new(NOBODY),
            muted_on: AtomicU32::new(NOBODY),
            next: AtomicU32::new(NOBODY),
        }
    }

    /// Whom the actor is muted on, by a glance.
    pub(crate) fn muted_on(&self) -> CellNumber {
        self.muted_on.load(Ordering::Relaxed)
    }

    /// The owner that begins a fresh turn clears the mark.
    #[inline(always)]
    pub(crate) fn resumed(&self) {
        if self.muted_on.load(Ordering::Relaxed) != NOBODY {
            self.muted_on.store(NOBODY, Ordering::Relaxed);
        }
    }

    /// Takes everybody who is muted on this actor. Always an RMW, so that two takers never share one.
    pub(crate) fn take_waiters(&self) -> Resumed {
        // Acquire pairs with the Release of each push: the muted actor's state and link. Release keeps the chain of
        // pushes and swaps unbroken for those that push on the emptied list.
        Resumed::all(self.waiters.swap(NOBODY, Ordering::AcqRel))
    }

    /// [`Credit::take_waiters`] for the owner whose mailbox has ended: the exchange on the word has ordered everybody who
    /// was flagged before it, and whoever comes later sees CLOSED and takes himself off. So a look is enough where
    /// nobody is there.
    #[inline]
    pub(crate) fn take_last_waiters(&self) -> Resumed {
        if self.waiters.load(Ordering::Acquire) == NOBODY {
            return Resumed::NOBODY;
        }
        self.take_waiters()
    }

    fn push_waiter(&self, who: CellNumber, credit: &Credit) {
        let mut head = self.waiters.load(Ordering::Relaxed);
        loop {
            credit.next.store(head, Ordering::Relaxed);
            // Release publishes the muted actor (state, cursor, link) to whoever takes it off.
            match self.waiters.compare_exchange_weak(head, who, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(seen) => head = seen,
            }
        }
    }
}

/// The count of `target` has sunk to `low`: takes those who are muted on it, of whom each goes on unless it has risen again.
pub(crate) fn wake(cells: &impl Cells, target: CellNumber, low: LowMark) -> Resumed {
    Resumed { on: target, low, ..cells.credit(target).take_waiters() }
}

/// Mutes `me` on `target`. The caller is the owner of `me`, has settled its cursor and keeps nothing in local variables.
pub(crate) fn mute(cells: &impl Cells, me: CellNumber, target: CellNumber, low: LowMark) -> Mute {
    let Err(refusal) = wait(cells, me, target, low) else { return Mute::Held };
    let mut resumed = Resumed { on: target, low, ..Resumed::NOBODY };
    resumed.take_back(cells, me, refusal);
    Mute::Withdrawn(resumed)
}

/// Puts `me` on the list of `target`.
///
/// # Errors
/// Why it shall not wait there.
fn wait(cells: &impl Cells, me: CellNumber, target: CellNumber, low: LowMark) -> Result<(), Refusal> {
    debug_assert_ne!(me, target, "an actor is never muted on itself");
    let mine = cells.credit(me);
    mine.muted_on.store(target, Ordering::Relaxed);
    cells.credit(target).push_waiter(me, mine);
    // From here on `me` may be running elsewhere: only atomics of its cell may be read, and only as hints.
    let flagged = cells.mailbox(target).flag_waiters(|| low.with(cells.kept(target)));
    if !mutant(Mutant::MuteWithoutFence) {
        // Pairs with the fence in `signalled` and with the same fence of other muters.
        fence(Ordering::SeqCst);
    }
    let own = cells.mailbox(me).peek();
    let signalled = own.has(CLOSED | SIGNAL) && !mutant(Mutant::NoSignalCheck);
    let in_cycle = || comes_back(cells, target, me) && !mutant(Mutant::NoCycleCheck);
    let away = !cells.drains(target) && !mutant(Mutant::MuteOnOneAway);
    if flagged == Flagged::No || signalled || away {
        return Err(Refusal::Needless);
    }
    if in_cycle() { Err(Refusal::Cycle) } else { Ok(()) }
}

/// After a flag was set in `cell`'s word by RMW: takes it off the list it waits on, with everybody there.
pub(crate) fn signalled(cells: &impl Cells, cell: CellNumber) -> Resumed {
    if !mutant(Mutant::SignalWithoutFence) {
        // Pairs with the fence in `mute`: either the muter sees the flag, or we see whom it is muted on.
        fence(Ordering::SeqCst);
    }
    // Acquire is not needed: the list is reached by an RMW of its own.
    match cells.credit(cell).muted_on() {
        NOBODY => Resumed::NOBODY,
        target => cells.credit(target).take_waiters(),
    }
}

/// Whether the chain of who waits for whom leads from `from` to `me`. One that leads into a cycle without `me` does not: one
/// of the cycle goes on, and will come round to the others, or is due to run already and still bears its mark. Such a cycle
/// is told by a mark left behind on the chain, each time at twice the distance (Brent, "An improved Monte Carlo factorization
/// algorithm", 1980).
fn comes_back(cells: &impl Cells, from: CellNumber, me: CellNumber) -> bool {
    let (mut at, mut left, mut then) = (from, from, 1);
    for hop in 1..=HOPS_MAX {
        at = match cells.credit(at).muted_on() {
            NOBODY => return false,
            next if next == me => return true,
            next if next == left && !mutant(Mutant::AnyCycle) => return false,
            next => next,
        };
        if hop == then {
            (left, then) = (at, then * 2);
        }
    }
    true
}

#[cfg(not(any(throng_loom, throng_shuttle)))]
const _: () = assert!(std::mem::size_of::<Credit>() == 12);
