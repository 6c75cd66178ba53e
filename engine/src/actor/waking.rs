//! What the services stand on that run futures in an actor's turn: a waker that calls the actor, a hold while the future waits
//! for anything but a message, messages that are kept apart, and an alarm that comes behind what is in the mailbox.
//!
//! Who may touch what: everything here is done by the owner in its turn, but for waking, which is for everybody
//! ([`crate::mailbox::summons`]), and the alarm, which fires on whichever worker has it ([`Alarm`]).

use super::behavior::{Actor, Context};
use super::ext::Ext;
use super::fault::Fault;
use super::order::rouse;
use super::parcel::Barrier;
use super::post::{self, Bound, Out, Raw, at_tenant};
use super::seat;
use crate::cell::header::{Header, Kind};
use crate::mailbox::control::Ending;
use crate::mailbox::drain::Drain;
use crate::mailbox::envelope::{Envelope, ITEM};
use crate::mailbox::queue::{Signalled, Waiters};
use crate::mailbox::sift;
use crate::mailbox::summons::{Called, Summons};
use crate::mailbox::tenant::Tenant;
use crate::scheduler::counter::Counter;
use crate::scheduler::shared::{Fire, Fired, Shared};
use crate::sync::Arc;
use crate::time::Nanos;
use crossbeam_utils::CachePadded;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::task::{Wake, Waker};

/// An actor that has a future to poll.
pub(crate) trait Woken: Actor {
    /// In its turn, before anything else, also if it is suspended or held: somebody has woken it.
    ///
    /// # Errors
    /// As for [`Actor::handle`].
    fn woken(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault>;
}

/// What is behind the waker of an actor: it keeps nothing of it alive, and after its end does nothing.
struct Rope<A> {
    to: Raw,
    epoch: u16,
    summons: Summons,
    actor: PhantomData<fn(A)>,
}

impl<A: Woken> Wake for Rope<A> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.summons.call() == Called::Already {
            return;
        }
        let rope = Arc::clone(self);
        // SAFETY: what is put to this actor is given the context of its turn, whose type is A's.
        let errand =
            Box::new(move |cx: NonNull<()>| unsafe { rope.pulled(cx.cast::<Context<'_, A>>().as_mut()) });
        // Nobody is there to be woken where it is refused.
        rouse(self.to, errand);
    }
}

impl<A: Woken> Rope<A> {
    fn pulled(&self, cx: &mut Context<'_, A>) -> Result<(), Fault> {
        self.summons.hear(|| {
            if cx.is_vacant() || cx.epoch() != self.epoch {
                return Ok(());
            }
            // SAFETY: the turn owns the actor, whose state is there.
            unsafe { seat::state::<A>(cx.cell).as_mut().woken(cx) }
        })
    }
}

/// When the owner of an alarm is to be woken.
pub(crate) enum When {
    /// Now, by a waker that [`Context::waker`] has made.
    Now(Waker),
    At(Nanos),
    Never,
}

/// Who knows when an alarm is wanted. None of it runs user code.
pub(crate) trait Timed: Send + Sync {
    /// The alarm that was set for `set` fires.
    fn due(&self, set: Nanos, now: Nanos) -> When;
    /// Whether the alarm that was set for then is not wanted any more.
    fn is_void(&self, set: Nanos) -> bool;
}

/// A timer that wakes its actor; see [`Context::set_alarm`].
struct Alarm<T> {
    set: Nanos,
    timed: Arc<T>,
}

impl<T: Timed> Fire for Alarm<T> {
    unsafe fn fire(&mut self, _: NonNull<()>, now: Nanos) -> Fired {
        match self.timed.due(self.set, now) {
            When::Now(waker) => {
                // The engine's own: it runs no user code. It finds the worker, which is lent to us, as the current one.
                waker.wake();
                Fired::Done
            }
            When::At(due) => {
                self.set = due;
                Fired::Again(due)
            }
            When::Never => Fired::Done,
        }
    }

    fn is_cancelled(&self) -> bool {
        self.timed.is_void(self.set)
    }
}

/// What lies first in the mailbox of an actor that has settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Ahead {
    Nothing,
    /// A message, which the handler is given next.
    Message,
    /// Something that no handler sees; or messages are sorted, and nobody knows which is the next.
    Unknown,
}

/// Work that is under way, here or on a runtime of the caller's: quiescence waits until it is dropped.
#[derive(Debug)]
pub(crate) struct Work(Arc<CachePadded<Counter>>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.add_shared(1);
    }
}

