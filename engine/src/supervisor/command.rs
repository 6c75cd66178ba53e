//! What a supervisor's machine is given, and what it answers with.

use super::strategy::{Intensity, Restart, Shutdown, Strategy};
use crate::backoff::Backoff;
use crate::time::Nanos;

/// What a supervisor is told once.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) strategy: Strategy,
    pub(super) intensity: Intensity,
    pub(super) backoff: Option<Backoff>,
    /// After so long without a restart the pauses begin anew.
    pub(super) quiet: Nanos,
}

/// What a child is to its supervisor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Role {
    pub(super) restart: Restart,
    pub(super) shutdown: Shutdown,
    /// It can go on after a failure: not a supervisor, which has no children left by then.
    pub(super) resumes: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// The child is spawned. Answered by started, failed or ended.
    Make(usize),
    /// Its state is dropped and its place kept. Answered by vacated or ended, perhaps after failed.
    Vacate(usize),
    /// A vacant place is filled. Answered as `Make`.
    Occupy(usize),
    /// A child that failed goes on.
    Resume(usize),
    /// The child is stopped after what is in its mailbox. Answered, as the next two, by ended.
    Drain(usize),
    /// The child is stopped after the message that it is in.
    StopNow(usize),
    Kill(usize),
    /// Tell me after a while.
    Arm(Alarm, Nanos),
    /// Not any more.
    Disarm(Alarm),
    /// Nothing but news: the child is to be restarted, after so long a pause.
    Restarting(usize, Nanos),
    /// Nothing but news: the child has started, or is back.
    Up {
        child: usize,
        first: bool,
    },
    /// All children have been started for the first time.
    Ready,
    /// No child is left, and nothing more will be commanded.
    Down(Outcome),
}

/// What an alarm is for. The serial number tells it from earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Alarm {
    /// The pause of a round is over.
    Pause { lot: usize, serial: u64 },
    /// A child's time to drain is over.
    Deadline { child: usize, serial: u64 },
}

/// How it all ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Stopped,
    /// Because of this child, on whose fault it was decided so, or which came once too often.
    Escalated {
        child: usize,
        too_often: bool,
    },
}
