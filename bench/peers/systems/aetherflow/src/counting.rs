//! Counting: who sends and who counts each have a core, if there are two.

use crate::news::{arrived, heard, last_words};
use crate::placing::{Cores, LARGE};
use crate::pump::{Pump, ToPump};
use aetherflow::Actor;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

const AT_ONCE: u64 = 256;

struct Counter {
    total: u64,
    last: u64,
    told: Sender<(Instant, u64)>,
}

struct Add;

impl Actor for Counter {
    type Message = Add;

    fn handle(&mut self, Add: Add) {
        self.total += 1;
        if self.total == self.last {
            // Who does not wait for it has been told why.
            let _ = self.told.send((Instant::now(), self.total));
        }
    }
}

pub(crate) fn run(cores: Cores<'_>, task: Task) -> Result<Iteration, Spoiled> {
    let (told, total) = channel();
    let (began, begins) = channel();
    let counter = cores.make_with(cores.last(), Counter { total: 0, last: task.messages, told }, LARGE);
    let pump = cores.make(0, Pump::new(vec![counter], task.messages, AT_ONCE, |_| Add, began));
    arrived(pump.send_blocking(ToPump::Begin(Box::new(pump.clone()))))?;
    drop(pump);
    let (ended, count) = heard(&total)?;
    let began = heard(&begins)?;
    last_words(&begins, drop)?;
    last_words(&total, drop)?;
    Ok(Iteration { took: ended - began, counts: vec![count], disorder: 0 })
}
