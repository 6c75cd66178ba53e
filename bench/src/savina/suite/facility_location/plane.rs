//! The plane in which customers are, its squares, and what things cost there.

use crate::seeded::Seeded;

/// The plane is a square of this side.
const GRID: f64 = 500.0;
/// A quadrant whose customers pay more than so many facilities cost divides itself.
pub(super) const ALPHA: u64 = 2;
/// Costs are counted in parts of one: so their sums are exact, in any order.
const PARTS: f64 = 1e6;

#[derive(Clone, Copy)]
pub(in crate::savina::suite) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A square around a centre.
#[derive(Clone, Copy)]
pub(super) struct Square {
    pub(super) centre: Point,
    /// Half of its side.
    reach: f64,
}

impl Point {
    pub(super) fn draw(seeded: &mut Seeded) -> Self {
        let mut draw = || seeded.below(1 << 53) as f64 * GRID / (1_u64 << 53) as f64;
        Self { x: draw(), y: draw() }
    }

    /// What the way costs, in parts.
    pub(super) fn cost(self, other: Self) -> u64 {
        let (x, y) = (self.x - other.x, self.y - other.y);
        ((x * x + y * y).sqrt() * PARTS) as u64
    }

    pub(super) fn cost_to_nearest(self, middles: &[Self]) -> u64 {
        middles.iter().map(|middle| self.cost(*middle)).min().unwrap_or(u64::MAX)
    }
}

/// What a facility costs: the diagonal of the plane.
pub(super) fn facility_cost() -> u64 {
    (GRID * std::f64::consts::SQRT_2 * PARTS) as u64
}

impl Square {
    pub(super) fn plane() -> Self {
        Self { centre: Point { x: GRID / 2.0, y: GRID / 2.0 }, reach: GRID / 2.0 }
    }

    /// In which of its quarters a point is.
    pub(super) fn quarter_of(self, point: Point) -> usize {
        usize::from(point.x >= self.centre.x) + 2 * usize::from(point.y >= self.centre.y)
    }

    /// As [`Square::quarter_of`] has it of the square above: without the upper edge, and without the right one.
    pub(super) fn holds(self, point: Point) -> bool {
        let inside = |at: f64, centre: f64| (centre - self.reach..centre + self.reach).contains(&at);
        inside(point.x, self.centre.x) && inside(point.y, self.centre.y)
    }

    pub(super) fn quarters(self) -> [Self; 4] {
        let reach = self.reach / 2.0;
        [(-reach, -reach), (reach, -reach), (-reach, reach), (reach, reach)].map(|(x, y)| {
            let centre = Point { x: self.centre.x + x, y: self.centre.y + y };
            Self { centre, reach }
        })
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
            assert!(quarter.holds(quarter.centre));
            // The last one begins there.
            assert_eq!(quarter.holds(Square::plane().centre), at == 3);
        }
        assert_eq!(Point { x: 0.0, y: 0.0 }.cost(Point { x: 3.0, y: 4.0 }), 5_000_000);
    }
}
