//! N-queens: a master hands boards to workers in turn, each of which comes back as the boards with one queen more, or from a depth on
//! is searched, and each solution is told. Verified by a search that tries columns one by one: by how many boards there are and
//! solutions, and by digests of which they are.

use super::digest::Digest;
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use throng::{Actor, Address, Context, Fault, Options, Reply};

const WORKERS: usize = 20;
/// So many solutions are enough: workers are stopped then. No size has as many.
const SOLUTIONS_ENOUGH: u64 = 1_500_000;
/// No size has more queens.
const QUEENS_MOST: usize = 16;

/// Savina's `nqueenk`.
#[derive(Clone, Copy)]
pub(super) struct NQueens {
    queens: usize,
    /// From so many queens on a board is searched at once.
    threshold: usize,
    /// Boards of one to that many queens, one in each of the first rows, none of which attacks another.
    boards: u64,
    solutions: u64,
    /// So many are enough.
    enough: u64,
    /// Boards that a worker may have before the master is held up.
    capacity: u32,
}

/// Queens in the first rows: the column of each.
#[derive(Clone, Copy, Default)]
pub(super) struct Board {
    rows: usize,
    columns: [u8; QUEENS_MOST],
}

/// What came of all boards.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    solutions: u64,
    boards: u64,
    /// Boards that workers say they were given, the empty one among them.
    handled: u64,
    /// Which these are.
    given: Digest,
    /// Which the solutions are.
    solved: Digest,
}

pub(super) struct Master {
    queens: usize,
    threshold: usize,
    enough: u64,
    capacity: u32,
    workers: Vec<Address<ToWorker>>,
    /// Whose turn it is.
    next: usize,
    /// Boards that workers have and are not done with.
    under_way: u64,
    /// Workers were told to stop: no board goes to them any more.
    is_stopping: bool,
    stopped: usize,
    found: Found,
    reply: Option<Reply<Found>>,
}

pub(super) enum ToMaster {
    Begin(Reply<Found>),
    Board(Board),
    Solution,
    /// With a board, all that came of which is there.
    Done,
    Stopped {
        handled: u64,
        given: Digest,
        solved: Digest,
    },
}

struct Worker {
    master: Address<ToMaster>,
    queens: usize,
    threshold: usize,
    handled: u64,
    given: Digest,
    solved: Digest,
}

pub(super) enum ToWorker {
    Board(Board),
    Stop,
}

impl Board {
    /// All boards with a queen more.
    fn next(self, queens: usize) -> impl Iterator<Item = Self> {
        let boards = (0..queens as u8).map(move |column| {
            let mut next = self;
            next.columns[self.rows] = column;
            next.rows += 1;
            next
        });
        boards.filter(|board| board.is_valid())
    }

    fn number(&self) -> u64 {
        number(self.columns[..self.rows].iter().copied().map(u64::from))
    }

    /// No queen attacks another. That those before the last do not is known; it is Savina's work to look at all.
    fn is_valid(&self) -> bool {
        let columns = &self.columns[..self.rows];
        columns.iter().enumerate().all(|(row, column)| {
            let later = columns[row + 1..].iter().zip(1..);
            later
                .map(|(other, apart)| (column.abs_diff(*other), apart))
                .all(|(aside, down)| aside != 0 && aside != down)
        })
    }
}

/// Of these columns, and of no others up to 15 rows.
fn number(columns: impl Iterator<Item = u64>) -> u64 {
    columns.fold(0, |number, column| number.wrapping_mul(QUEENS_MOST as u64 + 1).wrapping_add(column + 1))
}

impl Actor for Master {
    type Msg = ToMaster;

    fn handle(&mut self, message: ToMaster, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMaster::Begin(reply) => {
                self.reply = Some(reply);
                let options = Options::builder().capacity(self.capacity).build()?;
                for _ in 0..WORKERS {
                    let (master, queens, threshold) = (cx.me(), self.queens, self.threshold);
                    let (given, solved) = (Digest::default(), Digest::default());
                    let worker = Worker { master, queens, threshold, handled: 0, given, solved };
                    self.workers.push(cx.try_spawn(worker, &options)?);
                }
                self.hand_out(Board::default(), cx)?;
            }
            ToMaster::Board(board) => {
                self.found.boards += 1;
                if !self.is_stopping {
                    self.hand_out(board, cx)?;
                }
            }
            ToMaster::Solution => {
                self.found.solutions += 1;
                if self.found.solutions == self.enough {
                    self.stop_workers(cx)?;
                }
            }
            ToMaster::Done => {
                self.under_way -= 1;
                if self.under_way == 0 {
                    self.stop_workers(cx)?;
                }
            }
            ToMaster::Stopped { handled, given, solved } => {
                self.found.handled += handled;
                self.found.given.merge(given);
                self.found.solved.merge(solved);
                self.stopped += 1;
                if self.stopped == WORKERS {
                    let reply = asker(&mut self.reply)?;
                    reply.send(self.found);
                }
            }
        }
        Ok(())
    }
}

