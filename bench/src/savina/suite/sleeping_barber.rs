//! Sleeping barber: a factory makes customers and sends them to a waiting room, from which a barber takes one after the other. Who
//! finds it full goes back to the factory, and comes again: not at once, as in the suite, where it comes again and again until there is
//! a chair, but when somebody has been served.
//!
//! Verified by the room's log, which is played again: it refuses when it is full and not before, and the barber, who sleeps only when
//! nobody is there, takes who waits longest; each customer is served once, and its haircut is the work that its number asks for.

use super::busy::busy;
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::collections::VecDeque;
use std::mem::take;
use throng::{Actor, Address, Context, Fault, Reply};

/// Draws that a haircut takes, and the making of a customer: these at least, and fewer than so many more.
const LEAST: u32 = 10;
const MORE: u64 = 1_000;
/// Customers that are made in one go.
const CHUNK: u32 = 64;

/// The hair of this customer, when it has been made.
fn hair(customer: u32) -> u64 {
    busy(customer.into(), LEAST + Seeded::stream(0, customer.into()).below(MORE) as u32)
}

/// What the barber makes of this hair.
fn cut(hair: u64) -> u64 {
    busy(hair, LEAST + Seeded::stream(1, hair).below(MORE) as u32)
}

/// Savina's `barber`.
#[derive(Clone, Copy)]
pub(super) struct SleepingBarber {
    haircuts: u32,
    chairs: usize,
}

/// What came of it.
pub(super) struct Answer {
    log: Vec<Event>,
    customers: Vec<Told>,
}

/// What happened in the room.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Event {
    /// This customer sat down.
    Waits(u32),
    /// There was no chair for this one.
    Refused(u32),
    /// The barber took this one.
    Taken(u32),
    /// The barber found nobody.
    Sleeps,
    /// The barber slept, and took this one, who came.
    Wakes(u32),
}

/// What a customer was told.
#[derive(Clone, Copy, Default)]
pub(super) struct Told {
    refused: u32,
    waits: u32,
    starts: u32,
    cut: u64,
}

/// Who makes the customers, and the others.
pub(super) struct Factory {
    size: SleepingBarber,
    room: Option<Address<ToRoom>>,
    customers: Vec<Customer>,
    /// Those who went to the room, and neither came back nor were served.
    inside: u32,
    /// Those who came back.
    back: VecDeque<u32>,
    /// Customers who were not served yet.
    left: u32,
    answer: Answer,
    reply: Option<Reply<Answer>>,
}

pub(super) enum ToFactory {
    Begin(Reply<Answer>),
    Make,
    Back(u32),
    Served(u32, Told),
    Closed(Vec<Event>),
}

/// One of them, for who is to know it.
#[derive(Clone, Copy)]
pub(super) struct Customer {
    number: u32,
    hair: u64,
    address: Address<ToCustomer>,
}

impl Actor for Factory {
    type Msg = ToFactory;

    fn handle(&mut self, message: ToFactory, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToFactory::Begin(reply) => {
                self.reply = Some(reply);
                let SleepingBarber { haircuts, chairs } = self.size;
                let barber = cx.spawn(Barber { left: haircuts });
                let (waiting, log) =
                    (VecDeque::with_capacity(chairs), Vec::with_capacity(3 * haircuts as usize));
                let factory = cx.me();
                self.room = Some(cx.spawn(Room { chairs, waiting, barber, is_asleep: true, log, factory }));
                self.make(cx)
            }
            ToFactory::Make => self.make(cx),
            ToFactory::Back(customer) => {
                self.inside -= 1;
                if self.inside == 0 {
                    return self.enter(customer, cx);
                }
                self.back.push_back(customer);
                Ok(())
            }
            ToFactory::Served(customer, told) => {
                self.answer.customers[customer as usize] = told;
                self.inside -= 1;
                self.left -= 1;
                match self.back.pop_front() {
                    Some(customer) => self.enter(customer, cx),
                    None => self.done(),
                }
            }
            ToFactory::Closed(log) => {
                self.answer.log = log;
                self.room = None;
                self.done()
            }
        }
    }
}

impl Factory {
    fn make(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let factory = cx.me();
        let first = self.customers.len() as u32;
        let end = self.size.haircuts.min(first + CHUNK);
        for number in first..end {
            let address = cx.spawn(Sitter { number, told: Told::default(), factory });
            self.customers.push(Customer { number, hair: hair(number), address });
            self.enter(number, cx)?;
        }
        if end < self.size.haircuts {
            cx.send(factory, ToFactory::Make)?;
        }
        Ok(())
    }

