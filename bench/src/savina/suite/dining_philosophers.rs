//! Dining philosophers: each needs the forks on both of its sides, which an arbitrator gives together. Who cannot have both is denied,
//! and asks again at once.
//!
//! Verified by the arbitrator's log, which is played again: nobody eats with a fork that another one has, nobody is denied two forks that
//! are there, and each has its meals, and has asked as often as it was answered.

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
    told: Vec<Told>,
}

/// What happened at the table.
#[derive(Clone, Copy)]
pub(super) enum Event {
    /// This philosopher was given both forks.
    Eats(u32),
    /// It was not.
    Denied(u32),
    /// It has given them back.
    Thinks(u32),
}

/// What a philosopher says of itself.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub(super) struct Told {
    asked: u64,
    denied: u64,
    eaten: u32,
}

/// Who has the forks, and makes the others.
pub(super) struct Arbitrator {
    size: DiningPhilosophers,
    philosophers: Vec<Address<ToPhilosopher>>,
    /// Whether the fork to the left of each is on the table.
    forks: Vec<bool>,
    /// Philosophers who have not left.
    left: u32,
    answer: Answer,
    reply: Option<Reply<Answer>>,
}

pub(super) enum ToArbitrator {
    Begin(Reply<Answer>),
    Hungry(u32),
    Thinks(u32),
    /// This one goes.
    Sated(u32, Told),
}

impl Actor for Arbitrator {
    type Msg = ToArbitrator;

    fn handle(&mut self, message: ToArbitrator, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToArbitrator::Begin(reply) => {
                self.reply = Some(reply);
                let (arbitrator, meals) = (cx.me(), self.size.meals);
                for number in 0..self.size.philosophers {
                    let told = Told::default();
                    self.philosophers.push(cx.spawn(Philosopher { number, meals, told, arbitrator }));
                }
                for &philosopher in &self.philosophers {
                    cx.send(philosopher, ToPhilosopher::Start)?;
                }
            }
            ToArbitrator::Hungry(philosopher) => {
                let [left, right] = self.size.forks(philosopher);
                let (event, answer) = if self.forks[left] && self.forks[right] {
                    (self.forks[left], self.forks[right]) = (false, false);
                    (Event::Eats(philosopher), ToPhilosopher::Eat)
                } else {
                    (Event::Denied(philosopher), ToPhilosopher::Denied)
                };
                self.answer.log.push(event);
                cx.send(self.philosophers[philosopher as usize], answer)?;
            }
            ToArbitrator::Thinks(philosopher) => {
                self.answer.log.push(Event::Thinks(philosopher));
                self.size.forks(philosopher).into_iter().for_each(|fork| self.forks[fork] = true);
            }
            ToArbitrator::Sated(philosopher, told) => {
                self.answer.told[philosopher as usize] = told;
                self.left -= 1;
                if self.left == 0 {
                    let reply = asker(&mut self.reply)?;
                    let log = take(&mut self.answer.log);
                    reply.send(Answer { log, told: take(&mut self.answer.told) });
                }
            }
        }
        Ok(())
    }
}

struct Philosopher {
    number: u32,
    meals: u32,
    told: Told,
    arbitrator: Address<ToArbitrator>,
}

enum ToPhilosopher {
    /// It becomes hungry.
    Start,
    /// Here are the forks.
    Eat,
    Denied,
}

impl Actor for Philosopher {
    type Msg = ToPhilosopher;

    fn handle(&mut self, message: ToPhilosopher, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToPhilosopher::Start => self.ask(cx),
            ToPhilosopher::Denied => {
                self.told.denied += 1;
                self.ask(cx)
            }
            ToPhilosopher::Eat => {
                self.told.eaten += 1;
                cx.send(self.arbitrator, ToArbitrator::Thinks(self.number))?;
                if self.told.eaten < self.meals {
                    let me = cx.me();
                    return Ok(cx.send(me, ToPhilosopher::Start)?);
                }
                cx.send(self.arbitrator, ToArbitrator::Sated(self.number, self.told))?;
                cx.stop();
                Ok(())
            }
        }
    }
}

impl Philosopher {
    fn ask(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.told.asked += 1;
        Ok(cx.send(self.arbitrator, ToArbitrator::Hungry(self.number))?)
    }
}

impl DiningPhilosophers {
    /// To the left and to the right of this one.
    fn forks(self, philosopher: u32) -> [usize; 2] {
        [philosopher, (philosopher + 1) % self.philosophers].map(|fork| fork as usize)
    }
}

