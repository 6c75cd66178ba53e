//! Create: one actor makes many; each handles one message and ends.

use crate::system::{BROOD, System, spawn, tell};
use peer_tally::own::{Tallies, Tally};
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use xtra::{Context, Error, Handler};

/// Counts down when it has ended, if it has handled its message.
#[derive(xtra::Actor)]
struct Child {
    number: u64,
    handled: bool,
    latch: Arc<Latch>,
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.handled {
            self.latch.count_down(self.number);
        }
    }
}

struct Work;

impl Handler<Work> for Child {
    type Return = ();

    async fn handle(&mut self, _: Work, context: &mut Context<Self>) {
        self.handled = true;
        context.stop_self();
    }
}

#[derive(xtra::Actor)]
struct Parent {
    children: u64,
    made: Tally<u64>,
    latch: Arc<Latch>,
}

struct Begin;

impl Handler<Begin> for Parent {
    type Return = Result<(), Error>;

    async fn handle(&mut self, _: Begin, context: &mut Context<Self>) -> Self::Return {
        for number in 0..self.children {
            let child = spawn(Child { number, handled: false, latch: self.latch.clone() });
            tell(&child, Work).await?;
            self.made.count += 1;
            if self.made.count.is_multiple_of(BROOD) {
                tokio::task::yield_now().await;
            }
        }
        context.stop_self();
        Ok(())
    }
}

pub(crate) fn run(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (latch, waiting) = Latch::new(task.messages);
    let parent = system.made(Parent { children: task.messages, made: tallies.tally(), latch });
    let began = Instant::now();
    system.tell(&parent, Begin)?;
    let took = waiting.ended()?.duration_since(began);
    // As many as the latch, which only those count down that have handled their message.
    Ok(Iteration { took, counts: tallies.all()?, disorder: 0 })
}
