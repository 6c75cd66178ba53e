//! Facility-location: customers come one by one to the quadrants of a plane, which are actors; each pays the way to the nearest facility,
//! and where that has become too much a facility is opened, and the quadrant divides itself. Verified by the same rules over a list of
//! quadrants, customer by customer.
//!
//! In Savina quadrants also hear, some time later, of facilities of others, so that a result depends on when that is. Here a quadrant
//! knows those of the quadrants that it is within, and customers come to it in one order: the result is always the same.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::cell::OnceCell;
use throng::{Actor, Address, Context, Fault, Reply};

/// The plane is a square of this side.
const GRID: f64 = 500.0;
/// A quadrant whose customers pay more than so many facilities cost divides itself.
const ALPHA: u64 = 2;
const SEED: u64 = 123_456;
/// Costs are counted in parts of one: so their sums are exact, in any order.
const PARTS: f64 = 1e6;
/// Customers that are drawn before others have a turn.
const CHUNK: u64 = 256;

/// Savina's `facloc`.
pub(super) struct FacilityLocation {
    customers: u64,
    located: OnceCell<Located>,
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
}

#[derive(Clone, Copy)]
pub(super) struct Point {
    x: f64,
    y: f64,
}

/// A square around a centre.
#[derive(Clone, Copy)]
struct Square {
    centre: Point,
    /// Half of its side.
    reach: f64,
}

/// Where customers come from.
pub(super) struct Producer {
    left: u64,
    seeded: Seeded,
    root: Option<Address<ToQuadrant>>,
    reply: Option<Reply<Located>>,
}

pub(super) enum ToProducer {
    Begin(Reply<Located>),
    Go,
    Located(Located),
}

struct Quadrant {
    above: Above,
    square: Square,
    /// Those that it knows.
    facilities: Vec<Point>,
    customers: Vec<Point>,
    /// None before it has divided itself.
    quarters: Option<[Address<ToQuadrant>; 4]>,
    awaited: usize,
    /// What it comes to; of what has been left to its quarters once they have told.
    located: Located,
}

/// Who hears what it comes to.
#[derive(Clone, Copy)]
enum Above {
    Producer(Address<ToProducer>),
    Quadrant(Address<ToQuadrant>),
}

pub(super) enum ToQuadrant {
    Customer(Point),
    /// No more of them.
    Close,
    Located(Located),
}

impl Point {
    fn draw(seeded: &mut Seeded) -> Self {
        let mut draw = || seeded.below(1 << 53) as f64 * GRID / (1_u64 << 53) as f64;
        Self { x: draw(), y: draw() }
    }

    /// What the way costs, in parts.
    fn cost(self, other: Self) -> u64 {
        let (x, y) = (self.x - other.x, self.y - other.y);
        ((x * x + y * y).sqrt() * PARTS) as u64
    }

    fn cost_to_nearest(self, facilities: &[Self]) -> u64 {
        facilities.iter().map(|facility| self.cost(*facility)).min().unwrap_or(u64::MAX)
    }
}

/// What a facility costs: the diagonal of the plane.
fn facility_cost() -> u64 {
    (GRID * std::f64::consts::SQRT_2 * PARTS) as u64
}

impl Square {
    fn plane() -> Self {
        Self { centre: Point { x: GRID / 2.0, y: GRID / 2.0 }, reach: GRID / 2.0 }
    }

    /// In which of its quarters a point is.
    fn quarter_of(self, point: Point) -> usize {
        usize::from(point.x >= self.centre.x) + 2 * usize::from(point.y >= self.centre.y)
    }

    fn quarters(self) -> [Self; 4] {
        let reach = self.reach / 2.0;
        [(-reach, -reach), (reach, -reach), (-reach, reach), (reach, reach)].map(|(x, y)| {
            let centre = Point { x: self.centre.x + x, y: self.centre.y + y };
            Self { centre, reach }
        })
    }
}

impl Located {
    fn add(&mut self, other: Self) {
        self.customers += other.customers;
        self.facilities += other.facilities;
        self.cost += other.cost;
        self.handed += other.handed;
    }
}

impl Actor for Producer {
    type Msg = ToProducer;

