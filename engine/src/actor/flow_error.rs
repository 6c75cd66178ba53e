//! What a flow refuses. An item that is refused is handed back.

use crate::error::Reason;
use std::fmt;

/// An item that was not sent, and why. Each hands it back.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlowError<M> {
    /// No credit is left: the producer is told when there is some again.
    NoCredit(M),
    /// The consumer wants no more.
    Cancelled(M),
    /// The consumer is stopping or has ended.
    Closed(M),
    /// Another actor has opened the flow, or an earlier state of this one, and is the one that would be told of credit.
    NotYours(M),
}

impl<M> FlowError<M> {
    /// The item.
    pub fn into_inner(self) -> M {
        match self {
            FlowError::NoCredit(m)
            | FlowError::Cancelled(m)
            | FlowError::Closed(m)
            | FlowError::NotYours(m) => m,
        }
    }
}

impl<M> fmt::Debug for FlowError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FlowError::NoCredit(_) => "FlowError::NoCredit",
            FlowError::Cancelled(_) => "FlowError::Cancelled",
            FlowError::Closed(_) => "FlowError::Closed",
            FlowError::NotYours(_) => "FlowError::NotYours",
        })
    }
}

impl<M> fmt::Display for FlowError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FlowError::NoCredit(_) => "no credit left: go on when the flow is ready again",
            FlowError::Cancelled(_) => "the consumer has cancelled the flow",
            FlowError::Closed(_) => "the consumer is stopping or has ended",
            FlowError::NotYours(_) => {
                "another actor, or a state before, has opened the flow: open one of your own"
            }
        })
    }
}

impl<M> std::error::Error for FlowError<M> {}

/// What a flow cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlowRefused {
    /// The window is zero, or more than the consumer has left for flows.
    Window {
        /// What was asked for.
        given: u32,
        /// What can be had.
        most: u32,
    },
    /// The demand is zero, or more than is left of the window.
    Demand {
        /// What was granted.
        given: u32,
        /// What can be.
        most: u32,
    },
    /// The engine grants in this flow.
    Automatic,
    /// The flow was cancelled.
    Cancelled,
    /// The flow leads into another actor.
    NotYours,
    /// The consumer lives in another system.
    Abroad,
    /// The consumer takes no flow now.
    Consumer(Reason),
}

impl fmt::Display for FlowRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FlowRefused::Window { given, most } => write!(
                f,
                "a window of {given}: the consumer has {most} left; give 1 to that, or allow it more `flows` in its options"
            ),
            FlowRefused::Demand { given, most } => {
                write!(f, "a demand of {given}: give 1 to {most}, which is what is left of the window")
            }
            FlowRefused::Automatic => {
                f.write_str("this flow grants by itself: answer Demand::ByHand when it opens")
            }
            FlowRefused::Cancelled => f.write_str("this flow was cancelled"),
            FlowRefused::NotYours => {
                f.write_str("this flow leads into another actor, which alone may grant or cancel")
            }
            FlowRefused::Abroad => {
                f.write_str("the consumer lives in another system, where a flow does not lead")
            }
            FlowRefused::Consumer(reason) => write!(f, "the consumer takes no flow: {reason}"),
        }
    }
}

impl std::error::Error for FlowRefused {}
