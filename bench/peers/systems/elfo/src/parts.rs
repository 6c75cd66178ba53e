//! What an actor can be: each kind is a group, whose router makes as many as it is asked for.

use elfo::errors::TrySendError;
use elfo::prelude::*;
use elfo::routers::{MapRouter, Outcome};
use elfo::{Addr, Context, Local, Message};
use std::future::Future;

/// Each has a key of its own.
pub(crate) type Actor = Context<(), u64>;

/// To a group: it makes actors with these keys, and each tells its address. From then on messages go by that, not through the router.
#[message(ret = Local<(u64, Addr)>)]
pub(crate) struct Cast {
    pub(crate) first: u64,
    pub(crate) count: u64,
}

/// To an actor: it ends.
#[message]
pub(crate) struct Stop;

/// Sends, and says whether it could; waits only where there is no room: `send_to` has a future for that each time.
pub(crate) async fn sent<M: Message>(actor: &Actor, to: Addr, message: M) -> bool {
    match actor.try_send_to(to, message) {
        Ok(()) => true,
        Err(TrySendError::Full(message)) => actor.send_to(to, message).await.is_ok(),
        Err(TrySendError::Closed(_)) => false,
    }
}

/// A group whose actors tell their address and then play their `part`.
pub(crate) fn group<F>(part: impl Fn(Actor) -> F + Send + Sync + Copy + 'static) -> Blueprint
where
    F: Future<Output = ()> + Send + 'static,
{
    ActorGroup::new()
        .router(MapRouter::new(|envelope| {
            msg!(match envelope {
                Cast { first, count } => Outcome::Multicast((*first..*first + *count).collect()),
                _ => Outcome::Default,
            })
        }))
        // Boxed: elfo moves the future through several of its own, each of which has the room for it twice.
        .exec(move |actor| Box::pin(introduced(actor, part)))
}

async fn introduced<F: Future<Output = ()>>(mut actor: Actor, part: impl Fn(Actor) -> F) {
    let Some(envelope) = actor.recv().await else { return };
    msg!(match envelope {
        (Cast, token) => actor.respond(token, (*actor.key(), actor.addr()).into()),
        _ => return,
    });
    part(actor).await;
}
