//! The owner's side of a mailbox whose messages are sorted when they are taken: two lanes, batches that are gathered, and
//! messages that are dropped when their turn has come. An actor that asks for none of it has nothing of this.
//!
//! Who may touch what: the lanes belong to the owner, as the private queue does; they lie beside the cell, so that a panic
//! loses nothing. What lies in them counts until it is handled or dropped.
//!
//! *Two lanes.* The stack is taken before each message, and sorted. The urgent lane goes first; after [`STREAK`] of it in a
//! row one of the other is handled: so a message waits for at most `STREAK` urgent ones for each before it in its lane.
//!
//! *Dropping the oldest.* Each time, what waits is counted; if that is more than the capacity, what is the engine's own (outcomes,
//! items of flows, notices) left out, the oldest is dropped: of those gathered, else of the normal lane, else of the urgent one.
//!
//! *The exact form* keeps messages in a [`Latest`] and takes them from there. What comes through the stack all the same (what
//! is the engine's own, and timers) is handled after what lay in the line when it was seen.

use super::drain::{Drain, Ended};
use super::envelope::{EXPIRY, Envelope, FLUSH, Line};
use super::latest::Latest;
use super::queue::{Mailbox, Waiters};
use super::tenant::{Halt, NextSorted, Tenant};
use super::word::{CLOSED, SIGNAL, Word};
use crate::sync::{Mutant, Ordering, mutant};
use std::ptr::NonNull;

/// Urgent messages in a row while others wait.
pub(crate) const STREAK: u32 = 16;

/// Which lane a message goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lane {
    /// In the order in which they were sent.
    #[default]
    Normal,
    /// Before the normal ones, in their own order.
    Urgent,
}

/// What was taken and is not handled yet.
#[derive(Debug)]
pub(crate) struct Lanes {
    urgent: Line,
    normal: Line,
    /// So many in that one are the engine's own: nobody is dropped for them.
    own: u32,
    /// Gathered for the next batch.
    gathered: Line,
    /// So many of those gathered are handled one by one.
    alone: u32,
    /// Urgent messages since the last other one.
    streak: u32,
    /// Messages of the line that go before what came through the stack.
    before: u32,
    /// Messages of the batch that were given to the handler, and whose credit is to go back.
    given: u32,
    /// The handler has the batch.
    handed: bool,
    /// What the turn is still to be charged with for it.
    charge: u32,
}

// SAFETY: lanes belong to the actor's owner; envelopes hold only `Send` messages.
unsafe impl Send for Lanes {}

/// What is sorted, and how. The same for all turns of an actor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sorting {
    /// Beyond so many the oldest is dropped; none if none is.
    pub(crate) keep: Option<u32>,
    /// Messages to a batch; none if each is handled by itself.
    pub(crate) gather: Option<u32>,
}

/// What becomes of a batch that is not full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Wait {
    /// Its time is up, or it has none: it is handled as it is.
    Over,
    /// The actor will be told when the time is up.
    On,
}

/// The upper floor's side of a sorted turn.
pub(crate) trait Sorted: Tenant {
    /// The lane of a message.
    ///
    /// # Safety
    /// The envelope is this tenant's, and plain.
    unsafe fn lane(&mut self, envelope: NonNull<Envelope>) -> Lane;

    /// Drops a message to make room, and counts it.
    ///
    /// # Safety
    /// The envelope is this tenant's alone, and plain.
    unsafe fn drop_oldest(&mut self, envelope: NonNull<Envelope>);

    /// Whether to wait for a batch to become full; `first` says that it has just begun.
    fn wait(&mut self, first: bool) -> Wait;

    /// Handles the messages that were gathered; what it leaves, also by a panic, goes first in the next batch. Of which it takes
    /// nothing, they are handled one by one.
    ///
    /// # Safety
    /// The lanes are this tenant's, and nobody else uses them meanwhile.
    ///
    /// # Errors
    /// The handler's fault.
    unsafe fn handle_batch(&mut self, lanes: NonNull<Lanes>) -> Result<(), Self::Fault>;
}

