//! An ask whose answer, or whose failure, is changed.

use super::part::{Around, Part};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Poll0, Poll, ready};

/// An ask whose answer is changed. Made by [`Asking::map`](crate::Asking::map).
#[must_use = "a question is asked when it is awaited or waited for"]
pub struct Map<A, F> {
    ask: A,
    change: Option<F>,
}

/// An ask whose failure is changed. Made by [`Asking::map_err`](crate::Asking::map_err).
#[must_use = "a question is asked when it is awaited or waited for"]
pub struct MapErr<A, F> {
    ask: A,
    change: Option<F>,
}

impl<A, F> Map<A, F> {
    pub(super) fn new(ask: A, change: F) -> Self {
        Self { ask, change: Some(change) }
    }
}

impl<A, F> MapErr<A, F> {
    pub(super) fn new(ask: A, change: F) -> Self {
        Self { ask, change: Some(change) }
    }
}

// The closures are never pinned.
impl<A: Unpin, F> Unpin for Map<A, F> {}
impl<A: Unpin, F> Unpin for MapErr<A, F> {}

/// The closure, which is used once.
fn used<F>(change: &mut Option<F>) -> F {
    change.take().unwrap_or_else(|| panic!("a finished ask was polled again"))
}

impl<A, F, T, E, U> Future for Map<A, F>
where
    A: Future<Output = Result<T, E>> + Unpin,
    F: FnOnce(T) -> U,
{
    type Output = Result<U, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<Self::Output> {
        let outcome = ready!(Pin::new(&mut self.ask).poll(cx));
        Poll::Ready(outcome.map(used(&mut self.change)))
    }
}

impl<A, F, T, E, U> Future for MapErr<A, F>
where
    A: Future<Output = Result<T, E>> + Unpin,
    F: FnOnce(E) -> U,
{
    type Output = Result<T, U>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<Self::Output> {
        let outcome = ready!(Pin::new(&mut self.ask).poll(cx));
        Poll::Ready(outcome.map_err(used(&mut self.change)))
    }
}

impl<A: Part, F> Around for Map<A, F> {
    type Inner = A;

    fn inner(&mut self) -> &mut A {
        &mut self.ask
    }
}

impl<A: Part, F> Around for MapErr<A, F> {
    type Inner = A;

    fn inner(&mut self) -> &mut A {
        &mut self.ask
    }
}

impl<A: fmt::Debug, F> fmt::Debug for Map<A, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Map").field(&self.ask).finish()
    }
}

impl<A: fmt::Debug, F> fmt::Debug for MapErr<A, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MapErr").field(&self.ask).finish()
    }
}
