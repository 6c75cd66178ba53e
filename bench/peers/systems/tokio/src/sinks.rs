//! Actors that record when messages from outside come to them.

use crate::mailboxes::{Address, Mailbox, Mailboxes};
use std::fmt;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::sink::{Inlet, Sink, Stamp};
use tokio::runtime::Handle;

/// Their addresses.
pub struct Outside<M: Mailboxes>(Vec<M::Address<Stamp>>);

impl<M: Mailboxes> fmt::Debug for Outside<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Outside").field(&self.0).finish()
    }
}

impl<M: Mailboxes> Outside<M> {
    /// With an actor for each sink.
    pub(crate) fn new(runtime: &Handle, sinks: Vec<Sink>) -> Self {
        let one = |sink| {
            let (address, stamps) = M::mailbox();
            runtime.spawn(recorder::<M>(stamps, sink));
            address
        };
        Self(sinks.into_iter().map(one).collect())
    }
}

impl<M: Mailboxes> Inlet for Outside<M> {
    #[inline]
    fn send(&mut self, sink: usize, stamp: Stamp) -> Result<(), Spoiled> {
        Ok(self.0[sink].send_from_outside(stamp)?)
    }

    /// Nobody is left then who could send.
    fn end(self) -> Result<(), Spoiled> {
        Ok(())
    }
}

async fn recorder<M: Mailboxes>(mut stamps: M::Mailbox<Stamp>, mut sink: Sink) {
    let mut batch = Vec::new();
    while stamps.batch(&mut batch).await > 0 {
        for stamp in batch.drain(..) {
            sink.record(stamp);
        }
    }
}