    fn handle(&mut self, message: ToProducer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToProducer::Begin(reply) => {
                self.reply = Some(reply);
                // With a facility in the middle, as nobody has a way to none.
                let (square, above) = (Square::plane(), Above::Producer(cx.me()));
                let root = Quadrant::new(above, square, vec![square.centre], Vec::new());
                self.root = Some(cx.spawn(root));
                self.produce(cx)?;
            }
            ToProducer::Go => self.produce(cx)?,
            ToProducer::Located(mut located) => {
                located.facilities += 1;
                asker(&mut self.reply)?.send(located);
            }
        }
        Ok(())
    }
}

impl Producer {
    fn produce(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let root = self.root.ok_or_else(|| Fault::msg("there is no plane"))?;
        let chunk = self.left.min(CHUNK);
        for _ in 0..chunk {
            cx.send(root, ToQuadrant::Customer(Point::draw(&mut self.seeded)))?;
        }
        self.left -= chunk;
        if self.left == 0 {
            cx.send(root, ToQuadrant::Close)?;
        } else {
            cx.send(cx.me(), ToProducer::Go)?;
        }
        Ok(())
    }
}

impl Actor for Quadrant {
    type Msg = ToQuadrant;

    fn handle(&mut self, message: ToQuadrant, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToQuadrant::Customer(point) => {
                self.located.handed += 1;
                if let Some(quarters) = self.quarters {
                    cx.send(quarters[self.square.quarter_of(point)], ToQuadrant::Customer(point))?;
                } else {
                    self.serve(point);
                    if self.located.cost > ALPHA * facility_cost() {
                        self.divide(cx);
                    }
                }
            }
            ToQuadrant::Close => {
                for quarter in self.quarters.into_iter().flatten() {
                    self.awaited += 1;
                    cx.send(quarter, ToQuadrant::Close)?;
                }
                self.tell_if_complete(cx)?;
            }
            ToQuadrant::Located(located) => {
                self.located.add(located);
                self.awaited -= 1;
                self.tell_if_complete(cx)?;
            }
        }
        Ok(())
    }
}

impl Quadrant {
    /// With customers of the one above, each of which now pays what is the least from here on.
    fn new(above: Above, square: Square, facilities: Vec<Point>, customers: Vec<Point>) -> Self {
        let (quarters, awaited, located) = (None, 0, Located::default());
        let mut quadrant =
            Self { above, square, facilities, customers: Vec::new(), quarters, awaited, located };
        customers.into_iter().for_each(|point| quadrant.serve(point));
        quadrant
    }

    fn serve(&mut self, point: Point) {
        self.located.customers += 1;
        self.located.cost += point.cost_to_nearest(&self.facilities);
        self.customers.push(point);
    }

    /// Opens a facility in the middle, and leaves all else to its quarters.
    fn divide(&mut self, cx: &mut Context<'_, Self>) {
        self.facilities.push(self.square.centre);
        let mut customers = [const { Vec::new() }; 4];
        for point in self.customers.drain(..) {
            customers[self.square.quarter_of(point)].push(point);
        }
        let above = Above::Quadrant(cx.me());
        let quarters = self.square.quarters();
        self.quarters = Some(std::array::from_fn(|at| {
            let (facilities, customers) = (self.facilities.clone(), std::mem::take(&mut customers[at]));
            cx.spawn(Self::new(above, quarters[at], facilities, customers))
        }));
        self.located = Located { customers: 0, facilities: 1, cost: 0, ..self.located };
    }

    /// Tells what it comes to, and ends, once no quarter is awaited.
    fn tell_if_complete(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.awaited > 0 {
            return Ok(());
        }
        match self.above {
            Above::Producer(producer) => cx.send(producer, ToProducer::Located(self.located))?,
            Above::Quadrant(quadrant) => cx.send(quadrant, ToQuadrant::Located(self.located))?,
        }
        cx.stop();
        Ok(())
    }
}

/// The oracle's quadrant: one of a list.
struct Listed {
    square: Square,
    facilities: Vec<Point>,
    customers: Vec<Point>,
    cost: u64,
    /// Where in the list its quarters begin.
    quarters: Option<usize>,
}

impl Listed {
    fn new(square: Square, facilities: Vec<Point>) -> Self {
        Self { square, facilities, customers: Vec::new(), cost: 0, quarters: None }
    }
}

