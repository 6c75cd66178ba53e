//! Many that ping each other at random.

use crate::main_loop::{MainLoop, ready};
use peer_tally::{Count, Tally};
use stakker::{Actor, CX, call};
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use throng_bench::seeded::Seeded;

type All = Rc<OnceCell<Vec<Actor<Player>>>>;

struct Player {
    all: All,
    drawn: Seeded,
    left: u64,
    pongs: Count,
    answered: Count,
    latch: Arc<Latch>,
}

impl Player {
    fn serve(&mut self, cx: CX![]) {
        let Some(all) = self.all.get() else { return };
        self.left -= 1;
        let drawn = self.drawn.below(all.len() as u64) as usize;
        call!([all[drawn]], ping(cx.this().clone()));
    }

    fn ping(&mut self, _: CX![], from: Actor<Player>) {
        self.answered.up();
        call!([from], pong());
    }

    fn pong(&mut self, cx: CX![]) {
        self.pongs.up();
        if self.left > 0 {
            self.serve(cx);
        } else {
            self.latch.count_down(self.pongs.number());
        }
    }
}

pub(crate) fn big(main_loop: &MainLoop, task: Task) -> Result<Iteration, Spoiled> {
    let (tally, told) = Tally::new(2 * task.actors);
    let (latch, waiting) = Latch::new(task.actors);
    let began = main_loop.play(move |stakker| {
        let all = All::default();
        let player = |number| Player {
            all: all.clone(),
            drawn: Seeded::stream(1, number),
            left: task.each(),
            pongs: tally.count(number),
            answered: tally.count(task.actors + number),
            latch: latch.clone(),
        };
        let players: Vec<_> = (0..task.actors).map(|number| ready(stakker, player(number))).collect();
        all.get_or_init(|| players.iter().map(|player| (**player).clone()).collect());
        let began = Instant::now();
        for player in &players {
            call!([player], serve());
        }
        (Box::new(players), began)
    })?;
    let took = waiting.ended()? - began;
    main_loop.clear()?;
    let mut counts = told.counts()?;
    let answered = counts.drain(task.actors as usize..).sum();
    counts.push(answered);
    Ok(Iteration { took, counts, disorder: 0 })
}
