//! Asking again what got no answer, with a back-off in between.
//!
//! *From a handler*, an actor is spawned for each question: it asks, waits by a timer, asks again, and in the end tells the
//! asker by a notice, which no full mailbox refuses. It holds the notice in its state and tells also when it is dropped, however
//! it ends; so the asker hears once, whatever happens. If the asker ends, it makes no further attempt.
//!
//! *From outside*, it is a future that does the same in turns: an ask, a pause on the wheel of the system that is asked.

use crate::actor::address::Address;
use crate::actor::ask::{DEFAULT_DEADLINE, Outcome, Reply};
use crate::actor::ask_outside::Ask;
use crate::actor::behavior::{Actor, Context};
use crate::actor::fault::Fault;
use crate::actor::notice::Notice;
use crate::actor::outside;
use crate::actor::timekeeping::Pause;
use crate::asking::part::Part;
use crate::backoff::Backoff;
use crate::error::{AskError, OptionsError, Reason};
use crate::sync::{Arc, AtomicU64, Ordering};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Poll0, Poll};
use std::time::Duration;

/// How to ask again: so many attempts at most, each with a deadline of its own, and a [`Backoff`] in between.
///
/// The question is made anew for each attempt. An answer that came too late was one all the same: who is asked may handle the
/// question as often as it was asked. Where that matters, give it a key, and let the answerer keep a
/// [`Dedup`](crate::Dedup) of them.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use throng::{Actor, Asking, Backoff, Context, Fault, Reply, Retry, System};
///
/// /// Answers the third time.
/// struct Slow(u32);
///
/// impl Actor for Slow {
///     type Msg = Reply<u32>;
///     fn handle(&mut self, reply: Reply<u32>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         self.0 += 1;
///         if self.0 == 3 {
///             reply.send(self.0);
///         }
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(10)).jitter(0.5);
/// let system = System::builder().workers(1).build()?;
/// let slow = system.spawn(Slow(0));
/// let retry = Retry::new(5, backoff)?;
/// assert_eq!(retry.ask_outside(slow, |reply| reply).wait()?, 3);
/// let gave_up = retry.ask_outside(slow, |reply| reply).wait().expect_err("four is too late");
/// assert_eq!(gave_up.attempts, 5);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Retry {
    plan: Plan,
    /// How many questions were asked by it and its clones, each of which draws its own waits.
    users: Arc<AtomicU64>,
}

#[derive(Debug, Clone)]
struct Plan {
    attempts: u32,
    deadline: Duration,
    backoff: Backoff,
    again: fn(AskError) -> bool,
}

/// How late the wheel may be with all attempts and pauses together, for who waits on a thread: by then no wheel runs.
const SLACK: Duration = Duration::from_secs(1);

/// No attempt got an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct GaveUp {
    /// How many attempts were made.
    pub attempts: u32,
    /// Why the last one failed, or why there was none.
    pub last: AskError,
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gave up after {} attempts: {}", self.attempts, self.last)
    }
}

impl std::error::Error for GaveUp {}

/// By default everything is tried again but what an actor that has ended, or the asker itself, refuses.
fn may_pass(error: AskError) -> bool {
    !matches!(error, AskError::Refused(Reason::Stale | Reason::Closed | Reason::WouldBlock))
}

impl Plan {
    /// How long to wait after this failure; none if it was the last attempt.
    fn wait_after(&self, attempts: u32, error: AskError) -> Option<Duration> {
        (attempts < self.attempts && (self.again)(error)).then(|| self.backoff.delay(attempts - 1))
    }

    /// The longest that all of it takes.
    fn longest(&self) -> Duration {
        let mut all = self.deadline.saturating_mul(self.attempts).saturating_add(SLACK);
        for attempt in 0..self.attempts - 1 {
            let bound = self.backoff.bound(attempt);
            all = all.saturating_add(bound);
            if bound == self.backoff.bound(attempt + 1) {
                // It grows no further.
                return all.saturating_add(bound.saturating_mul(self.attempts - 2 - attempt));
            }
        }
        all
    }
}

impl Retry {
    /// So many attempts at most, the first included.
    ///
    /// # Errors
    /// [`OptionsError`] if there are none.
    pub fn new(attempts: u32, backoff: Backoff) -> Result<Self, OptionsError> {
        if attempts == 0 {
            return Err(OptionsError::new("attempts", 0, 1, u32::MAX, "or nothing would be asked"));
        }
        let plan = Plan { attempts, deadline: DEFAULT_DEADLINE, backoff, again: may_pass };
        Ok(Self { plan, users: Arc::new(AtomicU64::new(0)) })
    }

    /// The deadline of each attempt; by default five seconds.
    #[must_use]
    pub fn deadline(mut self, within: Duration) -> Self {
        self.plan.deadline = within;
        self
    }

