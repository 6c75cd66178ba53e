//! Facility-location: customers come one by one to the quadrants of a plane, which are actors; each pays the way to the nearest facility,
//! and where that has become too much a facility is opened, of which others hear, and the quadrant divides itself. Verified by a search
//! of each square for the customer by whom it is divided, given all its customers at once.
//!
//! In Savina a facility elsewhere, once heard of, is one more to which a customer may go, and so lowers what is paid from then on: what
//! all pay, and who divides itself when, depends on when the news comes, and is another result each time. Here the news is sent on the
//! same ways and counted, but a customer goes to the middle of a square that it is in: the cost is that of a sequential run.

mod oracle;
mod plane;

use self::oracle::Oracle;
use self::plane::{ALPHA, Point, Square, facility_cost};
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::cell::OnceCell;
use std::sync::Arc;
use throng::{Actor, Address, Context, Fault, Reply};

const SEED: u64 = 123_456;
/// Savina's `facloc`.
pub(super) struct FacilityLocation {
    count: u64,
    customers: OnceCell<Arc<[Point]>>,
    oracle: OnceCell<Oracle>,
}

/// What all quadrants come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Located {
    customers: u64,
    facilities: u64,
    /// Of all ways, in parts.
    cost: u64,
    /// How often a quadrant was given a customer.
    handed: u64,
    /// How many facilities of others quadrants know of: all together.
    heard: u64,
}

/// Where somebody comes from, and as which one.
#[derive(Clone, Copy)]
pub(super) struct Customer {
    number: usize,
    at: Point,
}

/// Whom customers come from.
pub(super) struct Producer {
    customers: Arc<[Point]>,
    next: usize,
    root: Option<Address<ToQuadrant>>,
    reply: Option<Reply<Located>>,
}

pub(super) enum ToProducer {
    Begin(Reply<Located>),
    /// The next one may come.
    Next,
    Located(Located),
}

struct Quadrant {
    above: Above,
    square: Square,
    /// The middles of the squares that it is in, its own among them: the last.
    middles: Vec<Point>,
    /// Those of the one above when it divided itself: of these it takes its own when it starts.
    inherited: Arc<[Customer]>,
    customers: Vec<Customer>,
    /// No other comes with a number as low.
    next: usize,
    /// None before it has divided itself.
    quarters: Option<[Address<ToQuadrant>; 4]>,
    awaited: usize,
    /// Facilities that it has heard of, or the one above before it was.
    heard: u64,
    /// What it comes to; of what has been left to its quarters once they have told.
    located: Located,
}

/// Who hears of it.
#[derive(Clone, Copy)]
enum Above {
    Producer(Address<ToProducer>),
    /// With which of its quarters this is.
    Quadrant(Address<ToQuadrant>, usize),
}

#[derive(Clone, Copy)]
pub(super) enum ToQuadrant {
    Customer(Customer),
    /// A facility, in this quarter or elsewhere.
    Opened(Option<usize>),
    /// No more customers.
    Close,
    /// A quarter has heard that, and all in it.
    Closed,
    /// No more news.
    End,
    Located(Located),
}

impl Located {
    fn add(&mut self, other: Self) {
        self.customers += other.customers;
        self.facilities += other.facilities;
        self.cost += other.cost;
        self.handed += other.handed;
        self.heard += other.heard;
    }
}

impl Actor for Producer {
    type Msg = ToProducer;

    fn handle(&mut self, message: ToProducer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToProducer::Begin(reply) => {
                self.reply = Some(reply);
                let above = Above::Producer(cx.me());
                self.root =
                    Some(cx.spawn(Quadrant::new(above, Square::plane(), Vec::new(), Arc::from([]), 0)));
                self.produce(cx)?;
            }
            ToProducer::Next => self.produce(cx)?,
            ToProducer::Located(located) => asker(&mut self.reply)?.send(located),
        }
        Ok(())
    }
}

impl Producer {
    fn produce(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let root = self.root.ok_or_else(|| Fault::msg("there is no plane"))?;
        if let Some(&at) = self.customers.get(self.next) {
            cx.send(root, ToQuadrant::Customer(Customer { number: self.next, at }))?;
            self.next += 1;
        } else {
            cx.send(root, ToQuadrant::Close)?;
        }
        Ok(())
    }
}

