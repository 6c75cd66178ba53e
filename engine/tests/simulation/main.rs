//! Simulations: the same seed is the same run, turns overlap, what is to go wrong does, and what is found is made small.

mod batching;
mod exploring;
mod going_wrong;
mod golden;
mod repeating;
mod unwinding;
mod verbs;
mod worlds;
