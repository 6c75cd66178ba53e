//! The page of each kind of run, from its files.

pub mod latencies;

pub mod run;

pub mod load;

pub mod suite;

pub mod sweep;

pub mod compare;

pub mod jitter;

pub mod prices;

pub mod savina;

pub mod peers;

pub mod table;
