//! A-star: the shortest way through a grid in space with walls. The cells are shared out in cubes; a worker searches its own, the most
//! promising first, and the steps that lead out of them go by the master to the others. Verified by a breadth-first search: the way is
//! walked cell by cell, and has the length that is the least.
//!
//! In Savina the workers mark cells of a grid that they share, and the first way found is taken. Here each cell is one worker's alone,
//! and it goes on until no shorter way is possible.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;
use throng::{Actor, Address, Context, Fault, Reply};

const WORKERS: usize = 20;
/// Cells that a worker searches before it hears of others.
const THRESHOLD: usize = 1_024;
/// The side of a cube of cells.
const CUBE: usize = 5;
/// Of a hundred cells so many are walls.
const WALLS: u64 = 30;
const SEED: u64 = 1;
/// No way is as long.
const NO_WAY: u32 = u32::MAX;

/// Savina's `astar`.
pub(super) struct AStar {
    side: usize,
    grid: OnceCell<Arc<Grid>>,
}

/// Cells by number: along x, then y, then z. From the first to the last a way is looked for.
pub(super) struct Grid {
    side: usize,
    free: Vec<bool>,
}

/// A way, and what was counted.
pub(super) struct Found {
    /// Cell by cell, from the last to the first; none without a way.
    way: Vec<usize>,
    /// Steps that the master gave to workers, and that these got.
    given: u64,
    got: u64,
}

/// A cell can be reached in so many steps, the last of them from another cell.
#[derive(Clone, Copy)]
pub(super) struct Step {
    cell: usize,
    from: usize,
    length: u32,
}

pub(super) struct Master {
    grid: Arc<Grid>,
    workers: Vec<Place>,
    searching: usize,
    /// The length of the shortest way until now.
    best: u32,
    found: Found,
    ended: usize,
    reply: Option<Reply<Found>>,
}

/// What the master knows of a worker.
struct Place {
    address: Address<ToWorker>,
    searching: bool,
    /// It has cells that it has not searched.
    open: bool,
    /// What has come for it while it was searching.
    steps: Vec<Step>,
}

pub(super) enum ToMaster {
    Begin(Reply<Found>),
    Searched { by: usize, out: Vec<Vec<Step>>, open: bool, best: u32 },
    Traced(Vec<usize>),
    Ended { got: u64 },
}

struct Worker {
    master: Address<ToMaster>,
    number: usize,
    grid: Arc<Grid>,
    /// The shortest step to each of its cells.
    known: Vec<Step>,
    /// By the least length that a way over it can have, and then by the longest part that is behind.
    open: BinaryHeap<(Reverse<u32>, u32, usize)>,
    best: u32,
    got: u64,
}

pub(super) enum ToWorker {
    /// With the length of the shortest way until now.
    Search(Vec<Step>, u32),
    /// Adds the cells before the last one, as far as they are its own.
    Trace(Vec<usize>),
    Stop,
}

impl Grid {
    fn draw(side: usize) -> Self {
        let mut seeded = Seeded::new(SEED);
        let mut free: Vec<bool> = (0..side.pow(3)).map(|_| seeded.below(100) >= WALLS).collect();
        let last = free.len() - 1;
        (free[0], free[last]) = (true, true);
        Self { side, free }
    }

    fn goal(&self) -> usize {
        self.free.len() - 1
    }

    fn coordinates(&self, cell: usize) -> [usize; 3] {
        [cell % self.side, cell / self.side % self.side, cell / self.side / self.side]
    }

    /// The free cells next to one.
    fn next(&self, cell: usize) -> impl Iterator<Item = usize> {
        let [x, y, z] = self.coordinates(cell);
        let (row, plane, last) = (self.side, self.side * self.side, self.side - 1);
        let back = [(x > 0, 1), (y > 0, row), (z > 0, plane)];
        let on = [(x < last, 1), (y < last, row), (z < last, plane)];
        let back = back.into_iter().filter(|(inside, _)| *inside).map(move |(_, step)| cell - step);
        let on = on.into_iter().filter(|(inside, _)| *inside).map(move |(_, step)| cell + step);
        on.chain(back).filter(|&cell| self.free[cell])
    }

    /// No way from a cell to the goal is shorter.
    fn least(&self, cell: usize) -> u32 {
        self.coordinates(cell).into_iter().map(|at| (self.side - 1 - at) as u32).sum()
    }

    /// Cubes on a side.
    fn cubes(&self) -> usize {
        self.side.div_ceil(CUBE)
    }

    /// Whose cell one is, and which of his.
    fn owner(&self, cell: usize) -> (usize, usize) {
        let place = self.coordinates(cell);
        let number = |of: [usize; 3], side| (of[2] * side + of[1]) * side + of[0];
        let cube = number(place.map(|at| at / CUBE), self.cubes());
        (cube % WORKERS, cube / WORKERS * CUBE.pow(3) + number(place.map(|at| at % CUBE), CUBE))
    }
}

impl Actor for Master {
    type Msg = ToMaster;

