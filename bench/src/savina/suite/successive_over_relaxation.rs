//! Successive-over-relaxation: an actor for each inner row of a grid; by turns the red and the black cells of all rows are relaxed, and
//! each row sends those it changed to the rows above and below. Verified by the same sweeps over a grid in place, bit for bit.
//!
//! Savina has an actor for each cell. That is four messages for four additions, 211 million for its ten grids; so the rows are the
//! actors, and an iteration is all ten grids at once.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::cell::OnceCell;
use std::sync::Arc;
use throng::{Actor, Address, Context, Fault, Reply};

/// The sides of Savina's grids.
const SIDES: [usize; 10] = [20, 80, 100, 120, 150, 200, 250, 300, 350, 400];
const OMEGA: f64 = 1.25;
const SEED: u64 = 10_101_010;

/// Savina's `sor`.
pub(super) struct SuccessiveOverRelaxation {
    sides: &'static [usize],
    rounds: u32,
    grids: OnceCell<Arc<[Grid]>>,
}

/// Its rows.
type Grid = Vec<Vec<f64>>;

/// The cells of one colour in a row, from the left: those in whose columns the row's number and the colour's add up to an even one.
type Cells = Arc<[f64]>;

/// The grids afterwards, and the exchanges of cells that were counted.
pub(super) struct Relaxed {
    grids: Vec<Grid>,
    exchanged: u64,
}

pub(super) struct Main {
    grids: Arc<[Grid]>,
    rounds: u32,
    left: usize,
    relaxed: Relaxed,
    reply: Option<Reply<Relaxed>>,
}

pub(super) enum ToMain {
    Begin(Reply<Relaxed>),
    Done { grid: usize, row: usize, cells: [Cells; 2], exchanged: u64 },
}

struct Row {
    main: Address<ToMain>,
    grid: usize,
    row: usize,
    /// By colour.
    cells: [Cells; 2],
    /// The rows above and below.
    sides: [Neighbour; 2],
    /// It does nothing before it knows them.
    knows: bool,
    /// Sweeps that it has done, and that it is to do.
    swept: u32,
    sweeps: u32,
    exchanged: u64,
}

/// What a row knows of one next to it.
struct Neighbour {
    /// None for the edge of the grid, which stays as it is.
    address: Option<Address<ToRow>>,
    /// Its cells by colour; one sweep ahead it changes those that are not needed now.
    cells: [Cells; 2],
    /// Sweeps that it has done.
    swept: u32,
}

#[derive(Clone, Copy)]
pub(super) enum Side {
    Above,
    Below,
}

pub(super) enum ToRow {
    /// Who is above and below.
    Begin([Option<Address<ToRow>>; 2]),
    Swept(Side, Cells),
}

/// The cells of both colours.
fn coloured(row: usize, cells: &[f64]) -> [Cells; 2] {
    [0, 1].map(|colour| cells.iter().skip((row + colour) % 2).step_by(2).copied().collect())
}

fn relaxed(cell: f64, above: f64, below: f64, left: f64, right: f64) -> f64 {
    OMEGA / 4.0 * (above + below + left + right) + (1.0 - OMEGA) * cell
}

impl Actor for Main {
    type Msg = ToMain;

    fn handle(&mut self, message: ToMain, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMain::Begin(reply) => {
                self.reply = Some(reply);
                // The edges are of it already.
                self.relaxed.grids = self.grids.to_vec();
                for (at, grid) in Arc::clone(&self.grids).iter().enumerate() {
                    self.cut(at, grid, cx)?;
                }
            }
            ToMain::Done { grid, row, cells, exchanged } => {
                self.relaxed.exchanged += exchanged;
                for (column, cell) in self.relaxed.grids[grid][row].iter_mut().enumerate() {
                    *cell = cells[(row + column) % 2][column / 2];
                }
                self.left -= 1;
                if self.left == 0 {
                    let grids = std::mem::take(&mut self.relaxed.grids);
                    let reply = asker(&mut self.reply)?;
                    reply.send(Relaxed { grids, exchanged: self.relaxed.exchanged });
                }
            }
        }
        Ok(())
    }
}

