//! Matrix-product: a master hands products of blocks to workers, each of which comes back as the eight of its quarters, or is
//! multiplied where it is small; to which worker one goes, its place in the result says, so that what one adds to is his alone.
//! Verified by the plain product, entry by entry.

use super::values::same_sequence;
use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;
use throng::{Actor, Address, Context, Fault, Reply};

const WORKERS: usize = 20;
const SEED: u64 = 1;
/// Entries are whole numbers below: no sum of a row's products comes near 2^53, so that each is exact in any order.
const ENTRIES_BELOW: u64 = 1_000;

/// Savina's `recmatmul`.
pub(super) struct MatrixProduct {
    side: usize,
    /// Blocks of so many entries are multiplied at once.
    threshold: usize,
    factors: OnceCell<Arc<Factors>>,
}

/// Both matrices, row by row.
pub(super) struct Factors {
    side: usize,
    left: Vec<f64>,
    right: Vec<f64>,
}

/// The product in blocks, by the row and the column where each begins, and of how many products of blocks it is the sum.
#[derive(Default)]
pub(super) struct Product {
    blocks: Vec<((usize, usize), Vec<f64>)>,
    added: u64,
}

/// The block of the left matrix at (row, inner) times that of the right one at (inner, column).
#[derive(Clone, Copy)]
pub(super) struct Task {
    row: usize,
    inner: usize,
    column: usize,
    side: usize,
}

pub(super) struct Master {
    factors: Arc<Factors>,
    threshold: usize,
    workers: Vec<Address<ToWorker>>,
    /// Tasks that workers have and are not done with.
    under_way: u64,
    stopped: usize,
    product: Product,
    reply: Option<Reply<Product>>,
}

pub(super) enum ToMaster {
    Begin(Reply<Product>),
    Task(Task),
    /// With a task, all parts of which are there.
    Done,
    Stopped(Product),
}

struct Worker {
    master: Address<ToMaster>,
    factors: Arc<Factors>,
    threshold: usize,
    /// What it has added to, by row and column.
    blocks: HashMap<(usize, usize), Vec<f64>>,
    added: u64,
}

pub(super) enum ToWorker {
    Task(Task),
    Stop,
}

impl Task {
    fn quarters(self) -> impl Iterator<Item = Self> {
        let side = self.side / 2;
        (0..8).map(move |n| Self {
            row: self.row + (n & 1) * side,
            inner: self.inner + (n >> 1 & 1) * side,
            column: self.column + (n >> 2) * side,
            side,
        })
    }

    /// Adds the product to a block of the result.
    fn add_to(self, block: &mut [f64], factors: &Factors) {
        let Self { row, inner, column, side } = self;
        for (r, sums) in block.chunks_exact_mut(side).enumerate() {
            let from = (row + r) * factors.side + inner;
            for (i, left) in factors.left[from..from + side].iter().enumerate() {
                let from = (inner + i) * factors.side + column;
                for (sum, right) in sums.iter_mut().zip(&factors.right[from..from + side]) {
                    *sum += left * right;
                }
            }
        }
    }
}

impl Actor for Master {
    type Msg = ToMaster;

    fn handle(&mut self, message: ToMaster, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMaster::Begin(reply) => {
                self.reply = Some(reply);
                for _ in 0..WORKERS {
                    let (master, factors) = (cx.me(), Arc::clone(&self.factors));
                    let (threshold, blocks) = (self.threshold, HashMap::new());
                    self.workers.push(cx.spawn(Worker { master, factors, threshold, blocks, added: 0 }));
                }
                self.hand_out(Task { row: 0, inner: 0, column: 0, side: self.factors.side }, cx)?;
            }
            ToMaster::Task(task) => self.hand_out(task, cx)?,
            ToMaster::Done => {
                self.under_way -= 1;
                if self.under_way == 0 {
                    for worker in &self.workers {
                        cx.send(*worker, ToWorker::Stop)?;
                    }
                }
            }
            ToMaster::Stopped(mut part) => {
                self.product.blocks.append(&mut part.blocks);
                self.product.added += part.added;
                self.stopped += 1;
                if self.stopped == WORKERS {
                    let product = std::mem::take(&mut self.product);
                    asker(&mut self.reply)?.send(product);
                }
            }
        }
        Ok(())
    }
}

impl Master {
    /// By Savina's rule, though it leaves workers idle where rows and columns have divisors in common with their number.
    fn hand_out(&mut self, task: Task, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.under_way += 1;
        cx.send(self.workers[(task.row + task.column) % WORKERS], ToWorker::Task(task))?;
        Ok(())
    }
}

impl Actor for Worker {
    type Msg = ToWorker;

