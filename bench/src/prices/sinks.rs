//! Who has the items: an actor that counts them, and what stands in its place where the feature is a kind of actor.

use super::feature::Feature;
use crate::alone::spoiled::Spoiled;
use std::time::Duration;
use throng::{
    Actor, Address, Atomic, Batch, Becoming, Child, Context, Dedup, Demand, Fault, Inbox, Initialise,
    Initialising, Inlet, Lane, Next, Options, Reply, Sight, Start, Supervisor, System, Timer, Transaction,
    Transactional,
};

/// Keys in the window of one that looks for them.
const KEYS: u32 = 1_000;
/// Longer than any run.
pub const NEVER: Duration = Duration::from_secs(36_000);

/// What goes through a [`Recipient`](throng::Recipient).
#[derive(Debug, Clone, Copy)]
pub struct Narrow(pub u64);

/// What a sink is told.
#[derive(Debug)]
pub enum ToSink {
    /// The next item.
    Item(u64),
    /// One that is asked.
    Question(Reply<u64>),
    /// How many items it has had.
    Count(Reply<u64>),
    /// Whom to tell of each chunk's end.
    Of(Address<ToProducer>),
    /// What the feature needs within the sink.
    Begin,
}

impl From<Narrow> for ToSink {
    fn from(Narrow(n): Narrow) -> Self {
        Self::Item(n)
    }
}

/// What a producer is told.
#[derive(Debug)]
pub enum ToProducer {
    /// Open the flow.
    Open,
    /// Watch the sink.
    Watch,
    /// Be linked to it.
    Link,
    /// The next chunk.
    Go,
    /// A question was answered.
    Answer,
    /// There is nothing to do about it.
    Ready,
}

/// Counts, and tells the producer of each chunk's end.
#[derive(Debug)]
pub struct Sink {
    pub(super) producer: Option<Address<ToProducer>>,
    /// What is switched on.
    pub(super) feature: Feature,
    /// Items after which the producer is told.
    pub(super) chunk: u32,
    pub(super) left: u32,
    /// The item that comes next.
    pub(super) next: u64,
    pub(super) timer: Option<Timer>,
    pub(super) inlet: Option<Inlet>,
}

impl Sink {
    /// One that has had nothing.
    pub fn new(feature: Feature, chunk: u32) -> Self {
        Self { producer: None, feature, chunk, left: chunk, next: 0, timer: None, inlet: None }
    }

    #[inline(always)]
    fn item<A: Actor>(&mut self, n: u64, cx: &mut Context<'_, A>) -> Result<(), Fault> {
        if n != self.next {
            return Err(Fault::msg("not the next"));
        }
        self.next += 1;
        self.left -= 1;
        if self.left == 0 {
            self.left = self.chunk;
            if let Some(inlet) = &self.inlet {
                inlet.grant(cx, self.chunk)?;
            }
            if let Some(producer) = self.producer {
                cx.send(producer, ToProducer::Go)?;
            }
        }
        Ok(())
    }
}

impl Sink {
    /// What is neither an item nor the feature's own.
    fn other(&mut self, message: ToSink) {
        match message {
            ToSink::Question(reply) => {
                self.next += 1;
                reply.send(self.next);
            }
            ToSink::Count(reply) => reply.send(self.next),
            ToSink::Of(producer) => self.producer = Some(producer),
            ToSink::Item(_) | ToSink::Begin => {}
        }
    }
}

impl Actor for Sink {
    type Msg = ToSink;

    fn handle(&mut self, message: ToSink, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToSink::Item(n) => return self.item(n, cx),
            ToSink::Begin => match self.feature {
                Feature::Timer => self.timer = Some(cx.after(NEVER, ToSink::Begin)),
                Feature::Every => self.timer = Some(cx.every(NEVER, || ToSink::Begin)),
                Feature::Retiring => self.timer = Some(cx.exit_when_idle(NEVER)),
                Feature::Draining => {
                    cx.set_draining(false);
                    cx.set_draining(true);
                }
                _ => {}
            },
            other => self.other(other),
        }
        Ok(())
    }

    fn handle_batch(
        &mut self,
        batch: &mut Batch<'_, ToSink>,
        cx: &mut Context<'_, Self>,
    ) -> Result<(), Fault> {
        // What is not taken goes to `handle`.
        if self.feature == Feature::Batch {
            for message in batch.by_ref() {
                self.handle(message, cx)?;
            }
        }
        Ok(())
    }

    fn lane(&self, message: &ToSink) -> Lane {
        let urgent = self.feature == Feature::Urgent && matches!(message, ToSink::Item(_));
        if urgent { Lane::Urgent } else { Lane::Normal }
    }

    fn flow_opened(&mut self, inlet: &Inlet, cx: &mut Context<'_, Self>) -> Demand {
        // A chunk's credit comes back while its last item is handled: half a window has room for both.
        if self.feature == Feature::FlowByHand && inlet.grant(cx, inlet.window() / 2).is_ok() {
            self.inlet = Some(inlet.clone());
            return Demand::ByHand;
        }
        Demand::Automatic
    }
}

/// Puts each item away when it comes, and takes them back when a chunk of them is there.
struct Stasher {
    sink: Sink,
    kept: u32,
    taking: u32,
}

impl Actor for Stasher {
    type Msg = ToSink;

