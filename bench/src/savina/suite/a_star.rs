//! A-star: the shortest way through a grid in space whose cells have links onwards, drawn for each. A master gives cells to workers, who
//! search on from there, the most promising first; what a search comes to at its end goes back by the master, cell by cell. Verified by
//! a breadth-first search: the way is walked link by link, and has the length that is the least.
//!
//! In Savina the workers mark cells of a grid that they share, and the first way found is taken. Here each cell is one worker's alone,
//! so that a search ends where his cells do, and it goes on until no shorter way is possible.

mod grid;

use self::grid::{Grid, LINKS};
use super::busy::busy;
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::hint::black_box;
use std::sync::Arc;
use throng::{Actor, Address, Context, Fault, Options, Reply};

const WORKERS: usize = 20;
/// What looking at a cell costs.
const DRAWS: u32 = 100;
/// No way is as long.
const NO_WAY: u32 = u32::MAX;

/// Savina's `astar`.
pub(super) struct AStar {
    side: usize,
    cube: usize,
    threshold: u32,
    /// Cells that a worker may have been given before the master is held up.
    capacity: u32,
    grid: OnceCell<Arc<Grid>>,
    /// See [`AStar::least_given`].
    least: OnceCell<u64>,
}

/// What workers know in the end, and what was counted.
pub(super) struct Found {
    /// The cells that each has reached.
    reached: Vec<Vec<Step>>,
    seen: Seen,
}

/// What was counted, on either side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Seen {
    /// Cells that the master gave to workers, and that these got.
    given: u64,
    got: u64,
    /// Cells that workers left to the master, and that came there.
    left: u64,
    came: u64,
}

/// A cell can be reached in so many steps, the last of them from another cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    cell: usize,
    from: usize,
    length: u32,
}

pub(super) struct Master {
    grid: Arc<Grid>,
    threshold: u32,
    capacity: u32,
    workers: Vec<Address<ToWorker>>,
    /// Cells that workers have been given and are not done with.
    under_way: u64,
    /// The length of the shortest way until now.
    best: u32,
    found: Found,
    reply: Option<Reply<Found>>,
}

pub(super) enum ToMaster {
    Begin(Reply<Found>),
    Work(Step),
    /// With a cell: all that is to be searched behind it is there.
    Received,
    /// The goal is reached in so many steps.
    Goal(u32),
    Stopped {
        reached: Vec<Step>,
        got: u64,
        left: u64,
    },
}

struct Worker {
    master: Address<ToMaster>,
    number: usize,
    grid: Arc<Grid>,
    /// Cells that it searches at once.
    threshold: u32,
    /// By cell of its cubes; none that was not reached.
    known: Vec<Option<Known>>,
    /// What is to be searched: by the least length that a way over it can have, and then by the longest part that is behind.
    open: BinaryHeap<(Reverse<u32>, u32, Reverse<usize>)>,
    best: u32,
    got: u64,
    left: u64,
}

#[derive(Clone, Copy)]
struct Known {
    step: Step,
    searched: bool,
}

pub(super) enum ToWorker {
    /// With the length of the shortest way until now.
    Work(Step, u32),
    Stop,
}

impl Actor for Master {
    type Msg = ToMaster;

    fn handle(&mut self, message: ToMaster, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMaster::Begin(reply) => {
                self.reply = Some(reply);
                let options = Options::builder().capacity(self.capacity).build()?;
                for number in 0..WORKERS {
                    let worker = Worker::new(cx.me(), number, &self.grid, self.threshold);
                    self.workers.push(cx.try_spawn(worker, &options)?);
                }
                self.give(Step { cell: 0, from: 0, length: 0 }, cx)?;
            }
            ToMaster::Work(step) => {
                self.found.seen.came += 1;
                // Unless a way has been found in the meantime that is as short as any over this cell.
                if step.length + self.grid.least(step.cell) < self.best {
                    self.give(step, cx)?;
                }
            }
            ToMaster::Received => {
                self.under_way -= 1;
                if self.under_way == 0 {
                    for worker in &self.workers {
                        cx.send(*worker, ToWorker::Stop)?;
                    }
                }
            }
            ToMaster::Goal(length) => self.best = self.best.min(length),
            ToMaster::Stopped { reached, got, left } => {
                self.found.reached.push(reached);
                self.found.seen.got += got;
                self.found.seen.left += left;
                if self.found.reached.len() == WORKERS {
                    let reached = std::mem::take(&mut self.found.reached);
                    let reply = asker(&mut self.reply)?;
                    reply.send(Found { reached, ..self.found });
                }
            }
        }
        Ok(())
    }
}

