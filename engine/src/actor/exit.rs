//! How an actor ended, and what those hear who are to know.

use super::fault::Fault;
use crate::panics::caught;
use crate::sync::Arc;
use std::fmt;

/// How an actor ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Exit {
    /// In good order: it was told to stop, or stopped itself.
    Stopped,
    /// A handler or a hook of it failed.
    Failed(Failure),
    /// It was [killed](crate::Address::kill), or something that it was linked to ended.
    Killed,
    /// Its system came down around it.
    Aborted,
    /// It had ended before it was watched: how is not known any more.
    Unknown,
}

impl Exit {
    /// Whether the actor ended in good order. Only that leaves those alone that are linked to it.
    pub fn is_normal(&self) -> bool {
        matches!(self, Exit::Stopped)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Stopped => f.write_str("stopped"),
            Exit::Failed(failure) => write!(f, "failed: {failure}"),
            Exit::Killed => f.write_str("killed"),
            Exit::Aborted => f.write_str("aborted with its system"),
            Exit::Unknown => f.write_str("ended before it was watched"),
        }
    }
}

impl std::error::Error for Exit {}

/// A [`Fault`] as others hear of it: its words, of which there is one copy for all.
#[derive(Clone)]
pub struct Failure(Arc<Told>);

struct Told {
    words: String,
    panicked: bool,
    actor: &'static str,
}

impl Failure {
    /// What is told of a fault of an actor of this type.
    pub(crate) fn of(fault: &Fault, actor: &'static str) -> Self {
        // The words of an error are user code.
        let words = caught(|| fault.to_string());
        let words = words.unwrap_or_else(|payload| {
            crate::panics::discard(payload);
            "(an error whose words panicked)".into()
        });
        Self(Arc::new(Told { words, panicked: fault.is_panic(), actor }))
    }

    /// Whether the handler panicked.
    pub fn is_panic(&self) -> bool {
        self.0.panicked
    }

    /// The type of the actor that failed.
    pub fn actor(&self) -> &'static str {
        self.0.actor
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.words)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({}: {})", self.0.actor, self.0.words)
    }
}

/// What a guarded actor tells its guard: each once, in the order in which it happened.
#[derive(Debug, Clone)]
pub(crate) enum Report {
    /// Its state is there, and its first hook has run.
    Started,
    /// It has failed, and is held until its guard says what shall become of it.
    Failed(Failure),
    /// Its state is gone, as ordered; it is held.
    Vacated,
    /// It has ended.
    Ended(Exit),
}
