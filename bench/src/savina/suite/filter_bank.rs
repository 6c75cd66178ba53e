//! Filter bank: a signal goes through several channels at once, each a pipeline of delay, filter, sampling, delay and filter, and what
//! comes out of them is added. It is compared, bit for bit, with the same convolutions as sums in integers.

use super::values::same_sequence;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use std::collections::VecDeque;
use throng::{Actor, Address, Context, Fault, Reply};

/// Values that are sent by one handler: behind it the sender can be held up.
const CHUNK: u64 = 64;

/// Savina's `filterbank`, which is StreamIt's. As there the signal is a saw, a filter gives nothing before it has a value for each of
/// its coefficients, and one value in as many as there are channels is kept when sampled, the others being zeros then.
///
/// All coefficients are whole and below 128: each sum is less than 2^53, and so exact whatever the order of its additions.
pub(super) struct FilterBank {
    columns: usize,
    channels: usize,
    simulations: u64,
}

/// The signal.
fn saw(at: u64) -> u16 {
    (at % 1_000) as u16 + 1
}

/// Coefficients of the first filter of a channel, for the latest value first.
fn analysis(channel: usize, column: usize) -> u8 {
    ((9 * column + channel + 1) % 128) as u8
}

/// And of the second.
fn synthesis(channel: usize, column: usize) -> u8 {
    ((channel * column + column * column + column + channel) % 128) as u8
}

/// Has everybody made, and collects the sums.
pub(super) struct Sink {
    columns: usize,
    channels: usize,
    simulations: u64,
    sums: Vec<f64>,
    reply: Option<Reply<Vec<f64>>>,
}

pub(super) enum ToSink {
    Begin(Reply<Vec<f64>>),
    Sum(f64),
    End,
}

/// What goes through a channel.
#[derive(Clone, Copy)]
enum Signal {
    Value(f64),
    End,
}

struct Source {
    at: u64,
    simulations: u64,
    channels: Vec<Address<Signal>>,
}

/// The next chunk.
struct Go;

/// Gives each value as many later as its line is long, and zeros before.
struct Delay {
    line: Box<[f64]>,
    at: usize,
    next: Address<Signal>,
}

/// A filter of finite impulse response.
struct Fir {
    /// For the oldest value first.
    coefficients: Box<[f64]>,
    /// As many values, once there are; the oldest at `oldest`.
    recent: Vec<f64>,
    oldest: usize,
    next: Address<Signal>,
}

/// Keeps one value in `every`.
struct Sample {
    every: usize,
    at: usize,
    next: Address<Signal>,
}

/// Says which channel a value is from.
struct Tag {
    channel: usize,
    combine: Address<ToCombine>,
}

/// Adds one value of each channel.
struct Combine {
    waiting: Vec<VecDeque<f64>>,
    to_end: usize,
    sink: Address<ToSink>,
}

enum ToCombine {
    Value { channel: usize, value: f64 },
    End,
}

impl Actor for Sink {
    type Msg = ToSink;

    fn handle(&mut self, message: ToSink, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToSink::Begin(reply) => {
                self.reply = Some(reply);
                let waiting = vec![VecDeque::new(); self.channels];
                let combine = cx.spawn(Combine { waiting, to_end: self.channels, sink: cx.me() });
                let channels = (0..self.channels).map(|channel| self.channel(channel, combine, cx)).collect();
                let source = cx.spawn(Source { at: 0, simulations: self.simulations, channels });
                cx.send(source, Go)?;
            }
            ToSink::Sum(sum) => self.sums.push(sum),
            ToSink::End => {
                let reply = asker(&mut self.reply)?;
                reply.send(std::mem::take(&mut self.sums));
            }
        }
        Ok(())
    }
}

impl Sink {
    /// Makes the actors of a channel, the last first, and gives where it begins.
    fn channel(
        &self,
        channel: usize,
        combine: Address<ToCombine>,
        cx: &mut Context<'_, Self>,
    ) -> Address<Signal> {
        let tag = cx.spawn(Tag { channel, combine });
        let second = cx.spawn(Fir::new(self.columns, tag, |column| synthesis(channel, column)));
        let delay = cx.spawn(Delay::new(self.columns - 1, second));
        let sample = cx.spawn(Sample { every: self.channels, at: 0, next: delay });
        let first = cx.spawn(Fir::new(self.columns, sample, |column| analysis(channel, column)));
        cx.spawn(Delay::new(self.columns - 1, first))
    }
}

