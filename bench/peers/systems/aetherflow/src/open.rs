//! Open load: an actor for each sink, in equal parts on all cores.

use crate::news::{LONGEST, endless};
use crate::placing::Cores;
use aetherflow::{Actor, ActorRef, TrySendError};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::sink::{self, Sink, Stamp};

struct Records(Sink);

impl Actor for Records {
    type Message = Stamp;

    fn handle(&mut self, stamp: Stamp) {
        self.0.record(stamp);
    }
}

/// Sends to them.
pub(crate) struct Inlet {
    actors: Vec<ActorRef<Records>>,
    made: Instant,
}

impl Inlet {
    pub(crate) fn new(cores: Cores<'_>, sinks: Vec<Sink>) -> Self {
        let many = sinks.len();
        let actor = |(number, sink)| cores.make(cores.of(number, many), Records(sink));
        Self { actors: sinks.into_iter().enumerate().map(actor).collect(), made: Instant::now() }
    }
}

impl sink::Inlet for Inlet {
    fn send(&mut self, sink: usize, stamp: Stamp) -> Result<(), Spoiled> {
        loop {
            match self.actors[sink].try_send(stamp) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(_)) if self.made.elapsed() > LONGEST => return Err(endless()),
                // Its core may be the one that this thread is on.
                Err(TrySendError::Full(_)) => std::thread::yield_now(),
                Err(TrySendError::Closed(_)) => return Err(Spoiled::Wrong("a sink has ended".into())),
            }
        }
    }

    fn end(self) -> Result<(), Spoiled> {
        // An actor ends when nobody can send to it, and it has handled what came.
        Ok(())
    }
}
