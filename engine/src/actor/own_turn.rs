//! Doing something with an actor's state in its own turn, without a message: for actors of the engine's own whose messages are
//! the user's. Stands on errands, so that no full mailbox holds it up.

use super::behavior::{Actor, Context};
use super::fault::Fault;
use super::guard::context;
use super::order::rouse;
use super::post::{ActorId, Raw};
use super::seat;
use super::watch::{Ended, Watch};
use std::marker::PhantomData;

/// The right to do something in the turns of an actor, for as long as this state of it lives.
pub(crate) struct OwnTurn<A> {
    to: Raw,
    epoch: u16,
    state: PhantomData<fn(A)>,
}

impl<A> Clone for OwnTurn<A> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<A> Copy for OwnTurn<A> {}

impl<A: Actor> OwnTurn<A> {
    /// Does this before the actor's next message. A fault of it is one of the actor. False if the actor has ended.
    pub(crate) fn run<F>(self, what: F) -> bool
    where
        F: FnOnce(&mut A, &mut Context<'_, A>) -> Result<(), Fault> + Send + 'static,
    {
        rouse(
            self.to,
            Box::new(move |cx| {
                // SAFETY: put to an actor of this type; no state is borrowed while errands are done.
                let cx = unsafe { context::<A>(cx) };
                if cx.is_vacant() || cx.epoch() != self.epoch {
                    return Ok(());
                }
                // SAFETY: the turn owns the actor, whose cell is not vacant, and the context does not touch the state.
                what(unsafe { seat::state::<A>(cx.cell).as_mut() }, cx)
            }),
        )
    }
}

impl<A: Actor> Context<'_, A> {
    /// The right to do something in later turns of this actor.
    pub(crate) fn own_turn(&self) -> OwnTurn<A> {
        OwnTurn { to: self.raw(), epoch: self.epoch(), state: PhantomData }
    }

    /// As [`Context::watch`]; told not by a message but by a call.
    pub(crate) fn watch_in_turn<F>(&mut self, actor: ActorId, then: F) -> Watch
    where
        F: FnOnce(&mut A, Ended, &mut Context<'_, A>) -> Result<(), Fault> + Send + 'static,
    {
        let own = self.own_turn();
        self.look_on(
            actor.0,
            Box::new(move |exit| {
                let ended = Ended { actor, exit: exit.clone() };
                // Refused only where nobody is left to be told.
                let _told: bool = own.run(move |state, cx| then(state, ended, cx));
            }),
        )
    }
}
