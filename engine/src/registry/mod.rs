//! The registry: actors found by name and by type, and what else a system keeps under a name.

pub(crate) mod error;

mod names;

pub(crate) mod directory;
