//! What can be switched on, and has a price.
//!
//! Left out is what has none of its own: capacity, marks, hard limit, turn and `max_asks` are numbers and no switches; a
//! deadline of one's own is a number that every ask has; a batch that waits for more messages costs the time it is told to
//! wait; a watch of drops costs each *drop* a message, and here nothing is dropped; stopping is done once. So is what crosses to
//! another thread: blocking work, an actor with a thread of its own and a `Guard`, which is a breaker behind a lock for the threads
//! outside. Their price is that of the crossing.
//!
//! And what is made of parts that have a price: a pool is an actor between, and so a message more for each (`loadgen pools`); a piped
//! future is an actor that is spawned and ends, and a notice.

use std::time::Duration;
use throng::{Actor, Context, Fault, Options, OptionsError, Overflow, Pressed, System};

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Nothing: what the others are set against.
    Base,
    /// `Overflow::Fail`.
    Fail,
    /// `Overflow::DropNewest`.
    DropNewest,
    /// `Overflow::DropOldest`.
    DropOldest,
    /// `Overflow::DropOldestExact`.
    DropOldestExact,
    /// `Overflow::Signal`.
    Signal,
    /// Two lanes, all messages in the normal one.
    Lanes,
    /// Two lanes, all items in the urgent one.
    Urgent,
    /// Batches that are handled message by message.
    Gather,
    /// Batches that are handled together.
    Batch,
    /// A flow that the engine grants.
    Flow,
    /// A flow that its consumer grants.
    FlowByHand,
    /// `OptionsBuilder::count_handled`.
    Counted,
    /// A rate limit, asked for each message.
    Rate,
    /// A breaker, asked before each message and told after it.
    Breaker,
    /// `Context::try_send` in place of `send`.
    Strict,
    /// `Context::send_to` in place of `send`.
    Recipient,
    /// An ask in place of each send.
    Ask,
    /// `Context::ask_all` of one in place of each send.
    AskAll,
    /// A notice in place of each send.
    Notice,
    /// `Context::send_tracked` in place of `send`.
    Tracked,
    /// Suspended and resumed before.
    Suspended,
    /// Not draining for a moment before.
    Draining,
    /// A timer that is pending.
    Timer,
    /// A periodic timer that is pending.
    Every,
    /// Watched by who sends to it.
    Watched,
    /// Linked to who sends to it.
    Linked,
    /// A child of a supervisor.
    Guarded,
    /// In the registry under a name of its own.
    Registered,
    /// `Context::exit_when_idle`, for a time that does not come.
    Retiring,
    /// Each item put away, and given back.
    Stash,
    /// A window of keys, in which each item's is looked for.
    Dedup,
    /// A behaviour that could become another.
    Become,
    /// An actor that has waited for a start message.
    Initialising,
    /// State that changes by whole messages.
    Atomic,
    /// A function that receives.
    Function,
    /// Methods that `throng::proxy` has written.
    Proxy,
    /// `Context::route` in place of `send`.
    Router,
    /// `Context::publish` in place of `send`.
    Topic,
}

impl Feature {
    /// All of them, in the order of the list.
    pub const ALL: [Self; 39] = [
        Self::Base,
        Self::Fail,
        Self::DropNewest,
        Self::DropOldest,
        Self::DropOldestExact,
        Self::Signal,
        Self::Lanes,
        Self::Urgent,
        Self::Gather,
        Self::Batch,
        Self::Flow,
        Self::FlowByHand,
        Self::Counted,
        Self::Rate,
        Self::Breaker,
        Self::Strict,
        Self::Recipient,
        Self::Ask,
        Self::AskAll,
        Self::Notice,
        Self::Tracked,
        Self::Suspended,
        Self::Draining,
        Self::Timer,
        Self::Every,
        Self::Watched,
        Self::Linked,
        Self::Guarded,
        Self::Registered,
        Self::Retiring,
        Self::Stash,
        Self::Dedup,
        Self::Become,
        Self::Initialising,
        Self::Atomic,
        Self::Function,
        Self::Proxy,
        Self::Router,
        Self::Topic,
    ];

