//! Where actors are: a system of Coerce on a runtime of Tokio's.

use coerce::actor::message::{Handler, Message};
use coerce::actor::scheduler::ActorType;
use coerce::actor::system::ActorSystem;
use coerce::actor::{Actor, LocalActorRef};
use peer_runtime::Runtime;
use throng_bench::alone::spoiled::Spoiled;

/// After so many one-way messages one is sent whose end is waited for. Mailboxes have no bounds: this is how Coerce's own bench has what
/// was sent not pile up.
pub(crate) const WAITED: u64 = 1_000;

/// A system, and what it runs on.
pub(crate) struct Stage {
    runtime: Runtime,
    actors: ActorSystem,
}

/// An actor that is not registered: its name need not be its own.
pub(crate) async fn made<A: Actor>(actors: &ActorSystem, actor: A) -> LocalActorRef<A> {
    actors.new_actor_deferred("actor", actor, ActorType::Anonymous).await
}

/// Sends one way, and every thousandth message so that its end is waited for.
pub(crate) async fn send_nth<A, M>(nth: u64, to: &LocalActorRef<A>, message: M) -> Result<(), Spoiled>
where
    A: Actor + Handler<M>,
    M: Message<Result = ()>,
{
    match nth % WAITED {
        0 => to.send(message).await?,
        _ => to.notify(message)?,
    }
    Ok(())
}

impl Stage {
    pub(crate) fn start(workers: usize) -> Result<Self, Spoiled> {
        let runtime = Runtime::start(workers)?;
        let context = runtime.handle().enter();
        let actors = ActorSystem::builder().system_name("peers").build();
        drop(context);
        Ok(Self { runtime, actors })
    }

    /// An actor made from this thread.
    pub(crate) fn make<A: Actor>(&self, actor: A) -> LocalActorRef<A> {
        self.runtime.handle().block_on(made(&self.actors, actor))
    }

    /// So many.
    pub(crate) fn make_all<A: Actor>(&self, actors: impl IntoIterator<Item = A>) -> Vec<LocalActorRef<A>> {
        self.runtime.handle().block_on(async {
            let mut all = Vec::new();
            for actor in actors {
                all.push(made(&self.actors, actor).await);
            }
            all
        })
    }

    pub(crate) fn end(self) {
        self.runtime.handle().block_on(self.actors.shutdown());
    }
}
