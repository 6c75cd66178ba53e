//! Two actors: ping-pong, counting and asking.

use crate::node::{Node, Part};
use crate::parts::{Actor, Stop, sent};
use elfo::prelude::*;
use elfo::{Addr, Local};
use peer_tally::Tally;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

/// As elfo's own bench does, who only sends lets others have their turn after so many.
pub(crate) const TURN: u64 = 512;

/// What both have to know.
struct Pair {
    /// Messages, round trips or questions.
    each: u64,
    tally: Arc<Tally>,
    ended: Sender<Instant>,
}

/// With whom.
#[message]
struct BeginPair {
    other: Local<Addr>,
    pair: Local<Arc<Pair>>,
}

#[message]
struct Ball;

pub(crate) async fn ping(mut actor: Actor) {
    let Some(envelope) = actor.recv().await else { return };
    let (pong, pair) = msg!(match envelope {
        BeginPair { other, pair } => (*other, pair.into_inner()),
        _ => return,
    });
    let mut pongs = pair.tally.count(0);
    if actor.try_send_to(pong, Ball).is_err() {
        return;
    }
    while let Some(envelope) = actor.recv().await {
        msg!(match envelope {
            Ball => {
                pongs.up();
                if pongs.count() == pair.each {
                    let _ = pair.ended.send(Instant::now());
                } else if actor.try_send_to(pong, Ball).is_err() {
                    return;
                }
            }
            Stop => return,
        });
    }
}

pub(crate) async fn pong(mut actor: Actor) {
    let Some(envelope) = actor.recv().await else { return };
    let (ping, pair) = msg!(match envelope {
        BeginPair { other, pair } => (*other, pair.into_inner()),
        _ => return,
    });
    let mut pings = pair.tally.count(1);
    while let Some(envelope) = actor.recv().await {
        msg!(match envelope {
            Ball => {
                pings.up();
                if actor.try_send_to(ping, Ball).is_err() {
                    return;
                }
            }
            Stop => return,
        });
    }
}

#[message]
struct Increment;

pub(crate) async fn producer(mut actor: Actor) {
    let Some(envelope) = actor.recv().await else { return };
    let (counter, pair) = msg!(match envelope {
        BeginPair { other, pair } => (*other, pair.into_inner()),
        _ => return,
    });
    for nth in 1..=pair.each {
        if !sent(&actor, counter, Increment).await {
            return;
        }
        if nth % TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) async fn counter(mut actor: Actor) {
    let Some(envelope) = actor.recv().await else { return };
    let pair = msg!(match envelope {
        BeginPair { pair, .. } => pair.into_inner(),
        _ => return,
    });
    let mut total = pair.tally.count(0);
    while let Some(envelope) = actor.recv().await {
        msg!(match envelope {
            Increment => {
                total.up();
                if total.count() == pair.each {
                    let _ = pair.ended.send(Instant::now());
                }
            }
            Stop => return,
        });
    }
}

#[message(ret = u64)]
struct Question(u64);

pub(crate) async fn asker(mut actor: Actor) {
    let Some(envelope) = actor.recv().await else { return };
    let (knows, pair) = msg!(match envelope {
        BeginPair { other, pair } => (*other, pair.into_inner()),
        _ => return,
    });
    let (mut answers, mut sum) = (pair.tally.count(0), pair.tally.count(1));
    for number in 0..pair.each {
        let Ok(answer) = actor.request_to(knows, Question(number)).resolve().await else { return };
        answers.up();
        sum.add(answer);
    }
    let _ = pair.ended.send(Instant::now());
}

pub(crate) async fn knows(mut actor: Actor) {
    while let Some(envelope) = actor.recv().await {
        msg!(match envelope {
            (Question(number), token) => actor.respond(token, number + 1),
            Stop => return,
        });
    }
}

/// Both begin, the one that begins the work last; it ends by itself or by `stops`.
fn played(
    node: &Node,
    task: Task,
    counts: u64,
    first: Part,
    second: Part,
    stops: bool,
) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(counts);
    let (ended, news) = channel();
    let (first, second) = (node.cast_one(first)?, node.cast_one(second)?);
    let pair = Arc::new(Pair { each: task.each(), tally, ended });
    node.send(second, BeginPair { other: first.into(), pair: pair.clone().into() })?;
    let begin = BeginPair { other: second.into(), pair: pair.into() };

    let began = Instant::now();
    node.send(first, begin)?;
    let took = heard(&news)? - began;
    node.stop(stops.then_some(first))?;
    node.stop([second])?;
    Ok(Iteration { took, counts: told.counts()?, disorder: 0 })
}

pub(crate) fn ping_pong(node: &Node, task: Task) -> Result<Iteration, Spoiled> {
    played(node, task, 2, Part::Ping, Part::Pong, true)
}

pub(crate) fn counting(node: &Node, task: Task) -> Result<Iteration, Spoiled> {
    played(node, task, 1, Part::Producer, Part::Counter, false)
}

pub(crate) fn ask(node: &Node, task: Task) -> Result<Iteration, Spoiled> {
    played(node, task, 2, Part::Asker, Part::Knows, false)
}
