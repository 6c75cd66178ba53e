//! Open load: messages from a thread that is not the runtime's.

use crate::system::{System, tell_from_outside};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::sink::{Inlet, Sink, Stamp};
use tokio::runtime::Handle;
use xtra::{Address, Context, Handler};

#[derive(xtra::Actor)]
struct Recording(Sink);

impl Handler<Stamp> for Recording {
    type Return = ();

    async fn handle(&mut self, stamp: Stamp, _: &mut Context<Self>) {
        self.0.record(stamp);
    }
}

/// Sends, from outside.
pub(crate) struct Sends {
    sinks: Vec<Address<Recording>>,
    runtime: Handle,
}

pub(crate) fn sends(system: &System, sinks: Vec<Sink>) -> Result<Sends, Spoiled> {
    let sinks = system.all_made(sinks.into_iter().map(Recording))?;
    Ok(Sends { sinks, runtime: system.handle() })
}

impl Inlet for Sends {
    fn send(&mut self, sink: usize, stamp: Stamp) -> Result<(), Spoiled> {
        Ok(tell_from_outside(&self.runtime, &self.sinks[sink], stamp)?)
    }

    fn end(self) -> Result<(), Spoiled> {
        // An actor ends when it has handled what there is and nobody can send to it any more.
        Ok(())
    }
}
