//! Many that ping each other at random.

use crate::stage::Stage;
use async_trait::async_trait;
use coerce::actor::context::ActorContext;
use coerce::actor::message::{Handler, Message};
use coerce::actor::{Actor, LocalActorRef};
use peer_tally::{Count, Tally};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use throng_bench::seeded::Seeded;

struct Serve;

impl Message for Serve {
    type Result = ();
}

/// With the number of the one that it is from.
struct Pinged(u64);

impl Message for Pinged {
    type Result = ();
}

struct Ponged;

impl Message for Ponged {
    type Result = ();
}

type All = Arc<OnceLock<Vec<LocalActorRef<Player>>>>;

struct Player {
    all: All,
    drawn: Seeded,
    left: u64,
    pongs: Count,
    answered: Count,
    latch: Arc<Latch>,
}

impl Actor for Player {}

impl Player {
    fn serve(&mut self) {
        let Some(all) = self.all.get() else { return };
        self.left -= 1;
        let drawn = self.drawn.below(all.len() as u64) as usize;
        let _ = all[drawn].notify(Pinged(self.pongs.number()));
    }
}

#[async_trait]
impl Handler<Serve> for Player {
    async fn handle(&mut self, _: Serve, _: &mut ActorContext) {
        self.serve();
    }
}

#[async_trait]
impl Handler<Pinged> for Player {
    async fn handle(&mut self, Pinged(from): Pinged, _: &mut ActorContext) {
        self.answered.up();
        if let Some(all) = self.all.get() {
            let _ = all[from as usize].notify(Ponged);
        }
    }
}

#[async_trait]
impl Handler<Ponged> for Player {
    async fn handle(&mut self, _: Ponged, _: &mut ActorContext) {
        self.pongs.up();
        if self.left > 0 {
            self.serve();
        } else {
            self.latch.count_down(self.pongs.number());
        }
    }
}

pub(crate) fn big(stage: &Stage, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(2 * task.actors);
    let (latch, waiting) = Latch::new(task.actors);
    let all = All::default();
    let player = |number| Player {
        all: all.clone(),
        drawn: Seeded::stream(1, number),
        left: task.each(),
        pongs: tally.count(number),
        answered: tally.count(task.actors + number),
        latch: latch.clone(),
    };
    let players = stage.make_all((0..task.actors).map(player));
    drop((tally, latch));
    all.get_or_init(|| players.clone());

    let began = Instant::now();
    for player in &players {
        player.notify(Serve)?;
    }
    let took = waiting.ended()? - began;
    for player in players {
        player.notify_stop()?;
    }
    let mut counts = told.counts()?;
    let answered = counts.drain(task.actors as usize..).sum();
    counts.push(answered);
    Ok(Iteration { took, counts, disorder: 0 })
}
