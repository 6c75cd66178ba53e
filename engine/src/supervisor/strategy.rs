//! What a supervisor is told to do: whom a fault takes along, who is started again, how often, and how a child is ended.

use crate::sync::{Mutant, mutant};
use crate::time::Nanos;
use std::collections::VecDeque;
use std::time::Duration;

/// Whom the restart of a child takes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Strategy {
    /// Nobody: the children do not depend on each other.
    #[default]
    OneForOne,
    /// All other children: they depend on each other.
    OneForAll,
    /// The children started after it: each may depend on those before.
    RestForOne,
}

/// Which ends of a child are answered with a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Restart {
    /// Every one: it is always to be there.
    #[default]
    Permanent,
    /// A failure, or being killed; not an end in good order. Once it has ended in good order, only a restart that takes it along
    /// starts it again.
    Transient,
    /// None. Where a restart would take it along, it is ended.
    Temporary,
}

/// What a supervisor does about a child that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Decision {
    /// It is made anew, with whom the [`Strategy`] takes along; a [`Restart::Temporary`] one is ended.
    #[default]
    Restart,
    /// It goes on with the state that it has. One that failed before it had started has none: it is restarted.
    Resume,
    /// It is ended, and not started again by any restart; the others go on.
    Stop,
    /// The supervisor ends all its children and fails itself, which its own supervisor decides on.
    Escalate,
}

/// How a child is ended when its supervisor comes down, and where a restart takes along one that is not to be restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shutdown {
    /// It handles what is in its mailbox, and its [`stopped`](crate::Actor::stopped) runs; after this time it is killed.
    Drain(Duration),
    /// After the message that it is in; `stopped` runs, and the rest of its messages are dead letters.
    Now,
    /// As `Now`, and without `stopped`.
    Kill,
}

impl Default for Shutdown {
    /// Five seconds to drain.
    fn default() -> Self {
        Shutdown::Drain(Duration::from_secs(5))
    }
}

/// So many restarts within a time, and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Intensity {
    pub(super) most: u32,
    pub(super) within: Nanos,
}

/// The restarts of the last while.
#[derive(Debug)]
pub(super) struct Window {
    intensity: Intensity,
    /// When each was, the oldest first; never more than the intensity allows.
    times: VecDeque<Nanos>,
}

impl Window {
    pub(super) fn new(intensity: Intensity) -> Self {
        Self { intensity, times: VecDeque::new() }
    }

    /// Writes down one more restart, unless it is one too many.
    #[must_use]
    pub(super) fn admit(&mut self, now: Nanos) -> bool {
        let within = self.intensity.within;
        while self.times.front().is_some_and(|at| now.saturating_sub(*at) > within) {
            self.times.pop_front();
        }
        let most = self.intensity.most + u32::from(mutant(Mutant::RestartTooMany));
        let admitted = self.times.len() < most as usize;
        if admitted {
            self.times.push_back(now);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_so_many_and_forgets_the_old() {
        let mut window = Window::new(Intensity { most: 3, within: 100 });
        assert!(window.admit(0) && window.admit(50) && window.admit(100));
        assert!(!window.admit(100), "the first is still within");
        assert!(window.admit(101), "and now it is not");
        assert!(!window.admit(150));
        assert!(window.admit(151) && !window.admit(151));
        assert!(!Window::new(Intensity { most: 0, within: 100 }).admit(7));
    }
}
