//! What is told of messages that overflow policies drop, and of dead letters.

/// Why a message was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DropCause {
    /// The mailbox was full, and this one came.
    Newest,
    /// It was the oldest, and there was no place for newer ones.
    Oldest,
}

impl std::fmt::Display for DropCause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            DropCause::Newest => "newest",
            DropCause::Oldest => "oldest",
        })
    }
}

/// A message that was dropped: the receiver's address, as a number, its type, and the cause.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Loss {
    pub(crate) receiver: u64,
    pub(crate) actor: &'static str,
    pub(crate) cause: DropCause,
}

/// Why an accepted message has no receiver, as [`Dead`](crate::Dead) counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeadCause {
    /// The actor was stopped at once, or killed, and this was left in its mailbox.
    Stopped,
    /// The actor failed, and this was left in its mailbox.
    Failed,
    /// The actor ended between the reservation of a place and the message; so does what
    /// [blocking work](crate::Context::blocking) made for an actor that has ended.
    Closed,
    /// The actor was restarted: this lay in its mailbox and was to be [dropped](crate::Mail::Drop), or was an outcome or a notice
    /// that the state before had asked for.
    Restarted,
}

impl std::fmt::Display for DeadCause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            DeadCause::Stopped => "stopped",
            DeadCause::Failed => "failed",
            DeadCause::Closed => "closed",
            DeadCause::Restarted => "restarted",
        })
    }
}

/// A dead letter: for whom it was, as in a [`Loss`], and of what type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Letter {
    pub(crate) receiver: u64,
    pub(crate) actor: &'static str,
    pub(crate) message: &'static str,
    pub(crate) cause: DeadCause,
}
