//! Simulations: the same seed is the same run, turns overlap, what is to go wrong does, and what is found is made small.

mod again;
mod batching;
mod beginning;
mod coming_down;
mod coming_down_in_pauses;
mod driving;
mod ending;
mod endless;
mod exploring;
mod failing;
mod flags_of_the_swarm;
mod going_wrong;
mod golden;
mod half_done;
mod own_seeds;
mod panicking;
mod placing;
mod repeating;
mod seats;
mod traced;
mod unwinding;
mod verbs;
mod waiting;
mod worlds;
mod yielding;
