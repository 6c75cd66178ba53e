//! Open load: messages from a thread that is not the runtime's.

use crate::all_made;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::sink::{Inlet, Sink, Stamp};
use tokio::runtime::Handle;

struct Recording;

impl Actor for Recording {
    type Msg = Stamp;
    type State = Sink;
    type Arguments = Sink;

    async fn pre_start(&self, _: ActorRef<Stamp>, sink: Sink) -> Result<Sink, ActorProcessingErr> {
        Ok(sink)
    }

    async fn handle(
        &self,
        _: ActorRef<Stamp>,
        stamp: Stamp,
        sink: &mut Sink,
    ) -> Result<(), ActorProcessingErr> {
        sink.record(stamp);
        Ok(())
    }
}

/// Casts, from outside.
pub(crate) struct Casts(Vec<ActorRef<Stamp>>);

pub(crate) fn casts(runtime: &Handle, sinks: Vec<Sink>) -> Result<Casts, Spoiled> {
    let sinks = sinks.into_iter().map(|sink| (Recording, sink));
    Ok(Casts(all_made(runtime, sinks)?))
}

impl Inlet for Casts {
    fn send(&mut self, sink: usize, stamp: Stamp) -> Result<(), Spoiled> {
        Ok(self.0[sink].cast(stamp)?)
    }

    fn end(self) -> Result<(), Spoiled> {
        for recording in &self.0 {
            // Ends when it has handled what there is; `stop` would come before that.
            recording.drain()?;
        }
        Ok(())
    }
}