    fn enter(&mut self, customer: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let room = self.room.ok_or_else(|| Fault::msg("the room is closed"))?;
        self.inside += 1;
        Ok(cx.send(room, ToRoom::Enter(self.customers[customer as usize]))?)
    }

    /// Answers once all are served and the room is closed.
    fn done(&mut self) -> Result<(), Fault> {
        if self.left == 0 && self.room.is_none() {
            let reply = asker(&mut self.reply)?;
            reply.send(Answer {
                log: take(&mut self.answer.log),
                customers: take(&mut self.answer.customers),
            });
        }
        Ok(())
    }
}

struct Room {
    chairs: usize,
    waiting: VecDeque<Customer>,
    barber: Address<Cut>,
    is_asleep: bool,
    log: Vec<Event>,
    factory: Address<ToFactory>,
}

pub(super) enum ToRoom {
    Enter(Customer),
    /// The barber is ready.
    Next,
    /// The barber is ready for today.
    Close,
}

impl Actor for Room {
    type Msg = ToRoom;

    fn handle(&mut self, message: ToRoom, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let me = cx.me();
        match message {
            ToRoom::Enter(customer) if self.is_asleep => {
                self.is_asleep = false;
                self.log.push(Event::Wakes(customer.number));
                cx.send(self.barber, Cut(customer, me))?;
            }
            ToRoom::Enter(customer) if self.waiting.len() == self.chairs => {
                self.log.push(Event::Refused(customer.number));
                cx.send(customer.address, ToCustomer::Full)?;
            }
            ToRoom::Enter(customer) => {
                self.log.push(Event::Waits(customer.number));
                self.waiting.push_back(customer);
                cx.send(customer.address, ToCustomer::Wait)?;
            }
            ToRoom::Next => match self.waiting.pop_front() {
                Some(customer) => {
                    self.log.push(Event::Taken(customer.number));
                    cx.send(self.barber, Cut(customer, me))?;
                }
                None => {
                    self.log.push(Event::Sleeps);
                    self.is_asleep = true;
                }
            },
            ToRoom::Close => {
                cx.send(self.factory, ToFactory::Closed(take(&mut self.log)))?;
                cx.stop();
            }
        }
        Ok(())
    }
}

struct Barber {
    left: u32,
}

/// This customer is next, from this room.
struct Cut(Customer, Address<ToRoom>);

impl Actor for Barber {
    type Msg = Cut;

    fn handle(&mut self, Cut(customer, room): Cut, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.send(customer.address, ToCustomer::Start)?;
        cx.send(customer.address, ToCustomer::Done(cut(customer.hair)))?;
        self.left -= 1;
        if self.left > 0 {
            cx.send(room, ToRoom::Next)?;
        } else {
            cx.send(room, ToRoom::Close)?;
            cx.stop();
        }
        Ok(())
    }
}

/// A customer itself.
struct Sitter {
    number: u32,
    told: Told,
    factory: Address<ToFactory>,
}

pub(super) enum ToCustomer {
    Full,
    Wait,
    Start,
    Done(u64),
}

impl Actor for Sitter {
    type Msg = ToCustomer;