    /// The name, as a command line takes it.
    pub fn name(self) -> &'static str {
        self.told().0
    }

    /// What is switched on, in words of Markdown.
    pub fn words(self) -> &'static str {
        self.told().1
    }

    fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Base => ("base", "nothing: `mute`, which is the default"),
            Self::Fail => ("fail", "`Overflow::Fail`"),
            Self::DropNewest => ("drop-newest", "`Overflow::DropNewest`"),
            Self::DropOldest => ("drop-oldest", "`Overflow::DropOldest`"),
            Self::DropOldestExact => ("drop-oldest-exact", "`Overflow::DropOldestExact`"),
            Self::Signal => ("signal", "`Overflow::Signal`"),
            Self::Lanes => ("lanes", "two lanes"),
            Self::Urgent => ("urgent", "two lanes, all in the urgent one"),
            Self::Gather => ("gather", "batches of up to 64, handled one by one"),
            Self::Batch => ("batch", "batches of up to 64, handled together"),
            Self::Flow => ("flow", "credit flow in place of sends"),
            Self::FlowByHand => ("flow-by-hand", "credit flow, granted by hand"),
            Self::Counted => ("count-handled", "`count_handled`"),
            Self::Rate => ("rate", "a rate limit, asked for each message"),
            Self::Breaker => ("breaker", "a breaker, asked and told for each message"),
            Self::Strict => ("strict", "`try_send` in place of sends"),
            Self::Recipient => ("recipient", "sends through a `Recipient`"),
            Self::Ask => ("ask", "asks in place of sends"),
            Self::AskAll => ("ask-all", "`ask_all` of one in place of sends"),
            Self::Notice => ("notice", "notices in place of sends"),
            Self::Tracked => ("tracked", "`send_tracked` in place of sends"),
            Self::Suspended => ("suspended", "suspended and resumed once"),
            Self::Draining => ("draining", "not draining once, and again"),
            Self::Timer => ("timer", "a timer pending"),
            Self::Every => ("every", "a periodic timer pending"),
            Self::Watched => ("watched", "watched by another"),
            Self::Linked => ("linked", "linked to another"),
            Self::Guarded => ("guarded", "a supervisor's child"),
            Self::Registered => ("registered", "registered under a name"),
            Self::Retiring => ("exit-when-idle", "`exit_when_idle` pending"),
            Self::Stash => ("stash", "each message stashed once"),
            Self::Dedup => ("dedup", "a `Dedup`, asked for each message"),
            Self::Become => ("become", "a `Becoming` in place of an actor"),
            Self::Initialising => ("initialising", "an `Initialising` that has begun"),
            Self::Atomic => ("atomic", "an `Atomic` in place of an actor"),
            Self::Function => ("function", "a function in place of an actor"),
            Self::Proxy => ("proxy", "methods of a proxy in place of sends"),
            Self::Router => ("router", "sends through a router of one"),
            Self::Topic => ("topic", "publications to a topic of one"),
        }
    }

    /// The feature of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| feature.name() == name)
    }

    /// The names, with a comma between.
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(",")
    }

    /// The options of the actor that has it; `window` is what all flows into it may come to.
    ///
    /// # Errors
    /// Those of [`throng::OptionsBuilder::build`].
    pub fn options(self, system: &System, window: u32) -> Result<Options, OptionsError> {
        let options = Options::builder();
        let options = match self {
            Self::Fail => options.overflow(Overflow::Fail),
            Self::DropNewest => options.overflow(Overflow::DropNewest),
            Self::DropOldest => options.overflow(Overflow::DropOldest),
            Self::DropOldestExact => options.overflow(Overflow::DropOldestExact),
            Self::Signal => options.overflow(Overflow::Signal).upstream(system.spawn(Upstream).recipient()),
            Self::Lanes | Self::Urgent => options.lanes(),
            Self::Gather | Self::Batch => options.gather(64, Duration::ZERO),
            Self::Flow | Self::FlowByHand => options.flows(window),
            Self::Counted => options.count_handled(),
            Self::Base
            | Self::Rate
            | Self::Breaker
            | Self::Strict
            | Self::Recipient
            | Self::Ask
            | Self::AskAll
            | Self::Notice
            | Self::Tracked
            | Self::Suspended
            | Self::Draining
            | Self::Timer
            | Self::Every
            | Self::Watched
            | Self::Linked
            | Self::Guarded
            | Self::Registered
            | Self::Retiring
            | Self::Stash
            | Self::Dedup
            | Self::Become
            | Self::Initialising
            | Self::Atomic
            | Self::Function
            | Self::Proxy
            | Self::Router
            | Self::Topic => options,
        };
        options.build()
    }

    /// How many actors [`Feature::options`] spawns.
    pub fn beside(self) -> u64 {
        u64::from(self == Self::Signal)
    }
}

/// Nobody presses it: no mailbox is ever full here.
struct Upstream;

impl Actor for Upstream {
    type Msg = Pressed;
    fn handle(&mut self, _: Pressed, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_own_name() {
        for feature in Feature::ALL {
            assert_eq!(Feature::parse(feature.name()), Some(feature));
            assert!(!feature.words().contains('|'), "{feature:?} would end a cell");
        }
        assert_eq!((Feature::ALL[0], Feature::parse("nosuch")), (Feature::Base, None));
    }

    #[test]
    fn what_is_an_option_is_switched_on_by_it() {
        let system = System::builder().workers(1).build().expect("a worker");
        let options = |feature: Feature| feature.options(&system, 8).expect("in range");
        let unlike = |feature: &Feature| options(*feature) != Options::default();
        let switched: Vec<Feature> = Feature::ALL.into_iter().filter(unlike).collect();
        assert_eq!(
            switched,
            Feature::ALL[1..13],
            "the overflow policies, lanes, batches, flows and the count"
        );
        let pairs = [(Feature::Lanes, Feature::Urgent), (Feature::Gather, Feature::Batch)];
        assert!(pairs.into_iter().all(|(one, other)| options(one) == options(other)));
        let ledger = system.quiesce(Duration::from_secs(60)).expect("nobody has anything to do");
        let beside: u64 = Feature::ALL.into_iter().map(Feature::beside).sum();
        assert_eq!((ledger.spawned, beside), (1, 1), "the upstream of one");
    }
}