impl Lanes {
    pub(crate) fn new() -> Self {
        Self {
            urgent: Line::EMPTY,
            normal: Line::EMPTY,
            own: 0,
            gathered: Line::EMPTY,
            alone: 0,
            streak: 0,
            before: 0,
            given: 0,
            handed: false,
            charge: 0,
        }
    }

    /// Gives one message of the batch to the handler.
    pub(crate) fn give(&mut self) -> Option<NonNull<Envelope>> {
        let envelope = self.gathered.pop()?;
        self.given += 1;
        Some(envelope)
    }

    /// Messages of the batch that are left.
    pub(crate) fn left(&self) -> usize {
        self.gathered.len as usize
    }

    /// The handler is done with the batch, if it had one, also by a panic: messages whose credit is to go back.
    pub(crate) fn end_batch(&mut self) -> u32 {
        if !std::mem::take(&mut self.handed) {
            return 0;
        }
        let given = std::mem::take(&mut self.given);
        if given == 0 {
            // A batch of which nothing was taken is handled message by message.
            self.alone = self.gathered.len;
        }
        self.charge = given.max(1);
        given
    }

    /// Everything, oldest first as far as lanes have an order between them: the actor ends.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = NonNull<Envelope>> {
        std::iter::from_fn(|| self.gathered.pop().or_else(|| self.urgent.pop()).or_else(|| self.normal.pop()))
    }

    /// Takes out what `goes`; what stays is the engine's own.
    ///
    /// # Safety
    /// The caller is the owner.
    pub(crate) unsafe fn sift(&mut self, mut goes: impl FnMut(NonNull<Envelope>) -> bool) -> Line {
        let (mut gone, mut kept) = (Line::EMPTY, Line::EMPTY);
        while let Some(envelope) =
            self.gathered.pop().or_else(|| self.urgent.pop()).or_else(|| self.normal.pop())
        {
            // SAFETY: off our own lines.
            unsafe { if goes(envelope) { &mut gone } else { &mut kept }.push(envelope) };
        }
        *self = Self { own: kept.len, normal: kept, ..Self::new() };
        gone
    }

    /// Puts behind all that is there what the engine itself has put into the mailbox.
    ///
    /// # Safety
    /// The caller is the owner, and the envelopes are its own, each with a tag.
    pub(crate) unsafe fn keep(&mut self, mut kept: Line) {
        while let Some(envelope) = kept.pop() {
            // SAFETY: the same promise.
            unsafe { self.normal.push(envelope) };
            self.own += 1;
        }
    }

    /// Sorts a stack into the lanes.
    ///
    /// # Safety
    /// The caller owns the stack and the tenant.
    unsafe fn sort(&mut self, stack: *mut Envelope, line: Option<&Latest>, tenant: &mut impl Sorted) {
        let mut chain = super::envelope::Chain::EMPTY;
        // SAFETY: the stack is the caller's.
        unsafe { chain.append_reversed(stack, std::ptr::null_mut()) };
        if self.normal.len == 0
            && let Some(line) = line
        {
            self.before = line.len();
        }
        while let Some(envelope) = chain.pop() {
            // SAFETY: off our own chain. What the engine says by a tag has no lane of its own.
            unsafe {
                let own = Envelope::tag(envelope) != 0;
                self.own += u32::from(own);
                let urgent = !own && tenant.lane(envelope) == Lane::Urgent;
                if urgent { &mut self.urgent } else { &mut self.normal }.push(envelope);
            }
        }
    }

    /// The next message but those gathered, and whether it is counted in the word: what lies in the line is not.
    fn next(&mut self, line: Option<&Latest>) -> Option<(NonNull<Envelope>, bool)> {
        if let Some(line) = line
            && (self.before > 0 || self.normal.len == 0)
        {
            self.before = self.before.saturating_sub(1);
            if let Some(envelope) = line.take() {
                return Some((envelope, false));
            }
            self.before = 0;
        }
        let starving = self.streak >= STREAK && self.normal.len > 0 && !mutant(Mutant::EndlessStreak);
        if !starving && let Some(envelope) = self.urgent.pop() {
            self.streak += 1;
            return Some((envelope, true));
        }
        self.streak = 0;
        let envelope = self.normal.pop();
        if let Some(line) = line {
            self.before = line.len();
        }
        let envelope = envelope?;
        // SAFETY: off our own line.
        self.own -= u32::from(unsafe { Envelope::tag(envelope) } != 0);
        Some((envelope, true))
    }

    /// Puts back what `next` took off the normal lane, and is the engine's own: it is the next one then, whatever has come since.
    ///
    /// # Safety
    /// The caller owns the envelope, and gives it away.
    unsafe fn put_back(&mut self, envelope: NonNull<Envelope>) {
        // SAFETY: by the caller's promise.
        unsafe { self.normal.push_front(envelope) };
        self.own += 1;
        self.streak = STREAK;
        self.before = 0;
    }

    /// The oldest that may be dropped.
    ///
    /// # Safety
    /// The caller is the owner.
    unsafe fn oldest(&mut self) -> Option<NonNull<Envelope>> {
        for line in [&mut self.gathered, &mut self.normal, &mut self.urgent] {
            // SAFETY: the line's own.
            if line.first().is_some_and(|first| unsafe { Envelope::tag(first) } == 0) {
                let oldest = line.pop();
                if mutant(Mutant::DropOutOfTurn)
                    && let (Some(oldest), Some(second)) = (oldest, line.first())
                    // SAFETY: as above.
                    && unsafe { Envelope::tag(second) } == 0
                {
                    let second = line.pop();
                    // SAFETY: off our own line.
                    unsafe { line.push_front(oldest) };
                    return second;
                }
                return oldest;
            }
        }
        None
    }
}

