//! The runtime, how actors are made in it, and how they send.

use kameo::actor::{ActorRef, Spawn};
use kameo::error::SendError;
use kameo::mailbox::{MailboxReceiver, MailboxSender, bounded, unbounded};
use kameo::{Actor, message::Message};
use peer_runtime::Runtime;
use throng_bench::alone::spoiled::Spoiled;

/// Of a bounded mailbox.
const CAPACITY: usize = 1_024;
/// So many messages in a row are sent to a mailbox before the tasks that have work have their turn. It is how many messages tokio lets a
/// task receive in one turn.
pub(crate) const BURST: u64 = 128;
/// So many, where they go to many mailboxes in turns, each of which then has some to handle at once.
pub(crate) const SPREAD: u64 = 1_024;
/// So many actors are made before those that have been are to work and end: the next ones have what they leave.
pub(crate) const BROOD: u64 = 32;

/// What mailboxes all actors have.
#[derive(Clone, Copy)]
pub(crate) enum Mailboxes {
    Bounded,
    Unbounded,
}

impl Mailboxes {
    /// An actor of its own, in a task of its own. Within the runtime.
    pub(crate) fn spawn<A: Actor<Args = A>>(self, actor: A) -> ActorRef<A> {
        A::spawn_with_mailbox(actor, self.mailbox())
    }

    fn mailbox<A: Actor>(self) -> (MailboxSender<A>, MailboxReceiver<A>) {
        match self {
            Self::Bounded => bounded(CAPACITY),
            Self::Unbounded => unbounded(),
        }
    }
}

/// A runtime with its kind of mailboxes.
pub(crate) struct System {
    runtime: Runtime,
    pub(crate) mailboxes: Mailboxes,
}

impl System {
    pub(crate) fn new(workers: usize, mailboxes: Mailboxes) -> Result<Self, Spoiled> {
        Ok(Self { runtime: Runtime::start(workers)?, mailboxes })
    }

    /// An actor, made from the thread that calls.
    pub(crate) fn made<A: Actor<Args = A>>(&self, actor: A) -> ActorRef<A> {
        let _within = self.runtime.handle().enter();
        self.mailboxes.spawn(actor)
    }

    /// Actors that a task of the runtime makes, where each new one needs no waking of a worker.
    pub(crate) fn all_made<A: Actor<Args = A> + Sync>(
        &self,
        actors: impl IntoIterator<Item = A, IntoIter: Send + 'static>,
    ) -> Result<Vec<ActorRef<A>>, Spoiled> {
        let (actors, mailboxes) = (actors.into_iter(), self.mailboxes);
        let making = async move {
            let mut made = Vec::with_capacity(actors.size_hint().0);
            for actor in actors {
                made.push(mailboxes.spawn(actor));
                if (made.len() as u64).is_multiple_of(BURST) {
                    tokio::task::yield_now().await;
                }
            }
            made
        };
        let runtime = self.runtime.handle();
        Ok(runtime.block_on(runtime.spawn(making))?)
    }

    /// Has actors end that hold each other, and would not otherwise.
    pub(crate) fn stopped<A: Actor>(&self, actors: &[ActorRef<A>]) -> Result<(), Spoiled> {
        self.runtime.handle().block_on(async {
            for actor in actors {
                actor.stop_gracefully().await?;
            }
            Ok(())
        })
    }
}

/// A message was sent to an actor that has ended; who sent it ends too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

/// Sends a message from an actor; waits only where the mailbox is full.
pub(crate) async fn tell<A: Message<M>, M: Send + 'static>(
    to: &ActorRef<A>,
    message: M,
) -> Result<(), Refused> {
    match to.tell(message).try_send() {
        Ok(()) => Ok(()),
        Err(SendError::MailboxFull(message)) => to.tell(message).send().await.map_err(|_| Refused),
        Err(_) => Err(Refused),
    }
}

/// Sends a message from a thread that is not the runtime's; blocks it only where the mailbox is full.
pub(crate) fn tell_from_outside<A: Message<M>, M: Send + 'static>(
    to: &ActorRef<A>,
    message: M,
) -> Result<(), Spoiled> {
    match to.tell(message).try_send() {
        Err(SendError::MailboxFull(message)) => Ok(to.tell(message).blocking_send()?),
        told => Ok(told?),
    }
}
