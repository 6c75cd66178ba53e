//! Actors that end by the clock: after a time, or when they have had nothing to do for one.
//!
//! How an actor that exits when idle is known to be idle, at no cost to others: it becomes of a kind whose turns are
//! [noted](note_turn); the turn in which it becomes so ends with its handler. Who may touch what: [`Turns`](super::ext::Turns) is written by the worker that runs a turn, before and after it, and read by the
//! one that fires the timer. After a turn the actor may be another worker's already, or have ended; its extension is still
//! there, as it is freed only after a grace period, which the worker of the turn holds up. So `at` is only ever raised. A timer that finds no
//! turn under way, and nobody scheduled, has the actor stopped if `at` is long enough ago; otherwise it comes again.
//!
//! *For one state.* A timer that closed the mailbox could close it on the next state, which may have come since it looked. So
//! it puts an errand to the owner, who alone replaces states and does errands one after the other: it stops the actor if the
//! state is the one that armed the timer, and else forgets it. Of one that has failed, and whose guard has not decided, it is noted, and
//! done if that state goes on (`Own::exits`).

use super::behavior::{Actor, Context};
use super::ext::Ext;
use super::order::rouse;
use super::post::Raw;
use super::timer::{FIRED, State, Timer, is_past};
use crate::cell::header::{CellPtr, Limits};
use crate::scheduler::shared::{Fire, Fired};
use crate::scheduler::worker::Worker;
use crate::sync::Arc;
use crate::time::{Nanos, TICK, nanos};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::time::Duration;

/// Runs a turn of an actor that exits when idle, by `turn`; what stands in its kind's table.
///
/// # Safety
/// As for `turn`: `worker` is the worker of this thread, and `cell` has a tenant that the caller owns.
pub(super) unsafe fn note_turn(worker: NonNull<()>, cell: CellPtr, turn: unsafe fn(NonNull<()>, CellPtr)) {
    // SAFETY: cells are never unmapped; the extension is freed only after a grace period, and this worker passes no quiescent state
    // before the call has returned.
    let turns = &Ext::of_or_new(unsafe { &*cell.as_ptr() }).turns;
    turns.begin();
    // SAFETY: the worker of this thread; no turn borrows it here, or below.
    let before = unsafe { worker.cast::<Worker>().as_ref() }.counters().handled.get();
    // SAFETY: the caller's promise, handed on.
    unsafe { turn(worker, cell) };
    // SAFETY: as above.
    let worker = unsafe { worker.cast::<Worker>().as_ref() };
    // All that this worker has handled meanwhile was this actor's.
    turns.end(worker.shared.clock.now(), worker.counters().handled.get() - before);
}

impl<A: Actor> Context<'_, A> {
    /// Stops this actor after `delay`, as [`Context::stop`] does, before its next message: what is in its mailbox by then is still handled.
    /// Never early, and about a millisecond late on an idle system. Does not hold up quiescence. [Cancelling](Timer::cancel) the timer takes it back;
    /// true means that it will not stop the actor.
    ///
    /// It is for this state of the actor: a restart voids it, also one that has not come yet when the time is up, as the supervisor has not
    /// decided. Once the actor is stopping, it is, whatever becomes of its state meanwhile.
    ///
    /// Costs a timer, and when the time is up an errand to the actor: an allocation each.
    pub fn exit_after(&mut self, delay: Duration) -> Timer {
        let (to, epoch) = (self.raw(), self.epoch());
        let state = State::armed(epoch, None);
        let worker = self.worker();
        let due = worker.shared.clock.now().saturating_add(nanos(delay));
        let of = Exiting { to, epoch, actor: PhantomData::<fn(A)> };
        worker.arm(due, Box::new(ExitAfter { of, state: Arc::clone(&state) }));
        Timer::of(state)
    }

    /// Stops this actor, as [`Context::exit_after`] does, once it has handled nothing for `time`: no message, no tick, no
    /// outcome of an ask. Exact to about a millisecond, and never early; a `time` below a millisecond becomes one. A
    /// message that comes just then is handled, or refused as closed.
    ///
    /// An actor that is suspended, or held up by a full mailbox, is not idle; one that waits for an answer is, and so is one that
    /// keeps messages in its [stash](Context::stash). Does not hold up quiescence. [Cancelling](Timer::cancel) the timer takes it back;
    /// true means that it will not stop the actor. Asked for twice, both hold.
    ///
    /// Costs a timer, which comes again while the actor is at work, about each `time`; and from here on each turn of this actor two readings of the clock
    /// and four atomic read-modify-writes on memory of its own. Others pay nothing.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use throng::{Actor, Context, Fault, System};
    ///
    /// /// One for each visitor, while he is about.
    /// struct Session;
    ///
    /// impl Actor for Session {
    ///     type Msg = &'static str;
    ///     fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         cx.exit_when_idle(Duration::from_secs(60));
    ///         Ok(())
    ///     }
    ///     fn handle(&mut self, _: &'static str, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut inline = System::builder().inline_virtual();
    /// let session = inline.spawn(Session);
    /// inline.advance(Duration::from_secs(59));
    /// session.try_send("still there")?;
    /// inline.advance(Duration::from_secs(59));
    /// assert_eq!(inline.system().ledger().stopped, 0);
    /// inline.advance(Duration::from_secs(1));
    /// assert_eq!(inline.system().ledger().stopped, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn exit_when_idle(&mut self, time: Duration) -> Timer {
        let time = nanos(time).max(TICK);
        // SAFETY: the turn owns the actor.
        let header = unsafe { self.cell.as_ref() };
        // SAFETY: as above.
        let kind = unsafe { header.kind() };
        let (to, epoch) = (self.raw(), self.epoch());
        let worker = self.worker();
        let now = worker.shared.clock.now();
        if !kind.limits.noted {
            let limits = Limits { noted: true, ..kind.limits };
            header.change_kind(worker.shared.kind(kind.table, limits));
            // This turn began unnoted: it ends after this handler.
            Ext::of_or_new(header).turns.raise(now);
            self.wish.settle();
        }
        let state = State::armed(epoch, None);
        let due = now.saturating_add(time);
        let of = Exiting { to, epoch, actor: PhantomData::<fn(A)> };
        worker.arm(due, Box::new(ExitWhenIdle { of, state: Arc::clone(&state), time }));
        Timer::of(state)
    }
}

