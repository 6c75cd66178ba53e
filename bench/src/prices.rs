//! The price list: what each feature of the engine costs when it is switched on, in nanoseconds a message and bytes an actor.

pub mod feature;

pub mod spoiled;

pub mod pair;

pub mod notices;

pub mod crowd;

pub mod child;

pub mod measure;

pub mod list;

pub mod text;

#[cfg(test)]
mod tests;
