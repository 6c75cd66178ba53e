//! Create: one actor makes many; each handles one message and ends.

use crate::system::{BROOD, Mailboxes, Refused, System, tell, tell_from_outside};
use kameo::Actor;
use kameo::message::{Context, Message};
use peer_tally::own::{Tallies, Tally};
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

/// Counts down when it has ended, if it has handled its message.
#[derive(Actor)]
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

impl Message<Work> for Child {
    type Reply = ();

    async fn handle(&mut self, _: Work, context: &mut Context<Self, Self::Reply>) {
        self.handled = true;
        context.stop();
    }
}

#[derive(Actor)]
struct Parent {
    children: u64,
    mailboxes: Mailboxes,
    made: Tally<u64>,
    latch: Arc<Latch>,
}

struct Begin;

impl Message<Begin> for Parent {
    type Reply = Result<(), Refused>;

    async fn handle(&mut self, _: Begin, context: &mut Context<Self, Self::Reply>) -> Self::Reply {
        for number in 0..self.children {
            let child = self.mailboxes.spawn(Child { number, handled: false, latch: self.latch.clone() });
            tell(&child, Work).await?;
            self.made.count += 1;
            if self.made.count.is_multiple_of(BROOD) {
                tokio::task::yield_now().await;
            }
        }
        context.stop();
        Ok(())
    }
}

pub(crate) fn run(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (latch, waiting) = Latch::new(task.messages);
    let (children, mailboxes) = (task.messages, system.mailboxes);
    let parent = system.made(Parent { children, mailboxes, made: tallies.tally(), latch });
    let began = Instant::now();
    tell_from_outside(&parent, Begin)?;
    let took = waiting.ended()?.duration_since(began);
    // As many as the latch, which only those count down that have handled their message.
    Ok(Iteration { took, counts: tallies.all()?, disorder: 0 })
}
