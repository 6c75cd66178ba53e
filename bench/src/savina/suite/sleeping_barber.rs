//! Sleeping barber: a factory makes customers and sends them to a waiting room, from which a barber takes one after the other. Who
//! finds it full goes back to the factory, which sends it again at once.
//!
//! Verified by the room's log, which is played again: it refuses when it is full and not before, and the barber, who sleeps only when
//! nobody is there, is ready when it has done with who it had, and takes who waits longest; each customer is served once, and its
//! haircut is the work that its number asks for.

use super::busy::busy;
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::collections::VecDeque;
use std::mem::{replace, take};
use throng::{Actor, Address, Context, Fault, Options, Reply};

/// Draws that a haircut takes, and the making of a customer: these at least, and fewer than so many more.
const LEAST: u32 = 10;
const MORE: u64 = 1_000;
/// Customers that are made in one go.
const CHUNK: u32 = 64;

/// Streams of what they take for a customer.
const MAKING: u64 = 0;
const CUTTING: u64 = 1;

/// What comes of so many draws as this customer asks for.
fn work(stream: u64, customer: u32) -> u64 {
    let mut seeded = Seeded::stream(stream, customer.into());
    let draws = LEAST + seeded.below(MORE) as u32;
    busy(seeded.number(), draws)
}

/// Savina's `barber`.
#[derive(Clone, Copy)]
pub(super) struct SleepingBarber {
    haircuts: u32,
    chairs: usize,
    /// Of the room's mailbox.
    capacity: u32,
}

/// What came of it.
pub(super) struct Answer {
    log: Vec<Event>,
    customers: Vec<Told>,
    /// The sum of what came of making each.
    made: u64,
}

/// What the oracle knows.
pub(super) struct Expected {
    /// The haircut of each.
    cuts: Vec<u64>,
    made: u64,
}

/// What happened in the room.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Event {
    /// This customer sat down.
    Waits(u32),
    /// The same, while the barber slept.
    Wakes(u32),
    /// There was no chair for this one.
    Refused(u32),
    /// The barber has been woken.
    Risen,
    /// The barber is ready with this one.
    Ready(u32),
    /// The barber is given this one.
    Taken(u32),
    /// There is nobody for the barber.
    Sleeps,
}

/// What the barber is at, by the log.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Barbers {
    Asleep,
    Woken,
    Ready,
    At(u32),
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
    /// Customers that were made, and that were served.
    made: u32,
    served: u32,
    answer: Answer,
    reply: Option<Reply<Answer>>,
}

pub(super) enum ToFactory {
    Begin(Reply<Answer>),
    Make,
    /// This one comes back.
    Returned(Customer),
    /// This one was served.
    Served(u32, Told),
    /// What was in the room.
    Closed(Vec<Event>),
}

/// One of them, for who is to know it.
#[derive(Clone, Copy)]
pub(super) struct Customer {
    number: u32,
    address: Address<ToCustomer>,
}

impl Actor for Factory {
    type Msg = ToFactory;

    fn handle(&mut self, message: ToFactory, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToFactory::Begin(reply) => {
                self.reply = Some(reply);
                let SleepingBarber { haircuts, chairs, capacity } = self.size;
                let barber = cx.spawn(Barber);
                let (waiting, log) =
                    (VecDeque::with_capacity(chairs), Vec::with_capacity(8 * haircuts as usize));
                let factory = cx.me();
                let room = Room { chairs, waiting, barber, is_asleep: true, log, factory };
                self.room = Some(cx.try_spawn(room, &Options::builder().capacity(capacity).build()?)?);
                self.make(cx)
            }
            ToFactory::Make => self.make(cx),
            ToFactory::Returned(customer) => self.enter(customer, cx),
            ToFactory::Served(customer, told) => {
                self.answer.customers[customer as usize] = told;
                self.served += 1;
                if self.served == self.size.haircuts {
                    cx.send(self.room()?, ToRoom::Close)?;
                }
                Ok(())
            }
            ToFactory::Closed(log) => {
                let (customers, made) = (take(&mut self.answer.customers), self.answer.made);
                let reply = asker(&mut self.reply)?;
                reply.send(Answer { log, customers, made });
                Ok(())
            }
        }
    }
}

