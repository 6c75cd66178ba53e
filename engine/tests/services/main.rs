//! The services above the actor floor, each kept to what it promises. The kits are those of the promises.

#[expect(dead_code, reason = "no test here draws from another's draws")]
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
