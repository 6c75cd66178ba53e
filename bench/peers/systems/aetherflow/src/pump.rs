//! Who sends many messages: some at a time, and then a message to itself, so that its core comes round to the others. A full mailbox is
//! tried again with the next.

use crate::news::certain;
use aetherflow::{Actor, ActorRef, TrySendError};
use std::sync::mpsc::Sender;
use std::time::Instant;

/// Sends to the receivers in turns.
pub(crate) struct Pump<A: Actor, M: FnMut(u64) -> A::Message + Send + 'static> {
    receivers: Vec<ActorRef<A>>,
    turn: usize,
    sent: u64,
    messages: u64,
    /// Sends at most so many before it lets the others have the core.
    at_once: u64,
    /// What the message of this number is.
    message: M,
    /// When it sent the first.
    began: Sender<Instant>,
    me: Option<ActorRef<Self>>,
}

pub(crate) enum ToPump<P: Actor> {
    Begin(Box<ActorRef<P>>),
    Go,
}

impl<A: Actor, M: FnMut(u64) -> A::Message + Send + 'static> Pump<A, M> {
    pub(crate) fn new(
        receivers: Vec<ActorRef<A>>,
        messages: u64,
        at_once: u64,
        message: M,
        began: Sender<Instant>,
    ) -> Self {
        Self { receivers, turn: 0, sent: 0, messages, at_once, message, began, me: None }
    }

    fn go(&mut self) {
        let most = self.messages.min(self.sent + self.at_once);
        while self.sent < most {
            match self.receivers[self.turn].try_send((self.message)(self.sent)) {
                Ok(()) => self.sent += 1,
                Err(TrySendError::Full(_)) => break,
                Err(TrySendError::Closed(_)) => panic!("a receiver has ended"),
            }
            self.turn += 1;
            if self.turn == self.receivers.len() {
                self.turn = 0;
            }
        }
        if self.sent < self.messages {
            if let Some(me) = &self.me {
                certain(me.try_send(ToPump::Go));
            }
        } else {
            // An actor ends when nobody can send to it.
            self.me = None;
        }
    }
}

impl<A: Actor, M: FnMut(u64) -> A::Message + Send + 'static> Actor for Pump<A, M> {
    type Message = ToPump<Self>;

    fn handle(&mut self, message: ToPump<Self>) {
        if let ToPump::Begin(me) = message {
            self.me = Some(*me);
            // Who does not wait for it has been told why.
            let _ = self.began.send(Instant::now());
        }
        self.go();
    }
}
