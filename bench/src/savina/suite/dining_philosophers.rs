//! Dining philosophers: each needs the forks on both of its sides, which an arbitrator gives together. Who cannot have both is not
//! denied, as in the suite, where it asks again and again, but has them as soon as both are there.
//!
//! Verified by the arbitrator's log, which is played again: nobody eats with a fork that another one has, and each has its meals.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use std::mem::take;
use throng::{Actor, Address, Context, Fault, Reply};

/// Savina's `philosopher`.
#[derive(Clone, Copy)]
pub(super) struct DiningPhilosophers {
    philosophers: u32,
    /// Of each.
    meals: u32,
}

/// What came of it.
pub(super) struct Answer {
    log: Vec<Event>,
    /// Meals that each says it had.
    meals: Vec<u32>,
}

/// What happened at the table.
#[derive(Clone, Copy)]
pub(super) enum Event {
    /// This philosopher was given both forks.
    Eats(u32),
    /// It has given them back.
    Thinks(u32),
}

/// Who has the forks, and makes the others.
pub(super) struct Arbitrator {
    size: DiningPhilosophers,
    philosophers: Vec<Address<Eat>>,
    /// Whether the fork to the left of each is on the table.
    forks: Vec<bool>,
    /// Who waits for forks.
    hungry: Vec<bool>,
    /// Philosophers who have not left.
    left: u32,
    answer: Answer,
    reply: Option<Reply<Answer>>,
}

pub(super) enum ToArbitrator {
    Begin(Reply<Answer>),
    Hungry(u32),
    Thinks(u32),
    /// This one goes, after so many meals.
    Sated(u32, u32),
}

impl Actor for Arbitrator {
    type Msg = ToArbitrator;

    fn handle(&mut self, message: ToArbitrator, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToArbitrator::Begin(reply) => {
                self.reply = Some(reply);
                let (arbitrator, meals) = (cx.me(), self.size.meals);
                let philosopher = |number| cx.spawn(Philosopher { number, meals, eaten: 0, arbitrator });
                self.philosophers = (0..self.size.philosophers).map(philosopher).collect();
                Ok(())
            }
            ToArbitrator::Hungry(philosopher) => {
                self.hungry[philosopher as usize] = true;
                self.serve(philosopher, cx)
            }
            ToArbitrator::Thinks(philosopher) => {
                self.answer.log.push(Event::Thinks(philosopher));
                let seats = self.size.philosophers;
                let right = (philosopher + 1) % seats;
                self.forks[philosopher as usize] = true;
                self.forks[right as usize] = true;
                self.serve((philosopher + seats - 1) % seats, cx)?;
                self.serve(right, cx)
            }
            ToArbitrator::Sated(philosopher, meals) => {
                self.answer.meals[philosopher as usize] = meals;
                self.left -= 1;
                if self.left == 0 {
                    let reply = asker(&mut self.reply)?;
                    reply.send(Answer {
                        log: take(&mut self.answer.log),
                        meals: take(&mut self.answer.meals),
                    });
                }
                Ok(())
            }
        }
    }
}

impl Arbitrator {
    /// Gives this one its forks, if it waits for them and both are there.
    fn serve(&mut self, philosopher: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let left = philosopher as usize;
        let right = (left + 1) % self.forks.len();
        if self.hungry[left] && self.forks[left] && self.forks[right] {
            (self.hungry[left], self.forks[left], self.forks[right]) = (false, false, false);
            self.answer.log.push(Event::Eats(philosopher));
            cx.send(self.philosophers[left], Eat)?;
        }
        Ok(())
    }
}

struct Philosopher {
    number: u32,
    meals: u32,
    eaten: u32,
    arbitrator: Address<ToArbitrator>,
}

/// Here are the forks.
struct Eat;

impl Actor for Philosopher {
    type Msg = Eat;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(cx.send(self.arbitrator, ToArbitrator::Hungry(self.number))?)
    }

    fn handle(&mut self, _: Eat, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.eaten += 1;
        cx.send(self.arbitrator, ToArbitrator::Thinks(self.number))?;
        if self.eaten < self.meals {
            return self.started(cx);
        }
        cx.send(self.arbitrator, ToArbitrator::Sated(self.number, self.eaten))?;
        cx.stop();
        Ok(())
    }
}

