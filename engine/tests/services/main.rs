//! What is built from actors and beside them, each kept by tests.

#[path = "../promises/gate.rs"]
mod gate;
#[path = "../promises/watchdog.rs"]
mod watchdog;

mod children;
#[cfg(feature = "macros")]
mod proxies;
mod watching;
