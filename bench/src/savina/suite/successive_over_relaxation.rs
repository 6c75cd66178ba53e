//! Successive-over-relaxation: an actor for each cell of a grid; by turns the red and the black ones are relaxed, each when it has heard
//! from all its neighbours, to whom it then tells its value. Verified by the same sweeps over a grid in place, bit for bit.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::cell::OnceCell;
use std::sync::Arc;
use throng::{Actor, Address, Context, Fault, Reply};

const OMEGA: f64 = 1.25;
const SEED: u64 = 10_101_010;

/// Savina's `sor`.
pub(super) struct SuccessiveOverRelaxation {
    side: usize,
    rounds: u32,
    grid: OnceCell<Arc<[f64]>>,
}

/// What each cell came to, with its place, and the values that they heard.
pub(super) struct Relaxed {
    cells: Vec<(usize, f64)>,
    heard: u64,
}

/// Who makes the cells.
pub(super) struct Runner {
    /// Row by row.
    grid: Arc<[f64]>,
    side: usize,
    rounds: u32,
    relaxed: Relaxed,
    reply: Option<Reply<Relaxed>>,
}

pub(super) enum ToRunner {
    Begin(Reply<Relaxed>),
    Done { place: usize, value: f64, heard: u64 },
}

struct Cell {
    runner: Address<ToRunner>,
    /// Of the grid.
    side: usize,
    place: usize,
    value: f64,
    /// Above, to the left, to the right and below; none before they are known.
    around: Neighbours,
    neighbours: usize,
    /// What they have told, in their order and not in that of their turns: a sum of the same bits each time.
    values: [f64; 4],
    told: usize,
    /// It knows them.
    begun: bool,
    /// How often it is still to tell its own, and to be relaxed.
    tells: u32,
    relaxes: u32,
    heard: u64,
}

type Neighbours = [Option<Address<ToCell>>; 4];

#[derive(Clone, Copy)]
pub(super) enum ToCell {
    Begin(Neighbours),
    /// Of the neighbour at this place of four.
    Value(usize, f64),
}

/// Those who tell their values before any is relaxed.
fn is_first(side: usize, place: usize) -> bool {
    (place / side + place % side).is_multiple_of(2)
}

/// The places next to one, in the order of [`Cell::around`].
fn around(side: usize, place: usize) -> [Option<usize>; 4] {
    let (row, column) = (place / side, place % side);
    [
        (row > 0).then(|| place - side),
        (column > 0).then(|| place - 1),
        (column + 1 < side).then_some(place + 1),
        (row + 1 < side).then_some(place + side),
    ]
}

fn relaxed(cell: f64, sum: f64) -> f64 {
    OMEGA / 4.0 * sum + (1.0 - OMEGA) * cell
}

impl Actor for Runner {
    type Msg = ToRunner;

    fn handle(&mut self, message: ToRunner, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToRunner::Begin(reply) => {
                self.reply = Some(reply);
                let (grid, runner) = (Arc::clone(&self.grid), cx.me());
                let cell = |(place, &value)| Cell::new(runner, self.side, place, value, self.rounds);
                let cells: Vec<_> = grid.iter().enumerate().map(cell).map(|cell| cx.spawn(cell)).collect();
                for (place, cell) in cells.iter().enumerate() {
                    let around = around(self.side, place).map(|place| Some(cells[place?]));
                    cx.send(*cell, ToCell::Begin(around))?;
                }
            }
            ToRunner::Done { place, value, heard } => {
                self.relaxed.heard += heard;
                self.relaxed.cells.push((place, value));
                if self.relaxed.cells.len() == self.grid.len() {
                    let cells = std::mem::take(&mut self.relaxed.cells);
                    let reply = asker(&mut self.reply)?;
                    reply.send(Relaxed { cells, ..self.relaxed });
                }
            }
        }
        Ok(())
    }
}

impl Actor for Cell {
    type Msg = ToCell;

