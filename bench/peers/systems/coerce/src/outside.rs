//! Messages from a thread that is none of the runtime's.

use crate::stage::Stage;
use async_trait::async_trait;
use coerce::actor::context::ActorContext;
use coerce::actor::message::{Handler, Message};
use coerce::actor::{Actor, LocalActorRef};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::sink::{Inlet, Sink, Stamp};

struct Planned(Stamp);

impl Message for Planned {
    type Result = ();
}

struct Records(Sink);

impl Actor for Records {}

#[async_trait]
impl Handler<Planned> for Records {
    async fn handle(&mut self, Planned(stamp): Planned, _: &mut ActorContext) {
        self.0.record(stamp);
    }
}

/// An actor for each sink.
pub(crate) struct Outside(Vec<LocalActorRef<Records>>);

pub(crate) fn open(stage: &Stage, sinks: Vec<Sink>) -> Outside {
    Outside(stage.make_all(sinks.into_iter().map(Records)))
}

impl Inlet for Outside {
    fn send(&mut self, sink: usize, stamp: Stamp) -> Result<(), Spoiled> {
        Ok(self.0[sink].notify(Planned(stamp))?)
    }

    fn end(self) -> Result<(), Spoiled> {
        Ok(self.0.iter().try_for_each(LocalActorRef::notify_stop)?)
    }
}
