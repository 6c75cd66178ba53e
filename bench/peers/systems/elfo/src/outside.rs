//! Messages from a thread that is none of the runtime's.

use crate::node::{Node, Part, Sends};
use crate::parts::{Actor, Stop};
use elfo::prelude::*;
use elfo::{Addr, Local, MoveOwnership};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::sink::{Inlet, Sink, Stamp};

#[message]
struct BeginRecords {
    sink: MoveOwnership<Sink>,
}

#[message]
struct Planned {
    stamp: Local<Stamp>,
}

pub(crate) async fn records(mut actor: Actor) {
    let Some(envelope) = actor.recv().await else { return };
    let sink = msg!(match envelope {
        BeginRecords { sink } => sink.take(),
        _ => return,
    });
    let Some(mut sink) = sink else { return };
    while let Some(envelope) = actor.recv().await {
        msg!(match envelope {
            Planned { stamp } => sink.record(*stamp),
            Stop => return,
        });
    }
}

/// An actor for each sink.
pub(crate) struct Outside {
    sends: Sends,
    records: Vec<Addr>,
}

pub(crate) fn open(node: &Node, sinks: Vec<Sink>) -> Result<Outside, Spoiled> {
    let records = node.cast(Part::Records, sinks.len() as u64)?;
    for (record, sink) in records.iter().zip(sinks) {
        node.send(*record, BeginRecords { sink: sink.into() })?;
    }
    Ok(Outside { sends: node.outside(), records })
}

impl Inlet for Outside {
    fn send(&mut self, sink: usize, stamp: Stamp) -> Result<(), Spoiled> {
        self.sends.send(self.records[sink], Planned { stamp: stamp.into() })
    }

    fn end(self) -> Result<(), Spoiled> {
        self.records.iter().try_for_each(|record| self.sends.send(*record, Stop))
    }
}
