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
//! # Flow control
//! Mailboxes are bounded, and what a full one does is chosen for each actor ([`Overflow`], in its [`Options`]): hold up the actors
//! that send (the default), refuse, drop the newest or the oldest, or refuse and tell somebody that there is pressure. Where
//! the consumer is to say how much it wants, a *flow* ([`Context::open_flow`]) carries only what was granted. Urgent messages go
//! first in an actor with two [lanes](OptionsBuilder::lanes); several are handled together in one that
//! [gathers](OptionsBuilder::gather) batches; a [`RateLimit`] lets a producer hold back by itself; and anybody may
//! [suspend](Address::suspend) an actor. What was dropped, refused or held up is in the [`Ledger`] and in [`System::stalls`].
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

#![cfg_attr(
    any(throng_loom, throng_shuttle),
    allow(
        dead_code,
        unused_imports,
        reason = "a model runs floors by themselves: what only the floors above them call is unused there"
    )
)]

mod sync;

#[cfg(all(test, any(throng_loom, throng_shuttle)))]
mod model;

mod time;

mod ledger;

mod stall;

mod error;

mod panics;

mod mailbox;

mod cell;

mod scheduler;

#[cfg(not(any(throng_loom, throng_shuttle)))]
mod actor;

#[cfg(not(any(throng_loom, throng_shuttle)))]
mod rate;

#[cfg(not(any(throng_loom, throng_shuttle)))]
mod oneshot;

#[cfg(not(any(throng_loom, throng_shuttle)))]
mod becoming;

#[cfg(not(any(throng_loom, throng_shuttle)))]
mod function;

#[cfg(not(any(throng_loom, throng_shuttle)))]
mod piping;

#[cfg(not(any(throng_loom, throng_shuttle)))]
mod quiesce;

#[cfg(not(any(throng_loom, throng_shuttle)))]
mod system;

#[cfg(not(any(throng_loom, throng_shuttle)))]
mod inline;

#[cfg(not(any(throng_loom, throng_shuttle)))]
mod builder;

#[cfg(all(feature = "bench-internals", not(any(throng_loom, throng_shuttle))))]
#[doc(hidden)]
pub mod internals;

pub use error::{
    AskError, BuildError, Busy, FlowError, FlowRefused, OptionsError, RateRefused, Reason, Running,
    SendError, SpawnError, StashFull, TooManyAsks,
};
pub use ledger::{Dead, Dropped, Ledger, Refused, Returned};
pub use mailbox::{lanes::Lane, overflow::Overflow, pressure::Level};
pub use stall::StallTimes;

#[cfg(not(any(throng_loom, throng_shuttle)))]
pub use actor::{
    address::{Address, Recipient},
    ask::{DEFAULT_DEADLINE, Outcome, Reply},
    ask_outside::Ask,
    behavior::{Actor, Batch, Context, Directive},
    ending::Stopping,
    exit::{Exit, Failure},
    fault::Fault,
    flow::Outlet,
    link::{Demand, Inlet},
    notice::Notice,
    options::{Options, OptionsBuilder},
    outlook::{MessageDropped, Stall},
    outside::Send as SendFuture,
    parcel::Barrier,
    post::ActorId,
    pressing::Pressed,
    reseat::Mail,
    timer::Timer,
    watch::{Ended, Link, Watch},
};
#[cfg(not(any(throng_loom, throng_shuttle)))]
pub use becoming::{Becoming, Behaviour, Next};
#[cfg(not(any(throng_loom, throng_shuttle)))]
pub use builder::{Builder, describe_all};
#[cfg(not(any(throng_loom, throng_shuttle)))]
pub use function::{
    inbox::{Inbox, Recv, RecvError},
    join::{Join, Joined},
};
#[cfg(not(any(throng_loom, throng_shuttle)))]
pub use inline::Inline;
#[cfg(not(any(throng_loom, throng_shuttle)))]
pub use piping::PipedFuture;
#[cfg(not(any(throng_loom, throng_shuttle)))]
pub use rate::RateLimit;
#[cfg(not(any(throng_loom, throng_shuttle)))]
pub use scheduler::{drops::DropCause, pin::Pin};
#[cfg(not(any(throng_loom, throng_shuttle)))]
pub use system::{Activity, System};
