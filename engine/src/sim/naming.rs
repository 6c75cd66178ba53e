//! Actors by the names that they have in the trace, wherever a simulation tells of them.

use super::simulation::Simulation;
use crate::actor::address::Address;
use crate::actor::post::Raw;
use crate::error::Running;
use crate::quiesce;

impl Simulation {
    /// An actor in words.
    pub(super) fn name<M>(&self, actor: Address<M>) -> String {
        let Running { actor: of, generation, .. } = quiesce::at(self.system.shared(), 0, actor.raw.cell());
        // The memory may serve another one by now.
        let of = if generation == actor.raw.generation() { of } else { "an actor that has ended" };
        self.named(actor.raw, of)
    }

    /// The same of one whose turn it is, or was.
    pub(super) fn name_of(&self, running: &Running) -> String {
        self.named(Raw::new(running.number, running.generation), running.actor)
    }

    /// Who was never runnable here has no number. Where failures are compared, numbers do not count: neither these nor those.
    fn named(&self, raw: Raw, of: &str) -> String {
        let known = self.state(|state| state.cast.find(raw).map(|number| state.cast.name(number)));
        known.unwrap_or_else(|| format!("{of} ({}.{})", raw.number(), raw.generation()))
    }
}