impl Workload for DiningPhilosophers {
    const NAME: &'static str = "dining-philosophers";
    const DIFFERS: &'static str = "the arbitrator logs what it did";

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
        // Who begins, is hungry, eats, and thinks again; and leaves. How often somebody is denied is up to the order of turns.
        Messages::AtLeast(1 + u64::from(self.philosophers) * (4 * u64::from(self.meals) + 1))
    }

    fn expected(&self) -> u32 {
        self.meals
    }

    fn main(&self) -> Arbitrator {
        let seats = self.philosophers as usize;
        let log = Vec::with_capacity(4 * seats * self.meals as usize);
        Arbitrator {
            size: *self,
            philosophers: Vec::with_capacity(seats),
            forks: vec![true; seats],
            left: self.philosophers,
            answer: Answer { log, told: vec![Told::default(); seats] },
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Answer>) -> ToArbitrator {
        ToArbitrator::Begin(reply)
    }

    fn check(&self, expected: &u32, answer: Answer) -> Result<(), String> {
        let seats = self.philosophers as usize;
        // Who has each fork, and what each is to have been told.
        let mut forks = vec![None; seats];
        let mut seen = vec![Told::default(); seats];
        for event in answer.log {
            let (Event::Eats(who) | Event::Denied(who) | Event::Thinks(who)) = event;
            let left = who as usize;
            let told = seen.get_mut(left).ok_or_else(|| format!("there is no philosopher {who}"))?;
            let both = [left, (left + 1) % seats];
            let (had, has) = match event {
                Event::Eats(_) => (None, Some(who)),
                Event::Thinks(_) => (Some(who), None),
                Event::Denied(_) => {
                    (told.asked, told.denied) = (told.asked + 1, told.denied + 1);
                    if both.iter().all(|&fork| forks[fork].is_none()) {
                        return Err(format!("both forks were there for {who}, who was denied"));
                    }
                    continue;
                }
            };
            (told.asked, told.eaten) = match has {
                Some(_) => (told.asked + 1, told.eaten),
                None => (told.asked, told.eaten + 1),
            };
            for fork in both {
                if forks[fork] != had {
                    let has = forks[fork];
                    return Err(format!("fork {fork}, for {who}: {had:?} was to have it, {has:?} has"));
                }
                forks[fork] = has;
            }
        }
        same("philosophers", seats, answer.told.len())?;
        for (who, (seen, told)) in seen.into_iter().zip(answer.told).enumerate() {
            same(format_args!("meals in the log of {who}"), *expected, seen.eaten)?;
            same(format_args!("meals of {who}"), *expected, told.eaten)?;
            same(format_args!("denials of {who}"), seen.denied, told.denied)?;
            same(format_args!("questions of {who}"), told.asked, seen.asked)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Event::{Denied, Eats, Thinks};
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let workload = DiningPhilosophers { philosophers: 4, meals: 1 };
        let right =
            [Eats(0), Eats(2), Denied(1), Thinks(0), Thinks(2), Eats(3), Eats(1), Thinks(3), Thinks(1)];
        let checked = |log: &[Event], spoil: fn(&mut [Told])| {
            let mut told = [0, 1, 0, 0].map(|denied| Told { asked: denied + 1, denied, eaten: 1 });
            spoil(&mut told);
            workload.check(&1, Answer { log: log.to_vec(), told: told.to_vec() })
        };
        assert_eq!(checked(&right, |_| ()), Ok(()));
        let refused = |log: &[Event], words: &str| assert_eq!(checked(log, |_| ()), Err(words.into()));
        refused(&[Eats(0), Eats(1)], "fork 1, for 1: None was to have it, Some(0) has");
        refused(&[Eats(0), Eats(3)], "fork 0, for 3: None was to have it, Some(0) has");
        refused(&[Eats(0), Thinks(1)], "fork 1, for 1: Some(1) was to have it, Some(0) has");
        refused(&[Thinks(0)], "fork 0, for 0: Some(0) was to have it, None has");
        refused(&[Eats(0), Denied(2)], "both forks were there for 2, who was denied");
        refused(&[Eats(4)], "there is no philosopher 4");
        refused(&right[..8], "meals in the log of 1: 1 was to be, 0 is");
        let spoiled = |spoil, words: &str| assert_eq!(checked(&right, spoil), Err(words.into()));
        spoiled(|told| told[2].eaten = 2, "meals of 2: 1 was to be, 2 is");
        // One that was doubled on its way there, and on its way back.
        spoiled(|told| told[1].asked = 1, "questions of 1: 1 was to be, 2 is");
        spoiled(|told| told[1].denied = 2, "denials of 1: 1 was to be, 2 is");
    }
}
