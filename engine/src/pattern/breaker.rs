//! A circuit breaker in an actor: what has failed often lately is left alone for a while.

use super::circuit::{Circuit, Core, Rule, Verdict};
use crate::actor::address::Address;
use crate::actor::ask::{DEFAULT_DEADLINE, Outcome, Reply};
use crate::actor::behavior::{Actor, Context};
use crate::error::{OptionsError, SendError};
use crate::time::nanos;
use std::fmt;
use std::time::Duration;

/// A circuit breaker around the questions and messages of an actor to a partner. So many failures within a window open it: it
/// rejects what comes, and hands it back, without troubling the partner. After a pause it lets a probe through (or
/// [several](Breaker::probes)): if that is well it closes, if it fails it opens again, for another pause.
///
/// It belongs to the asking actor's state and keeps its time by the engine's clock, which is read once (about 25 ns) for each
/// question and each verdict; 8 bytes for each failure in the window. [`Guard`](crate::Guard) is the form for threads outside.
///
/// A question counts as a failure if it ends without an answer. Who judges otherwise asks by himself between
/// [`Breaker::admit`] and [`Breaker::succeeded`] or [`Breaker::failed`]. One whose verdict never comes counts for nothing.
///
/// The pattern is M. T. Nygard's, "Release It!", 2007.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use throng::{Actor, Address, Breaker, Circuit, Context, Fault, Report, Reply, System};
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
/// struct Caller {
///     to: Address<Reply<u32>>,
///     breaker: Breaker,
///     rejected: u32,
/// }
///
/// enum Msg {
///     Call,
///     Called(Report<u32>),
/// }
///
/// impl Actor for Caller {
///     type Msg = Msg;
///     fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
///         match message {
///             Msg::Call => {
///                 if let Err(rejected) = self.breaker.ask(cx, self.to, |reply| reply, Msg::Called) {
///                     self.rejected += 1;
///                     let _the_question = rejected.into_inner();
///                 }
///             }
///             Msg::Called(report) => assert!(self.breaker.settle(cx, report).is_err()),
///         }
///         Ok(())
///     }
///     fn stopped(&mut self, cx: &mut Context<'_, Self>) {
///         assert_eq!((self.breaker.circuit(cx), self.rejected), (Circuit::Open, 1));
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let minute = Duration::from_secs(60);
/// let mut inline = System::builder().inline();
/// let to = inline.spawn(Broken);
/// let breaker = Breaker::new(3, minute, minute)?;
/// let caller = inline.spawn(Caller { to, breaker, rejected: 0 });
/// for _ in 0..4 {
///     caller.try_send(Msg::Call)?;
///     inline.run_until_idle();
/// }
/// let _ = caller.stop();
/// inline.run_until_idle();
/// assert_eq!(inline.system().ledger().faults, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Breaker {
    pub(super) core: Core,
}

/// A question that a breaker has let through, and waits for the verdict on.
#[derive(Debug)]
#[must_use = "without a verdict it counts for nothing"]
pub struct Admitted {
    era: u64,
}

/// The outcome of a question that a breaker has let through, for [`Breaker::settle`].
#[derive(Debug)]
#[must_use = "the breaker is to hear of it"]
pub struct Report<T> {
    admitted: Admitted,
    outcome: Outcome<T>,
}

/// What did not go out, and why. Each hands back what was given: the closure that makes a question, or the message.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejected<Q> {
    /// The breaker lets nothing through now.
    Open {
        /// What was given.
        given: Q,
        /// When it will let something through again, if it does not hear otherwise before.
        wait: Duration,
    },
    /// The asker has too many asks outstanding already. The breaker has not counted it.
    TooManyAsks {
        /// What was given.
        given: Q,
        /// The limit that was reached: [`max_asks`](crate::OptionsBuilder::max_asks).
        limit: u32,
    },
    /// The breaker let it through, and the partner's mailbox refused it, which counts as a failure.
    Refused(SendError<Q>),
}

impl<Q> Rejected<Q> {
    /// What was given.
    pub fn into_inner(self) -> Q {
        match self {
            Rejected::Open { given, .. } | Rejected::TooManyAsks { given, .. } => given,
            Rejected::Refused(refused) => refused.into_inner(),
        }
    }
}

impl<Q> fmt::Debug for Rejected<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rejected::Open { wait, .. } => write!(f, "Rejected::Open({wait:?})"),
            Rejected::TooManyAsks { limit, .. } => write!(f, "Rejected::TooManyAsks({limit})"),
            Rejected::Refused(refused) => write!(f, "Rejected::Refused({refused:?})"),
        }
    }
}

impl<Q> fmt::Display for Rejected<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rejected::Open { wait, .. } => {
                write!(f, "the circuit is open, as too much has failed: try again after {wait:?}")
            }
            Rejected::TooManyAsks { limit, .. } => {
                write!(
                    f,
                    "{limit} asks are outstanding, which is this actor's limit; wait for outcomes or raise max_asks"
                )
            }
            Rejected::Refused(refused) => refused.fmt(f),
        }
    }
}

impl<Q> std::error::Error for Rejected<Q> {}

