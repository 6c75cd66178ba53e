//! A-star: the shortest way through a grid in space whose cells have links onwards, drawn for each. A master gives cells to workers, who
//! search on from there, the most promising first; what a search comes to at its end goes back by the master, cell by cell.
//!
//! Verified by a breadth-first search: the way is walked link by link, and has the length that is the least; every cell over which one
//! could be shorter for all that is known of it was searched from, and none that is not linked to such a cell; and the work for each was
//! done as often as that.
//!
//! In Savina the workers mark cells of a grid that they share, and the first way found is taken. Here each cell is one worker's alone,
//! so that a search ends where his cells do, and it goes on until no shorter way is possible.

mod grid;
mod oracle;

use self::grid::Grid;
use self::oracle::Oracle;
use super::busy::busy;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
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
    reached: Vec<Vec<Reached>>,
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
    /// The sum of what the work for a cell came to, each time that it was done.
    worked: u64,
}

/// A cell can be reached in so many steps, the last of them from another cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    cell: usize,
    from: usize,
    length: u32,
}

/// A cell that was reached, by the last step to it that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reached {
    step: Step,
    /// How often it was searched from: with each step to it that was the shortest until then.
    searches: u32,
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
        reached: Vec<Reached>,
        got: u64,
        left: u64,
        worked: u64,
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
    worked: u64,
}

#[derive(Clone, Copy)]
struct Known {
    reached: Reached,
    /// With this step.
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
            ToMaster::Stopped { reached, got, left, worked } => {
                self.found.reached.push(reached);
                self.found.seen.got += got;
                self.found.seen.left += left;
                self.found.seen.worked = self.found.seen.worked.wrapping_add(worked);
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
                let reached = self.known.drain(..).flatten().map(|known| known.reached).collect();
                let Self { got, left, worked, .. } = *self;
                cx.send(self.master, ToMaster::Stopped { reached, got, left, worked })?;
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
            worked: 0,
        }
    }

    /// A step to its cell at a place: it is to be searched from there, if there was no shorter one, or it has come back.
    fn reach(&mut self, step: Step, at: usize, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let least = step.length + self.grid.least(step.cell);
        let known = self.known[at];
        let is_new = known.is_none_or(|Known { reached, searched }| {
            step.length < reached.step.length || step == reached.step && !searched
        });
        if !is_new || least >= self.best {
            return Ok(());
        }
        let searches = known.map_or(0, |known| known.reached.searches);
        self.known[at] = Some(Known { reached: Reached { step, searches }, searched: false });
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
            let Some(known) = self.known[at]
                .as_mut()
                .filter(|known| known.reached.step.length == length && !known.searched)
            else {
                continue;
            };
            if searched == self.threshold {
                let step = known.reached.step;
                self.leave(step, cx)?;
                continue;
            }
            known.searched = true;
            known.reached.searches += 1;
            searched += 1;
            self.worked = self.worked.wrapping_add(work(cell));
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

/// What looking at a cell comes to.
fn work(cell: usize) -> u64 {
    busy(cell as u64, DRAWS)
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
}

impl Workload for AStar {
    const NAME: &'static str = "a-star";
    const DIFFERS: &'static str = "a cell belongs to a worker and goes to that one, as none are marked that \
        all share; the shortest way is found, not any";

    type Main = Master;
    type Answer = Found;
    type Expected = Oracle;

    fn of(size: Size) -> Self {
        // Savina's threshold is more than there are cells in a cube, and seldom acts; the small one does.
        // The other sides are such that the way is longer than it must be: then there are cells off it that have to be searched.
        let (side, cube, threshold) = size.of((13, 3, 8), (30, 5, 1_024), (65, 5, 1_024));
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

    fn expected(&self) -> Oracle {
        Oracle::of(self.grid())
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

    fn check(&self, expected: &Oracle, answer: Found) -> Result<(), String> {
        expected.check(self.grid(), &answer)
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
    fn much_has_to_be_searched_at_each_size() {
        let must = Size::ALL.map(|size| {
            let star = AStar::of(size);
            star.expected().to_be_searched(star.grid()).count()
        });
        assert_eq!(must, [83, 802, 7_768]);
    }

    #[test]
    fn there_is_a_way_at_each_size() {
        for size in Size::ALL {
            let star = AStar::of(size);
            // Three axes, two of them at once at best, one at a time at worst.
            let side = star.side as u32 * 4 / 5;
            let length = star.expected().length(star.grid());
            assert!((side * 3 / 2..=side * 3).contains(&length), "{length}");
        }
    }
}
