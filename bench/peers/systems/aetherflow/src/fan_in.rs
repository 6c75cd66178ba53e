//! Fan-in: who receives has a core, and those who send have the others, if there are any.

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

/// What has come of one sender.
#[derive(Clone, Default)]
struct Of {
    count: u64,
    next: u32,
}

struct Receiver {
    senders: Vec<Of>,
    left: u64,
    disorder: u64,
    ended: Sender<Instant>,
    counts: Sender<(Vec<u64>, u64)>,
}

struct Numbered {
    sender: u32,
    number: u32,
}

impl Actor for Receiver {
    type Message = Numbered;

    fn handle(&mut self, Numbered { sender, number }: Numbered) {
        let of = &mut self.senders[sender as usize];
        of.count += 1;
        if number < of.next {
            self.disorder += 1;
        } else {
            of.next = number + 1;
        }
        self.left -= 1;
        if self.left == 0 {
            // Who does not wait for it has been told why.
            let _ = self.ended.send(Instant::now());
        }
    }

    fn on_stop(&mut self) {
        let counts = self.senders.iter().map(|of| of.count).collect();
        let _ = self.counts.send((counts, self.disorder));
    }
}

pub(crate) fn run(cores: Cores<'_>, task: Task) -> Result<Iteration, Spoiled> {
    let many = task.actors as usize;
    let (ended, ends) = channel();
    let (began, begins) = channel();
    let (counts, counted) = channel();
    let senders = vec![Of::default(); many];
    let receiver = Receiver { senders, left: task.messages, disorder: 0, ended, counts };
    let receiver = cores.make_with(cores.last(), receiver, LARGE);
    let pump = |sender: usize| {
        let message = move |number| Numbered { sender: sender as u32, number: number as u32 };
        let pump = Pump::new(vec![receiver.clone()], task.each(), AT_ONCE, message, began.clone());
        cores.make(cores.before_the_last(sender, many), pump)
    };
    let pumps: Vec<_> = (0..many).map(pump).collect();
    drop((receiver, began));
    for pump in pumps {
        arrived(pump.send_blocking(ToPump::Begin(Box::new(pump.clone()))))?;
    }
    let ended = heard(&ends)?;
    let mut first = ended;
    last_words(&begins, |began| first = first.min(began))?;
    let (counts, disorder) = heard(&counted)?;
    last_words(&counted, drop)?;
    Ok(Iteration { took: ended - first, counts, disorder })
}
