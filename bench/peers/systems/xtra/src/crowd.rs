//! Idle actors, beside which others work.

use crate::system::System;
use std::sync::Arc;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use xtra::{Address, Context, Handler};

/// 16 bytes, as in all systems.
#[derive(xtra::Actor)]
pub(crate) struct Idle {
    number: u64,
    times: u64,
}

struct Greeting(Arc<Latch>);

impl Handler<Greeting> for Idle {
    type Return = ();

    async fn handle(&mut self, Greeting(latch): Greeting, _: &mut Context<Self>) {
        self.times += 1;
        latch.count_down(self.number);
    }
}

/// So many more, each of which has handled one message.
pub(crate) fn gather(system: &System, actors: u64) -> Result<Vec<Address<Idle>>, Spoiled> {
    let (latch, waiting) = Latch::new(actors);
    let crowd = system.all_made((0..actors).map(|number| Idle { number, times: 0 }))?;
    for idle in &crowd {
        system.tell(idle, Greeting(Arc::clone(&latch)))?;
    }
    waiting.ended()?;
    Ok(crowd)
}
