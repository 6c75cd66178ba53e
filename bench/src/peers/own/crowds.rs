//! Many actors: each of which pings others, or is idle.

use crate::alone::spoiled::Spoiled;
use crate::peers::latch::{Latch, heard};
use crate::peers::peer::Iteration;
use crate::peers::task::Task;
use crate::seeded::Seeded;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng::{Actor, Address, Context, Fault, System};

enum ToPeer {
    Begin(Arc<[Address<ToPeer>]>),
    Ping(Address<ToPeer>),
    Pong,
    End,
}

struct Pinging {
    number: u64,
    all: Arc<[Address<ToPeer>]>,
    draws: Seeded,
    left: u64,
    pongs: u64,
    answered: u64,
    latch: Arc<Latch>,
    told: Sender<[u64; 3]>,
}

impl Pinging {
    fn ping(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.left -= 1;
        let to = self.all[self.draws.below(self.all.len() as u64) as usize];
        let me = cx.me();
        Ok(cx.send(to, ToPeer::Ping(me))?)
    }
}

impl Actor for Pinging {
    type Msg = ToPeer;

    fn handle(&mut self, message: ToPeer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToPeer::Begin(all) => {
                self.all = all;
                self.ping(cx)?;
            }
            ToPeer::Ping(from) => {
                self.answered += 1;
                cx.send(from, ToPeer::Pong)?;
            }
            ToPeer::Pong => {
                self.pongs += 1;
                if self.left > 0 {
                    self.ping(cx)?;
                } else {
                    self.latch.count_down(self.number);
                }
            }
            ToPeer::End => {
                self.told.send([self.number, self.pongs, self.answered])?;
                cx.stop();
            }
        }
        Ok(())
    }
}

pub(super) fn big(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    let (latch, waiting) = Latch::new(task.actors);
    let (told, counted) = channel();
    let pinging = |number| {
        system.spawn(Pinging {
            number,
            all: Arc::default(),
            draws: Seeded::stream(1, number),
            left: task.each(),
            pongs: 0,
            answered: 0,
            latch: Arc::clone(&latch),
            told: told.clone(),
        })
    };
    let all: Arc<[_]> = (0..task.actors).map(pinging).collect();
    let begun = Instant::now();
    for one in all.iter() {
        one.try_send(ToPeer::Begin(Arc::clone(&all)))?;
    }
    let ended = waiting.ended()?;
    let mut counts = vec![0; all.len() + 1];
    for one in all.iter() {
        one.try_send(ToPeer::End)?;
    }
    for _ in all.iter() {
        let [number, pongs, answered] = heard(&counted)?;
        counts[number as usize] = pongs;
        counts[all.len()] += answered;
    }
    Ok(Iteration { took: ended - begun, counts, disorder: 0 })
}

/// Idle, but for one message.
struct Marker {
    number: u64,
    marks: u64,
}

pub(super) struct Mark(Arc<Latch>);

impl Actor for Marker {
    type Msg = Mark;

    fn handle(&mut self, Mark(latch): Mark, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.marks += 1;
        latch.count_down(self.number);
        Ok(())
    }
}

pub(super) fn idle(system: &System, actors: u64) -> Result<Vec<Address<Mark>>, Spoiled> {
    let (latch, waiting) = Latch::new(actors);
    let all = (0..actors).map(|number| {
        let marker = system.spawn(Marker { number, marks: 0 });
        marker.try_send(Mark(Arc::clone(&latch)))?;
        Ok(marker)
    });
    let all = all.collect::<Result<Vec<_>, Spoiled>>()?;
    waiting.ended()?;
    Ok(all)
}