    fn handle(&mut self, message: ToWorker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToWorker::Task(task) => {
                let entries = task.side * task.side;
                if entries > self.threshold {
                    for quarter in task.quarters() {
                        cx.send(self.master, ToMaster::Task(quarter))?;
                    }
                } else {
                    let block = self.blocks.entry((task.row, task.column));
                    task.add_to(block.or_insert_with(|| vec![0.0; entries]), &self.factors);
                    self.added += 1;
                }
                cx.send(self.master, ToMaster::Done)?;
            }
            ToWorker::Stop => {
                let product = Product { blocks: self.blocks.drain().collect(), added: self.added };
                cx.send(self.master, ToMaster::Stopped(product))?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl MatrixProduct {
    fn factors(&self) -> &Arc<Factors> {
        self.factors.get_or_init(|| {
            let mut seeded = Seeded::new(SEED);
            let mut matrix =
                || (0..self.side * self.side).map(|_| seeded.below(ENTRIES_BELOW) as f64).collect();
            Arc::new(Factors { side: self.side, left: matrix(), right: matrix() })
        })
    }

    /// Products of blocks, and how many tasks were divided for them.
    fn tasks(&self) -> (u64, u64) {
        let (mut side, mut blocks, mut divided) = (self.side, 1, 0);
        while side * side > self.threshold {
            divided += blocks;
            blocks *= 8;
            side /= 2;
        }
        (blocks, divided)
    }
}

impl Workload for MatrixProduct {
    const NAME: &'static str = "matrix-product";
    const DIFFERS: &'static str = "entries are drawn; no matrix is shared: each worker has blocks of the \
        result, which are gathered at the end";

    type Main = Master;
    type Answer = Product;
    type Expected = Vec<f64>;

    fn of(size: Size) -> Self {
        let (side, threshold) = size.of((64, 256), (1_024, 16_384), (2_048, 16_384));
        Self { side, threshold, factors: OnceCell::new() }
    }

    fn words(&self) -> String {
        let (side, (blocks, _)) = (units::count(self.side as u64), self.tasks());
        let products = units::counted(blocks, "product");
        format!("two matrices of {side} x {side}, {products} of blocks by {WORKERS} workers")
    }

    fn messages(&self) -> Messages {
        // Each task comes to the master, the first one with the question, goes to a worker, and is done. Each worker is stopped, and
        // says so.
        let (blocks, divided) = self.tasks();
        Messages::Exactly(3 * (blocks + divided) + 2 * WORKERS as u64)
    }

    fn expected(&self) -> Vec<f64> {
        let Factors { side, left, right } = &**self.factors();
        let rows = right.chunks_exact(*side);
        let mut entries = Vec::with_capacity(left.len());
        for factors in left.chunks_exact(*side) {
            let mut row = vec![0.0; *side];
            for (factor, right) in factors.iter().zip(rows.clone()) {
                row.iter_mut().zip(right).for_each(|(sum, right)| *sum += factor * right);
            }
            entries.append(&mut row);
        }
        entries
    }

    fn main(&self) -> Master {
        Master {
            factors: Arc::clone(self.factors()),
            threshold: self.threshold,
            workers: Vec::new(),
            under_way: 0,
            stopped: 0,
            product: Product::default(),
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Product>) -> ToMaster {
        ToMaster::Begin(reply)
    }

    fn check(&self, expected: &Vec<f64>, answer: Product) -> Result<(), String> {
        same("products of blocks", self.tasks().0, answer.added)?;
        let mut seen = vec![false; expected.len()];
        for ((row, column), block) in answer.blocks {
            let side = block.len().isqrt();
            for (r, entries) in block.chunks(side).enumerate() {
                let (what, from) =
                    (format_args!("row {}, from {column}", row + r), (row + r) * self.side + column);
                same_sequence(what, &expected[from..from + side], entries)?;
                for seen in &mut seen[from..from + side] {
                    same(what, false, std::mem::replace(seen, true))?;
                }
            }
        }
        same("entries", expected.len(), seen.into_iter().filter(|seen| *seen).count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_entry_or_a_block_too_few_is_refused() {
        let small = MatrixProduct::of(Size::Small);
        let entries = small.expected();
        assert_eq!(small.tasks(), (64, 9));
        let squares = |wrong: Option<f64>| {
            // Four squares of 32.
            let block = |(row, column)| {
                let rows = (row..row + 32).map(|row| row * 64 + column);
                ((row, column), rows.flat_map(|from| &entries[from..from + 32]).copied().collect())
            };
            let mut blocks: Vec<((usize, usize), Vec<f64>)> =
                [(0, 0), (0, 32), (32, 0), (32, 32)].map(block).into();
            blocks[1].1[33] += wrong.unwrap_or(0.0);
            blocks
        };
        let check = |blocks, added| small.check(&entries, Product { blocks, added });
        assert_eq!(check(squares(None), 64), Ok(()));
        assert_eq!(check(squares(None), 63), Err("products of blocks: 64 was to be, 63 is".into()));
        assert_eq!(check(squares(None)[1..].to_vec(), 64), Err("entries: 4096 was to be, 3072 is".into()));
        let twice = [squares(None), squares(None)[3..].to_vec()].concat();
        assert_eq!(check(twice, 64), Err("row 32, from 32: false was to be, true is".into()));
        let (expected, got) = (entries[64 + 33], entries[64 + 33] + 1.0);
        let told = format!("row 1, from 32, at 1: {expected} was to be, {got} is");
        assert_eq!(check(squares(Some(1.0)), 64), Err(told));
    }
}
