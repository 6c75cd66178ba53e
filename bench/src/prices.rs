//! The price list: what each feature of the engine costs when it is switched on, in nanoseconds a message and bytes an actor.

pub mod feature;

pub mod sinks;

pub mod pair;

pub mod notices;

pub mod proxied;

pub mod tracked;

pub mod crowd;

pub mod child;

pub mod measure;

pub mod list;

pub mod text;

#[cfg(test)]
mod tests;
