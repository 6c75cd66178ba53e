//! The files of a run, read back: whatever they hold, in bounded memory, and one error with the file and its line.

pub mod refused;

pub mod place;

pub mod shape;

pub mod counted;

pub mod prices;

pub mod savina;

pub mod peers;

pub mod suite;

pub mod intervals;

pub mod log;
