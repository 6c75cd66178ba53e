//! The document's table of actor systems, measured live.
//!
//! Every system is a program that takes the same command line and gives the same answer, throng's own among them:
//! `PROGRAM MEASURE --seconds S --memory-bytes N`, one JSON object as the last line of stdout. [`conduct`] runs them
//! one after the other, each measure in a fresh process.

pub mod model;

pub mod claims;

pub mod profile;

pub mod answer;

pub mod memory;

pub mod programs;

pub mod python_env;

pub mod baseline;

pub mod conduct;

pub mod remarks;

pub mod render;
