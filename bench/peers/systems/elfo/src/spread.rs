//! One to many and many to one: fork-join and fan-in.

use crate::node::{Node, Part};
use crate::pairs::TURN;
use crate::parts::{Actor, Stop, sent};
use elfo::prelude::*;
use elfo::{Addr, Local};
use peer_tally::Tally;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{Latch, heard};
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

/// What joins have to know.
struct Joins {
    each: u64,
    tally: Arc<Tally>,
    latch: Arc<Latch>,
}

#[message]
struct BeginFork {
    joins: Local<Arc<Vec<Addr>>>,
    all: u64,
}

#[message]
struct BeginJoin {
    number: u64,
    joins: Local<Arc<Joins>>,
}

#[message]
struct Work;

pub(crate) async fn fork(mut actor: Actor) {
    let Some(envelope) = actor.recv().await else { return };
    let (joins, all) = msg!(match envelope {
        BeginFork { joins, all } => (joins.into_inner(), all),
        _ => return,
    });
    let mut next = joins.iter().cycle();
    for nth in 1..=all {
        let Some(join) = next.next() else { return };
        if !sent(&actor, *join, Work).await {
            return;
        }
        if nth % TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) async fn join(mut actor: Actor) {
    let Some(envelope) = actor.recv().await else { return };
    let (number, joins) = msg!(match envelope {
        BeginJoin { number, joins } => (number, joins.into_inner()),
        _ => return,
    });
    let mut got = joins.tally.count(number);
    while let Some(envelope) = actor.recv().await {
        msg!(match envelope {
            Work => {
                got.up();
                if got.count() == joins.each {
                    joins.latch.count_down(number);
                }
            }
            Stop => return,
        });
    }
}

pub(crate) fn fork_join(node: &Node, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(task.actors);
    let (latch, waiting) = Latch::new(task.actors);
    let cast = node.cast(Part::Join, task.actors)?;
    let joins = Arc::new(Joins { each: task.each(), tally, latch });
    for (join, number) in cast.iter().zip(0..) {
        node.send(*join, BeginJoin { number, joins: joins.clone().into() })?;
    }
    drop(joins);
    let fork = node.cast_one(Part::Fork)?;
    let begin = BeginFork { joins: Arc::new(cast.clone()).into(), all: task.messages };

    let began = Instant::now();
    node.send(fork, begin)?;
    let took = waiting.ended()? - began;
    node.stop(cast)?;
    Ok(Iteration { took, counts: told.counts()?, disorder: 0 })
}

/// What the receiver has to know.
struct Received {
    feeders: u64,
    all: u64,
    tally: Arc<Tally>,
    ended: Sender<(Instant, u64)>,
}

#[message]
struct BeginReceiver {
    received: Local<Arc<Received>>,
}

#[message]
struct BeginFeeder {
    receiver: Local<Addr>,
    number: u32,
    each: u32,
}

#[message]
struct Numbered {
    from: u32,
    n: u32,
}

pub(crate) async fn feeder(mut actor: Actor) {
    let Some(envelope) = actor.recv().await else { return };
    let (receiver, number, each) = msg!(match envelope {
        BeginFeeder { receiver, number, each } => (*receiver, number, each),
        _ => return,
    });
    for n in 0..each {
        if !sent(&actor, receiver, Numbered { from: number, n }).await {
            return;
        }
        if (u64::from(n) + 1) % TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) async fn receiver(mut actor: Actor) {
    let Some(envelope) = actor.recv().await else { return };
    let received = msg!(match envelope {
        BeginReceiver { received } => received.into_inner(),
        _ => return,
    });
    let mut got: Vec<_> = (0..received.feeders).map(|feeder| received.tally.count(feeder)).collect();
    let mut expected: Vec<u32> = vec![0; got.len()];
    let (mut left, mut disorder) = (received.all, 0);
    while let Some(envelope) = actor.recv().await {
        msg!(match envelope {
            Numbered { from, n } => {
                got[from as usize].up();
                let expected = &mut expected[from as usize];
                if n < *expected {
                    disorder += 1;
                } else {
                    *expected = n + 1;
                }
                left -= 1;
                if left == 0 {
                    let _ = received.ended.send((Instant::now(), disorder));
                }
            }
            Stop => return,
        });
    }
}

pub(crate) fn fan_in(node: &Node, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(task.actors);
    let (ended, news) = channel();
    let receiver = node.cast_one(Part::Receiver)?;
    let received = Arc::new(Received { feeders: task.actors, all: task.messages, tally, ended });
    node.send(receiver, BeginReceiver { received: received.into() })?;
    let feeders = node.cast(Part::Feeder, task.actors)?;
    let each = u32::try_from(task.each())?;

    let began = Instant::now();
    for (feeder, number) in feeders.iter().zip(0..) {
        node.send(*feeder, BeginFeeder { receiver: receiver.into(), number, each })?;
    }
    let (last, disorder) = heard(&news)?;
    node.stop([receiver])?;
    Ok(Iteration { took: last - began, counts: told.counts()?, disorder })
}
