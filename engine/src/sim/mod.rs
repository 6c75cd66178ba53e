//! Deterministic simulation: the engine's own mailboxes, turns, timers, credit and ends on one thread, in virtual time, with every choice
//! drawn from a seed. For tests of the engine, and of yours; behind the feature `sim`. The guide begins with [a test of
//! actors](crate::guide#testing-your-own-actors) and what it says when it fails.
//!
//! # Switching it on, and what that costs
//! The crate is not on crates.io: name a path to a checkout, or its git repository, twice the same one.
//! ```toml
//! [dependencies]
//! throng = { path = "../throng/engine" }
//! # or: throng = { git = "https://HOST/PATH/throng", rev = "COMMIT" }
//!
//! [dev-dependencies]    # only for tests under simulation
//! throng = { path = "../throng/engine", features = ["sim"] }
//! ```
//!
//! With the feature the turns of each type of actors are compiled twice, and what both use is no longer part of each: that costs up to a
//! tenth of a message, also in systems with threads. So it belongs into `[dev-dependencies]`. With resolver 2 or 3 (the default since edition
//! 2021; a workspace without a package at its root names it by itself) cargo does not give a feature that is named there to what `cargo build`,
//! `cargo run` and `cargo install` make. It does give it to all that a dev-dependency is built for: tests, *examples and benches*. Those who
//! measure with `cargo bench` have their simulated tests in a package of their own, which alone names the feature, and measure with
//! `cargo bench -p` or with `--exclude`: where packages are built by one command, all of them get what any of them asks for. With
//! resolver 1 everything gets it always.
//!
//! # How it runs
//! A [`Simulation`] is a [`System`](crate::System) without threads. It has several workers all the same, of which one takes a
//! step at a time: a turn of an actor, its timers, or a piece of blocking work. Which is drawn; so is how many messages a turn
//! handles, and whether others run between two of them. So turns overlap as they do on threads, to the message: an actor is
//! stopped while it handles something, a mailbox fills beside its owner, an answer comes at the very deadline. What overlaps within a
//! handler, or between two instructions of the engine, is not simulated; that the engine's models look at. But between two messages
//! that the handler of a [batch](crate::Actor::handle_batch) takes, others may run as between two handlers.
//!
//! The same seed makes the same choices, and so the same run, on every machine, as long as the program does the same: its actors
//! must not ask for the machine's time, draw by themselves ([`Simulation::below`] draws for them; a [`Backoff`](crate::Backoff) that is
//! made between two steps is to be given its seed), start threads, go through a `HashMap` in its own order, or go by the number of an
//! [`ActorId`](crate::ActorId); nor may other threads send to its actors meanwhile. They may look at it, as
//! [`describe_all`](crate::describe_all) does. [`Simulation::trace_hash`] tells two runs apart.
//!
//! [`Faults`] makes things go wrong, by the same seed. [`explore`] tries many seeds, and makes the run that fails small:
//!
//! ```
//! use throng::sim::{self, Faults};
//! use throng::{Actor, Address, Context, Fault, Overflow, Options};
//!
//! /// Passes on what it gets.
//! struct Stage(Option<Address<u32>>);
//!
//! impl Actor for Stage {
//!     type Msg = u32;
//!     fn handle(&mut self, n: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
//!         if let Some(next) = self.0 {
//!             cx.send(next, n)?;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! sim::explore(0..200, |sim| {
//!     sim.faults(Faults::none().late_wakeups(8));
//!     let options = Options::builder().capacity(1 + sim.below(4) as u32).overflow(Overflow::Mute).build().unwrap();
//!     let last = sim.system().try_spawn(Stage(None), &options).unwrap();
//!     let first = sim.system().try_spawn(Stage(Some(last)), &options).unwrap();
//!     for n in 0..10_u32 {
//!         let _maybe_full = first.try_send(n);
//!         sim.step();
//!     }
//!     let ledger = sim.quiesce(std::time::Duration::from_secs(1)).expect("it comes to rest");
//!     // Nothing is lost, in any order of turns.
//!     assert_eq!(ledger.handled, ledger.accepted);
//!     assert_eq!(ledger.faults, 0);
//! });
//! ```

mod choices;

mod faults;

mod cast;

mod trace;

mod quiet;

mod failures;

mod owning;

mod runnable;

mod state;

mod noting;

mod judging;

mod executor;

mod begun;

mod simulation;

mod injecting;

mod limit;

mod beginning;

mod naming;

mod expecting;

mod ending;

mod saying;

mod shrink;

mod failed;

mod version;

mod target;

mod list;

mod again;

mod report;

mod explore;

pub use begun::Begun;
pub use explore::{explore, run_one};
pub use failed::{Failed, failure_kind};
pub use faults::Faults;
pub use noting::note;
pub use shrink::shrink;
pub use simulation::Simulation;