impl Actor for Source {
    type Msg = Go;

    fn handle(&mut self, Go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let until = self.simulations.min(self.at + CHUNK);
        for at in self.at..until {
            let value = f64::from(saw(at));
            self.channels.iter().try_for_each(|&channel| cx.send(channel, Signal::Value(value)))?;
        }
        self.at = until;
        if until < self.simulations {
            cx.send(cx.me(), Go)?;
        } else {
            self.channels.iter().try_for_each(|&channel| cx.send(channel, Signal::End))?;
            cx.stop();
        }
        Ok(())
    }
}

impl Delay {
    fn new(length: usize, next: Address<Signal>) -> Self {
        Self { line: vec![0.0; length].into(), at: 0, next }
    }
}

impl Actor for Delay {
    type Msg = Signal;

    fn handle(&mut self, signal: Signal, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match signal {
            Signal::Value(value) => {
                let late = std::mem::replace(&mut self.line[self.at], value);
                self.at = (self.at + 1) % self.line.len();
                cx.send(self.next, Signal::Value(late))?;
            }
            Signal::End => {
                cx.send(self.next, Signal::End)?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Fir {
    fn new(columns: usize, next: Address<Signal>, coefficient: impl Fn(usize) -> u8) -> Self {
        let coefficients = (0..columns).rev().map(|column| f64::from(coefficient(column))).collect();
        Self { coefficients, recent: Vec::with_capacity(columns), oldest: 0, next }
    }

    /// Takes a value in; gives the sum if there are enough.
    fn filtered(&mut self, value: f64) -> Option<f64> {
        let columns = self.coefficients.len();
        if self.recent.len() < columns {
            self.recent.push(value);
        } else {
            self.recent[self.oldest] = value;
            self.oldest = (self.oldest + 1) % columns;
        }
        (self.recent.len() == columns).then(|| {
            let (later, earlier) = self.recent.split_at(self.oldest);
            let (of_earlier, of_later) = self.coefficients.split_at(earlier.len());
            product(earlier, of_earlier) + product(later, of_later)
        })
    }
}

/// The inner product, as eight sums side by side: the processor does not wait for one addition before the next.
fn product(values: &[f64], coefficients: &[f64]) -> f64 {
    let (values, values_left) = values.as_chunks::<8>();
    let (coefficients, coefficients_left) = coefficients.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (values, coefficients) in values.iter().zip(coefficients) {
        for (sum, (value, coefficient)) in sums.iter_mut().zip(values.iter().zip(coefficients)) {
            *sum += value * coefficient;
        }
    }
    let left = values_left.iter().zip(coefficients_left).map(|(value, coefficient)| value * coefficient);
    sums.into_iter().chain(left).sum()
}

impl Actor for Fir {
    type Msg = Signal;

    fn handle(&mut self, signal: Signal, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match signal {
            Signal::Value(value) => {
                if let Some(sum) = self.filtered(value) {
                    cx.send(self.next, Signal::Value(sum))?;
                }
            }
            Signal::End => {
                cx.send(self.next, Signal::End)?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Actor for Sample {
    type Msg = Signal;

    fn handle(&mut self, signal: Signal, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match signal {
            Signal::Value(value) => {
                cx.send(self.next, Signal::Value(if self.at == 0 { value } else { 0.0 }))?;
                self.at = (self.at + 1) % self.every;
            }
            Signal::End => {
                cx.send(self.next, Signal::End)?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Actor for Tag {
    type Msg = Signal;

    fn handle(&mut self, signal: Signal, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match signal {
            Signal::Value(value) => {
                cx.send(self.combine, ToCombine::Value { channel: self.channel, value })?;
            }
            Signal::End => {
                cx.send(self.combine, ToCombine::End)?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Actor for Combine {
    type Msg = ToCombine;

    fn handle(&mut self, message: ToCombine, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToCombine::Value { channel, value } => {
                self.waiting[channel].push_back(value);
                if self.waiting.iter().all(|values| !values.is_empty()) {
                    let sum = self.waiting.iter_mut().filter_map(VecDeque::pop_front).sum();
                    cx.send(self.sink, ToSink::Sum(sum))?;
                }
            }
            ToCombine::End => {
                self.to_end -= 1;
                if self.to_end == 0 {
                    if self.waiting.iter().any(|values| !values.is_empty()) {
                        return Err(Fault::msg("a channel gave more than another"));
                    }
                    cx.send(self.sink, ToSink::End)?;
                    cx.stop();
                }
            }
        }
        Ok(())
    }
}

impl Workload for FilterBank {
    const NAME: &'static str = "filter-bank";
    const DIFFERS: &'static str = "";

    type Main = Sink;
    type Answer = Vec<f64>;
    type Expected = Vec<f64>;

    fn of(size: Size) -> Self {
        Self {
            columns: size.of(32, 16_384, 16_384),
            channels: size.of(4, 8, 8),
            // Large is three times as many, of which eight times as many fill both filters.
            simulations: size.of(200, 34_816, 104_448),
        }
    }

    fn words(&self) -> String {
        let channels = units::counted(self.channels as u64, "channel");
        let columns = units::counted(self.columns as u64, "column");
        format!("{} through {channels} of {columns}", units::counted(self.simulations, "value"))
    }

    fn messages(&self) -> Messages {
        // A filter gives as many values less than it gets as it has columns, less one. Each actor hears of the end too.
        let of = |filters: u64| self.simulations - filters * (self.columns as u64 - 1) + 1;
        let chunks = self.simulations.div_ceil(CHUNK);
        Messages::Exactly(1 + chunks + self.channels as u64 * (2 * of(0) + 3 * of(1) + 2 * of(2)) + of(2))
    }

    fn expected(&self) -> Vec<f64> {
        // The delays make up for what the filters wait for: a filter's first sum is of the first value, and zeros before.
        let once = self.simulations as usize - (self.columns - 1);
        let twice = once - (self.columns - 1);
        let signal: Vec<i64> = (0..self.simulations).map(|at| saw(at).into()).collect();
        let mut sums = vec![0_i64; twice];
        for channel in 0..self.channels {
            let [first, second]: [Vec<i64>; 2] = [
                (0..self.columns).map(|column| analysis(channel, column).into()).collect(),
                (0..self.columns).map(|column| synthesis(channel, column).into()).collect(),
            ];
            for sampled in (0..once).step_by(self.channels) {
                let latest_first = signal[..=sampled].iter().rev();
                let sample: i64 = latest_first.zip(&first).map(|(value, by)| value * by).sum();
                // What comes of it in all later sums.
                let reached = sums.iter_mut().skip(sampled);
                reached.zip(&second).for_each(|(sum, by)| *sum += sample * by);
            }
        }
        sums.into_iter().map(|sum| sum as f64).collect()
    }

    fn main(&self) -> Sink {
        let Self { columns, channels, simulations } = *self;
        Sink { columns, channels, simulations, sums: Vec::new(), reply: None }
    }

    fn begin(&self, reply: Reply<Vec<f64>>) -> ToSink {
        ToSink::Begin(reply)
    }

    fn check(&self, expected: &Vec<f64>, answer: Vec<f64>) -> Result<(), String> {
        same_sequence("sums", expected, &answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_whole_numbers_that_are_held_exactly() {
        let most = FilterBank::of(Size::Small).expected().into_iter().fold(0.0, f64::max);
        assert!(most > 0.0);
        // Values, coefficients, columns; again, but one sample in eight; channels. What is larger would be rounded.
        let bound: u64 = 1_000 * 127 * 16_384 * 127 * (16_384 / 8) * 8;
        assert!(bound < 1 << f64::MANTISSA_DIGITS);
    }

    #[test]
    fn a_sum_that_is_late_is_refused() {
        let workload = FilterBank::of(Size::Small);
        let sums = workload.expected();
        assert_eq!(workload.check(&sums, sums.clone()), Ok(()));
        let mut late = sums.clone();
        late.rotate_right(1);
        let refused = workload.check(&sums, late);
        let (was, is) = (sums[0], sums[sums.len() - 1]);
        assert_eq!(refused, Err(format!("sums, at 0: {was} was to be, {is} is")));
    }
}
