//! What the workers must come to: a breadth-first search of the whole grid, link by link.

use super::grid::{Grid, LINKS};
use super::{Found, NO_WAY, Reached, work};
use crate::savina::oracle::same;
use std::collections::VecDeque;

/// Of each cell.
pub(in crate::savina::suite) struct Oracle {
    /// The steps of the shortest way to it.
    lengths: Vec<u32>,
    /// What looking at it comes to.
    work: Vec<u64>,
}

impl Oracle {
    pub(super) fn of(grid: &Grid) -> Self {
        let Grid { side, ref links, .. } = *grid;
        let mut lengths = vec![NO_WAY; links.len()];
        lengths[0] = 0;
        let mut line = VecDeque::from([(0, [0; 3])]);
        while let Some((cell, place)) = line.pop_front() {
            for (bit, on) in LINKS.iter().enumerate() {
                if links[cell] & 1 << bit == 0 {
                    continue;
                }
                let mut there: [usize; 3] = place;
                for (at, on) in there.iter_mut().zip(on) {
                    *at = if *at + on == side { *at } else { *at + on };
                }
                let next = there[2] + side * (there[1] + side * there[0]);
                if lengths[next] == NO_WAY {
                    lengths[next] = lengths[cell] + 1;
                    line.push_back((next, there));
                }
            }
        }
        Self { lengths, work: (0..links.len()).map(work).collect() }
    }

    /// Of the way to the goal.
    pub(super) fn length(&self, grid: &Grid) -> u32 {
        self.lengths[grid.goal()]
    }

    /// Whether a search must go on from a cell, whatever was found before: a way over it might be shorter than any.
    fn must_be_searched(&self, grid: &Grid, cell: usize) -> bool {
        self.lengths[cell] != NO_WAY && self.lengths[cell] + grid.least(cell) < self.length(grid)
    }

    /// All such cells.
    #[cfg(test)]
    pub(super) fn to_be_searched(&self, grid: &Grid) -> impl Iterator<Item = usize> {
        (0..self.lengths.len()).filter(|cell| self.must_be_searched(grid, *cell))
    }

    /// Looks at what was found.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn check(&self, grid: &Grid, found: &Found) -> Result<(), String> {
        let seen = found.seen;
        same("cells that workers got", seen.given, seen.got)?;
        same("cells that came to the master", seen.left, seen.came)?;
        let mut known = vec![None; self.lengths.len()];
        for reached in found.reached.iter().flatten() {
            let cell = reached.step.cell;
            if known[cell].replace(*reached).is_some() {
                return Err(format!("cell {cell} was to be one worker's, two have reached it"));
            }
        }
        self.walked(grid, &known)?;
        self.searched(grid, &known, seen.worked)
    }

    /// The way that the workers have found, from the goal back to the first cell: its links, and its length.
    fn walked(&self, grid: &Grid, known: &[Option<Reached>]) -> Result<(), String> {
        let mut way = vec![grid.goal()];
        while let Some(&last) = way.last()
            && last != 0
            && way.len() <= known.len()
        {
            let reached = known[last].ok_or_else(|| format!("cell {last} was to be reached, nobody has"))?;
            linked(grid, reached.step.from, last)?;
            way.push(reached.step.from);
        }
        same("steps of the way", self.length(grid) as usize, way.len() - 1)
    }

    /// All cells that were reached, on the way and off it, and the work.
    fn searched(&self, grid: &Grid, known: &[Option<Reached>], worked: u64) -> Result<(), String> {
        let mut work = 0_u64;
        for (cell, reached) in known.iter().enumerate() {
            let must = self.must_be_searched(grid, cell);
            let Some(Reached { step, searches }) = *reached else {
                same(format_args!("that cell {cell} is searched from"), must, false)?;
                continue;
            };
            work = work.wrapping_add(self.work[cell].wrapping_mul(searches.into()));
            let least = self.lengths[cell];
            if must {
                same(format_args!("steps to {cell}"), least, step.length)?;
                same(format_args!("that cell {cell} is searched from"), true, searches > 0)?;
            } else if step.length < least {
                return Err(format!("no way to {cell} has {} steps", step.length));
            }
            if cell == 0 {
                continue;
            }
            let from = known[step.from].filter(|from| from.searches > 0);
            let from =
                from.ok_or_else(|| format!("{cell} was reached from {}, which nobody searched", step.from))?;
            linked(grid, step.from, cell)?;
            if step.length <= from.step.length {
                return Err(format!("{cell} was reached in no more steps than {}", step.from));
            }
        }
        same("the work for all cells", work, worked)
    }
}