impl Factory {
    fn make(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let factory = cx.me();
        let end = self.size.haircuts.min(self.made + CHUNK);
        for number in self.made..end {
            let address = cx.spawn(Sitter { number, told: Told::default(), factory });
            self.enter(Customer { number, address }, cx)?;
            self.answer.made = self.answer.made.wrapping_add(work(MAKING, number));
        }
        self.made = end;
        if end < self.size.haircuts {
            cx.send(factory, ToFactory::Make)?;
        }
        Ok(())
    }

    fn enter(&mut self, customer: Customer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(cx.send(self.room()?, ToRoom::Enter(customer))?)
    }

    fn room(&self) -> Result<Address<ToRoom>, Fault> {
        self.room.ok_or_else(|| Fault::msg("there is no room"))
    }
}

struct Room {
    chairs: usize,
    waiting: VecDeque<Customer>,
    barber: Address<ToBarber>,
    is_asleep: bool,
    log: Vec<Event>,
    factory: Address<ToFactory>,
}

pub(super) enum ToRoom {
    Enter(Customer),
    /// What the room tells itself when the barber is to be woken.
    Wake,
    /// The barber is ready with this customer.
    Next(u32),
    Close,
}

impl Actor for Room {
    type Msg = ToRoom;

    fn handle(&mut self, message: ToRoom, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToRoom::Enter(customer) if self.waiting.len() == self.chairs => {
                self.log.push(Event::Refused(customer.number));
                cx.send(customer.address, ToCustomer::Full)?;
            }
            ToRoom::Enter(customer) => {
                self.waiting.push_back(customer);
                if !self.is_asleep {
                    self.log.push(Event::Waits(customer.number));
                    cx.send(customer.address, ToCustomer::Wait)?;
                    return Ok(());
                }
                self.is_asleep = false;
                self.log.push(Event::Wakes(customer.number));
                let me = cx.me();
                cx.send(me, ToRoom::Wake)?;
            }
            ToRoom::Wake => {
                self.log.push(Event::Risen);
                self.next(cx)?;
            }
            ToRoom::Next(customer) => {
                self.log.push(Event::Ready(customer));
                self.next(cx)?;
            }
            ToRoom::Close => {
                cx.send(self.barber, ToBarber::Go)?;
                cx.send(self.factory, ToFactory::Closed(take(&mut self.log)))?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Room {
    fn next(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match self.waiting.pop_front() {
            Some(customer) => {
                self.log.push(Event::Taken(customer.number));
                let room = cx.me();
                cx.send(self.barber, ToBarber::Cut(customer, room))?;
            }
            None => {
                self.log.push(Event::Sleeps);
                self.is_asleep = true;
                cx.send(self.barber, ToBarber::Sleep)?;
            }
        }
        Ok(())
    }
}

struct Barber;

enum ToBarber {
    /// This customer is next, from this room.
    Cut(Customer, Address<ToRoom>),
    /// There is nobody.
    Sleep,
    Go,
}

impl Actor for Barber {
    type Msg = ToBarber;

    fn handle(&mut self, message: ToBarber, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToBarber::Cut(Customer { number, address }, room) => {
                cx.send(address, ToCustomer::Start)?;
                let cut = work(CUTTING, number);
                // Before the customer is done: after the last one the room closes.
                cx.send(room, ToRoom::Next(number))?;
                cx.send(address, ToCustomer::Done(cut))?;
            }
            ToBarber::Sleep => (),
            ToBarber::Go => cx.stop(),
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
                let customer = Customer { number: self.number, address: cx.me() };
                cx.send(self.factory, ToFactory::Returned(customer))?;
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
    const DIFFERS: &'static str = "the room logs who comes and goes; customers are made 64 at a time; a draw of the busy work is a \
                                   nanosecond, where that of Java is some tens";

    type Main = Factory;
    type Answer = Answer;
    type Expected = Expected;

    fn of(size: Size) -> Self {
        let (haircuts, chairs) = size.of((50, 5), (5_000, 1_000), (20_000, 1_000));
        // So few at the small size that who makes customers is held up there too.
        Self { haircuts, chairs, capacity: size.of(16, 1_024, 1_024) }
    }

    fn words(&self) -> String {
        let (haircuts, chairs) = (units::count(self.haircuts.into()), units::count(self.chairs as u64));
        format!("{haircuts} customers of one barber, and a waiting room with {chairs} chairs")
    }

    fn messages(&self) -> Messages {
        // How often somebody comes in vain is up to the order of turns, and how often the barber sleeps. But each enters once, is to
        // wait or has the barber woken, is the barber's, starts, is done, and served, and the barber ready with it. Then who makes
        // them goes on, the barber sleeps at last, and three close.
        let chunks = u64::from(self.haircuts.div_ceil(CHUNK));
        Messages::AtLeast(1 + (chunks - 1) + 7 * u64::from(self.haircuts) + 1 + 3)
    }

    fn expected(&self) -> Expected {
        let made = (0..self.haircuts).fold(0, |sum: u64, number| sum.wrapping_add(work(MAKING, number)));
        Expected { cuts: (0..self.haircuts).map(|number| work(CUTTING, number)).collect(), made }
    }

    fn main(&self) -> Factory {
        let customers = vec![Told::default(); self.haircuts as usize];
        let answer = Answer { log: Vec::new(), customers, made: 0 };
        Factory { size: *self, room: None, made: 0, served: 0, answer, reply: None }
    }

    fn begin(&self, reply: Reply<Answer>) -> ToFactory {
        ToFactory::Begin(reply)
    }

    fn check(&self, expected: &Expected, answer: Answer) -> Result<(), String> {
        let seen = self.replayed(&answer.log)?;
        same("customers", seen.len(), answer.customers.len())?;
        for (who, (seen, told)) in seen.iter().zip(&answer.customers).enumerate() {
            same(format_args!("haircuts of customer {who} in the log"), 1, seen.starts)?;
            same(format_args!("haircuts of customer {who}"), 1, told.starts)?;
            same(format_args!("waits of customer {who}"), seen.waits, told.waits)?;
            same(format_args!("refusals of customer {who}"), seen.refused, told.refused)?;
            same(format_args!("the haircut of customer {who}"), expected.cuts[who], told.cut)?;
        }
        same("what came of making them", expected.made, answer.made)
    }
}

impl SleepingBarber {
    /// What each customer is to have been told, by the log.
    fn replayed(&self, log: &[Event]) -> Result<Vec<Told>, String> {
        let mut seen = vec![Told::default(); self.haircuts as usize];
        let mut waiting = VecDeque::new();
        let mut barber = Barbers::Asleep;
        for (at, &event) in log.iter().enumerate() {
            let before = (waiting.len(), barber);
            let is_right = match event {
                Event::Waits(customer) => {
                    waiting.push_back(customer);
                    barber != Barbers::Asleep && waiting.len() <= self.chairs
                }
                Event::Wakes(customer) => {
                    waiting.push_back(customer);
                    replace(&mut barber, Barbers::Woken) == Barbers::Asleep && waiting.len() <= self.chairs
                }
                Event::Refused(_) => waiting.len() == self.chairs,
                Event::Risen => replace(&mut barber, Barbers::Ready) == Barbers::Woken,
                Event::Ready(customer) => replace(&mut barber, Barbers::Ready) == Barbers::At(customer),
                Event::Taken(customer) => {
                    replace(&mut barber, Barbers::At(customer)) == Barbers::Ready
                        && waiting.pop_front() == Some(customer)
                }
                Event::Sleeps => {
                    replace(&mut barber, Barbers::Asleep) == Barbers::Ready && waiting.is_empty()
                }
            };
            if !is_right {
                let (chairs, (waiting, barber)) = (self.chairs, before);
                return Err(format!(
                    "event {at}: {event:?} was not to be: {waiting} on {chairs} chairs, the barber {barber:?}"
                ));
            }
            let (who, [waits, refused, starts]) = match event {
                Event::Waits(who) => (who, [1, 0, 0]),
                Event::Refused(who) => (who, [0, 1, 0]),
                Event::Taken(who) => (who, [0, 0, 1]),
                Event::Wakes(who) => (who, [0; 3]),
                Event::Risen | Event::Ready(_) | Event::Sleeps => continue,
            };
            let told = seen.get_mut(who as usize).ok_or_else(|| format!("there is no customer {who}"))?;
            (told.waits, told.refused, told.starts) =
                (told.waits + waits, told.refused + refused, told.starts + starts);
        }
        if barber != Barbers::Asleep {
            return Err(format!("the barber was to sleep at last, and is {barber:?}"));
        }
        Ok(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::Event::{Ready, Refused, Risen, Sleeps, Taken, Waits, Wakes};
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let workload = SleepingBarber { haircuts: 3, chairs: 1, capacity: 1 };
        let right = [
            Wakes(0),
            Refused(2),
            Risen,
            Taken(0),
            Waits(1),
            Ready(0),
            Taken(1),
            Ready(1),
            Sleeps,
            Wakes(2),
            Risen,
            Taken(2),
            Ready(2),
            Sleeps,
        ];
        let told = |refused, waits, cut| Told { refused, waits, starts: 1, cut };
        let customers = vec![told(0, 0, 10), told(0, 1, 20), told(1, 0, 30)];
        let checked = |log: &[Event], spoil: fn(&mut Answer)| {
            let mut answer = Answer { log: log.to_vec(), customers: customers.clone(), made: 7 };
            spoil(&mut answer);
            workload.check(&Expected { cuts: vec![10, 20, 30], made: 7 }, answer)
        };
        assert_eq!(checked(&right, |_| ()), Ok(()));
        let refused = |log: &[Event], words: &str| assert_eq!(checked(log, |_| ()), Err(words.into()));
        let not = |log: &[Event], state: &str| {
            let (at, event) = (log.len() - 1, log[log.len() - 1]);
            refused(log, &format!("event {at}: {event:?} was not to be: {state}"));
        };
        not(&[Waits(0)], "0 on 1 chairs, the barber Asleep");
        not(&[Wakes(0), Waits(1)], "1 on 1 chairs, the barber Woken");
        not(&[Wakes(0), Wakes(1)], "1 on 1 chairs, the barber Woken");
        not(&[Refused(1)], "0 on 1 chairs, the barber Asleep");
        not(&[Wakes(0), Risen, Sleeps], "1 on 1 chairs, the barber Ready");
        not(&[Wakes(0), Risen, Taken(2)], "1 on 1 chairs, the barber Ready");
        // The barber's word twice, while it is at another, and while it sleeps.
        not(&[&right[..7], &[Ready(0)]].concat(), "0 on 1 chairs, the barber At(1)");
        not(&[&right[..9], &[Ready(1)]].concat(), "0 on 1 chairs, the barber Asleep");
        refused(&[Wakes(3)], "there is no customer 3");
        refused(&right[..9], "haircuts of customer 2 in the log: 1 was to be, 0 is");
        refused(&right[..12], "the barber was to sleep at last, and is At(2)");
        let spoiled = |spoil, words: &str| assert_eq!(checked(&right, spoil), Err(words.into()));
        spoiled(|answer| answer.customers[2].starts = 2, "haircuts of customer 2: 1 was to be, 2 is");
        spoiled(|answer| answer.customers[2].refused = 0, "refusals of customer 2: 1 was to be, 0 is");
        spoiled(|answer| answer.customers[2].waits = 1, "waits of customer 2: 0 was to be, 1 is");
        spoiled(|answer| answer.customers[2].cut = 31, "the haircut of customer 2: 30 was to be, 31 is");
        spoiled(|answer| answer.made = 8, "what came of making them: 7 was to be, 8 is");
    }
}
