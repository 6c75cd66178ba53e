//! Asking from outside the engine: a future for any executor, and a blocking wait.

use super::address::Address;
use super::ask::{self, DEFAULT_DEADLINE, Outcome, Reply};
use super::outside::{self, Send as SendLater};
use super::parcel::Barrier;
use super::post::{self, Raw};
use crate::error::{AskError, Reason};
use crate::panics::contained;
use crate::scheduler::shared::{Fire, Fired, Shared};
use crate::scheduler::worker;
use crate::sync::{Arc, Mutex};
use crate::time::{Nanos, nanos};
use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::{PoisonError, Weak};
use std::task::{Context as Poll0, Poll, Waker};
use std::time::Duration;

/// A question asked from outside the engine. Made by [`Address::ask`]; await it, or [`Ask::wait`].
///
/// Nothing is sent before it is first polled: one that is made now and awaited later is asked later. Then it waits for a place in the
/// mailbox, and for the answer, all within one deadline.
#[must_use = "a question is asked when it is awaited or waited for"]
pub struct Ask<M, T> {
    to: Raw,
    sending: Option<SendLater<M>>,
    slot: Arc<Slot<T>>,
    deadline: Duration,
    /// The deadline is the caller's own, and not the one of asks that name none.
    chosen: bool,
    timed: bool,
}

/// Where an answer is left.
struct Slot<T>(Mutex<State<T>>);

enum State<T> {
    Open(Option<Waker>),
    Ended(Outcome<T>),
    Over,
}

impl<T> Slot<T> {
    /// Ends the ask if it is open; gives whom to wake. Gives the outcome back if it had ended.
    fn end(&self, outcome: Outcome<T>) -> Result<Option<Waker>, Outcome<T>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *state {
            State::Open(waker) => {
                let waker = waker.take();
                *state = State::Ended(outcome);
                Ok(waker)
            }
            State::Ended(_) | State::Over => Err(outcome),
        }
    }
}

/// The answerer's end.
///
/// # Safety
/// `to` is a counted reference to a slot of this type, given up by this call.
unsafe fn answer<T>(to: NonNull<()>, outcome: Outcome<T>) {
    // SAFETY: by the caller's promise.
    let slot = unsafe { Arc::from_raw(to.cast::<Slot<T>>().as_ptr().cast_const()) };
    match slot.end(outcome.map_err(|error| ask::name_refusal(error, to))) {
        // A foreign executor's code: it must not take the answerer down.
        Ok(waker) => {
            contained(|| waker.into_iter().for_each(Waker::wake));
        }
        Err(late) => {
            ask::count_late();
            // User code: an answer that nobody gets must not take the answerer down.
            contained(|| drop(late));
        }
    }
}

impl<M: Send + 'static> Address<M> {
    /// Asks from outside the engine: await the result, or call [`Ask::wait`]. `question` makes the message from the way
    /// back, at once; it is sent when the ask is first polled, or waited for, and not before: an ask that is kept and not polled is
    /// no question yet. The deadline is five seconds from then unless [`Ask::deadline`] says otherwise.
    pub fn ask<T: Send + 'static>(self, question: impl FnOnce(Reply<T>) -> M) -> Ask<M, T> {
        Ask::new(self.raw, question)
    }

    /// Waits until the actor has handled everything that the caller sent to it before: await the answer, or call
    /// [`Ask::wait`]. Needs no message of the actor's own; takes a place in its mailbox, waits for one if need be, and
    /// counts as a message. [`AskError::Dropped`] tells that the actor ended first.
    pub fn barrier(self) -> Ask<Barrier, ()> {
        Ask::new(self.raw, |reply: Reply<()>| Barrier(Box::new(move || reply.send(()))))
    }
}

impl<M: Send + 'static, T: Send + 'static> Ask<M, T> {
    fn new(to: Raw, question: impl FnOnce(Reply<T>) -> M) -> Self {
        let slot = Arc::new(Slot(Mutex::new(State::Open(None))));
        let way = Arc::into_raw(Arc::clone(&slot)).cast_mut();
        // SAFETY: an Arc's pointer is not null.
        let reply = Reply::new(unsafe { NonNull::new_unchecked(way).cast() }, answer::<T>);
        let sending = Some(SendLater::new(to, question(reply)));
        Self { to, sending, slot, deadline: DEFAULT_DEADLINE, chosen: false, timed: false }
    }

    /// Changes the deadline, which runs from the first poll or the call of `wait`.
    pub fn deadline(mut self, within: Duration) -> Self {
        self.deadline = within;
        self.chosen = true;
        self
    }

    /// Its share of a deadline over several: shortens what the caller chose, and stands for what nobody did.
    pub(crate) fn limit(&mut self, within: Duration) {
        self.deadline = if self.chosen { self.deadline.min(within) } else { within };
        self.chosen = true;
    }

    /// How long it takes at most from the first poll.
    pub(crate) fn latest(&self) -> Duration {
        self.deadline
    }

