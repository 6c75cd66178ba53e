//! **throng** is a lock-free actor engine: millions of light actors on pinned, work-stealing workers.
//!
//! An actor is private state that handles one message at a time. It has an [`Address`], 8 bytes that can be copied into
//! any message, and a bounded mailbox. A send takes one atomic exchange and allocates nothing once the pools are warm; what
//! that comes to on a machine is what `loadgen ping-pong` measures there. An idle actor with up to 16 bytes of state costs
//! one cache line.
//!
//! ```
//! use std::time::Duration;
//! use throng::{Actor, Context, Fault, Reply, System};
//!
//! struct Counter(u64);
//!
//! enum Msg {
//!     Add(u64),
//!     Get(Reply<u64>),
//! }
//!
//! impl Actor for Counter {
//!     type Msg = Msg;
//!     fn handle(&mut self, message: Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
//!         match message {
//!             Msg::Add(n) => self.0 += n,
//!             Msg::Get(reply) => reply.send(self.0),
//!         }
//!         Ok(())
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let system = System::builder().workers(2).build()?;
//! let counter = system.spawn(Counter(0));
//! counter.try_send(Msg::Add(3))?;
//! counter.try_send(Msg::Add(4))?;
//! assert_eq!(counter.ask(Msg::Get).wait()?, 7);
//! let ledger = system.shutdown(Duration::from_secs(1))?;
//! assert_eq!(ledger.handled, 3);
//! # Ok(())
//! # }
//! ```
//!
//! # What there is
//! Each part is shown with one small program in the [guide]; whole programs are in `engine/examples/`.
//!
//! | what | begin with |
//! |---|---|
//! | [messages and answers](guide#messages-and-answers), also several at once, and as methods | [`Address`], [`Context::ask`], [`Asking`], [`join_all`], `proxy` |
//! | [behaviour and state](guide#behaviour-and-state): become, stash, initialise, change wholly or not at all | [`Becoming`], [`Context::stash`], [`Initialising`], [`Atomic`] |
//! | [functions and futures](guide#functions-and-futures): actors that are `async` functions; futures into messages | [`System::spawn_fn`], [`Inbox`], [`receive!`], [`Join`], [`Context::pipe`] |
//! | [ends, watches and links](guide#ends-watches-and-links), and the message that made its receiver fail | [`Context::watch`], [`Context::link`], [`Exit`], [`Context::send_tracked`] |
//! | [supervision](guide#supervision) | [`Supervisor`], [`Child`], [`System::supervise`] |
//! | [names, groups and topics](guide#names-groups-and-topics) | [`Registry`], [`Group`], [`Topic`], [`StopAll`] |
//! | [routers and pools](guide#routers-and-pools) | [`Router`], [`Dispatcher`], [`Pool`] |
//! | [flow control](guide#flow-control): full mailboxes, credit, lanes, batches, rates | [`Overflow`], [`Options`], [`Context::open_flow`], [`RateLimit`] |
//! | [partners that fail](guide#partners-that-fail) | [`Breaker`], [`Guard`], [`Retry`], [`Dedup`] |
//! | [what may block](guide#what-may-block) | [`Context::blocking`], [`System::spawn_on_own_thread`] |
//! | [time](guide#time): timers, ends by the clock, virtual time for tests | [`Context::after`], [`Context::exit_when_idle`], [`Builder::inline_virtual`] |
//! | [what goes wrong, and what everybody is at](guide#what-goes-wrong-and-what-everybody-is-at) | [`System::watch_dead_letters`], [`System::watch_faults`], [`System::status`], [`dump_all`], [`Ledger`] |
//! | [how it runs, and comes down](guide#how-it-runs-and-comes-down) | [`Builder`], [`Inline`], [`System::quiesce`], [`System::shutdown`] |
//! | [testing your own actors](guide#testing-your-own-actors), with the feature `sim`: every order of turns, and what goes wrong, from a seed | [`System::simulated`], [`sim::explore`], [`sim::Faults`] |
//!
//! # What is promised
//! Messages from one sender to one receiver, and in one lane of it, are handled in order. A message that was accepted is handled or counted as
//! dropped or dead with its cause, never lost, never twice. An actor never runs on two workers. An ask ends exactly once. A stale
//! address never reaches another actor. A panic harms its actor alone. Full mailboxes suspend the actors that fill them,
//! never a worker, and no topology deadlocks on that. On a flow nothing is sent that was not granted, and whatever ends either
//! side, the other hears of it.
//!
//! The modules are private; their order in this file is the floor plan. `README.md` beside `Cargo.toml` tells the life
//! of a message and the invariants.
#![cfg_attr(not(feature = "sim"), doc = "")]
#![cfg_attr(not(feature = "sim"), doc = "[`System::simulated`]: guide#testing-your-own-actors")]
#![cfg_attr(not(feature = "sim"), doc = "[`sim::explore`]: guide#testing-your-own-actors")]
#![cfg_attr(not(feature = "sim"), doc = "[`sim::Faults`]: guide#testing-your-own-actors")]
// Models run the lower floors by themselves, as a program of their own: modelled.rs.
#![cfg(not(any(throng_loom, throng_shuttle)))]

mod sync;

#[cfg(throng_planted)]
mod planted;

mod time;

mod ledger;