    fn handle(&mut self, message: ToSink, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToSink::Item(n) if self.taking > 0 => {
                self.taking -= 1;
                self.sink.item(n, cx)
            }
            item @ ToSink::Item(_) => {
                cx.stash(item)?;
                self.kept += 1;
                if self.kept == self.sink.chunk {
                    (self.kept, self.taking) = (0, self.sink.chunk);
                    cx.unstash_all();
                }
                Ok(())
            }
            other => {
                self.sink.other(other);
                Ok(())
            }
        }
    }
}

/// Looks for each item in a window of those before, which is full most of the time.
struct Deduped {
    sink: Sink,
    seen: Dedup<u64>,
}

impl Actor for Deduped {
    type Msg = ToSink;

    fn handle(&mut self, message: ToSink, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToSink::Item(n) if self.seen.look(cx, n) == Sight::New => self.sink.item(n, cx),
            ToSink::Item(_) => Err(Fault::msg("an item that is new was seen")),
            other => {
                self.sink.other(other);
                Ok(())
            }
        }
    }
}

/// Begins once it knows whom to tell.
struct Starter(Sink);

impl Initialise for Starter {
    type Msg = ToSink;

    fn start(
        &mut self,
        message: ToSink,
        _: &mut Context<'_, Initialising<Self>>,
    ) -> Result<Start<ToSink>, Fault> {
        let ToSink::Of(_) = message else { return Ok(Start::Later(message)) };
        self.0.other(message);
        Ok(Start::Taken)
    }

    fn handle(&mut self, message: ToSink, cx: &mut Context<'_, Initialising<Self>>) -> Result<(), Fault> {
        match message {
            ToSink::Item(n) => self.0.item(n, cx),
            other => {
                self.0.other(other);
                Ok(())
            }
        }
    }
}

/// The same with atomic state: what it counts is copied before each message.
#[derive(Clone)]
struct Whole {
    producer: Option<Address<ToProducer>>,
    chunk: u32,
    left: u32,
    next: u64,
}

impl Transactional for Whole {
    type Msg = ToSink;

    fn handle(&mut self, message: ToSink, tx: &mut Transaction<'_, '_, Self>) -> Result<(), Fault> {
        match message {
            ToSink::Item(n) if n != self.next => return Err(Fault::msg("not the next")),
            ToSink::Item(_) => {
                self.next += 1;
                self.left -= 1;
                if self.left == 0 {
                    self.left = self.chunk;
                    if let Some(producer) = self.producer {
                        tx.send(producer, ToProducer::Go);
                    }
                }
            }
            ToSink::Question(reply) | ToSink::Count(reply) => tx.reply(reply, self.next),
            ToSink::Of(producer) => self.producer = Some(producer),
            ToSink::Begin => {}
        }
        Ok(())
    }
}

/// The same as a behaviour, which stays.
fn behave(
    sink: &mut Sink,
    message: ToSink,
    cx: &mut Context<'_, Becoming<Sink, ToSink>>,
) -> Result<Next<Sink, ToSink>, Fault> {
    match message {
        ToSink::Item(n) => sink.item(n, cx)?,
        other => sink.other(other),
    }
    Ok(Next::Same)
}

/// The same as a function.
async fn receive(mut inbox: Inbox<ToSink>, chunk: u32) {
    let (mut producer, mut next, mut left) = (None::<Address<ToProducer>>, 0, chunk);
    while let Ok(message) = inbox.recv().await {
        match message {
            ToSink::Item(n) => {
                // What is missing shows in the count.
                next += u64::from(n == next);
                left -= 1;
                if left == 0 {
                    left = chunk;
                    if let Some(producer) = producer {
                        let _ = producer.try_send(ToProducer::Go);
                    }
                }
            }
            ToSink::Question(reply) | ToSink::Count(reply) => reply.send(next),
            ToSink::Of(told) => producer = Some(told),
            ToSink::Begin => {}
        }
    }
}

/// Makes the sink what its feature says, and tells its address.
///
/// # Errors
/// [`Spoiled`], where it cannot be spawned.
pub fn spawn(system: &System, sink: Sink, options: &Options) -> Result<Address<ToSink>, Spoiled> {
    Ok(match sink.feature {
        Feature::Stash => system.try_spawn(Stasher { sink, kept: 0, taking: 0 }, options)?,
        Feature::Dedup => {
            let seen = Dedup::new(KEYS, NEVER)?;
            system.try_spawn(Deduped { sink, seen }, options)?
        }
        Feature::Initialising => system.try_spawn(Initialising::new(1, Starter(sink)), options)?,
        Feature::Atomic => {
            let Sink { producer, chunk, left, next, .. } = sink;
            system.try_spawn(Atomic::new(Whole { producer, chunk, left, next }), options)?
        }
        Feature::Become => system.try_spawn(Becoming::new(sink, behave), options)?,
        Feature::Function => {
            let chunk = sink.chunk;
            system.spawn_fn_with(move |inbox| receive(inbox, chunk), options).0
        }
        Feature::Guarded => {
            let (feature, chunk) = (sink.feature, sink.chunk);
            let child = Child::new("sink", move || Sink::new(feature, chunk)).options(*options);
            let tree = system.supervise(Supervisor::new().child(child))?;
            system.quiesce(NEVER)?;
            tree.child("sink").ok_or_else(|| Spoiled::Wrong("the sink has not started".into()))?
        }
        _ => system.try_spawn(sink, options)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_alone_are_urgent_and_where_they_are_to_be() {
        for feature in Feature::ALL {
            let sink = Sink::new(feature, 1);
            let urgent = [ToSink::Item(0), ToSink::Begin].map(|message| sink.lane(&message) == Lane::Urgent);
            assert_eq!(urgent, [feature == Feature::Urgent, false], "{feature:?}");
        }
    }
}
