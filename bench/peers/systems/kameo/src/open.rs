//! Open load: messages from a thread that is not the runtime's.

use crate::system::{System, tell_from_outside};
use kameo::Actor;
use kameo::actor::ActorRef;
use kameo::message::{Context, Message};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::sink::{Inlet, Sink, Stamp};

#[derive(Actor)]
struct Recording(Sink);

impl Message<Stamp> for Recording {
    type Reply = ();

    async fn handle(&mut self, stamp: Stamp, _: &mut Context<Self, Self::Reply>) {
        self.0.record(stamp);
    }
}

/// Tells, from outside.
pub struct Tells(Vec<ActorRef<Recording>>);

pub(crate) fn tells(system: &System, sinks: Vec<Sink>) -> Result<Tells, Spoiled> {
    Ok(Tells(system.all_made(sinks.into_iter().map(Recording))?))
}

impl Inlet for Tells {
    fn send(&mut self, sink: usize, stamp: Stamp) -> Result<(), Spoiled> {
        tell_from_outside(&self.0[sink], stamp)
    }

    fn end(self) -> Result<(), Spoiled> {
        // An actor ends when it has handled what there is and nobody can send to it any more.
        Ok(())
    }
}
