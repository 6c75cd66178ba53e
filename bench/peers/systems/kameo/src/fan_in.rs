//! Fan-in: many send to one, which looks that each one's messages come in order.

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
struct Receiver {
    left: u64,
    /// The number that is next, of each sender.
    next: Vec<u32>,
    counts: Vec<u64>,
    disorder: u64,
    handled: Tally<u64>,
    ended: Sender<(Instant, Vec<u64>, u64)>,
}

struct Numbered {
    sender: u32,
    number: u32,
}

impl Message<Numbered> for Receiver {
    type Reply = ();

    async fn handle(&mut self, message: Numbered, _: &mut Context<Self, Self::Reply>) {
        let Numbered { sender, number } = message;
        let next = &mut self.next[sender as usize];
        if number < *next {
            self.disorder += 1;
        } else {
            *next = number + 1;
        }
        self.counts[sender as usize] += 1;
        self.handled.count += 1;
        self.left -= 1;
        if self.left == 0 {
            let at = Instant::now();
            // Who does not wait for it has been told why.
            let _ = self.ended.send((at, std::mem::take(&mut self.counts), self.disorder));
        }
    }
}

#[derive(Actor)]
struct Source {
    receiver: ActorRef<Receiver>,
    number: u32,
    each: u64,
    sent: Tally<u64>,
}

struct Begin;

impl Message<Begin> for Source {
    type Reply = Result<(), Refused>;

    async fn handle(&mut self, _: Begin, context: &mut Context<Self, Self::Reply>) -> Self::Reply {
        while self.sent.count < self.each {
            tell(&self.receiver, Numbered { sender: self.number, number: self.sent.count as u32 }).await?;
            self.sent.count += 1;
            if self.sent.count.is_multiple_of(BURST) {
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
    let (many, handled) = (task.actors as usize, tallies.tally());
    let receiver = Receiver {
        left: task.messages,
        next: vec![0; many],
        counts: vec![0; many],
        disorder: 0,
        handled,
        ended,
    };
    let receiver = system.made(receiver);
    let source =
        |number| Source { receiver: receiver.clone(), number, each: task.each(), sent: tallies.tally() };
    let sources: Vec<_> = (0..task.actors as u32).map(source).collect();
    // It ends when nobody can send to it any more.
    drop(receiver);
    let sources = system.all_made(sources)?;
    let began = Instant::now();
    for source in &sources {
        tell_from_outside(source, Begin)?;
    }
    let (at, counts, disorder) = heard(&news)?;
    tallies.all()?;
    Ok(Iteration { took: at.duration_since(began), counts, disorder })
}