impl Breaker {
    /// Opens at so many `failures` within `window`, for `pause`. It begins closed.
    ///
    /// # Errors
    /// [`OptionsError`] if `failures` is zero.
    pub fn new(failures: u32, window: Duration, pause: Duration) -> Result<Self, OptionsError> {
        if failures == 0 {
            return Err(OptionsError::new("failures", 0, 1, u32::MAX, "or it would never be closed"));
        }
        let rule = Rule { failures, window: nanos(window), pause: nanos(pause), probes: 1 };
        Ok(Self { core: Core::new(rule) })
    }

    /// So many must be well before it closes again, and so many at most are under way until then; by default one.
    ///
    /// # Errors
    /// [`OptionsError`] if it is zero.
    pub fn probes(mut self, probes: u32) -> Result<Self, OptionsError> {
        if probes == 0 {
            return Err(OptionsError::new("probes", 0, 1, u32::MAX, "or it would never close again"));
        }
        self.core.rule.probes = probes;
        Ok(self)
    }

    /// What it would do with a question now.
    pub fn circuit<A: Actor>(&mut self, cx: &Context<'_, A>) -> Circuit {
        self.core.circuit(cx.now())
    }

    /// Lets something through that the actor does by itself, and tells of then.
    ///
    /// # Errors
    /// [`Rejected::Open`] while it is open.
    pub fn admit<A: Actor>(&mut self, cx: &Context<'_, A>) -> Result<Admitted, Rejected<()>> {
        self.admit_with(cx, ()).map(|((), admitted)| admitted)
    }

    fn admit_with<A: Actor, Q>(
        &mut self,
        cx: &Context<'_, A>,
        given: Q,
    ) -> Result<(Q, Admitted), Rejected<Q>> {
        match self.core.admit(cx.now()) {
            Ok(era) => Ok((given, Admitted { era })),
            Err(wait) => Err(Rejected::Open { given, wait: Duration::from_nanos(wait) }),
        }
    }

    /// What was let through was well.
    pub fn succeeded<A: Actor>(&mut self, cx: &Context<'_, A>, admitted: Admitted) {
        self.core.settle(cx.now(), admitted.era, Verdict::Good);
    }

    /// What was let through has failed.
    pub fn failed<A: Actor>(&mut self, cx: &Context<'_, A>, admitted: Admitted) {
        self.core.settle(cx.now(), admitted.era, Verdict::Bad);
    }

    /// [`Context::ask`], if it lets it through. The message that `then` makes brings the report back to this actor, which gives
    /// it to [`Breaker::settle`].
    ///
    /// # Errors
    /// [`Rejected::Open`] and [`Rejected::TooManyAsks`], with `question`, which has not run.
    pub fn ask<A, M, T, Q, F>(
        &mut self,
        cx: &mut Context<'_, A>,
        to: Address<M>,
        question: Q,
        then: F,
    ) -> Result<(), Rejected<Q>>
    where
        A: Actor,
        M: Send + 'static,
        T: Send + 'static,
        Q: FnOnce(Reply<T>) -> M,
        F: FnOnce(Report<T>) -> A::Msg + Send + 'static,
    {
        self.ask_within(cx, DEFAULT_DEADLINE, to, question, then)
    }

    /// As [`Breaker::ask`], with a deadline: [`Context::ask_within`].
    ///
    /// # Errors
    /// As [`Breaker::ask`].
    pub fn ask_within<A, M, T, Q, F>(
        &mut self,
        cx: &mut Context<'_, A>,
        deadline: Duration,
        to: Address<M>,
        question: Q,
        then: F,
    ) -> Result<(), Rejected<Q>>
    where
        A: Actor,
        M: Send + 'static,
        T: Send + 'static,
        Q: FnOnce(Reply<T>) -> M,
        F: FnOnce(Report<T>) -> A::Msg + Send + 'static,
    {
        let (question, admitted) = self.admit_with(cx, question)?;
        let era = admitted.era;
        let mut kept = Some(question);
        let ask = |reply| match kept.take() {
            Some(question) => question(reply),
            None => unreachable!("one question is made once"),
        };
        let asked = cx.ask_within(deadline, to, ask, move |outcome| then(Report { admitted, outcome }));
        match (asked, kept) {
            (Err(too_many), Some(given)) => {
                self.core.settle(cx.now(), era, Verdict::Withdrawn);
                Err(Rejected::TooManyAsks { given, limit: too_many.limit })
            }
            _ => Ok(()),
        }
    }

    /// Hears how a question fared, and gives its outcome.
    ///
    /// # Errors
    /// Those of the question.
    pub fn settle<A: Actor, T>(&mut self, cx: &Context<'_, A>, report: Report<T>) -> Outcome<T> {
        let Report { admitted, outcome } = report;
        let verdict = if outcome.is_ok() { Verdict::Good } else { Verdict::Bad };
        self.core.settle(cx.now(), admitted.era, verdict);
        outcome
    }

    /// [`Context::send`], if it lets it through. What the partner's mailbox accepts is well, what it refuses has failed.
    ///
    /// # Errors
    /// [`Rejected::Open`] and [`Rejected::Refused`], with the message.
    pub fn send<A: Actor, M: Send + 'static>(
        &mut self,
        cx: &mut Context<'_, A>,
        to: Address<M>,
        message: M,
    ) -> Result<(), Rejected<M>> {
        let (message, admitted) = self.admit_with(cx, message)?;
        let sent = cx.send(to, message);
        let verdict = if sent.is_ok() { Verdict::Good } else { Verdict::Bad };
        self.core.settle(cx.now(), admitted.era, verdict);
        sent.map_err(Rejected::Refused)
    }
}
