//! Fan-in: many send to one, which looks that each one's messages come in order.

use crate::{BURST, all_made, made};
use peer_tally::own::{Tallies, Tally};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use tokio::runtime::Handle;

struct Receiver;

struct Receiving {
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

impl Actor for Receiver {
    type Msg = Numbered;
    type State = Receiving;
    type Arguments = Receiving;

    async fn pre_start(
        &self,
        _: ActorRef<Numbered>,
        receiving: Receiving,
    ) -> Result<Receiving, ActorProcessingErr> {
        Ok(receiving)
    }

    async fn handle(
        &self,
        _: ActorRef<Numbered>,
        Numbered { sender, number }: Numbered,
        receiving: &mut Receiving,
    ) -> Result<(), ActorProcessingErr> {
        let next = &mut receiving.next[sender as usize];
        if number < *next {
            receiving.disorder += 1;
        } else {
            *next = number + 1;
        }
        receiving.counts[sender as usize] += 1;
        receiving.handled.count += 1;
        receiving.left -= 1;
        if receiving.left == 0 {
            let at = Instant::now();
            receiving.ended.send((at, std::mem::take(&mut receiving.counts), receiving.disorder))?;
        }
        Ok(())
    }
}

struct Sending;

struct Sent {
    receiver: ActorRef<Numbered>,
    number: u32,
    each: u64,
    sent: Tally<u64>,
}

struct Begin;

impl Actor for Sending {
    type Msg = Begin;
    type State = Sent;
    type Arguments = Sent;

    async fn pre_start(&self, _: ActorRef<Begin>, sent: Sent) -> Result<Sent, ActorProcessingErr> {
        Ok(sent)
    }

    async fn handle(&self, me: ActorRef<Begin>, _: Begin, sent: &mut Sent) -> Result<(), ActorProcessingErr> {
        while sent.sent.count < sent.each {
            sent.receiver.cast(Numbered { sender: sent.number, number: sent.sent.count as u32 })?;
            sent.sent.count += 1;
            if sent.sent.count.is_multiple_of(BURST) {
                tokio::task::yield_now().await;
            }
        }
        me.stop(None);
        Ok(())
    }
}

pub(crate) fn run(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (ended, news) = channel();
    let many = task.actors as usize;
    let receiving = Receiving {
        left: task.messages,
        next: vec![0; many],
        counts: vec![0; many],
        disorder: 0,
        handled: tallies.tally(),
        ended,
    };
    let receiver = made(runtime, Receiver, receiving)?;
    let sender = |number| {
        let (receiver, sent) = (receiver.clone(), tallies.tally());
        (Sending, Sent { receiver, number, each: task.each(), sent })
    };
    let senders: Vec<_> = (0..task.actors as u32).map(sender).collect();
    let senders = all_made(runtime, senders)?;
    let began = Instant::now();
    for sender in &senders {
        sender.cast(Begin)?;
    }
    let (at, counts, disorder) = heard(&news)?;
    receiver.stop(None);
    tallies.all()?;
    Ok(Iteration { took: at.duration_since(began), counts, disorder })
}
