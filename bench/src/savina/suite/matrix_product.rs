//! Matrix-product: a master hands out products of blocks to workers, each of which comes back as the eight of its quarters, or where
//! it is small as a block to be added to the result. Verified by the plain product, entry by entry.
//!
//! Savina's workers add to a matrix that they share; here nothing that changes is shared, and the master adds.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::cell::OnceCell;
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

/// The product, and of how many products of blocks it is the sum.
pub(super) struct Product {
    entries: Vec<f64>,
    blocks: u64,
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
    /// The smallest are taken first: so few wait.
    waiting: Vec<Task>,
    idle: Vec<Address<ToWorker>>,
    product: Product,
    reply: Option<Reply<Product>>,
}

pub(super) enum ToMaster {
    Begin(Reply<Product>),
    Task(Task),
    /// All parts of what it was given are there.
    Divided(Address<ToWorker>),
    Multiplied(Address<ToWorker>, Task, Box<[f64]>),
}

struct Worker {
    master: Address<ToMaster>,
    factors: Arc<Factors>,
    threshold: usize,
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

    fn multiply(self, factors: &Factors) -> Box<[f64]> {
        let Self { row, inner, column, side } = self;
        let mut block = vec![0.0; side * side].into_boxed_slice();
        for (r, sums) in block.chunks_exact_mut(side).enumerate() {
            let from = (row + r) * factors.side + inner;
            for (i, left) in factors.left[from..from + side].iter().enumerate() {
                let from = (inner + i) * factors.side + column;
                for (sum, right) in sums.iter_mut().zip(&factors.right[from..from + side]) {
                    *sum += left * right;
                }
            }
        }
        block
    }
}

impl Actor for Master {
    type Msg = ToMaster;

    fn handle(&mut self, message: ToMaster, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMaster::Begin(reply) => {
                self.reply = Some(reply);
                let side = self.factors.side;
                self.product.entries = vec![0.0; side * side];
                self.waiting.push(Task { row: 0, inner: 0, column: 0, side });
                for _ in 0..WORKERS {
                    let (master, factors) = (cx.me(), Arc::clone(&self.factors));
                    self.idle.push(cx.spawn(Worker { master, factors, threshold: self.threshold }));
                }
            }
            ToMaster::Task(task) => self.waiting.push(task),
            ToMaster::Divided(by) => self.idle.push(by),
            ToMaster::Multiplied(by, task, block) => {
                self.idle.push(by);
                // He has the next one before this one is added.
                self.hand_out(cx)?;
                self.add(task, &block);
            }
        }
        self.hand_out(cx)?;
        if self.idle.len() == WORKERS {
            for worker in self.idle.drain(..) {
                cx.send(worker, ToWorker::Stop)?;
            }
            let product = Product { entries: std::mem::take(&mut self.product.entries), ..self.product };
            asker(&mut self.reply)?.send(product);
        }
        Ok(())
    }
}

impl Master {
    /// One task to a worker at a time: so no mailbox holds more than the parts of twenty.
    fn hand_out(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        while let (Some(&worker), Some(&task)) = (self.idle.last(), self.waiting.last()) {
            self.idle.pop();
            self.waiting.pop();
            cx.send(worker, ToWorker::Task(task))?;
        }
        Ok(())
    }

    fn add(&mut self, task: Task, block: &[f64]) {
        self.product.blocks += 1;
        for (r, products) in block.chunks_exact(task.side).enumerate() {
            let from = (task.row + r) * self.factors.side + task.column;
            for (sum, product) in self.product.entries[from..from + task.side].iter_mut().zip(products) {
                *sum += product;
            }
        }
    }
}

impl Actor for Worker {
    type Msg = ToWorker;

    fn handle(&mut self, message: ToWorker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToWorker::Task(task) if task.side * task.side > self.threshold => {
                for quarter in task.quarters() {
                    cx.send(self.master, ToMaster::Task(quarter))?;
                }
                let me = cx.me();
                cx.send(self.master, ToMaster::Divided(me))?;
            }
            ToWorker::Task(task) => {
                let (me, block) = (cx.me(), task.multiply(&self.factors));
                cx.send(self.master, ToMaster::Multiplied(me, task, block))?;
            }
            ToWorker::Stop => cx.stop(),
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
    const DIFFERS: &'static str = "";

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
        // Each task comes to the master, but for the first, goes to a worker, and is done. Each worker is stopped.
        let (blocks, divided) = self.tasks();
        Messages::Exactly(3 * (blocks + divided) + WORKERS as u64)
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
            waiting: Vec::new(),
            idle: Vec::new(),
            product: Product { entries: Vec::new(), blocks: 0 },
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Product>) -> ToMaster {
        ToMaster::Begin(reply)
    }

    fn check(&self, expected: &Vec<f64>, answer: Product) -> Result<(), String> {
        same("products of blocks", self.tasks().0, answer.blocks)?;
        same("entries", expected.len(), answer.entries.len())?;
        for (at, (&expected, got)) in expected.iter().zip(answer.entries).enumerate() {
            if expected != got {
                let (row, column) = (at / self.side, at % self.side);
                return same(format_args!("the entry of row {row}, column {column}"), expected, got);
            }
        }
        Ok(())
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
        let check = |entries: &[f64], blocks| {
            small.check(&small.expected(), Product { entries: entries.to_vec(), blocks })
        };
        assert_eq!(check(&entries, 64), Ok(()));
        assert_eq!(check(&entries, 63), Err("products of blocks: 64 was to be, 63 is".into()));
        assert!(check(&entries[1..], 64).is_err());
        let mut wrong = entries.clone();
        wrong[65] += 1.0;
        let (expected, got) = (entries[65], wrong[65]);
        let told = format!("the entry of row 1, column 1: {expected} was to be, {got} is");
        assert_eq!(check(&wrong, 64), Err(told));
    }
}
