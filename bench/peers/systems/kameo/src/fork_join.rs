//! Fork-join: one actor sends to many in turns; each counts.

use crate::system::{Refused, SPREAD, System, tell, tell_from_outside};
use kameo::Actor;
use kameo::actor::ActorRef;
use kameo::message::{Context, Message};
use peer_tally::own::{Tallies, Tally};
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

#[derive(Actor)]
struct Receiver {
    number: u64,
    of: u64,
    parts: Tally<u64>,
    latch: Arc<Latch>,
}

struct Part;

impl Message<Part> for Receiver {
    type Reply = ();

    async fn handle(&mut self, _: Part, _: &mut Context<Self, Self::Reply>) {
        self.parts.count += 1;
        if self.parts.count == self.of {
            self.latch.count_down(self.number);
        }
    }
}

#[derive(Actor)]
struct Forker {
    receivers: Vec<ActorRef<Receiver>>,
    rounds: u64,
    sent: Tally<u64>,
}

struct Begin;

impl Message<Begin> for Forker {
    type Reply = Result<(), Refused>;

    async fn handle(&mut self, _: Begin, context: &mut Context<Self, Self::Reply>) -> Self::Reply {
        for _ in 0..self.rounds {
            for receiver in &self.receivers {
                tell(receiver, Part).await?;
                self.sent.count += 1;
                if self.sent.count.is_multiple_of(SPREAD) {
                    tokio::task::yield_now().await;
                }
            }
        }
        context.stop();
        Ok(())
    }
}

pub(crate) fn run(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (latch, waiting) = Latch::new(task.actors);
    let receiver =
        |number| Receiver { number, of: task.each(), parts: tallies.tally(), latch: latch.clone() };
    let receivers: Vec<_> = (0..task.actors).map(receiver).collect();
    drop(latch);
    let receivers = system.all_made(receivers)?;
    let forker = system.made(Forker { receivers, rounds: task.each(), sent: tallies.tally() });
    let began = Instant::now();
    tell_from_outside(&forker, Begin)?;
    let took = waiting.ended()?.duration_since(began);
    let mut counts = tallies.all()?;
    // What was sent.
    counts.pop();
    Ok(Iteration { took, counts, disorder: 0 })
}