impl Actor for Quadrant {
    type Msg = ToQuadrant;

    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        for customer in std::mem::take(&mut self.inherited).iter() {
            if self.square.holds(customer.at) {
                self.serve(*customer);
            }
        }
        Ok(())
    }

    fn handle(&mut self, message: ToQuadrant, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToQuadrant::Customer(customer) => {
                if customer.number < self.next {
                    return Err(Fault::msg(format!("customer {} came late", customer.number)));
                }
                self.next = customer.number + 1;
                self.located.handed += 1;
                if let Some(quarters) = self.quarters {
                    cx.send(quarters[self.square.quarter_of(customer.at)], ToQuadrant::Customer(customer))?;
                } else {
                    self.serve(customer);
                    if self.located.cost > ALPHA * facility_cost() {
                        self.divide(cx)?;
                    }
                }
                if let Above::Producer(producer) = self.above {
                    cx.send(producer, ToProducer::Next)?;
                }
            }
            ToQuadrant::Opened(by) => {
                self.heard += 1;
                match (by, self.quarters) {
                    // Goes up, and to the quarter that only touches that one.
                    (Some(quarter), Some(quarters)) => {
                        self.tell_of_facility(cx)?;
                        cx.send(quarters[3 - quarter], ToQuadrant::Opened(None))?;
                    }
                    _ => {
                        self.send_down(ToQuadrant::Opened(None), cx)?;
                    }
                }
            }
            ToQuadrant::Close => {
                self.awaited = self.send_down(ToQuadrant::Close, cx)?;
                if self.awaited == 0 {
                    self.closed(cx)?;
                }
            }
            ToQuadrant::Closed => {
                self.awaited -= 1;
                if self.awaited == 0 {
                    self.closed(cx)?;
                }
            }
            ToQuadrant::End => self.end(cx)?,
            ToQuadrant::Located(located) => {
                self.located.add(located);
                self.awaited -= 1;
                if self.awaited == 0 {
                    self.ended(cx)?;
                }
            }
        }
        Ok(())
    }
}

impl Quadrant {
    /// With the middles, the customers and the news of the one above.
    fn new(
        above: Above,
        square: Square,
        mut middles: Vec<Point>,
        inherited: Arc<[Customer]>,
        heard: u64,
    ) -> Self {
        middles.push(square.centre);
        let (customers, located) = (Vec::new(), Located::default());
        Self {
            above,
            square,
            middles,
            inherited,
            customers,
            next: 0,
            quarters: None,
            awaited: 0,
            heard,
            located,
        }
    }

    fn serve(&mut self, customer: Customer) {
        self.located.customers += 1;
        self.located.cost += customer.at.cost_to_nearest(&self.middles);
        self.customers.push(customer);
    }

    /// Opens a facility in the middle, and leaves all else to its quarters.
    fn divide(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.tell_of_facility(cx)?;
        let (me, quarters) = (cx.me(), self.square.quarters());
        let customers: Arc<[Customer]> = std::mem::take(&mut self.customers).into();
        self.quarters = Some(std::array::from_fn(|at| {
            let (above, middles) = (Above::Quadrant(me, at), self.middles.clone());
            cx.spawn(Self::new(above, quarters[at], middles, Arc::clone(&customers), self.heard))
        }));
        self.located = Located { customers: 0, facilities: 1, cost: 0, ..self.located };
        Ok(())
    }

    fn tell_of_facility(&self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Above::Quadrant(above, at) = self.above {
            cx.send(above, ToQuadrant::Opened(Some(at)))?;
        }
        Ok(())
    }

    /// To all quarters: so many.
    fn send_down(&self, message: ToQuadrant, cx: &mut Context<'_, Self>) -> Result<usize, Fault> {
        let Some(quarters) = self.quarters else { return Ok(0) };
        for quarter in quarters {
            cx.send(quarter, message)?;
        }
        Ok(quarters.len())
    }

    /// Nobody comes to it any more, nor to any quarter.
    fn closed(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match self.above {
            Above::Quadrant(above, _) => cx.send(above, ToQuadrant::Closed)?,
            // What anybody had to tell has come up here, and so went down before this does.
            Above::Producer(_) => self.end(cx)?,
        }
        Ok(())
    }

    fn end(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.located.heard += self.heard;
        self.awaited = self.send_down(ToQuadrant::End, cx)?;
        if self.awaited == 0 { self.ended(cx) } else { Ok(()) }
    }

    fn ended(&self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match self.above {
            Above::Producer(producer) => cx.send(producer, ToProducer::Located(self.located))?,
            Above::Quadrant(quadrant, _) => cx.send(quadrant, ToQuadrant::Located(self.located))?,
        }
        cx.stop();
        Ok(())
    }
}

