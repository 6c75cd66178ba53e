//! Those of the promises' and the services' tests that go through most of the engine's unsafe code and end soon, for
//! `scripts/sanitizers.sh --short`: both programs whole take a sanitizer many minutes to build. `cargo test` leaves it out.

#[path = "../promises/child.rs"]
mod child;
#[path = "../promises/executor.rs"]
mod executor;
#[path = "../promises/gate.rs"]
mod gate;
#[expect(dead_code, reason = "other tests have use for all of it")]
#[path = "../promises/payload.rs"]
mod payload;
#[path = "../promises/seed.rs"]
mod seed;
#[path = "../promises/watchdog.rs"]
mod watchdog;

#[path = "../promises/asks.rs"]
mod asks;
#[path = "../promises/basics.rs"]
mod basics;
#[path = "../promises/contained_panics.rs"]
mod contained_panics;
#[path = "../promises/endings.rs"]
mod endings;
#[path = "../promises/exactly_once.rs"]
mod exactly_once;
#[path = "../promises/flows.rs"]
mod flows;
#[path = "../promises/flows_that_end.rs"]
mod flows_that_end;
#[path = "../promises/policies.rs"]
mod policies;
#[path = "../promises/timers.rs"]
mod timers;

#[path = "../services/asks_over_restarts.rs"]
mod asks_over_restarts;
#[path = "../services/flows_over_restarts.rs"]
mod flows_over_restarts;
#[path = "../services/functions/mod.rs"]
mod functions;
#[path = "../services/links.rs"]
mod links;
#[path = "../services/restarts.rs"]
mod restarts;
#[path = "../services/watching.rs"]
mod watching;
