//! Messages from another thread: a channel of Stakker's own for each actor.

use crate::main_loop::{MainLoop, become_ready};
use stakker::sync::{Channel, ChannelGuard};
use stakker::{CX, actor_new, fwd_to, ret_nop};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::sink::{Inlet, Sink, Stamp};

struct Records {
    sink: Sink,
    _open: ChannelGuard,
}

impl Records {
    /// A message, or that none will come any more: a channel does not tell that it has no sender.
    fn record(&mut self, cx: CX![], stamp: Option<Stamp>) {
        match stamp {
            Some(stamp) => self.sink.record(stamp),
            None => cx.stop(),
        }
    }
}

/// A channel to each sink.
pub(crate) struct Outside(Vec<Channel<Option<Stamp>>>);

pub(crate) fn open(main_loop: &MainLoop, sinks: Vec<Sink>) -> Result<Outside, Spoiled> {
    main_loop.clear()?;
    let channels = main_loop.play(move |stakker| {
        let mut actors = Vec::new();
        let mut channels = Vec::new();
        for sink in sinks {
            let actor = actor_new!(stakker, Records, ret_nop!());
            let record = fwd_to!([actor], record() as (Option<Stamp>));
            let (channel, open) = Channel::new(stakker, record);
            become_ready(stakker, &actor, Records { sink, _open: open });
            actors.push(actor);
            channels.push(channel);
        }
        (Box::new(actors), channels)
    })?;
    Ok(Outside(channels))
}

impl Outside {
    fn give(&self, sink: usize, stamp: Option<Stamp>) -> Result<(), Spoiled> {
        match self.0[sink].send(stamp) {
            true => Ok(()),
            false => Err(Spoiled::Wrong(format!("sink {sink} takes nothing any more"))),
        }
    }
}

impl Inlet for Outside {
    fn send(&mut self, sink: usize, stamp: Stamp) -> Result<(), Spoiled> {
        self.give(sink, Some(stamp))
    }

    fn end(self) -> Result<(), Spoiled> {
        (0..self.0.len()).try_for_each(|sink| self.give(sink, None))
    }
}
