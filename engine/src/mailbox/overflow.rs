//! What happens to a message for a full mailbox.

/// What a full mailbox does with the next message; chosen per actor when it is spawned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// `send` from a handler enters, up to the hard limit, and the *sending actor* is suspended after that handler
    /// until the mailbox has drained to its low mark. No worker waits. The default.
    #[default]
    Mute,
    /// Every send into a full mailbox is refused with [`SendError::Full`](crate::SendError::Full), message handed back.
    Fail,
}
