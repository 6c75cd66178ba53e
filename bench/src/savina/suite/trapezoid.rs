//! Trapezoid: an integral, in pieces whose areas workers sum, each its share. Each sum is compared, bit for bit, with that of a loop
//! over all pieces.

use super::values::same_sequence;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use std::ops::Range;
use throng::{Actor, Address, Context, Fault, Reply};

const FROM: f64 = 1.0;
const TO: f64 = 5.0;

/// Savina's `trapezoid`.
pub(super) struct Trapezoid {
    pieces: u64,
    workers: u64,
}

/// The function of the suite.
fn height(x: f64) -> f64 {
    let wave = (x.powi(3) - 1.0).sin() / (x + 1.0);
    wave * (1.0 + (2.0 * x).sqrt().exp()).sqrt()
}

/// Where a piece begins, and the one before it ends.
fn border(piece: u64, width: f64) -> f64 {
    FROM + piece as f64 * width
}

/// Deals the pieces out.
pub(super) struct Master {
    pieces: u64,
    workers: u64,
    areas: Vec<f64>,
    to_come: u64,
    reply: Option<Reply<Vec<f64>>>,
}

pub(super) enum ToMaster {
    Begin(Reply<Vec<f64>>),
    Area { worker: usize, area: f64 },
}

struct Worker {
    master: Address<ToMaster>,
}

struct Work {
    worker: usize,
    pieces: Range<u64>,
    width: f64,
}

impl Actor for Master {
    type Msg = ToMaster;

    fn handle(&mut self, message: ToMaster, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMaster::Begin(reply) => {
                self.reply = Some(reply);
                self.to_come = self.workers;
                self.areas = vec![f64::NAN; self.workers as usize];
                let width = (TO - FROM) / self.pieces as f64;
                let each = self.pieces / self.workers;
                for worker in 0..self.workers {
                    let pieces = worker * each..(worker + 1) * each;
                    let to = cx.spawn(Worker { master: cx.me() });
                    cx.send(to, Work { worker: worker as usize, pieces, width })?;
                }
            }
            ToMaster::Area { worker, area } => {
                self.areas[worker] = area;
                self.to_come -= 1;
                if self.to_come == 0 {
                    let reply = asker(&mut self.reply)?;
                    reply.send(std::mem::take(&mut self.areas));
                }
            }
        }
        Ok(())
    }
}

impl Actor for Worker {
    type Msg = Work;

    fn handle(&mut self, work: Work, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let Work { worker, pieces, width } = work;
        let mut area = 0.0;
        for piece in pieces {
            let (left, right) = (height(border(piece, width)), height(border(piece + 1, width)));
            area += (left + right) * 0.5 * width;
        }
        cx.send(self.master, ToMaster::Area { worker, area })?;
        cx.stop();
        Ok(())
    }
}

impl Workload for Trapezoid {
    const NAME: &'static str = "trapezoid";
    const DIFFERS: &'static str =
        "pieces are dealt by number, so that none is lost; the workers' areas are not added as they come";

    type Main = Master;
    type Answer = Vec<f64>;
    type Expected = Vec<f64>;

    fn of(size: Size) -> Self {
        // The workers' shares are equal.
        Self { pieces: size.of(5_000, 10_000_000, 100_000_000), workers: size.of(10, 100, 100) }
    }

    fn words(&self) -> String {
        let (pieces, workers) =
            (units::counted(self.pieces, "piece"), units::counted(self.workers, "worker"));
        format!("an integral in {pieces} by {workers}")
    }

    fn messages(&self) -> Messages {
        Messages::Exactly(1 + 2 * self.workers)
    }

    fn expected(&self) -> Vec<f64> {
        let width = (TO - FROM) / self.pieces as f64;
        let mut areas = Vec::new();
        let mut left = height(FROM);
        for border_after in 1..=self.pieces {
            let right = height(border(border_after, width));
            if (border_after - 1).is_multiple_of(self.pieces / self.workers) {
                areas.push(0.0);
            }
            if let Some(sum) = areas.last_mut() {
                *sum += (left + right) * 0.5 * width;
            }
            left = right;
        }
        areas
    }

    fn main(&self) -> Master {
        Master { pieces: self.pieces, workers: self.workers, areas: Vec::new(), to_come: 0, reply: None }
    }

    fn begin(&self, reply: Reply<Vec<f64>>) -> ToMaster {
        ToMaster::Begin(reply)
    }

    fn check(&self, expected: &Vec<f64>, answer: Vec<f64>) -> Result<(), String> {
        same_sequence("areas by worker", expected, &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_is_that_of_the_suite() {
        // sin 7 / 3 times the root of 1 + e^2; and the sine of 0 is 0.
        assert!((height(2.0) - 0.634_295_755_787_183_2).abs() < 1e-15, "{}", height(2.0));
        assert_eq!(height(1.0), 0.0);
    }

    #[test]
    fn the_sum_comes_near_simpsons() {
        // An even number of pieces whose borders and middles are weighed 1, 4, 2, 4, .. 1: an error of the fourth power of the width.
        let (pieces, mut sum) = (20_000, height(FROM) + height(TO));
        let width = (TO - FROM) / f64::from(pieces);
        for at in 1..pieces {
            sum += height(FROM + f64::from(at) * width) * f64::from(2 + at % 2 * 2);
        }
        let simpson = sum * width / 3.0;
        let total: f64 = Trapezoid { pieces: 100_000, workers: 10 }.expected().iter().sum();
        assert!((simpson - total).abs() < 1e-6, "{simpson} {total}");
    }

    #[test]
    fn an_area_that_is_wrong_by_a_piece_or_missing_is_refused() {
        let workload = Trapezoid::of(Size::Small);
        let areas = workload.expected();
        assert_eq!(workload.check(&areas, areas.clone()), Ok(()));
        let (was, mut wrong) = (areas[3], areas.clone());
        wrong[3] += height(2.0) * (TO - FROM) / workload.pieces as f64;
        let is = wrong[3];
        let refused = workload.check(&areas, wrong);
        assert_eq!(refused, Err(format!("areas by worker, at 3: {was} was to be, {is} is")));
        let mut missing = areas.clone();
        missing[3] = f64::NAN;
        let refused = workload.check(&areas, missing);
        assert_eq!(refused, Err(format!("areas by worker, at 3: {was} was to be, NaN is")));
    }
}
