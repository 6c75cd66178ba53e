//! Bringing functions to life.

use super::inbox::Inbox;
use super::join::{Join, slot};
use super::runner::Function;
use crate::actor::address::Address;
use crate::actor::behavior::{Actor, Context};
use crate::actor::options::Options;
use crate::actor::spawn;
use crate::error::SpawnError;
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
        joined(f, options, |function| self.try_spawn(function, options))
    }
}

impl<M: Send + 'static> Inbox<M> {
    /// Spawns an actor with its type's [options](Actor::options), in the system of this inbox's actor: from inside a function. Its
    /// address can be used at once.
    ///
    /// # Panics
    /// Where [`Inbox::try_spawn`] gives the actor back instead.
    pub fn spawn<B: Actor>(&self, actor: B) -> Address<B::Msg> {
        self.try_spawn(actor, &B::options()).unwrap_or_else(|refused| panic!("{refused}"))
    }

    /// Spawns an actor with these options, in the system of this inbox's actor.
    ///
    /// Where the function is polled by its own actor, as it is unless it hands its inbox out, this works. An inbox that is elsewhere
    /// (on a thread outside, in another system, or left over when its actor has ended) spawns nothing: nothing there keeps the
    /// system from coming down meanwhile.
    ///
    /// Costs what [`Context::spawn`] does, and a look at this actor's own cell.
    ///
    /// # Errors
    /// [`SpawnError`] with the actor when no memory, address range or thread is left; or, which
    /// [`SpawnError::is_elsewhere`] tells, when this is not a worker of the actor's system, or its actor has ended.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Context, Fault, Inbox, Options, Reply, System};
    ///
    /// struct Seven;
    ///
    /// impl Actor for Seven {
    ///     type Msg = Reply<u32>;
    ///     fn handle(&mut self, reply: Reply<u32>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         reply.send(7);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut inline = System::builder().inline();
    /// let (_, sum) = inline.spawn_fn(async |inbox: Inbox<()>| {
    ///     let seven = inbox.try_spawn(Seven, &Options::default()).map_err(|refused| refused.to_string())?;
    ///     let (_, three) = inbox.spawn_fn(async |_: Inbox<()>| 3);
    ///     let seven = seven.ask(|reply| reply).await.map_err(|why| why.to_string())?;
    ///     Ok::<_, String>(seven + three.await.map_err(|why| why.to_string())?)
    /// });
    /// inline.run_until_idle();
    /// assert_eq!(sum.wait().unwrap(), Ok(10));
    /// ```
    pub fn try_spawn<B: Actor>(&self, actor: B, options: &Options) -> Result<Address<B::Msg>, SpawnError<B>> {
        spawn::beside(self.me, actor, options)
    }

    /// Spawns an actor from a function, from inside another; see [`System::spawn_fn`](crate::System::spawn_fn). It outlives this
    /// one, unless this one awaits it or stops it.
    ///
    /// # Panics
    /// As [`Inbox::spawn`].
    pub fn spawn_fn<N, F, Fut, T>(&self, f: F) -> (Address<N>, Join<T>)
    where
        N: Send + 'static,
        F: FnOnce(Inbox<N>) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.spawn_fn_with(f, &Options::default())
    }

    /// As [`Inbox::spawn_fn`], with these options.
    ///
    /// # Panics
    /// As [`Inbox::spawn`].
    pub fn spawn_fn_with<N, F, Fut, T>(&self, f: F, options: &Options) -> (Address<N>, Join<T>)
    where
        N: Send + 'static,
        F: FnOnce(Inbox<N>) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        joined(f, options, |function| self.try_spawn(function, options))
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
    joined(f, options, |function| spawn::from_outside(shared, function, options))
}

/// Has `spawn` make an actor of a function, with what hears of its end.
fn joined<M, F, Fut, T>(
    f: F,
    options: &Options,
    spawn: impl FnOnce(Function<M, F, Fut, T>) -> Result<Address<M>, SpawnError<Function<M, F, Fut, T>>>,
) -> (Address<M>, Join<T>)
where
    M: Send + 'static,
    F: FnOnce(Inbox<M>) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let teller = slot();
    let twin = teller.twin();
    let address = spawn(Function::new(f, teller, options)).unwrap_or_else(|refused| panic!("{refused}"));
    (address, twin.join(address.id()))
}