impl<A: Actor> Context<'_, A> {
    /// Work begins.
    pub(crate) fn begin_work(&mut self) -> Work {
        let worker = self.worker();
        worker.counters().pipes.add(1);
        Work(Arc::clone(&worker.shared.stats.pipes_done))
    }

    /// A waker of this state of this actor.
    pub(crate) fn waker(&self) -> Waker
    where
        A: Woken,
    {
        let (to, epoch) = (self.raw(), self.epoch());
        Waker::from(Arc::new(Rope::<A> { to, epoch, summons: Summons::new(), actor: PhantomData }))
    }

    /// From the end of this handler on the actor handles nothing; see [`crate::mailbox::control`].
    pub(crate) fn hold(&mut self) {
        // SAFETY: the turn owns the actor.
        let header = unsafe { self.cell.as_ref() };
        if !header.control.is_held() {
            header.control.hold();
            // The owner itself is to look at its orders.
            let _: Signalled = header.mailbox.signal();
        }
    }

    /// The actor goes on to handle what comes.
    pub(crate) fn release(&mut self) {
        // SAFETY: the turn owns the actor.
        let header = unsafe { self.cell.as_ref() };
        if header.control.is_held() {
            header.control.release();
        }
    }

    /// Whether the actor has been told to end at once.
    pub(crate) fn is_to_end(&self) -> bool {
        // SAFETY: the turn owns the actor.
        unsafe { self.cell.as_ref() }.control.is_to_end().is_some()
    }

    /// Keeps one more message in memory of the actor's own: it is counted against the bound, and accepted anew in the ledger. False
    /// if the mailbox can count no more.
    pub(crate) fn keep_apart(&mut self) -> bool {
        // SAFETY: the turn owns the actor.
        let kept = unsafe {
            let header = self.cell.as_ref();
            let ext = Ext::of_or_new(header);
            (*ext.stash_or_new().as_ptr()).keep_apart(&header.mailbox, ext.kept())
        };
        if kept {
            let counters = self.worker().counters();
            counters.attempts.add(1);
            counters.accepted.add(1);
            counters.stashed.add(1);
        }
        kept
    }

    /// So many of these have been handled.
    pub(crate) fn let_go_apart(&mut self, n: u32) {
        if n == 0 {
            return;
        }
        // SAFETY: the turn owns the actor; of what is in place in it the count alone is changed here.
        let waiters = unsafe {
            let header = &*self.cell.as_ptr();
            let ext = Ext::of_or_new(header);
            (*ext.stash_or_new().as_ptr()).let_go_apart(ext.kept(), n);
            let mut drain = Drain::new();
            drain.handled_more(n);
            drain.settle(&header.mailbox, || self.low())
        };
        let counters = self.worker().counters();
        counters.unstashed.add(u64::from(n));
        counters.handled.add(u64::from(n));
        if waiters == Waiters::Wake {
            self.wake();
        }
    }

    /// Sets an alarm. It is no work that quiescence waits for.
    pub(crate) fn set_alarm<T: Timed + 'static>(&mut self, at: Nanos, timed: Arc<T>) {
        self.worker().arm(at, Box::new(Alarm { set: at, timed }));
    }

    /// What lies first in the mailbox. Not in a handler of a message, which may lie there still.
    pub(crate) fn ahead(&self) -> Ahead {
        if self.sorted {
            return Ahead::Unknown;
        }
        // SAFETY: the turn owns the actor, which has begun; in a first hook nothing is handled yet, and before an errand all
        // is settled.
        unsafe {
            match sift::next(&self.cell.as_ref().mailbox) {
                None => Ahead::Nothing,
                Some(envelope) if matches!(Envelope::tag(envelope), 0 | ITEM) => Ahead::Message,
                Some(_) => Ahead::Unknown,
            }
        }
    }

    /// Runs this in a turn of the actor once it has handled what is in its mailbox now. Gives it back if there is no place, or the
    /// actor stops.
    pub(crate) fn behind_all(
        &mut self,
        tell: Box<dyn FnOnce() + Send>,
    ) -> Result<(), Box<dyn FnOnce() + Send>> {
        let to = self.raw();
        match post::from_worker(self.worker(), to, Barrier(tell), Bound::Hard) {
            Ok(_) | Err(Out::In(_)) => Ok(()),
            Err(Out::Refused(refused)) => Err(refused.into_inner().0),
            Err(Out::Pressed(barrier)) => Err(barrier.0),
            Err(Out::Dropped(lost)) => Err(lost.message.0),
        }
    }
}

/// How an actor was told to end at once, if it was, and not because its system comes down: asked from the `Drop` of its state.
pub(crate) fn told_to_end(actor: Raw) -> Option<Ending> {
    let told = |header: &Header, kind: &Kind| {
        // SAFETY: online, and the kind was found at a tenant.
        let ends = unsafe { Shared::of(kind) }.is_ending();
        header.control.is_to_end().filter(|ending| !(ends && *ending == Ending::Killed))
    };
    at_tenant(actor, told).flatten()
}
