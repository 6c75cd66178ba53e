//! What stands on the actor floor, each kept by tests: one program, as every program of tests is linked with the whole engine
//! again.

#[path = "../promises/gate.rs"]
mod gate;
#[path = "../promises/payload.rs"]
mod payload;
#[path = "../promises/seed.rs"]
mod seed;
#[path = "../promises/watchdog.rs"]
mod watchdog;

mod behaving;
mod functions;
mod piping;
mod selective_receive;
mod stash_rules;
mod stashing;
mod virtual_time;
mod watching;
