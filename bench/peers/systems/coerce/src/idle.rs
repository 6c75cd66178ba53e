//! Actors that are there and do nothing.

use crate::stage::Stage;
use async_trait::async_trait;
use coerce::actor::context::ActorContext;
use coerce::actor::message::{Handler, Message};
use coerce::actor::{Actor, LocalActorRef};
use std::sync::Arc;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;

/// One of a crowd, kept by its reference.
pub(crate) struct Idle {
    number: u64,
    greeted: u64,
}

struct Greet(Arc<Latch>);

impl Message for Greet {
    type Result = ();
}

impl Actor for Idle {}

#[async_trait]
impl Handler<Greet> for Idle {
    async fn handle(&mut self, Greet(latch): Greet, _: &mut ActorContext) {
        self.greeted += 1;
        latch.count_down(self.number);
    }
}

pub(crate) fn crowd(stage: &Stage, actors: u64) -> Result<Vec<LocalActorRef<Idle>>, Spoiled> {
    let idle = stage.make_all((0..actors).map(|number| Idle { number, greeted: 0 }));
    let (latch, greeted) = Latch::new(actors);
    for idle in &idle {
        idle.notify(Greet(latch.clone()))?;
    }
    drop(latch);
    greeted.ended()?;
    Ok(idle)
}
