//! The clock and the wheel of an actor's system, for whoever has its address: so that what stands outside the engine keeps
//! the engine's time.

use super::address::Address;
use super::post::at_tenant;
use crate::panics::contained;
use crate::scheduler::shared::{Fire, Fired, Shared};
use crate::sync::{Arc, Mutex};
use crate::time::{Nanos, nanos};
use std::ptr::NonNull;
use std::sync::{PoisonError, Weak};
use std::task::{Context as Poll0, Poll, Waker};
use std::time::Duration;

impl<M: Send + 'static> Address<M> {
    /// The time of the actor's system; none once the actor has ended.
    pub(crate) fn now(self) -> Option<Nanos> {
        // SAFETY: online since the kind was found.
        at_tenant(self.raw, |_, kind| unsafe { Shared::of(kind) }.clock.now())
    }

    /// A pause by the clock of the actor's system. It is over at once if the actor has ended, or its system has been swept.
    pub(crate) fn pause(self, length: Duration) -> Pause {
        let slept = Arc::new(Mutex::new(Sleep::On(None)));
        let mut alarm = Some(Alarm(Arc::downgrade(&slept)));
        let swept = at_tenant(self.raw, |_, kind| {
            // SAFETY: online since the kind was found.
            let shared = unsafe { Shared::of(kind) };
            let alarm = alarm.take()?;
            shared.arm(shared.clock.now().saturating_add(nanos(length)), Box::new(alarm)).err()
        });
        // What was not armed rings now.
        drop(swept);
        drop(alarm);
        Pause(slept)
    }
}

enum Sleep {
    On(Option<Waker>),
    Over,
}

/// A pause that somebody waits out as a future.
pub(crate) struct Pause(Arc<Mutex<Sleep>>);

impl Pause {
    pub(crate) fn poll(&mut self, cx: &mut Poll0<'_>) -> Poll<()> {
        // Cloning and dropping a waker is user code: outside the lock.
        let mut waker = Some(cx.waker().clone());
        let mut sleep = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *sleep {
            Sleep::On(last) => {
                std::mem::swap(last, &mut waker);
                Poll::Pending
            }
            Sleep::Over => Poll::Ready(()),
        }
    }
}

/// Ends a pause. Fired, or swept away with its system, it is dropped; and that rings.
struct Alarm(Weak<Mutex<Sleep>>);

impl Fire for Alarm {
    unsafe fn fire(&mut self, _: NonNull<()>, _: Nanos) -> Fired {
        Fired::Done
    }

    fn is_cancelled(&self) -> bool {
        self.0.strong_count() == 0
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let Some(slept) = self.0.upgrade() else { return };
        let was = std::mem::replace(&mut *slept.lock().unwrap_or_else(PoisonError::into_inner), Sleep::Over);
        if let Sleep::On(Some(waker)) = was {
            // A foreign executor's code: it must not take down who drops the timer.
            contained(|| waker.wake());
        }
    }
}
