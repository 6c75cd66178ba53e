//! Create: an actor makes many, some at a time; each ends when it has handled its message and nobody has its address.

use crate::news::{arrived, certain, heard, last_words};
use crate::placing::{Cores, SMALLEST};
use aetherflow::{Actor, ActorRef, System};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

const AT_ONCE: u64 = 64;

struct Maker {
    system: Arc<System>,
    made: u64,
    actors: u64,
    latch: Arc<Latch>,
    me: Option<ActorRef<Maker>>,
    // Told when it begins, and when it is dropped with it: the last of its fields, so that the system has been let go of.
    began: Sender<Instant>,
}

enum ToMaker {
    Begin(Box<ActorRef<Maker>>),
    Go,
}

impl Actor for Maker {
    type Message = ToMaker;

    fn handle(&mut self, message: ToMaker) {
        if let ToMaker::Begin(me) = message {
            self.me = Some(*me);
            // Who does not wait for it has been told why.
            let _ = self.began.send(Instant::now());
        }
        for _ in 0..AT_ONCE.min(self.actors - self.made) {
            let child = Child { number: self.made, handled: 0, latch: self.latch.clone() };
            // On its own core: memory that another frees costs more than what the other could do.
            certain(self.system.spawn_on_with(0, child, SMALLEST).try_send(Only));
            self.made += 1;
        }
        if self.made == self.actors {
            // An actor ends when nobody can send to it.
            self.me = None;
        } else if let Some(me) = &self.me {
            certain(me.try_send(ToMaker::Go));
        }
    }
}

struct Child {
    number: u64,
    handled: u64,
    latch: Arc<Latch>,
}

struct Only;

impl Actor for Child {
    type Message = Only;

    fn handle(&mut self, _: Only) {
        self.handled += 1;
    }

    fn on_stop(&mut self) {
        if self.handled == 1 {
            self.latch.count_down(self.number);
        }
    }
}

pub(crate) fn run(cores: Cores<'_>, task: Task) -> Result<Iteration, Spoiled> {
    let (latch, waiting) = Latch::new(task.messages);
    let (began, begins) = channel();
    let maker = Maker {
        system: cores.0.clone(),
        made: 0,
        actors: task.messages,
        latch: latch.clone(),
        me: None,
        began,
    };
    let maker = cores.make(0, maker);
    arrived(maker.send_blocking(ToMaker::Begin(Box::new(maker.clone()))))?;
    drop(maker);
    let ended = waiting.ended()?;
    let began = heard(&begins)?;
    last_words(&begins, drop)?;
    Ok(Iteration { took: ended - began, counts: vec![latch.counted()], disorder: 0 })
}
