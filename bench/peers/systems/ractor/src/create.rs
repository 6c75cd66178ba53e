//! Create: one actor makes many; each handles one message and ends.

use crate::{BROOD, made};
use peer_tally::own::{Tallies, Tally};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use tokio::runtime::Handle;

struct Child;

/// Counts down when its actor has ended, if that has handled its message.
struct Life {
    number: u64,
    handled: bool,
    latch: Arc<Latch>,
}

impl Drop for Life {
    fn drop(&mut self) {
        if self.handled {
            self.latch.count_down(self.number);
        }
    }
}

struct Work;

impl Actor for Child {
    type Msg = Work;
    type State = Life;
    type Arguments = Life;

    async fn pre_start(&self, _: ActorRef<Work>, life: Life) -> Result<Life, ActorProcessingErr> {
        Ok(life)
    }

    async fn handle(&self, me: ActorRef<Work>, _: Work, life: &mut Life) -> Result<(), ActorProcessingErr> {
        life.handled = true;
        me.stop(None);
        Ok(())
    }
}

struct Parent;

struct Bearing {
    children: u64,
    made: Tally<u64>,
    latch: Arc<Latch>,
}

struct Begin;

impl Actor for Parent {
    type Msg = Begin;
    type State = Bearing;
    type Arguments = Bearing;

    async fn pre_start(&self, _: ActorRef<Begin>, bearing: Bearing) -> Result<Bearing, ActorProcessingErr> {
        Ok(bearing)
    }

    async fn handle(
        &self,
        me: ActorRef<Begin>,
        _: Begin,
        bearing: &mut Bearing,
    ) -> Result<(), ActorProcessingErr> {
        for number in 0..bearing.children {
            let life = Life { number, handled: false, latch: bearing.latch.clone() };
            let (child, _) = Child::spawn(None, Child, life).await?;
            child.cast(Work)?;
            bearing.made.count += 1;
            if bearing.made.count.is_multiple_of(BROOD) {
                tokio::task::yield_now().await;
            }
        }
        me.stop(None);
        Ok(())
    }
}

pub(crate) fn run(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (latch, waiting) = Latch::new(task.messages);
    let parent = made(runtime, Parent, Bearing { children: task.messages, made: tallies.tally(), latch })?;
    let began = Instant::now();
    parent.cast(Begin)?;
    let took = waiting.ended()?.duration_since(began);
    // As many as the latch, which only those count down that have handled their message.
    Ok(Iteration { took, counts: tallies.all()?, disorder: 0 })
}
