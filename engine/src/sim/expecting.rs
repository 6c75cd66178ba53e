//! Going message by message: who handles what next is the test's to say.

use super::simulation::Simulation;
use crate::actor::address::Address;
use crate::actor::simulated::{Front, front};
use std::any::Any;

impl Simulation {
    /// Has an actor handle its next message, which must be one of which `that` is true. Its whole turn is this message, nobody else has
    /// one, and nothing goes wrong but what was [named](Simulation::fail_at). One that handles [batches](crate::OptionsBuilder::gather)
    /// handles its next one, of whose first message `that` is asked.
    ///
    /// # Panics
    /// If `that` is false of it, or panics, or if the actor handles no message: it has none, is suspended, or waits for a batch to
    /// become full. And as [`Simulation::step`].
    #[track_caller]
    pub fn expect<M: 'static>(&mut self, actor: Address<M>, that: impl FnOnce(&M) -> bool + 'static) {
        let found = self.handle_next(actor, that);
        assert!(found.is_some(), "{} has no message to handle", self.name(actor));
        assert!(found == Some(true), "the next message of {} is not the expected one", self.name(actor));
    }

    /// Has an actor handle its next message; what `that` says of it, if there is one.
    #[track_caller]
    fn handle_next<M: 'static>(
        &mut self,
        actor: Address<M>,
        that: impl FnOnce(&M) -> bool + 'static,
    ) -> Option<bool> {
        let look = move |message: &dyn Any| message.downcast_ref::<M>().is_some_and(that);
        self.go_on_with_begun();
        self.executor().step_with(actor.raw, Box::new(look));
        self.go_on_with_begun();
        self.check();
        let found = self.state(|state| state.found.take());
        found.map(|found| found.unwrap_or_else(|payload| std::panic::resume_unwind(payload)))
    }

    /// As [`Simulation::expect`], if `that` is true of the actor's next message; else nothing happens, and the answer is false. Only a
    /// message that was sent can be looked at before its turn: of what the engine makes in the turn (an outcome, a notice, an item of a
    /// flow) `that` is not asked, and the answer is false.
    ///
    /// # Panics
    /// If the actor sorts its messages (lanes, batches, or dropping the oldest), so that nobody knows which is next.
    #[track_caller]
    pub fn allow<M: 'static>(&mut self, actor: Address<M>, that: impl FnOnce(&M) -> bool) -> bool {
        // It may not be handled after all: who begins with it may fail to.
        self.is_next(actor, that) && self.handle_next(actor, |_| true).is_some()
    }

    /// Nothing happens.
    ///
    /// # Panics
    /// If `that` is true of the actor's next message; which can be looked at as by [`Simulation::allow`].
    #[track_caller]
    pub fn disallow<M: 'static>(&mut self, actor: Address<M>, that: impl FnOnce(&M) -> bool) {
        let is_there = self.is_next(actor, that);
        assert!(!is_there, "the next message of {} is one that must not be there", self.name(actor));
    }

    #[track_caller]
    fn is_next<M: 'static>(&mut self, actor: Address<M>, that: impl FnOnce(&M) -> bool) -> bool {
        self.go_on_with_begun();
        if !self.executor().owns(actor.raw) {
            return false;
        }
        // SAFETY: it is runnable, so the executor alone owns it; an address tells the type of its messages. Nothing runs meanwhile.
        match unsafe { front::<M>(actor.raw.cell()) } {
            Front::Message(message) => that(message),
            Front::Nothing | Front::Made => false,
            Front::Unsorted => panic!("{} sorts its messages in its turn: use `expect`", self.name(actor)),
        }
    }
}
