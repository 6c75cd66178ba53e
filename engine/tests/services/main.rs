//! What is built from actors and beside them, each kept by tests.

#[path = "../promises/gate.rs"]
mod gate;
#[path = "../promises/payload.rs"]
mod payload;
#[path = "../promises/seed.rs"]
mod seed;
#[path = "../promises/watchdog.rs"]
mod watchdog;

mod asks_as_values;
mod asks_of_many;
mod atomic;
mod backoff;
mod behaving;
mod breaker;
mod children;
mod dedup;
mod guard;
mod keeper;
#[cfg(feature = "macros")]
mod proxies;
mod retry;
mod stash_rules;
mod stashing;
mod supervising;
mod virtual_time;
mod watching;
