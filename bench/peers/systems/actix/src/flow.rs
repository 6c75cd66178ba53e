//! Who sends many messages in a row lets others have their turn in between.

/// So many in a row.
const IN_A_ROW: u32 = 1_024;

/// Messages sent in a row.
#[derive(Debug)]
pub(crate) struct Flow(u32);

impl Flow {
    pub(crate) fn new() -> Self {
        Self(0)
    }

    /// One more is sent. `do_send` never waits, and an actor handles all that is in its mailbox before it is another's turn: what would
    /// be sent all at once would be cold when it is handled.
    #[inline]
    pub(crate) async fn on(&mut self) {
        self.0 += 1;
        if self.0 == IN_A_ROW {
            self.0 = 0;
            actix_rt::task::yield_now().await;
        }
    }
}
