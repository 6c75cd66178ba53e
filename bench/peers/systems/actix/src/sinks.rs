//! Actors that record when messages from outside come to them.

use crate::arbiters::{Arbiters, all_ended};
use actix::prelude::*;
use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::sink::{Inlet, Sink, Stamp};

/// Who records.
struct Recorder {
    sink: Sink,
    _told: Sender<()>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Planned(Stamp);

/// No more will come.
#[derive(Message)]
#[rtype(result = "()")]
struct End;

impl Actor for Recorder {
    type Context = Context<Self>;
}

impl Handler<Planned> for Recorder {
    type Result = ();

    fn handle(&mut self, Planned(stamp): Planned, _: &mut Context<Self>) {
        self.sink.record(stamp);
    }
}

impl Handler<End> for Recorder {
    type Result = ();

    fn handle(&mut self, _: End, cx: &mut Context<Self>) {
        cx.stop();
    }
}

/// The addresses of those who record.
pub struct Outside {
    recorders: Vec<Addr<Recorder>>,
    recording: Receiver<()>,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").field("recorders", &self.recorders.len()).finish_non_exhaustive()
    }
}

impl Outside {
    /// With an actor for each sink, in turns on the threads.
    pub(crate) fn new(arbiters: &Arbiters, sinks: Vec<Sink>) -> Self {
        let (_told, recording) = channel();
        let start = |(number, sink)| arbiters.start(number, Recorder { sink, _told: _told.clone() });
        Self { recorders: sinks.into_iter().enumerate().map(start).collect(), recording }
    }
}

impl Inlet for Outside {
    #[inline]
    fn send(&mut self, sink: usize, stamp: Stamp) -> Result<(), Spoiled> {
        self.recorders[sink].do_send(Planned(stamp));
        Ok(())
    }

    fn end(self) -> Result<(), Spoiled> {
        for recorder in &self.recorders {
            recorder.do_send(End);
        }
        all_ended(&self.recording)
    }
}