    fn handle(&mut self, message: ToCell, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToCell::Begin(around) => {
                self.around = around;
                self.begun = true;
                if is_first(self.side, self.place) {
                    self.tell(cx)?;
                }
            }
            ToCell::Value(from, value) => {
                self.heard += 1;
                self.values[from] = value;
                self.told += 1;
            }
        }
        // A neighbour that begins early tells its value before this one knows whom to tell.
        if self.begun && self.told == self.neighbours {
            self.told = 0;
            self.value = relaxed(self.value, self.values.iter().sum());
            self.relaxes -= 1;
            if self.tells > 0 {
                self.tell(cx)?;
            }
        }
        if self.begun && self.relaxes == 0 {
            let (place, value, heard) = (self.place, self.value, self.heard);
            cx.send(self.runner, ToRunner::Done { place, value, heard })?;
            cx.stop();
        }
        Ok(())
    }
}

impl Cell {
    fn new(runner: Address<ToRunner>, side: usize, place: usize, value: f64, rounds: u32) -> Self {
        // What is told behind the last round is for nobody, and what is relaxed before the first one by nobody.
        let (tells, relaxes) =
            if is_first(side, place) { (rounds, rounds - 1) } else { (rounds - 1, rounds) };
        Self {
            runner,
            side,
            place,
            value,
            around: [None; 4],
            neighbours: around(side, place).into_iter().flatten().count(),
            values: [0.0; 4],
            told: 0,
            begun: false,
            tells,
            relaxes,
            heard: 0,
        }
    }

    fn tell(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.tells -= 1;
        for (at, neighbour) in self.around.into_iter().enumerate() {
            if let Some(neighbour) = neighbour {
                // To the one above this one is below.
                cx.send(neighbour, ToCell::Value(3 - at, self.value))?;
            }
        }
        Ok(())
    }
}

impl SuccessiveOverRelaxation {
    fn grid(&self) -> &Arc<[f64]> {
        self.grid.get_or_init(|| {
            let mut seeded = Seeded::new(SEED);
            // Small numbers, as Savina has them: millionths with a fraction of 32 bits.
            let mut cell = |_| seeded.below(1 << 32) as f64 * 1e-6 / (1_u64 << 32) as f64;
            (0..self.side * self.side).map(&mut cell).collect()
        })
    }

    /// Values that are heard: each pair of neighbours exchanges two in a round, of which in the last round one is for nobody.
    fn exchanges(&self) -> u64 {
        let pairs = 2 * self.side as u64 * (self.side as u64 - 1);
        pairs * (2 * u64::from(self.rounds) - 1)
    }
}

impl Workload for SuccessiveOverRelaxation {
    const NAME: &'static str = "successive-over-relaxation";
    const DIFFERS: &'static str = "of the suite's ten grids, of 20 to 400 cells a side, the first is the default size and \
        the last the large one, the eight between are not run; one runner makes the grid, not two a half each; a value that comes early \
        is taken, not sent again; the last values, which nobody needs, are not sent; what cells come to is \
        gathered";

    type Main = Runner;
    type Answer = Relaxed;
    type Expected = Vec<f64>;

    fn of(size: Size) -> Self {
        // Savina has ten: the first of them, which it runs where nothing is said, and the last one.
        let (side, rounds) = size.of((6, 20), (20, 100), (400, 100));
        Self { side, rounds, grid: OnceCell::new() }
    }

    fn words(&self) -> String {
        let (cells, rounds) = (self.side * self.side, self.rounds.into());
        let (cells, rounds) = (units::counted(cells as u64, "cell"), units::counted(rounds, "round"));
        format!("{cells} of a grid, {rounds} of red and black")
    }

    fn messages(&self) -> Messages {
        // The question; each cell begins, and is done.
        Messages::Exactly(1 + self.exchanges() + 2 * (self.side * self.side) as u64)
    }

