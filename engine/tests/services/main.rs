//! The services above the actor floor, each kept to what it promises. The kits are those of the promises.

#[allow(dead_code, reason = "a kit of the promises, of which not all is used here")]
#[path = "../promises/seed.rs"]
mod seed;
#[path = "../promises/watchdog.rs"]
mod watchdog;

mod keeper;

mod asks_as_values;
mod asks_of_many;
mod atomic;
mod backoff;
mod breaker;
mod dedup;
mod guard;
mod retry;
