//! Bytes an actor: how much the process grows by each idle actor that has used the feature once.

use super::feature::Feature;
use crate::alone::spoiled::{Spoiled, same, told, verified};
use crate::machine;
use crate::scenario::rest::RESOLVED_FROM;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use throng::{
    Actor, Address, Atomic, Attempts, Becoming, Breaker, Child, Context, Dedup, Demand, Fault, Inbox,
    Initialise, Initialising, Inlet, Next, Options, Outlet, RateLimit, Reply, Router, Sight, Start,
    Supervisor, System, Topic, Transaction, Transactional,
};

/// The window of each flow.
const WINDOW: u32 = 16;
/// Longer than any run.
const NEVER: Duration = Duration::from_secs(36_000);
/// Actors that come first, so that what every system needs once is there before memory is read.
pub const FIRST: u64 = 10_000;
/// Spawns in one handler.
const SPAWNS: u64 = 64;

/// What an actor has in its state for the feature.
trait State: Default + Send + 'static {
    /// Of a flow into it: keeps the inlet where it is to grant by hand.
    fn keep(&mut self, _: &Inlet) -> Demand {
        Demand::Automatic
    }

    /// Uses it once.
    fn touched<A: Actor>(&mut self, _: &Context<'_, A>) -> Result<(), Fault> {
        Ok(())
    }
}

impl State for () {}

struct Limited {
    _limit: RateLimit,
}

impl Default for Limited {
    fn default() -> Self {
        Self { _limit: RateLimit::new(1_000, 1).expect("in range") }
    }
}

impl State for Limited {}

#[derive(Default)]
struct Granting {
    inlet: Option<Inlet>,
}

impl State for Granting {
    fn keep(&mut self, inlet: &Inlet) -> Demand {
        self.inlet = Some(inlet.clone());
        Demand::ByHand
    }
}

struct Broken {
    breaker: Breaker,
}

impl Default for Broken {
    fn default() -> Self {
        Self { breaker: Breaker::new(5, NEVER, NEVER).expect("in range") }
    }
}

impl State for Broken {
    fn touched<A: Actor>(&mut self, cx: &Context<'_, A>) -> Result<(), Fault> {
        let admitted = self.breaker.admit(cx)?;
        self.breaker.succeeded(cx, admitted);
        Ok(())
    }
}

struct Deduped {
    seen: Dedup<u64>,
}

impl Default for Deduped {
    fn default() -> Self {
        Self { seen: Dedup::new(1_000, NEVER).expect("in range") }
    }
}

impl State for Deduped {
    fn touched<A: Actor>(&mut self, cx: &Context<'_, A>) -> Result<(), Fault> {
        if self.seen.look(cx, 7) == Sight::Seen {
            return Err(Fault::msg("a key that is new was seen"));
        }
        Ok(())
    }
}

/// What goes through a recipient.
#[derive(Clone, Copy)]
struct Narrow;

#[derive(Clone)]
enum ToIdle {
    Touch,
    Told(u64),
    After,
    Every,
    Notice,
    Draining,
    Ask(Address<Reply<u64>>),
    AskAll(Address<Reply<u64>>),
    Answer,
    Stash,
    Retire,
}

impl From<Narrow> for ToIdle {
    fn from(_: Narrow) -> Self {
        Self::Touch
    }
}

/// At rest, once it has had its message.
struct Idle<S> {
    state: S,
}

impl<S: State> Actor for Idle<S> {
    type Msg = ToIdle;

    fn handle(&mut self, message: ToIdle, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToIdle::Touch => self.state.touched(cx)?,
            ToIdle::Answer => {}
            ToIdle::Told(n) => assert_eq!(n, 7),
            // It holds no handle: what is pending is the timer's own.
            ToIdle::After => _ = cx.after(NEVER, ToIdle::Touch),
            ToIdle::Every => _ = cx.every(NEVER, || ToIdle::Touch),
            ToIdle::Stash => {
                cx.stash(ToIdle::Touch)?;
                cx.unstash();
            }
            ToIdle::Retire => _ = cx.exit_when_idle(NEVER),
            ToIdle::Notice => cx.notice(ToIdle::Told).send(7)?,
            ToIdle::Draining => {
                cx.set_draining(false);
                cx.set_draining(true);
            }
            ToIdle::Ask(to) => cx.ask(to, |reply| reply, |_| ToIdle::Answer)?,
            ToIdle::AskAll(to) => cx.ask_all([to], |reply| reply, |_| ToIdle::Answer),
        }
        Ok(())
    }

    fn flow_opened(&mut self, inlet: &Inlet, _: &mut Context<'_, Self>) -> Demand {
        self.state.keep(inlet)
    }
}

/// The same as a behaviour.
fn behave(
    (): &mut (),
    _: ToIdle,
    _: &mut Context<'_, Becoming<(), ToIdle>>,
) -> Result<Next<(), ToIdle>, Fault> {
    Ok(Next::Same)
}