impl Master {
    fn give(&mut self, step: Step, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.under_way += 1;
        self.found.seen.given += 1;
        cx.send(self.workers[self.grid.owner(step.cell).0], ToWorker::Work(step, self.best))?;
        Ok(())
    }
}

impl Actor for Worker {
    type Msg = ToWorker;

    fn handle(&mut self, message: ToWorker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToWorker::Work(step, best) => {
                self.got += 1;
                self.best = self.best.min(best);
                let (_, at) = self.grid.owner(step.cell);
                self.reach(step, at, cx)?;
                self.search(cx)?;
                cx.send(self.master, ToMaster::Received)?;
            }
            ToWorker::Stop => {
                let reached = self.known.drain(..).flatten().map(|known| known.step).collect();
                cx.send(self.master, ToMaster::Stopped { reached, got: self.got, left: self.left })?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Worker {
    fn new(master: Address<ToMaster>, number: usize, grid: &Arc<Grid>, threshold: u32) -> Self {
        let cubes = grid.side.div_ceil(grid.cube).pow(3).div_ceil(WORKERS);
        let known = vec![None; cubes * grid.cube.pow(3)];
        Self {
            master,
            number,
            grid: Arc::clone(grid),
            threshold,
            known,
            open: BinaryHeap::new(),
            best: NO_WAY,
            got: 0,
            left: 0,
        }
    }

    /// A step to its cell at a place: it is to be searched from there, if there was no shorter one, or it has come back.
    fn reach(&mut self, step: Step, at: usize, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let least = step.length + self.grid.least(step.cell);
        let known = self.known[at];
        let is_new = known
            .is_none_or(|known| step.length < known.step.length || step == known.step && !known.searched);
        if !is_new || least >= self.best {
            return Ok(());
        }
        self.known[at] = Some(Known { step, searched: false });
        if step.cell == self.grid.goal() {
            self.best = step.length;
            cx.send(self.master, ToMaster::Goal(step.length))?;
        } else {
            self.open.push((Reverse(least), step.length, Reverse(step.cell)));
        }
        Ok(())
    }

    fn leave(&mut self, step: Step, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.left += 1;
        cx.send(self.master, ToMaster::Work(step))?;
        Ok(())
    }

    /// Searches its cells; what there is behind them, or is left, goes back to the master.
    fn search(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let grid = Arc::clone(&self.grid);
        let mut searched = 0;
        while let Some((Reverse(least), length, Reverse(cell))) = self.open.pop() {
            if least >= self.best {
                // Nor is any of the others shorter.
                self.open.clear();
                break;
            }
            let (_, at) = grid.owner(cell);
            let Some(known) =
                self.known[at].as_mut().filter(|known| known.step.length == length && !known.searched)
            else {
                continue;
            };
            if searched == self.threshold {
                let step = known.step;
                self.leave(step, cx)?;
                continue;
            }
            known.searched = true;
            searched += 1;
            black_box(busy(cell as u64, DRAWS));
            for next in grid.next(cell) {
                let step = Step { cell: next, from: cell, length: length + 1 };
                match grid.owner(next) {
                    (owner, at) if owner == self.number => self.reach(step, at, cx)?,
                    _ if step.length + grid.least(next) < self.best => self.leave(step, cx)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

impl AStar {
    fn grid(&self) -> &Arc<Grid> {
        self.grid.get_or_init(|| Arc::new(Grid::draw(self.side, self.cube)))
    }

    /// So many cells are given to workers at least: on any way to the goal so many lie behind the cell of another worker, and the first.
    fn least_given(&self) -> u64 {
        *self.least.get_or_init(|| {
            let grid = self.grid();
            let mut given = vec![u64::MAX; grid.links.len()];
            given[0] = 1;
            let mut line = VecDeque::from([(0, 1)]);
            while let Some((cell, so_many)) = line.pop_front() {
                if so_many > given[cell] {
                    continue;
                }
                for next in grid.next(cell) {
                    let other = grid.owner(next).0 != grid.owner(cell).0;
                    let then = so_many + u64::from(other);
                    if then < given[next] {
                        given[next] = then;
                        if other { line.push_back((next, then)) } else { line.push_front((next, then)) }
                    }
                }
            }
            given[grid.goal()]
        })
    }

    /// The way that the workers have found, from the goal back to the first cell.
    fn way(&self, reached: &[Vec<Step>]) -> Result<Vec<usize>, String> {
        let mut known = vec![None; self.side.pow(3)];
        for step in reached.iter().flatten() {
            if known[step.cell].replace(*step).is_some() {
                return Err(format!("cell {} was to be one worker's, two have reached it", step.cell));
            }
        }
        let mut way = vec![self.grid().goal()];
        while let Some(&last) = way.last()
            && last != 0
            && way.len() <= known.len()
        {
            let step = known[last].ok_or_else(|| format!("cell {last} was to be reached, nobody has"))?;
            way.push(step.from);
        }
        Ok(way)
    }
}

impl Workload for AStar {
    const NAME: &'static str = "a-star";
    const DIFFERS: &'static str = "a cell belongs to a worker and goes to that one, as none are marked that \
        all share; the shortest way is found, not any";

    type Main = Master;
    type Answer = Found;
    /// The length of the shortest way.
    type Expected = u32;

    fn of(size: Size) -> Self {
        // Savina's threshold is more than there are cells in a cube, and seldom acts; the small one does.
        let (side, cube, threshold) = size.of((10, 3, 8), (30, 5, 1_024), (64, 5, 1_024));
        Self {
            side,
            cube,
            threshold,
            capacity: size.of(4, 1_024, 1_024),
            grid: OnceCell::new(),
            least: OnceCell::new(),
        }
    }

    fn words(&self) -> String {
        let cells = units::counted(self.side.pow(3) as u64, "cell");
        format!("a way through {cells}, searched by {WORKERS} workers")
    }

    fn messages(&self) -> Messages {
        // How often a cell is searched, as a shorter way to it has come, the order of turns says. Each that is given comes to the master
        // (the first with the question), goes to a worker, and is done. The goal is told, and each worker is stopped, and says so.
        Messages::AtLeast(3 * self.least_given() + 1 + 2 * WORKERS as u64)
    }

    fn expected(&self) -> u32 {
        let Grid { side, ref links, .. } = **self.grid();
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
        lengths[self.grid().goal()]
    }

    fn main(&self) -> Master {
        Master {
            grid: Arc::clone(self.grid()),
            threshold: self.threshold,
            capacity: self.capacity,
            workers: Vec::new(),
            under_way: 0,
            best: NO_WAY,
            found: Found { reached: Vec::new(), seen: Seen::default() },
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Found>) -> ToMaster {
        ToMaster::Begin(reply)
    }

    fn check(&self, expected: &u32, answer: Found) -> Result<(), String> {
        let grid = self.grid();
        same("cells that workers got", answer.seen.given, answer.seen.got)?;
        same("cells that came to the master", answer.seen.left, answer.seen.came)?;
        let way = self.way(&answer.reached)?;
        for pair in way.windows(2) {
            let linked = grid.next(pair[1]).any(|next| next == pair[0]);
            same(format_args!("a link from {} to {}", pair[1], pair[0]), true, linked)?;
        }
        same("steps of the way", *expected as usize, way.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cell_has_a_place_of_its_own_and_each_worker_some() {
        for size in [Size::Small, Size::Default] {
            let star = AStar::of(size);
            let grid = star.grid();
            let mut places: Vec<_> = (0..grid.links.len()).map(|cell| grid.owner(cell)).collect();
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), grid.links.len());
            places.dedup_by_key(|(owner, _)| *owner);
            assert_eq!(places.len(), WORKERS);
            // Nor is an axis one worker's.
            let owners = |axis: usize| {
                let mut place = [0; 3];
                let mut owners: Vec<_> = (0..grid.side)
                    .map(|at| {
                        place[axis] = at;
                        grid.owner(grid.number(place)).0
                    })
                    .collect();
                owners.dedup();
                owners.len()
            };
            assert!((0..3).all(|axis| owners(axis) > 1));
        }
    }

    #[test]
    fn a_way_that_is_none_or_too_long_is_refused() {
        // All links: to (2, 2, 2) in three steps.
        let grid = Grid { side: 3, links: vec![0b11_1111; 27], cube: 3 };
        let open = AStar {
            side: 3,
            cube: 3,
            threshold: 1,
            capacity: 1,
            grid: OnceCell::from(Arc::new(grid)),
            least: OnceCell::new(),
        };
        assert_eq!((open.expected(), open.grid().goal(), open.least_given()), (3, 26, 1));
        assert_eq!([0, 13, 25, 26].map(|cell| open.grid().least(cell)), [3, 2, 1, 0]);
        assert_eq!(open.grid().next(26).count(), 0);
        let check_with = |way: &[usize], got, came| {
            let step = |pair: &[usize]| Step { cell: pair[1], from: pair[0], length: 0 };
            open.check(
                &3,
                Found {
                    reached: vec![way.windows(2).map(step).collect()],
                    seen: Seen { given: 9, got, left: 7, came },
                },
            )
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
    fn there_is_a_way_at_each_size() {
        for size in Size::ALL {
            let star = AStar::of(size);
            // Three axes, two of them at once at best, one at a time at worst.
            let side = star.side as u32 * 4 / 5;
            let length = star.expected();
            assert!((side * 3 / 2..=side * 3).contains(&length), "{length}");
        }
    }
}
