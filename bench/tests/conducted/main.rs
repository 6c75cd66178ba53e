//! What `throng` makes of its commands, in folders of their own.

#[path = "../others/mod.rs"]
mod others;
mod scratch;

mod commands;

mod excused;

mod folders;

mod outputs;

mod hostile;

mod interrupted;

mod runs;

mod series;

mod verdicts;
