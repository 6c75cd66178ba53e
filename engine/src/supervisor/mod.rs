//! Supervision: actors that start, watch, restart and end others; see README.md beside this file.

pub(crate) mod strategy;

pub(crate) mod command;

pub(crate) mod round;

pub(crate) mod keeper;

pub(crate) mod courier;

pub(crate) mod event;

pub(crate) mod error;

pub(crate) mod order;

pub(crate) mod directory;

pub(crate) mod child;

pub(crate) mod builder;

pub(crate) mod desk;

pub(crate) mod tree;

#[cfg(test)]
mod tables;

#[cfg(test)]
mod world;

#[cfg(test)]
mod trees;