/// Whether a turn that would go on shall end, as it began before the actor was one whose turns are noted.
#[inline]
pub(super) fn ends_unnoted<A: Actor>(cx: &Context<'_, A>) -> bool {
    if !cx.limits().noted {
        return false;
    }
    // SAFETY: the turn owns the actor.
    let turns = &Ext::of_or_new(unsafe { cx.cell.as_ref() }).turns;
    let unnoted = turns.idle_since().is_some();
    if unnoted {
        turns.raise(cx.now());
    }
    unnoted
}

/// Whose time is up: this state of this actor.
struct Exiting<A> {
    to: Raw,
    epoch: u16,
    actor: PhantomData<fn(A)>,
}

struct ExitAfter<A> {
    of: Exiting<A>,
    state: Arc<State>,
}

impl<A: Actor> Fire for ExitAfter<A> {
    unsafe fn fire(&mut self, _: NonNull<()>, _: Nanos) -> Fired {
        if self.state.leave_for(FIRED) {
            self.of.exit();
        }
        Fired::Done
    }

    fn is_cancelled(&self) -> bool {
        self.state.is_cancelled()
    }
}

struct ExitWhenIdle<A> {
    of: Exiting<A>,
    state: Arc<State>,
    time: Nanos,
}

impl<A: Actor> Fire for ExitWhenIdle<A> {
    unsafe fn fire(&mut self, _: NonNull<()>, now: Nanos) -> Fired {
        let Exiting { to, epoch, .. } = self.of;
        // SAFETY: cells are never unmapped; the worker that fires is online.
        let header = unsafe { to.cell().as_ref() };
        let is_over = header.generation() != to.generation() || is_past(to, epoch);
        if self.state.is_cancelled() || is_over {
            return Fired::Done;
        }
        let Some(ext) = Ext::of(header) else { return Fired::Done };
        let is_scheduled = header.mailbox.is_scheduled();
        match ext.turns.idle_since() {
            Some(since) if !is_scheduled => {
                let due = since.saturating_add(self.time);
                if due > now {
                    return Fired::Again(due);
                }
            }
            _ => return Fired::Again(now.saturating_add(self.time)),
        }
        if self.state.leave_for(FIRED) {
            self.of.exit();
        }
        Fired::Done
    }

    fn is_cancelled(&self) -> bool {
        self.state.is_cancelled()
    }
}

impl<A: Actor> Exiting<A> {
    /// Has the owner stop the actor, as [`Context::stop`] does, if this state still sits in it.
    fn exit(&self) {
        let epoch = self.epoch;
        let errand = move |cx: NonNull<()>| {
            // SAFETY: what is put to this actor is given the context of its turn, whose type is A's.
            unsafe { cx.cast::<Context<'_, A>>().as_mut() }.exit(epoch);
            Ok(())
        };
        // Refused only by one that has ended.
        let _there: bool = rouse(self.to, Box::new(errand));
    }
}

impl<A: Actor> Context<'_, A> {
    /// The time of this state is up.
    fn exit(&mut self, epoch: u16) {
        if self.epoch() != epoch {
            return;
        }
        // SAFETY: the turn owns the actor.
        match self.kin().map(|kin| unsafe { kin.own() }) {
            // Its guard has not decided yet whether it goes on.
            Some(own) if own.failed => own.exits = true,
            _ => self.stop(),
        }
    }
}
