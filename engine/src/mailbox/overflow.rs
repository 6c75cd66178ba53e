//! What happens to a message for a full mailbox.

/// What a full mailbox does with the next message; chosen per actor when it is spawned.
///
/// `try_send` is strict under all of them: it refuses beyond the capacity, and drops nothing. Messages from one sender are
/// handled in order under all of them. What is dropped is counted in [`Ledger::dropped`](crate::Ledger::dropped), and can be
/// watched by [`System::watch_drops`](crate::System::watch_drops).
///
/// # Examples
/// ```
/// use throng::{Actor, Context, Fault, Options, Overflow, System};
///
/// /// Of frames the last ones count.
/// struct Screen;
///
/// impl Actor for Screen {
///     type Msg = u32;
///     fn handle(&mut self, frame: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         assert!(frame > 1);
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut inline = System::builder().inline();
/// let newest = Options::builder().capacity(2).overflow(Overflow::DropOldest).build()?;
/// let screen = inline.system().try_spawn(Screen, &newest)?;
/// for frame in 1..=3_u32 {
///     screen.send(frame)?;
/// }
/// inline.run_until_idle();
/// let ledger = inline.system().ledger();
/// assert_eq!((ledger.handled, ledger.dropped.oldest, ledger.refused.total()), (2, 1, 0));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// `send` from a handler enters, up to the hard limit, and the *sending actor* is suspended after that handler
    /// until the mailbox has drained to its low mark. No worker waits. The default.
    #[default]
    Mute,
    /// Every send into a full mailbox is refused with [`SendError::Full`](crate::SendError::Full), message handed back.
    Fail,
    /// A message for a full mailbox is accepted and dropped.
    DropNewest,
    /// A message is dropped if, when its turn has come, `capacity` newer ones have come in. The mailbox holds up to twice its
    /// capacity for that.
    ///
    /// *Exact* as long as no more than `capacity` messages come in between two looks of the actor at its mailbox: while it is
    /// in one handler (and suspended after it, if it is), or waits for a worker. Of more than that the newest are dropped
    /// until it looks again, and counted as such: under bursts that may be most. Where the last value must get through take
    /// [`Overflow::DropOldestExact`].
    DropOldest,
    /// A message for a full mailbox takes the place of the oldest, at once and exactly. Messages lie in a line behind a lock
    /// that is held for a few instructions: dearer than the others. The one that is being handled takes no place in it.
    /// `try_send` through a [`Recipient`](crate::Recipient) looks for a place before the message is converted: one that comes
    /// in between costs the oldest. Does not go with two lanes.
    DropOldestExact,
    /// As [`Overflow::Fail`]; and an actor named by [`upstream`](crate::OptionsBuilder::upstream) is told when the mailbox
    /// holds as many messages as its high mark says, and when it has sunk to its low mark again, in turns. A high mark of
    /// one is told of with the first refusal.
    Signal,
}

impl Overflow {
    /// Whether a send under the policy may be dropped.
    pub(crate) const fn drops(self) -> bool {
        matches!(self, Overflow::DropNewest | Overflow::DropOldest | Overflow::DropOldestExact)
    }
}
