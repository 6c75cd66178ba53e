//! The system, and what an actor does with it.

use crate::handlers::{Handlers, Handles};
use actor_kit::{
    ActorId, ActorScheduler, Error, Mailbox, MailboxConfig, Message, MessagePayload, Priority,
    SchedulerConfig,
};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Messages that a mailbox holds, as in its bench of round trips and in its tests.
///
/// Not 1,024, as the other bounded ones have: all mailboxes of a scheduler hold as many, and memory for two queues of them is taken and
/// written with each actor. Of 1,024 an actor takes 132,600 bytes, so that a million are 133 GB; its documentation has the cost of making
/// one grow with the capacity, and modest mailboxes where actors are many. No worker is held up by a full one: who sends does so for what
/// there is place for, and then goes on by a message to itself.
pub(crate) const CAPACITY: usize = 64;

/// Cheap to clone: each actor has one.
#[derive(Clone)]
pub(crate) struct Kit {
    scheduler: Arc<ActorScheduler>,
    handlers: Arc<Handlers>,
}

/// A message that says no more than that it is there.
pub(crate) const SIGN: MessagePayload = MessagePayload::Empty;

/// A message with bytes.
pub(crate) fn bytes(bytes: &[u8]) -> MessagePayload {
    MessagePayload::Custom(bytes.to_vec())
}

/// The number in a message that has one.
#[inline(always)]
pub(crate) fn number(message: &Message) -> u64 {
    match &message.payload {
        MessagePayload::Custom(bytes) => {
            bytes.as_slice().try_into().map(u64::from_le_bytes).unwrap_or_default()
        }
        _ => 0,
    }
}

impl Kit {
    pub(crate) fn start(workers: usize) -> Result<Self, Error> {
        let handlers = Arc::new(Handlers::default());
        let mut config = SchedulerConfig::new().workers(workers);
        config.mailbox_config = MailboxConfig::new(CAPACITY);
        let scheduler = Arc::new(ActorScheduler::with_executor(config, handlers.clone()));
        scheduler.start()?;
        Ok(Self { scheduler, handlers })
    }

    /// The name and the mailbox of an actor, which is to get its behaviour before its first message.
    pub(crate) fn name(&self) -> Result<ActorId, Error> {
        self.scheduler.spawn()
    }

    /// Gives the actor its behaviour.
    pub(crate) fn behave(&self, id: ActorId, actor: impl Handles + 'static) {
        self.handlers.insert(id, actor);
    }

    /// Makes an actor.
    pub(crate) fn make<A: Handles + 'static>(
        &self,
        actor: impl FnOnce(ActorId) -> A,
    ) -> Result<ActorId, Error> {
        let id = self.name()?;
        self.behave(id, actor(id));
        Ok(id)
    }

    /// Ends an actor. It is dropped when no worker is at it any more.
    pub(crate) fn kill(&self, id: &ActorId) {
        // Who is not there any more has failed, which is seen by what it did not count.
        let _ = self.scheduler.kill(id);
        self.handlers.remove(id);
    }

    /// Sends; whether there was a place in the mailbox.
    #[inline(always)]
    pub(crate) fn try_send(&self, from: Option<ActorId>, to: ActorId, payload: MessagePayload) -> bool {
        match self.scheduler.try_send(to, Message { sender: from, payload, priority: Priority::Normal }) {
            Ok(()) => true,
            Err(Error::ResourceExhausted(_)) => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends where there is a place in the mailbox for sure. Otherwise the sender fails, and tells nothing.
    #[inline(always)]
    pub(crate) fn send(&self, from: Option<ActorId>, to: ActorId, payload: MessagePayload) {
        assert!(self.try_send(from, to, payload), "a mailbox with a place left takes no message");
    }

    /// Sends so many messages of nothing, for which there is place in the mailbox.
    pub(crate) fn send_batch(&self, to: ActorId, messages: usize) {
        let mut sent = pin!(self.scheduler.send_batch(to, vec![Message::default(); messages]));
        loop {
            match sent.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Ok(())) => return,
                Poll::Ready(Err(error)) => panic!("{error}"),
                // A message is off the mailbox's count just before its place is given back: it is on another worker at this moment.
                Poll::Pending => std::hint::spin_loop(),
            }
        }
    }

    /// The actor's mailbox, to see how many places it has.
    pub(crate) fn mailbox(&self, id: &ActorId) -> Result<Arc<Mailbox>, Error> {
        self.scheduler.registry().get_mailbox(id).ok_or_else(|| Error::actor("an actor without a mailbox"))
    }

    /// Ends all of it: its threads have ended when this returns.
    pub(crate) fn end(self) {
        self.scheduler.stop();
        // Actors have a hold of it.
        self.handlers.clear();
    }

    #[cfg(test)]
    pub(crate) fn actors(&self) -> usize {
        assert_eq!(self.scheduler.registry().len(), self.handlers.len());
        self.handlers.len()
    }
}
