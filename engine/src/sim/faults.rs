//! What is to go wrong in a simulation, and how often.

use crate::time::{Nanos, nanos};
use std::time::Duration;

/// How often what goes wrong in a [`Simulation`](super::Simulation); when and where is drawn from its seed.
///
/// Each rate is "one in so many", and zero, as all of them are to begin with, is never. Faults strike the actors of the program, not
/// the engine's own (supervisors, pools, dispatchers).
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use throng::sim::Faults;
///
/// let faults = Faults::none().panics(20).late_wakeups(10).slow_handlers(50, Duration::from_millis(5));
/// assert_ne!(faults, Faults::some());
/// assert_eq!(Faults::default(), Faults::none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Faults {
    pub(super) panics: u32,
    pub(super) panics_after: u32,
    pub(super) slow: (u32, Nanos),
    pub(super) late: u32,
    pub(super) stops: u32,
    pub(super) frozen: (u32, Nanos),
}

/// As [`Faults::none`].
impl Default for Faults {
    fn default() -> Self {
        Self::none()
    }
}

impl Faults {
    /// Nothing goes wrong.
    pub fn none() -> Self {
        Self { panics: 0, panics_after: 0, slow: (0, 0), late: 0, stops: 0, frozen: (0, 0) }
    }

    /// A little of everything but [`Faults::panics_after`], which is younger: runs that were written down stay as they are. For tests that
    /// shall bear whatever comes.
    pub fn some() -> Self {
        Self::none()
            .panics(8)
            .slow_handlers(64, Duration::from_millis(20))
            .late_wakeups(16)
            .stops(512)
            .frozen_workers(256, Duration::from_millis(200))
    }

    /// One actor in so many fails at a drawn message, one of its next sixteen; half of them panic, half return a
    /// [`Fault`](crate::Fault). Drawn anew whenever one has failed and goes on. The handler does not run: it never sees the message, which is
    /// dropped, and the state is what it was. What is left of work that was done by half shows under [`Faults::panics_after`]. A handler
    /// of a [batch](crate::Actor::handle_batch) fails where it takes the message: it is unwound there, also to return a fault, and what it
    /// has not taken comes in the next batch.
    pub fn panics(mut self, one_in: u32) -> Self {
        self.panics = one_in;
        self
    }

    /// As [`Faults::panics`], but when the handler has run: it has seen the message, changed the state and sent what it sends, and panics, or
    /// returns a fault, where it would have ended well. One that fails by itself there is left at that. A handler of a batch fails
    /// where it asks for the next message, or would have ended.
    ///
    /// Strikes types of the program alone: what the engine wraps around a handler (an [`Atomic`](crate::Atomic), a
    /// [`Becoming`](crate::Becoming), an [`Initialising`](crate::Initialising), a function) does more when that has ended well, and a failure
    /// after that would be none of the handler's.
    pub fn panics_after(mut self, one_in: u32) -> Self {
        self.panics_after = one_in;
        self
    }

    /// One message in so many takes a drawn time, up to `most`, in which the other workers go on.
    pub fn slow_handlers(mut self, one_in: u32, most: Duration) -> Self {
        self.slow = (one_in, nanos(most));
        self
    }

    /// One actor in so many that becomes runnable is left waiting for a drawn number of steps, up to 32, unless nothing else can run.
    pub fn late_wakeups(mut self, one_in: u32) -> Self {
        self.late = one_in;
        self
    }

    /// At one message in so many, an actor that is drawn among all is told to stop, or killed: between two messages, in the middle of a
    /// turn, or while it lies still.
    pub fn stops(mut self, one_in: u32) -> Self {
        self.stops = one_in;
        self
    }

    /// At one message in so many another worker stands still for a drawn time, up to `most`: others run what is runnable, and what its
    /// timers were to do is late. Of a simulation with one worker none ever does, as one is always left: the one whose message it is.
    pub fn frozen_workers(mut self, one_in: u32, most: Duration) -> Self {
        self.frozen = (one_in, nanos(most));
        self
    }
}
