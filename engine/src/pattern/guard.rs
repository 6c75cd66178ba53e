//! A circuit breaker for threads outside: around one address, shared by whoever asks it.

use super::breaker::{Breaker, Rejected};
use super::circuit::{Circuit, Core, Verdict};
use crate::actor::address::Address;
use crate::actor::ask::{Outcome, Reply};
use crate::actor::ask_outside::Ask;
use crate::asking::part::Around;
use crate::error::{AskError, Reason};
use crate::sync::{Arc, Mutex};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context as Poll0, Poll, ready};
use std::time::Duration;

/// A circuit breaker around an address, for any number of threads and futures outside the engine, which share a clone each.
/// It opens and closes as its [`Breaker`] does, by the clock of the actor's system; for an actor that has ended, time stands
/// still. An exchange of a lock for each question, and one for its outcome.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use throng::{Actor, AskError, Asking, Breaker, Circuit, Context, Fault, Guard, Rejected, Reply, System};
///
/// /// Answers nobody.
/// struct Broken;
///
/// impl Actor for Broken {
///     type Msg = Reply<u32>;
///     fn handle(&mut self, _: Reply<u32>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let minute = Duration::from_secs(60);
/// let system = System::builder().workers(1).build()?;
/// let guard = Guard::new(system.spawn(Broken), Breaker::new(2, minute, minute)?);
/// for _ in 0..2 {
///     assert_eq!(guard.ask(|reply| reply)?.wait(), Err(AskError::Dropped));
/// }
/// assert_eq!(guard.circuit(), Circuit::Open);
/// assert!(matches!(guard.ask(|reply| reply), Err(Rejected::Open { .. })));
/// # Ok(())
/// # }
/// ```
pub struct Guard<M> {
    to: Address<M>,
    core: Arc<Mutex<Core>>,
}

impl<M: Send + 'static> Guard<M> {
    /// Guards this address, from the breaker's state on.
    pub fn new(to: Address<M>, breaker: Breaker) -> Self {
        Self { to, core: Arc::new(Mutex::new(breaker.core)) }
    }

    /// The address, unguarded.
    pub fn address(&self) -> Address<M> {
        self.to
    }

    fn with<R>(&self, f: impl FnOnce(&mut Core, u64) -> R) -> R {
        // Of an actor that has ended, nothing will be different later: its circuit keeps to the last time it heard.
        let now = self.to.now().unwrap_or_default();
        f(&mut self.core.lock().unwrap_or_else(PoisonError::into_inner), now)
    }

    /// What it would do with a question now.
    pub fn circuit(&self) -> Circuit {
        self.with(Core::circuit)
    }

    /// [`Address::ask`], if the circuit lets it through: it counts as under way from here on. Dropped before its end it
    /// counts for nothing.
    ///
    /// # Errors
    /// [`Rejected::Open`] with `question`, which has not run.
    pub fn ask<T, Q>(&self, question: Q) -> Result<GuardedAsk<M, T>, Rejected<Q>>
    where
        T: Send + 'static,
        Q: FnOnce(Reply<T>) -> M,
    {
        match self.with(Core::admit) {
            Ok(era) => {
                let open = Open { guard: self.clone(), era: Some(era) };
                Ok(GuardedAsk { ask: self.to.ask(question), open })
            }
            Err(wait) => Err(Rejected::Open { given: question, wait: Duration::from_nanos(wait) }),
        }
    }

    /// [`Address::try_send`], if the circuit lets it through. What the mailbox accepts is well, what it refuses has failed.
    ///
    /// # Errors
    /// [`Rejected::Open`] and [`Rejected::Refused`], with the message.
    pub fn try_send(&self, message: M) -> Result<(), Rejected<M>> {
        let era = match self.with(Core::admit) {
            Ok(era) => era,
            Err(wait) => return Err(Rejected::Open { given: message, wait: Duration::from_nanos(wait) }),
        };
        let sent = self.to.try_send(message);
        let verdict = if sent.is_ok() { Verdict::Good } else { Verdict::Bad };
        self.with(|core, now| core.settle(now, era, verdict));
        sent.map_err(Rejected::Refused)
    }
}

impl<M> Clone for Guard<M> {
    fn clone(&self) -> Self {
        Self { to: self.to, core: Arc::clone(&self.core) }
    }
}

impl<M> fmt::Debug for Guard<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("to", &self.to).field("core", &self.core).finish()
    }
}

/// A question that waits for its verdict. Dropped without one, it is withdrawn.
struct Open<M: Send + 'static> {
    guard: Guard<M>,
    era: Option<u64>,
}

impl<M: Send + 'static> Open<M> {
    fn settle(&mut self, verdict: Verdict) {
        if let Some(era) = self.era.take() {
            self.guard.with(|core, now| core.settle(now, era, verdict));
        }
    }
}

impl<M: Send + 'static> Drop for Open<M> {
    fn drop(&mut self) {
        self.settle(Verdict::Withdrawn);
    }
}

/// A question that a [`Guard`] has let through: an ask as any ([`Asking`](crate::Asking)), whose outcome the guard hears.
#[must_use = "a question is asked when it is awaited or waited for"]
pub struct GuardedAsk<M: Send + 'static, T> {
    ask: Ask<M, T>,
    open: Open<M>,
}

impl<M: Send + 'static, T: Send + 'static> GuardedAsk<M, T> {
    /// Changes the deadline, as [`Ask::deadline`] does.
    pub fn deadline(mut self, within: Duration) -> Self {
        self.ask = self.ask.deadline(within);
        self
    }
}

impl<M: Send + 'static, T: Send + 'static> Future for GuardedAsk<M, T> {
    type Output = Outcome<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<Outcome<T>> {
        let outcome = ready!(Pin::new(&mut self.ask).poll(cx));
        self.open.settle(match &outcome {
            Ok(_) => Verdict::Good,
            // It never left: that says nothing about the partner.
            Err(AskError::Refused(Reason::WouldBlock)) => Verdict::Withdrawn,
            Err(_) => Verdict::Bad,
        });
        Poll::Ready(outcome)
    }
}

impl<M: Send + 'static, T: Send + 'static> Around for GuardedAsk<M, T> {
    type Inner = Ask<M, T>;

    fn inner(&mut self) -> &mut Ask<M, T> {
        &mut self.ask
    }
}

impl<M: Send + 'static, T> fmt::Debug for GuardedAsk<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuardedAsk").field(&self.ask).finish()
    }
}
