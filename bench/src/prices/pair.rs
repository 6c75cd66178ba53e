//! Nanoseconds a message: a producer sends a chunk of items, and its sink tells it when it has had them.
//!
//! A chunk of one is a ping-pong, a larger one a stream that never fills the mailbox. One worker: what crossing between
//! cores costs is no feature's.

use super::feature::Feature;
use super::spoiled::{Spoiled, same, told};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{
    Actor, Address, Batch, Context, Demand, Fault, Inlet, Lane, Outlet, RateLimit, Recipient, Reply, System,
    Timer,
};

/// The window of the flow.
pub const WINDOW: u32 = 128;
/// Longer than any run.
const NEVER: Duration = Duration::from_secs(36_000);
/// The size of a message.
pub const MESSAGE_BYTES: usize = size_of::<ToSink>();

/// What goes through a [`Recipient`].
struct Narrow(u64);

enum ToSink {
    Item(u64),
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

enum ToProducer {
    Open,
    Go,
    Answer,
    Ready,
}

/// Counts, and tells the producer of each chunk's end.
struct Sink {
    producer: Option<Address<ToProducer>>,
    feature: Feature,
    chunk: u32,
    left: u32,
    next: u64,
    timer: Option<Timer>,
    inlet: Option<Inlet>,
}

impl Sink {
    fn new(feature: Feature, chunk: u32) -> Self {
        Self { producer: None, feature, chunk, left: chunk, next: 0, timer: None, inlet: None }
    }

