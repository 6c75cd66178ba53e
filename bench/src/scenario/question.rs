//! One actor asks another, one question after the other.

use super::plan::{Outcome, Plan, SETTLED_WITHIN};
use super::sampler::Sampler;
use super::tally::{Alone, Start, Tally};
use throng::{Actor, Address, Context, Fault, Reply, System};

/// Asks of the goals table.
const ASKS: u64 = 2_000_000;

/// A number, and where the next one is to go.
struct Question(u64, Reply<u64>);

struct Answerer {
    alone: Alone,
    tally: &'static Tally,
}

impl Actor for Answerer {
    type Msg = Question;

    #[inline]
    fn handle(&mut self, question: Question, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.tally.overlap();
        }
        let Question(number, reply) = question;
        reply.send(number + 1);
        if self.alone.leave() {
            self.tally.overlap();
        }
        Ok(())
    }
}

struct Asker {
    to: Address<Question>,
    asked: u64,
    asks: u64,
    alone: Alone,
    sampler: Sampler,
    tally: &'static Tally,
}

/// An answer; 0 begins.
struct Answered(u64);

impl Actor for Asker {
    type Msg = Answered;

    #[inline]
    fn handle(&mut self, answer: Answered, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.tally.overlap();
        }
        if answer.0 != self.asked {
            self.tally.out_of_order(0, self.asked, answer.0);
        }
        if self.sampler.tick() {
            self.sampler.sample(self.tally, cx.worker_index());
            if self.tally.is_over() {
                self.asks = self.asked;
            }
        }
        if self.asked == self.asks {
            // The question of each is counted, its answer is a message beside it.
            self.tally.add_beside(self.asks);
            self.tally.report(self.asks);
        } else {
            let number = self.asked;
            self.asked += 1;
            let tally = self.tally;
            let then = move |outcome: throng::Outcome<u64>| match outcome {
                Ok(next) => Answered(next),
                Err(error) => {
                    tally.wrong(|| format!("ask {number} ended without an answer: {error}"));
                    Answered(number + 1)
                }
            };
            if let Err(error) = cx.ask(self.to, |reply| Question(number, reply), then) {
                tally.wrong(|| error.to_string());
            }
        }
        if self.alone.leave() {
            self.tally.overlap();
        }
        Ok(())
    }
}

/// Runs them.
///
/// # Errors
/// In words, when an actor cannot be spawned.
pub fn run(system: &System, plan: &Plan) -> Result<Outcome, String> {
    let tally = Tally::new(system, plan, 1);
    let answerer = Answerer { alone: Alone::default(), tally };
    let answerer = system.try_spawn(answerer, &plan.options).map_err(|refused| refused.to_string())?;
    let asker = Asker {
        to: answerer,
        asked: 0,
        asks: if plan.duration.is_some() { u64::MAX } else { plan.messages.unwrap_or(ASKS) },
        alone: Alone::default(),
        sampler: Sampler::new(plan.sample_every),
        tally,
    };
    let asker = system.try_spawn(asker, &plan.options).map_err(|refused| refused.to_string())?;
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let start = Start::now();
    asker.try_send(Answered(0)).map_err(|refused| refused.to_string())?;
    let mut outcome = tally.wait(system, plan, start);
    // The word to begin.
    outcome.handled += 1;
    outcome.actors = 2;
    outcome.counts = "ask";
    outcome.response_is = "ask and its answer".into();
    Ok(outcome)
}
