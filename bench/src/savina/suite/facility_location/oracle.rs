//! What the quadrants must come to: a search of each square for the customer by whom it is divided, given all its customers at once.

use super::Located;
use super::plane::{ALPHA, Point, Square, facility_cost};

/// What the plane comes to.
#[derive(Clone, Copy, Default)]
pub(super) struct Oracle {
    pub(super) located: Located,
    /// News that goes up, from each facility to each square that it is in.
    pub(super) news: u64,
}

impl Oracle {
    pub(super) fn of(customers: &[Point]) -> Self {
        let mut sums = Self::default();
        let plane = Divided::find(Square::plane(), &[], customers, 0, &mut sums);
        sums.located.facilities = plane.facilities;
        sums.located.heard = plane.heard(0);
        sums
    }
}

/// A square as the oracle sees it: that it is divided, and its quarters.
struct Divided {
    facilities: u64,
    quarters: Vec<Divided>,
}

impl Divided {
    /// The square with these customers, in their order, of whom the first so many are inherited.
    fn find(
        square: Square,
        above: &[Point],
        customers: &[Point],
        inherited: usize,
        sums: &mut Oracle,
    ) -> Self {
        let middles = [above, &[square.centre]].concat();
        let mut cost = 0;
        let ways = customers.iter().map(|customer| {
            cost += customer.cost_to_nearest(&middles);
            cost
        });
        let costs: Vec<u64> = ways.collect();
        sums.located.handed += (customers.len() - inherited) as u64;
        let too_much = (inherited..customers.len()).find(|at| costs[*at] > ALPHA * facility_cost());
        let Some(last) = too_much else {
            sums.located.customers += customers.len() as u64;
            sums.located.cost += cost;
            return Self { facilities: 0, quarters: Vec::new() };
        };
        sums.news += above.len() as u64;
        let (before, behind) = customers.split_at(last + 1);
        let quarters = square.quarters().map(|quarter| {
            let inside = |customers: &[Point]| -> Vec<Point> {
                customers.iter().filter(|customer| quarter.holds(**customer)).copied().collect()
            };
            let (before, behind) = (inside(before), inside(behind));
            Self::find(quarter, &middles, &[&before[..], &behind].concat(), before.len(), sums)
        });
        let quarters = Vec::from(quarters);
        Self { facilities: 1 + quarters.iter().map(|quarter| quarter.facilities).sum::<u64>(), quarters }
    }

    /// Facilities that it and all in it hear of, if so many elsewhere are heard of here.
    fn heard(&self, elsewhere: u64) -> u64 {
        let touching = self.quarters.iter().rev().map(|quarter| quarter.facilities);
        let within = self.quarters.iter().zip(touching);
        let below: u64 = within.map(|(quarter, touching)| quarter.heard(elsewhere + touching)).sum();
        // Its own it does not hear of.
        elsewhere + self.facilities.saturating_sub(1) + below
    }
}
