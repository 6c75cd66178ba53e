//! What a turn is talked of in: what handlers want of it, what ends a stretch of them, what is left for the upper floor to
//! do; and the upper floor's side, [`Tenant`].

use super::credit::{CellNumber, NOBODY};
use super::drain::Drain;
use super::envelope::Envelope;
use super::queue::Mailbox;
use std::ptr::NonNull;

/// Whether a handler wants its actor to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub(crate) enum Stop {
    No = 0,
    /// Once drained.
    Drained,
    Now,
}

/// Beside a stop: something is to be done once credit has gone back.
const SETTLED: u32 = 4;

/// What handlers want of their turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Wish {
    /// The actor on which this one shall be muted.
    pub(crate) mute_on: CellNumber,
    /// A [`Stop`], and [`SETTLED`].
    others: u32,
    /// By how much that one is over its capacity.
    excess: u32,
}

impl Wish {
    pub(crate) const NOTHING: Wish = Wish { mute_on: NOBODY, others: 0, excess: 0 };

    /// The actor is to stop: once drained, unless it is to stop at once.
    pub(crate) fn stop_once(&mut self, stop: Stop) {
        self.others = self.others & SETTLED | self.stop().max(stop) as u32;
    }

    /// Whether the actor is to stop.
    #[inline(always)]
    pub(crate) fn stop(self) -> Stop {
        match self.others & !SETTLED {
            0 => Stop::No,
            1 => Stop::Drained,
            _ => Stop::Now,
        }
    }

    /// [`Tenant::settled`] is to be called once credit has gone back.
    pub(crate) fn settle(&mut self) {
        self.others |= SETTLED;
    }

    /// A send has left `target` this much over its capacity: of several, the fullest is the one to be muted on.
    pub(crate) fn exceed(&mut self, target: CellNumber, excess: u32) {
        if excess > self.excess {
            self.mute_on = target;
            self.excess = excess;
        }
    }

    /// The same for one whom the wish names already; says whether it does.
    #[inline(always)]
    pub(crate) fn exceeds_more(&mut self, target: CellNumber, excess: u32) -> bool {
        let named = self.mute_on == target;
        if named {
            self.excess = self.excess.max(excess);
        }
        named
    }

    /// Whether it is to be called then.
    #[inline(always)]
    pub(super) fn settles(self) -> bool {
        self.others & SETTLED != 0
    }

    /// It has been.
    pub(super) fn has_settled(&mut self) {
        self.others &= !SETTLED;
    }

    #[inline(always)]
    pub(super) fn is_something(self) -> bool {
        // One load and one test, as both are zero for nothing and lie side by side.
        u64::from(self.mute_on) | u64::from(self.others) << 32 != 0
    }
}

/// Why an actor ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// It stopped itself, and the mailbox has ended already, with nothing in it.
    Empty,
    Stopped,
    Failed,
    /// At once, and without its last hook.
    Killed,
}

/// Where the envelope of a message is while it is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the mailbox's word.
    Linked,
    /// With its owner.
    Taken,
}

/// What ended a stretch of handlers.
#[derive(Debug)]
#[must_use]
pub(crate) enum Halt<F> {
    /// The actor is idle, or somebody else's.
    Gone,
    /// It has more to do, and others wait.
    Yield,
    /// A handler wants something.
    Attend,
    /// A handler failed.
    Failed(F),
    /// The actor stopped itself, and the mailbox has ended with nothing left in it.
    Ended,
    /// Nothing can come any more.
    Drained,
    /// A signal: something outranks what is queued.
    Signal,
}

/// What an actor whose messages are sorted does next.
#[derive(Debug)]
#[must_use]
pub(crate) enum NextSorted<F> {
    /// It handles this one. Counted already.
    Message { envelope: NonNull<Envelope>, tagged: bool },
    /// Its stretch ends.
    Halt(Halt<F>),
}

/// What becomes of an actor whose handler failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Verdict {
    /// It goes on.
    GoOn,
    /// It is held until its guard says what shall become of it.
    Hold,
    /// It ends.
    End,
}

/// What the tenant has done of its errands.
#[derive(Debug)]
#[must_use]
pub(crate) enum Heeded<F> {
    /// There were none.
    Nothing,
    /// All that were there, or so many that others come first.
    Done { more: bool },
    /// One of them failed, as a handler does.
    Failed(F),
}

/// What is left for the upper floor to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Onward {
    /// The next stretch.
    GoOn,
    /// Nothing: the actor is idle, or somebody else's.
    Left,
    /// Nothing: the actor is suspended or held, and belongs to whoever resumes or rouses it.
    Suspended,
    /// Put the actor at the end of the line.
    Reschedule,
    /// Mute the actor on this one: settled, and nothing of it is in a local variable.
    Mute(CellNumber),
    /// End the actor. Unless it is `Empty`, its mailbox has still to be ended.
    End(Death),
}

/// The upper floor's side of a turn: one actor, and the worker that runs it.
pub(crate) trait Tenant {
    /// Why a handler failed.
    type Fault;

    /// Whether messages are sorted when they are taken. The same for a whole turn.
    fn is_sorted(&self) -> bool;

    /// The next message of an actor whose messages are sorted; see [`super::lanes`]. `left` may be zero.
    ///
    /// # Safety
    /// The caller owns the actor of this mailbox and its cursor, and nothing is in place.
    unsafe fn next_sorted(
        &mut self,
        mailbox: &Mailbox,
        drain: &mut Drain,
        left: &mut u32,
    ) -> NextSorted<Self::Fault>;

    /// Runs before the first message.
    ///
    /// # Errors
    /// The hook's fault.
    fn begin(&mut self) -> Result<(), Self::Fault>;

    /// Handles the message of an envelope: it is moved out. One that stays linked is left alone; the block of one that was
    /// taken off is freed, also when the handler panics. `tagged` says that its link carries a tag.
    ///
    /// # Safety
    /// The envelope is this tenant's, alone if it was taken off, and holds what its tag says.
    ///
    /// # Errors
    /// The handler's fault.
    unsafe fn handle(
        &mut self,
        envelope: NonNull<Envelope>,
        place: Place,
        tagged: bool,
    ) -> Result<(), Self::Fault>;

    /// Frees the block of an envelope that was handled in place.
    ///
    /// # Safety
    /// It is unlinked, and its message was moved out.
    unsafe fn free(&mut self, envelope: NonNull<Envelope>);

    /// What the handlers want so far.
    fn wish(&mut self) -> &mut Wish;

    /// Waiters are told when the count has sunk to this.
    fn low(&self) -> u32;

    /// Handled messages after which their credit goes back.
    fn step(&self) -> u32;

    /// Whether the turn has sent so much that it is time for those to whom it has.
    fn has_sent_much(&self) -> bool;

    /// The count has sunk to the low mark: resumes whoever waits for that.
    fn wake(&mut self);

    /// The actor does not drain for a while: who is muted on it goes on.
    fn away(&mut self);

    /// It drains again.
    fn back(&mut self);

    /// Credit has gone back, after a handler whose wish was to hear of that.
    fn settled(&mut self);

    /// What was told through the system lane comes into the mailbox.
    fn admit(&mut self);

    /// A handler, or an errand, failed.
    fn failed(&mut self, fault: Self::Fault) -> Verdict;

    /// Does errands, if there are any; no more than a turn has room for.
    fn heed(&mut self) -> Heeded<Self::Fault>;

    /// Whether errands were left over when others came first, so that a message is to be handled before they go on: says so once.
    fn lets_pass(&mut self) -> bool;

    /// Whether there are errands, by a glance: the actor may be another's by now.
    fn has_errands(&self) -> bool;
}
