//! Ask: the asker's core waits for the answer, so who answers needs another.

use crate::news::{arrived, certain, heard, last_words};
use crate::placing::Cores;
use aetherflow::{Actor, ActorRef, Responder};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

/// Why one core is too few.
pub(crate) const ONE_CORE: &str = "an actor cannot ask one on the same core: ask makes the core wait, and is refused with WouldBlockCallingCore";
const AT_ONCE: u64 = 64;

struct Asker {
    answerer: ActorRef<Answerer>,
    questions: u64,
    asked: u64,
    sum: u64,
    began: Option<Instant>,
    me: Option<ActorRef<Asker>>,
    told: Sender<(Duration, u64, u64)>,
}

enum ToAsker {
    Begin(Box<ActorRef<Asker>>),
    Go,
}

impl Actor for Asker {
    type Message = ToAsker;

    fn handle(&mut self, message: ToAsker) {
        if let ToAsker::Begin(me) = message {
            self.me = Some(*me);
            self.began = Some(Instant::now());
        }
        for _ in 0..AT_ONCE.min(self.questions - self.asked) {
            match self.answerer.ask(|responder| Question(self.asked, responder)) {
                Ok(answer) => self.sum += answer,
                Err(error) => panic!("{error:?}"),
            }
            self.asked += 1;
        }
        if self.asked < self.questions {
            if let Some(me) = &self.me {
                certain(me.try_send(ToAsker::Go));
            }
        } else {
            let took = self.began.map(|began| began.elapsed()).unwrap_or_default();
            // Who does not wait for it has been told why.
            let _ = self.told.send((took, self.asked, self.sum));
            // An actor ends when nobody can send to it.
            self.me = None;
        }
    }
}

struct Answerer {
    /// With it, it is heard that it has ended.
    _told: Sender<(Duration, u64, u64)>,
}

struct Question(u64, Responder<u64>);

impl Actor for Answerer {
    type Message = Question;

    fn handle(&mut self, Question(number, responder): Question) {
        responder.reply(number + 1);
    }
}

pub(crate) fn run(cores: Cores<'_>, task: Task) -> Result<Iteration, Spoiled> {
    let (told, tells) = channel();
    let answerer = cores.make(cores.last(), Answerer { _told: told.clone() });
    let asker = Asker { answerer, questions: task.messages, asked: 0, sum: 0, began: None, me: None, told };
    let asker = cores.make(0, asker);
    arrived(asker.send_blocking(ToAsker::Begin(Box::new(asker.clone()))))?;
    drop(asker);
    let (took, answers, sum) = heard(&tells)?;
    last_words(&tells, drop)?;
    Ok(Iteration { took, counts: vec![answers, sum], disorder: 0 })
}
