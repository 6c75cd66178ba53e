//! Open load: an actor for each sink. A message is bytes, which a stamp is not: it brings the number of a place where its stamp is.

use crate::handlers::Handles;
use crate::kit::{CAPACITY, Kit, bytes, number};
use actor_kit::{ActorId, Mailbox, Message};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::LONGEST;
use throng_bench::peers::sink::{self, Sink, Stamp};

/// Stamps of messages that are on their way: no more are than a mailbox holds.
struct Stamps([Mutex<Option<Stamp>>; CAPACITY]);

impl Stamps {
    fn put(&self, number: u64, stamp: Stamp) -> bool {
        let place = &self.0[number as usize % CAPACITY];
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        let free = place.is_none();
        if free {
            *place = Some(stamp);
        }
        free
    }

    fn take(&self, number: u64) -> Option<Stamp> {
        self.0[number as usize % CAPACITY].lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

struct Records {
    sink: Sink,
    stamps: Arc<Stamps>,
}

impl Handles for Records {
    fn handle(&mut self, message: &Message) {
        if let Some(stamp) = self.stamps.take(number(message)) {
            self.sink.record(stamp);
        }
    }
}

struct To {
    id: ActorId,
    mailbox: Arc<Mailbox>,
    stamps: Arc<Stamps>,
    sent: u64,
}

/// Sends to them.
pub(crate) struct Inlet {
    kit: Kit,
    sinks: Vec<To>,
}

impl Inlet {
    pub(crate) fn new(kit: &Kit, sinks: Vec<Sink>) -> Result<Self, Spoiled> {
        let to = |sink| {
            let stamps = Arc::new(Stamps(std::array::from_fn(|_| Mutex::new(None))));
            let id = kit.make(|_| Records { sink, stamps: stamps.clone() })?;
            Ok(To { id, mailbox: kit.mailbox(&id)?, stamps, sent: 0 })
        };
        let sinks = sinks.into_iter().map(to).collect::<Result<_, Spoiled>>()?;
        Ok(Self { kit: kit.clone(), sinks })
    }
}

/// Waits until there is what it waits for.
fn until(there: impl Fn() -> bool) -> Result<(), Spoiled> {
    let began = Instant::now();
    while !there() {
        if began.elapsed() > LONGEST {
            return Err(Spoiled::Wrong("a sink does not handle its messages".into()));
        }
        // A worker may be on the same processor.
        std::thread::yield_now();
    }
    Ok(())
}

impl sink::Inlet for Inlet {
    fn send(&mut self, sink: usize, stamp: Stamp) -> Result<(), Spoiled> {
        let Self { kit, sinks } = self;
        let to = &mut sinks[sink];
        until(|| to.mailbox.remaining_capacity() > 0 && to.stamps.put(to.sent, stamp))?;
        until(|| kit.try_send(None, to.id, bytes(&to.sent.to_le_bytes())))?;
        to.sent += 1;
        Ok(())
    }

    fn end(self) -> Result<(), Spoiled> {
        // What is in a mailbox when an actor ends is lost; and one that is empty has had its messages handled.
        for to in &self.sinks {
            until(|| to.mailbox.is_empty())?;
            self.kit.kill(&to.id);
        }
        Ok(())
    }
}
