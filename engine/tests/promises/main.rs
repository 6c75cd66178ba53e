//! The promises of the README, each kept by tests: one program, as every program of tests is linked with the whole
//! engine again.
//!
//! The tests run side by side in one process. What looks at the process as a whole (memory, threads, processor time,
//! memory that is retired or used again) or ends it runs in a process of its own: `child::alone`.

mod child;
mod credit_reference;
mod drawn;
mod executor;
mod gate;
mod payload;
mod pong;
mod seed;
mod watchdog;

mod accounts;
mod asks;
mod asks_from_handlers;
mod back_pressure;
mod basics;
mod batches;
mod breaking_off;
mod catalogue;
mod churn;
mod contained_panics;
mod corners;
mod credit_rules;
mod crossing;
mod crowds;
mod deferred;
mod describing;
mod dying_workers;
mod endings;
mod exactly_once;
mod fairness;
mod flows;
mod flows_that_end;
mod full_mailboxes;
mod full_policies;
mod lanes;
mod late_answers;
mod long_handlers;
mod meshes;
mod not_draining;
mod notices;
mod odd_moments;
mod order;
mod outside_senders;
mod overflow;
mod pinning;
mod policies;
mod pressure;
mod rates;
mod several_systems;
mod shapes;
mod shutdown;
mod stalls;
mod stopping;
mod suspending;
mod timers;
mod told_once;
mod unheard;
mod workers;