    fn handle(&mut self, message: ToMaster, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMaster::Begin(reply) => {
                self.reply = Some(reply);
                for number in 0..WORKERS {
                    let address = cx.spawn(Worker::new(cx.me(), number, Arc::clone(&self.grid)));
                    self.workers.push(Place { address, searching: false, open: false, steps: Vec::new() });
                }
                self.workers[0].steps.push(Step { cell: 0, from: 0, length: 0 });
                self.search(cx)
            }
            ToMaster::Searched { by, out, open, best } => {
                self.searching -= 1;
                self.best = self.best.min(best);
                let worker = &mut self.workers[by];
                (worker.searching, worker.open) = (false, open);
                for (worker, mut steps) in self.workers.iter_mut().zip(out) {
                    worker.steps.append(&mut steps);
                }
                self.search(cx)
            }
            ToMaster::Traced(way) => self.trace(way, cx),
            ToMaster::Ended { got } => {
                self.found.got += got;
                self.ended += 1;
                if self.ended == WORKERS {
                    let way = std::mem::take(&mut self.found.way);
                    let reply = asker(&mut self.reply)?;
                    reply.send(Found { way, ..self.found });
                }
                Ok(())
            }
        }
    }
}

impl Master {
    /// Gives to each worker that does not search what there is for it.
    fn search(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for worker in &mut self.workers {
            if worker.searching || worker.steps.is_empty() && !worker.open {
                continue;
            }
            worker.searching = true;
            self.searching += 1;
            self.found.given += worker.steps.len() as u64;
            cx.send(worker.address, ToWorker::Search(std::mem::take(&mut worker.steps), self.best))?;
        }
        match self.searching {
            0 if self.best == NO_WAY => self.stop(cx),
            0 => self.trace(vec![self.grid.goal()], cx),
            _ => Ok(()),
        }
    }

    fn trace(&mut self, way: Vec<usize>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match way.last() {
            Some(&last) if last != 0 => {
                cx.send(self.workers[self.grid.owner(last).0].address, ToWorker::Trace(way))?;
                Ok(())
            }
            _ => {
                self.found.way = way;
                self.stop(cx)
            }
        }
    }

    fn stop(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for worker in &self.workers {
            cx.send(worker.address, ToWorker::Stop)?;
        }
        Ok(())
    }
}

impl Actor for Worker {
    type Msg = ToWorker;

