//! Which core an actor is placed on: an actor stays where it was made.

use aetherflow::{Actor, ActorRef, IdleStrategy, System, pinning};
use std::sync::Arc;

/// A mailbox where no more than one message is on its way at a time: the smallest one that works, as one of 1 takes three messages
/// and then none.
pub(crate) const SMALLEST: usize = 2;
/// What its mailboxes hold where nothing else is said.
pub(crate) const DEFAULT: usize = 1_024;
/// What one holds that many messages go to, as in its own measurement of how many pass: with one core too, where one of 1,024 costs a
/// third more.
pub(crate) const LARGE: usize = 65_536;

/// What a core does that has nothing to do, as the documentation has it: spins where its processors are its own; backs off where they
/// are not, as with a thread for each of them: what begins, waits and sends from outside needs one too.
pub(crate) fn idle(workers: usize) -> IdleStrategy {
    match pinning::available_cores() {
        Some(cores) if workers < cores => IdleStrategy::BusySpin,
        _ => IdleStrategy::backoff(),
    }
}

/// The cores of the system.
#[derive(Clone, Copy)]
pub(crate) struct Cores<'a>(pub(crate) &'a Arc<System>);

impl Cores<'_> {
    /// How many.
    pub(crate) fn count(self) -> usize {
        self.0.num_cores()
    }

    /// For the `number`th of `many`: neighbours share a core, and each core has as many.
    pub(crate) fn of(self, number: usize, many: usize) -> usize {
        number * self.count() / many
    }

    /// For the `number`th of `many` that are not to be on the first core, if there are others.
    pub(crate) fn beside_the_first(self, number: usize, many: usize) -> usize {
        match self.count() {
            1 => 0,
            count => 1 + number * (count - 1) / many,
        }
    }

    /// For the `number`th of `many` that are not to be on the last core, if there are others.
    pub(crate) fn before_the_last(self, number: usize, many: usize) -> usize {
        number * (self.count() - 1).max(1) / many
    }

    /// The last one.
    pub(crate) fn last(self) -> usize {
        self.count() - 1
    }

    /// Makes an actor there, with a mailbox of [`DEFAULT`].
    pub(crate) fn make<A: Actor>(self, core: usize, actor: A) -> ActorRef<A> {
        self.0.spawn_on(core, actor)
    }

    /// Makes an actor there, with a mailbox of that capacity.
    pub(crate) fn make_with<A: Actor>(self, core: usize, actor: A, capacity: usize) -> ActorRef<A> {
        self.0.spawn_on_with(core, actor, capacity)
    }
}
