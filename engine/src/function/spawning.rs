//! Bringing functions to life.

use super::inbox::Inbox;
use super::join::{Join, slot};
use super::runner::Function;
use crate::actor::address::Address;
use crate::actor::behavior::{Actor, Context};
use crate::actor::options::Options;
use crate::actor::spawn;
use crate::scheduler::shared::Shared;
use std::future::Future;

impl<A: Actor> Context<'_, A> {
    /// Spawns an actor from a function; see [`System::spawn_fn`](crate::System::spawn_fn).
    ///
    /// # Panics
    /// As [`Context::spawn`].
    pub fn spawn_fn<M, F, Fut, T>(&mut self, f: F) -> (Address<M>, Join<T>)
    where
        M: Send + 'static,
        F: FnOnce(Inbox<M>) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.spawn_fn_with(f, &Options::default())
    }

    /// As [`Context::spawn_fn`], with these options.
    ///
    /// # Panics
    /// As [`Context::spawn`].
    pub fn spawn_fn_with<M, F, Fut, T>(&mut self, f: F, options: &Options) -> (Address<M>, Join<T>)
    where
        M: Send + 'static,
        F: FnOnce(Inbox<M>) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let teller = slot();
        let twin = teller.twin();
        let spawned = self.try_spawn(Function::new(f, teller, options), options);
        let address = spawned.unwrap_or_else(|refused| panic!("{refused}"));
        (address, twin.join(address.id()))
    }
}

/// Spawns from a thread outside.
pub(crate) fn from_outside<M, F, Fut, T>(shared: &Shared, f: F, options: &Options) -> (Address<M>, Join<T>)
where
    M: Send + 'static,
    F: FnOnce(Inbox<M>) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let teller = slot();
    let twin = teller.twin();
    let spawned = spawn::from_outside(shared, Function::new(f, teller, options), options);
    let address = spawned.unwrap_or_else(|refused| panic!("{refused}"));
    (address, twin.join(address.id()))
}