    /// Which failures are tried again. By default all but those that will be the same for ever: the actor is stopping or has
    /// ended, or the asker must not block.
    #[must_use]
    pub fn when(mut self, again: fn(AskError) -> bool) -> Self {
        self.plan.again = again;
        self
    }

    fn plan(&self) -> Plan {
        // Relaxed: each gets a number of its own, and that is all.
        let user = self.users.fetch_add(1, Ordering::Relaxed);
        Plan { backoff: self.plan.backoff.of_user(user), ..self.plan.clone() }
    }

    /// Asks `to`, again if need be, and goes on: the answer, or that there was none, comes back as one message of this actor,
    /// exactly once. `question` makes each attempt's message, in a turn of the actor that is spawned for it; if it panics, that
    /// is a fault of that actor's, and no further attempt is made. `then` makes a message of this actor from the result.
    ///
    /// Costs the spawning of an actor and a notice, and an ask for each attempt. It is that actor which is suspended on a full
    /// mailbox, and not the asker; and so the question keeps no order with what the asker sends to `to`. Waiting for the next
    /// attempt holds up [`System::quiesce`](crate::System::quiesce), as any timer.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use throng::{Actor, Address, Backoff, Context, Fault, GaveUp, Reply, Retry, System};
    ///
    /// /// Answers the second time.
    /// struct Slow(bool);
    ///
    /// impl Actor for Slow {
    ///     type Msg = Reply<&'static str>;
    ///     fn handle(&mut self, reply: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         if std::mem::replace(&mut self.0, true) {
    ///             reply.send("at last");
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// struct Asker {
    ///     slow: Address<Reply<&'static str>>,
    ///     retry: Retry,
    /// }
    ///
    /// enum Msg {
    ///     Go(Reply<&'static str>),
    ///     Done(Reply<&'static str>, Result<&'static str, GaveUp>),
    /// }
    ///
    /// impl Actor for Asker {
    ///     type Msg = Msg;
    ///     fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         match message {
    ///             Msg::Go(to) => self.retry.ask(cx, self.slow, |reply| reply, |result| Msg::Done(to, result)),
    ///             Msg::Done(to, result) => to.send(result?),
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let system = System::builder().workers(1).build()?;
    /// let retry = Retry::new(3, Backoff::new(Duration::from_millis(1), Duration::from_millis(5)))?;
    /// let asker = system.spawn(Asker { slow: system.spawn(Slow(false)), retry });
    /// assert_eq!(asker.ask(Msg::Go).wait()?, "at last");
    /// # Ok(())
    /// # }
    /// ```
    pub fn ask<A, M, T, Q, F>(&self, cx: &mut Context<'_, A>, to: Address<M>, question: Q, then: F)
    where
        A: Actor,
        M: Send + 'static,
        T: Send + 'static,
        Q: FnMut(Reply<T>) -> M + Send + 'static,
        F: FnOnce(Result<T, GaveUp>) -> A::Msg + Send + 'static,
    {
        let result = Telling { notice: Some(cx.notice(then)), attempts: 0, last: AskError::Dropped };
        cx.spawn(Attempts { asker: cx.me(), to, question, plan: self.plan(), result });
    }

    /// Asks from outside the engine, again if need be: await it, or wait for it ([`Asking::wait`](crate::Asking::wait)). The
    /// pauses are kept by the clock of the system that is asked.
    pub fn ask_outside<M, T, Q>(&self, to: Address<M>, question: Q) -> Retrying<M, T, Q>
    where
        M: Send + 'static,
        T: Send + 'static,
        Q: FnMut(Reply<T>) -> M,
    {
        Retrying {
            to,
            question,
            plan: self.plan(),
            attempts: 0,
            phase: Phase::Next,
            over: None,
            within: None,
        }
    }
}

/// The result on its way, and what is told if it never comes.
struct Telling<T: Send + 'static> {
    notice: Option<Notice<Result<T, GaveUp>>>,
    attempts: u32,
    last: AskError,
}

impl<T: Send + 'static> Telling<T> {
    fn tell(&mut self, result: Result<T, GaveUp>) {
        if let Some(notice) = self.notice.take() {
            // Refused if the asker has ended meanwhile.
            drop(notice.send(result));
        }
    }

    fn give_up(&mut self) {
        let gave_up = GaveUp { attempts: self.attempts, last: self.last };
        self.tell(Err(gave_up));
    }
}

impl<T: Send + 'static> Drop for Telling<T> {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// The actor that asks on behalf of another.
struct Attempts<N, M, T: Send + 'static, Q> {
    asker: Address<N>,
    to: Address<M>,
    question: Q,
    plan: Plan,
    result: Telling<T>,
}

enum Step<T> {
    Ask,
    Ended(Outcome<T>),
}

