//! What the services beside the actors do, each kept by tests: one program, as every program of tests is linked with the whole
//! engine again. What looks at the process as a whole runs in a process of its own: `child::alone`.

#[path = "../promises/child.rs"]
mod child;
#[path = "../promises/gate.rs"]
mod gate;
#[path = "../promises/watchdog.rs"]
mod watchdog;

mod blocking;
mod dead_letters;
mod own_threads;
mod status;
