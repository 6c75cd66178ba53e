//! Children: actors whose end their parent is told of, whatever it is.

use super::address::Address;
use super::behavior::{Actor, Context};
use super::ext::Ext;
use super::kin::Parent;
use super::options::Options;
use super::post::ActorId;
use super::spawn;
use super::watch::Ended;
use crate::error::SpawnError;

impl<A: Actor> Context<'_, A> {
    /// Spawns an actor and [watches](Context::watch) it from before its first turn on: however it ends, also by a fault of its
    /// first hook, this actor is told, once. The name is what [`System::tree`](crate::System::tree) shows. A child outlives its
    /// parent, and a restart of it, unless it is linked to it; a state that was made after it is not told of its end. To have it
    /// restarted, use a supervisor.
    ///
    /// # Errors
    /// [`SpawnError`] with the actor when no memory or address range is left; then nothing is told.
    pub fn spawn_child<B, F>(
        &mut self,
        name: &str,
        child: B,
        options: &Options,
        then: F,
    ) -> Result<Address<B::Msg>, SpawnError<B>>
    where
        B: Actor,
        F: FnOnce(Ended) -> A::Msg + Send + 'static,
    {
        let (cell, raw) = spawn::seated(self.worker(), child, options)?;
        // SAFETY: just made, and ours until it is scheduled.
        let kin = Ext::of_or_new(unsafe { &*cell.as_ptr() }).kin_or_new();
        let named = kin.parent.set(Parent { raw: self.raw().0, name: name.into(), guards: false });
        debug_assert!(named.is_ok(), "a fresh actor has no parent");
        self.watch(ActorId(raw), then);
        self.worker().reschedule(cell);
        Ok(Address::new(raw))
    }
}