    fn handle(&mut self, message: ToCustomer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToCustomer::Full => {
                self.told.refused += 1;
                cx.send(self.factory, ToFactory::Back(self.number))?;
            }
            ToCustomer::Wait => self.told.waits += 1,
            ToCustomer::Start => self.told.starts += 1,
            ToCustomer::Done(cut) => {
                self.told.cut = cut;
                cx.send(self.factory, ToFactory::Served(self.number, self.told))?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Workload for SleepingBarber {
    const NAME: &'static str = "sleeping-barber";
    const DIFFERS: &'static str = "";

    type Main = Factory;
    type Answer = Answer;
    /// The haircut of each.
    type Expected = Vec<u64>;

    fn of(size: Size) -> Self {
        Self { haircuts: size.of(100, 5_000, 50_000), chairs: size.of(5, 1_000, 1_000) }
    }

    fn words(&self) -> String {
        let (haircuts, chairs) = (units::count(self.haircuts.into()), units::count(self.chairs as u64));
        format!("{haircuts} customers of one barber, and a waiting room with {chairs} chairs")
    }

    fn messages(&self) -> Messages {
        // Of each that it enters, is the barber's, starts, is done, and served, and what the barber then tells the room.
        let chunks = u64::from(self.haircuts.div_ceil(CHUNK));
        Messages::AtLeast(1 + (chunks - 1) + 6 * u64::from(self.haircuts) + 1)
    }

    fn expected(&self) -> Vec<u64> {
        (0..self.haircuts).map(|customer| cut(hair(customer))).collect()
    }

    fn main(&self) -> Factory {
        let customers = vec![Told::default(); self.haircuts as usize];
        Factory {
            size: *self,
            room: None,
            customers: Vec::with_capacity(customers.len()),
            inside: 0,
            back: VecDeque::new(),
            left: self.haircuts,
            answer: Answer { log: Vec::new(), customers },
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Answer>) -> ToFactory {
        ToFactory::Begin(reply)
    }

    fn check(&self, expected: &Vec<u64>, answer: Answer) -> Result<(), String> {
        let mut seen = vec![Told::default(); expected.len()];
        let mut waiting = VecDeque::new();
        let mut is_asleep = true;
        for (at, event) in answer.log.into_iter().enumerate() {
            let is_right = match event {
                Event::Waits(customer) => {
                    waiting.push_back(customer);
                    !is_asleep && waiting.len() <= self.chairs
                }
                Event::Refused(_) => !is_asleep && waiting.len() == self.chairs,
                Event::Taken(customer) => waiting.pop_front() == Some(customer),
                Event::Sleeps => !std::mem::replace(&mut is_asleep, true) && waiting.is_empty(),
                Event::Wakes(_) => std::mem::replace(&mut is_asleep, false),
            };
            if !is_right {
                let (waiting, chairs) = (waiting.len(), self.chairs);
                return Err(format!(
                    "event {at}: {event:?} was not to be, {waiting} on {chairs} chairs then"
                ));
            }
            let (Event::Waits(who) | Event::Refused(who) | Event::Taken(who) | Event::Wakes(who)) = event
            else {
                continue;
            };
            let seen = seen.get_mut(who as usize).ok_or_else(|| format!("there is no customer {who}"))?;
            match event {
                Event::Waits(_) => seen.waits += 1,
                Event::Refused(_) => seen.refused += 1,
                _ => seen.starts += 1,
            }
        }
        same("customers", expected.len(), answer.customers.len())?;
        for (who, (seen, told)) in seen.iter().zip(&answer.customers).enumerate() {
            same(format_args!("haircuts of customer {who} in the log"), 1, seen.starts)?;
            same(format_args!("haircuts of customer {who}"), 1, told.starts)?;
            same(format_args!("waits of customer {who}"), seen.waits, told.waits)?;
            same(format_args!("refusals of customer {who}"), seen.refused, told.refused)?;
            same(format_args!("the haircut of customer {who}"), expected[who], told.cut)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Event::{Refused, Sleeps, Taken, Waits, Wakes};
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let workload = SleepingBarber { haircuts: 3, chairs: 1 };
        let expected = vec![10, 20, 30];
        let right = [Wakes(0), Waits(1), Refused(2), Taken(1), Sleeps, Wakes(2)];
        let told = |refused, waits, cut| Told { refused, waits, starts: 1, cut };
        let customers = vec![told(0, 0, 10), told(0, 1, 20), told(1, 0, 30)];
        let checked = |log: &[Event], spoil: fn(&mut Told)| {
            let mut answer = Answer { log: log.to_vec(), customers: customers.clone() };
            spoil(&mut answer.customers[2]);
            workload.check(&expected, answer)
        };
        assert_eq!(checked(&right, |_| ()), Ok(()));
        let refused = |log: &[Event], words: &str| assert_eq!(checked(log, |_| ()), Err(words.into()));
        refused(&[Waits(0)], "event 0: Waits(0) was not to be, 1 on 1 chairs then");
        refused(&[Wakes(0), Waits(1), Waits(2)], "event 2: Waits(2) was not to be, 2 on 1 chairs then");
        refused(&[Wakes(0), Refused(1)], "event 1: Refused(1) was not to be, 0 on 1 chairs then");
        refused(&[Wakes(0), Waits(1), Sleeps], "event 2: Sleeps was not to be, 1 on 1 chairs then");
        refused(&[Wakes(0), Waits(1), Taken(2)], "event 2: Taken(2) was not to be, 0 on 1 chairs then");
        refused(&[Wakes(0), Wakes(1)], "event 1: Wakes(1) was not to be, 0 on 1 chairs then");
        refused(&[Wakes(3)], "there is no customer 3");
        refused(&right[..5], "haircuts of customer 2 in the log: 1 was to be, 0 is");
        let spoiled = |spoil, words: &str| assert_eq!(checked(&right, spoil), Err(words.into()));
        spoiled(|told| told.starts = 2, "haircuts of customer 2: 1 was to be, 2 is");
        spoiled(|told| told.refused = 0, "refusals of customer 2: 1 was to be, 0 is");
        spoiled(|told| told.waits = 1, "waits of customer 2: 0 was to be, 1 is");
        spoiled(|told| told.cut = 31, "the haircut of customer 2: 30 was to be, 31 is");
    }
}