impl Main {
    fn cut(&mut self, at: usize, grid: &Grid, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let cells: Vec<_> = grid.iter().enumerate().map(|(row, cells)| coloured(row, cells)).collect();
        let neighbour = |cells: &[Cells; 2]| Neighbour { address: None, cells: cells.clone(), swept: 0 };
        let mut rows = vec![None];
        for three in cells.windows(3) {
            let actor = Row {
                main: cx.me(),
                grid: at,
                row: rows.len(),
                cells: three[1].clone(),
                sides: [neighbour(&three[0]), neighbour(&three[2])],
                knows: false,
                swept: 0,
                sweeps: 2 * self.rounds,
                exchanged: 0,
            };
            rows.push(Some(cx.spawn(actor)));
        }
        rows.push(None);
        for three in rows.windows(3) {
            if let &[above, Some(row), below] = three {
                self.left += 1;
                cx.send(row, ToRow::Begin([above, below]))?;
            }
        }
        Ok(())
    }
}

impl Actor for Row {
    type Msg = ToRow;

    fn handle(&mut self, message: ToRow, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToRow::Begin(addresses) => {
                self.knows = true;
                for (side, address) in self.sides.iter_mut().zip(addresses) {
                    side.address = address;
                }
            }
            ToRow::Swept(side, cells) => {
                self.exchanged += 1;
                let side = &mut self.sides[side as usize];
                side.cells[side.swept as usize % 2] = cells;
                side.swept += 1;
            }
        }
        while self.knows && self.swept < self.sweeps && self.sides.iter().all(|side| self.is_level(side)) {
            self.sweep();
            if self.swept == self.sweeps {
                let (cells, exchanged) = (self.cells.clone(), self.exchanged);
                cx.send(self.main, ToMain::Done { grid: self.grid, row: self.row, cells, exchanged })?;
                cx.stop();
            } else {
                self.tell(cx)?;
            }
        }
        Ok(())
    }
}

impl Row {
    fn is_level(&self, side: &Neighbour) -> bool {
        side.address.is_none() || side.swept >= self.swept
    }

    fn sweep(&mut self) {
        let colour = self.swept as usize % 2;
        let [red, black] = &mut self.cells;
        let (cells, beside) = if colour == 0 { (red, black) } else { (black, red) };
        let [above, below] = &self.sides;
        let (above, below) = (&above.cells[1 - colour], &below.cells[1 - colour]);
        // Above and below a cell are those of the other colour at the same place; each two of these in a row have an inner cell
        // between them, the first of which is the first of its colour, unless that is on the edge.
        let inner = 1 - (self.row + colour) % 2;
        let around = above[inner..].iter().zip(&below[inner..]).zip(beside.windows(2));
        for (cell, ((above, below), between)) in Arc::make_mut(cells)[inner..].iter_mut().zip(around) {
            *cell = relaxed(*cell, *above, *below, between[0], between[1]);
        }
        self.swept += 1;
    }

    /// What was changed last; to the one above this row is below.
    fn tell(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let cells = &self.cells[(self.swept as usize - 1) % 2];
        for (side, seen_as) in self.sides.iter().zip([Side::Below, Side::Above]) {
            if let Some(address) = side.address {
                cx.send(address, ToRow::Swept(seen_as, Arc::clone(cells)))?;
            }
        }
        Ok(())
    }
}

impl SuccessiveOverRelaxation {
    fn grids(&self) -> &Arc<[Grid]> {
        self.grids.get_or_init(|| {
            let mut seeded = Seeded::new(SEED);
            // Small numbers, as Savina has them: millionths with a fraction of 32 bits.
            let mut cell = |_| seeded.below(1 << 32) as f64 * 1e-6 / (1_u64 << 32) as f64;
            let mut grid = |side: usize| (0..side).map(|_| (0..side).map(&mut cell).collect()).collect();
            self.sides.iter().map(|&side| grid(side)).collect()
        })
    }

