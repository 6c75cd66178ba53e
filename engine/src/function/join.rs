//! What becomes of a function: its result, or how it ended without one.

use crate::actor::behavior::{Actor, Context};
use crate::actor::exit::Exit;
use crate::actor::outside::{block_on, is_stepped_here};
use crate::actor::post::ActorId;
use crate::panics::contained;
use crate::scheduler::worker;
use crate::sync::{Arc, Mutex};
use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context as Poll0, Poll, Waker};
use std::time::Duration;

/// What a function gives, or how it ended without giving anything: [`Exit::Failed`] if it panicked, [`Exit::Stopped`] after
/// [`Address::stop_now`](crate::Address::stop_now), [`Exit::Killed`], or [`Exit::Aborted`] with its system.
pub type Joined<T> = Result<T, Exit>;

/// The end of a function actor, made by `spawn_fn`: wait for it, await it under any executor, or have it told to an actor. It comes
/// once the actor has ended and nothing of the function is left. Dropping this leaves the actor alone, and its result is
/// dropped.
///
/// # Examples
/// ```
/// use throng::{Exit, Inbox, System};
///
/// let mut inline = System::builder().inline();
/// let (_, seven) = inline.spawn_fn(async |_: Inbox<()>| 7);
/// let (to, never) = inline.spawn_fn(async |mut inbox: Inbox<()>| inbox.recv().await);
/// // One function awaits another.
/// let (_, eight) = inline.spawn_fn(async move |_: Inbox<()>| seven.await.map(|n| n + 1));
/// inline.run_until_idle();
/// let _ = to.kill();
/// inline.run_until_idle();
/// assert!(matches!(eight.wait(), Ok(Ok(8))));
/// assert!(matches!(never.wait(), Err(Exit::Killed)));
/// ```
#[must_use = "dropping this is how to detach a function: say so by `drop`, or use what it gives"]
pub struct Join<T> {
    slot: Arc<Slot<T>>,
    actor: ActorId,
}

struct Slot<T>(Mutex<State<T>>);

enum State<T> {
    Open(Option<Waker>),
    Then(Box<dyn FnOnce(Joined<T>) + Send>),
    Ended(Joined<T>),
    Over,
}

/// The function's end of a [`Join`].
pub(super) struct Teller<T>(Arc<Slot<T>>);

pub(super) fn slot<T>() -> Teller<T> {
    Teller(Arc::new(Slot(Mutex::new(State::Open(None)))))
}

impl<T> Slot<T> {
    fn replace(&self, with: State<T>) -> State<T> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), with)
    }
}

impl<T> Teller<T> {
    /// Another that tells the same slot.
    pub(super) fn twin(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    pub(super) fn join(self, actor: ActorId) -> Join<T> {
        Join { slot: self.0, actor }
    }

    /// Once.
    pub(super) fn tell(&self, joined: Joined<T>) {
        // All that is dropped or called here is user code: outside the lock.
        let mut joined = Some(joined);
        let before = {
            let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
            let next = match &*state {
                State::Open(_) => joined.take().map_or(State::Over, State::Ended),
                State::Then(_) | State::Ended(_) | State::Over => State::Over,
            };
            std::mem::replace(&mut *state, next)
        };
        match (before, joined) {
            (State::Open(Some(waker)), _) => {
                contained(|| waker.wake());
            }
            (State::Then(then), Some(joined)) => {
                contained(|| then(joined));
            }
            (_, unwanted) => drop(unwanted),
        }
    }
}

impl<T> Join<T> {
    /// Which actor.
    pub fn actor(&self) -> ActorId {
        self.actor
    }

    /// Waits on this thread, for ever if need be.
    ///
    /// # Errors
    /// How it ended without a result.
    ///
    /// # Panics
    /// On a worker thread, which must not wait: await it in a function actor, or use [`Context::join`] in a handler. On the thread that
    /// steps the function's simulation, unless it is over.
    #[track_caller]
    pub fn wait(mut self) -> Joined<T> {
        assert!(
            worker::current().is_none(),
            "`Join::wait` on a worker thread would hold up other actors: await it, or use `cx.join`"
        );
        let vain = |this: &mut Self| {
            is_stepped_here(this.actor.0).then_some(("Join::wait", "`Simulation::block_on(join)`"))
        };
        match block_on(&mut self, Duration::MAX, vain) {
            Some(joined) => joined,
            None => unreachable!("a time too far to be reckoned with is no limit"),
        }
    }
}

impl<T> Future for Join<T> {
    type Output = Joined<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<Joined<T>> {
        // Cloning and dropping a waker is user code: outside the lock.
        let mut waker = Some(cx.waker().clone());
        let mut state = self.slot.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *state {
            State::Open(last) => {
                std::mem::swap(last, &mut waker);
                return Poll::Pending;
            }
            State::Ended(_) => {}
            State::Then(_) | State::Over => {
                drop(state);
                panic!("a finished `Join` was polled again")
            }
        }
        let State::Ended(joined) = std::mem::replace(&mut *state, State::Over) else {
            unreachable!("it has ended, and the lock is held")
        };
        Poll::Ready(joined)
    }
}

impl<T> Drop for Join<T> {
    fn drop(&mut self) {
        // What it gives, and a waker, are dropped where the lock is free. A message that was asked for still comes.
        let mut state = self.slot.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*state, State::Then(_)) {
            let before = std::mem::replace(&mut *state, State::Over);
            drop(state);
            drop(before);
        }
    }
}

impl<T> std::fmt::Debug for Join<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Join").field("actor", &self.actor).finish_non_exhaustive()
    }
}

impl<A: Actor> Context<'_, A> {
    /// Has the end of a function actor told to this one as a message, once: above any bound, as a [`Notice`](crate::Notice).
    /// Nothing comes if this actor ends first.
    ///
    /// Costs a [notice](Context::notice), an allocation, and a lock that the function's end takes too.
    pub fn join<T, F>(&mut self, join: Join<T>, then: F)
    where
        T: Send + 'static,
        F: FnOnce(Joined<T>) -> A::Msg + Send + 'static,
    {
        let notice = self.notice(then);
        // Refused only where nobody is left to be told.
        let tell: Box<dyn FnOnce(Joined<T>) + Send> = Box::new(move |joined| drop(notice.send(joined)));
        let ended = {
            let mut state = join.slot.0.lock().unwrap_or_else(PoisonError::into_inner);
            match &*state {
                State::Open(_) => {
                    let before = std::mem::replace(&mut *state, State::Then(tell));
                    drop(state);
                    // A waker of whoever polled it before is user data.
                    drop(before);
                    return;
                }
                State::Then(_) | State::Ended(_) | State::Over => drop(state),
            }
            join.slot.replace(State::Over)
        };
        if let State::Ended(joined) = ended {
            tell(joined);
        }
    }
}