    #[inline(always)]
    fn item(&mut self, n: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
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

impl Actor for Sink {
    type Msg = ToSink;

    fn handle(&mut self, message: ToSink, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToSink::Item(n) => return self.item(n, cx),
            ToSink::Question(reply) => {
                self.next += 1;
                reply.send(self.next);
            }
            ToSink::Count(reply) => reply.send(self.next),
            ToSink::Of(producer) => self.producer = Some(producer),
            ToSink::Begin => match self.feature {
                Feature::Timer => self.timer = Some(cx.after(NEVER, ToSink::Begin)),
                Feature::Every => self.timer = Some(cx.every(NEVER, || ToSink::Begin)),
                Feature::Draining => {
                    cx.set_draining(false);
                    cx.set_draining(true);
                }
                _ => {}
            },
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

/// How the producer sends.
enum Way {
    Plain,
    Strict,
    Narrow(Recipient<Narrow>),
    Limited(RateLimit),
    Flow(Option<Outlet<ToSink>>),
    Ask,
}

struct Producer {
    to: Address<ToSink>,
    way: Way,
    chunk: u64,
    /// Answers to come.
    waiting: u64,
    next: u64,
    items: u64,
    done: Sender<Instant>,
}

impl Producer {
    fn chunk(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.next == self.items {
            self.done.send(Instant::now())?;
            return Ok(());
        }
        let (from, to) = (self.next, self.next + self.chunk);
        self.next = to;
        match &mut self.way {
            Way::Plain => (from..to).try_for_each(|n| cx.send(self.to, ToSink::Item(n)))?,
            Way::Strict => (from..to).try_for_each(|n| cx.try_send(self.to, ToSink::Item(n)))?,
            Way::Narrow(narrow) => (from..to).try_for_each(|n| cx.send_to(*narrow, Narrow(n)))?,
            Way::Limited(limit) => {
                for n in from..to {
                    limit.take(cx, 1).map_err(|_| Fault::msg("it is never to wait"))?;
                    cx.send(self.to, ToSink::Item(n))?;
                }
            }
            Way::Flow(Some(outlet)) => (from..to).try_for_each(|n| outlet.send(cx, ToSink::Item(n)))?,
            Way::Flow(None) => return Err(Fault::msg("no flow")),
            Way::Ask => {
                self.waiting = self.chunk;
                for _ in from..to {
                    cx.ask(self.to, ToSink::Question, |_| ToProducer::Answer)?;
                }
            }
        }
        Ok(())
    }
}

impl Actor for Producer {
    type Msg = ToProducer;

    fn handle(&mut self, message: ToProducer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToProducer::Open => {
                self.way = Way::Flow(Some(cx.open_flow(self.to, WINDOW, || ToProducer::Ready)?));
            }
            ToProducer::Go => self.chunk(cx)?,
            ToProducer::Answer => {
                self.waiting -= 1;
                if self.waiting == 0 {
                    self.chunk(cx)?;
                }
            }
            ToProducer::Ready => {}
        }
        Ok(())
    }
}

/// How long `items` took, which are a whole number of chunks of up to half a [`WINDOW`]. That each arrived, once and in
/// its order, has been looked at.
///
/// # Errors
/// [`Spoiled`].
pub fn run(system: &System, feature: Feature, chunk: u32, items: u64) -> Result<Duration, Spoiled> {
    drive(system, Sink::new(feature, chunk), items)
}

fn drive(system: &System, sink: Sink, items: u64) -> Result<Duration, Spoiled> {
    let (feature, chunk) = (sink.feature, u64::from(sink.chunk));
    let to = system.try_spawn(sink, &feature.options(system, WINDOW)?)?;
    let way = match feature {
        Feature::Strict => Way::Strict,
        Feature::Recipient => Way::Narrow(to.recipient()),
        Feature::Rate => Way::Limited(RateLimit::new(u32::MAX, u32::MAX)?),
        Feature::Flow | Feature::FlowByHand => Way::Flow(None),
        Feature::Ask => Way::Ask,
        _ => Way::Plain,
    };
    let opens = matches!(way, Way::Flow(_));
    let (done, ends) = channel();
    let producer = system.spawn(Producer { to, way, chunk, waiting: 0, next: 0, items, done });
    to.try_send(ToSink::Of(producer))?;
    to.try_send(ToSink::Begin)?;
    if opens {
        producer.try_send(ToProducer::Open)?;
    }
    if feature == Feature::Suspended && !(to.suspend() && to.resume()) {
        return Err(Spoiled::Wrong("a running actor was not suspended and resumed".into()));
    }
    producer.barrier().wait()?;
    to.barrier().wait()?;
    producer.barrier().wait()?;
    let start = Instant::now();
    producer.try_send(ToProducer::Go)?;
    let end = told(system, &ends)?;
    same("items", items, to.ask(ToSink::Count).wait()?)?;
    Ok(end - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_that_is_not_the_next_is_found() {
        let system = System::builder().workers(1).build().expect("a worker");
        // It waits for the second item first.
        let sink = Sink { next: 1, ..Sink::new(Feature::Base, 4) };
        let spoiled = drive(&system, sink, 8).expect_err("one is missing");
        assert!(matches!(&spoiled, Spoiled::Wrong(_)), "{spoiled:?}");
    }

    #[test]
    fn an_item_too_many_is_found() {
        let system = System::builder().workers(1).build().expect("a worker");
        let sink = Sink { next: 1, ..Sink::new(Feature::Ask, 4) };
        let spoiled = drive(&system, sink, 8).expect_err("one is too many");
        assert_eq!(spoiled, Spoiled::Wrong("items: 8 were to be, 9 are".into()));
    }

    #[test]
    fn what_is_granted_by_hand_is_half_a_window() {
        let system = System::builder().workers(1).build().expect("a worker");
        let whole = |feature| drive(&system, Sink::new(feature, WINDOW), u64::from(WINDOW));
        assert!(whole(Feature::Flow).is_ok(), "the engine grants all of it");
        let spoiled = whole(Feature::FlowByHand).expect_err("there is credit for half of it");
        assert!(matches!(&spoiled, Spoiled::Wrong(_)), "{spoiled:?}");
    }

    #[test]
    fn items_alone_are_urgent_and_where_they_are_to_be() {
        for feature in Feature::ALL {
            let sink = Sink::new(feature, 1);
            let urgent = [ToSink::Item(0), ToSink::Begin].map(|message| sink.lane(&message) == Lane::Urgent);
            assert_eq!(urgent, [feature == Feature::Urgent, false], "{feature:?}");
        }
    }
}
