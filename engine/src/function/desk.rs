//! What a function and its actor share.

use crate::actor::waking::{Timed, When};
use crate::panics::{contained, drop_each};
use crate::sync::{Mutex, MutexGuard};
use crate::time::{Nanos, nanos};
use std::collections::VecDeque;
use std::sync::PoisonError;
use std::task::Waker;
use std::time::Duration;

/// Between a function and its actor.
pub(super) struct Desk<M>(Mutex<Inner<M>>);

struct Inner<M> {
    /// Handed over, and not taken by the inbox yet.
    arrived: VecDeque<M>,
    /// The actor's own waker, once it has begun.
    own: Option<Waker>,
    /// Whoever waits for a message.
    waiter: Option<Waiter>,
    /// Until when.
    until: Until,
    /// When the alarm fires that is set; zero if none is.
    alarm: Nanos,
    /// The number of the last word that time is up.
    said: u64,
    /// Nothing comes any more.
    stopped: bool,
    /// Messages in the inbox.
    kept: usize,
    /// The Drop of a message has panicked.
    harmed: bool,
}

/// Who waits for a message.
enum Waiter {
    /// The function itself, when its actor polls it.
    Function,
    /// A part of it that has a waker of its own, or a thread outside.
    Other(Waker),
}

/// Until when a message is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Ever,
    /// So long from the actor's next look at the desk.
    Within(Duration),
    At(Nanos),
    /// Time is up once what lies in the mailbox has been looked at.
    Drained,
    /// The same, and the word with this number comes behind it.
    Said(u64),
    Up,
}

/// What an inbox finds that has looked at all that it has.
pub(super) enum Found {
    /// More messages, which it has now.
    More,
    /// It waits.
    Nothing,
    TimeUp,
    Stopped,
}

/// What the actor is to do after its function was polled.
pub(super) struct Look {
    /// The function waits for a message.
    pub(super) waits: bool,
    /// Messages in the inbox.
    pub(super) kept: usize,
    pub(super) timing: Timing,
}

/// What the actor is to do about the time.
pub(super) enum Timing {
    Nothing,
    /// To say that it is up, once what is there has been looked at.
    End,
    /// To set an alarm.
    Set(Nanos),
}

impl<M> Desk<M> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Inner {
            arrived: VecDeque::new(),
            own: None,
            waiter: None,
            until: Until::Ever,
            alarm: 0,
            said: 0,
            stopped: false,
            kept: 0,
            harmed: false,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner<M>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The actor begins.
    pub(super) fn begin(&self, own: Waker) {
        self.lock().own = Some(own);
    }

    /// The actor hands a message over. It polls its function after this.
    pub(super) fn put(&self, message: M) {
        let waiter = {
            let mut inner = self.lock();
            inner.arrived.push_back(message);
            inner.waiter.take()
        };
        Self::wake_other(waiter);
    }

    /// The actor hands no more over. It polls its function after this.
    pub(super) fn stop(&self) {
        let waiter = {
            let mut inner = self.lock();
            inner.stopped = true;
            inner.waiter.take()
        };
        Self::wake_other(waiter);
    }

    fn wake_other(waiter: Option<Waiter>) {
        if let Some(Waiter::Other(waker)) = waiter {
            waker.wake();
        }
    }

    /// The actor looks what its function waits for.
    pub(super) fn look(&self, now: impl FnOnce() -> Nanos) -> Look {
        let mut inner = self.lock();
        let mut timing = Timing::Nothing;
        match inner.until {
            Until::Within(within) if within.is_zero() => {
                inner.until = Until::Drained;
                timing = Timing::End;
            }
            Until::Drained => timing = Timing::End,
            Until::Within(within) => {
                let due = now().saturating_add(nanos(within)).max(1);
                inner.until = Until::At(due);
                // One that fires before sees that it is to fire later.
                if inner.alarm == 0 || inner.alarm > due {
                    inner.alarm = due;
                    timing = Timing::Set(due);
                }
            }
            Until::Ever | Until::At(_) | Until::Said(_) | Until::Up => {}
        }
        Look { waits: inner.waiter.is_some() && !inner.stopped, kept: inner.kept, timing }
    }

    /// There is nothing left to be looked at: time is up. The actor polls its function after this.
    pub(super) fn up(&self) {
        let waiter = {
            let mut inner = self.lock();
            inner.until = Until::Up;
            inner.waiter.take()
        };
        Self::wake_other(waiter);
    }