/// What the actor does next: sorts what came, drops what is too much, and has batches handled; what is handled by itself
/// is the caller's. The sorted part of [`super::turn::stretch`].
///
/// # Safety
/// As for [`Tenant::next_sorted`]; and the lanes are the actor's.
pub(crate) unsafe fn next<T: Sorted>(
    tenant: &mut T,
    mailbox: &Mailbox,
    lanes: NonNull<Lanes>,
    line: Option<&Latest>,
    drain: &mut Drain,
    left: &mut u32,
    sorting: Sorting,
) -> NextSorted<T::Fault> {
    // SAFETY: the turn owns the mailbox, the lanes, and every envelope in them. Each borrow of the lanes ends before user code
    // runs that may use them (`handle_batch`).
    unsafe {
        loop {
            // Acquire pairs with the Release of every push whose envelope we may find.
            let word = Word(mailbox.word.load(Ordering::Acquire));
            if word.has(SIGNAL) && !drain.overlooks_signal() {
                return NextSorted::Halt(Halt::Signal);
            }
            if !word.head().is_null() {
                let stack = drain.take_stack(mailbox);
                (*lanes.as_ptr()).sort(stack, line, tenant);
            }
            if let Some(keep) = sorting.keep {
                let count = mailbox.peek().count();
                let keep = keep + (*lanes.as_ptr()).own;
                if count > keep + drain.unreturned()
                    && let Some(oldest) = (*lanes.as_ptr()).oldest()
                {
                    drain.handled();
                    tenant.drop_oldest(oldest);
                    continue;
                }
                // What comes in next shall find all places that are free.
                if count > keep && drain.unreturned() > 0 {
                    settle(mailbox, drain, tenant);
                }
            }
            let charge = std::mem::take(&mut (*lanes.as_ptr()).charge);
            *left = left.saturating_sub(charge);
            if charge > 0 && tenant.has_sent_much() {
                *left = 0;
            }
            // Only now, so that what waits for a worker is no more than is kept.
            if *left == 0 {
                return NextSorted::Halt(Halt::Yield);
            }
            let next = match sorting.gather {
                None => (*lanes.as_ptr()).next(line),
                Some(most) => match gather(tenant, mailbox, lanes, line, most) {
                    Gathered::Full => None,
                    Gathered::Next(envelope) => Some((envelope, true)),
                    Gathered::Some => {
                        // Nothing more is there: whether it waits for more.
                        if !word.has(CLOSED) && tenant.wait(false) == Wait::On {
                            match go_idle(mailbox, line, drain, tenant) {
                                Some(halt) => return NextSorted::Halt(halt),
                                None => continue,
                            }
                        }
                        None
                    }
                    Gathered::Nothing => None,
                },
            };
            if let Some((envelope, counted)) = next {
                drain.handled_more(u32::from(counted));
                return NextSorted::Message { envelope, tagged: Envelope::tag(envelope) != 0 };
            }
            if (*lanes.as_ptr()).gathered.len > 0 {
                (*lanes.as_ptr()).handed = true;
                let result = tenant.handle_batch(lanes);
                drain.handled_more((*lanes.as_ptr()).end_batch());
                if let Err(fault) = result {
                    return NextSorted::Halt(Halt::Failed(fault));
                }
                if tenant.wish().is_something() {
                    return NextSorted::Halt(Halt::Attend);
                }
                if drain.is_credit_due(|| tenant.step()) {
                    settle(mailbox, drain, tenant);
                }
                continue;
            }
            if word.has(CLOSED) {
                if line.is_none_or(Latest::close_if_empty) && mailbox.peek().head().is_null() {
                    return NextSorted::Halt(Halt::Drained);
                }
                continue;
            }
            if let Some(halt) = go_idle(mailbox, line, drain, tenant) {
                return NextSorted::Halt(halt);
            }
        }
    }
}

