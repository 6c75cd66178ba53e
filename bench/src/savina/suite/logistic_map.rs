//! Logistic map: a main actor tells workers, each of which has one series, `x -> r x (1 - x)`, to go on by a term, as often as there
//! are terms. A worker asks a computer, which knows the rate `r`, for every term, and puts aside what it is told until it has it.
//! Verified by the same terms in a loop, bit for bit.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use std::mem::take;
use throng::{Actor, Address, Context, Fault, Options, Reply};

/// The rate of the first series, and by how much that of the next is more.
const RATE: f64 = 3.46;
const STEP: f64 = 0.0025;
/// Terms that every worker is told of in one go.
const CHUNK: u32 = 16;

/// Savina's `logmap`.
#[derive(Clone, Copy)]
pub(super) struct LogisticMap {
    series: u32,
    terms: u32,
}

fn rate(series: u32) -> f64 {
    RATE + f64::from(series) * STEP
}

/// Not from 0 on, as in the suite: there a series stays.
fn first_term(series: u32) -> f64 {
    f64::from(series + 1) * STEP
}

/// One series, when it has come to its end.
#[derive(Clone, Copy, Default)]
pub(super) struct Series {
    /// The last term.
    last: f64,
    /// A digest of the bits of all, in their order.
    digest: u64,
    terms: u32,
    /// How often the worker put aside what it was told.
    put_aside: u32,
}

impl Series {
    fn with(self, term: f64) -> Self {
        let digest = self.digest.wrapping_mul(31).wrapping_add(term.to_bits());
        Self { last: term, digest, terms: self.terms + 1, ..self }
    }
}

/// Who makes the others, and says how often they go on.
pub(super) struct Main {
    size: LogisticMap,
    computers: Vec<Address<ToComputer>>,
    workers: Vec<Address<ToWorker>>,
    /// Terms that the workers were told of.
    told: u32,
    series: Vec<Series>,
    left: u32,
    reply: Option<Reply<Vec<Series>>>,
}

pub(super) enum ToMain {
    Begin(Reply<Vec<Series>>),
    Go,
    Result(u32, Series),
}

impl Actor for Main {
    type Msg = ToMain;

    fn handle(&mut self, message: ToMain, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMain::Begin(reply) => {
                self.reply = Some(reply);
                self.begin(cx)?;
                self.tell(cx)
            }
            ToMain::Go => self.tell(cx),
            ToMain::Result(number, series) => {
                self.series[number as usize] = series;
                self.left -= 1;
                if self.left > 0 {
                    return Ok(());
                }
                for &computer in &self.computers {
                    cx.send(computer, ToComputer::Stop)?;
                }
                for &worker in &self.workers {
                    cx.send(worker, ToWorker::Stop)?;
                }
                let reply = asker(&mut self.reply)?;
                reply.send(take(&mut self.series));
                Ok(())
            }
        }
    }
}

impl Main {
    fn begin(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let main = cx.me();
        // For all that a worker is told, as it may have to put all of it aside, and for a turn's messages.
        let options = Options::builder().capacity(self.size.terms + 256).build()?;
        for number in 0..self.size.series {
            let computer = cx.spawn(Computer { rate: rate(number) });
            let series = Series { last: first_term(number), ..Series::default() };
            let worker = Worker { number, series, is_waiting: false, computer, main };
            self.workers.push(cx.try_spawn(worker, &options)?);
            self.computers.push(computer);
        }
        Ok(())
    }

    fn tell(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let end = self.size.terms.min(self.told + CHUNK);
        for _ in self.told..end {
            for &worker in &self.workers {
                cx.send(worker, ToWorker::NextTerm)?;
            }
        }
        self.told = end;
        if end < self.size.terms {
            let me = cx.me();
            return Ok(cx.send(me, ToMain::Go)?);
        }
        self.workers.iter().try_for_each(|&worker| Ok(cx.send(worker, ToWorker::GetTerm)?))
    }
}

struct Worker {
    number: u32,
    series: Series,
    /// For a term.
    is_waiting: bool,
    computer: Address<ToComputer>,
    main: Address<ToMain>,
}

enum ToWorker {
    NextTerm,
    GetTerm,
    Term(f64),
    Stop,
}

impl Actor for Worker {
    type Msg = ToWorker;

    fn handle(&mut self, message: ToWorker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToWorker::Term(_) if !self.is_waiting => return Err(Fault::msg("no term was asked for")),
            ToWorker::Term(term) => {
                self.is_waiting = false;
                self.series = self.series.with(term);
                // One alone, which asks again.
                cx.unstash();
            }
            other if self.is_waiting => {
                cx.stash(other)?;
                self.series.put_aside += 1;
            }
            ToWorker::NextTerm => {
                self.is_waiting = true;
                let worker = cx.me();
                cx.send(self.computer, ToComputer::Compute(self.series.last, worker))?;
            }
            ToWorker::GetTerm => cx.send(self.main, ToMain::Result(self.number, self.series))?,
            ToWorker::Stop => cx.stop(),
        }
        Ok(())
    }
}

struct Computer {
    rate: f64,
}

enum ToComputer {
    /// The term after this one.
    Compute(f64, Address<ToWorker>),
    Stop,
}

