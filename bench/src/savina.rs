//! Savina (S. Imam, V. Sarkar, "Savina - An Actor Benchmark Suite", AGERE 2014), whole, and skynet beside it: written as a user of the
//! engine writes actors, each verified by an oracle that does without the engine.
//!
//! Names and default sizes are those of the suite; where the rules of a workload are not, its row says in what (`differs`). Its harness is
//! not that of the suite: here no run is left out, iterations count when the times have become steady or
//! the warm-up has had its time, which is told, and every one is verified.

pub mod size;

pub mod workload;

pub mod oracle;

mod stage;

mod iteration;

#[cfg(test)]
mod simulated;

pub mod measured;

pub mod entry;

pub mod suite;

pub mod child;

pub mod rounds;

pub mod text;

#[cfg(test)]
mod tests;
