//! Actors that end by the clock: after a time, or when they have had nothing to do for one.
//!
//! How an actor that exits when idle is known to be idle, at no cost to others: it becomes of a kind whose turns are
//! [noted](note_turn); the turn in which it becomes so ends with its handler. Who may touch what: [`Turns`](super::ext::Turns) is written by the worker that runs a turn, before and after it, and read by the
//! one that fires the timer. After a turn the actor may be another worker's already, or have ended; its extension is still
//! there, as it is freed only after a grace period, which the worker of the turn holds up. So `at` is only ever raised. A timer that finds no
//! turn under way, and nobody scheduled, stops the actor if `at` is long enough ago; otherwise it comes again.

use super::behavior::{Actor, Context};
use super::ext::Ext;
use super::post::Raw;
use super::resume;
use super::timer::{FIRED, State, Timer, is_past};
use crate::cell::arena::Lookup;
use crate::cell::header::{CellPtr, Limits};
use crate::mailbox::control::Ordered;
use crate::mailbox::credit;
use crate::scheduler::shared::{Fire, Fired};
use crate::scheduler::worker::Worker;
use crate::sync::Arc;
use crate::time::{Nanos, TICK, nanos};
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
    /// Stops this actor after `delay`, as [`Address::stop`](crate::Address::stop) does: what is in its mailbox by then is still handled.
    /// Never early, and about a millisecond late. Does not hold up quiescence. [Cancelling](Timer::cancel) the timer takes it back;
    /// true means that it will not stop the actor.
    pub fn exit_after(&mut self, delay: Duration) -> Timer {
        let state = State::armed(None);
        let (to, epoch) = (self.raw(), self.epoch());
        let worker = self.worker();
        let due = worker.shared.clock.now().saturating_add(nanos(delay));
        worker.arm(due, Box::new(ExitAfter { to, epoch, state: Arc::clone(&state) }));
        Timer::of(state)
    }

    /// Stops this actor, as [`Address::stop`](crate::Address::stop) does, once it has handled nothing for `time`: no message, no tick, no
    /// outcome of an ask. Exact to about a millisecond, and never early; a `time` below a millisecond becomes one. A
    /// message that comes just then is handled, or refused as closed.
    ///
    /// An actor that is suspended, or held up by a full mailbox, is not idle; one that waits for an answer is, and so is one that
    /// keeps messages in its [stash](Context::stash). Does not hold up quiescence. [Cancelling](Timer::cancel) the timer takes it back;
    /// true means that it will not stop the actor. Asked for twice, both hold.
    ///
    /// Costs a timer, which comes again while the actor is at work, about each `time`; and from here on each turn of this actor two readings of the clock
    /// (25 ns each) and three atomic additions. Others pay nothing.
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
        let state = State::armed(None);
        let due = now.saturating_add(time);
        worker.arm(due, Box::new(ExitWhenIdle { to, epoch, state: Arc::clone(&state), time }));
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

struct ExitAfter {
    to: Raw,
    epoch: u16,
    state: Arc<State>,
}

impl Fire for ExitAfter {
    unsafe fn fire(&mut self, worker: NonNull<()>, _: Nanos) -> Fired {
        if !is_past(self.to, self.epoch) && self.state.leave_for(FIRED) {
            // SAFETY: by the caller's promise.
            stop(unsafe { worker.cast::<Worker>().as_mut() }, self.to);
        }
        Fired::Done
    }

    fn is_cancelled(&self) -> bool {
        self.state.is_cancelled()
    }
}

struct ExitWhenIdle {
    to: Raw,
    epoch: u16,
    state: Arc<State>,
    time: Nanos,
}

impl Fire for ExitWhenIdle {
    unsafe fn fire(&mut self, worker: NonNull<()>, now: Nanos) -> Fired {
        // SAFETY: by the caller's promise.
        let worker = unsafe { worker.cast::<Worker>().as_mut() };
        // SAFETY: cells are never unmapped; the worker is online.
        let header = unsafe { self.to.cell().as_ref() };
        let is_over = header.generation() != self.to.generation() || is_past(self.to, self.epoch);
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
            stop(worker, self.to);
        }
        Fired::Done
    }

    fn is_cancelled(&self) -> bool {
        self.state.is_cancelled()
    }
}

/// As `Address::stop`, on a worker that fires timers.
fn stop(worker: &mut Worker, actor: Raw) {
    // SAFETY: cells are never unmapped; the worker is online.
    let header = unsafe { actor.cell().as_ref() };
    if header.generation() != actor.generation() {
        return;
    }
    match header.control.stop(&header.mailbox) {
        Ordered::Already => {}
        Ordered::Ours => worker.schedule(actor.cell()),
        // It may be muted: then whoever it waits for has it on a list.
        Ordered::Told => resume::on_worker(worker, credit::signalled(&Lookup, actor.number())),
    }
}