impl Actor for Computer {
    type Msg = ToComputer;

    fn handle(&mut self, message: ToComputer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToComputer::Compute(term, worker) => {
                cx.send(worker, ToWorker::Term(self.rate * term * (1.0 - term)))?;
            }
            ToComputer::Stop => cx.stop(),
        }
        Ok(())
    }
}

impl Workload for LogisticMap {
    const NAME: &'static str = "logistic-map";
    const DIFFERS: &'static str = "workers are told of 16 terms at a time; a worker's mailbox has places for all that it is \
        told, 25,256 at default size, as it may have to put all of it aside, so that it holds up nobody; series begin from 0.0025 on, as 0 stays what it is";

    type Main = Main;
    type Answer = Vec<Series>;
    type Expected = Vec<Series>;

    fn of(size: Size) -> Self {
        // All terms of a series lie in one mailbox, which holds some 262,000 messages.
        Self { series: size.of(4, 10, 10), terms: size.of(200, 25_000, 100_000) }
    }

    fn words(&self) -> String {
        let terms = units::counted(self.terms.into(), "term");
        format!("{} series of {terms} each, asked for one by one", units::count(self.series.into()))
    }

    fn messages(&self) -> Messages {
        // Each term is to be, asked for and told; a series is asked for and told, and two stop; and who tells them goes on.
        let (series, terms) = (u64::from(self.series), u64::from(self.terms));
        Messages::Exactly(1 + (terms.div_ceil(CHUNK.into()) - 1) + series * (3 * terms + 4))
    }

    fn expected(&self) -> Vec<Series> {
        let of = |series| {
            let (rate, mut last, mut digest) = (rate(series), first_term(series), 0_u64);
            for _ in 0..self.terms {
                last = rate * last * (1.0 - last);
                digest = digest.wrapping_mul(31).wrapping_add(last.to_bits());
            }
            Series { last, digest, terms: self.terms, put_aside: 0 }
        };
        (0..self.series).map(of).collect()
    }

    fn main(&self) -> Main {
        let series = vec![Series::default(); self.series as usize];
        Main {
            size: *self,
            computers: Vec::new(),
            workers: Vec::new(),
            told: 0,
            series,
            left: self.series,
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Vec<Series>>) -> ToMain {
        ToMain::Begin(reply)
    }

    fn put_aside(&self, answer: &Vec<Series>) -> u64 {
        answer.iter().map(|series| u64::from(series.put_aside)).sum()
    }

    fn check(&self, expected: &Vec<Series>, answer: Vec<Series>) -> Result<(), String> {
        same("series", expected.len(), answer.len())?;
        for (number, (series, got)) in expected.iter().zip(answer).enumerate() {
            same(format_args!("terms of series {number}"), series.terms, got.terms)?;
            same(format_args!("the last term of series {number}"), series.last, got.last)?;
            same(format_args!("the digest of series {number}"), series.digest, got.digest)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let workload = LogisticMap { series: 2, terms: 3 };
        let expected = [(0.5, 7, 3), (0.25, 8, 3)];
        let of = |all: [(f64, u64, u32); 2]| {
            all.map(|(last, digest, terms)| Series { last, digest, terms, put_aside: 2 }).to_vec()
        };
        let checked = |answer| workload.check(&of(expected), of(answer));
        assert_eq!(checked(expected), Ok(()));
        assert_eq!(workload.put_aside(&of(expected)), 4);
        let refused = |answer, words: &str| assert_eq!(checked(answer), Err(words.into()));
        refused([(0.5, 7, 3), (0.25, 8, 2)], "terms of series 1: 3 was to be, 2 is");
        refused([(0.25, 7, 3), (0.25, 8, 3)], "the last term of series 0: 0.5 was to be, 0.25 is");
        refused([(0.5, 7, 3), (0.25, 9, 3)], "the digest of series 1: 8 was to be, 9 is");
    }

    #[test]
    fn the_terms_are_those_of_the_map() {
        // Of the first series 3.46 x 0.0025 x 0.9975, and once more.
        let expected = LogisticMap { series: 2, terms: 2 }.expected();
        let (first, second) = (3.46 * 0.0025 * 0.9975, 3.4625 * 0.005 * 0.995);
        assert_eq!(
            expected.iter().map(|series| series.last).collect::<Vec<_>>(),
            [3.46 * first * (1.0 - first), 3.4625 * second * (1.0 - second)]
        );
    }

    #[test]
    fn no_series_is_as_if_nothing_were_computed() {
        for size in [Size::Small, Size::Default] {
            let workload = LogisticMap::of(size);
            let mut expected = workload.expected();
            for (number, series) in (0..).zip(&expected) {
                let mut still = Series { last: first_term(number), ..Series::default() };
                (0..workload.terms).for_each(|_| still = still.with(still.last));
                assert!(series.last > 0.0 && series.digest != 0 && series.digest != still.digest, "{number}");
            }
            // Nor is one as another.
            expected.sort_unstable_by_key(|series| series.digest);
            expected.dedup_by_key(|series| series.digest);
            assert_eq!(expected.len(), workload.series as usize);
        }
    }
}