    fn expected(&self) -> Vec<f64> {
        let mut rows: Vec<Vec<f64>> = self.grid().chunks(self.side).map(<[f64]>::to_vec).collect();
        // The first of all sweeps is left out: those cells tell what they begin with.
        for sweep in 1..2 * self.rounds as usize {
            for i in 0..self.side {
                for j in (0..self.side).filter(|j| (i + j + sweep) % 2 == 0) {
                    let mut sum = if i > 0 { rows[i - 1][j] } else { 0.0 };
                    sum += if j > 0 { rows[i][j - 1] } else { 0.0 };
                    sum += rows[i].get(j + 1).unwrap_or(&0.0);
                    sum += rows.get(i + 1).map_or(0.0, |below| below[j]);
                    rows[i][j] = relaxed(rows[i][j], sum);
                }
            }
        }
        rows.concat()
    }

    fn main(&self) -> Runner {
        Runner {
            grid: Arc::clone(self.grid()),
            side: self.side,
            rounds: self.rounds,
            relaxed: Relaxed { cells: Vec::new(), heard: 0 },
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Relaxed>) -> ToRunner {
        ToRunner::Begin(reply)
    }

    fn check(&self, expected: &Vec<f64>, mut answer: Relaxed) -> Result<(), String> {
        same("values heard", self.exchanges(), answer.heard)?;
        same("cells", expected.len(), answer.cells.len())?;
        answer.cells.sort_unstable_by_key(|(place, _)| *place);
        for ((place, expected), (got, value)) in expected.iter().enumerate().zip(answer.cells) {
            same("the next cell", place, got)?;
            // The same sums in the same order: the same bits.
            if expected.to_bits() != value.to_bits() {
                let (row, column) = (place / self.side, place % self.side);
                return Err(format!("row {row}, column {column}: {expected} was to be, {value} is"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_relaxed_by_hand() {
        // Two rounds: 2 and 3 hear 1 and 4, 1 and 4 hear them, and 2 and 3 hear 1 and 4 once more.
        let grid = Arc::from([1.0, 2.0, 3.0, 4.0]);
        let four = SuccessiveOverRelaxation { side: 2, rounds: 2, grid: OnceCell::from(grid) };
        // 0.3125 * 5 - 0.25 * 2, and the same with 3; 0.3125 * 1.875 - 0.25 * 1, and with 4; 0.3125 * -0.078125 - 0.25 * 1.0625.
        assert_eq!(four.expected(), [0.335_937_5, -0.290_039_062_5, -0.227_539_062_5, -0.414_062_5]);
        assert_eq!(four.exchanges(), 4 * 3);
    }

    #[test]
    fn a_wrong_cell_or_a_value_too_few_is_refused() {
        let small = SuccessiveOverRelaxation::of(Size::Small);
        let expected = small.expected();
        assert!(expected.iter().zip(small.grid().iter()).all(|(after, before)| after != before), "edges too");
        // 60 pairs of neighbours, 20 rounds of two sweeps.
        assert_eq!(small.exchanges(), 60 * 39);
        let cells: Vec<_> = expected.iter().copied().enumerate().rev().collect();
        let check =
            |cells: &[(usize, f64)], heard| small.check(&expected, Relaxed { cells: cells.to_vec(), heard });
        assert_eq!(check(&cells, 2_340), Ok(()));
        assert_eq!(check(&cells, 2_339), Err("values heard: 2340 was to be, 2339 is".into()));
        assert_eq!(check(&cells[1..], 2_340), Err("cells: 36 was to be, 35 is".into()));
        let mut wrong = cells.clone();
        wrong[35].0 = 7;
        assert_eq!(check(&wrong, 2_340), Err("the next cell: 0 was to be, 1 is".into()));
        wrong.clone_from(&cells);
        wrong[0].1 = 0.5;
        assert_eq!(check(&wrong, 2_340), Err(format!("row 5, column 5: {} was to be, 0.5 is", expected[35])));
    }
}
