//! Supervision: actors that start, watch, restart and end others; see README.md beside this file.

pub(crate) mod strategy;

pub(crate) mod command;

pub(crate) mod keeper;

pub(crate) mod courier;

#[cfg(test)]
mod tables;

#[cfg(test)]
mod world;

#[cfg(test)]
mod trees;
