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
    /// Squares in a row after the last division that is looked at; of each the corner that is its own.
    const FINE: u32 = 1 << 6;

    fn points() -> impl Iterator<Item = (Point, [u32; 2])> {
        let at = |step: u32| GRID * f64::from(step) / f64::from(FINE);
        (0..FINE).flat_map(move |x| (0..FINE).map(move |y| (Point { x: at(x), y: at(y) }, [x, y])))
    }

    #[test]
    fn a_way_costs_the_root_of_both_squares_in_whole_numbers() {
        let mut seeded = Seeded::new(1);
        // On whole thousandths of the plane, which are halves.
        let mut draw = || [0, 0].map(|_: u32| seeded.below(1_001));
        for _ in 0..10_000 {
            let (one, other) = (draw(), draw());
            let point = |at: [u64; 2]| Point { x: at[0] as f64 / 2.0, y: at[1] as f64 / 2.0 };
            let square =
                one.into_iter().zip(other).map(|(one, other)| u128::from(one.abs_diff(other)).pow(2));
            // Of twice the cost, in parts.
            let square = square.sum::<u128>() * 10_u128.pow(12);
            let cost = u128::from(point(one).cost(point(other)));
            assert!(
                (2 * cost).pow(2) <= square && square < (2 * cost + 2).pow(2),
                "{one:?} {other:?}: {cost}"
            );
            assert_eq!(point(other).cost(point(one)), point(one).cost(point(other)));
        }
        let diagonal = 2 * 500_u128.pow(2) * 10_u128.pow(12);
        let cost = u128::from(facility_cost());
        assert!(cost.pow(2) <= diagonal && diagonal < (cost + 1).pow(2));
    }

    #[test]
    fn the_nearest_is_the_first_of_all_by_what_the_way_costs() {
        let mut seeded = Seeded::new(2);
        for count in 1..50 {
            let middles: Vec<_> = (0..count).map(|_| Point::draw(&mut seeded)).collect();
            let from = Point::draw(&mut seeded);
            let away = |middle: &Point| (middle.x - from.x).hypot(middle.y - from.y);
            let mut sorted = middles.clone();
            sorted.sort_by(|one, other| away(one).total_cmp(&away(other)));
            let cost = from.cost_to_nearest(&middles);
            assert!((cost as f64 - away(&sorted[0]) * 1e6).abs() < 1.001, "{cost}");
        }
    }

    #[test]
    fn quarters_are_the_bits_of_where_a_point_is() {
        for (point, steps) in points() {
            let mut square = Square::plane();
            for bit in (0..FINE.ilog2()).rev() {
                let [x, y] = steps.map(|at| (at >> bit & 1) as usize);
                let quarter = square.quarter_of(point);
                assert_eq!(quarter, 2 * y + x, "{steps:?}, {bit}");
                let quarters = square.quarters();
                let holding: Vec<_> = (0..4).filter(|at| quarters[*at].holds(point)).collect();
                assert_eq!(holding, [quarter], "{steps:?}, {bit}");
                square = quarters[quarter];
                // In the middle of all that have these bits.
                let centre = steps.map(|at| f64::from((at >> bit << bit) + (1 << bit >> 1)));
                let half = if bit == 0 { 0.5 } else { 0.0 };
                let [x, y] = centre.map(|at| (at + half) * GRID / f64::from(FINE));
                assert_eq!((square.centre.x, square.centre.y), (x, y));
                assert_eq!(square.reach, GRID / f64::from(FINE) * f64::from(1 << bit) / 2.0);
            }
        }
    }

    #[test]
    fn each_point_that_is_drawn_is_in_one_square_of_each_size() {
        let mut seeded = Seeded::new(3);
        for _ in 0..10_000 {
            let point = Point::draw(&mut seeded);
            let mut square = Square::plane();
            assert!(square.holds(point));
            for halvings in 1..10 {
                square = square.quarters()[square.quarter_of(point)];
                let side = GRID / f64::from(1 << halvings);
                // By which one it is of those in a row.
                let centre = [point.x, point.y].map(|at| ((at / side).floor() + 0.5) * side);
                assert_eq!([square.centre.x, square.centre.y], centre);
                assert!(square.holds(point));
            }
        }
    }
}