    /// Ends it from the asker's side unless it has ended: what was not asked yet will not be, and an answer from now on is
    /// late. The next poll gives the outcome.
    pub(crate) fn cut(&mut self, error: AskError) {
        self.timed = true;
        // A waker, or an outcome, whose Drop is user code.
        drop(self.slot.end(Err(error)));
        self.sending = None;
    }

    /// Waits on this thread for the outcome.
    ///
    /// # Errors
    /// As any [`Outcome`]; on a worker thread at once `Refused(WouldBlock)`.
    ///
    /// # Panics
    /// On the thread that steps a simulation, for one of its actors, which would not answer meanwhile.
    #[track_caller]
    pub fn wait(mut self) -> Outcome<T> {
        if worker::current().is_some() {
            return Err(AskError::Refused(Reason::WouldBlock));
        }
        // The thread's own wait keeps the deadline.
        self.timed = true;
        let deadline = self.deadline;
        match outside::block_on(&mut self, deadline, Self::vain) {
            Some(outcome) => outcome,
            None => self.slot.close(),
        }
    }

    /// Whether it is a question to an actor of a simulation whose steps this thread takes.
    pub(crate) fn is_stepped_here(&self) -> bool {
        outside::is_stepped_here(self.to)
    }

    /// What there is instead of a wait that would be in vain.
    fn vain(&mut self) -> Option<(&'static str, &'static str)> {
        self.is_stepped_here().then_some(("wait", "`Simulation::block_on(ask)`"))
    }

    fn arm(&mut self) {
        if std::mem::replace(&mut self.timed, true) {
            return;
        }
        let left = nanos(self.deadline);
        let mut timer = Some(Overdue { slot: Arc::downgrade(&self.slot) });
        let swept = post::at_tenant(self.to, |_, kind| {
            // SAFETY: online since the kind was found.
            let shared = unsafe { Shared::of(kind) };
            let timer = timer.take()?;
            shared.arm(shared.clock.now().saturating_add(left), Box::new(timer)).err()
        });
        // A system that was swept meanwhile keeps no deadline: dropping the timer ends the ask.
        drop(swept);
        if let Some(timer) = &mut timer {
            // A stale address has no wheel to offer, and refuses the question by itself.
            timer.slot = Weak::new();
        }
    }
}

impl<T> Slot<T> {
    /// Ends the ask from the asker's side.
    fn close(&self) -> Outcome<T> {
        let was = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), State::Over);
        // A waker goes with it, whose drop is user code and may come back here: the lock is free.
        match was {
            State::Ended(outcome) => outcome,
            State::Open(_) | State::Over => Err(AskError::Timeout),
        }
    }
}

impl<M: Send + 'static, T: Send + 'static> Future for Ask<M, T> {
    type Output = Outcome<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<Outcome<T>> {
        let this = &mut *self;
        // Before the question is out: afterwards the actor may be gone while its reply lives on elsewhere.
        this.arm();
        if let Some(sending) = &mut this.sending {
            match Pin::new(sending).poll(cx) {
                Poll::Pending => {}
                Poll::Ready(Ok(())) => this.sending = None,
                Poll::Ready(Err(refused)) => {
                    this.sending = None;
                    ask::drop_refused(refused, Arc::as_ptr(&this.slot).cast());
                }
            }
        }
        // Cloning and dropping a waker is user code: outside the lock.
        let mut waker = Some(cx.waker().clone());
        let mut state = this.slot.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *state {
            State::Open(last) => {
                std::mem::swap(last, &mut waker);
                Poll::Pending
            }
            State::Ended(_) => {
                drop(state);
                this.sending = None;
                Poll::Ready(this.slot.close())
            }
            State::Over => {
                drop(state);
                panic!("a finished `Ask` was polled again")
            }
        }
    }
}

impl<M, T> Drop for Ask<M, T> {
    fn drop(&mut self) {
        // An answer from now on is late.
        let ended = self.slot.close();
        drop(ended);
    }
}

impl<M, T> std::fmt::Debug for Ask<M, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ask").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

/// Ends an awaited ask at its deadline.
struct Overdue<T> {
    slot: Weak<Slot<T>>,
}

impl<T: Send> Fire for Overdue<T> {
    unsafe fn fire(&mut self, _: NonNull<()>, _: Nanos) -> Fired {
        // Dropping it ends the ask.
        Fired::Done
    }

    fn is_cancelled(&self) -> bool {
        self.slot.strong_count() == 0
    }
}

impl<T> Drop for Overdue<T> {
    /// Due, or swept away with its system: either way nobody else ends the ask any more.
    fn drop(&mut self) {
        if let Some(slot) = self.slot.upgrade()
            && let Ok(Some(waker)) = slot.end(Err(AskError::Timeout))
        {
            // A foreign executor's code: it must not take down who drops the timer.
            contained(|| waker.wake());
        }
    }
}
