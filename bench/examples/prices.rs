//! What one feature costs when it is switched on, as a line of JSON: see `scripts/prices.sh`.
//!
//! `prices message FEATURE CHUNK ITEMS`: nanoseconds a message on one worker, where a producer sends CHUNK items, and its
//! sink tells it when it has had them: 1 is a ping-pong, more a stream that never fills the mailbox.
//! `prices actor FEATURE ACTORS`: how much the process grows by each idle actor that has used the feature once.

use serde_json::{Value, json};
use std::error::Error;
use std::process::ExitCode;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{
    Actor, Address, Context, Fault, Options, Outlet, Overflow, Pressed, RateLimit, Reply, System, Timer,
};
use throng_bench::machine;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FEATURES: [&str; 12] = [
    "base",
    "fail",
    "drop-newest",
    "drop-oldest",
    "drop-oldest-exact",
    "signal",
    "lanes",
    "gather",
    "flow",
    "rate",
    "suspended",
    "timer",
];
/// Beside those: it takes the place of the send.
const ASK: &str = "ask";
/// Of both kinds of link: what a chunk takes, and one window for each idle actor.
const WINDOW: u32 = 128;
const IDLE_WINDOW: u32 = 16;
/// Longer than any run.
const NEVER: Duration = Duration::from_secs(36_000);
/// Actors that come first, so that what every system needs once is there before memory is read.
const FIRST: usize = 10_000;
/// Spawns in one handler.
const SPAWNS: usize = 64;

/// Nobody presses it.
struct Upstream;

impl Actor for Upstream {
    type Msg = Pressed;
    fn handle(&mut self, _: Pressed, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

/// Of the actor that has the feature.
fn options(system: &System, feature: &str, window: u32) -> Result<Options, Box<dyn Error>> {
    let options = Options::builder();
    let options = match feature {
        "fail" => options.overflow(Overflow::Fail),
        "drop-newest" => options.overflow(Overflow::DropNewest),
        "drop-oldest" => options.overflow(Overflow::DropOldest),
        "drop-oldest-exact" => options.overflow(Overflow::DropOldestExact),
        "signal" => options.overflow(Overflow::Signal).upstream(system.spawn(Upstream).recipient()),
        "lanes" => options.lanes(),
        "gather" => options.gather(64, Duration::ZERO),
        "flow" => options.flows(window),
        _ => options,
    };
    Ok(options.build()?)
}

enum ToSink {
    Item(u64),
    Question(Reply<u64>),
    /// Whom to tell of each chunk's end.
    Of(Address<ToProducer>),
    Arm,
}

enum ToProducer {
    Open,
    Go,
    Answer,
    Ready,
}

/// Adds up, and tells the producer of each chunk's end.
struct Sink {
    producer: Option<Address<ToProducer>>,
    chunk: u64,
    left: u64,
    next: u64,
    timer: Option<Timer>,
}

impl Actor for Sink {
    type Msg = ToSink;
    fn handle(&mut self, message: ToSink, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToSink::Item(n) => {
                if n != self.next {
                    return Err(Fault::msg("not the next"));
                }
                self.next += 1;
                self.left -= 1;
                if self.left == 0 {
                    self.left = self.chunk;
                    if let Some(producer) = self.producer {
                        cx.send(producer, ToProducer::Go)?;
                    }
                }
            }
            ToSink::Question(reply) => {
                self.next += 1;
                reply.send(self.next);
            }
            ToSink::Of(producer) => self.producer = Some(producer),
            ToSink::Arm => self.timer = Some(cx.after(NEVER, ToSink::Arm)),
        }
        Ok(())
    }
}

/// How the producer sends.
enum Way {
    Plain,
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

fn message(feature: &str, chunk: u64, items: u64) -> Result<Value, Box<dyn Error>> {
    let system = System::builder().workers(1).build()?;
    let (done, ends) = channel();
    let items = items.div_ceil(chunk) * chunk;
    let warm = (items / 10).div_ceil(chunk) * chunk;
    let mut elapsed = Duration::ZERO;
    for (round, items) in [warm, items].into_iter().enumerate() {
        let sink = Sink { producer: None, chunk, left: chunk, next: 0, timer: None };
        let to = system.try_spawn(sink, &options(&system, feature, WINDOW)?)?;
        let way = match feature {
            "rate" => Way::Limited(RateLimit::new(u32::MAX, u32::MAX)?),
            "flow" => Way::Flow(None),
            ASK => Way::Ask,
            _ => Way::Plain,
        };
        let producer =
            system.spawn(Producer { to, way, chunk, waiting: 0, next: 0, items, done: done.clone() });
        to.try_send(ToSink::Of(producer))?;
        match feature {
            "flow" => producer.try_send(ToProducer::Open)?,
            "timer" => to.try_send(ToSink::Arm)?,
            "suspended" => assert!(to.suspend() && to.resume(), "a running actor is suspended and resumed"),
            _ => {}
        }
        producer.barrier().wait()?;
        to.barrier().wait()?;
        producer.barrier().wait()?;
        let start = Instant::now();
        producer.try_send(ToProducer::Go)?;
        let end = ends.recv_timeout(NEVER)?;
        if round == 1 {
            elapsed = end - start;
        }
    }
    let ledger = system.abort();
    ledger.check()?;
    assert!(ledger.faults == 0 && ledger.refused.total() == 0 && ledger.dropped.total() == 0, "{ledger:?}");
    assert!(ledger.handled >= items + warm, "every item is handled: {ledger:?}");
    // There and back, but for streams, in which all but one of the chunk come back to nobody.
    let messages = if chunk == 1 || feature == ASK { 2 * items } else { items };
    Ok(json!({ "ns_per_message": elapsed.as_nanos() as f64 / messages as f64 }))
}

enum ToIdle {
    Touch,
    Arm,
    Ask(Address<Reply<u64>>),
    Answer,
}

/// At rest, once it has had its message.
struct Idle<S> {
    _state: S,
}

impl<S: Send + 'static> Actor for Idle<S> {
    type Msg = ToIdle;
    fn handle(&mut self, message: ToIdle, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToIdle::Touch | ToIdle::Answer => {}
            // It holds no handle: what is pending is the timer's own.
            ToIdle::Arm => _ = cx.after(NEVER, ToIdle::Arm),
            ToIdle::Ask(to) => cx.ask(to, |reply| reply, |_| ToIdle::Answer)?,
        }
        Ok(())
    }
}

