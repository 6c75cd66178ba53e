//! What makes a future an ask: its deadline can be shortened, and it can be ended by who waits for it.

use crate::actor::ask_outside::Ask;
use crate::error::AskError;
use std::time::Duration;

/// A part of a wait. Private, so that only asks are parts.
pub trait Part {
    /// Sees to it that this ends within the time, which begins with the first poll.
    fn limit(&mut self, within: Duration);

    /// How long it takes at most, from the first poll.
    fn latest(&self) -> Duration;

    /// Ends whatever is open in it with this error. The next poll is ready.
    fn cut(&mut self, error: AskError);
}

impl<M: Send + 'static, T: Send + 'static> Part for Ask<M, T> {
    fn limit(&mut self, within: Duration) {
        Ask::limit(self, within);
    }

    fn latest(&self) -> Duration {
        Ask::latest(self)
    }

    fn cut(&mut self, error: AskError) {
        Ask::cut(self, error);
    }
}

impl<A: Part + ?Sized> Part for Box<A> {
    fn limit(&mut self, within: Duration) {
        (**self).limit(within);
    }

    fn latest(&self) -> Duration {
        (**self).latest()
    }

    fn cut(&mut self, error: AskError) {
        (**self).cut(error);
    }
}
