//! Idle actors, beside which others work.

use crate::all_made;
use ractor::{Actor, ActorProcessingErr, ActorRef};
use std::sync::Arc;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use tokio::runtime::Handle;

struct Idle;

/// 16 bytes, as in all systems.
struct Greeted {
    number: u64,
    times: u64,
}

pub(crate) struct Greeting(Arc<Latch>);

impl Actor for Idle {
    type Msg = Greeting;
    type State = Greeted;
    type Arguments = Greeted;

    async fn pre_start(
        &self,
        _: ActorRef<Greeting>,
        greeted: Greeted,
    ) -> Result<Greeted, ActorProcessingErr> {
        Ok(greeted)
    }

    async fn handle(
        &self,
        _: ActorRef<Greeting>,
        Greeting(latch): Greeting,
        greeted: &mut Greeted,
    ) -> Result<(), ActorProcessingErr> {
        greeted.times += 1;
        latch.count_down(greeted.number);
        Ok(())
    }
}

/// So many more, each of which has handled one message.
pub(crate) fn gather(runtime: &Handle, actors: u64) -> Result<Vec<ActorRef<Greeting>>, Spoiled> {
    let (latch, waiting) = Latch::new(actors);
    let idle = (0..actors).map(|number| (Idle, Greeted { number, times: 0 }));
    let crowd = all_made(runtime, idle)?;
    for idle in &crowd {
        idle.cast(Greeting(Arc::clone(&latch)))?;
    }
    waiting.ended()?;
    Ok(crowd)
}
