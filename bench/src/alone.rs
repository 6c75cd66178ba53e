//! One measurement in a process of its own: who asks for it, what answers, and why there is no figure.

pub mod spoiled;

pub mod answer;

pub mod asking;

#[cfg(test)]
pub(crate) mod stand_in;
