//! A system of actors in Rust, as the comparison uses it.

use super::sink::{Inlet, Sink};
use super::task::Task;
use crate::alone::spoiled::Spoiled;
use std::time::Duration;

/// One iteration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Iteration {
    /// From just before the first message is sent (in create: the first actor is made) until the last is handled, or the last actor has
    /// ended. Actors that are not what is measured are made before, and end afterwards.
    pub took: Duration,
    /// What those who did it counted; [`Task::counts`] has what it is to be. Messages handled by each of the two in ping-pong; all in
    /// counting; by each actor in fork-join; actors that handled their message in create; hops in the ring, and the place of the actor in
    /// the ring that the last one came to; pongs that each got in big, and all pings that were answered; messages from each sender
    /// in fan-in; answers in ask, and the sum of what was answered: 1 more than asked, from 0.
    pub counts: Vec<u64>,
    /// In fan-in, messages that were overtaken by a later one of the same sender.
    pub disorder: u64,
}

/// A system of actors, used as its documentation says is fastest.
///
/// Its workers run on threads of their own; the thread that calls only begins and waits. Actors hold their state themselves: what they
/// count is told by a message, a channel or when they end, not through shared counters that each message would touch.
pub trait Peer: Sized {
    /// Its name in the list.
    const NAME: &'static str;
    /// The crate that it is, whose version is told.
    const CRATE: &'static str;
    /// How it is used, in a line.
    const HOW: &'static str;
    /// Whether it is held to a promise that messages from one actor to another come in order: of another, those overtaken are counted.
    const FIFO: bool;

    /// What sends to it from outside.
    type Inlet: Inlet;

    /// Starts with so many workers.
    ///
    /// # Errors
    /// Where it cannot.
    fn start(workers: usize) -> Result<Self, Spoiled>;

    /// Why it cannot do this at all, in words, where it cannot: nothing else suffers by it.
    fn cannot(&self, _task: Task) -> Option<String> {
        None
    }

    /// One iteration with actors of its own, none of which is left afterwards.
    ///
    /// # Errors
    /// [`Spoiled`], if it does not come to its end.
    fn run(&mut self, task: Task) -> Result<Iteration, Spoiled>;

    /// Makes so many actors that have each handled one message when this returns, and stay, idle, until the end.
    ///
    /// # Errors
    /// [`Spoiled`], if one does not.
    fn crowd(&mut self, actors: u64) -> Result<(), Spoiled>;

    /// An actor for each sink, and what sends to them.
    ///
    /// # Errors
    /// Where there can be none.
    fn open(&mut self, sinks: Vec<Sink>) -> Result<Self::Inlet, Spoiled>;

    /// Ends it.
    ///
    /// # Errors
    /// Where what it did is not as it was to be.
    fn end(self) -> Result<(), Spoiled>;
}