impl FacilityLocation {
    /// The oracle.
    fn located(&self) -> &Located {
        self.located.get_or_init(|| {
            let mut seeded = Seeded::new(SEED);
            let plane = Square::plane();
            let mut list = vec![Listed::new(plane, vec![plane.centre])];
            let mut handed = 0;
            for _ in 0..self.customers {
                let point = Point::draw(&mut seeded);
                let mut at = 0;
                handed += 1;
                while let Some(quarters) = list[at].quarters {
                    at = quarters + list[at].square.quarter_of(point);
                    handed += 1;
                }
                let next = list.len();
                let here = &mut list[at];
                here.cost += point.cost_to_nearest(&here.facilities);
                here.customers.push(point);
                if here.cost <= ALPHA * facility_cost() {
                    continue;
                }
                here.quarters = Some(next);
                let mut facilities = here.facilities.clone();
                facilities.push(here.square.centre);
                let (square, moved) = (here.square, std::mem::take(&mut here.customers));
                list.extend(square.quarters().map(|quarter| Listed::new(quarter, facilities.clone())));
                for point in moved {
                    let quarter = &mut list[next + square.quarter_of(point)];
                    quarter.cost += point.cost_to_nearest(&facilities);
                    quarter.customers.push(point);
                }
            }
            let leaves = || list.iter().filter(|listed| listed.quarters.is_none());
            Located {
                customers: leaves().map(|leaf| leaf.customers.len() as u64).sum(),
                // The first one, and one of each that has divided itself.
                facilities: 1 + (list.len() - leaves().count()) as u64,
                cost: leaves().map(|leaf| leaf.cost).sum(),
                handed,
            }
        })
    }
}

impl Workload for FacilityLocation {
    const NAME: &'static str = "facility-location";
    const DIFFERS: &'static str = "";

    type Main = Producer;
    type Answer = Located;
    type Expected = Located;

    fn of(size: Size) -> Self {
        Self { customers: size.of(500, 100_000, 1_000_000), located: OnceCell::new() }
    }

    fn words(&self) -> String {
        format!("{} in a plane, facilities opened by quadrants", units::counted(self.customers, "customer"))
    }

    fn messages(&self) -> Messages {
        let Located { handed, facilities, .. } = *self.located();
        // A facility but the first stands for a quadrant that has four within; each is closed, and tells what it comes to.
        let quadrants = 1 + 4 * (facilities - 1);
        // The question, and a word of the producer to itself between any two chunks.
        Messages::Exactly(1 + self.customers.div_ceil(CHUNK) - 1 + handed + 2 * quadrants)
    }

    fn expected(&self) -> Located {
        *self.located()
    }

    fn main(&self) -> Producer {
        Producer { left: self.customers, seeded: Seeded::new(SEED), root: None, reply: None }
    }

    fn begin(&self, reply: Reply<Located>) -> ToProducer {
        ToProducer::Begin(reply)
    }

    fn check(&self, expected: &Located, answer: Located) -> Result<(), String> {
        same("customers", self.customers, expected.customers)?;
        same("customers with a way", expected.customers, answer.customers)?;
        same("customers handed to quadrants", expected.handed, answer.handed)?;
        same("facilities", expected.facilities, answer.facilities)?;
        same("the cost of all ways", expected.cost, answer.cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_square_is_its_quarters() {
        for (at, quarter) in Square::plane().quarters().into_iter().enumerate() {
            assert_eq!(Square::plane().quarter_of(quarter.centre), at);
            assert_eq!(quarter.reach, GRID / 4.0);
        }
        assert_eq!(Point { x: 0.0, y: 0.0 }.cost(Point { x: 3.0, y: 4.0 }), 5_000_000);
    }

    #[test]
    fn a_customer_or_a_facility_too_few_is_refused() {
        let small = FacilityLocation::of(Size::Small);
        let located = small.expected();
        let Located { customers, facilities, cost, handed } = located;
        assert!(facilities > 5, "a quadrant within another has divided itself: {facilities}");
        let check = |got| small.check(&located, got);
        assert_eq!(check(located), Ok(()));
        let told = check(Located { customers: customers - 1, ..located });
        assert_eq!(told, Err("customers with a way: 500 was to be, 499 is".into()));
        assert!(check(Located { facilities: facilities + 1, ..located }).is_err());
        assert!(check(Located { cost: cost - 1, ..located }).is_err());
        assert!(check(Located { handed: handed + 1, ..located }).is_err());
    }
}
