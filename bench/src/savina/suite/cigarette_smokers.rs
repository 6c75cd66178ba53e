//! Cigarette smokers: an arbiter draws who smokes next, and for how long; the smoker says that it has begun, and the arbiter draws the
//! next while it smokes. Verified by the same draws in a loop: who smoked, in which order, and what came of the time.

use super::busy::busy;
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::mem::take;
use throng::{Actor, Address, Context, Fault, Reply};

const SEED: u64 = 1;
/// Draws that a smoke takes: these at least, and fewer than so many more.
const LEAST: u32 = 10;
const MORE: u64 = 1_000;

/// Savina's `smokers`.
#[derive(Clone, Copy)]
pub(super) struct CigaretteSmokers {
    smokers: u32,
    rounds: u32,
}

/// What came of it.
pub(super) struct Answer {
    /// Who has begun to smoke, in order.
    began: Vec<u32>,
    /// What each smoker says of itself.
    smoked: Vec<Smoked>,
}

/// The smokes of one.
#[derive(Clone, Copy, Default)]
pub(super) struct Smoked {
    rounds: u32,
    sum: u64,
}

/// Who draws, and makes the others.
pub(super) struct Arbiter {
    size: CigaretteSmokers,
    seeded: Seeded,
    smokers: Vec<Address<ToSmoker>>,
    /// Smokers who have not gone.
    left: u32,
    answer: Answer,
    reply: Option<Reply<Answer>>,
}

pub(super) enum ToArbiter {
    Begin(Reply<Answer>),
    /// This one has begun to smoke.
    Began(u32),
    Gone(u32, Smoked),
}

impl Actor for Arbiter {
    type Msg = ToArbiter;

    fn handle(&mut self, message: ToArbiter, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToArbiter::Begin(reply) => {
                self.reply = Some(reply);
                let arbiter = cx.me();
                let smoker = |number| cx.spawn(Smoker { number, smoked: Smoked::default(), arbiter });
                self.smokers = (0..self.size.smokers).map(smoker).collect();
                self.next(cx)
            }
            ToArbiter::Began(smoker) => {
                self.answer.began.push(smoker);
                if self.answer.began.len() < self.size.rounds as usize {
                    return self.next(cx);
                }
                self.smokers.iter().try_for_each(|&each| Ok(cx.send(each, ToSmoker::Go)?))
            }
            ToArbiter::Gone(smoker, smoked) => {
                self.answer.smoked[smoker as usize] = smoked;
                self.left -= 1;
                if self.left == 0 {
                    let reply = asker(&mut self.reply)?;
                    let began = take(&mut self.answer.began);
                    reply.send(Answer { began, smoked: take(&mut self.answer.smoked) });
                }
                Ok(())
            }
        }
    }
}

impl Arbiter {
    fn next(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let smoker = self.seeded.below(self.size.smokers.into()) as usize;
        let draws = LEAST + self.seeded.below(MORE) as u32;
        Ok(cx.send(self.smokers[smoker], ToSmoker::Smoke(draws))?)
    }
}

struct Smoker {
    number: u32,
    smoked: Smoked,
    arbiter: Address<ToArbiter>,
}

enum ToSmoker {
    /// For so many draws.
    Smoke(u32),
    Go,
}

impl Actor for Smoker {
    type Msg = ToSmoker;

    fn handle(&mut self, message: ToSmoker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToSmoker::Smoke(draws) => {
                cx.send(self.arbiter, ToArbiter::Began(self.number))?;
                self.smoked.rounds += 1;
                self.smoked.sum = busy(self.smoked.sum, draws);
            }
            ToSmoker::Go => {
                cx.send(self.arbiter, ToArbiter::Gone(self.number, self.smoked))?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Workload for CigaretteSmokers {
    const NAME: &'static str = "cigarette-smokers";
    const DIFFERS: &'static str = "each smoker tells at last what it smoked; a draw of the busy work is a nanosecond, where that of Java \
 is some tens";

    type Main = Arbiter;
    type Answer = Answer;
    type Expected = Answer;

    fn of(size: Size) -> Self {
        Self { smokers: size.of(10, 200, 200), rounds: size.of(100, 1_000, 10_000) }
    }

    fn words(&self) -> String {
        let rounds = units::counted(self.rounds.into(), "round");
        format!("{rounds} of {} and an arbiter", units::counted(self.smokers.into(), "smoker"))
    }

    fn messages(&self) -> Messages {
        Messages::Exactly(1 + 2 * u64::from(self.rounds) + 2 * u64::from(self.smokers))
    }

    fn expected(&self) -> Answer {
        let mut seeded = Seeded::new(SEED);
        let mut smoked = vec![Smoked::default(); self.smokers as usize];
        let mut began = Vec::new();
        for _ in 0..self.rounds {
            let smoker = seeded.below(self.smokers.into()) as u32;
            let Smoked { rounds, sum } = smoked[smoker as usize];
            let sum = busy(sum, LEAST + seeded.below(MORE) as u32);
            smoked[smoker as usize] = Smoked { rounds: rounds + 1, sum };
            began.push(smoker);
        }
        Answer { began, smoked }
    }

    fn main(&self) -> Arbiter {
        let began = Vec::with_capacity(self.rounds as usize);
        let smoked = vec![Smoked::default(); self.smokers as usize];
        let (size, seeded, smokers, left) = (*self, Seeded::new(SEED), Vec::new(), self.smokers);
        Arbiter { size, seeded, smokers, left, answer: Answer { began, smoked }, reply: None }
    }

    fn begin(&self, reply: Reply<Answer>) -> ToArbiter {
        ToArbiter::Begin(reply)
    }

    fn check(&self, expected: &Answer, answer: Answer) -> Result<(), String> {
        same("rounds", expected.began.len(), answer.began.len())?;
        for (round, (&smoker, got)) in expected.began.iter().zip(answer.began).enumerate() {
            same(format_args!("who smokes in round {round}"), smoker, got)?;
        }
        same("smokers", expected.smoked.len(), answer.smoked.len())?;
        for (smoker, (smoked, got)) in expected.smoked.iter().zip(answer.smoked).enumerate() {
            same(format_args!("rounds of smoker {smoker}"), smoked.rounds, got.rounds)?;
            same(format_args!("the sum of smoker {smoker}"), smoked.sum, got.sum)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let answer = |began: &[u32], smoked: [(u32, u64); 2]| Answer {
            began: began.to_vec(),
            smoked: smoked.map(|(rounds, sum)| Smoked { rounds, sum }).to_vec(),
        };
        let expected = answer(&[0, 1, 0], [(2, 20), (1, 10)]);
        let workload = CigaretteSmokers { smokers: 2, rounds: 3 };
        let checked = |began, smoked| workload.check(&expected, answer(began, smoked));
        assert_eq!(checked(&[0, 1, 0], [(2, 20), (1, 10)]), Ok(()));
        let refused = |began, smoked, words: &str| assert_eq!(checked(began, smoked), Err(words.into()));
        refused(&[0, 1], [(2, 20), (1, 10)], "rounds: 3 was to be, 2 is");
        refused(&[0, 0, 1], [(2, 20), (1, 10)], "who smokes in round 1: 1 was to be, 0 is");
        refused(&[0, 1, 0], [(1, 20), (1, 10)], "rounds of smoker 0: 2 was to be, 1 is");
        refused(&[0, 1, 0], [(2, 20), (1, 11)], "the sum of smoker 1: 10 was to be, 11 is");
    }
}
