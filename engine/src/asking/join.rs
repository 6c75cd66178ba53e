//! Two asks at once.

use super::part::Part;
use crate::error::AskError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Poll0, Poll};
use std::time::Duration;

/// Two asks at once: both answers, or the first failure. Made by [`Asking::join`](crate::Asking::join).
#[must_use = "a question is asked when it is awaited or waited for"]
pub struct Both<A, B, T, U> {
    one: Side<A, T>,
    other: Side<B, U>,
}

/// One of the two.
enum Side<A, T> {
    Open(A),
    Answered(T),
    /// Told, or withdrawn.
    Over,
}

// The answers are never pinned.
impl<A: Unpin, B: Unpin, T, U> Unpin for Both<A, B, T, U> {}

impl<A, B, T, U> Both<A, B, T, U> {
    pub(super) fn new(one: A, other: B) -> Self {
        Self { one: Side::Open(one), other: Side::Open(other) }
    }
}

impl<A, T> Side<A, T> {
    /// Polls it if it is open.
    fn poll<E>(&mut self, cx: &mut Poll0<'_>) -> Result<(), E>
    where
        A: Future<Output = Result<T, E>> + Unpin,
    {
        let polled = match self {
            Side::Open(ask) => Pin::new(ask).poll(cx),
            Side::Answered(_) => return Ok(()),
            Side::Over => panic!("a finished ask was polled again"),
        };
        if let Poll::Ready(outcome) = polled {
            *self = Side::Answered(outcome?);
        }
        Ok(())
    }

    fn is_answered(&self) -> bool {
        matches!(self, Side::Answered(_))
    }

    fn take(&mut self) -> Option<T> {
        match std::mem::replace(self, Side::Over) {
            Side::Answered(answer) => Some(answer),
            Side::Open(_) | Side::Over => None,
        }
    }
}

impl<A, B, T, U, E> Future for Both<A, B, T, U>
where
    A: Future<Output = Result<T, E>> + Unpin,
    B: Future<Output = Result<U, E>> + Unpin,
{
    type Output = Result<(T, U), E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Err(error) = this.one.poll(cx).and_then(|()| this.other.poll(cx)) {
            // The one that is left is withdrawn.
            (this.one, this.other) = (Side::Over, Side::Over);
            return Poll::Ready(Err(error));
        }
        if !(this.one.is_answered() && this.other.is_answered()) {
            return Poll::Pending;
        }
        match (this.one.take(), this.other.take()) {
            (Some(one), Some(other)) => Poll::Ready(Ok((one, other))),
            _ => Poll::Pending,
        }
    }
}

impl<A: Part, T> Part for Side<A, T> {
    fn limit(&mut self, within: Duration) {
        if let Side::Open(ask) = self {
            ask.limit(within);
        }
    }

    fn latest(&mut self) -> Duration {
        if let Side::Open(ask) = self { ask.latest() } else { Duration::ZERO }
    }

    fn cut(&mut self, error: AskError) {
        if let Side::Open(ask) = self {
            ask.cut(error);
        }
    }

    fn is_stepped_here(&mut self) -> bool {
        if let Side::Open(ask) = self { ask.is_stepped_here() } else { false }
    }
}

impl<A: Part, B: Part, T, U> Part for Both<A, B, T, U> {
    fn limit(&mut self, within: Duration) {
        self.one.limit(within);
        self.other.limit(within);
    }

    fn latest(&mut self) -> Duration {
        self.one.latest().max(self.other.latest())
    }

    fn cut(&mut self, error: AskError) {
        self.one.cut(error);
        self.other.cut(error);
    }

    fn is_stepped_here(&mut self) -> bool {
        self.one.is_stepped_here() || self.other.is_stepped_here()
    }
}

impl<A, B, T, U> fmt::Debug for Both<A, B, T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answered = (self.one.is_answered(), self.other.is_answered());
        f.debug_struct("Both").field("answered", &answered).finish_non_exhaustive()
    }
}