impl Workload for DiningPhilosophers {
    const NAME: &'static str = "dining-philosophers";
    const DIFFERS: &'static str = "";

    type Main = Arbitrator;
    type Answer = Answer;
    /// Meals of each.
    type Expected = u32;

    fn of(size: Size) -> Self {
        Self { philosophers: size.of(5, 20, 20), meals: size.of(100, 10_000, 100_000) }
    }

    fn words(&self) -> String {
        let philosophers = units::counted(self.philosophers.into(), "philosopher");
        format!("{philosophers} with {} each, by one arbitrator", units::counted(self.meals.into(), "meal"))
    }

    fn messages(&self) -> Messages {
        // Who is hungry, eats, and thinks again; and leaves.
        Messages::Exactly(1 + u64::from(self.philosophers) * (3 * u64::from(self.meals) + 1))
    }

    fn expected(&self) -> u32 {
        self.meals
    }

    fn main(&self) -> Arbitrator {
        let seats = self.philosophers as usize;
        let log = Vec::with_capacity(2 * seats * self.meals as usize);
        Arbitrator {
            size: *self,
            philosophers: Vec::new(),
            forks: vec![true; seats],
            hungry: vec![false; seats],
            left: self.philosophers,
            answer: Answer { log, meals: vec![0; seats] },
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Answer>) -> ToArbitrator {
        ToArbitrator::Begin(reply)
    }

    fn check(&self, expected: &u32, answer: Answer) -> Result<(), String> {
        let seats = self.philosophers as usize;
        // Who has each fork, and what each has eaten.
        let mut forks = vec![None; seats];
        let mut eaten = vec![0; seats];
        for event in answer.log {
            let (Event::Eats(who) | Event::Thinks(who)) = event;
            let left = who as usize;
            let eaten = eaten.get_mut(left).ok_or_else(|| format!("there is no philosopher {who}"))?;
            let (had, has) = match event {
                Event::Eats(_) => (None, Some(who)),
                Event::Thinks(_) => (Some(who), None),
            };
            *eaten += u32::from(has.is_none());
            for fork in [left, (left + 1) % seats] {
                if forks[fork] != had {
                    let has = forks[fork];
                    return Err(format!("fork {fork}, for {who}: {had:?} was to have it, {has:?} has"));
                }
                forks[fork] = has;
            }
        }
        same("philosophers", seats, answer.meals.len())?;
        for (who, (eaten, meals)) in eaten.into_iter().zip(answer.meals).enumerate() {
            same(format_args!("meals in the log of {who}"), *expected, eaten)?;
            same(format_args!("meals of {who}"), *expected, meals)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Event::{Eats, Thinks};
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let workload = DiningPhilosophers { philosophers: 4, meals: 1 };
        let right = [Eats(0), Eats(2), Thinks(0), Thinks(2), Eats(3), Eats(1), Thinks(3), Thinks(1)];
        let checked = |log: &[Event], meals: [u32; 4]| {
            workload.check(&1, Answer { log: log.to_vec(), meals: meals.to_vec() })
        };
        assert_eq!(checked(&right, [1; 4]), Ok(()));
        let refused = |log: &[Event], words: &str| assert_eq!(checked(log, [1; 4]), Err(words.into()));
        refused(&[Eats(0), Eats(1)], "fork 1, for 1: None was to have it, Some(0) has");
        refused(&[Eats(0), Eats(3)], "fork 0, for 3: None was to have it, Some(0) has");
        refused(&[Eats(0), Thinks(1)], "fork 1, for 1: Some(1) was to have it, Some(0) has");
        refused(&[Thinks(0)], "fork 0, for 0: Some(0) was to have it, None has");
        refused(&[Eats(4)], "there is no philosopher 4");
        refused(&right[..7], "meals in the log of 1: 1 was to be, 0 is");
        assert_eq!(checked(&right, [1, 1, 2, 1]), Err("meals of 2: 1 was to be, 2 is".into()));
    }
}
