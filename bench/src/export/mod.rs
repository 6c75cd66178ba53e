//! Files a measurement leaves: written whole or not at all, in the formats other tools read.

pub mod file;

pub mod claim;

pub mod lines;
pub mod set;

pub mod payload;

pub mod hlog;

pub mod hgrm;

pub mod intervals;
