//! Many that ping each other at random.

use crate::node::{Node, Part};
use crate::parts::{Actor, Stop};
use elfo::prelude::*;
use elfo::{Addr, Local};
use peer_tally::Tally;
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use throng_bench::seeded::Seeded;

/// What all have to know.
struct Game {
    each: u64,
    players: Vec<Addr>,
    tally: Arc<Tally>,
    latch: Arc<Latch>,
}

#[message]
struct BeginPlayer {
    number: u64,
    game: Local<Arc<Game>>,
}

#[message]
struct Serve;

#[message]
struct Pinged {
    from: Local<Addr>,
}

#[message]
struct Ponged;

pub(crate) async fn player(mut actor: Actor) {
    let Some(envelope) = actor.recv().await else { return };
    let (number, game) = msg!(match envelope {
        BeginPlayer { number, game } => (number, game.into_inner()),
        _ => return,
    });
    let all = game.players.len() as u64;
    // Everybody can have been pinged by all at once, and all find room.
    actor.set_mailbox_capacity(2 * all as usize + 2);
    let mut drawn = Seeded::stream(1, number);
    let (mut pongs, mut answered) = (game.tally.count(number), game.tally.count(all + number));
    while let Some(envelope) = actor.recv().await {
        let to = msg!(match envelope {
            Pinged { from } => {
                answered.up();
                if actor.try_send_to(*from, Ponged).is_err() {
                    return;
                }
                continue;
            }
            Ponged => {
                pongs.up();
                if pongs.count() == game.each {
                    game.latch.count_down(number);
                    continue;
                }
                game.players[drawn.below(all) as usize]
            }
            Serve => game.players[drawn.below(all) as usize],
            Stop => return,
            _ => continue,
        });
        if actor.try_send_to(to, Pinged { from: actor.addr().into() }).is_err() {
            return;
        }
    }
}

pub(crate) fn big(node: &Node, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(2 * task.actors);
    let (latch, waiting) = Latch::new(task.actors);
    let players = node.cast(Part::Player, task.actors)?;
    let game = Arc::new(Game { each: task.each(), players: players.clone(), tally, latch });
    for (player, number) in players.iter().zip(0..) {
        node.send(*player, BeginPlayer { number, game: game.clone().into() })?;
    }
    drop(game);

    let began = Instant::now();
    for player in &players {
        node.send(*player, Serve)?;
    }
    let took = waiting.ended()? - began;
    node.stop(players)?;
    let mut counts = told.counts()?;
    let answered = counts.drain(task.actors as usize..).sum();
    counts.push(answered);
    Ok(Iteration { took, counts, disorder: 0 })
}