fn linked(grid: &Grid, from: usize, to: usize) -> Result<(), String> {
    let linked = grid.next(from).any(|next| next == to);
    same(format_args!("a link from {from} to {to}"), true, linked)
}

#[cfg(test)]
mod tests {
    use super::super::{Seen, Step};
    use super::*;

    /// All links.
    fn open(side: usize) -> Grid {
        Grid { side, links: vec![0b11_1111; side.pow(3)], cube: 3 }
    }

    fn reached(cell: usize, from: usize, length: u32, searches: u32) -> Reached {
        Reached { step: Step { cell, from, length }, searches }
    }

    #[test]
    fn no_way_is_shorter_than_the_least() {
        let grid = open(9);
        let goal = grid.coordinates(grid.goal());
        for cell in 0..grid.links.len() {
            let place = grid.coordinates(cell);
            if place.iter().zip(goal).any(|(at, goal)| *at > goal) {
                continue;
            }
            // The way on from a cell of an open grid is one from its first cell to where the goal is then.
            let left = [0, 1, 2].map(|axis| goal[axis] - place[axis]);
            assert_eq!(grid.least(cell), Oracle::of(&grid).lengths[grid.number(left)], "{place:?}");
        }
    }

    #[test]
    fn a_way_that_is_none_or_too_long_is_refused() {
        // To (2, 2, 2) in three steps.
        let grid = open(3);
        let oracle = Oracle::of(&grid);
        assert_eq!((oracle.length(&grid), grid.goal()), (3, 26));
        assert_eq!([0, 13, 25, 26].map(|cell| grid.least(cell)), [3, 2, 1, 0]);
        assert_eq!(grid.next(26).count(), 0);
        let check_with = |way: &[usize], got, came| {
            let step =
                |(pair, length): (&[usize], _)| reached(pair[1], pair[0], length, u32::from(pair[1] != 26));
            let mut steps: Vec<_> = way.windows(2).zip(1..).map(step).collect();
            steps.push(reached(0, 0, 0, 1));
            let worked = steps.iter().filter(|reached| reached.searches > 0);
            let worked = worked.fold(0_u64, |sum, reached| sum.wrapping_add(work(reached.step.cell)));
            let seen = Seen { given: 9, got, left: 7, came, worked };
            oracle.check(&grid, &Found { reached: vec![steps], seen })
        };
        let check = |way: &[usize], got| check_with(way, got, 7);
        let doubled = check_with(&[0, 12, 22, 26], 9, 8);
        assert_eq!(doubled, Err("cells that came to the master: 7 was to be, 8 is".into()));
        // (1, 1, 0), (2, 1, 1), (2, 2, 2).
        let along = [0, 12, 22, 26];
        assert_eq!(check(&along, 9), Ok(()));
        assert_eq!(check(&along, 8), Err("cells that workers got: 9 was to be, 8 is".into()));
        assert_eq!(check(&along[1..], 9), Err("cell 12 was to be reached, nobody has".into()));
        let longer = check(&[0, 12, 13, 22, 26], 9);
        assert_eq!(longer, Err("steps of the way: 3 was to be, 4 is".into()));
        assert_eq!(check(&[0, 22, 26], 9), Err("a link from 0 to 22: true was to be, false is".into()));
        assert_eq!(check(&[22, 26, 22], 9), Err("a link from 26 to 22: true was to be, false is".into()));
        let twice = check(&[0, 12, 22, 26, 22], 9);
        assert_eq!(twice, Err("cell 22 was to be one worker's, two have reached it".into()));
    }