mod stall;

mod error;

mod panics;

mod mailbox;

mod cell;

mod scheduler;

mod actor;

mod rate;

mod oneshot;

mod backoff;

mod asking;

mod pattern;

mod becoming;

mod supervisor;

mod atomic;

mod actor_tree;

mod blocking;

mod initialising;

mod roster;

mod delivery;

mod registry;

mod stop_all;

mod groups;

mod topics;

mod router;

mod pool;

mod function;

mod piping;

mod quiesce;

mod status;

mod teardown;

mod shutdown;

mod living;

mod system;

mod inline;

mod builder;

mod view;

#[cfg(feature = "sim")]
pub mod sim;

#[cfg(feature = "tracing")]
mod log;

#[cfg(all(test, throng_sanitize))]
mod canary;

#[cfg(feature = "bench-internals")]
#[doc(hidden)]
pub mod internals;

#[doc = include_str!("guide.md")]
#[doc = ""]
#[cfg_attr(feature = "sim", doc = "[`throng::sim`]: sim")]
#[cfg_attr(feature = "sim", doc = "[`explore`]: sim::explore")]
#[cfg_attr(feature = "sim", doc = "[`Faults`]: sim::Faults")]
#[cfg_attr(feature = "sim", doc = "[`Simulation`]: sim::Simulation")]
// Without the feature there is nothing to lead to but the section that names it.
#[cfg_attr(not(feature = "sim"), doc = "[`throng::sim`]: #testing-your-own-actors")]
#[cfg_attr(not(feature = "sim"), doc = "[`explore`]: #testing-your-own-actors")]
#[cfg_attr(not(feature = "sim"), doc = "[`Faults`]: #testing-your-own-actors")]
#[cfg_attr(not(feature = "sim"), doc = "[`Simulation`]: #testing-your-own-actors")]
pub mod guide {}

pub use error::{
    AskError, BuildError, Busy, OptionsError, RateRefused, Reason, Running, SendError, SpawnError, StashFull,
    TooManyAsks,
};
pub use ledger::{Dead, Dropped, Ledger, Refused, Returned};
pub use mailbox::{lanes::Lane, overflow::Overflow, pressure::Level};
pub use stall::StallTimes;

pub use actor::{
    address::{Address, Recipient},
    ask::{DEFAULT_DEADLINE, Outcome, Reply},
    ask_outside::Ask,
    behavior::{Actor, Batch, Context, Directive},
    dead_letter::DeadLetter,
    ending::Stopping,
    exit::{Exit, Failure},
    failing::ActorFailed,
    fault::Fault,
    flow::Outlet,
    flow_error::{FlowError, FlowRefused},
    gathering::NoneAnswered,
    link::{Demand, Inlet},
    notice::Notice,
    options::{Options, OptionsBuilder},
    outlook::{MessageDropped, Stall},
    outside::Send as SendFuture,
    parcel::Barrier,
    post::ActorId,
    pressing::Pressed,
    proxy::Proxied,
    reseat::Mail,
    status::ActorStatus,
    timer::Timer,
    tracked::{Attempts, Poison},
    watch::{Ended, Link, Watch},
};
pub use actor_tree::{ActorTree, Branch};
pub use asking::{
    asked::Asking,
    first::{First, first},
    join::Both,
    many::{JoinAll, Outcomes, join_all, outcomes},
    map::{Map, MapErr},
};
pub use atomic::{Atomic, Transaction, Transactional};
pub use backoff::Backoff;
pub use becoming::{Becoming, Behaviour, Next};
pub use blocking::BlockingError;
pub use builder::Builder;
pub use delivery::Delivery;
pub use function::{
    inbox::{Inbox, Recv, RecvError},
    join::{Join, Joined},
};
pub use groups::Group;
pub use initialising::{Initialise, Initialising, Start};
pub use inline::Inline;
pub use living::{describe_all, dump_all};
#[cfg(feature = "tracing")]
pub use log::Logged;
pub use pattern::{
    breaker::{Admitted, Breaker, Rejected, Report},
    circuit::Circuit,
    dedup::{Dedup, Sight},
    guard::{Guard, GuardedAsk},
    retry::{GaveUp, Retry, Retrying},
};
pub use piping::PipedFuture;
#[cfg(throng_planted)]
#[doc(hidden)]
pub use planted::{plant_by_name, plantable};
pub use pool::Pool;
pub use rate::RateLimit;
pub use registry::{
    directory::Registry,
    error::{GetError, RegisterError, WrongType},
};
pub use roster::onlookers::JoinError;
pub use router::{
    dispatch::Dispatcher,
    routes::{RouteError, Router},
};
pub use scheduler::{
    drops::{DeadCause, DropCause},
    pin::Pin,
    upsets::Aftermath,
};
pub use status::{Activity, SystemStatus};
pub use stop_all::StopAll;
pub use supervisor::{
    child::{Child, Supervisor},
    directory::Directory,
    error::TreeError,
    event::{Happened, TreeEvent},
    order::Order,
    strategy::{Decision, Restart, Shutdown, Strategy},
    tree::Tree,
};
pub use system::System;
#[cfg(feature = "macros")]
#[doc(inline)]
pub use throng_macros::proxy;
pub use topics::{Subscriber, Subscription, Topic};