impl Master {
    fn hand_out(&mut self, board: Board, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.under_way += 1;
        cx.send(self.workers[self.next], ToWorker::Board(board))?;
        self.next = (self.next + 1) % WORKERS;
        Ok(())
    }

    /// Once they are done with the boards that they have.
    fn stop_workers(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if !std::mem::replace(&mut self.is_stopping, true) {
            for worker in &self.workers {
                cx.send(*worker, ToWorker::Stop)?;
            }
        }
        Ok(())
    }
}

impl Actor for Worker {
    type Msg = ToWorker;

    fn handle(&mut self, message: ToWorker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToWorker::Board(board) => {
                self.handled += 1;
                self.given.add(board.number());
                if board.rows >= self.threshold {
                    self.search(board, cx)?;
                } else {
                    for next in board.next(self.queens) {
                        cx.send(self.master, ToMaster::Board(next))?;
                    }
                }
                cx.send(self.master, ToMaster::Done)?;
            }
            ToWorker::Stop => {
                let Self { handled, given, solved, .. } = *self;
                cx.send(self.master, ToMaster::Stopped { handled, given, solved })?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Worker {
    /// Tells each solution that begins with this board.
    fn search(&mut self, board: Board, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if board.rows == self.queens {
            self.solved.add(board.number());
            cx.send(self.master, ToMaster::Solution)?;
            return Ok(());
        }
        board.next(self.queens).try_for_each(|next| self.search(next, cx))
    }
}

impl Workload for NQueens {
    const NAME: &'static str = "n-queens";
    const DIFFERS: &'static str = "workers keep digests of the boards and solutions that they had, and tell them at last; no size has the \
 1,500,000 solutions at which workers are stopped";

    type Main = Master;
    type Answer = Found;
    type Expected = Found;

    fn of(size: Size) -> Self {
        let (queens, threshold, boards, solutions) =
            size.of((7, 3, 113, 40), (12, 4, 4_958, 14_200), (13, 4, 7_579, 73_712));
        let (enough, capacity) = (SOLUTIONS_ENOUGH, size.of(2, 1_024, 1_024));
        Self { queens, threshold, boards, solutions, enough, capacity }
    }

    fn words(&self) -> String {
        let queens = units::counted(self.queens as u64, "queen");
        let (boards, solutions) = (units::count(self.boards), units::counted(self.solutions, "solution"));
        format!("{queens}, {boards} boards handed out to {WORKERS} workers, {solutions} told")
    }

    fn messages(&self) -> Messages {
        if self.solutions >= self.enough {
            // Each solution that is awaited, and whoever is stopped; how much else there was by then, the order of turns says.
            return Messages::AtLeast(1 + self.enough + 2 * WORKERS as u64);
        }
        // A board comes to the master, the empty one with the question, and goes to a worker, who is done with it. Each worker is
        // stopped, and says so.
        Messages::Exactly(3 * (self.boards + 1) + self.solutions + 2 * WORKERS as u64)
    }

    fn expected(&self) -> Found {
        let mut columns = Vec::new();
        let mut found = Found::default();
        found.given.add(number([].into_iter()));
        place(self.queens, &mut columns, &mut |columns| {
            let number = number(columns.iter().map(|column| *column as u64));
            if columns.len() == self.queens {
                found.solutions += 1;
                found.solved.add(number);
            }
            if columns.len() <= self.threshold {
                found.boards += 1;
                found.given.add(number);
            }
        });
        Found { handled: found.boards + 1, ..found }
    }

    fn main(&self) -> Master {
        Master {
            queens: self.queens,
            threshold: self.threshold,
            enough: self.enough,
            capacity: self.capacity,
            workers: Vec::new(),
            next: 0,
            under_way: 0,
            is_stopping: false,
            stopped: 0,
            found: Found::default(),
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Found>) -> ToMaster {
        ToMaster::Begin(reply)
    }

    fn check(&self, expected: &Found, answer: Found) -> Result<(), String> {
        same("boards of the size", self.boards, expected.boards)?;
        same("solutions of the size", self.solutions, expected.solutions)?;
        if expected.solutions >= self.enough {
            // Which of them came first, and how many more before all were stopped, the order of turns says.
            let enough = (self.enough..=expected.solutions).contains(&answer.solutions);
            return enough.then_some(()).ok_or_else(|| {
                let (enough, all, is) = (self.enough, expected.solutions, answer.solutions);
                format!("solutions: {enough} to {all} was to be, {is} is")
            });
        }
        same("solutions", expected.solutions, answer.solutions)?;
        same("boards with the master", expected.boards, answer.boards)?;
        same("boards with workers", expected.handled, answer.handled)?;
        same("the digest of boards with workers", expected.given, answer.given)?;
        same("the digest of solutions", expected.solved, answer.solved)
    }
}

/// The oracle: every way to put a queen into each of the next rows, column by column; `seen` hears of each.
fn place(queens: usize, columns: &mut Vec<usize>, seen: &mut impl FnMut(&[usize])) {
    let row = columns.len();
    if row == queens {
        return;
    }
    for column in 0..queens {
        let attacked = columns.iter().enumerate();
        if attacked.into_iter().any(|(r, &c)| c == column || c.abs_diff(column) == row - r) {
            continue;
        }
        columns.push(column);
        seen(columns);
        place(queens, columns, seen);
        columns.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use throng::System;

    #[test]
    fn a_solution_or_a_board_too_few_is_refused() {
        let small = NQueens::of(Size::Small);
        let expected = small.expected();
        // The Encyclopedia of Integer Sequences, A000170.
        assert_eq!(expected.solutions, 40);
        let Found { boards, handled, .. } = expected;
        let check = |solutions, boards, handled| {
            small.check(&expected, Found { solutions, boards, handled, ..expected })
        };
        assert_eq!(check(40, boards, handled), Ok(()));
        assert_eq!(check(39, boards, handled), Err("solutions: 40 was to be, 39 is".into()));
        let doubled = check(40, boards + 1, handled).expect_err("a board too many");
        assert!(doubled.contains(&format!("{boards} was to be")), "{doubled}");
        assert!(check(40, boards, handled - 1).is_err());
    }

    #[test]
    fn enough_solutions_stop_the_workers() {
        for seed in 1..=4 {
            let few = NQueens { enough: 5, ..NQueens::of(Size::Small) };
            let expected = few.expected();
            let mut sim = System::simulated(seed);
            let main = sim.spawn(few.main());
            let ask = main.ask(|reply| few.begin(reply)).deadline(Duration::from_secs(60));
            let found = sim.block_on(ask).expect("an answer").expect("an answer");
            assert_eq!(few.check(&expected, found), Ok(()));
            assert!(found.handled < expected.handled, "{seed}: it stops early");
            let _ = main.stop();
            let ledger = sim.quiesce(Duration::from_secs(60)).expect("at rest");
            assert_eq!((ledger.spawned, ledger.dead.total()), (ledger.stopped, 0));
            assert_eq!(few.messages().check(ledger.handled), Ok(()));
            let why = few.check(&expected, Found { solutions: 4, ..found });
            assert_eq!(why, Err("solutions: 5 to 40 was to be, 4 is".into()));
        }
    }

    #[test]
    fn a_board_or_a_solution_in_the_place_of_another_is_refused() {
        let small = NQueens::of(Size::Small);
        let expected = small.expected();
        let mut all = Vec::new();
        place(small.queens, &mut Vec::new(), &mut |columns| all.push(columns.to_vec()));
        // One is lost, and the one that it is in a mirror is there twice: there are as many.
        let digest = |rows: &dyn Fn(usize) -> bool, is_lost: bool| {
            let mut boards: Vec<_> = all.iter().filter(|board| rows(board.len())).cloned().collect();
            if is_lost {
                let lost = &mut boards[3];
                lost.iter_mut().for_each(|column| *column = small.queens - 1 - *column);
                let mirrored = lost.clone();
                assert_eq!(boards.iter().filter(|board| **board == mirrored).count(), 2);
            }
            let mut digest = Digest::default();
            boards.iter().for_each(|board| digest.add(number(board.iter().map(|column| *column as u64))));
            digest
        };
        let (is_solution, is_given) = (|rows| rows == small.queens, |rows| rows <= small.threshold);
        let mut given = digest(&is_given, false);
        given.add(0);
        let found = Found { solved: digest(&is_solution, false), given, ..expected };
        assert_eq!(small.check(&expected, found), Ok(()));
        let solved = digest(&is_solution, true);
        let why = format!("the digest of solutions: {} was to be, {solved} is", expected.solved);
        assert_eq!(small.check(&expected, Found { solved, ..found }), Err(why));
        let mut given = digest(&is_given, true);
        given.add(0);
        let why = format!("the digest of boards with workers: {} was to be, {given} is", expected.given);
        assert_eq!(small.check(&expected, Found { given, ..found }), Err(why));
    }

    #[test]
    fn queens_attack_along_columns_and_diagonals() {
        let board = |columns: &[u8]| {
            let mut board = Board { rows: columns.len(), ..Board::default() };
            board.columns[..columns.len()].copy_from_slice(columns);
            board
        };
        for valid in [&[1, 3, 0, 2][..], &[5], &[]] {
            assert!(board(valid).is_valid(), "{valid:?}");
        }
        for attacked in [&[1, 3, 1][..], &[0, 1], &[3, 0, 2, 4, 7, 5]] {
            assert!(!board(attacked).is_valid(), "{attacked:?}");
        }
    }
}
