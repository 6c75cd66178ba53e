//! Ask: one actor asks another, one question at a time.

use crate::system::System;
use peer_tally::own::{Tallies, Tally};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use xtra::{Address, Context, Error, Handler};

/// Who answers with 1 more than is asked.
#[derive(xtra::Actor)]
struct Oracle {
    answered: Tally<u64>,
}

struct Question(u64);

impl Handler<Question> for Oracle {
    type Return = u64;

    async fn handle(&mut self, Question(asked): Question, _: &mut Context<Self>) -> u64 {
        self.answered.count += 1;
        asked + 1
    }
}

#[derive(xtra::Actor)]
struct Asker {
    oracle: Address<Oracle>,
    questions: u64,
    answers: Tally<u64>,
    ended: Sender<(Instant, u64)>,
}

struct Begin;

impl Handler<Begin> for Asker {
    type Return = Result<(), Error>;

    async fn handle(&mut self, _: Begin, context: &mut Context<Self>) -> Self::Return {
        let mut sum = 0;
        for asked in 0..self.questions {
            sum += self.oracle.send(Question(asked)).await?;
            self.answers.count += 1;
        }
        context.stop_self();
        self.ended.send((Instant::now(), sum)).map_err(|_| Error::Interrupted)
    }
}

pub(crate) fn run(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (ended, news) = channel();
    let (answers, answered) = (tallies.tally(), tallies.tally());
    let oracle = system.made(Oracle { answered });
    let asker = system.made(Asker { oracle, questions: task.messages, answers, ended });
    let began = Instant::now();
    system.tell(&asker, Begin)?;
    let (at, sum) = heard(&news)?;
    let counts = vec![tallies.all()?[0], sum];
    Ok(Iteration { took: at.duration_since(began), counts, disorder: 0 })
}
