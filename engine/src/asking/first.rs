//! Many asks at once, and the first answer.

use super::part::{Around, Part};
use super::parts::Parts;
use crate::actor::gathering::NoneAnswered;
use crate::error::AskError;
use std::fmt;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context as Poll0, Poll};

/// Asks all of them at once, and waits for the first answer, which withdraws those that are left. Where all fail, the
/// failure tells each of theirs. Costs what [`join_all`](crate::join_all) does.
///
/// # Examples
/// ```
/// use throng::{Actor, Asking, AskError, Context, Fault, Reply, System, first};
///
/// /// Answers, or does not.
/// struct Replica(Option<&'static str>);
///
/// impl Actor for Replica {
///     type Msg = Reply<&'static str>;
///     fn handle(&mut self, reply: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         if let Some(answer) = self.0 {
///             reply.send(answer);
///         }
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let system = System::builder().workers(1).build()?;
/// let replicas = [None, Some("here"), None].map(|answer| system.spawn(Replica(answer)));
/// assert_eq!(first(replicas.map(|replica| replica.ask(|reply| reply))).wait()?, "here");
/// let none = first([replicas[0].ask(|reply| reply)]).wait().expect_err("it does not answer");
/// assert_eq!(none.failures, [AskError::Dropped]);
/// # Ok(())
/// # }
/// ```
pub fn first<A, T>(asks: impl IntoIterator<Item = A>) -> First<A>
where
    A: Future<Output = Result<T, AskError>> + Part + Unpin,
{
    let asks = Parts::new(asks);
    First { failures: vec![None; asks.len()], last: None, missing: asks.len(), asks, told: false }
}

/// The first answer, or everybody's failure. Made by [`first`].
#[must_use = "a question is asked when it is awaited or waited for"]
pub struct First<A> {
    asks: Parts<A>,
    failures: Vec<Option<AskError>>,
    last: Option<AskError>,
    missing: usize,
    told: bool,
}

impl<A> Unpin for First<A> {}

impl<A, T> Future for First<A>
where
    A: Future<Output = Result<T, AskError>> + Unpin,
{
    type Output = Result<T, NoneAnswered>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<Self::Output> {
        let Self { asks, failures, last, missing, told } = &mut *self;
        assert!(!*told, "a finished ask was polled again");
        let mut answer = None;
        asks.poll(cx, |place, outcome| match outcome {
            Ok(came) => {
                answer = Some(came);
                ControlFlow::Break(())
            }
            Err(error) => {
                failures[place] = Some(error);
                *last = Some(error);
                *missing -= 1;
                ControlFlow::Continue(())
            }
        });
        let outcome = match answer {
            Some(answer) => Ok(answer),
            None if *missing == 0 => {
                let failures = failures.iter().copied().flatten().collect();
                Err(NoneAnswered { failures, last: *last })
            }
            None => return Poll::Pending,
        };
        *told = true;
        asks.clear();
        Poll::Ready(outcome)
    }
}

impl<A: Part> Around for First<A> {
    type Inner = Parts<A>;

    fn inner(&mut self) -> &mut Parts<A> {
        &mut self.asks
    }
}

impl<A> fmt::Debug for First<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("First").field("missing", &self.missing).finish_non_exhaustive()
    }
}
