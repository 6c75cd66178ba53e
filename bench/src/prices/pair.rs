//! Nanoseconds a message: a producer sends a chunk of items, and its sink tells it when it has had them.
//!
//! A chunk of one is a ping-pong, a larger one a stream that never fills the mailbox. One worker: what crossing between
//! cores costs is no feature's.

use super::feature::Feature;
use super::sinks::{NEVER, Narrow, Sink, ToProducer, ToSink, spawn};
use crate::alone::spoiled::{Spoiled, same, told};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Breaker, Context, Fault, Outlet, RateLimit, Recipient, Router, System, Topic};

/// The window of the flow.
pub const WINDOW: u32 = 128;
/// The size of a message.
pub const MESSAGE_BYTES: usize = size_of::<ToSink>();

/// How the producer sends.
enum Way {
    Plain,
    Strict,
    Narrow(Recipient<Narrow>),
    Limited(RateLimit),
    Breaker(Breaker),
    Routed(Router<ToSink>),
    Published(Topic<Narrow>),
    Flow(Option<Outlet<ToSink>>),
    Ask,
    AskAll,
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
            Way::Breaker(breaker) => {
                for n in from..to {
                    let admitted = breaker.admit(cx)?;
                    cx.send(self.to, ToSink::Item(n))?;
                    breaker.succeeded(cx, admitted);
                }
            }
            Way::Routed(router) => (from..to)
                .try_for_each(|n| cx.route(router, ToSink::Item(n)))
                .map_err(|refused| Fault::msg(refused.to_string()))?,
            Way::Published(topic) => {
                for n in from..to {
                    if !cx.publish(topic, Narrow(n)).is_whole() {
                        return Err(Fault::msg("the one subscriber has refused it"));
                    }
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
            Way::AskAll => {
                self.waiting = self.chunk;
                for _ in from..to {
                    cx.ask_all([self.to], ToSink::Question, |_| ToProducer::Answer);
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
            ToProducer::Watch => _ = cx.watch(self.to, |_| ToProducer::Ready),
            ToProducer::Link => _ = cx.link(self.to),
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
    let to = spawn(system, sink, &feature.options(system, WINDOW)?)?;
    let way = match feature {
        Feature::Strict => Way::Strict,
        Feature::Recipient => Way::Narrow(to.recipient()),
        Feature::Router => {
            let router = Router::round_robin();
            router.add(to)?;
            Way::Routed(router)
        }
        Feature::Topic => {
            let topic = Topic::new();
            topic.subscribe(to.recipient())?;
            Way::Published(topic)
        }
        Feature::Rate => Way::Limited(RateLimit::new(u32::MAX, u32::MAX)?),
        Feature::Breaker => Way::Breaker(Breaker::new(5, NEVER, NEVER)?),
        Feature::Flow | Feature::FlowByHand => Way::Flow(None),
        Feature::Ask => Way::Ask,
        Feature::AskAll => Way::AskAll,
        _ => Way::Plain,
    };
    let opens = matches!(way, Way::Flow(_));
    let (done, ends) = channel();
    let producer = system.spawn(Producer { to, way, chunk, waiting: 0, next: 0, items, done });
    to.try_send(ToSink::Of(producer))?;
    to.try_send(ToSink::Begin)?;
    match feature {
        Feature::Watched => producer.try_send(ToProducer::Watch)?,
        Feature::Linked => producer.try_send(ToProducer::Link)?,
        Feature::Registered => system.registry().register(&to.id().to_string(), to)?,
        _ => {}
    }
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
        use Feature::{Atomic, Base, Become, Breaker, Counted, Dedup, Initialising, Linked, Stash};
        for feature in [Base, Counted, Breaker, Linked, Stash, Dedup, Become, Initialising, Atomic] {
            let system = System::builder().workers(1).build().expect("a worker");
            // It waits for the second item first.
            let sink = Sink { next: 1, ..Sink::new(feature, 4) };
            let spoiled = drive(&system, sink, 8).expect_err("one is missing");
            assert!(matches!(&spoiled, Spoiled::Wrong(_)), "{feature:?}: {spoiled:?}");
        }
    }

    #[test]
    fn an_item_too_many_is_found() {
        for feature in [Feature::Ask, Feature::AskAll] {
            let system = System::builder().workers(1).build().expect("a worker");
            let sink = Sink { next: 1, ..Sink::new(feature, 4) };
            let spoiled = drive(&system, sink, 8).expect_err("one is too many");
            assert_eq!(spoiled, Spoiled::Wrong("items: 8 were to be, 9 are".into()), "{feature:?}");
        }
    }

    #[test]
    fn what_is_granted_by_hand_is_half_a_window() {
        let system = System::builder().workers(1).build().expect("a worker");
        let whole = |feature| drive(&system, Sink::new(feature, WINDOW), u64::from(WINDOW));
        assert!(whole(Feature::Flow).is_ok(), "the engine grants all of it");
        let spoiled = whole(Feature::FlowByHand).expect_err("there is credit for half of it");
        assert!(matches!(&spoiled, Spoiled::Wrong(_)), "{spoiled:?}");
    }
}
