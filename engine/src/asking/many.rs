//! Many asks at once, and all their answers.

use super::part::{Around, Part};
use super::parts::Parts;
use std::fmt;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context as Poll0, Poll};

/// Asks all of them at once, and waits for all answers: in the order of the asks, or the first failure that comes, which
/// withdraws those that are left. Of none: no answers, at once.
///
/// An allocation for each ask, beside its own; so many polls in all as there are asks and wake-ups.
///
/// # Examples
/// ```
/// use throng::{Actor, Asking, AskError, Context, Fault, Reply, System, join_all};
///
/// struct Square;
///
/// impl Actor for Square {
///     type Msg = (u64, Reply<u64>);
///     fn handle(&mut self, (n, reply): Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         reply.send(n * n);
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let system = System::builder().workers(1).build()?;
/// let square = system.spawn(Square);
/// let answers = join_all((0..4).map(|n| square.ask(|reply| (n, reply)))).wait()?;
/// assert_eq!(answers, [0, 1, 4, 9]);
/// # Ok(())
/// # }
/// ```
pub fn join_all<A, T, E>(asks: impl IntoIterator<Item = A>) -> JoinAll<A, T>
where
    A: Future<Output = Result<T, E>> + Part + Unpin,
{
    let asks = Parts::new(asks);
    JoinAll { answers: Places::new(asks.len()), asks }
}

/// Asks all of them at once, and waits until each has ended, one way or the other: all outcomes, in the order of the asks.
/// Costs what [`join_all`] does.
///
/// # Examples
/// ```
/// use throng::{Actor, Asking, AskError, Context, Fault, Reply, System, outcomes};
///
/// /// Answers nothing but even numbers.
/// struct Half;
///
/// impl Actor for Half {
///     type Msg = (u64, Reply<u64>);
///     fn handle(&mut self, (n, reply): Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         if n % 2 == 0 {
///             reply.send(n / 2);
///         }
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let system = System::builder().workers(1).build()?;
/// let half = system.spawn(Half);
/// let all = outcomes([2, 3, 4].map(|n| half.ask(|reply| (n, reply)))).wait();
/// assert_eq!(all, [Ok(1), Err(AskError::Dropped), Ok(2)]);
/// # Ok(())
/// # }
/// ```
pub fn outcomes<A: Future + Part + Unpin>(asks: impl IntoIterator<Item = A>) -> Outcomes<A, A::Output> {
    let asks = Parts::new(asks);
    Outcomes { outcomes: Places::new(asks.len()), asks }
}

/// All answers, or the first failure. Made by [`join_all`].
#[must_use = "a question is asked when it is awaited or waited for"]
pub struct JoinAll<A, T> {
    asks: Parts<A>,
    answers: Places<T>,
}

/// All outcomes. Made by [`outcomes`].
#[must_use = "a question is asked when it is awaited or waited for"]
pub struct Outcomes<A, O> {
    asks: Parts<A>,
    outcomes: Places<O>,
}

/// What has come, each at its place.
struct Places<T> {
    come: Vec<Option<T>>,
    missing: usize,
    told: bool,
}

impl<T> Places<T> {
    fn new(places: usize) -> Self {
        Self { come: (0..places).map(|_| None).collect(), missing: places, told: false }
    }

    fn put(&mut self, place: usize, value: T) {
        self.come[place] = Some(value);
        self.missing -= 1;
    }

    fn begin(&self) {
        assert!(!self.told, "a finished ask was polled again");
    }

    fn all(&mut self) -> Poll<Vec<T>> {
        if self.missing > 0 {
            return Poll::Pending;
        }
        self.told = true;
        Poll::Ready(std::mem::take(&mut self.come).into_iter().flatten().collect())
    }

    /// Gives up what has come, as something else is told.
    fn give_up(&mut self) {
        self.told = true;
        self.come = Vec::new();
    }
}

// What has come is never pinned.
impl<A, T> Unpin for JoinAll<A, T> {}
impl<A, O> Unpin for Outcomes<A, O> {}

impl<A, T, E> Future for JoinAll<A, T>
where
    A: Future<Output = Result<T, E>> + Unpin,
{
    type Output = Result<Vec<T>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<Self::Output> {
        let Self { asks, answers } = &mut *self;
        answers.begin();
        let mut failure = None;
        asks.poll(cx, |place, outcome| match outcome {
            Ok(answer) => {
                answers.put(place, answer);
                ControlFlow::Continue(())
            }
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        });
        if let Some(error) = failure {
            asks.clear();
            answers.give_up();
            return Poll::Ready(Err(error));
        }
        answers.all().map(Ok)
    }
}

impl<A: Future + Unpin> Future for Outcomes<A, A::Output> {
    type Output = Vec<A::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<Self::Output> {
        let Self { asks, outcomes } = &mut *self;
        outcomes.begin();
        asks.poll(cx, |place, outcome| {
            outcomes.put(place, outcome);
            ControlFlow::Continue(())
        });
        outcomes.all()
    }
}

impl<A: Part, T> Around for JoinAll<A, T> {
    type Inner = Parts<A>;

    fn inner(&mut self) -> &mut Parts<A> {
        &mut self.asks
    }
}

impl<A: Part, O> Around for Outcomes<A, O> {
    type Inner = Parts<A>;

    fn inner(&mut self) -> &mut Parts<A> {
        &mut self.asks
    }
}

impl<A, T> fmt::Debug for JoinAll<A, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinAll").field("missing", &self.answers.missing).finish_non_exhaustive()
    }
}

impl<A, O> fmt::Debug for Outcomes<A, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcomes").field("missing", &self.outcomes.missing).finish_non_exhaustive()
    }
}