    #[test]
    fn what_goes_wrong_off_the_way_is_refused() {
        // That of the default size: one step longer than the least that it could be, so that much has to be searched.
        let grid = Grid::draw(30, 5);
        let oracle = Oracle::of(&grid);
        assert_eq!((oracle.length(&grid), grid.least(0)), (37, 36));
        let cells = 0..grid.links.len();
        let before = |cell: usize| {
            let length = oracle.lengths[cell].wrapping_sub(1);
            let leads =
                |from: &usize| oracle.lengths[*from] == length && grid.next(*from).any(|to| to == cell);
            cells.clone().find(leads).unwrap_or_default()
        };
        // What has to be searched, and the way, each from the first cell that leads there in so few steps.
        let mut must: Vec<_> = oracle.to_be_searched(&grid).collect();
        let mut way = grid.goal();
        while !must.contains(&way) {
            must.push(way);
            way = before(way);
        }
        let steps = must
            .iter()
            .map(|&cell| reached(cell, before(cell), oracle.lengths[cell], u32::from(cell != grid.goal())));
        let right: Vec<_> = steps.collect();
        let worked = must.iter().filter(|cell| **cell != grid.goal());
        let worked = worked.fold(0_u64, |sum, cell| sum.wrapping_add(work(*cell)));
        let check = |reached: Vec<Reached>, worked| {
            let seen = Seen { worked, ..Seen::default() };
            oracle.check(&grid, &Found { reached: vec![reached], seen })
        };
        assert_eq!(check(right.clone(), worked), Ok(()));

        // One that had to be searched, and from which nothing else was reached.
        let leads = |cell: usize| right.iter().any(|reached| reached.step.from == cell);
        let off = |reached: &Reached| {
            let cell = reached.step.cell;
            oracle.must_be_searched(&grid, cell) && !leads(cell)
        };
        let at = right.iter().position(off).expect("a cell off the way");
        let cell = right[at].step.cell;
        let refused = |spoil: &dyn Fn(&mut Vec<Reached>), worked, words: &str| {
            let mut wrong = right.clone();
            spoil(&mut wrong);
            let told = check(wrong, worked).expect_err(words);
            assert!(told.starts_with(words), "{told}, and not: {words}");
        };
        let without = worked.wrapping_sub(work(cell));
        let words = format!("that cell {cell} is searched from: true was to be, false is");
        let prune = |wrong: &mut Vec<Reached>| {
            wrong.swap_remove(at);
        };
        refused(&prune, without, &words);
        refused(&|wrong| wrong[at].searches = 0, without, &words);
        refused(&|wrong| wrong[at].step.length += 1, worked, &format!("steps to {cell}: "));
        // Work that was not done, done once more, or for another cell.
        refused(&|_| (), without, "the work for all cells: ");
        refused(&|_| (), worked.wrapping_add(work(cell)), "the work for all cells: ");
        refused(&|_| (), without.wrapping_add(work(cell + 1)), "the work for all cells: ");

        // Cells that nobody had to search: searched from though nothing leads there, or too early.
        let first: Vec<_> = grid.next(0).collect();
        let is_left =
            |cell: &usize| oracle.lengths[*cell] != NO_WAY && !must.contains(cell) && !first.contains(cell);
        let other = cells.clone().find(is_left).expect("a cell that is left alone");
        let with_other = worked.wrapping_add(work(other));
        let length = oracle.lengths[other];
        let link = format!("a link from 0 to {other}: true was to be, false is");
        refused(&|wrong| wrong.push(reached(other, 0, length, 1)), with_other, &link);
        let early = format!("no way to {other} has {} steps", length - 1);
        refused(&|wrong| wrong.push(reached(other, 0, length - 1, 1)), with_other, &early);
        let alone = format!("{other} was reached from {other}, which nobody searched");
        refused(&|wrong| wrong.push(reached(other, other, length, 0)), worked, &alone);
    }
}
