//! What the services on top of the actors promise, as tests: each file is one of them.

#[path = "../promises/watchdog.rs"]
mod watchdog;

mod children;
mod watching;
