//! What makes a future an ask: its deadline can be shortened, and it can be ended by who waits for it.

use crate::actor::ask_outside::Ask;
use crate::error::AskError;
use std::time::Duration;

/// A part of a wait. Private, so that only asks are parts.
pub trait Part {
    /// Sees to it that this ends within the time, which begins with the first poll.
    fn limit(&mut self, within: Duration);

    /// How long it takes at most, from the first poll.
    fn latest(&mut self) -> Duration;

    /// Ends whatever is open in it with this error. The next poll is ready.
    fn cut(&mut self, error: AskError);

    /// Whether an actor is still to be heard of that runs in the steps of a simulation, which this thread takes.
    fn is_stepped_here(&mut self) -> bool;
}

impl<M: Send + 'static, T: Send + 'static> Part for Ask<M, T> {
    fn limit(&mut self, within: Duration) {
        Ask::limit(self, within);
    }

    fn latest(&mut self) -> Duration {
        Ask::latest(self)
    }

    fn cut(&mut self, error: AskError) {
        Ask::cut(self, error);
    }

    fn is_stepped_here(&mut self) -> bool {
        Ask::is_stepped_here(self)
    }
}

/// What stands around a part, and passes on what it is told.
pub(crate) trait Around {
    /// The part inside.
    type Inner: Part + ?Sized;

    /// The part inside.
    fn inner(&mut self) -> &mut Self::Inner;
}

impl<A: Around> Part for A {
    fn limit(&mut self, within: Duration) {
        self.inner().limit(within);
    }

    fn latest(&mut self) -> Duration {
        self.inner().latest()
    }

    fn cut(&mut self, error: AskError) {
        self.inner().cut(error);
    }

    fn is_stepped_here(&mut self) -> bool {
        self.inner().is_stepped_here()
    }
}

impl<A: Part + ?Sized> Around for Box<A> {
    type Inner = A;

    fn inner(&mut self) -> &mut A {
        self
    }
}
