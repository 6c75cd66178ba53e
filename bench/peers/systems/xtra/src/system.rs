//! The runtime, how actors are made in it, and how they send.

use peer_runtime::Runtime;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use throng_bench::alone::spoiled::Spoiled;
use tokio::runtime::Handle;
use xtra::{Actor, Address, Error, Handler, Mailbox};

/// Of a mailbox.
const CAPACITY: usize = 1_024;
/// So many messages in a row are sent to a mailbox before the tasks that have work have their turn.
pub(crate) const BURST: u64 = 128;
/// So many, where they go to many mailboxes in turns, each of which then has some to handle at once.
pub(crate) const SPREAD: u64 = 1_024;
/// So many actors are made before those that have been are to work and end: the next ones have what they leave.
pub(crate) const BROOD: u64 = 32;

/// An actor of its own, in a task of its own. Within the runtime.
pub(crate) fn spawn<A: Actor<Stop = ()>>(actor: A) -> Address<A> {
    xtra::spawn_tokio(actor, Mailbox::bounded(CAPACITY))
}

/// The runtime.
pub(crate) struct System(Runtime);

impl System {
    pub(crate) fn new(workers: usize) -> Result<Self, Spoiled> {
        Ok(Self(Runtime::start(workers)?))
    }

    /// An actor, made from the thread that calls.
    pub(crate) fn made<A: Actor<Stop = ()>>(&self, actor: A) -> Address<A> {
        let _within = self.0.handle().enter();
        spawn(actor)
    }

    /// Actors that a task of the runtime makes, where each new one needs no waking of a worker.
    pub(crate) fn all_made<A: Actor<Stop = ()>>(
        &self,
        actors: impl IntoIterator<Item = A, IntoIter: Send + 'static>,
    ) -> Result<Vec<Address<A>>, Spoiled> {
        let actors = actors.into_iter();
        let making = async move {
            let mut made = Vec::with_capacity(actors.size_hint().0);
            for actor in actors {
                made.push(spawn(actor));
                if (made.len() as u64).is_multiple_of(BURST) {
                    tokio::task::yield_now().await;
                }
            }
            made
        };
        let runtime = self.0.handle();
        Ok(runtime.block_on(runtime.spawn(making))?)
    }

    /// Sends a message from a thread that is not the runtime's.
    pub(crate) fn tell<A: Handler<M>, M: Send + 'static>(
        &self,
        to: &Address<A>,
        message: M,
    ) -> Result<(), Error> {
        tell_from_outside(self.0.handle(), to, message)
    }

    pub(crate) fn handle(&self) -> Handle {
        self.0.handle().clone()
    }
}

/// Sends a message from an actor; waits only where the mailbox is full.
pub(crate) async fn tell<A: Handler<M>, M: Send + 'static>(to: &Address<A>, message: M) -> Result<(), Error> {
    to.send(message).detach().await.map(drop)
}

/// Sends a message from a thread that is not the runtime's; blocks it only where the mailbox is full.
pub(crate) fn tell_from_outside<A: Handler<M>, M: Send + 'static>(
    runtime: &Handle,
    to: &Address<A>,
    message: M,
) -> Result<(), Error> {
    let mut telling = pin!(tell(to, message));
    match telling.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(told) => told,
        Poll::Pending => runtime.block_on(telling),
    }
}
