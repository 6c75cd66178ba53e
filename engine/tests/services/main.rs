//! What stands on the actor floor, each kept by tests: one program, as every program of tests is linked with the whole engine
//! again.

#[path = "../promises/gate.rs"]
mod gate;
#[path = "../promises/seed.rs"]
mod seed;
#[path = "../promises/watchdog.rs"]
mod watchdog;

mod behaving;
mod groups;
mod pools;
mod registry;
mod routers;
mod stop_all;
mod topics;
mod virtual_time;
mod watching;
mod worker;
