//! What is built from actors and beside them, each kept by tests.

#[path = "../promises/child.rs"]
mod child;
#[path = "../promises/drawn.rs"]
mod drawn;
#[path = "../promises/executor.rs"]
mod executor;
#[path = "../promises/gate.rs"]
mod gate;
#[path = "../promises/payload.rs"]
mod payload;
#[path = "../promises/seed.rs"]
mod seed;
#[path = "../promises/watchdog.rs"]
mod watchdog;
#[path = "../simulation/yielding.rs"]
mod yielding;

mod advice;
mod asks_as_values;
mod asks_of_many;
mod asks_over_restarts;
mod atomic;
mod backoff;
mod behaving;
mod blocking;
mod breaker;
mod children;
mod dead_letters;
mod dedup;
mod drops_that_panic;
mod end_of_time;
mod faults;
mod flows_over_restarts;
mod functions;
mod groups;
mod guard;
mod held_up;
mod initialising;
mod keeper;
mod links;
mod outlets_handed_on;
mod own_threads;
mod piping;
mod piping_on_tokio;
mod poison;
mod pools;
#[cfg(feature = "macros")]
mod proxies;
mod registry;
mod restarts;
mod retiring;
mod retry;
mod routers;
mod selective_receive;
mod self_rousing;
mod stash_rules;
mod stashing;
mod status;
mod stop_all;
mod stopping;
mod supervising;
mod threads_refused;
mod topics;
mod virtual_time;
mod watching;
mod worker;