impl<N, M, T, Q> Actor for Attempts<N, M, T, Q>
where
    N: Send + 'static,
    M: Send + 'static,
    T: Send + 'static,
    Q: FnMut(Reply<T>) -> M + Send + 'static,
{
    type Msg = Step<T>;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.handle(Step::Ask, cx)
    }

    fn handle(&mut self, step: Step<T>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match step {
            Step::Ask if self.asker.is_alive() => {
                self.result.attempts += 1;
                cx.ask_within(self.plan.deadline, self.to, &mut self.question, Step::Ended)?;
                return Ok(());
            }
            // Nobody wants to know any more.
            Step::Ask => {}
            Step::Ended(Ok(answer)) => self.result.tell(Ok(answer)),
            Step::Ended(Err(error)) => {
                self.result.last = error;
                if let Some(wait) = self.plan.wait_after(self.result.attempts, error) {
                    cx.after(wait, Step::Ask);
                    return Ok(());
                }
                self.result.give_up();
            }
        }
        cx.stop();
        Ok(())
    }
}

/// A question from outside that is asked again if need be: an ask as any ([`Asking`](crate::Asking)), so that it can be mapped,
/// joined, and given a deadline over all its attempts. Made by [`Retry::ask_outside`].
#[must_use = "a question is asked when it is awaited or waited for"]
pub struct Retrying<M: Send + 'static, T: Send + 'static, Q> {
    to: Address<M>,
    question: Q,
    plan: Plan,
    attempts: u32,
    phase: Phase<M, T>,
    /// Rings when the time for all of it is over.
    over: Option<Pause>,
    within: Option<Duration>,
}

enum Phase<M, T> {
    Next,
    Asking(Ask<M, T>),
    Waiting(Pause),
    Cut(AskError),
    Over,
}

// The question is never pinned.
impl<M: Send + 'static, T: Send + 'static, Q> Unpin for Retrying<M, T, Q> {}

impl<M, T, Q> Future for Retrying<M, T, Q>
where
    M: Send + 'static,
    T: Send + 'static,
    Q: FnMut(Reply<T>) -> M,
{
    type Output = Result<T, GaveUp>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.over.is_none() {
            this.over = this.within.map(|within| this.to.pause(within));
        }
        if this.over.as_mut().is_some_and(|over| over.poll(cx).is_ready()) {
            // An answer that is there already goes first; a stale address refuses by itself.
            match &mut this.phase {
                Phase::Asking(ask) => ask.cut(AskError::Timeout),
                Phase::Waiting(_) => this.phase = Phase::Cut(AskError::Timeout),
                Phase::Next | Phase::Cut(_) | Phase::Over => {}
            }
            this.plan.attempts = this.plan.attempts.min(this.attempts.max(1));
        }
        loop {
            let last = match &mut this.phase {
                Phase::Next => {
                    this.attempts += 1;
                    let ask = this.to.ask(&mut this.question).deadline(this.plan.deadline);
                    this.phase = Phase::Asking(ask);
                    continue;
                }
                Phase::Asking(ask) => match Pin::new(ask).poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(answer)) => {
                        this.phase = Phase::Over;
                        return Poll::Ready(Ok(answer));
                    }
                    Poll::Ready(Err(error)) => match this.plan.wait_after(this.attempts, error) {
                        Some(wait) => {
                            this.phase = Phase::Waiting(this.to.pause(wait));
                            continue;
                        }
                        None => error,
                    },
                },
                Phase::Waiting(pause) => {
                    if pause.poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    this.phase = Phase::Next;
                    continue;
                }
                Phase::Cut(error) => *error,
                Phase::Over => panic!("a finished ask was polled again"),
            };
            this.phase = Phase::Over;
            return Poll::Ready(Err(GaveUp { attempts: this.attempts, last }));
        }
    }
}

impl<M: Send + 'static, T: Send + 'static, Q> Part for Retrying<M, T, Q> {
    fn limit(&mut self, within: Duration) {
        self.within = Some(self.within.map_or(within, |before| before.min(within)));
    }

    fn latest(&mut self) -> Duration {
        self.plan.longest().min(self.within.unwrap_or(Duration::MAX))
    }

    fn cut(&mut self, error: AskError) {
        match &mut self.phase {
            Phase::Asking(ask) => {
                ask.cut(error);
                self.plan.attempts = self.attempts;
            }
            Phase::Next | Phase::Waiting(_) => self.phase = Phase::Cut(error),
            Phase::Cut(_) | Phase::Over => {}
        }
    }

    fn is_stepped_here(&mut self) -> bool {
        match &self.phase {
            Phase::Asking(ask) => ask.is_stepped_here(),
            Phase::Next | Phase::Waiting(_) => outside::is_stepped_here(self.to.raw),
            Phase::Cut(_) | Phase::Over => false,
        }
    }
}

impl<M: Send + 'static, T: Send + 'static, Q> fmt::Debug for Retrying<M, T, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retrying")
            .field("to", &self.to)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