/// Gives credit back.
///
/// # Safety
/// The caller is the owner.
unsafe fn settle(mailbox: &Mailbox, drain: &mut Drain, tenant: &mut impl Tenant) {
    // SAFETY: by the caller's promise.
    if unsafe { drain.settle(mailbox, || tenant.low()) } == Waiters::Wake {
        tenant.wake();
    }
}

/// What is there to be gathered.
enum Gathered {
    /// Nothing at all.
    Nothing,
    /// Some, and no more is there.
    Some,
    /// As many as a batch has, or as came before something that is not for a batch.
    Full,
    /// This one is not for a batch, and nothing is gathered that came before it.
    Next(NonNull<Envelope>),
}

/// # Safety
/// The caller is the owner of the lanes.
unsafe fn gather(
    tenant: &mut impl Sorted,
    mailbox: &Mailbox,
    lanes: NonNull<Lanes>,
    line: Option<&Latest>,
    most: u32,
) -> Gathered {
    // SAFETY: by the caller's promise; no user code runs in these borrows.
    unsafe {
        loop {
            let lanes = &mut *lanes.as_ptr();
            // Some may have been dropped since.
            lanes.alone = lanes.alone.min(lanes.gathered.len);
            if lanes.alone > 0
                && let Some(envelope) = lanes.gathered.pop()
            {
                lanes.alone -= 1;
                return Gathered::Next(envelope);
            }
            if lanes.gathered.len >= most {
                return Gathered::Full;
            }
            let Some((envelope, counted)) = lanes.next(line) else {
                return if lanes.gathered.len > 0 { Gathered::Some } else { Gathered::Nothing };
            };
            match Envelope::tag(envelope) {
                0 => {}
                // News without a message overtakes: that of an earlier batch's time must not end this one.
                EXPIRY | FLUSH => return Gathered::Next(envelope),
                _ if lanes.gathered.len == 0 => return Gathered::Next(envelope),
                _ => {
                    lanes.put_back(envelope);
                    return Gathered::Full;
                }
            }
            if !counted {
                // Its credit goes back as that of the others.
                mailbox.count_in();
            }
            let first = lanes.gathered.len == 0;
            lanes.gathered.push(envelope);
            if first {
                let _: Wait = tenant.wait(true);
            }
        }
    }
}

/// Goes idle if nothing came. None if something did.
///
/// # Safety
/// The caller is the owner, and has looked everywhere.
unsafe fn go_idle<T: Sorted>(
    mailbox: &Mailbox,
    line: Option<&Latest>,
    drain: &mut Drain,
    tenant: &mut T,
) -> Option<Halt<T::Fault>> {
    let low = tenant.low();
    // SAFETY: by the caller's promise. No user code runs under the lock of the line.
    let mut idle = || unsafe { drain.idle(mailbox, || low) };
    let ended = match line {
        None => idle(),
        Some(line) => line.if_empty(idle)?,
    };
    match ended {
        Ended::Idle => Some(Halt::Gone),
        Ended::Owned(waiters) => {
            if waiters == Waiters::Wake {
                tenant.wake();
            }
            None
        }
    }
}
