//! Counting: one actor sends, another counts.

use crate::system::{BURST, Refused, System, tell, tell_from_outside};
use kameo::Actor;
use kameo::actor::ActorRef;
use kameo::message::{Context, Message};
use peer_tally::own::{Tallies, Tally};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

#[derive(Actor)]
struct Counter {
    of: u64,
    increments: Tally<u64>,
    ended: Sender<Instant>,
}

struct Increment;

impl Message<Increment> for Counter {
    type Reply = ();

    async fn handle(&mut self, _: Increment, _: &mut Context<Self, Self::Reply>) {
        self.increments.count += 1;
        if self.increments.count == self.of {
            // Who does not wait for it has been told why.
            let _ = self.ended.send(Instant::now());
        }
    }
}

#[derive(Actor)]
struct Producer {
    counter: ActorRef<Counter>,
    left: u64,
    sent: Tally<u64>,
}

struct Begin;

impl Message<Begin> for Producer {
    type Reply = Result<(), Refused>;

    async fn handle(&mut self, _: Begin, context: &mut Context<Self, Self::Reply>) -> Self::Reply {
        while self.left > 0 {
            tell(&self.counter, Increment).await?;
            self.sent.count += 1;
            self.left -= 1;
            if self.left.is_multiple_of(BURST) {
                tokio::task::yield_now().await;
            }
        }
        context.stop();
        Ok(())
    }
}

pub(crate) fn run(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (ended, news) = channel();
    let counter = system.made(Counter { of: task.messages, increments: tallies.tally(), ended });
    let producer = system.made(Producer { counter, left: task.messages, sent: tallies.tally() });
    let began = Instant::now();
    tell_from_outside(&producer, Begin)?;
    let took = heard(&news)?.duration_since(began);
    let mut counts = tallies.all()?;
    // What was sent.
    counts.pop();
    Ok(Iteration { took, counts, disorder: 0 })
}