/// The same as a function.
async fn receive(mut inbox: Inbox<ToIdle>) {
    while inbox.recv().await.is_ok() {}
}

/// The same, which begins with its message.
struct Fresh;

impl Initialise for Fresh {
    type Msg = ToIdle;

    fn start(&mut self, _: ToIdle, _: &mut Context<'_, Initialising<Self>>) -> Result<Start<ToIdle>, Fault> {
        Ok(Start::Taken)
    }

    fn handle(&mut self, _: ToIdle, _: &mut Context<'_, Initialising<Self>>) -> Result<(), Fault> {
        Ok(())
    }
}

/// The same with atomic state.
#[derive(Clone)]
struct Whole;

impl Transactional for Whole {
    type Msg = ToIdle;

    fn handle(&mut self, _: ToIdle, _: &mut Transaction<'_, '_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

/// The same behind a method.
struct Quiet;

#[throng::proxy]
impl Quiet {
    fn touch(&mut self) {}
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
    Grow(u64),
    Ready,
}

/// Spawns actors that use the feature once.
struct Parent<S> {
    feature: Feature,
    state: fn() -> S,
    options: Options,
    oracle: Address<Reply<u64>>,
    outlets: Vec<Outlet<ToIdle>>,
    done: Sender<()>,
}

impl<S: State> Parent<S> {
    fn hire(&self, cx: &mut Context<'_, Self>) -> Result<Address<ToIdle>, Fault> {
        let full = || Fault::msg("no memory for so many actors");
        match self.feature {
            Feature::Become => cx.try_spawn(Becoming::new((), behave), &self.options).map_err(|_| full()),
            Feature::Function => Ok(cx.spawn_fn_with(receive, &self.options).0),
            Feature::Initialising => {
                cx.try_spawn(Initialising::new(1, Fresh), &self.options).map_err(|_| full())
            }
            Feature::Atomic => cx.try_spawn(Atomic::new(Whole), &self.options).map_err(|_| full()),
            _ => cx.try_spawn(Idle { state: (self.state)() }, &self.options).map_err(|_| full()),
        }
    }

    fn spawn_one(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.feature == Feature::Proxy {
            let quiet =
                cx.try_spawn(Quiet, &self.options).map_err(|_| Fault::msg("no memory for so many actors"))?;
            return Ok(quiet.proxy().touch_from(cx)?);
        }
        let child = self.hire(cx)?;
        match self.feature {
            Feature::Stash => cx.send(child, ToIdle::Stash)?,
            Feature::Retiring => cx.send(child, ToIdle::Retire)?,
            Feature::Router => {
                let mut router = Router::round_robin();
                router.add(child)?;
                cx.route(&mut router, ToIdle::Touch).map_err(|refused| Fault::msg(refused.to_string()))?;
            }
            Feature::Topic => {
                let topic = Topic::new();
                topic.subscribe(child.recipient())?;
                if !cx.publish(&topic, Narrow).is_whole() {
                    return Err(Fault::msg("the one subscriber has refused it"));
                }
            }
            Feature::Timer => cx.send(child, ToIdle::After)?,
            Feature::Every => cx.send(child, ToIdle::Every)?,
            Feature::Notice => cx.send(child, ToIdle::Notice)?,
            Feature::Draining => cx.send(child, ToIdle::Draining)?,
            Feature::Ask => cx.send(child, ToIdle::Ask(self.oracle))?,
            Feature::AskAll => cx.send(child, ToIdle::AskAll(self.oracle))?,
            Feature::Tracked => {
                cx.send_tracked(child, ToIdle::Touch, Attempts::Once, |_| ToParent::Ready)?;
            }
            Feature::Strict => cx.try_send(child, ToIdle::Touch)?,
            Feature::Recipient => cx.send_to(child.recipient(), Narrow)?,
            _ => cx.send(child, ToIdle::Touch)?,
        }
        match self.feature {
            Feature::Flow | Feature::FlowByHand => {
                let mut outlet = cx.open_flow(child, WINDOW, || ToParent::Ready)?;
                // It is fresh: the credit is on its way. Asked once, so that it is told.
                _ = outlet.send(cx, ToIdle::Touch);
                self.outlets.push(outlet);
            }
            Feature::Watched => _ = cx.watch(child, |_| ToParent::Ready),
            Feature::Linked => _ = cx.link(child),
            Feature::Registered => cx.registry().register(&child.id().to_string(), child)?,
            Feature::Suspended if !(child.suspend() && child.resume()) => {
                return Err(Fault::msg("not suspended and resumed"));
            }
            _ => {}
        }
        Ok(())
    }
}

impl<S: State> Actor for Parent<S> {
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

/// A crowd that is alive.
#[derive(Debug)]
pub struct Grown {
    /// What the process has grown by with each actor; `None` where they are too few to weigh.
    pub bytes_per_actor: Option<f64>,
    /// How many actors there were to be, the [`FIRST`] among them.
    pub wanted: u64,
    /// How many there are.
    pub alive: u64,
    /// Where they are: a million of them take their time to be taken down.
    pub system: System,
}

/// Grows a crowd of [`FIRST`] actors by so many more, which each have used `feature` once.
///
/// # Errors
/// [`Spoiled`], also where this system does not tell the size of a process.
pub fn grow(feature: Feature, actors: u64) -> Result<Grown, Spoiled> {
    match feature {
        Feature::Rate => grow_with(feature, actors, Limited::default),
        Feature::Breaker => grow_with(feature, actors, Broken::default),
        Feature::Dedup => grow_with(feature, actors, Deduped::default),
        Feature::FlowByHand => grow_with(feature, actors, Granting::default),
        Feature::Guarded => grow_guarded(actors),
        _ => grow_with(feature, actors, || ()),
    }
}

fn grow_with<S: State>(feature: Feature, actors: u64, state: fn() -> S) -> Result<Grown, Spoiled> {
    let system = System::builder().workers(1).build()?;
    let options = feature.options(&system, WINDOW)?;
    let oracle = system.spawn(Oracle);
    let (done, grown) = channel();
    let wanted = actors + FIRST;
    let outlets = Vec::with_capacity(wanted as usize);
    let parent = system.spawn(Parent { feature, state, options, oracle, outlets, done });
    let more = |actors: u64| -> Result<u64, Spoiled> {
        parent.try_send(ToParent::Grow(actors))?;
        told(&system, &grown)?;
        // Pending timers hold up rest; all messages are handled all the same.
        while system.ledger().queued > 0 {
            std::thread::yield_now();
        }
        if feature != Feature::Timer {
            system.quiesce(NEVER)?;
        }
        machine::resident_bytes().ok_or_else(|| Spoiled::Failed("memory is not told here".into()))
    };
    let before = more(FIRST)?;
    let after = more(actors)?;
    let ledger = system.ledger();
    // A question, and its answer; a notice; the beginning of a flow and its credit may be no messages.
    let handled_each = match feature {
        Feature::Ask | Feature::AskAll => 3,
        Feature::Notice | Feature::Stash => 2,
        _ => 1,
    };
    verified(&ledger, handled_each * wanted + FIRST.div_ceil(SPAWNS) + actors.div_ceil(SPAWNS))?;
    let others = 2 + feature.beside();
    let alive = ledger.spawned - ledger.stopped - others;
    same("actors", wanted, alive)?;
    Ok(Grown { bytes_per_actor: each(before, after, actors), wanted, alive, system })
}

/// What each of so many actors takes by which the process has grown.
fn each(before: u64, after: u64, actors: u64) -> Option<f64> {
    let by = after.saturating_sub(before);
    (by >= RESOLVED_FROM).then(|| by as f64 / actors as f64)
}

/// A supervisor for the first actors, and one for so many more.
fn grow_guarded(actors: u64) -> Result<Grown, Spoiled> {
    let system = System::builder().workers(1).build()?;
    let touched = |actors: u64| -> Result<u64, Spoiled> {
        let name = |n: u64| n.to_string();
        let child = |n: u64| Child::new(name(n), || Idle { state: () });
        let root = (0..actors).fold(Supervisor::new(), |root, n| root.child(child(n)));
        let tree = system.supervise(root)?;
        system.quiesce(NEVER)?;
        for n in 0..actors {
            let found = tree.child::<ToIdle>(&name(n));
            let child = found.ok_or_else(|| Spoiled::Wrong(format!("child {n} has not started")))?;
            child.try_send(ToIdle::Touch)?;
        }
        system.quiesce(NEVER)?;
        machine::resident_bytes().ok_or_else(|| Spoiled::Failed("memory is not told here".into()))
    };
    let (before, after) = (touched(FIRST)?, touched(actors)?);
    let (ledger, wanted) = (system.ledger(), actors + FIRST);
    verified(&ledger, wanted)?;
    let alive = ledger.spawned - ledger.stopped - 2;
    same("actors", wanted, alive)?;
    Ok(Grown { bytes_per_actor: each(before, after, actors), wanted, alive, system })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_feature_has_its_crowd() {
        for feature in Feature::ALL {
            let grown = grow(feature, 2_000).unwrap_or_else(|spoiled| panic!("{feature:?}: {spoiled:?}"));
            assert_eq!((grown.wanted, grown.alive), (12_000, 12_000), "{feature:?}");
            // Memory may have been there already.
            let least = RESOLVED_FROM as f64 / 2_000.0;
            assert!(
                grown.bytes_per_actor.is_none_or(|b| (least..100_000.0).contains(&b)),
                "{feature:?}: {grown:?}"
            );
        }
    }
}