impl FacilityLocation {
    fn customers(&self) -> &Arc<[Point]> {
        self.customers.get_or_init(|| {
            let mut seeded = Seeded::new(SEED);
            (0..self.count).map(|_| Point::draw(&mut seeded)).collect()
        })
    }

    fn oracle(&self) -> &Oracle {
        self.oracle.get_or_init(|| Oracle::of(self.customers()))
    }
}

impl Workload for FacilityLocation {
    const NAME: &'static str = "facility-location";
    const DIFFERS: &'static str = "the rule of cost is another: a customer goes to the nearest middle of the squares that it is in, not to a \
        facility elsewhere, of which news is sent and counted alone; so other quadrants divide themselves, and cost and facilities are \
        those of a sequential run, which there depend on when news comes; the end takes two rounds, so that no news is lost";

    type Main = Producer;
    type Answer = Located;
    type Expected = Located;

    fn of(size: Size) -> Self {
        let count = size.of(500, 100_000, 1_000_000);
        Self { count, customers: OnceCell::new(), oracle: OnceCell::new() }
    }

    fn words(&self) -> String {
        format!("{} in a plane, facilities opened by quadrants", units::counted(self.count, "customer"))
    }

    fn messages(&self) -> Messages {
        let Oracle { located: Located { handed, facilities, .. }, news } = *self.oracle();
        // The question; the next customer is asked for, and handed on; each facility is told of upwards, and at each square sideways.
        let all = 1 + self.count + handed + 2 * news;
        // The plane is closed and tells what it comes to, its quarters and theirs are ended besides, and tell that they are closed.
        // How much of the news goes further down, and how much is inherited, the order of turns says.
        Messages::AtLeast(all + 2 + 4 * 4 * facilities)
    }

    fn expected(&self) -> Located {
        self.oracle().located
    }

    fn main(&self) -> Producer {
        Producer { customers: Arc::clone(self.customers()), next: 0, root: None, reply: None }
    }

    fn begin(&self, reply: Reply<Located>) -> ToProducer {
        ToProducer::Begin(reply)
    }

    fn check(&self, expected: &Located, answer: Located) -> Result<(), String> {
        same("customers", self.count, expected.customers)?;
        same("customers with a way", expected.customers, answer.customers)?;
        same("customers handed to quadrants", expected.handed, answer.handed)?;
        same("facilities", expected.facilities, answer.facilities)?;
        same("facilities of others that quadrants know of", expected.heard, answer.heard)?;
        same("the cost of all ways", expected.cost, answer.cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_is_divided_where_it_costs_too_much() {
        // In a corner a way is half of a facility, less a fraction: four are not too much yet.
        let corner = Point { x: 0.0, y: 0.0 };
        let located = |count: usize| {
            let customers = OnceCell::from(Arc::from(vec![corner; count]));
            FacilityLocation { count: count as u64, customers, oracle: OnceCell::new() }.expected()
        };
        let four = Located { customers: 4, facilities: 0, cost: 4 * 353_553_390, handed: 4, heard: 0 };
        assert_eq!(located(4), four);
        let five = Located { customers: 5, facilities: 1, cost: 5 * 176_776_695, handed: 5, heard: 0 };
        assert_eq!(located(5), five);
        // The quarter has the first five, and divides itself at the ninth, of which the plane hears, and the quarter across.
        let nine = Located { customers: 9, facilities: 2, cost: 9 * 88_388_347, handed: 13, heard: 2 };
        assert_eq!(located(9), nine);
    }

    #[test]
    fn a_customer_or_a_facility_too_few_is_refused() {
        let small = FacilityLocation::of(Size::Small);
        let located = small.expected();
        let Located { customers, facilities, cost, handed, heard } = located;
        assert!(facilities > 5, "a quadrant within another has divided itself: {facilities}");
        let check = |got| small.check(&located, got);
        assert_eq!(check(located), Ok(()));
        let told = check(Located { customers: customers - 1, ..located });
        assert_eq!(told, Err("customers with a way: 500 was to be, 499 is".into()));
        assert!(check(Located { facilities: facilities + 1, ..located }).is_err());
        assert!(check(Located { cost: cost - 1, ..located }).is_err());
        assert!(check(Located { handed: handed + 1, ..located }).is_err());
        assert!(check(Located { heard: heard + 1, ..located }).is_err());
    }
}
