//! What can be wrong with a tree, and why a supervisor gives up.

use crate::actor::exit::{Exit, Failure};
use crate::error::NoSeat;
use std::fmt;
use std::time::Duration;

/// Why a tree was not started, or not stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TreeError {
    /// Two children of one supervisor have this name.
    Duplicate {
        /// The name.
        name: String,
    },
    /// A name is empty, or has a slash, which stands between the names of a path.
    Name {
        /// What was given.
        given: String,
    },
    /// A supervisor is allowed restarts within no time at all, which would be no limit.
    Intensity {
        /// The restarts that were given.
        most: u32,
    },
    /// The directory it was given is that of another tree, or was.
    DirectoryTaken,
    /// No memory or address range is left for the supervisor.
    NoRoom,
    /// It has not come down in time. What was left then was told to end at once.
    Busy {
        /// The time it was given.
        waited: Duration,
        /// The paths of those that were left.
        left: Vec<String>,
    },
    /// Waiting on a worker thread would hold up those it waits for: use [`Tree::begin_stop`](crate::Tree::begin_stop) there.
    WouldBlock,
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TreeError::Duplicate { name } => {
                write!(f, "two children are named {name:?}: names are unique among those of one supervisor")
            }
            TreeError::Name { given } => {
                write!(f, "a child is named {given:?}: a name has at least one character, and no slash")
            }
            TreeError::Intensity { most } => write!(
                f,
                "intensity = {most} restarts within 0 ns, which would limit none: give a time above zero, or 0 restarts for none"
            ),
            TreeError::DirectoryTaken => {
                f.write_str("the directory is that of another tree: each needs a new one")
            }
            TreeError::NoRoom => f.write_str("no memory or address range is left for a supervisor"),
            TreeError::Busy { waited, left } => {
                write!(f, "the tree was not down after {waited:?}; these were left, and told to end at once:")?;
                left.iter().try_for_each(|path| write!(f, " {path}"))
            }
            TreeError::WouldBlock => f.write_str(
                "waiting for a tree on a worker thread would hold up its actors; use `Tree::begin_stop` there",
            ),
        }
    }
}

impl std::error::Error for TreeError {}

/// What was the matter with a child.
#[derive(Debug, Clone)]
pub(super) enum Cause {
    Failed(Failure),
    Ended(Exit),
    /// It could not be spawned.
    NoSeat(NoSeat),
}

/// Why a supervisor fails: what its own supervisor is told.
#[derive(Debug)]
pub(super) struct Escalation {
    pub(super) child: String,
    pub(super) cause: Cause,
    /// The restarts that are allowed, and in which time, if it was one too many.
    pub(super) limit: Option<(u32, Duration)>,
}

impl fmt::Display for Escalation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Failed(failure) => write!(f, "child {:?} failed: {failure}", self.child)?,
            Cause::Ended(exit) => write!(f, "child {:?} has ended: {exit}", self.child)?,
            Cause::NoSeat(why) => write!(f, "child {:?} was not spawned: {why}", self.child)?,
        }
        match self.limit {
            None => Ok(()),
            Some((most, within)) => write!(f, " (restarts allowed: {most} within {within:?})"),
        }
    }
}

impl std::error::Error for Escalation {}
