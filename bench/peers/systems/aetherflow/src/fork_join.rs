//! Fork-join: who sends has a core, and those who count have the others, if there are any.

use crate::news::{arrived, heard, last_words};
use crate::placing::Cores;
use crate::pump::{Pump, ToPump};
use aetherflow::Actor;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

struct Receiver {
    number: usize,
    count: u64,
    last: u64,
    ended: Sender<Instant>,
    counts: Sender<(usize, u64)>,
}

struct Add;

impl Actor for Receiver {
    type Message = Add;

    fn handle(&mut self, Add: Add) {
        self.count += 1;
        if self.count == self.last {
            // Who does not wait for it has been told why.
            let _ = self.ended.send(Instant::now());
        }
    }

    fn on_stop(&mut self) {
        let _ = self.counts.send((self.number, self.count));
    }
}

pub(crate) fn run(cores: Cores<'_>, task: Task) -> Result<Iteration, Spoiled> {
    let many = task.actors as usize;
    let (ended, ends) = channel();
    let (began, begins) = channel();
    let (counts, counted) = channel();
    let receiver = |number| {
        let (ended, counts) = (ended.clone(), counts.clone());
        let receiver = Receiver { number, count: 0, last: task.each(), ended, counts };
        cores.make(cores.beside_the_first(number, many), receiver)
    };
    let receivers: Vec<_> = (0..many).map(receiver).collect();
    drop((ended, counts));
    // One round: more than one of each is never handled before this core comes round again.
    let pump = cores.make(0, Pump::new(receivers, task.messages, task.actors, |_| Add, began));
    arrived(pump.send_blocking(ToPump::Begin(Box::new(pump.clone()))))?;
    drop(pump);
    let began = heard(&begins)?;
    let mut last = began;
    for _ in 0..many {
        last = last.max(heard(&ends)?);
    }
    last_words(&begins, drop)?;
    let mut counts = vec![0; many];
    last_words(&counted, |(number, count)| counts[number] = count)?;
    Ok(Iteration { took: last - began, counts, disorder: 0 })
}
