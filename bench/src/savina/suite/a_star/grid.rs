//! The grid of cells, its links, and whose each cell is.

use super::WORKERS;
use crate::seeded::Seeded;

const SEED: u64 = 123_456;
/// Where links may lead: on along one axis, or along two.
pub(super) const LINKS: [[usize; 3]; 6] = [[0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0]];

/// Cells by number: along the last axis, then the middle one, then the first. From the first cell a way is looked for to one that is at
/// four fifths of each axis.
pub(in crate::savina::suite) struct Grid {
    pub(super) side: usize,
    /// Which of [`LINKS`] a cell has, by bits.
    pub(super) links: Vec<u8>,
    /// The side of a cube; all cells of one are one worker's.
    pub(super) cube: usize,
}

impl Grid {
    pub(super) fn draw(side: usize, cube: usize) -> Self {
        let mut seeded = Seeded::new(SEED);
        let mut link = || {
            // One at least: the last, where none of the others is.
            let drawn =
                LINKS.iter().enumerate().fold(0, |links, (at, _)| links | (seeded.below(2) as u8) << at);
            if drawn == 0 { 1 << (LINKS.len() - 1) } else { drawn }
        };
        Self { side, links: (0..side.pow(3)).map(|_| link()).collect(), cube }
    }

    pub(super) fn number(&self, [x, y, z]: [usize; 3]) -> usize {
        (x * self.side + y) * self.side + z
    }

    pub(super) fn coordinates(&self, cell: usize) -> [usize; 3] {
        [cell / self.side / self.side, cell / self.side % self.side, cell % self.side]
    }

    pub(super) fn goal(&self) -> usize {
        self.number([self.side * 4 / 5; 3])
    }

    /// The cells to which one has links; what would lead out of the grid leads along its face, or nowhere.
    pub(super) fn next(&self, cell: usize) -> impl Iterator<Item = usize> {
        let (place, links) = (self.coordinates(cell), self.links[cell]);
        let there =
            LINKS.iter().enumerate().filter(move |(at, _)| links >> at & 1 == 1).map(move |(_, on)| {
                let axes = [0, 1, 2].map(|axis| (place[axis] + on[axis]).min(self.side - 1));
                self.number(axes)
            });
        there.filter(move |&next| next != cell)
    }

    /// No way from a cell to the goal is shorter: a step goes on along two axes at most, and along each by one.
    pub(super) fn least(&self, cell: usize) -> u32 {
        let goal = self.coordinates(self.goal());
        let left = self.coordinates(cell).into_iter().zip(goal).map(|(at, goal)| goal.saturating_sub(at));
        let (sum, most) = left.fold((0, 0), |(sum, most), left| (sum + left, left.max(most)));
        most.max(sum.div_ceil(2)) as u32
    }

    /// Whose cell one is, and which of his.
    pub(super) fn owner(&self, cell: usize) -> (usize, usize) {
        let place = self.coordinates(cell);
        let number = |[x, y, z]: [usize; 3], side| (x * side + y) * side + z;
        let cubes = self.side.div_ceil(self.cube);
        let cube = number(place.map(|at| at / self.cube), cubes);
        let inside = number(place.map(|at| at % self.cube), self.cube);
        // Each twenty cubes in a row are shared out once, turned against those before, so that no axis is one worker's.
        let turned =
            (cube + Seeded::stream(SEED, (cube / WORKERS) as u64).below(WORKERS as u64) as usize) % WORKERS;
        (turned, cube / WORKERS * self.cube.pow(3) + inside)
    }
}