    fn rows(&self) -> u64 {
        self.sides.iter().map(|side| *side as u64 - 2).sum()
    }

    /// Rows that are received: two between any two rows for each round, but the last, which nobody needs.
    fn exchanges(&self) -> u64 {
        let neighbours = 2 * (self.rows() - self.sides.len() as u64);
        neighbours * (2 * u64::from(self.rounds) - 1)
    }
}

impl Workload for SuccessiveOverRelaxation {
    const NAME: &'static str = "successive-over-relaxation";
    const DIFFERS: &'static str = "";

    type Main = Main;
    type Answer = Relaxed;
    type Expected = Vec<Grid>;

    fn of(size: Size) -> Self {
        let (sides, rounds) = size.of((&[3, 8, 11][..], 10), (&SIDES, 100), (&SIDES, 1_000));
        Self { sides, rounds, grids: OnceCell::new() }
    }

    fn words(&self) -> String {
        let (grids, rows) = (units::counted(self.sides.len() as u64, "grid"), units::count(self.rows()));
        format!(
            "{grids} of {rows} rows together, {} of red and black",
            units::counted(self.rounds.into(), "round")
        )
    }

    fn messages(&self) -> Messages {
        // The question; each row begins, and is done.
        Messages::Exactly(self.exchanges() + 2 * self.rows() + 1)
    }

    fn expected(&self) -> Vec<Grid> {
        let mut grids = self.grids().to_vec();
        for grid in &mut grids {
            let inner = 1..grid.len() - 1;
            for sweep in 0..2 * self.rounds as usize {
                for i in inner.clone() {
                    for j in inner.clone().filter(|j| (i + j) % 2 == sweep % 2) {
                        grid[i][j] = relaxed(
                            grid[i][j],
                            grid[i - 1][j],
                            grid[i + 1][j],
                            grid[i][j - 1],
                            grid[i][j + 1],
                        );
                    }
                }
            }
        }
        grids
    }

    fn main(&self) -> Main {
        Main {
            grids: Arc::clone(self.grids()),
            rounds: self.rounds,
            left: 0,
            relaxed: Relaxed { grids: Vec::new(), exchanged: 0 },
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Relaxed>) -> ToMain {
        ToMain::Begin(reply)
    }

    fn check(&self, expected: &Vec<Grid>, answer: Relaxed) -> Result<(), String> {
        same("rows exchanged", self.exchanges(), answer.exchanged)?;
        same("grids", expected.len(), answer.grids.len())?;
        for (expected, got) in expected.iter().zip(answer.grids) {
            let side = expected.len();
            same("rows", side, got.len())?;
            for (row, (expected, got)) in expected.iter().zip(got).enumerate() {
                same("columns", expected.len(), got.len())?;
                for (column, (&expected, got)) in expected.iter().zip(got).enumerate() {
                    // The same sums in the same order: the same bits.
                    if expected.to_bits() != got.to_bits() {
                        let what = format!("grid of {side}, row {row}, column {column}");
                        return Err(format!("{what}: {expected} was to be, {got} is"));
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_cell_or_a_row_too_few_is_refused() {
        let small = SuccessiveOverRelaxation::of(Size::Small);
        let expected = small.expected();
        assert_ne!(expected[0][1][1], small.grids()[0][1][1], "an inner cell changes");
        // 1, 6 and 9 inner rows: 13 pairs of neighbours, each way, after all of 20 sweeps but the last.
        assert_eq!(small.exchanges(), 26 * 19);
        let check =
            |grids: &[Grid], exchanged| small.check(&expected, Relaxed { grids: grids.to_vec(), exchanged });
        assert_eq!(check(&expected, 494), Ok(()));
        assert_eq!(check(&expected, 493), Err("rows exchanged: 494 was to be, 493 is".into()));
        assert!(check(&expected[1..], 494).is_err());
        let mut wrong = expected.clone();
        wrong[2][5][7] = 0.5;
        let told = format!("grid of 11, row 5, column 7: {} was to be, 0.5 is", expected[2][5][7]);
        assert_eq!(check(&wrong, 494), Err(told));
    }
}