struct Oracle;

impl Actor for Oracle {
    type Msg = Reply<u64>;
    fn handle(&mut self, reply: Reply<u64>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(7);
        Ok(())
    }
}

enum ToParent {
    /// So many more.
    Grow(usize),
    Ready,
}

/// Spawns actors that use the feature once.
struct Parent<S> {
    feature: &'static str,
    state: fn() -> S,
    options: Options,
    oracle: Address<Reply<u64>>,
    outlets: Vec<Outlet<ToIdle>>,
    done: Sender<()>,
}

impl<S: Send + 'static> Parent<S> {
    fn spawn_one(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let child = cx
            .try_spawn(Idle { _state: (self.state)() }, &self.options)
            .map_err(|_| Fault::msg("no memory for so many actors"))?;
        match self.feature {
            "timer" => cx.send(child, ToIdle::Arm)?,
            ASK => cx.send(child, ToIdle::Ask(self.oracle))?,
            _ => cx.send(child, ToIdle::Touch)?,
        }
        match self.feature {
            "flow" => {
                let mut outlet = cx.open_flow(child, IDLE_WINDOW, || ToParent::Ready)?;
                // It is fresh: the credit is on its way. Asked once, so that it is told.
                _ = outlet.send(cx, ToIdle::Touch);
                self.outlets.push(outlet);
            }
            "suspended" if !(child.suspend() && child.resume()) => {
                return Err(Fault::msg("not suspended and resumed"));
            }
            _ => {}
        }
        Ok(())
    }
}

impl<S: Send + 'static> Actor for Parent<S> {
    type Msg = ToParent;
    fn handle(&mut self, message: ToParent, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let ToParent::Grow(left) = message else { return Ok(()) };
        let now = left.min(SPAWNS);
        for _ in 0..now {
            self.spawn_one(cx)?;
        }
        if left == now {
            self.done.send(())?;
            return Ok(());
        }
        let me = cx.me();
        Ok(cx.send(me, ToParent::Grow(left - now))?)
    }
}

fn actor<S: Send + 'static>(
    feature: &'static str,
    actors: usize,
    state: fn() -> S,
) -> Result<Value, Box<dyn Error>> {
    let system = System::builder().workers(1).build()?;
    let options = options(&system, feature, IDLE_WINDOW)?;
    let oracle = system.spawn(Oracle);
    let (done, grown) = channel();
    let outlets = Vec::with_capacity(actors + FIRST);
    let parent = system.spawn(Parent { feature, state, options, oracle, outlets, done });
    let grow = |actors: usize| -> Result<u64, Box<dyn Error>> {
        parent.try_send(ToParent::Grow(actors))?;
        grown.recv_timeout(NEVER)?;
        // Pending timers hold up rest; all messages are handled all the same.
        while system.ledger().queued > 0 {
            std::thread::yield_now();
        }
        if feature != "timer" {
            system.quiesce(NEVER)?;
        }
        machine::pss_bytes().or_else(machine::rss_bytes).ok_or_else(|| "memory is not told here".into())
    };
    let before = grow(FIRST)?;
    let after = grow(actors)?;
    let ledger = system.ledger();
    ledger.check()?;
    assert!(ledger.faults == 0 && ledger.handled >= (FIRST + actors) as u64, "{ledger:?}");
    let bytes = after.saturating_sub(before) as f64 / actors as f64;
    // As they are: a million actors take their time to be taken down.
    std::mem::forget(system);
    Ok(json!({ "bytes_per_actor": bytes }))
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u64>().ok().filter(|n| (1..=1_000_000_000).contains(n));
    let known = |text: &str| FEATURES.into_iter().chain([ASK]).find(|feature| *feature == text);
    let measured = match words[..] {
        ["message", feature, chunk, items] if known(feature).is_some() => {
            match (number(chunk).filter(|chunk| *chunk <= u64::from(WINDOW) / 2), number(items)) {
                (Some(chunk), Some(items)) => message(feature, chunk, items),
                _ => return usage(&words),
            }
        }
        ["actor", feature, actors] => match (known(feature), number(actors)) {
            (Some("rate"), Some(actors)) => {
                actor("rate", actors as usize, || RateLimit::new(1_000, 1).expect("in range"))
            }
            (Some(feature), Some(actors)) => actor(feature, actors as usize, || ()),
            _ => return usage(&words),
        },
        _ => return usage(&words),
    };
    match measured {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("prices: {why}");
            ExitCode::FAILURE
        }
    }
}

fn usage(words: &[&str]) -> ExitCode {
    let features = FEATURES.join("|");
    eprintln!(
        "prices: got {words:?}; it takes message FEATURE CHUNK ITEMS with a chunk of 1 to {}, or actor FEATURE ACTORS, and of features {features}|{ASK}",
        WINDOW / 2
    );
    ExitCode::from(2)
}