    fn handle(&mut self, message: ToWorker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToWorker::Search(steps, best) => {
                self.got += steps.len() as u64;
                self.best = self.best.min(best);
                for step in steps {
                    let (_, at) = self.grid.owner(step.cell);
                    self.reach(step, at);
                }
                let out = self.search();
                let (open, best) = (!self.open.is_empty(), self.best);
                cx.send(self.master, ToMaster::Searched { by: self.number, out, open, best })?;
            }
            ToWorker::Trace(mut way) => {
                while let Some(&last) = way.last()
                    && let (owner, at) = self.grid.owner(last)
                    && owner == self.number
                    && last != 0
                {
                    way.push(self.known[at].from);
                }
                cx.send(self.master, ToMaster::Traced(way))?;
            }
            ToWorker::Stop => {
                cx.send(self.master, ToMaster::Ended { got: self.got })?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Worker {
    fn new(master: Address<ToMaster>, number: usize, grid: Arc<Grid>) -> Self {
        let cubes = grid.cubes().pow(3).div_ceil(WORKERS);
        let known = vec![Step { cell: 0, from: 0, length: NO_WAY }; cubes * CUBE.pow(3)];
        Self { master, number, grid, known, open: BinaryHeap::new(), best: NO_WAY, got: 0 }
    }

    /// A step to its cell at a place: it is searched from there, if there was no shorter one.
    fn reach(&mut self, step: Step, at: usize) {
        let least = step.length + self.grid.least(step.cell);
        if step.length >= self.known[at].length || least >= self.best {
            return;
        }
        self.known[at] = step;
        if step.cell == self.grid.goal() {
            self.best = step.length;
        } else {
            self.open.push((Reverse(least), step.length, step.cell));
        }
    }

    /// Searches its cells; what leads to those of others is given back, by worker.
    fn search(&mut self) -> Vec<Vec<Step>> {
        let grid = Arc::clone(&self.grid);
        let mut out = vec![Vec::new(); WORKERS];
        for _ in 0..THRESHOLD {
            let Some((Reverse(least), length, cell)) = self.open.pop() else { break };
            if least >= self.best {
                // Nor is any of the others shorter.
                self.open.clear();
                break;
            }
            if self.known[grid.owner(cell).1].length < length {
                continue;
            }
            for next in grid.next(cell) {
                let step = Step { cell: next, from: cell, length: length + 1 };
                match grid.owner(next) {
                    (owner, at) if owner == self.number => self.reach(step, at),
                    (owner, _) => out[owner].push(step),
                }
            }
        }
        out
    }
}

impl AStar {
    fn grid(&self) -> &Arc<Grid> {
        self.grid.get_or_init(|| Arc::new(Grid::draw(self.side)))
    }
}

impl Workload for AStar {
    const NAME: &'static str = "a-star";
    const DIFFERS: &'static str = "";

    type Main = Master;
    type Answer = Found;
    /// The length of the shortest way.
    type Expected = u32;

    fn of(size: Size) -> Self {
        Self { side: size.of(10, 30, 100), grid: OnceCell::new() }
    }

    fn words(&self) -> String {
        let cells = units::counted(self.side.pow(3) as u64, "cell");
        format!("a way through {cells}, searched by {WORKERS} workers")
    }

    fn messages(&self) -> Messages {
        // No way has fewer borders of cubes, and over each a step goes to a worker, who searches, and back the way is traced.
        let cubes = 1 + 3 * (self.side.div_ceil(CUBE) as u64 - 1);
        // The question, and the end of the workers.
        Messages::AtLeast(4 * cubes + 1 + 2 * WORKERS as u64)
    }

    fn expected(&self) -> u32 {
        let grid = self.grid();
        let mut lengths = vec![NO_WAY; grid.free.len()];
        lengths[0] = 0;
        let mut line = VecDeque::from([0]);
        while let Some(cell) = line.pop_front() {
            for next in 0..6 {
                let mut place = grid.coordinates(cell);
                let at = &mut place[next / 2];
                *at = if next % 2 == 0 { at.wrapping_sub(1) } else { *at + 1 };
                if *at >= self.side {
                    continue;
                }
                let next = place[0] + self.side * (place[1] + self.side * place[2]);
                if grid.free[next] && lengths[next] == NO_WAY {
                    lengths[next] = lengths[cell] + 1;
                    line.push_back(next);
                }
            }
        }
        lengths[grid.goal()]
    }

    fn main(&self) -> Master {
        Master {
            grid: Arc::clone(self.grid()),
            workers: Vec::new(),
            searching: 0,
            best: NO_WAY,
            found: Found { way: Vec::new(), given: 0, got: 0 },
            ended: 0,
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Found>) -> ToMaster {
        ToMaster::Begin(reply)
    }

    fn check(&self, expected: &u32, answer: Found) -> Result<(), String> {
        let (grid, way) = (self.grid(), answer.way);
        same("steps that workers got", answer.given, answer.got)?;
        same("cells of the way", *expected as usize + 1, way.len())?;
        same("the end of the way", grid.goal(), way[0])?;
        same("the beginning of the way", 0, way[way.len() - 1])?;
        for pair in way.windows(2) {
            let (one, other) = (grid.coordinates(pair[0]), grid.coordinates(pair[1]));
            let apart: usize = one.iter().zip(other).map(|(a, b)| a.abs_diff(b)).sum();
            same(format_args!("steps from {other:?} to {one:?}"), 1, apart)?;
            same(format_args!("walls at {one:?}"), 0, usize::from(!grid.free[pair[0]]))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cell_has_a_place_of_its_own() {
        let grid = Grid::draw(12);
        let mut places: Vec<_> = (0..12_usize.pow(3)).map(|cell| grid.owner(cell)).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), 12_usize.pow(3));
    }

    #[test]
    fn a_way_over_a_wall_or_too_short_is_refused() {
        // Without walls: along the edges, 3 x 2 steps.
        let open = AStar { side: 3, grid: OnceCell::from(Arc::new(Grid { side: 3, free: vec![true; 27] })) };
        assert_eq!(open.expected(), 6);
        let along = [26, 17, 8, 5, 2, 1, 0];
        let check = |of: &AStar, way: &[usize], got| of.check(&6, Found { way: way.to_vec(), given: 9, got });
        assert_eq!(check(&open, &along, 9), Ok(()));
        assert_eq!(check(&open, &along, 8), Err("steps that workers got: 9 was to be, 8 is".into()));
        assert_eq!(check(&open, &along[1..], 9), Err("cells of the way: 7 was to be, 6 is".into()));
        assert_eq!(check(&open, &[], 9), Err("cells of the way: 7 was to be, 0 is".into()));
        let leap = check(&open, &[26, 17, 8, 5, 4, 2, 0], 9);
        assert_eq!(leap, Err("steps from [2, 0, 0] to [1, 1, 0]: 1 was to be, 2 is".into()));
        let mut free = vec![true; 27];
        free[5] = false;
        let walled = AStar { side: 3, grid: OnceCell::from(Arc::new(Grid { side: 3, free })) };
        assert_eq!(walled.expected(), 6, "another way is as short");
        assert_eq!(check(&walled, &along, 9), Err("walls at [2, 1, 0]: 0 was to be, 1 is".into()));
    }

    #[test]
    fn there_is_a_way_at_each_size() {
        for (size, cells) in [(Size::Small, 27), (Size::Default, 87)] {
            let length = AStar::of(size).expected();
            assert!((cells..2 * cells).contains(&length), "{length}");
        }
    }
}
