//! N-queens: a master hands out boards to workers, each of which comes back as the boards with one queen more, or from a depth on as
//! the number of its solutions. Verified by a search that tries columns on an array, and by the boards that every worker was given.
//!
//! Savina's limit of 1.5 million solutions is above what any of the sizes has: all are found.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use throng::{Actor, Address, Context, Fault, Reply};

const WORKERS: usize = 20;

/// Savina's `nqueenk`.
#[derive(Clone, Copy)]
pub(super) struct NQueens {
    queens: u32,
    /// From so many queens on a board is searched at once.
    threshold: u32,
    /// Boards of one to that many queens, one in each of the first rows, none of which attacks another.
    boards: u64,
}

/// What is known of the first rows.
#[derive(Clone, Copy, Default)]
pub(super) struct Board {
    rows: u32,
    columns: u32,
    /// Where the diagonals cross the next row.
    falling: u32,
    rising: u32,
}

/// What came of all boards.
#[derive(Clone, Copy)]
pub(super) struct Found {
    solutions: u64,
    boards: u64,
    /// Boards that workers say they were given, the empty one among them.
    handled: u64,
}

pub(super) struct Master {
    queens: u32,
    threshold: u32,
    /// The deepest is taken first: so few wait.
    waiting: Vec<Board>,
    idle: Vec<Address<ToWorker>>,
    ended: usize,
    found: Found,
    reply: Option<Reply<Found>>,
}

pub(super) enum ToMaster {
    Begin(Reply<Found>),
    Board(Board),
    Done { by: Address<ToWorker>, solutions: u64 },
    Ended { handled: u64 },
}

struct Worker {
    master: Address<ToMaster>,
    queens: u32,
    threshold: u32,
    handled: u64,
}

pub(super) enum ToWorker {
    Board(Board),
    Stop,
}

impl Board {
    /// The free places of the next row, each a bit.
    fn free(self, queens: u32) -> u32 {
        !(self.columns | self.falling | self.rising) & ((1 << queens) - 1)
    }

    /// With a queen there.
    fn with(self, place: u32) -> Self {
        Self {
            rows: self.rows + 1,
            columns: self.columns | place,
            falling: (self.falling | place) << 1,
            rising: (self.rising | place) >> 1,
        }
    }

    /// All boards with a queen more.
    fn next(self, queens: u32) -> impl Iterator<Item = Self> {
        let mut free = self.free(queens);
        std::iter::from_fn(move || {
            let place = free & free.wrapping_neg();
            free ^= place;
            (place != 0).then(|| self.with(place))
        })
    }

    fn solutions(self, queens: u32) -> u64 {
        if self.rows == queens {
            return 1;
        }
        self.next(queens).map(|board| board.solutions(queens)).sum()
    }
}

impl Actor for Master {
    type Msg = ToMaster;

    fn handle(&mut self, message: ToMaster, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMaster::Begin(reply) => {
                self.reply = Some(reply);
                for _ in 0..WORKERS {
                    let (master, queens, threshold) = (cx.me(), self.queens, self.threshold);
                    self.idle.push(cx.spawn(Worker { master, queens, threshold, handled: 0 }));
                }
                self.waiting.push(Board::default());
                self.hand_out(cx)?;
            }
            ToMaster::Board(board) => {
                self.found.boards += 1;
                self.waiting.push(board);
                self.hand_out(cx)?;
            }
            ToMaster::Done { by, solutions } => {
                self.found.solutions += solutions;
                self.idle.push(by);
                self.hand_out(cx)?;
                if self.idle.len() == WORKERS {
                    for worker in self.idle.drain(..) {
                        cx.send(worker, ToWorker::Stop)?;
                    }
                }
            }
            ToMaster::Ended { handled } => {
                self.found.handled += handled;
                self.ended += 1;
                if self.ended == WORKERS {
                    let reply = asker(&mut self.reply)?;
                    reply.send(self.found);
                }
            }
        }
        Ok(())
    }
}

impl Master {
    /// One board to a worker at a time: so no mailbox holds more than the next boards of twenty.
    fn hand_out(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        while let (Some(&worker), Some(&board)) = (self.idle.last(), self.waiting.last()) {
            self.idle.pop();
            self.waiting.pop();
            cx.send(worker, ToWorker::Board(board))?;
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
                let by = cx.me();
                let mut solutions = 0;
                if board.rows >= self.threshold {
                    solutions = board.solutions(self.queens);
                } else {
                    for next in board.next(self.queens) {
                        cx.send(self.master, ToMaster::Board(next))?;
                    }
                }
                cx.send(self.master, ToMaster::Done { by, solutions })?;
            }
            ToWorker::Stop => {
                cx.send(self.master, ToMaster::Ended { handled: self.handled })?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Workload for NQueens {
    const NAME: &'static str = "n-queens";
    const DIFFERS: &'static str = "";

    type Main = Master;
    type Answer = Found;
    type Expected = Found;

    fn of(size: Size) -> Self {
        let (queens, threshold, boards) = size.of((7, 3, 113), (12, 4, 4_958), (14, 4, 11_166));
        Self { queens, threshold, boards }
    }

    fn words(&self) -> String {
        let queens = units::counted(self.queens.into(), "queen");
        format!("{queens}, {} boards handed out to {WORKERS} workers", units::count(self.boards))
    }

    fn messages(&self) -> Messages {
        // A board comes to the master and goes to a worker, who is done with it; the empty one does not come. Each worker is stopped,
        // and says so.
        Messages::Exactly(3 * self.boards + 3 + 2 * WORKERS as u64)
    }

    fn expected(&self) -> Found {
        let mut columns = Vec::new();
        let (mut solutions, mut boards) = (0, 0);
        place(self.queens as usize, &mut columns, &mut |rows| {
            solutions += u64::from(rows == self.queens as usize);
            boards += u64::from(rows <= self.threshold as usize);
        });
        Found { solutions, boards, handled: boards + 1 }
    }

    fn main(&self) -> Master {
        Master {
            queens: self.queens,
            threshold: self.threshold,
            waiting: Vec::new(),
            idle: Vec::new(),
            ended: 0,
            found: Found { solutions: 0, boards: 0, handled: 0 },
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Found>) -> ToMaster {
        ToMaster::Begin(reply)
    }

    fn check(&self, expected: &Found, answer: Found) -> Result<(), String> {
        same("boards of the size", self.boards, expected.boards)?;
        same("solutions", expected.solutions, answer.solutions)?;
        same("boards with the master", expected.boards, answer.boards)?;
        same("boards with workers", expected.handled, answer.handled)
    }
}

/// The oracle: every way to put a queen into each of the next rows, column by column; `seen` hears of each with its rows.
fn place(queens: usize, columns: &mut Vec<usize>, seen: &mut impl FnMut(usize)) {
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
        seen(row + 1);
        place(queens, columns, seen);
        columns.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_solution_or_a_board_too_few_is_refused() {
        let small = NQueens::of(Size::Small);
        let expected = small.expected();
        // The Encyclopedia of Integer Sequences, A000170.
        assert_eq!(expected.solutions, 40);
        let Found { boards, handled, .. } = expected;
        let check = |solutions, boards, handled| small.check(&expected, Found { solutions, boards, handled });
        assert_eq!(check(40, boards, handled), Ok(()));
        assert_eq!(check(39, boards, handled), Err("solutions: 40 was to be, 39 is".into()));
        let doubled = check(40, boards + 1, handled).expect_err("a board too many");
        assert!(doubled.contains(&format!("{boards} was to be")), "{doubled}");
        assert!(check(40, boards, handled - 1).is_err());
    }
}