    /// That time is up is to be said by a word behind all that is there: its number.
    pub(super) fn say(&self) -> u64 {
        let mut inner = self.lock();
        inner.said += 1;
        inner.until = Until::Said(inner.said);
        inner.said
    }

    /// It could not be said: an alarm is to try it later.
    pub(super) fn not_said(&self, at: Nanos) {
        let mut inner = self.lock();
        inner.until = Until::At(at);
        inner.alarm = at;
    }

    /// The word that time is up, in the actor's turn.
    pub(super) fn time_is_up(&self, number: u64) {
        let waker = {
            let mut inner = self.lock();
            if inner.until != Until::Said(number) {
                return;
            }
            inner.until = Until::Up;
            match inner.waiter.take() {
                Some(Waiter::Other(waker)) => Some(waker),
                Some(Waiter::Function) | None => inner.own.clone(),
            }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The inbox, which has `kept` and has looked at all of that, takes more or waits.
    pub(super) fn find(
        &self,
        kept: &mut VecDeque<Option<M>>,
        within: Option<Duration>,
        waker: &Waker,
    ) -> Found {
        // Cloning and dropping a waker is user code: outside the lock.
        let mut waiter = None;
        loop {
            let mut inner = self.lock();
            if !inner.arrived.is_empty() {
                kept.extend(inner.arrived.drain(..).map(Some));
                inner.kept = kept.len();
                return Found::More;
            }
            inner.kept = kept.len();
            if inner.stopped {
                return Found::Stopped;
            }
            if inner.until == Until::Up {
                return Found::TimeUp;
            }
            if waiter.is_none() {
                let own = inner.own.as_ref().is_some_and(|own| own.will_wake(waker));
                drop(inner);
                waiter = Some(if own { Waiter::Function } else { Waiter::Other(waker.clone()) });
                continue;
            }
            if let (Until::Ever, Some(within)) = (inner.until, within) {
                inner.until = Until::Within(within);
            }
            // The actor does not know yet that it is waited for here.
            let own = match waiter {
                Some(Waiter::Other(_)) => inner.own.clone(),
                _ => None,
            };
            std::mem::swap(&mut inner.waiter, &mut waiter);
            drop(inner);
            if let Some(own) = own {
                own.wake();
            }
            return Found::Nothing;
        }
    }

    /// The inbox waits no longer, and has so many.
    pub(super) fn leave(&self, kept: usize) {
        let _waiter = {
            let mut inner = self.lock();
            inner.kept = kept;
            inner.until = Until::Ever;
            inner.waiter.take()
        };
    }

    /// The inbox is gone with so many, of which each was dropped.
    pub(super) fn gone(&self, kept: usize, whole: bool) {
        let waiter = {
            let mut inner = self.lock();
            inner.kept = kept;
            inner.harmed |= !whole;
            inner.until = Until::Ever;
            inner.waiter.take()
        };
        // Of another executor, and we may be in a panic.
        contained(|| drop(waiter));
    }

    /// Messages in the inbox, or that it had when it was dropped.
    pub(super) fn kept(&self) -> usize {
        self.lock().kept
    }

    /// The actor has ended. False if a Drop of what it had received has panicked.
    pub(super) fn end(&self) -> bool {
        let (waiter, (own, arrived), harmed) = {
            let mut inner = self.lock();
            (inner.stopped, inner.alarm) = (true, 0);
            (inner.waiter.take(), (inner.own.take(), std::mem::take(&mut inner.arrived)), inner.harmed)
        };
        drop(own);
        // The inbox may be elsewhere; its waker is another executor's code, and the messages are the user's.
        contained(|| Self::wake_other(waiter));
        drop_each(arrived) && !harmed
    }
}

impl<M: Send> Timed for Desk<M> {
    fn due(&self, set: Nanos, now: Nanos) -> When {
        let mut inner = self.lock();
        if inner.alarm != set {
            return When::Never;
        }
        match inner.until {
            Until::At(due) if due > now => {
                inner.alarm = due;
                When::At(due)
            }
            Until::At(_) => {
                inner.alarm = 0;
                inner.until = Until::Drained;
                inner.own.clone().map_or(When::Never, When::Now)
            }
            Until::Ever | Until::Within(_) | Until::Drained | Until::Said(_) | Until::Up => {
                inner.alarm = 0;
                When::Never
            }
        }
    }

    fn is_void(&self, set: Nanos) -> bool {
        self.lock().alarm != set
    }
}
