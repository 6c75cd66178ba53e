//! Logistic map: workers compute the terms of one series each, `x -> r x (1 - x)`, and ask a computer, which knows the rate `r`, for
//! every term. Verified by the same terms in a loop, bit for bit.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use std::mem::take;
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Outcome, Reply};

/// The rate of the first series, and by how much that of the next is more.
const RATE: f64 = 3.46;
const STEP: f64 = 0.0025;
/// An answer takes microseconds; this one is for a machine that does something else.
const DEADLINE: Duration = Duration::from_secs(300);

/// Savina's `logmap`, but for the first series, which has begun with 0 there and stayed so.
#[derive(Clone, Copy)]
pub(super) struct LogisticMap {
    series: u32,
    terms: u32,
}

fn rate(series: u32) -> f64 {
    RATE + f64::from(series) * STEP
}

fn first_term(series: u32) -> f64 {
    f64::from(series + 1) * STEP
}

/// One series, when it has come to its end.
#[derive(Clone, Copy, Default)]
pub(super) struct Series {
    /// The last term.
    last: f64,
    /// The sum of the bits of all.
    bits: u64,
    /// Terms that the computer says it has computed.
    computed: u32,
}

/// Who makes the others, and waits for them.
pub(super) struct Main {
    size: LogisticMap,
    ended: Vec<Series>,
    left: u32,
    reply: Option<Reply<Vec<Series>>>,
}

pub(super) enum ToMain {
    Begin(Reply<Vec<Series>>),
    Ended(u32, Series),
}

impl Actor for Main {
    type Msg = ToMain;

    fn handle(&mut self, message: ToMain, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToMain::Begin(reply) => {
                self.reply = Some(reply);
                let (main, terms) = (cx.me(), self.size.terms);
                for number in 0..self.size.series {
                    let computer = cx.spawn(Computer { rate: rate(number), computed: 0 });
                    let term = first_term(number);
                    cx.spawn(Worker { number, term, bits: 0, left: terms, computer, main });
                }
            }
            ToMain::Ended(number, series) => {
                self.ended[number as usize] = series;
                self.left -= 1;
                if self.left == 0 {
                    let reply = asker(&mut self.reply)?;
                    reply.send(take(&mut self.ended));
                }
            }
        }
        Ok(())
    }
}

struct Worker {
    number: u32,
    term: f64,
    bits: u64,
    left: u32,
    computer: Address<ToComputer>,
    main: Address<ToMain>,
}

enum ToWorker {
    Term(Outcome<f64>),
    Computed(Outcome<u32>),
}

impl Worker {
    fn ask(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let term = self.term;
        cx.ask_within(DEADLINE, self.computer, |reply| ToComputer::Next(term, reply), ToWorker::Term)?;
        Ok(())
    }
}

impl Actor for Worker {
    type Msg = ToWorker;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.ask(cx)
    }

    fn handle(&mut self, message: ToWorker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToWorker::Term(term) => {
                self.term = term?;
                self.bits = self.bits.wrapping_add(self.term.to_bits());
                self.left -= 1;
                if self.left > 0 {
                    return self.ask(cx);
                }
                cx.ask_within(DEADLINE, self.computer, ToComputer::End, ToWorker::Computed)?;
            }
            ToWorker::Computed(computed) => {
                let series = Series { last: self.term, bits: self.bits, computed: computed? };
                cx.send(self.main, ToMain::Ended(self.number, series))?;
                cx.stop();
            }
        }
        Ok(())
    }
}

struct Computer {
    rate: f64,
    computed: u32,
}

enum ToComputer {
    /// The term after this one.
    Next(f64, Reply<f64>),
    /// No more: how many were there?
    End(Reply<u32>),
}

impl Actor for Computer {
    type Msg = ToComputer;

    fn handle(&mut self, message: ToComputer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToComputer::Next(term, reply) => {
                self.computed += 1;
                reply.send(self.rate * term * (1.0 - term));
            }
            ToComputer::End(reply) => {
                reply.send(self.computed);
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Workload for LogisticMap {
    const NAME: &'static str = "logistic-map";
    const DIFFERS: &'static str = "";

    type Main = Main;
    type Answer = Vec<Series>;
    type Expected = Vec<Series>;

    fn of(size: Size) -> Self {
        Self { series: size.of(4, 10, 10), terms: size.of(200, 25_000, 250_000) }
    }

    fn words(&self) -> String {
        let terms = units::counted(self.terms.into(), "term");
        format!("{} series of {terms} each, asked for one by one", units::count(self.series.into()))
    }

    fn messages(&self) -> Messages {
        // Of a series each term, its end, and that Main is told.
        Messages::Exactly(1 + u64::from(self.series) * (2 * u64::from(self.terms) + 2 + 1))
    }

    fn expected(&self) -> Vec<Series> {
        let of = |series| {
            let (rate, mut last, mut bits) = (rate(series), first_term(series), 0_u64);
            for _ in 0..self.terms {
                last = rate * last * (1.0 - last);
                bits = bits.wrapping_add(last.to_bits());
            }
            Series { last, bits, computed: self.terms }
        };
        (0..self.series).map(of).collect()
    }

    fn main(&self) -> Main {
        let ended = vec![Series::default(); self.series as usize];
        Main { size: *self, ended, left: self.series, reply: None }
    }

    fn begin(&self, reply: Reply<Vec<Series>>) -> ToMain {
        ToMain::Begin(reply)
    }

    fn check(&self, expected: &Vec<Series>, answer: Vec<Series>) -> Result<(), String> {
        same("series", expected.len(), answer.len())?;
        for (number, (series, got)) in expected.iter().zip(answer).enumerate() {
            same(format_args!("terms of series {number}"), series.computed, got.computed)?;
            same(format_args!("the last term of series {number}"), series.last, got.last)?;
            same(format_args!("the bits of series {number}"), series.bits, got.bits)?;
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
            all.map(|(last, bits, computed)| Series { last, bits, computed }).to_vec()
        };
        let checked = |answer| workload.check(&of(expected), of(answer));
        assert_eq!(checked(expected), Ok(()));
        let refused = |answer, words: &str| assert_eq!(checked(answer), Err(words.into()));
        refused([(0.5, 7, 3), (0.25, 8, 2)], "terms of series 1: 3 was to be, 2 is");
        refused([(0.25, 7, 3), (0.25, 8, 3)], "the last term of series 0: 0.5 was to be, 0.25 is");
        refused([(0.5, 7, 3), (0.25, 9, 3)], "the bits of series 1: 8 was to be, 9 is");
    }

    #[test]
    fn the_terms_are_those_of_the_map() {
        // 3.46 x 0.0025 x 0.9975, and once more.
        let expected = LogisticMap { series: 1, terms: 2 }.expected();
        let first = 3.46 * 0.0025 * 0.9975;
        assert_eq!((expected[0].last, expected[0].computed), (3.46 * first * (1.0 - first), 2));
    }
}
